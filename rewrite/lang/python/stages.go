package python

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

const builder = "builder"

// assemble writes the stages.
func (d *designer) assemble() *plan.Refusal {
	d.production = d.productionName()
	d.plan.Stages = append(d.plan.Stages, plan.Stage{Name: builder, Purpose: d.builderPurpose(), Role: plan.Build, From: d.in.FromAs(builder), Base: d.in.Base.Ref, Steps: d.builderSteps()})
	d.devStages()
	steps, refusal := d.productionSteps()
	if refusal != nil {
		return refusal
	}
	image := d.in.Base.Ref
	if d.slim != "" {
		image = d.slimRef
	}
	d.plan.Stages = append(d.plan.Stages, plan.Stage{Name: d.production, Purpose: "runs the application", Role: plan.Runtime, From: d.in.From(d.slim, d.production), Base: image, Steps: steps})
	d.shareBase()
	d.changes()
	d.dropRest()
	return nil
}

func (d *designer) builderPurpose() string {
	if d.folder != nil {
		return "installs the dependencies and builds what needs tools"
	}
	return "installs the dependencies"
}

// productionName keeps the name of the author's stage where it suits the image that is
// left, or where something refers to it (H98).
func (d *designer) productionName() string {
	name := d.in.Stage.Name
	for _, s := range d.in.Project.Services() {
		if s.Target != "" && strings.EqualFold(s.Target, name) {
			return name
		}
	}
	switch strings.ToLower(name) {
	case "", "build", builder, "base", "deps", "dependencies", "install", "installer", "compile", "test", "dev", "development", "python", "stage", "build-stage", "build-env", "python-base":
		return "production"
	}
	return name
}

// contractOnly are instructions that say nothing to a build.
var contractOnly = words("CMD ENTRYPOINT EXPOSE HEALTHCHECK VOLUME STOPSIGNAL LABEL MAINTAINER")

// builderSteps are the author's items up to the last that installs or builds.
func (d *designer) builderSteps() []plan.Step {
	var steps []plan.Step
	at := d.freshAt()
	for _, s := range d.steps[:d.end+1] {
		if d.fresh && s.Index == at {
			steps = append(steps, d.freshSteps()...)
		}
		switch {
		case contractOnly[s.Keyword]:
		case s.Keyword == "RUN" && d.runOnly(s):
		case s.Keyword == "RUN" && d.folder == nil:
			steps = append(steps, d.builderRun(s))
		default:
			d.covered[s.Index] = true
			steps = append(steps, s.Keep())
		}
	}
	return append(steps, d.withoutModules()...)
}

// withoutModules removes what a front end was built with, where nothing reads it when
// the program runs.
func (d *designer) withoutModules() []plan.Step {
	if d.folder == nil || !d.frontEnd() || d.used()["node"] || d.used()["npm"] || d.scan.modulesRead {
		return nil
	}
	var out []plan.Step
	seen := map[string]bool{}
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			words := t.Unwrapped().Words()
			if t.Kind != build || len(words) < 2 || !frontEnds[words[0]] || words[1] != "install" && words[1] != "ci" && words[1] != "i" || seen[t.Dir] || !under(t.Dir, d.folder.Path) {
				continue
			}
			seen[t.Dir] = true
			out = append(out, plan.New{Text: d.in.Keyword("RUN") + " rm -rf " + path.Join(t.Dir, "node_modules"), Evidence: d.in.Evidence(s.Item, "only the front end's build reads these modules")})
		}
	}
	return out
}

// runOnly reports a RUN before the end of the build that only serves run time.
func (d *designer) runOnly(s step) bool {
	return d.folder == nil && s.only(program, nothing, cache) && s.does(program)
}

// builderRun leaves out what a RUN does behind its last install, which production
// does.
func (d *designer) builderRun(s step) plan.Step {
	last := -1
	for i, t := range s.Tasks {
		if t.Kind != program && t.Kind != nothing && t.Kind != cache {
			last = i
		}
	}
	if !s.Cuttable || last < 0 || !s.does(program) {
		d.covered[s.Index] = true
		return s.Keep()
	}
	parts := make([]part, len(s.Tasks))
	for i, t := range s.Tasks {
		parts[i].keep = i <= last || t.Kind != program
	}
	out, ok := cutRun(s, whole(s.Tasks, parts))
	if !ok || out == nil {
		out = s.Keep()
	}
	if _, all := out.(plan.Keep); all {
		d.covered[s.Index] = true
	}
	return out
}

// freshAt is the item in front of which the virtual environment is made: before the
// files that the first install needs, so that they do not make it anew.
func (d *designer) freshAt() int {
	at := d.first
	for i := at - 1; i >= 0; i-- {
		switch d.steps[i].Keyword {
		case "COPY", "ADD":
			at = i
		case "EXPOSE", "LABEL":
		default:
			return at
		}
	}
	return at
}

// freshSteps make the virtual environment and put it first in PATH.
func (d *designer) freshSteps() []plan.Step {
	why := d.atFrom("production takes the packages as one folder")
	env := "PATH=\"" + freshVenv + "/bin:$PATH\""
	switch {
	case d.apart:
		env = "VIRTUAL_ENV=" + freshVenv
	case d.toolFills():
		env = "VIRTUAL_ENV=" + freshVenv + " " + env
	}
	return []plan.Step{
		plan.New{Text: d.in.Keyword("RUN") + " python -m venv " + freshVenv, Evidence: why},
		plan.New{Text: d.in.Keyword("ENV") + " " + env, Evidence: why},
	}
}

// toolFills reports an install by another tool than pip, which finds the environment
// by VIRTUAL_ENV.
func (d *designer) toolFills() bool {
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			if t.Kind == deps && t.Call != nil && t.Call.Tool != "pip" && t.Call.Tool != "setup" {
				return true
			}
		}
	}
	return false
}

// productionSteps are the author's list, in which copies from the builder stand for
// what is installed and built there.
func (d *designer) productionSteps() ([]plan.Step, *plan.Refusal) {
	p := &productionList{d: d, args: map[int]int{}}
	if len(d.extra) > 0 {
		p.add(d.installExtra())
	}
	for _, s := range d.steps {
		early := d.runsAfter(s)
		if early {
			p.results(s)
		}
		if refusal := p.item(s); refusal != nil {
			return nil, refusal
		}
		if !early {
			p.results(s)
		}
	}
	p.dropArgs()
	return p.steps, nil
}

// runsAfter reports a RUN that installs and of which production keeps a command that
// may need what is installed.
func (d *designer) runsAfter(s step) bool {
	if !s.does(deps, tool, build, compile) {
		return false
	}
	for _, t := range s.Tasks {
		if t.Kind != user && t.Kind != system && d.keepsTask(s, t) {
			return true
		}
	}
	return false
}

// results copies what an item leaves in the builder.
func (p *productionList) results(s step) {
	d := p.d
	if d.folder != nil && s.Index == d.end {
		p.copy(d.folder.Path, d.owner(s))
	}
	for _, from := range d.places {
		if from.At != s.Index {
			continue
		}
		p.copy(from.Path, from.Chown)
		if d.compiled[from.Path] && strings.HasPrefix(from.Path, "/usr/local") {
			p.add(plan.New{Text: d.in.Keyword("RUN") + " ldconfig", Evidence: d.in.Evidence(s.Item, "the dynamic linker has to find what was compiled")})
		}
		if d.fresh && from.Path == freshVenv {
			p.add(plan.New{Text: d.in.Keyword("ENV") + " PATH=\"" + freshVenv + "/bin:$PATH\"", Evidence: d.atFrom("programs of the packages are found there")})
		}
	}
}

// productionList collects the production stage.
type productionList struct {
	d     *designer
	steps []plan.Step
	args  map[int]int // index in steps → index of the ARG item
}

func (p *productionList) add(s plan.Step) { p.steps = append(p.steps, s) }

func (p *productionList) copy(from, owner string) {
	if owner != "" {
		owner = " --chown=" + owner
	}
	p.add(plan.New{Text: p.d.in.Keyword("COPY") + " --from=" + builder + owner + " " + from + " " + from, Evidence: p.d.atFrom("the builder made it")})
}

// owner is the author's user at an item, "" for root: files keep their owner when
// they are copied, but a copied folder itself becomes root's.
func (d *designer) owner(s step) string {
	if rootUser(s.Scope.User) {
		return ""
	}
	return d.withGroup(s.Scope.User)
}

// item takes over what production needs of one item.
func (p *productionList) item(s step) *plan.Refusal {
	d := p.d
	switch {
	case s.Keyword == "RUN":
		out, refusal := d.productionRun(s)
		if refusal != nil {
			return refusal
		}
		if out == nil {
			return nil
		}
		if _, all := out.(plan.Keep); all {
			d.covered[s.Index] = true
		}
		p.add(out)
	case s.Keyword == "ARG":
		p.args[len(p.steps)] = s.Index
		p.add(s.Keep())
	case (s.Keyword == "COPY" || s.Keyword == "ADD") && d.dropsCopy(s):
	case d.run.strip && d.run.cmd.Span == s.Span:
		d.covered[s.Index] = true
		p.add(plan.Cut{Span: s.Span, Edits: d.run.edits})
	default:
		d.covered[s.Index] = true
		p.add(s.Keep())
	}
	return nil
}

// installExtra installs what the builder has and production's base lacks.
func (d *designer) installExtra() plan.Step {
	command := "apt-get update && apt-get install -y --no-install-recommends " + strings.Join(d.extra, " ") + " && rm -rf /var/lib/apt/lists/*"
	if d.in.Base.Family == image.Alpine {
		command = "apk add --no-cache " + strings.Join(d.extra, " ")
	}
	return plan.New{Text: d.in.Keyword("RUN") + " " + command, Evidence: plan.Evidence{Text: fmt.Sprintf("the builder has %s, and run time needs it", strings.Join(d.extra, ", "))}}
}

// changes names what the image promises differently.
func (d *designer) changes() {
	if d.fresh {
		before := d.in.End.Vars["PATH"]
		d.plan.Changes = append(d.plan.Changes, plan.Change{Field: plan.FieldEnv, Key: "PATH", Before: before, After: freshVenv + "/bin:" + before,
			Evidence: d.atFrom("the packages lie in a virtual environment, which stands before everything else in PATH")})
	}
	if d.run.strip {
		d.plan.Changes = append(d.plan.Changes, plan.Change{Field: plan.FieldCommand, Before: strings.TrimSpace(d.in.File.Text(d.run.cmd.Args)), After: strings.TrimSpace(d.in.File.Text(d.run.cmd.Args)[:d.run.edits[0].Span.Start-d.run.cmd.Args.Start] + d.in.File.Text(d.run.cmd.Args)[d.run.edits[0].Span.End-d.run.cmd.Args.Start:]),
			Evidence: d.in.Evidence(*d.run.cmd, fmt.Sprintf("%s run starts the same program, which PATH finds without it", d.run.managers[0].Name))})
	}
}

// dropArgs leaves out the ARGs that nothing in production mentions (H80).
func (p *productionList) dropArgs() {
	wanted := map[string]bool{}
	var out []plan.Step
	for i := len(p.steps) - 1; i >= 0; i-- {
		item, isArg := p.args[i]
		keep := !isArg
		if isArg {
			for _, pair := range p.d.steps[item].Pairs {
				keep = keep || wanted[pair.Key] || wanted["*"]
			}
			if keep {
				p.d.covered[item] = true
			}
		}
		if keep {
			p.d.mentions(p.steps[i], wanted)
			out = append(out, p.steps[i])
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	p.steps = out
}

// mentions notes the variables in a step's text. A RUN may read any ("*"), since an
// ARG is in its environment.
func (d *designer) mentions(s plan.Step, wanted map[string]bool) {
	span := dockerfile.Span{}
	switch s := s.(type) {
	case plan.Keep:
		span = s.Span
	case plan.Cut:
		span = s.Span
	}
	for _, m := range reVariable.FindAllStringSubmatch(d.in.File.Text(span), -1) {
		wanted[m[1]] = true
	}
	for _, st := range d.steps {
		if st.Span == span && st.does(unknown, program, fetch) {
			wanted["*"] = true
		}
	}
}

// dropRest names the items that no stage has whole, and the stage's name where it was
// replaced.
func (d *designer) dropRest() {
	if from := d.in.Stage.From; d.in.Stage.Name != "" && len(from.Words) == 3 && d.production != d.in.Stage.Name && d.in.Stage.Name != builder {
		d.plan.Dropped = append(d.plan.Dropped, plan.Dropped{Span: from.Words[2].Span,
			Evidence: plan.Evidence{Line: d.in.File.Line(from), Text: "the stage has another name"}})
	}
	for _, e := range d.run.edits {
		d.plan.Dropped = append(d.plan.Dropped, plan.Dropped{Span: e.Span, Evidence: d.in.Evidence(*d.run.cmd, "PATH finds the program without it")})
	}
	for _, s := range d.steps {
		if !d.covered[s.Index] {
			d.plan.Dropped = append(d.plan.Dropped, d.in.Drop(s.Item, d.reason(s)))
		}
	}
}

func (d *designer) reason(s step) string {
	switch {
	case s.Keyword == "ARG":
		return "nothing uses it"
	case s.does(cache):
		return "caches stay behind in the stage that made them"
	case s.Keyword == "COPY" || s.Keyword == "ADD":
		return "another step copies these files"
	}
	return "nothing in any stage needs it"
}
