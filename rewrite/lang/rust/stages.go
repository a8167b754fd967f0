package rust

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// layout says where the author's items go.
type layout struct {
	last  int // the last item of the builder; behind all where the builder ends with a step of ours
	copy  int // the last item that the copies from the builder stand behind
	names stageNames
}

type stageNames struct{ builder, test, production string }

// plan puts the stages together.
func (d *design) plan() (*plan.Plan, *plan.Refusal) {
	l := d.layout()
	p := &plan.Plan{Language: "rust", Saving: d.saving()}
	p.Stages = append(p.Stages, d.builderStage(l))
	if s, ok := d.testStage(l); ok {
		p.Stages = append(p.Stages, s)
	}
	p.Stages = append(p.Stages, d.extraStages(l)...)
	production, dropped := d.productionStage(l)
	p.Stages = append(p.Stages, production)
	p.Dropped = append(dropped, d.Replaced(p.Stages)...)
	d.explain()
	p.Changes, p.Facts, p.Files = d.Changes, d.Facts, d.files
	return p, nil
}

func (d *design) layout() layout {
	l := layout{names: d.stageNames()}
	for i, it := range d.In.Items {
		switch it.Keyword {
		case "RUN", "COPY", "ADD":
			if d.inBuilder(i) {
				l.last, l.copy = i, i
			}
		}
	}
	if len(d.invented) > 0 {
		l.last = len(d.In.Items)
	}
	return l
}

// stageNames keeps a name of the author's that a compose file builds as a target
// for the image that runs (H98).
func (d *design) stageNames() stageNames {
	n := stageNames{"builder", "test", "production"}
	if d.In.Stage.Name == "" {
		return n
	}
	for _, s := range d.Services {
		if s.Target != "" && strings.EqualFold(s.Target, d.In.Stage.Name) {
			n.production = d.In.Stage.Name
		}
	}
	if strings.EqualFold(n.production, n.builder) {
		n.builder = "compile"
	}
	if strings.EqualFold(n.production, n.test) {
		n.test = "tests"
	}
	return n
}

// builderStage compiles: the author's steps, in their order.
func (d *design) builderStage(l layout) plan.Stage {
	what := "the program"
	if len(d.programs) > 1 {
		what = "the programs"
	}
	s := plan.Stage{Name: l.names.builder, Role: plan.Build, Base: d.In.Base.Ref, From: d.In.FromAs(l.names.builder), Purpose: "compiles " + what}
	s.Steps = d.buildSteps(l)
	for _, text := range d.invented {
		s.Steps = append(s.Steps, plan.New{Text: d.In.Keyword("RUN ") + d.cacheMount() + text, Evidence: d.StartEvidence()})
	}
	return s
}

// buildSteps are the author's items that a build needs.
func (d *design) buildSteps(l layout) []plan.Step {
	var steps []plan.Step
	for i, it := range d.In.Items {
		switch it.Keyword {
		case "RUN", "COPY", "ADD":
			if d.inBuilder(i) {
				steps = append(steps, d.cached(i))
			}
		case "WORKDIR", "ARG", "USER", "SHELL":
			if i < l.last {
				steps = append(steps, it.Keep())
			}
		case "ENV":
			if step, ok := d.EnvStep(i, func(p dockerfile.Pair) bool { return d.envInBuilder(i, p, l) }); ok {
				steps = append(steps, step)
			}
		}
	}
	return steps
}

// testStage holds the author's own tests and checks; nothing depends on it.
func (d *design) testStage(l layout) (plan.Stage, bool) {
	s := plan.Stage{Name: l.names.test, Role: plan.Test, Base: l.names.builder, From: d.In.FromStage(l.names.builder, l.names.test),
		Purpose: "runs the tests: docker build --target " + l.names.test + " ."}
	dir := d.builderDir(l)
	for i, it := range d.In.Items {
		if !d.Only(i, compiled.Test, compiled.Lint) {
			continue
		}
		if it.Scope.Workdir != dir {
			dir = it.Scope.Workdir
			s.Steps = append(s.Steps, plan.New{Text: d.In.Keyword("WORKDIR ") + dir})
		}
		s.Steps = append(s.Steps, it.Keep())
		d.Fact("tests-not-run", d.In.Evidence(it, "the tests ran in every build"), "They run in the stage "+l.names.test+" now, which the image does not wait for")
	}
	return s, len(s.Steps) > 0
}

// builderDir is the working directory at the end of the builder.
func (d *design) builderDir(l layout) string {
	if l.last >= len(d.In.Items) {
		return d.In.End.Workdir
	}
	return d.In.Items[l.last].Scope.Workdir
}

// extraStages are those that were asked for.
func (d *design) extraStages(l layout) []plan.Stage {
	var out []plan.Stage
	add := func(name, purpose, run string) {
		out = append(out, plan.Stage{Name: name, Role: plan.Test, Base: l.names.builder, From: d.In.FromStage(l.names.builder, name), Purpose: purpose,
			Steps: []plan.Step{plan.New{Text: d.In.Keyword("RUN ") + run, Evidence: plan.Evidence{Text: "asked for"}}}})
	}
	if d.In.Wants("lint") {
		add("lint", "checks the sources", "rustup component add clippy && cargo clippy")
	}
	if d.In.Wants("security") {
		add("security", "looks for known weaknesses among the dependencies", "cargo install --locked cargo-audit && cargo audit")
	}
	return out
}

// explain notes what the design rests on, for the findings.
func (d *design) explain() {
	if d.links.at.Text != "" && !d.static() {
		d.Fact("native-code", d.links.at, "The binary needs the C library of its builder, so it runs on the same system")
	}
	if d.ran != nil || d.Start.Convert {
		at := d.StartEvidence()
		at.Text = "the start command names the program itself"
		d.Fact("start-changed", at, "")
	}
	for _, s := range d.Services {
		for _, b := range s.Binds {
			if inside.Below(d.In.End.Workdir, b) {
				d.Fact("compose-overrides", plan.Evidence{Path: s.File, Line: s.Line, Text: "the service " + s.Name + " mounts the repository over " + b},
					"What the image has there is hidden, as it was before")
			}
		}
	}
}
