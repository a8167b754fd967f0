package image

// sizes are about what images weigh unpacked on linux/amd64, in bytes, at AsOf:
// rounded from what the public registries and docker images show for versions of
// that time. Older and newer versions differ by a tenth or two. The key is the
// repository with its variant behind a colon: slim, alpine, or what sizeOf says.
var sizes = map[string]int64{
	"debian": 120e6, "debian:slim": 78e6, "bitnami/minideb:slim": 90e6, "ubuntu": 78e6, "alpine": 8.5e6, "busybox": 4.4e6,
	"buildpack-deps": 900e6, "buildpack-deps:scm": 310e6, "buildpack-deps:curl": 155e6,
	"amazonlinux": 160e6, "fedora": 180e6, "rockylinux": 190e6, "almalinux": 190e6, "centos": 220e6, "oraclelinux": 240e6,
	"golang": 850e6, "golang:alpine": 260e6,
	"node": 1100e6, "node:slim": 220e6, "node:alpine": 160e6,
	"python": 1020e6, "python:slim": 130e6, "python:alpine": 52e6,
	"rust": 1500e6, "rust:slim": 780e6, "rust:alpine": 800e6,
	"ruby": 1000e6, "ruby:slim": 210e6, "ruby:alpine": 90e6,
	"php": 530e6, "php:alpine": 100e6,
	"ghcr.io/astral-sh/uv": 1070e6, "ghcr.io/astral-sh/uv:slim": 180e6, "ghcr.io/astral-sh/uv:alpine": 100e6,
	"oven/bun": 250e6, "oven/bun:slim": 190e6, "oven/bun:alpine": 130e6, "denoland/deno": 230e6, "denoland/deno:alpine": 150e6,
	"eclipse-temurin": 440e6, "eclipse-temurin:jre": 275e6, "eclipse-temurin:alpine": 330e6, "eclipse-temurin:jre-alpine": 180e6,
	"openjdk": 470e6, "openjdk:jre": 300e6, "openjdk:slim": 400e6, "openjdk:jre-slim": 220e6, "openjdk:alpine": 320e6, "openjdk:jre-alpine": 85e6,
	"amazoncorretto": 450e6, "amazoncorretto:alpine": 290e6,
	"maven": 540e6, "maven:slim": 440e6, "maven:alpine": 370e6, "gradle": 700e6, "gradle:alpine": 560e6,
	"mcr.microsoft.com/dotnet/sdk": 870e6, "mcr.microsoft.com/dotnet/sdk:alpine": 700e6,
	"mcr.microsoft.com/dotnet/aspnet:slim": 220e6, "mcr.microsoft.com/dotnet/aspnet:alpine": 110e6,
	"mcr.microsoft.com/dotnet/runtime:slim": 195e6, "mcr.microsoft.com/dotnet/runtime:alpine": 85e6,
	"mcr.microsoft.com/dotnet/runtime-deps:slim": 120e6, "mcr.microsoft.com/dotnet/runtime-deps:alpine": 15e6,
	"nginx": 190e6, "nginx:alpine": 50e6, "nginxinc/nginx-unprivileged": 190e6, "nginxinc/nginx-unprivileged:alpine": 50e6, "httpd": 150e6, "httpd:alpine": 65e6, "caddy": 50e6, "tomcat": 470e6,
	"gcr.io/distroless/static": 2.5e6, "gcr.io/distroless/base": 21e6, "gcr.io/distroless/base-nossl": 15e6, "gcr.io/distroless/cc": 24e6,
	"gcr.io/distroless/nodejs": 150e6, "gcr.io/distroless/java": 210e6, "gcr.io/distroless/java-base": 40e6, "gcr.io/distroless/python": 55e6,
}
