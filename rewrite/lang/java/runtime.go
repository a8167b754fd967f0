package java

import (
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
	if at, ok := d.sources.traits["draws"]; ok && strings.HasSuffix(jre.Tag, "-headless") {
		d.stay(with(at, "the program uses "+at.Text+", and what drawing needs is not all in the headless image"))
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

// inBusybox are programs that Alpine's images have beside those.
var inBusybox = wordSet("nc nslookup ping hostname pidof netstat timeout awk")

// programSigns: programs that the start or the health check runs (H84).
func (d *designer) programSigns() {
	for _, p := range d.programs() {
		switch {
		case inEvery[p], d.authorInstalls(p), d.in.Base.Family == image.Alpine && inBusybox[p]:
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
