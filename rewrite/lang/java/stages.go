package java

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// plan puts the stages together.
func (d *designer) plan() *plan.Plan {
	d.chooseNames()
	p := &plan.Plan{Language: "java", Saving: d.saving()}
	p.Stages = append(p.Stages, d.builderStage())
	if s, ok := d.testStage(); ok {
		p.Stages = append(p.Stages, s)
	}
	p.Stages = append(p.Stages, d.productionStage())
	d.replaced(p.Stages)
	d.explain()
	p.Dropped, p.Changes, p.Facts = d.dropped, d.changes, d.facts
	return p
}

// chooseNames keeps clear of other stages' names, and keeps a name of the author's
// that a compose file builds as a target for the image that runs (H98).
func (d *designer) chooseNames() {
	n := &d.names
	*n = names{builder: "builder", test: "test", production: "production"}
	taken := map[string]bool{}
	for _, s := range d.in.File.Stages {
		if s.Index != d.in.Stage.Index && s.Name != "" {
			taken[strings.ToLower(s.Name)] = true
		}
	}
	for _, s := range d.in.Project.Services() {
		if s.Target != "" && strings.EqualFold(s.Target, d.in.Stage.Name) {
			n.production = d.in.Stage.Name
		}
	}
	taken[strings.ToLower(n.production)] = n.production != "production"
	for _, name := range []*string{&n.builder, &n.test, &n.production} {
		for taken[strings.ToLower(*name)] && name != &n.production || name == &n.production && n.production == "production" && taken["production"] {
			*name += "-java"
		}
	}
}

// builderStage is the author's steps in their order.
func (d *designer) builderStage() plan.Stage {
	s := plan.Stage{Name: d.names.builder, Role: plan.Build, Base: d.in.Base.Ref, From: d.in.FromAs(d.names.builder), Purpose: d.work()}
	for i, it := range d.in.Items {
		if i > d.last {
			break
		}
		switch it.Keyword {
		case "RUN", "COPY", "ADD", "WORKDIR", "ENV", "ARG", "USER", "SHELL":
			s.Steps = append(s.Steps, d.cached(d.steps[i]))
		}
	}
	if c := d.conversion; c != nil && c.build != "" {
		for i, it := range d.in.Items {
			if i > d.last && it.Keyword == "WORKDIR" {
				s.Steps = append(s.Steps, it.Keep())
			}
		}
		s.Steps = append(s.Steps, plan.New{Text: d.keyword("RUN") + " " + d.mountFor(c.tool.name) + c.build, Evidence: with(c.tool.at, "the jar is built here instead of at every start")})
	}
	return s
}

// productionStage is the image that runs.
func (d *designer) productionStage() plan.Stage {
	s := plan.Stage{Name: d.names.production, Role: plan.Runtime, Base: d.runtime.Ref, From: d.productionFrom(), Purpose: d.purpose()}
	if step, ok := d.installStep(); ok {
		s.Steps = append(s.Steps, step)
	}
	copied := false
	for i := range d.steps {
		if i > d.last && !copied && !setsPlace(d.steps[i].Keyword) {
			s.Steps, copied = append(s.Steps, d.copySteps()...), true
		}
		if i <= d.last {
			s.Steps = append(s.Steps, d.before(i)...)
		}
		if step := d.productionStep(i); step != nil {
			s.Steps = append(s.Steps, step)
		}
	}
	if !d.hasWorkdir() && d.in.End.Workdir != d.workdir() && !slices.ContainsFunc(d.in.Items, func(it plan.Item) bool { return it.Keyword == "WORKDIR" }) {
		s.Steps = append([]plan.Step{plan.New{Text: d.keyword("WORKDIR") + " " + d.in.End.Workdir}}, s.Steps...)
	}
	if !copied {
		s.Steps = append(s.Steps, d.copySteps()...)
	}
	d.baseChanges()
	return s
}

// setsPlace reports instructions behind which the copies read best.
func setsPlace(keyword string) bool {
	return keyword == "WORKDIR" || keyword == "ARG" || keyword == "SHELL" || keyword == "ENV" || keyword == "LABEL"
}

func (d *designer) copySteps() []plan.Step {
	var steps []plan.Step
	for _, e := range d.files {
		if !d.keptLater(e) && !d.copied[e.path] {
			steps = append(steps, d.copyLine(e))
		}
	}
	return steps
}

// before are the copies of what a step reads that production repeats.
func (d *designer) before(i int) []plan.Step {
	var steps []plan.Step
	for _, c := range d.steps[i].commands {
		if !d.both(d.steps[i], c) || c.kind != trust {
			continue
		}
		for _, e := range d.files {
			if (slices.Contains(c.touched(), e.path) || c.Name() == "update-ca-certificates" && within(e.path, "/usr/local/share/ca-certificates")) && !d.copied[e.path] {
				d.copied[e.path] = true
				steps = append(steps, d.copyLine(e))
			}
		}
	}
	return steps
}

// keptLater reports a file that a COPY behind the build brings.
func (d *designer) keptLater(e element) bool {
	if e.dir {
		return false
	}
	file, ok := d.tree.Files[e.path]
	return ok && file.First > d.last
}

func (d *designer) productionFrom() plan.Step {
	if d.own.Text != "" || d.runtime.Ref == d.in.Base.Ref {
		return d.in.From("", d.names.production)
	}
	platform := ""
	if d.in.Stage.Platform != "" && !strings.Contains(d.in.Stage.Platform, "BUILDPLATFORM") {
		platform = "--platform=" + d.in.Stage.Platform + " "
	}
	return plan.New{Text: d.in.Keyword("FROM") + " " + platform + d.runtime.Ref + " " + d.in.Keyword("AS") + " " + d.names.production,
		Evidence: d.atBase(fmt.Sprintf("the program needs Java %s and no build tool", d.in.Base.Version))}
}

// program is what the image starts, in a word.
func (d *designer) program() string {
	if len(d.start.java) != 1 || len(d.start.tools) > 0 && d.conversion == nil {
		return "program"
	}
	switch path.Ext(d.start.java[0].jar.text) {
	case ".jar":
		return "jar"
	case ".war":
		return "war"
	}
	return "program"
}

// purpose says what the image is, for the comment above it.
func (d *designer) purpose() string {
	what := "runs the " + d.program()
	switch {
	case d.own.Text != "":
		return what + " without what the build downloads"
	case d.compiler.Text != "":
		return what + " on a JDK"
	}
	return what + " on a JRE"
}

// buildNames are build tools by the names of their projects.
var buildNames = map[string]string{"mvn": "Maven", "mvnw": "Maven", "mvnd": "Maven", "gradle": "Gradle", "gradlew": "Gradle", "ant": "Ant", "sbt": "sbt"}

// work says what the builder does, for the comment above it.
func (d *designer) work() string {
	tool := ""
	for _, s := range d.steps[:d.last+1] {
		for _, c := range s.commands {
			switch name := buildNames[c.tool]; {
			case s.Keyword != "RUN":
			case name != "":
				tool = " with " + name
			case c.tool == "javac" && tool == "":
				return "compiles the classes"
			}
		}
	}
	if d.conversion != nil {
		tool = " with " + buildNames[d.conversion.tool.name]
	}
	return "builds the " + d.program() + tool
}

// keyword is an instruction's in the author's case, behind the blanks that the author
// writes in front of each.
func (d *designer) keyword(k string) string {
	indent := ""
	for i, it := range d.in.Items {
		text := d.in.File.Text(it.Span)
		own := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		if i > 0 && own != indent {
			return d.in.Keyword(k)
		}
		indent = own
	}
	return indent + d.in.Keyword(k)
}

func (d *designer) hasWorkdir() bool {
	for _, it := range d.in.Items {
		if it.Keyword == "WORKDIR" && path.IsAbs(dockerfile.Expand(it.Value(), it.Scope.Vars)) {
			return true
		}
	}
	return false
}

func (d *designer) workdir() string {
	if w := d.runtime.Config.WorkingDir; w != "" {
		return w
	}
	return "/"
}

// replaced are the author's bytes that a step writes anew.
func (d *designer) replaced(stages []plan.Stage) {
	for _, s := range stages {
		for _, step := range append([]plan.Step{s.From}, s.Steps...) {
			cut, ok := step.(plan.Cut)
			if !ok {
				continue
			}
			for _, e := range cut.Edits {
				if e.Span.Len() > 0 {
					at := cut.Evidence
					if at.Text == "" {
						at = plan.Evidence{Line: d.in.File.Lines(cut.Span).First, Text: "the stage is named for what it does"}
					}
					d.dropped = append(d.dropped, plan.Dropped{Span: e.Span, Evidence: at})
				}
			}
		}
	}
}
