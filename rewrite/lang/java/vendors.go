package java

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
)

// jre is the runtime image for the author's, or why there is none. A vendor's Java
// stays that vendor's.
func (d *designer) jre() (image.Base, string) {
	b := d.in.Base
	switch {
	case b.Language == "":
		return b, "" // the JRE is a package
	case b.Version == "":
		return b, "the image does not say which Java it has"
	case b.Digest != "":
		return b, "the image is pinned by its digest, and that of a JRE's image is not known"
	}
	jre, ok := sibling(b)
	if !ok && vendor(b) != "" {
		return b, fmt.Sprintf("no JRE image of %s %s is known", vendor(b), b.Version)
	}
	if !ok {
		if jre, ok = image.JRE(b); ok {
			jre, ok = sameRegistry(b, jre)
		}
	}
	if ok && jre.Name == "openjdk" && (!b.Slim || len(d.programs()) > 0) {
		if full, known := image.Resolve(strings.Replace(jre.Ref, "-jre-slim", "-jre", 1)); known {
			jre = full
		}
	}
	switch {
	case !ok || jre.Tools || jre.Version != b.Version:
		return b, fmt.Sprintf("no JRE image of Java %s is known", b.Version)
	case jre.Musl != b.Musl:
		return b, "the JRE's image has another C library"
	}
	return jre, ""
}

// vendors are the makers of Java whose images are not exchanged for another's, by a
// word of the repository's name or the tag. What OpenJDK and AdoptOpenJDK published
// Eclipse Temurin goes on with.
var vendors = []struct{ word, name string }{
	{"corretto", "Amazon Corretto"}, {"zulu", "Azul Zulu"}, {"liberica", "BellSoft Liberica"}, {"microsoft", "Microsoft's OpenJDK"},
	{"sapmachine", "SapMachine"}, {"semeru", "IBM Semeru"}, {"openj9", "OpenJ9"}, {"ibmjava", "IBM Java"}, {"graal", "GraalVM"},
}

// vendor is the maker of an image's Java, "" for OpenJDK and its successor.
func vendor(b image.Base) string {
	for _, v := range vendors {
		if strings.Contains(b.Name+":"+b.Tag, v.word) {
			return v.name
		}
	}
	return ""
}

// repositoryOf is an image's repository as the author writes it.
func repositoryOf(b image.Base) (string, bool) {
	if repository, ok := strings.CutSuffix(b.Ref, ":"+b.Tag); ok {
		return repository, b.Digest == ""
	}
	return b.Ref, b.Tag == "latest" && b.Digest == ""
}

// sameRegistry takes an official image from the registry that the author takes the
// other one from.
func sameRegistry(b, official image.Base) (image.Base, bool) {
	repository, ok := repositoryOf(b)
	prefix, mirrored := strings.CutSuffix(repository, b.Name)
	if !ok || !mirrored || prefix == "" || strings.Contains(b.Name, "/") {
		return official, true
	}
	return image.Resolve(prefix + official.Ref)
}

// sibling is the JRE image that the same vendor publishes beside a JDK image, by
// the vendors' own tags: those of https://hub.docker.com/_/eclipse-temurin,
// https://hub.docker.com/_/azul-zulu, https://hub.docker.com/_/ibm-semeru-runtimes,
// https://hub.docker.com/_/sapmachine, https://hub.docker.com/r/azul/zulu-openjdk and
// https://hub.docker.com/r/bellsoft/liberica-openjre-alpine.
func sibling(b image.Base) (image.Base, bool) {
	repository, ok := repositoryOf(b)
	if !ok || b.Version == "" {
		return image.Base{}, false
	}
	bare, tag := strings.Trim(b.Tag, "0123456789") == "", ""
	switch b.Name {
	case "eclipse-temurin", "azul-zulu":
		tag = jreTag(b.Tag)
	case "adoptopenjdk", "sapmachine", "ibm-semeru-runtimes":
		if strings.Contains("-"+b.Tag+"-", "-jdk-") {
			tag = jreTag(b.Tag)
		}
	case "azul/zulu-openjdk", "azul/zulu-openjdk-alpine", "azul/zulu-openjdk-debian":
		if bare {
			tag = b.Tag + "-jre"
		}
	case "bellsoft/liberica-openjdk-alpine", "bellsoft/liberica-openjdk-debian":
		if bare {
			repository, tag = strings.Replace(repository, "openjdk", "openjre", 1), b.Tag
		}
	case "amazoncorretto":
		return corretto(b, repository)
	case "maven", "gradle":
		return siblingBelow(b, repository)
	}
	if tag == "" {
		return image.Base{}, false
	}
	return image.Resolve(repository + ":" + tag)
}

// jreTag is the tag of the JRE: 17-jdk-alpine's is 17-jre-alpine, as is 17-alpine's.
func jreTag(tag string) string {
	if strings.Contains("-"+tag+"-", "-jdk-") {
		return strings.Replace(tag, "jdk", "jre", 1)
	}
	version, rest, more := strings.Cut(tag, "-")
	if more {
		rest = "-" + rest
	}
	if rest == "-headless" || strings.HasPrefix(rest, "-headless-") || strings.HasPrefix(rest, "-b") {
		return "" // 8u392-b08 and the like go on with what belongs to the version
	}
	return version + "-jre" + rest
}

// corretto is Amazon's image without the tools: from 11 on headless, on Amazon Linux
// 2023. See https://github.com/corretto/corretto-docker.
func corretto(b image.Base, repository string) (image.Base, bool) {
	version, _, _ := strings.Cut(b.Tag, "-")
	if b.Name == "maven" || b.Name == "gradle" {
		version = b.Version
	}
	tag := ""
	switch {
	case version != b.Version: // a release of its own may lack it
	case version == "8" && b.Family == image.Alpine && !strings.Contains(b.Tag, "alpine3"):
		tag = "8-alpine-jre"
	case version == "8" && b.Family == image.RHEL:
		tag = "8-al2023-jre"
	case b.Family == image.RHEL && (version == "11" || version == "17" || version == "21" || version == "25"):
		tag = version + "-al2023-headless"
	}
	if tag == "" {
		return image.Base{}, false
	}
	jre, ok := image.Resolve(repository + ":" + tag)
	jre.Tools, jre.Size = false, correttoSize
	if b.Family == image.Alpine {
		jre.Size = correttoAlpineSize
	}
	return jre, ok
}

// What Amazon's images without the tools weigh unpacked, about, in bytes.
const correttoSize, correttoAlpineSize = 340e6, 130e6

// siblingBelow is the JRE image of the vendor whose JDK an image of Maven or Gradle
// has. See https://github.com/carlossg/docker-maven.
func siblingBelow(b image.Base, repository string) (image.Base, bool) {
	official := strings.TrimSuffix(repository, b.Name)
	switch tag := "-" + b.Tag + "-"; {
	case strings.Contains(tag, "corretto-"):
		return corretto(b, official+"amazoncorretto")
	case strings.Contains(tag, "-azulzulu-") && official == "":
		name := "azul/zulu-openjdk"
		switch {
		case b.Family == image.Alpine:
			name += "-alpine"
		case strings.Contains(tag, "-debian"):
			name += "-debian"
		}
		return image.Resolve(name + ":" + b.Version + "-jre")
	}
	return image.Base{}, false
}

// jdkBelow is the JDK image that an image of Maven or Gradle is made from, by the tag.
// See https://hub.docker.com/_/maven and https://hub.docker.com/_/gradle.
func jdkBelow(b image.Base) (image.Base, bool) {
	repository, ok := repositoryOf(b)
	if !ok || b.Name != "maven" && b.Name != "gradle" || b.Version == "" {
		return image.Base{}, false
	}
	ref := ""
	switch tag := "-" + b.Tag + "-"; {
	case strings.Contains(tag, "corretto-") && b.Family != image.Debian:
		ref = "amazoncorretto:" + b.Version
		if b.Family == image.RHEL {
			ref += "-al2023"
		}
	case vendor(b) != "":
		return image.Base{}, false
	case strings.Contains(tag, "-eclipse-temurin-"), b.Name == "gradle" && !b.Slim && (b.Family == image.Ubuntu || b.Family == image.Alpine):
		ref = "eclipse-temurin:" + b.Version + "-jdk"
	case strings.Contains(tag, "-openjdk-"), strings.Contains(tag, "-jdk-"):
		ref = "openjdk:" + b.Version + "-jdk"
	default:
		return image.Base{}, false
	}
	switch {
	case b.Family == image.Alpine:
		ref += "-alpine"
	case b.Slim:
		ref += "-slim"
	case b.Suite != "" && strings.HasSuffix(b.Tag, "-"+b.Suite):
		ref += "-" + b.Suite
	}
	jdk, known := image.Resolve(strings.TrimSuffix(repository, b.Name) + ref)
	return jdk, known && jdk.Version == b.Version && jdk.Musl == b.Musl
}
