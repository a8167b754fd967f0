package image

import "strings"

// The distroless images that are published (their README and support policy, at
// AsOf): static, base, base-nossl and cc for Debian 12 until September 2026 and
// for Debian 13; Node.js, Java and Python for Debian 13 only.
const distrolessDebian = "13"

// NonRoot is the numeric user of the nonroot tags.
const NonRoot = "65532"

var (
	distrolessNode = map[string]bool{"22": true, "24": true, "26": true}
	distrolessJava = map[string]bool{"17": true, "21": true, "25": true}
)

// distrolessPython is the only version of Python there.
const distrolessPython = "3.13"

// distroless resolves gcr.io/distroless/<kind>-debian<n>. Without a number it is
// a deprecated name, which is not followed to a suite.
func distroless(b *Base, t tag) bool {
	kind := strings.TrimPrefix(b.Name, "gcr.io/distroless/")
	kind, release, _ := strings.Cut(kind, "-debian")
	b.Family, b.Suite, b.Slim = Distroless, debianReleases[release], true
	env := []string{pathEnv(""), "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"}
	c := Config{User: "0", WorkingDir: "/"}
	if strings.Contains(t.text, "nonroot") {
		c.User, c.WorkingDir = NonRoot, "/home/nonroot"
	}
	debug := t.has("debug")
	if debug {
		env[0] += ":/busybox"
		c.Entrypoint = []string{"/busybox/sh"}
	}
	switch name, version := splitVersion(kind); name {
	case "static", "base", "base-nossl", "cc":
	case "nodejs":
		b.Language, b.Version = "node", version
		c.Entrypoint = []string{"/nodejs/bin/node"}
	case "java":
		b.Language, b.Version = "java", version
		c.Entrypoint = []string{"/usr/bin/java", "-jar"}
		env = append(env, "LANG=C.UTF-8", "JAVA_VERSION="+version)
	case "java-base":
		b.Language = "java"
		env = append(env, "LANG=C.UTF-8")
	case "python":
		b.Language, b.Version = "python", map[string]string{"bullseye": "3.9", "bookworm": "3.11", "trixie": distrolessPython}[b.Suite]
		c.Entrypoint = []string{"/usr/bin/python" + b.Version}
		if b.Version == "" {
			c.Entrypoint = []string{"/usr/bin/python3"}
		}
		env = append(env, "LANG=C.UTF-8")
	default:
		return false
	}
	c.Env = env
	b.Config = c
	b.Size = sizeOf(b)
	return true
}

// splitVersion takes the number off nodejs22, java17 and python3.
func splitVersion(kind string) (name, version string) {
	name = strings.TrimRight(kind, "0123456789")
	return name, kind[len(name):]
}

// known resolves a reference of our own tables.
func known(ref string) Base {
	b, _ := Resolve(ref)
	return b
}

// Static is the base for a binary that needs no library: distroless static with
// an unprivileged user. The builder does not matter, since nothing of its system
// goes into such a binary; certificates, time zones and /tmp are in the base.
func Static(Base) Base {
	return known("gcr.io/distroless/static-debian" + distrolessDebian + ":nonroot")
}

// DistrolessBase is distroless with the C library and OpenSSL of a Debian suite,
// with an unprivileged user. ok is false where none is published for the suite.
func DistrolessBase(suite string) (Base, bool) { return distrolessOf("base", suite) }

// DistrolessCC is DistrolessBase with libgcc, libstdc++ and libgomp.
func DistrolessCC(suite string) (Base, bool) { return distrolessOf("cc", suite) }

func distrolessOf(kind, suite string) (Base, bool) {
	for _, release := range []string{"12", "13"} {
		if debianReleases[release] == suite {
			return known("gcr.io/distroless/" + kind + "-debian" + release + ":nonroot"), true
		}
	}
	return Base{}, false
}

// NodeDistroless is distroless with a major version of Node.js, on trixie. Native
// modules need a builder that is not newer. ok is false for a version that is not
// published.
func NodeDistroless(version string) (Base, bool) {
	if !distrolessNode[major(version)] {
		return Base{}, false
	}
	return known("gcr.io/distroless/nodejs" + major(version) + "-debian" + distrolessDebian + ":nonroot"), true
}

// JavaDistroless is distroless with a JRE of a major version, on trixie. ok is
// false for a version that is not published.
func JavaDistroless(version string) (Base, bool) {
	if !distrolessJava[major(version)] {
		return Base{}, false
	}
	return known("gcr.io/distroless/java" + major(version) + "-debian" + distrolessDebian + ":nonroot"), true
}
