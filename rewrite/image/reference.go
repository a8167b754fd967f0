package image

import (
	"strings"

	"github.com/distribution/reference"
)

// maxReference is more than any registry takes (a repository's name has at most
// 255 bytes, a tag 128, a digest 135).
const maxReference = 600

// named is a reference taken apart.
type named struct {
	written string // the repository as the author wrote it, without tag and digest
	name    string // familiar name, mirrors and platform prefixes taken off
	tag     string // "latest" where there is neither tag nor digest
	digest  string
}

// mirrors are registries that serve Docker Hub's official images under a path of
// their own, and what stands for that path.
var mirrors = []struct{ prefix, instead string }{
	{"public.ecr.aws/docker/library/", ""},
	{"mirror.gcr.io/library/", ""},
	{"mirror.gcr.io/", ""},
	{"registry-1.docker.io/library/", ""},
	{"registry-1.docker.io/", ""},
	{"registry.hub.docker.com/library/", ""},
	{"registry.hub.docker.com/", ""},
	{"dockerhub.azk8s.cn/library/", ""},
	{"docker.m.daocloud.io/library/", ""},
	{"docker.m.daocloud.io/", ""},
	{"m.daocloud.io/docker.io/library/", ""},
	{"m.daocloud.io/docker.io/", ""},
	{"docker.mirrors.ustc.edu.cn/library/", ""},
	{"hub-mirror.c.163.com/library/", ""},
	{"registry.docker-cn.com/library/", ""},
	{"mirror.ccs.tencentyun.com/library/", ""},
	{"public.ecr.aws/debian/", ""},
	{"public.ecr.aws/ubuntu/", ""},
	{"public.ecr.aws/amazonlinux/", ""},
	{"public.ecr.aws/nginx/nginx-unprivileged", "nginxinc/nginx-unprivileged"},
	{"public.ecr.aws/nginx/", ""},
	{"public.ecr.aws/bitnami/", "bitnami/"},
	{"quay.io/nginx/nginx-unprivileged", "nginxinc/nginx-unprivileged"},
	{"ghcr.io/nginx/nginx-unprivileged", "nginxinc/nginx-unprivileged"},
	{"ghcr.io/nginxinc/nginx-unprivileged", "nginxinc/nginx-unprivileged"},
	{"ghcr.io/oven-sh/", "oven/"},
	{"ghcr.io/denoland/", "denoland/"},
	{"astral/uv", "ghcr.io/astral-sh/uv"},
	{"us-docker.pkg.dev/distroless/", "gcr.io/distroless/"},
	// Docker Hub's repositories by platform hold the same images.
	{"amd64/", ""}, {"arm64v8/", ""}, {"arm32v7/", ""}, {"arm32v6/", ""}, {"i386/", ""}, {"ppc64le/", ""}, {"s390x/", ""}, {"riscv64/", ""},
}

// parseReference takes a reference apart by the rules of the distribution
// project. ok is false for what is none, such as one with a variable in it.
func parseReference(ref string) (named, bool) {
	if len(ref) > maxReference || strings.ContainsAny(ref, "$ ") {
		return named{}, false
	}
	parsed, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return named{}, false
	}
	n := named{written: ref, name: reference.FamiliarName(parsed)}
	if digested, ok := parsed.(reference.Digested); ok {
		n.digest = digested.Digest().String()
		n.written = strings.TrimSuffix(n.written, "@"+n.digest)
	}
	tagged, ok := parsed.(reference.Tagged)
	switch {
	case ok:
		n.tag = tagged.Tag()
		n.written = strings.TrimSuffix(n.written, ":"+n.tag)
	case n.digest == "":
		n.tag = "latest"
	}
	n.name = strings.TrimPrefix(n.name, "docker.io/")
	for _, m := range mirrors {
		if rest, ok := strings.CutPrefix(n.name, m.prefix); ok {
			n.name = m.instead + rest
			break
		}
	}
	return n, true
}
