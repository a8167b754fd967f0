package java

import (
	"testing"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// What runs in the place of each image: the JRE of the same vendor, by tags that are
// published, or nothing where none is known.
func TestJREOfTheSameVendor(t *testing.T) {
	for ref, want := range map[string]string{
		"eclipse-temurin:17":                         "eclipse-temurin:17-jre",
		"eclipse-temurin:21-jdk-noble":               "eclipse-temurin:21-jre-noble",
		"eclipse-temurin:17-ubi9-minimal":            "eclipse-temurin:17-jre-ubi9-minimal",
		"eclipse-temurin:21.0.2_13-jdk":              "eclipse-temurin:21.0.2_13-jre",
		"eclipse-temurin:8u392-b08":                  "eclipse-temurin:8-jre",
		"eclipse-temurin:17@sha256:" + digestOfTest:  "",
		"openjdk:17-jdk-slim":                        "eclipse-temurin:17-jre",
		"openjdk:17-alpine":                          "eclipse-temurin:17-jre-alpine",
		"openjdk:14":                                 "",
		"amazoncorretto:21":                          "amazoncorretto:21-al2023-headless",
		"amazoncorretto:8":                           "amazoncorretto:8-al2023-jre",
		"amazoncorretto:8-alpine":                    "amazoncorretto:8-alpine-jre",
		"amazoncorretto:21-alpine":                   "",
		"amazoncorretto:21.0.8":                      "",
		"azul/zulu-openjdk:17":                       "azul/zulu-openjdk:17-jre",
		"azul/zulu-openjdk:17-latest":                "",
		"azul-zulu:21-jdk-alpine":                    "azul-zulu:21-jre-alpine",
		"bellsoft/liberica-openjdk-alpine:21":        "bellsoft/liberica-openjre-alpine:21",
		"sapmachine:21-jdk-ubuntu-22.04":             "sapmachine:21-jre-ubuntu-22.04",
		"ibm-semeru-runtimes:open-21-jdk-jammy":      "ibm-semeru-runtimes:open-21-jre-jammy",
		"mcr.microsoft.com/openjdk/jdk:17-ubuntu":    "",
		"ghcr.io/graalvm/jdk-community:21":           "",
		"maven:3.9-amazoncorretto-21":                "amazoncorretto:21-al2023-headless",
		"maven:3.9-amazoncorretto-21-debian":         "",
		"maven:3.9-azulzulu-21-alpine":               "azul/zulu-openjdk-alpine:21-jre",
		"maven:3.9-sapmachine-21":                    "",
		"maven:3.9-eclipse-temurin-21":               "eclipse-temurin:21-jre",
		"docker.io/library/maven:3-openjdk-17":       "docker.io/library/eclipse-temurin:17-jre",
		"gradle:8.5-jdk21-graal":                     "",
		"gradle:8-jdk17-corretto":                    "amazoncorretto:17-al2023-headless",
		"gradle:8.10-jdk21-jammy":                    "eclipse-temurin:21-jre-jammy",
		"gradle:8.10-jdk21@sha256:" + digestOfTest:   "",
		"public.ecr.aws/docker/library/openjdk:17":   "public.ecr.aws/docker/library/eclipse-temurin:17-jre",
		"public.ecr.aws/docker/library/gradle:jdk21": "public.ecr.aws/docker/library/eclipse-temurin:21-jre",
	} {
		base, ok := image.Resolve(ref)
		if !ok {
			t.Errorf("%s is not known", ref)
			continue
		}
		d := &designer{}
		d.in = inputOf(base)
		jre, why := d.jre()
		if got := jre.Ref; why == "" && got != want || why != "" && want != "" {
			t.Errorf("%s: %s (%s), want %q", ref, got, why, want)
		}
	}
}

const digestOfTest = "0f5ef1b4f4b3d8f2b0c1c7a2b3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6"

func inputOf(base image.Base) *plan.Input {
	return &plan.Input{Base: base, Project: &project.Project{}}
}
