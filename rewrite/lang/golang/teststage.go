package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// hasTests reports tests of the project's own in the image's sources.
func (d *design) hasTests() bool {
	for p := range d.Tree.Files {
		if strings.HasSuffix(p, "_test.go") && !strings.Contains(p, "/vendor/") {
			return true
		}
	}
	return false
}

// services that tests start by themselves; no build has them.
var testServices = []string{"github.com/testcontainers/testcontainers-go", "github.com/ory/dockertest", "github.com/ory/dockertest/v3"}

// testStage runs the project's tests; nothing depends on it.
func (d *design) testStage(l layout) (plan.Stage, bool) {
	if !d.hasTests() {
		return plan.Stage{}, false
	}
	s := plan.Stage{Name: l.names.test, Role: plan.Test, Base: l.names.builder, From: d.In.FromStage(l.names.builder, l.names.test),
		Purpose: "runs the tests: docker build --target " + l.names.test + " ."}
	dir := d.builderDir()
	for i, it := range d.In.Items {
		if d.Only(i, compiled.Test) {
			if it.Scope.Workdir != dir {
				s.Steps = append(s.Steps, plan.New{Text: d.In.Keyword("WORKDIR ") + it.Scope.Workdir})
				dir = it.Scope.Workdir
			}
			if step, ok := d.raceSetting(i); ok {
				s.Steps = append(s.Steps, step)
			}
			s.Steps = append(s.Steps, it.Keep())
			d.Fact("tests-not-run", d.In.Evidence(it, "the tests ran in every build"), "They run in the stage "+l.names.test+" now, which the image does not wait for")
		}
	}
	if len(s.Steps) > 0 {
		return s, true
	}
	if len(d.modules) == 0 || d.modules[0].file == nil || d.testsNeedServices() {
		return plan.Stage{}, false
	}
	text := "go test " + d.testPackages()
	if d.races() {
		text = "CGO_ENABLED=1 go test -race " + d.testPackages()
	}
	if m := d.modules[0].dir; m != dir {
		text = "cd " + m + " && " + text
	}
	at := d.testEvidence()
	s.Steps = []plan.Step{plan.New{Text: d.In.Keyword("RUN ") + d.cacheMount() + text, Evidence: at}}
	d.Fact("tests-not-run", at, "")
	return s, true
}

// raceSetting turns cgo on again for a test with the race detector, where our own
// setting in the builder turned it off.
func (d *design) raceSetting(item int) (plan.Step, bool) {
	if d.cgo.on || d.cgo.written {
		return nil, false
	}
	for _, c := range d.Commands {
		if c.Item == item && d.raceTest(c) {
			return plan.New{Text: d.In.Keyword("ENV ") + "CGO_ENABLED=1", Evidence: d.In.Evidence(d.In.Items[item], "the race detector needs cgo")}, true
		}
	}
	return nil, false
}

// testPackages are the packages of the project. Where its module is a folder that
// Go's own files lie in too, its folders are named one by one.
func (d *design) testPackages() string {
	root := d.modules[0].dir
	if !inside.Below("/go/pkg", root) && !inside.Below("/usr/local/go", root) {
		return "./..."
	}
	set := map[string]bool{}
	for p, source := range d.Tree.Files {
		if source == "" || !strings.HasSuffix(p, "_test.go") || strings.Contains(p, "/vendor/") || !inside.Below(p, root) {
			continue
		}
		first, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(p, root), "/"), "/")
		if rest == "" {
			set["."] = true
		} else {
			set["./"+first+"/..."] = true
		}
	}
	return strings.Join(compiled.SortedKeys(set), " ")
}

func (d *design) testEvidence() plan.Evidence {
	for _, p := range d.Tree.Paths() {
		if strings.HasSuffix(p, "_test.go") && !strings.Contains(p, "/vendor/") {
			return plan.Evidence{Path: d.Tree.Files[p], Text: "the project has tests"}
		}
	}
	return plan.Evidence{}
}

// races reports that the project runs its tests with the race detector, and that
// the builder has the C compiler that it needs.
func (d *design) races() bool {
	if d.In.Base.Musl || !d.In.Base.Tools {
		return false
	}
	for _, text := range d.In.Project.BuildTexts() {
		for _, line := range strings.Split(text, "\n") {
			if strings.Contains(line, "go test") && strings.Contains(line, "-race") {
				return true
			}
		}
	}
	return false
}

func (d *design) testsNeedServices() bool {
	for _, m := range d.modules {
		if m.file == nil {
			continue
		}
		for _, r := range m.file.Require {
			for _, s := range testServices {
				if r.Mod.Path == s && !r.Indirect {
					d.Fact("tests-need-services", plan.Evidence{Path: d.Tree.Files[path.Join(m.dir, "go.mod")], Line: r.Syntax.Start.Line, Text: "the tests start containers"}, "A build cannot run them, so there is no test stage")
					return true
				}
			}
		}
	}
	return false
}

// extraStages are those that were asked for.
func (d *design) extraStages(l layout) []plan.Stage {
	var out []plan.Stage
	add := func(name, purpose, run string) {
		out = append(out, plan.Stage{Name: name, Role: plan.Test, Base: l.names.builder, From: d.In.FromStage(l.names.builder, name), Purpose: purpose,
			Steps: []plan.Step{plan.New{Text: d.In.Keyword("RUN ") + run, Evidence: plan.Evidence{Text: "asked for"}}}})
	}
	if d.In.Wants("lint") {
		add("lint", "checks the sources", "go vet ./...")
	}
	if d.In.Wants("security") {
		add("security", "looks for insecure code and leaves /security.sarif", "go run github.com/securego/gosec/v2/cmd/gosec@latest -no-fail -fmt sarif -out /security.sarif ./...")
	}
	return out
}
