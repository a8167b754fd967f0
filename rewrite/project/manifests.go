package project

import (
	"path"
	"slices"
	"strings"
)

// readManifests gives the containers of Kubernetes objects that run Pods, in plain
// manifests and in Helm charts. See https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/.
func (p *Project) readManifests() []Service {
	var out []Service
	values := map[string]*value{}
	files, looked := 0, 0
	for _, e := range p.entries {
		if files >= maxKindFiles || len(out) >= maxConsumers || looked >= maxLookedAt || !mayBeManifest(e.Path) {
			continue
		}
		looked++
		text := string(p.small(e.Path))
		if !strings.Contains(text, "kind:") || !strings.Contains(text, "containers:") {
			continue
		}
		files++
		if chart := p.chartOf(e.Path); chart != "" {
			if _, done := values[chart]; !done {
				values[chart] = p.chartValues(chart)
			}
			text = withoutTemplates(text, values[chart])
		}
		docs, err := parseYAML(e.Path, []byte(text))
		if err != nil {
			docs = eachDocument(e.Path, text)
		}
		for _, doc := range docs {
			out = append(out, workload(doc)...)
		}
	}
	return out
}

// mayBeManifest reports a YAML file that is not known to be something else.
func mayBeManifest(name string) bool {
	if !isYAML(name) || strings.HasPrefix(name, ".github/") || reComposeFile.MatchString(name) {
		return false
	}
	for _, dir := range []string{"node_modules/", "vendor/", "testdata/", "locales/", "i18n/", "translations/"} {
		if strings.HasPrefix(name, dir) || strings.Contains(name, "/"+dir) {
			return false
		}
	}
	return true
}

// eachDocument reads those documents of a file that can be read alone.
func eachDocument(file, text string) []*value {
	var out []*value
	line := 0
	for part := range strings.SplitSeq("\n"+text, "\n---") {
		if docs, err := parseYAML(file, []byte(strings.Repeat("\n", max(line-1, 0))+part)); err == nil && len(out) < maxPerFile {
			out = append(out, docs...)
		}
		line += strings.Count(part, "\n") + 1
	}
	return out
}

// workload gives the containers of an object; a List has objects.
func workload(doc *value) []Service {
	var out []Service
	spec := doc.at("spec")
	switch doc.at("kind").str() {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Rollout", "DeploymentConfig":
		spec = spec.at("template", "spec")
	case "CronJob":
		spec = spec.at("jobTemplate", "spec", "template", "spec")
	case "Pod":
	case "Service": // Knative's; a Service of the core has no template
		spec = spec.at("template", "spec")
	case "List":
		for _, item := range doc.at("items").each() {
			out = append(out, workload(item)...)
		}
		return out
	default:
		return nil
	}
	for _, list := range []string{"initContainers", "containers"} {
		for _, c := range spec.at(list).each() {
			if c.at("image").str() != "" {
				out = append(out, container(c, spec))
			}
		}
	}
	return out
}

// container is one container with what the Pod says for all of them.
func container(c, pod *value) Service {
	s := Service{Kind: Manifest, File: c.file, Line: c.at("image").line, Name: c.at("name").str(), Image: c.at("image").str(),
		Entrypoint: text(c.at("command")), Command: text(c.at("args")), Workdir: c.at("workingDir").str()}
	if at := c.at("name"); at != nil {
		s.Line = at.line
	}
	security := c.at("securityContext")
	if u := security.at("runAsUser"); u != nil {
		s.User = u.str()
	} else {
		s.User = pod.at("securityContext", "runAsUser").str()
	}
	s.ReadOnly = security.at("readOnlyRootFilesystem").str() == "true"
	s.NonRoot = security.at("runAsNonRoot").str() == "true" || pod.at("securityContext", "runAsNonRoot").str() == "true"
	for _, port := range c.at("ports").each() {
		if n := port.at("containerPort").str(); n != "" {
			s.Ports = append(s.Ports, n)
		}
	}
	for _, e := range c.at("env").each() {
		s.Env = append(s.Env, e.at("name").str()+"="+e.at("value").str())
	}
	for _, m := range c.at("volumeMounts").each() {
		if kept(pod, m.at("name").str()) && m.at("mountPath").str() != "" {
			s.Volumes = append(s.Volumes, m.at("name").str()+":"+m.at("mountPath").str())
		}
	}
	var health []string
	for _, at := range [][]string{{"livenessProbe"}, {"readinessProbe"}, {"startupProbe"}, {"lifecycle", "postStart"}, {"lifecycle", "preStop"}} {
		if run := c.at(append(at, "exec", "command")...); run != nil && !slices.Contains(health, text(run)) {
			health = append(health, text(run))
			s.note("health", run)
		}
	}
	s.Health = strings.Join(health, " && ")
	for _, field := range []string{"command", "args", "workingDir", "ports", "volumeMounts", "securityContext"} {
		s.note(field, c.at(field))
	}
	return s
}

// kept reports a volume that may hold files of an earlier container: not what
// Kubernetes itself fills, or empties, at every start.
func kept(pod *value, name string) bool {
	for _, v := range pod.at("volumes").each() {
		if v.at("name").str() != name {
			continue
		}
		for _, k := range []string{"configMap", "secret", "emptyDir", "projected", "downwardAPI"} {
			if v.at(k) != nil {
				return false
			}
		}
	}
	return true
}

// chartOf is the folder of the Helm chart that a template belongs to; "" for a file
// that is none.
func (p *Project) chartOf(name string) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if path.Base(dir) == "templates" && p.HasFile(path.Join(path.Dir(dir), "Chart.yaml")) {
			return path.Dir(dir)
		}
	}
	return ""
}

// chartValues are a chart's own values.
func (p *Project) chartValues(chart string) *value {
	docs, err := parseYAML(path.Join(chart, "values.yaml"), p.small(path.Join(chart, "values.yaml")))
	if err != nil || len(docs) == 0 {
		return nil
	}
	return docs[0]
}
