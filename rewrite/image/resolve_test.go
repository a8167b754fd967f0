package image_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/rewrite/image"
)

func TestResolve(t *testing.T) {
	for ref, want := range map[string]string{
		// moving tags, and releases from before a move
		"golang:1.22":                          "golang debian bookworm go 1.22 tools",
		"golang:1.24":                          "golang debian trixie go 1.24 tools",
		"golang:1.24.5":                        "golang debian bookworm go 1.24.5 tools",
		"golang:1.18":                          "golang debian bullseye go 1.18 tools",
		"golang:1.26":                          "golang debian trixie go 1.26 tools",
		"golang:1.27.9":                        "golang debian trixie go 1.27.9 tools",
		"golang:1.28":                          "golang debian - go 1.28 tools",
		"golang":                               "golang debian trixie go - tools",
		"golang:1.22-bullseye":                 "golang debian bullseye go 1.22 tools",
		"golang:1.22.3-alpine":                 "golang alpine 3.20 go 1.22.3 musl",
		"golang:1.21-alpine3.18":               "golang alpine 3.18 go 1.21 musl",
		"golang:alpine":                        "golang alpine 3.24 go - musl",
		"node:16":                              "node debian buster node 16 tools",
		"node:18":                              "node debian bookworm node 18 tools",
		"node:18.12.1":                         "node debian bullseye node 18.12.1 tools",
		"node:20-slim":                         "node debian bookworm node 20 slim",
		"node:24":                              "node debian bookworm node 24 tools",
		"node:26":                              "node debian trixie node 26 tools",
		"node:lts":                             "node debian bookworm node 24 tools",
		"node:iron-alpine":                     "node alpine 3.23 node 20 musl",
		"node:14-alpine3.12":                   "node alpine 3.12 node 14 musl",
		"python:3.12":                          "python debian trixie python 3.12 tools",
		"python:3.12.3-slim":                   "python debian bookworm python 3.12.3 slim",
		"python:3.9-slim-buster":               "python debian buster python 3.9 slim",
		"python:3.13.0b1":                      "python debian bookworm python 3.13.0b1 tools",
		"python:2.7":                           "python debian buster python 2.7 tools",
		"rust:1.75":                            "rust debian bookworm rust 1.75 tools",
		"rust:1.93-slim":                       "rust debian trixie rust 1.93 slim tools",
		"rust:1.70-alpine":                     "rust alpine 3.18 rust 1.70 musl tools",
		"ruby:3.3":                             "ruby debian trixie ruby 3.3 tools",
		"php:8.2-fpm-alpine":                   "php alpine 3.24 php 8.2 musl",
		"php:8.3-apache":                       "php debian trixie php 8.3",
		"eclipse-temurin:17-jdk-jammy":         "eclipse-temurin ubuntu jammy java 17 tools",
		"eclipse-temurin:21-jre":               "eclipse-temurin ubuntu resolute java 21",
		"eclipse-temurin:17.0.8_7-jdk":         "eclipse-temurin ubuntu - java 17 tools",
		"eclipse-temurin:21-jre-alpine-3.21":   "eclipse-temurin alpine 3.21 java 21 musl",
		"openjdk:17":                           "openjdk rhel - java 17 tools",
		"openjdk:17-jdk-slim":                  "openjdk debian bullseye java 17 slim tools",
		"openjdk:8-jdk-alpine":                 "openjdk alpine 3.9 java 8 musl tools",
		"openjdk:11":                           "openjdk debian bullseye java 11 tools",
		"maven:3.9-eclipse-temurin-17":         "maven ubuntu - java 17 tools",
		"maven:3.8.6-jdk-11-slim":              "maven debian - java 11 slim tools",
		"maven:3-openjdk-17":                   "maven rhel - java 17 tools",
		"maven:3.9-amazoncorretto-21-alpine":   "maven alpine - java 21 musl tools",
		"gradle:8.5-jdk17":                     "gradle ubuntu - java 17 tools",
		"gradle:8-jdk21-alpine":                "gradle alpine - java 21 musl tools",
		"amazoncorretto:17":                    "amazoncorretto rhel - java 17 tools",
		"mcr.microsoft.com/dotnet/sdk:8.0":     "mcr.microsoft.com/dotnet/sdk debian bookworm dotnet 8.0 tools",
		"mcr.microsoft.com/dotnet/aspnet:10.0": "mcr.microsoft.com/dotnet/aspnet ubuntu noble dotnet 10.0 slim",
		"oven/bun:1":                           "oven/bun debian - bun 1",
		"denoland/deno:alpine-1.40.0":          "denoland/deno alpine - deno 1.40.0 musl",
		"ghcr.io/astral-sh/uv:python3.12-bookworm-slim":       "ghcr.io/astral-sh/uv debian bookworm python 3.12 slim",
		"ghcr.io/astral-sh/uv:0.8.3-python3.13-alpine":        "ghcr.io/astral-sh/uv alpine - python 3.13 musl",
		"public.ecr.aws/docker/library/node:20-bullseye-slim": "node debian bullseye node 20 slim",
		"docker.io/library/python:3.11-bookworm":              "python debian bookworm python 3.11 tools",
		"index.docker.io/library/golang:1.22":                 "golang debian bookworm go 1.22 tools",
		"mirror.gcr.io/library/alpine:3.19":                   "alpine alpine 3.19 - - musl",
		"amd64/debian:bookworm-slim":                          "debian debian bookworm - - slim",
		"debian":                                              "debian debian trixie - -",
		"debian:11.7":                                         "debian debian bullseye - -",
		"debian:stable-20240101-slim":                         "debian debian trixie - - slim",
		"ubuntu:22.04":                                        "ubuntu ubuntu jammy - -",
		"ubuntu:jammy-20240111":                               "ubuntu ubuntu jammy - -",
		"alpine:3.18.4":                                       "alpine alpine 3.18 - - musl",
		"alpine":                                              "alpine alpine 3.24 - - musl",
		"alpine:edge":                                         "alpine alpine - - - musl",
		"buildpack-deps:bookworm-scm":                         "buildpack-deps debian bookworm - -",
		"busybox:1.36":                                        "busybox other - - -",
		"scratch":                                             "scratch scratch - - -",
		"gcr.io/distroless/static-debian12:nonroot":           "gcr.io/distroless/static-debian12 distroless bookworm - - slim",
		"gcr.io/distroless/nodejs22-debian13":                 "gcr.io/distroless/nodejs22-debian13 distroless trixie node 22 slim",
		"gcr.io/distroless/python3-debian13":                  "gcr.io/distroless/python3-debian13 distroless trixie python 3.13 slim",
		"registry.access.redhat.com/ubi9/ubi-minimal:9.4":     "registry.access.redhat.com/ubi9/ubi-minimal rhel - - - slim",
		"nvidia/cuda:12.2.0-devel-ubuntu22.04":                "nvidia/cuda ubuntu jammy - - tools",
		"cimg/go:1.22":                                        "cimg/go ubuntu - go 1.22 tools toolchain",
		"golang:1.22-nanoserver":                              "golang other - - -",
		"docker.io/library/golang:1.22":                       "golang debian bookworm go 1.22 tools",
		"index.docker.io/library/golang:1.22-alpine3.20":      "golang alpine 3.20 go 1.22 musl",
		"public.ecr.aws/docker/library/rust:1.79-bookworm":    "rust debian bookworm rust 1.79 tools",
		"docker.mirrors.ustc.edu.cn/library/golang:1.22":      "golang debian bookworm go 1.22 tools",
		"ghcr.io/rust-lang/rust:nightly-bookworm":             "ghcr.io/rust-lang/rust debian bookworm rust - tools",
		// of a digest alone neither family nor suite is known
		"golang@sha256:" + strings.Repeat("a", 64): "golang other - go - tools",
		"rust@sha256:" + strings.Repeat("a", 64):   "rust other - rust - tools",
		// a digest may be older than what its tag stands for now
		"rust:1.83@sha256:" + strings.Repeat("a", 64):        "rust debian bookworm rust 1.83 tools",
		"rust:1.72@sha256:" + strings.Repeat("a", 64):        "rust debian - rust 1.72 tools",
		"rust:1@sha256:" + strings.Repeat("a", 64):           "rust debian - rust 1 tools",
		"python:3.12.4@sha256:" + strings.Repeat("a", 64):    "python debian bookworm python 3.12.4 tools",
		"node:20@sha256:" + strings.Repeat("a", 64):          "node debian - node 20 tools",
		"alpine:3.20.1@sha256:" + strings.Repeat("a", 64):    "alpine alpine 3.20 - - musl",
		"alpine:3@sha256:" + strings.Repeat("a", 64):         "alpine alpine - - - musl",
		"maven:3.6-adoptopenjdk-11":                          "maven ubuntu - java 11 tools",
		"tiangolo/uvicorn-gunicorn-fastapi:python3.11-slim":  "tiangolo/uvicorn-gunicorn-fastapi debian - python 3.11 slim",
		"node:20-bookworm@sha256:" + strings.Repeat("a", 64): "node debian bookworm node 20 tools",
	} {
		b, ok := image.Resolve(ref)
		if !ok {
			t.Errorf("Resolve(%q) is not known", ref)
			continue
		}
		if got := describe(b); got != want {
			t.Errorf("Resolve(%q)\n got %s\nwant %s", ref, got, want)
		}
		if b.Ref != ref {
			t.Errorf("Resolve(%q).Ref = %q", ref, b.Ref)
		}
	}
}

func describe(b image.Base) string {
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	out := fmt.Sprintf("%s %s %s %s %s", b.Name, b.Family, dash(b.Suite), dash(b.Language), dash(b.Version))
	for _, flag := range []struct {
		on   bool
		name string
	}{{b.Slim, " slim"}, {b.Musl, " musl"}, {b.Tools, " tools"}, {b.Toolchain, " toolchain"}} {
		if flag.on {
			out += flag.name
		}
	}
	return out
}

func TestResolveRefuses(t *testing.T) {
	for _, ref := range []string{
		"", "golang:$VERSION", "node:${NODE}-slim", "Node:20", "node:", "node@sha256:123", "node:20 AS build", "-", "::", "a//b",
		"registry.corp.example/team/base:1", "mycompany/node:20", "debian:no-such-suite", "gcr.io/distroless/haskell", "mcr.microsoft.com/dotnet/monitor:8",
		"node@sha256:" + strings.Repeat("a", 64), strings.Repeat("a", 64), "SCRATCH", "bitnami/node:20", strings.Repeat("a/", 400) + "b",
	} {
		if b, ok := image.Resolve(ref); ok {
			t.Errorf("Resolve(%q) = %s, want it not known", ref, describe(b))
		}
	}
}

func TestProducts(t *testing.T) {
	for ref, want := range map[string]string{
		"postgres:16-alpine": "postgres", "nginx:1.27": "nginx", "nginxinc/nginx-unprivileged:1.27-alpine": "nginx", "grafana/loki:3.0.0": "loki",
		"quay.io/keycloak/keycloak:24.0": "keycloak", "bitnami/postgresql:16": "postgresql", "tomcat:10-jdk17": "tomcat", "prom/prometheus": "prometheus",
		"public.ecr.aws/nginx/nginx:stable": "nginx", "docker.elastic.co/elasticsearch/elasticsearch:8.1.0": "elasticsearch",
	} {
		if b, ok := image.Resolve(ref); !ok || b.Product != want || b.Language != "" {
			t.Errorf("Resolve(%q): product %q language %q known %v, want product %q", ref, b.Product, b.Language, ok, want)
		}
	}
}

func TestConfig(t *testing.T) {
	const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for ref, want := range map[string]image.Config{
		"golang:1.22": {
			Env: []string{"PATH=/go/bin:/usr/local/go/bin:" + path, "GOLANG_VERSION=1.22", "GOTOOLCHAIN=local", "GOPATH=/go"},
			Cmd: []string{"bash"}, WorkingDir: "/go",
		},
		"node:20-alpine": {
			Env:        []string{"PATH=" + path, "NODE_VERSION=20", "YARN_VERSION=1.22.22"},
			Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"node"},
		},
		"python:3.12-slim": {
			Env: []string{"PATH=/usr/local/bin:" + path, "LANG=C.UTF-8", "PYTHON_VERSION=3.12"}, Cmd: []string{"python3"},
		},
		"alpine:3.20": {Env: []string{"PATH=" + path}, Cmd: []string{"/bin/sh"}},
		"gcr.io/distroless/static-debian13:nonroot": {
			Env:  []string{"PATH=" + path, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
			User: "65532", WorkingDir: "/home/nonroot",
		},
		"gcr.io/distroless/nodejs22-debian13": {
			Env:  []string{"PATH=" + path, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
			User: "0", WorkingDir: "/", Entrypoint: []string{"/nodejs/bin/node"},
		},
		"nginxinc/nginx-unprivileged:1.27": {
			Env: []string{"PATH=" + path}, Entrypoint: []string{"/docker-entrypoint.sh"}, Cmd: []string{"nginx", "-g", "daemon off;"},
			StopSignal: "SIGQUIT", ExposedPorts: []string{"8080/tcp"}, User: "101",
		},
		"scratch": {},
	} {
		b, _ := image.Resolve(ref)
		if !reflect.DeepEqual(b.Config, want) {
			t.Errorf("configuration of %s\n got %+v\nwant %+v", ref, b.Config, want)
		}
	}
}

// One configuration must not be reachable through another image's.
func TestConfigIsNotShared(t *testing.T) {
	a, _ := image.Resolve("nginx:1.27")
	a.Config.Env[0] = "PATH=/nowhere"
	if b, _ := image.Resolve("nginx:1.27"); b.Config.Env[0] == "PATH=/nowhere" {
		t.Error("a change of one Base's configuration shows in the next one")
	}
}

func FuzzResolve(f *testing.F) {
	for _, seed := range []string{"golang:1.22", "node:20-slim@sha256:" + strings.Repeat("0", 64), "gcr.io/distroless/-debian", "alpine:3.", "debian:-",
		"python:3.12-slim-", "maven:-jdk-", "ghcr.io/astral-sh/uv:python", "mcr.microsoft.com/dotnet/sdk:", "openjdk:8u", "php:9999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		b, ok := image.Resolve(ref)
		again, okAgain := image.Resolve(ref)
		if ok != okAgain || !reflect.DeepEqual(b, again) {
			t.Fatalf("Resolve(%q) gives two answers", ref)
		}
		if ok && (b.Family == "" || b.Name == "") {
			t.Fatalf("Resolve(%q) is known but has no family or name: %+v", ref, b)
		}
		for _, other := range counterparts(b) {
			if known, ok := image.Resolve(other.Ref); !ok || !reflect.DeepEqual(known, other) {
				t.Fatalf("%q has the counterpart %q, which does not resolve to itself", ref, other.Ref)
			}
		}
	})
}

// counterparts are all that there are of an image.
func counterparts(b image.Base) []image.Base {
	out := []image.Base{image.Static(b)}
	add := func(other image.Base, ok bool) {
		if ok {
			out = append(out, other)
		}
	}
	add(image.Slim(b))
	add(image.System(b))
	add(image.JRE(b))
	add(image.DotnetRuntime(b, true))
	add(image.DistrolessBase(b.Suite))
	add(image.DistrolessCC(b.Suite))
	add(image.NodeDistroless(b.Version))
	add(image.JavaDistroless(b.Version))
	return out
}

func BenchmarkResolve(b *testing.B) {
	for b.Loop() {
		if _, ok := image.Resolve("public.ecr.aws/docker/library/python:3.12-slim-bookworm"); !ok {
			b.Fatal("not known")
		}
	}
}
