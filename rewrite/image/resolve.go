package image

import (
	"slices"
	"strings"
)

// resolver fills in what a repository's tag says. It reports whether the tag is
// understood well enough for the image to count as known.
type resolver func(b *Base, t tag) bool

// Resolve finds what is known about a base image reference, ARG defaults put in.
// Mirrors of Docker Hub are seen through. ok is false for an invalid reference, a
// variable in it, a digest without a tag (but see byDigest), and a repository that is
// not in the table; Ref, Name, Tag and Digest are filled in as far as they are known even
// then.
//
// A reference with tag and digest has a Suite only where the tag names one
// (bookworm, ubuntu:22.04), or where every image of that tag had the same (rust:1.80): the
// digest may be years older than what the tag stands for now.
func Resolve(ref string) (Base, bool) {
	if strings.EqualFold(ref, "scratch") {
		return Base{Ref: ref, Name: "scratch", Family: Scratch}, ref == "scratch"
	}
	n, ok := parseReference(ref)
	b := Base{Ref: ref, Name: n.name, Tag: n.tag, Digest: n.digest}
	if !ok {
		return b, false
	}
	resolve, ok := lookUp(n.name)
	if ok && n.tag == "" && byDigest(&b) {
		return b, true
	}
	if !ok || n.tag == "" {
		return b, false
	}
	t := parseTag(n.tag)
	if t.windows || strings.Contains(n.name, "/windows/") {
		b.Family = Other
		return b, true
	}
	b.Suite = t.suite
	if !resolve(&b, t) {
		return Base{Ref: ref, Name: n.name, Tag: n.tag, Digest: n.digest}, false
	}
	if b.Digest != "" && t.suite == "" && !settles[b.Name] && (b.Language != "" || t.version == "" || t.text == "3") {
		b.Suite = ""
	}
	b.Musl = b.Family == Alpine || b.Name == "busybox" && t.has("musl")
	return b, true
}

// settles are the images whose resolver knows of digests itself.
var settles = map[string]bool{"golang": true, "node": true, "python": true, "rust": true, "ruby": true, "php": true}

// byDigest is what is known of a digest without a tag: of Go's and Rust's images the
// language and the configuration that all their variants have in common, and neither
// family nor suite. A program that is linked to nothing may leave such an image.
func byDigest(b *Base) bool {
	switch b.Name {
	case "golang":
		b.Language, b.Family, b.Tools = "go", Other, true
		goConfig(b, tag{})
	case "rust":
		b.Language, b.Family, b.Tools = "rust", Other, true
		rustConfig(b, tag{})
	default:
		return false
	}
	b.Config.Cmd = nil // bash or sh
	return true
}

// lookUp finds a repository's row: by its name, or by a group such as
// gcr.io/distroless/.
func lookUp(name string) (resolver, bool) {
	if r, ok := languages[name]; ok {
		return r, true
	}
	if r, ok := systems[name]; ok {
		return r, true
	}
	if product, ok := products[name]; ok {
		return finished(product), true
	}
	for _, g := range groups {
		if rest, ok := strings.CutPrefix(name, g.prefix); ok && rest != "" {
			return g.resolve, true
		}
	}
	return nil, false
}

// groups are name spaces whose repositories are alike.
var groups = []struct {
	prefix  string
	resolve resolver
}{
	{"gcr.io/distroless/", distroless},
	{"mcr.microsoft.com/dotnet/nightly/", dotnet},
	{"mcr.microsoft.com/dotnet/core/", dotnet},
	{"mcr.microsoft.com/dotnet/", dotnet},
	{"mcr.microsoft.com/devcontainers/", toolchain("")},
	{"mcr.microsoft.com/vscode/devcontainers/", toolchain("")},
	{"mcr.microsoft.com/playwright/python", toolchain("python")},
	{"mcr.microsoft.com/windows/", unknownTag},
	{"circleci/", toolchain("")},
	{"cimg/", toolchain("")},
	{"gitpod/", toolchain("")},
	{"jupyter/", science},
	{"quay.io/jupyter/", science},
	{"continuumio/", science},
	{"condaforge/", science},
	{"mambaorg/", science},
	{"nvidia/", science},
	{"nvcr.io/nvidia/", science},
	{"pytorch/", science},
	{"tensorflow/", science},
	{"rapidsai/", science},
	{"rocm/", science},
	{"huggingface/", science},
	{"grafana/", finished("")},
	{"prom/", finished("")},
	{"quay.io/prometheus/", finished("")},
	{"selenium/", finished("")},
	{"confluentinc/", finished("")},
	{"docker.elastic.co/", finished("")},
	{"hashicorp/", finished("")},
	{"bitnami/", bitnami},
}

// unknownTag is for images of which nothing is known but that they exist.
func unknownTag(*Base, tag) bool { return false }

// finished is a product. Its system is known only where the tag names it.
func finished(product string) resolver {
	return func(b *Base, t tag) bool {
		b.Product = product
		if product == "" {
			b.Product = b.Name[strings.LastIndexByte(b.Name, '/')+1:]
		}
		b.Family, b.Slim = familyOf(t), t.slim
		if known, ok := productConfig(b.Name); ok {
			b.Config = known
			if b.Family == Other && b.Name != "caddy" && b.Name != "tomcat" { // their default variant
				b.Family = Debian
			}
		}
		b.Size = sizeOf(b)
		return true
	}
}

// familyOf is what a tag says of the family; Other where it says nothing.
func familyOf(t tag) Family {
	switch {
	case t.alpine:
		return Alpine
	case t.suite != "" && suites[t.suite].family != "":
		return suites[t.suite].family
	}
	for _, part := range t.parts {
		for _, rhel := range []string{"ubi", "al2", "amazonlinux", "oraclelinux", "centos", "rocky", "alma", "fedora", "azurelinux", "cbl", "oracle"} {
			if strings.HasPrefix(part, rhel) {
				return RHEL
			}
		}
	}
	return Other
}

// bitnami builds products and languages on a Debian of its own making (minideb).
func bitnami(b *Base, t tag) bool {
	name := strings.TrimPrefix(b.Name, "bitnami/")
	if slices.Contains([]string{"node", "python", "java", "golang", "ruby", "php", "php-fpm", "dotnet", "git", "minideb"}, name) {
		return false
	}
	b.Product, b.Family = name, Debian
	if i := slices.Index(t.parts, "debian"); i >= 0 && i+1 < len(t.parts) {
		b.Suite = debianReleases[t.parts[i+1]]
	}
	return true
}

// toolchain is an image for CI jobs or development.
func toolchain(language string) resolver {
	return func(b *Base, t tag) bool {
		b.Toolchain, b.Tools, b.Language, b.Version = true, true, language, t.version
		b.Family = familyOf(t)
		if b.Family == Other {
			b.Family = Debian
			if strings.HasPrefix(b.Name, "cimg/") || strings.HasPrefix(b.Name, "gitpod/") {
				b.Family = Ubuntu
			}
		}
		if language == "" {
			b.Language = toolchainLanguages[b.Name[strings.LastIndexByte(b.Name, '/')+1:]]
		}
		switch {
		case strings.HasPrefix(b.Name, "cimg/"):
			b.Config = Config{User: "circleci", WorkingDir: "/home/circleci/project", Env: []string{pathEnv("")}}
		case strings.HasPrefix(b.Name, "circleci/"):
			b.Config = Config{User: "circleci", Env: []string{pathEnv("")}}
		default:
			b.Config = Config{Env: []string{pathEnv("")}}
		}
		return true
	}
}

// toolchainLanguages are the languages by the last part of a CI image's name.
var toolchainLanguages = map[string]string{
	"go": "go", "golang": "go", "node": "node", "javascript-node": "node", "typescript-node": "node", "python": "python",
	"openjdk": "java", "java": "java", "rust": "rust", "ruby": "ruby", "php": "php", "dotnet": "dotnet", "playwright": "node",
}

// science is an image for notebooks, conda or CUDA.
func science(b *Base, t tag) bool {
	b.Family, b.Tools = familyOf(t), t.has("devel")
	if b.Family == Other {
		b.Family = Debian
		if !strings.HasPrefix(b.Name, "continuumio/") && !strings.HasPrefix(b.Name, "mambaorg/") {
			b.Family = Ubuntu
		}
	}
	b.Language = "python"
	if b.Name == "nvidia/cuda" || b.Name == "nvcr.io/nvidia/cuda" {
		b.Language = ""
	}
	b.Config = Config{Env: []string{pathEnv("")}}
	return true
}
