package image_test

import (
	"testing"

	"github.com/multistage-app/multistage/rewrite/image"
)

func TestSlim(t *testing.T) {
	for ref, want := range map[string]string{
		"node": "node:slim", "node:20": "node:20-slim", "node:20-bookworm": "node:20-bookworm-slim", "node:lts": "node:lts-slim",
		"node:20-alpine": "node:20-alpine", "node:20-slim": "node:20-slim",
		"python:3.12": "python:3.12-slim", "python:3.12-bookworm": "python:3.12-slim-bookworm", "python:bookworm": "python:slim-bookworm",
		"python": "python:slim", "ruby:3.3-bookworm": "ruby:3.3-slim-bookworm",
		"public.ecr.aws/docker/library/node:20": "public.ecr.aws/docker/library/node:20-slim",
		"debian:bookworm":                       "debian:bookworm-slim",
		"debian":                                "debian:stable-slim",
		"debian:12.5":                           "debian:12.5-slim",
		"ghcr.io/astral-sh/uv:python3.12-bookworm": "python:3.12-slim-bookworm",
		"oven/bun:1":  "oven/bun:1-slim",
		"golang:1.22": "", "rust:1.75": "", "eclipse-temurin:17": "", "php:8.3-fpm": "", "ubuntu:22.04": "",
		"node:20@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": "",
	} {
		b, _ := image.Resolve(ref)
		slim, ok := image.Slim(b)
		if got := slim.Ref; ok != (want != "") || ok && got != want {
			t.Errorf("Slim(%s) = %q, %v, want %q", ref, got, ok, want)
		}
		if ok && (slim.Language != b.Language || slim.Version != b.Version || slim.Musl != b.Musl || slim.Suite != b.Suite) {
			t.Errorf("Slim(%s) = %s is not of the same language, version and suite", ref, describe(slim))
		}
		if ok && slim.Tools {
			t.Errorf("Slim(%s) has compilers", ref)
		}
	}
}

func TestSystem(t *testing.T) {
	for ref, want := range map[string]string{
		"golang:1.22": "debian:bookworm-slim", "golang:1.26": "debian:trixie-slim", "golang:1.22.3-alpine": "alpine:3.20", "rust:1.75-bullseye": "debian:bullseye-slim",
		"eclipse-temurin:17-jdk-jammy": "ubuntu:22.04", "golang:1.14": "", "openjdk:17": "", "alpine:edge": "",
	} {
		b, _ := image.Resolve(ref)
		if got, ok := image.System(b); ok != (want != "") || got.Ref != want {
			t.Errorf("System(%s) = %q, %v, want %q", ref, got.Ref, ok, want)
		}
	}
}

func TestDistroless(t *testing.T) {
	b, _ := image.Resolve("golang:1.22")
	if got := image.Static(b); got.Ref != "gcr.io/distroless/static-debian13:nonroot" || got.Config.User != image.NonRoot || got.Size == 0 {
		t.Errorf("Static = %+v", got)
	}
	for suite, want := range map[string]string{
		"bookworm": "gcr.io/distroless/base-debian12:nonroot", "trixie": "gcr.io/distroless/base-debian13:nonroot", "bullseye": "", "": "", "jammy": "", "3.20": "",
	} {
		if got, ok := image.DistrolessBase(suite); ok != (want != "") || got.Ref != want || ok && got.Suite != suite {
			t.Errorf("DistrolessBase(%q) = %q, %v, want %q", suite, got.Ref, ok, want)
		}
	}
	for version, want := range map[string]string{
		"22": "gcr.io/distroless/nodejs22-debian13:nonroot", "24.1.0": "gcr.io/distroless/nodejs24-debian13:nonroot", "20": "", "23": "", "": "",
	} {
		if got, ok := image.NodeDistroless(version); ok != (want != "") || got.Ref != want {
			t.Errorf("NodeDistroless(%q) = %q, %v, want %q", version, got.Ref, ok, want)
		}
	}
}

func TestJRE(t *testing.T) {
	for ref, want := range map[string]string{
		"maven:3.9-eclipse-temurin-17":        "eclipse-temurin:17-jre",
		"maven:3.9-eclipse-temurin-21-noble":  "eclipse-temurin:21-jre-noble",
		"maven:3.9-eclipse-temurin-17-alpine": "eclipse-temurin:17-jre-alpine",
		"eclipse-temurin:17-jdk-jammy":        "eclipse-temurin:17-jre-jammy",
		"eclipse-temurin:21-jre":              "eclipse-temurin:21-jre",
		"openjdk:11":                          "openjdk:11-jre-slim",
		"openjdk:17-jdk-slim":                 "eclipse-temurin:17-jre",
		"gradle:8.5-jdk17":                    "eclipse-temurin:17-jre",
		"amazoncorretto:21-alpine":            "eclipse-temurin:21-jre-alpine",
		"maven:3.9":                           "", "openjdk:16": "", "node:20": "",
	} {
		b, _ := image.Resolve(ref)
		if got, ok := image.JRE(b); ok != (want != "") || got.Ref != want || ok && got.Version != b.Version {
			t.Errorf("JRE(%s) = %q, %v, want %q", ref, got.Ref, ok, want)
		}
	}
}

func TestDotnetRuntime(t *testing.T) {
	for ref, want := range map[string]string{
		"mcr.microsoft.com/dotnet/sdk:8.0":            "mcr.microsoft.com/dotnet/aspnet:8.0",
		"mcr.microsoft.com/dotnet/sdk:8.0.404-alpine": "mcr.microsoft.com/dotnet/aspnet:8.0-alpine",
		"mcr.microsoft.com/dotnet/aspnet:8.0":         "", "golang:1.22": "",
	} {
		b, _ := image.Resolve(ref)
		if got, ok := image.DotnetRuntime(b, true); ok != (want != "") || got.Ref != want {
			t.Errorf("DotnetRuntime(%s) = %q, %v, want %q", ref, got.Ref, ok, want)
		}
	}
}

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		family    image.Family
		a, b      string
		newer, ok bool
	}{
		{image.Debian, "trixie", "bookworm", true, true}, {image.Debian, "bookworm", "trixie", false, true}, {image.Debian, "trixie", "trixie", false, true},
		{image.Ubuntu, "noble", "jammy", true, true}, {image.Alpine, "3.20", "3.9", true, true}, {image.Alpine, "3.9", "3.20", false, true},
		{image.Debian, "noble", "bookworm", false, false}, {image.Debian, "", "bookworm", false, false}, {image.Alpine, "edge", "3.20", false, false},
		{image.RHEL, "9", "8", false, false},
	} {
		if newer, ok := image.Newer(c.family, c.a, c.b); newer != c.newer || ok != c.ok {
			t.Errorf("Newer(%s, %q, %q) = %v, %v", c.family, c.a, c.b, newer, ok)
		}
	}
}

func TestPackageRole(t *testing.T) {
	for _, c := range []struct {
		family       image.Family
		name         string
		build, known bool
	}{
		{image.Debian, "build-essential", true, true}, {image.Debian, "gcc", true, true}, {image.Debian, "g++-12", true, true}, {image.Debian, "libpq-dev", true, true},
		{image.Debian, "libpq5", false, true}, {image.Debian, "libssl3t64", false, true}, {image.Debian, "ca-certificates", false, true}, {image.Ubuntu, "make", true, true},
		{image.Debian, "curl", false, false}, {image.Debian, "git", false, false}, {image.Debian, "$PACKAGES", false, false}, {image.Debian, "", false, false},
		{image.Debian, "gcc:amd64", true, true}, {image.Alpine, "build-base", true, true}, {image.Alpine, "postgresql-dev", true, true}, {image.Alpine, "libc6-compat", false, true},
		{image.RHEL, "openssl-devel", true, true}, {image.RHEL, "libfoo-dev", false, false}, {image.Debian, "openssl-devel", false, false}, {image.Debian, "python3", false, false},
	} {
		if build, known := image.PackageRole(c.family, c.name); build != c.build || known != c.known {
			t.Errorf("PackageRole(%s, %q) = %v, %v, want %v, %v", c.family, c.name, build, known, c.build, c.known)
		}
	}
}

func TestRuntimeLibrary(t *testing.T) {
	for _, c := range []struct {
		family     image.Family
		suite, dev string
		want       string
	}{
		{image.Debian, "bookworm", "libpq-dev", "libpq5"}, {image.Debian, "bookworm", "libssl-dev", "libssl3"}, {image.Debian, "trixie", "libssl-dev", "libssl3t64"},
		{image.Debian, "bullseye", "libssl-dev", "libssl1.1"}, {image.Debian, "bookworm", "default-libmysqlclient-dev", "libmariadb3"}, {image.Debian, "trixie", "libpcre3-dev", ""},
		{image.Debian, "buster", "libpq-dev", ""}, {image.Debian, "", "libpq-dev", ""}, {image.Ubuntu, "jammy", "libpq-dev", ""}, {image.Alpine, "3.20", "postgresql-dev", ""},
		{image.Debian, "bookworm", "libnosuch-dev", ""},
	} {
		got, ok := image.RuntimeLibrary(c.family, c.suite, c.dev)
		if ok != (c.want != "") || ok && got[0] != c.want {
			t.Errorf("RuntimeLibrary(%s, %q, %q) = %v, %v, want %q", c.family, c.suite, c.dev, got, ok, c.want)
		}
	}
}
