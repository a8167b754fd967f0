package java

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// explain says what the design rests on and what a reader should know.
func (d *designer) explain() {
	if d.own.Text != "" {
		d.fact("native-code", d.own, "production stays on the author's image for that reason")
	} else if d.compiler.Text != "" {
		d.fact("native-code", d.compiler, "production has the JDK for that reason")
	} else if d.runtime.Name != d.in.Base.Name && d.in.Base.Language != "" && d.in.Base.Name != "maven" && d.in.Base.Name != "gradle" {
		d.fact("native-code", d.atBase(fmt.Sprintf("production's JRE is that of %s and not of %s", d.runtime.Name, d.in.Base.Name)), "The version is the same, bytecode runs on either, and the C library is of one kind")
	}
	for i, e := range d.files {
		if i > 0 || e.dir {
			d.fact("runtime-files", with(e.at, fmt.Sprintf("%s comes along: %s", e.path, e.at.Text)), "")
		}
	}
	if d.in.End.User == "" || d.in.End.User == "root" || d.in.End.User == "0" {
		d.fact("user-kept-root", d.atBase("the program runs as root, as in the original"), "What it writes is not known; a numeric USER may be added after a trial")
	}
	for _, s := range d.in.Project.Services() {
		if d.mountsSource(s) {
			d.fact("compose-overrides", plan.Evidence{Path: s.File, Line: s.Line, Text: fmt.Sprintf("the service %s mounts a folder over the program", s.Name)}, "what it mounts has to be built on the host, as before")
		}
	}
}

// What a build leaves in the original beside its jar, in bytes: the repository of
// Maven or the cache of Gradle. And what a program weighs.
const (
	cacheMin, cacheMax     = 50e6, 300e6
	programMin, programMax = 1e6, 90e6
)

// saving is the expected size before anything is built.
func (d *designer) saving() plan.Saving {
	before, after := d.in.Base.Size, d.runtime.Size
	if before == 0 || after == 0 {
		return plan.Saving{}
	}
	cache := false
	for _, s := range d.steps {
		for _, c := range s.commands {
			cache = cache || jvmTools[c.tool] && c.tool != "javac"
		}
	}
	if d.in.Base.Language == "" {
		before, after = before+450e6, after+230e6
	}
	s := plan.Saving{BeforeMin: before, BeforeMax: before, AfterMin: after, AfterMax: after}
	if cache {
		s.BeforeMin, s.BeforeMax = before+programMin+cacheMin, before+programMax+cacheMax
		s.AfterMin, s.AfterMax = after+programMin, after+programMax
		s.Grounds = append(s.Grounds, plan.Evidence{Text: "what the build downloads stays behind"})
	}
	s.Grounds = append(s.Grounds, d.atBase(fmt.Sprintf("%s is about %d MB unpacked", d.in.Base.Ref, d.in.Base.Size/1e6)))
	if d.runtime.Ref != d.in.Base.Ref {
		s.Grounds = append(s.Grounds, plan.Evidence{Text: fmt.Sprintf("%s is about %d MB unpacked", d.runtime.Ref, d.runtime.Size/1e6)})
	}
	return s
}

// testStage runs the project's tests where the author's build leaves them out.
func (d *designer) testStage() (plan.Stage, bool) {
	if d.sources.tests.Path == "" {
		return plan.Stage{}, false
	}
	c, text, ok := d.testCommand()
	if !ok {
		return plan.Stage{}, false
	}
	if at := d.sources.services; at.Path != "" {
		d.fact("tests-need-services", at, "")
		return plan.Stage{}, false
	}
	if c.dir != d.builderDir() {
		text = "cd " + c.dir + " && " + text
	}
	d.fact("tests-not-run", d.sources.tests, "docker build --target "+d.names.test+" runs them")
	return plan.Stage{Name: d.names.test, Role: plan.Test, Base: d.names.builder, From: d.in.FromStage(d.names.builder, d.names.test),
		Purpose: "runs the tests, which the build leaves out",
		Steps:   []plan.Step{plan.New{Text: d.keyword("RUN") + " " + d.mountFor(c.tool) + text, Evidence: d.sources.tests}}}, true
}

// builderDir is the working directory at the end of the builder.
func (d *designer) builderDir() string {
	if d.last+1 < len(d.steps) {
		return d.steps[d.last+1].Scope.Workdir
	}
	return d.in.End.Workdir
}

// testCommand is the author's build command with the tests in it; ok is false where
// the author's own runs them, or where it cannot be told.
func (d *designer) testCommand() (command, string, bool) {
	for i := d.last; i >= 0; i-- {
		for _, c := range d.steps[i].commands {
			maven, gradle := strings.HasPrefix(c.tool, "mvn"), strings.HasPrefix(c.tool, "gradle")
			if !maven && !gradle || c.kind != build || !strings.Contains(c.Args[0].Text, c.tool) || len(c.outer.Assigns) > 0 || c.outer.Nested {
				continue
			}
			words, skipped := []string{c.Args[0].Text}, false
			rest := c.Args[1:]
			for len(rest) > 0 {
				w := rest[0].Text
				if !rest[0].Literal || strings.ContainsAny(w, " '\"") {
					return c, "", false
				}
				rest = rest[1:]
				switch {
				case strings.HasPrefix(w, "-DskipTests") || strings.HasPrefix(w, "-Dmaven.test.skip"):
					skipped = !strings.HasSuffix(w, "=false")
				case (w == "-x" || w == "--exclude-task") && len(rest) > 0:
					skipped = skipped || strings.HasSuffix(rest[0].Text, "test")
					rest = rest[1:]
				case strings.HasPrefix(w, "-"):
					words = append(words, w)
					if (w == "-f" || w == "-s" || w == "-pl" || w == "-P" || w == "-p" || w == "-D") && len(rest) > 0 {
						words = append(words, rest[0].Text)
						rest = rest[1:]
					}
				default:
					skipped = skipped || gradle && (strings.HasSuffix(w, "ootJar") || strings.HasSuffix(w, "hadowJar") || strings.HasSuffix(w, "assemble") || strings.HasSuffix(w, "installDist"))
				}
			}
			if skipped && d.testSources(c.dir) {
				return c, strings.Join(append(words, "test"), " "), true
			}
		}
	}
	return command{}, "", false
}

// testSources reports that the tests are in the builder.
func (d *designer) testSources(dir string) bool {
	return slices.ContainsFunc(d.tree.Under(dir), func(name string) bool { return isTest(d.tree.Files[name].Source) })
}
