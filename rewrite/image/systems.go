package image

import "strings"

// systems are the repositories of bare systems.
var systems = map[string]resolver{
	"debian":                               debian,
	"bitnami/minideb":                      debian,
	"buildpack-deps":                       buildpackDeps,
	"ubuntu":                               ubuntu,
	"phusion/baseimage":                    ubuntuLike,
	"alpine":                               alpine,
	"busybox":                              busybox,
	"amazonlinux":                          rhel("/bin/bash"),
	"fedora":                               rhel("/bin/bash"),
	"centos":                               rhel("/bin/bash"),
	"rockylinux":                           rhel("/bin/bash"),
	"rockylinux/rockylinux":                rhel("/bin/bash"),
	"almalinux":                            rhel("/bin/bash"),
	"oraclelinux":                          rhel("/bin/bash"),
	"quay.io/centos/centos":                rhel("/bin/bash"),
	"quay.io/fedora/fedora":                rhel("/bin/bash"),
	"archlinux":                            other("/usr/bin/bash"),
	"opensuse/leap":                        other("/bin/bash"),
	"opensuse/tumbleweed":                  other("/bin/bash"),
	"photon":                               other("/bin/bash"),
	"gcc":                                  gcc,
	"docker":                               finished("docker"),
	"ghcr.io/linuxserver/baseimage-alpine": unknownTag,

	"registry.access.redhat.com/ubi8":             rhel("/bin/bash"),
	"registry.access.redhat.com/ubi9":             rhel("/bin/bash"),
	"registry.access.redhat.com/ubi10":            rhel("/bin/bash"),
	"registry.access.redhat.com/ubi8/ubi":         rhel("/bin/bash"),
	"registry.access.redhat.com/ubi9/ubi":         rhel("/bin/bash"),
	"registry.access.redhat.com/ubi10/ubi":        rhel("/bin/bash"),
	"registry.access.redhat.com/ubi8/ubi-minimal": rhel("/bin/bash"),
	"registry.access.redhat.com/ubi9/ubi-minimal": rhel("/bin/bash"),
	"redhat/ubi8":         rhel("/bin/bash"),
	"redhat/ubi9":         rhel("/bin/bash"),
	"redhat/ubi8-minimal": rhel("/bin/bash"),
	"redhat/ubi9-minimal": rhel("/bin/bash"),
}

// debian's tags are suites, numbers of releases and points, and dates behind
// them; -slim is the small variant.
func debian(b *Base, t tag) bool {
	b.Family, b.Slim = Debian, t.slim || b.Name == "bitnami/minideb"
	if b.Suite == "" {
		b.Suite = debianReleases[t.parts[0]]
	}
	if b.Suite == "" {
		b.Suite = debianReleases[major(t.version)]
	}
	b.Config = Config{Env: []string{pathEnv("")}, Cmd: []string{"bash"}}
	b.Size = sizeOf(b)
	return b.Suite != "" || t.text == "experimental" || b.Name != "debian"
}

// buildpackDeps has curl, scm and full variants; only the full one has compilers.
func buildpackDeps(b *Base, t tag) bool {
	b.Tools = !t.has("curl") && !t.has("scm")
	b.Family = Debian
	switch {
	case suites[b.Suite].family == Ubuntu:
		b.Family = Ubuntu
	case b.Suite == "" && ubuntuReleases[t.version] != "":
		b.Family, b.Suite = Ubuntu, ubuntuReleases[t.version]
	case b.Suite == "":
		if b.Suite = debianReleases[t.parts[0]]; b.Suite == "" {
			b.Suite = debianReleases["latest"]
		}
	}
	b.Config = Config{Env: []string{pathEnv("")}, Cmd: shellCmd(b)}
	b.Size = sizeOf(b)
	return true
}

func ubuntu(b *Base, t tag) bool {
	b.Family = Ubuntu
	if b.Suite == "" {
		b.Suite = ubuntuReleases[t.parts[0]]
	}
	b.Config = Config{Env: []string{pathEnv("")}, Cmd: []string{"/bin/bash"}}
	b.Size = sizeOf(b)
	return true
}

// ubuntuLike is phusion/baseimage: several processes under an init of its own.
func ubuntuLike(b *Base, t tag) bool {
	b.Family = Ubuntu
	for _, part := range t.parts {
		if b.Suite == "" {
			b.Suite = ubuntuReleases[part]
		}
	}
	b.Config = Config{Env: []string{pathEnv("")}, Cmd: []string{"/sbin/my_init"}}
	return true
}

// alpine's tags are 3, 3.20, 3.20.1, edge and dates of edge.
func alpine(b *Base, t tag) bool {
	b.Family = Alpine
	switch parts := strings.Split(t.text, "."); {
	case t.text == "latest" || t.text == "3":
		b.Suite = latestAlpine
	case len(parts) >= 2 && alpineRelease(parts[0]+"."+parts[1]):
		b.Suite = parts[0] + "." + parts[1]
	default: // edge and its dates
		b.Suite = ""
	}
	b.Config = Config{Env: []string{pathEnv("")}, Cmd: []string{"/bin/sh"}}
	b.Size = sizeOf(b)
	return true
}

func busybox(b *Base, _ tag) bool {
	b.Family = Other
	b.Config = Config{Env: []string{pathEnv("")}, Cmd: []string{"sh"}}
	b.Size = sizeOf(b)
	return true
}

// rhel are Red Hat's systems and those that are like them.
func rhel(cmd string) resolver {
	return func(b *Base, t tag) bool {
		b.Family, b.Suite, b.Slim = RHEL, "", strings.HasSuffix(b.Name, "-minimal")
		b.Config = Config{Env: []string{pathEnv("")}, Cmd: []string{cmd}}
		b.Size = sizeOf(b)
		return true
	}
}

func other(cmd string) resolver {
	return func(b *Base, _ tag) bool {
		b.Family = Other
		b.Config = Config{Env: []string{pathEnv("")}, Cmd: []string{cmd}}
		return true
	}
}

// gcc is the compiler on buildpack-deps.
func gcc(b *Base, t tag) bool {
	b.Family, b.Language, b.Version, b.Tools = Debian, "c", t.version, true
	b.Config = Config{Env: []string{pathEnv("")}, Cmd: []string{"bash"}}
	return true
}
