package image

import "strings"

// Slim is the small variant of the same language version on the same suite: for
// node:20 node:20-slim, which is built from the same suite at the same time. The
// author's spelling of version, suite and registry stays. An image that is small
// already (slim, alpine) is its own. Of Go and Java, which have no slim variant,
// and of PHP, whose images have one variant by system, there is none; for uv's
// Python images it is Python's own, which has the same interpreter but no uv. ok
// is false where there is none, and for a digest, whose sibling is not known.
func Slim(b Base) (Base, bool) {
	if b.Family == Alpine && (b.Language != "go" && b.Language != "java" && b.Language != "rust") || b.Slim && b.Language != "rust" {
		return b, b.Name != "ghcr.io/astral-sh/uv" || b.Version == ""
	}
	if b.Digest != "" {
		return Base{}, false
	}
	n, ok := parseReference(b.Ref)
	if !ok {
		return Base{}, false
	}
	switch b.Name {
	case "node":
		return resolved(n.written + ":" + slimLast(n.tag))
	case "python", "ruby":
		return resolved(n.written + ":" + slimInside(n.tag))
	case "oven/bun":
		return resolved(n.written + ":" + slimLast(strings.TrimSuffix(strings.TrimSuffix(n.tag, "-debian"), "debian")))
	case "debian":
		if n.tag == "latest" {
			n.tag = "stable"
		}
		return resolved(n.written + ":" + slimLast(n.tag))
	case "ghcr.io/astral-sh/uv":
		return slimOfUV(b)
	}
	return Base{}, false
}

// slimLast puts slim at the end: 20-bookworm-slim.
func slimLast(tag string) string {
	if tag == "latest" || tag == "" {
		return "slim"
	}
	return tag + "-slim"
}

// slimInside puts slim before the suite: 3.12-slim-bookworm.
func slimInside(tag string) string {
	t := parseTag(tag)
	if t.suite == "" {
		return slimLast(tag)
	}
	rest := strings.TrimSuffix(strings.TrimSuffix(tag, t.suite), "-")
	if rest == "" {
		return "slim-" + t.suite
	}
	return rest + "-slim-" + t.suite
}

// slimOfUV is the Python image below a uv image.
func slimOfUV(b Base) (Base, bool) {
	if b.Version == "" || b.Suite == "" || b.Family != Debian {
		return Base{}, false
	}
	return resolved("python:" + b.Version + "-slim-" + b.Suite)
}

func resolved(ref string) (Base, bool) { return Resolve(ref) }

// DebianSlim is debian:<suite>-slim, the base for a binary that needs the
// libraries of its builder's suite. ok is false for a suite that has no such image
// or no package archive any more.
func DebianSlim(suite string) (Base, bool) {
	if !slimSuites[suite] {
		return Base{}, false
	}
	return resolved("debian:" + suite + "-slim")
}

// AlpineRelease is alpine:<release>, the base for a binary that was linked on
// that release.
func AlpineRelease(release string) (Base, bool) {
	if !alpineRelease(release) {
		return Base{}, false
	}
	return resolved("alpine:" + release)
}

// System is the bare system below an image, small variant: debian:bookworm-slim
// for golang:1.22, alpine:3.20 for golang:1.22.3-alpine, ubuntu:22.04 for
// eclipse-temurin:17-jdk-jammy. ok is false where the release is not known.
func System(b Base) (Base, bool) {
	switch b.Family {
	case Debian:
		return DebianSlim(b.Suite)
	case Alpine:
		return AlpineRelease(b.Suite)
	case Ubuntu:
		for _, release := range []string{"20.04", "22.04", "24.04", "26.04"} {
			if ubuntuReleases[release] == b.Suite {
				return resolved("ubuntu:" + release)
			}
		}
	}
	return Base{}, false
}

// JRE is the runtime image for what a JDK, Maven or Gradle image built: the same
// major version by Eclipse Temurin, on the same release where the tag names one,
// and on Alpine for Alpine. Of OpenJDK's own 8 and 11 it is their JRE. Bytecode
// does not depend on the system; native libraries in a jar depend on the C library,
// which stays the same kind. ok is false where no JRE of the version is published.
func JRE(b Base) (Base, bool) {
	if b.Language != "java" || b.Version == "" {
		return Base{}, false
	}
	if !b.Tools && b.Family != Distroless {
		return b, true
	}
	t := parseTag(b.Tag)
	if (b.Name == "openjdk" || b.Name == "java") && b.Family == Debian && (b.Version == "8" || b.Version == "11") {
		suffix := ""
		if t.suite != "" {
			suffix = "-" + t.suite
		}
		return resolved("openjdk:" + b.Version + "-jre-slim" + suffix)
	}
	if !temurinJRE[b.Version] {
		return Base{}, false
	}
	tag := b.Version + "-jre"
	switch {
	case b.Family == Alpine:
		tag += "-alpine"
	case t.suite != "" && b.Family == Ubuntu:
		tag += "-" + t.suite
	}
	return resolved("eclipse-temurin:" + tag)
}

// temurinJRE are the versions of which Eclipse Temurin has JRE images.
var temurinJRE = set("8 11 17 18 19 20 21 22 23 24 25 26")

// DotnetRuntime is the runtime image for what a .NET SDK image built: aspnet for
// web applications, runtime otherwise. The SDK's own version numbers are not the
// runtime's, so only the first two numbers stay.
func DotnetRuntime(b Base, web bool) (Base, bool) {
	repository, ok := strings.CutSuffix(b.Name, "/sdk")
	if !ok || b.Language != "dotnet" || b.Version == "" {
		return Base{}, false
	}
	kind := "/runtime"
	if web {
		kind = "/aspnet"
	}
	tag := majorMinor(b.Version)
	_, rest, _ := strings.Cut(b.Tag, "-")
	if rest != "" {
		tag += "-" + rest
	}
	return resolved(repository + kind + ":" + tag)
}
