package project

import (
	"path"
	"regexp"
	"strings"
)

// mine are the consumers of this project's Dockerfile: those that build it, and those
// that start an image of a name that one of the builders gives. In a repository with
// one Dockerfile the one image that its manifests start, and that is no well-known
// product, is its image too.
func (p *Project) mine(all []Service) []Service {
	var names []string
	for _, s := range all {
		if s.Builds && s.Dockerfile == p.Dockerfile && s.Image != "" {
			names = append(names, s.Image)
		}
	}
	only := p.onlyImage(all)
	var out []Service
	for _, s := range all {
		if s.Dockerfile == p.Dockerfile && s.Dockerfile != "" || !s.Builds && s.Image != "" && (s.Kind == Manifest && only != "" && repository(s.Image) == only || sameAny(s.Image, names)) {
			out = append(out, s)
		}
	}
	return out
}

// onlyImage is the one image of the repository's manifests, where there is one
// Dockerfile; "" where that is not certain.
func (p *Project) onlyImage(all []Service) string {
	files := 0
	for _, e := range p.entries {
		if reDockerfileName.MatchString(path.Base(e.Path)) {
			files++
		}
	}
	only := ""
	for _, s := range all {
		if s.Kind != Manifest || s.Image == "" || wellKnown(s.Image) {
			continue
		}
		r := repository(s.Image)
		if r == "" || only != "" && only != r {
			return ""
		}
		only = r
	}
	if files != 1 {
		return ""
	}
	return only
}

var reDockerfileName = regexp.MustCompile(`(?i)^(dockerfile|containerfile)(\.[^/]+)?$|\.dockerfile$`)

// public are official images and the places of well-known products, which no
// repository's own Dockerfile makes. See https://hub.docker.com/search?badges=official.
var (
	public = regexp.MustCompile(`^(docker\.io/)?(library/)?(alpine|busybox|bash|curl|debian|ubuntu|nginx|httpd|caddy|traefik|haproxy|redis|valkey|memcached|postgres|mysql|mariadb|mongo|` +
		`mongo-express|couchdb|cassandra|neo4j|influxdb|telegraf|elasticsearch|kibana|logstash|rabbitmq|nats|eclipse-mosquitto|zookeeper|vault|consul|registry|docker|` +
		`adminer|phpmyadmin|node|python|golang|openjdk|hello-world)$`)
	publicPlace = regexp.MustCompile(`^(docker\.io/)?(bitnami|bitnamilegacy|prom|grafana|minio|confluentinc|curlimages|jaegertracing|otel|fluent|hashicorp|apache|clickhouse|mailhog|axllent|envoyproxy)/` +
		`|^(registry\.k8s\.io|k8s\.gcr\.io|quay\.io|mcr\.microsoft\.com|public\.ecr\.aws|docker\.elastic\.co|gcr\.io/(google|distroless|cadvisor|cloud-sql))`)
)

func wellKnown(image string) bool {
	r := repository(image)
	return public.MatchString(r) || publicPlace.MatchString(r)
}

// reVariable is a variable of a shell, of make, of a workflow or of a template.
var reVariable = regexp.MustCompile(`\$?\{\{[^}]*\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$\w+`)

// repository is an image's name without tag and digest; "" where the last part is a
// variable.
func repository(image string) string {
	image, _, _ = strings.Cut(reVariable.ReplaceAllString(strings.TrimSpace(image), "$"), "@")
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		image = image[:i]
	}
	if variable(path.Base(image)) {
		return ""
	}
	return image
}

func variable(part string) bool {
	return part == "" || part == "." || strings.ContainsAny(part, "$<>`")
}

func sameAny(image string, names []string) bool {
	for _, n := range names {
		if sameImage(image, n) {
			return true
		}
	}
	return false
}

// sameImage reports whether two names can mean one image: the last parts are the same
// words, and no parts before them are different words. A tag is not looked at.
func sameImage(a, b string) bool {
	if a == b {
		return true
	}
	x, y := strings.Split(repository(a), "/"), strings.Split(repository(b), "/")
	if x[len(x)-1] == "" || x[len(x)-1] != y[len(y)-1] {
		return false
	}
	for i := 2; i <= min(len(x), len(y)); i++ {
		u, v := x[len(x)-i], y[len(y)-i]
		if u != v && !variable(u) && !variable(v) && !isRegistry(u) && !isRegistry(v) {
			return false
		}
	}
	return true
}

// isRegistry reports the part of a name that is a host.
// See https://pkg.go.dev/github.com/distribution/reference.
func isRegistry(part string) bool {
	return strings.ContainsAny(part, ".:") || part == "localhost" || part == "library"
}
