package java

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// chooseRuntime picks the image that runs: the JRE of the author's vendor, version
// and system, or where something speaks against it the author's image.
func (d *designer) chooseRuntime() *plan.Refusal {
	d.signs()
	jre, why := d.jre()
	if at, ok := d.sources.traits["jdk"]; ok {
		d.compiler = with(at, "the program uses "+at.Text+", which a JRE lacks")
	} else if why != "" {
		d.compiler = d.atBase(why)
	}
	if d.compiler.Text != "" {
		jdk, ok := jdkBelow(d.in.Base)
		if !ok {
			d.stay(d.compiler)
		}
		jre = jdk
	}
	d.accountSigns(jre)
	d.runtime = d.in.Base
	if d.own.Text == "" {
		d.runtime = jre
	}
	if d.in.Base.Language == "" && !slices.ContainsFunc(d.packages(), d.bringsJava) {
		return &plan.Refusal{Code: plan.UnknownWriteSet, Evidence: d.atBase("Java is not installed as a package of the system, so where it lies is not known"),
			Remedy: "build from an image with a JDK"}
	}
	d.choosePackages()
	if d.own.Text != "" {
		d.runtime = d.in.Base
	}
	return nil
}

// signs are what speaks for the author's image.
func (d *designer) signs() {
	if d.in.Hints.Floor == plan.AuthorImage {
		d.stay(d.in.Hints.Why)
	}
	if at, ok := d.sources.traits["exec"]; ok {
		d.stay(with(at, "the program starts other programs, which the JRE's image may lack"))
	}
	if at, ok := d.sources.traits["native"]; ok {
		d.stay(with(at, "the program loads a native library of the system"))
	}
	if d.start.homes {
		d.stay(with(d.start.at, "the start command names Java by its path"))
	}
	if d.in.Base.Language != "" {
		for _, it := range d.in.Items {
			for _, p := range it.Pairs {
				if it.Keyword == "ENV" && p.Key == "JAVA_HOME" {
					d.stay(d.in.Evidence(it, "JAVA_HOME is set to a folder of this image"))
				}
			}
		}
	}
	for i, s := range d.steps {
		if s.Keyword == "RUN" && i > d.last && (s.does(unknown, trust, fetch) || len(s.commands) == 0) {
			d.stay(d.in.Evidence(s.Item, "what it needs of the image is not known"))
		}
	}
	d.userSigns()
	d.programSigns()
}

// accountSigns: adduser is not the same program on every system, and Ubuntu's images
// have a user with the number 1000 already.
func (d *designer) accountSigns(jre image.Base) {
	if jre.Family == d.in.Base.Family {
		return
	}
	for _, s := range d.steps {
		for _, c := range s.commands {
			words := strings.Join(c.Words(), " ")
			if s.Keyword == "RUN" && c.kind == account && (strings.HasPrefix(c.Name(), "add") || strings.Contains(words, "1000")) {
				d.stay(d.in.Evidence(s.Item, "the JRE's system may not make the user in the same way"))
			}
		}
	}
}

// userSigns: a user that only the author's image has (H88).
func (d *designer) userSigns() {
	user, _, _ := strings.Cut(d.in.End.User, ":")
	if user == "" || user == "root" || user == "nobody" || strings.Trim(user, "0123456789") == "" || d.gradleUser() {
		return
	}
	for _, s := range d.steps {
		for _, c := range s.commands {
			if c.kind != account {
				continue
			}
			for _, w := range c.Args[1:] {
				if w.Text == user {
					return
				}
			}
		}
	}
	d.stay(d.atBase("the user " + user + " comes with the image"))
}

// gradleUser reports that the process runs as the user of the gradle image, which by
// its number any image can have. See https://github.com/keeganwitt/docker-gradle.
func (d *designer) gradleUser() bool {
	if d.in.Base.Name != "gradle" || d.in.End.User != "gradle" && d.in.End.User != "gradle:gradle" {
		return false
	}
	for i, s := range d.steps {
		if (s.Keyword == "RUN" || s.Keyword == "COPY" || s.Keyword == "ADD") && i > d.last && strings.Contains(d.in.File.Text(s.Span), "gradle:") {
			return false
		}
	}
	return true
}

// gradleNumber is that user and its group.
const gradleNumber = "1000:1000"

// inEvery are programs that every JRE image has: the system's own, and what the
// images of Eclipse Temurin install.
var inEvery = wordSet("sh sleep echo env wget")

// programSigns: programs that the start or the health check runs (H84).
func (d *designer) programSigns() {
	for _, p := range d.programs() {
		switch {
		case inEvery[p], d.authorInstalls(p):
		case d.in.Base.Family == image.Alpine || p != "bash" && p != "curl":
			d.stay(with(d.start.at, p+" is run, and the JRE's image may not have it"))
		}
	}
}

// programs are what the start and the health checks run beside java.
func (d *designer) programs() []string {
	out := slices.Clone(d.start.programs)
	texts := []string{}
	for _, it := range d.in.Items {
		if it.Keyword == "HEALTHCHECK" {
			texts = append(texts, d.in.File.Text(it.Args))
		}
	}
	for _, s := range d.in.Project.Services() {
		texts = append(texts, s.Health)
	}
	for _, text := range texts {
		for _, p := range []string{"curl", "wget", "bash", "nc", "python3", "jq", "jps", "jcmd"} {
			if mentionsWord(text, p) {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mentionsWord reports a word in a text.
func mentionsWord(text, w string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\"'[],;|&()/", r) }), w)
}

// authorInstalls reports a package of the author's that brings a program.
func (d *designer) authorInstalls(program string) bool {
	for _, p := range d.packages() {
		if p.name == program || brings(d.in.Base.Family, program, p.name) {
			return true
		}
	}
	return false
}

func brings(family image.Family, program, pkg string) bool {
	name, ok := image.CommandPackage(family, program)
	return ok && name == pkg
}

// jre is the runtime image for the author's, or why there is none.
func (d *designer) jre() (image.Base, string) {
	b := d.in.Base
	if b.Language == "" {
		return b, "" // the JRE is a package
	}
	if b.Version == "" {
		return b, "the image does not say which Java it has"
	}
	jre, ok := sibling(b)
	if !ok {
		jre, ok = image.JRE(b)
	}
	if strings.Contains(b.Name, "graalvm") || strings.Contains(b.Tag, "graalvm") || strings.Contains(b.Tag, "openj9") && !strings.Contains(jre.Tag, "openj9") {
		return b, "the image's virtual machine is another one than the JRE's"
	}
	if ok && b.Name == "amazoncorretto" && b.Family == image.Alpine && b.Version != "21" && b.Version != "25" {
		return b, "a JRE on Alpine is not published for every platform of this image"
	}
	if ok && jre.Name == "openjdk" && (!b.Slim || len(d.programs()) > 0) {
		if full, known := image.Resolve(strings.Replace(jre.Ref, "-jre-slim", "-jre", 1)); known {
			jre = full
		}
	}
	switch {
	case !ok || jre.Tools:
		return b, fmt.Sprintf("no JRE image of Java %s is known", b.Version)
	case jre.Version != b.Version:
		return b, fmt.Sprintf("no JRE image of Java %s is known", b.Version)
	case jre.Musl != b.Musl:
		return b, "the JRE's image has another C library"
	}
	return jre, ""
}

// sibling is the JRE image that the same vendor publishes beside a JDK image, by
// the vendors' own tags.
func sibling(b image.Base) (image.Base, bool) {
	repository, ok := strings.CutSuffix(b.Ref, ":"+b.Tag)
	if !ok || b.Digest != "" {
		return image.Base{}, false
	}
	ref := ""
	switch b.Name {
	case "eclipse-temurin", "adoptopenjdk", "sapmachine", "ibm-semeru-runtimes":
		if strings.Contains("-"+b.Tag+"-", "-jdk-") {
			ref = repository + ":" + strings.Replace(b.Tag, "jdk", "jre", 1)
		}
	case "azul/zulu-openjdk", "azul/zulu-openjdk-alpine", "azul/zulu-openjdk-debian":
		if strings.Trim(b.Tag, "0123456789") == "" {
			ref = repository + ":" + b.Tag + "-jre"
		}
	case "bellsoft/liberica-openjdk-alpine", "bellsoft/liberica-openjdk-debian":
		if strings.Trim(b.Tag, "0123456789") == "" {
			ref = strings.Replace(repository, "openjdk", "openjre", 1) + ":" + b.Tag
		}
	}
	if ref == "" {
		return image.Base{}, false
	}
	return image.Resolve(ref)
}

// jdkBelow is the JDK image that an image of Maven or Gradle is made from, by the tag.
// See https://hub.docker.com/_/maven and https://hub.docker.com/_/gradle.
func jdkBelow(b image.Base) (image.Base, bool) {
	if b.Name != "maven" && b.Name != "gradle" || b.Version == "" || b.Digest != "" {
		return image.Base{}, false
	}
	ref := ""
	switch tag := "-" + b.Tag; {
	case strings.Contains(tag, "-eclipse-temurin-") || b.Name == "gradle" && b.Family == image.Ubuntu:
		ref = "eclipse-temurin:" + b.Version + "-jdk"
	case b.Name == "gradle" && b.Family == image.Alpine:
		ref = "eclipse-temurin:" + b.Version + "-jdk"
	case strings.Contains(tag, "-amazoncorretto-"):
		ref = "amazoncorretto:" + b.Version
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
	}
	jdk, ok := image.Resolve(ref)
	return jdk, ok && jdk.Version == b.Version && jdk.Musl == b.Musl
}
