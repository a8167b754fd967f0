package golang

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// layout says where the author's items go.
type layout struct {
	split    int         // items before it belong to the modules stage; -1 for none
	invented []plan.Step // the modules stage's own steps, where the author has none
	moved    int         // the RUN that the invented modules stage takes over; -1 for none
	last     int         // the last item of the builder
	names    stageNames
}

type stageNames struct{ modules, builder, test, production string }

// plan puts the stages together.
func (d *design) plan() (*plan.Plan, *plan.Refusal) {
	l := d.layout()
	p := &plan.Plan{Language: "go", Saving: d.saving()}
	if l.split >= 0 {
		p.Stages = append(p.Stages, d.modulesStage(l))
	}
	p.Stages = append(p.Stages, d.builderStage(l, len(p.Stages) == 0))
	if s, ok := d.testStage(l); ok {
		p.Stages = append(p.Stages, s)
	}
	p.Stages = append(p.Stages, d.extraStages(l)...)
	production, dropped := d.productionStage(l)
	p.Stages = append(p.Stages, production)
	p.Dropped = append(dropped, d.Replaced(p.Stages)...)
	d.explain()
	p.Changes, p.Facts = d.Changes, d.Facts
	return p, nil
}

func (d *design) layout() layout {
	l := layout{split: -1, moved: -1, names: d.stageNames()}
	for i, it := range d.In.Items {
		switch it.Keyword {
		case "RUN", "COPY", "ADD":
			if d.inBuilder(i) {
				l.last = i
			}
		}
	}
	if split, ok := d.writtenModules(); ok {
		l.split = split
		return l
	}
	d.inventModules(&l)
	return l
}

// stageNames keeps a name of the author's that a compose file builds as a target
// for the image that runs (H98).
func (d *design) stageNames() stageNames {
	n := stageNames{"modules", "builder", "test", "production"}
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
	if strings.EqualFold(n.production, n.modules) {
		n.modules = "dependencies"
	}
	if strings.EqualFold(n.production, n.test) {
		n.test = "tests"
	}
	return n
}

// modulesStage holds what comes before the sources.
func (d *design) modulesStage(l layout) plan.Stage {
	s := plan.Stage{Name: l.names.modules, Role: plan.Build, Base: d.In.Base.Ref, From: d.In.FromAs(l.names.modules),
		Purpose: "downloads the modules, anew only when go.mod or go.sum change"}
	s.Steps = d.buildSteps(0, l.split, l)
	s.Steps = append(s.Steps, l.invented...)
	if l.moved >= 0 {
		s.Steps = append(s.Steps, d.In.Items[l.moved].Keep())
	}
	return s
}

// builderStage compiles: the author's steps, in their order.
func (d *design) builderStage(l layout, first bool) plan.Stage {
	s := plan.Stage{Name: l.names.builder, Role: plan.Build, Base: l.names.modules, Purpose: "compiles " + d.describe()}
	from := 0
	if first {
		s.Base, s.From = d.In.Base.Ref, d.In.FromAs(l.names.builder)
	} else {
		from, s.From = l.split, d.In.FromStage(l.names.modules, l.names.builder)
	}
	if !d.cgo.on && !d.cgo.written {
		s.Steps = append(s.Steps, plan.New{Text: d.In.Keyword("ENV ") + "CGO_ENABLED=0", Evidence: plan.Evidence{Text: "nothing in the program calls C"}})
	}
	s.Steps = append(s.Steps, d.buildSteps(from, len(d.In.Items), l)...)
	if d.leading != "" {
		s.Steps = append(s.Steps, plan.New{Text: d.In.Keyword("RUN ") + d.cacheMount() + d.leading, Evidence: d.StartEvidence()})
	}
	if d.invented != nil {
		s.Steps = append(s.Steps, plan.New{Text: d.In.Keyword("RUN ") + d.cacheMount() + d.inventedBuild(), Evidence: d.StartEvidence()})
	}
	return s
}

func (d *design) describe() string {
	what := "the program"
	if len(d.programs) > 1 {
		what = "the programs"
	}
	if !d.cgo.on {
		if len(d.programs) > 1 {
			return "static binaries"
		}
		return "a static binary"
	}
	return what
}

// inventedBuild is the go build that a go run becomes, with its flags.
func (d *design) inventedBuild() string {
	words := []string{"go", "build"}
	for _, f := range d.invented.line.flags {
		words = append(words, compiled.Quote(f))
	}
	words = append(words, "-o", d.invented.path)
	compileArgs, _ := d.invented.line.packages()
	for _, a := range compileArgs {
		words = append(words, compiled.Quote(a))
	}
	text := strings.Join(words, " ")
	if d.invented.dir != d.builderDir() {
		text = "cd " + d.invented.dir + " && " + text
	}
	return text
}

// builderDir is the working directory at the end of the builder.
func (d *design) builderDir() string {
	if d.late() {
		return d.In.End.Workdir // all WORKDIRs are kept
	}
	dir := d.In.End.Workdir
	for i := len(d.In.Items) - 1; i >= 0; i-- {
		if d.inBuilder(i) {
			dir = d.In.Items[i].Scope.Workdir
			break
		}
	}
	return dir
}

// buildSteps are the author's items from index from to index to that a build needs.
func (d *design) buildSteps(from, to int, l layout) []plan.Step {
	var steps []plan.Step
	for i := from; i < to; i++ {
		it := d.In.Items[i]
		switch it.Keyword {
		case "RUN", "COPY", "ADD":
			if i != l.moved && d.inBuilder(i) {
				steps = append(steps, d.cached(i))
			}
		case "WORKDIR", "ARG", "USER", "SHELL":
			if i < l.last || d.late() && it.Keyword == "WORKDIR" {
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
