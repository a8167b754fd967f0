package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// names are the names of the stages; "" for a stage that is not needed.
type names struct {
	deps, devDeps, build, test, production string
	full                                   string // the stage with the full install
}

// chooseNames decides which stages there are.
func (d *designer) chooseNames() {
	n := &d.names
	n.production = d.productionName()
	later := d.end > d.last // the build has steps of its own behind the install
	withBuild := d.built.any
	d.ownTest = !withBuild && later && d.checks()
	switch d.modules {
	case fresh:
		n.deps = "deps"
		if withBuild && later && !d.mixed() {
			n.devDeps, n.build = "dev-deps", "build"
		} else if withBuild {
			n.build = "build"
		} else if d.ownTest {
			n.devDeps = "dev-deps"
		}
	case pruned:
		n.deps = "deps"
		if withBuild && later && !d.mixed() {
			n.devDeps, n.build = "dev-deps", "build"
		} else if withBuild {
			n.build = "build"
		} else {
			n.devDeps = "dev-deps"
		}
		if d.ownTest {
			n.devDeps = "dev-deps"
		}
	case asAuthor, complete, noModules:
		if !d.mixed() || !withBuild {
			n.deps = "deps"
		}
		if withBuild {
			n.build = "build"
		}
	}
	if d.modules == noModules && !d.needsSplit() {
		n.deps = ""
	}
	d.chooseTest()
	if n.build == "" && n.devDeps == "" && d.modules == fresh && len(d.asked()) > 0 {
		n.devDeps = "dev-deps"
	}
	n.full = n.devDeps
	if n.full == "" && (d.modules == asAuthor || d.modules == complete || d.modules == noModules) {
		n.full = n.deps
	}
}

// needsSplit reports that the full install is a stage of its own although
// production takes nothing from it: a test or a build goes on from it.
func (d *designer) needsSplit() bool { return d.built.any && d.end > d.last && !d.mixed() }

// mixed reports that the last install and a build stand in one RUN, or that the
// build comes between two installs.
func (d *designer) mixed() bool {
	for i := d.first; i <= d.last; i++ {
		if d.steps[i].does(build, check) {
			return true
		}
	}
	return false
}

// checks reports tests or linters that the author's file runs.
func (d *designer) checks() bool {
	for _, s := range d.steps {
		if s.does(check) {
			return true
		}
	}
	return false
}

// productionName keeps the name of the author's stage where it suits the image
// that is left, or where something refers to it (H98).
func (d *designer) productionName() string {
	name := d.in.Stage.Name
	for _, s := range d.in.Project.Services() {
		if s.Target != "" && strings.EqualFold(s.Target, name) {
			return name
		}
	}
	switch strings.ToLower(name) {
	case "", "build", "builder", "base", "deps", "dev-deps", "dependencies", "install", "installer", "compile", "test", "dev", "development", "node", "stage", "build-stage", "build-env":
		return "production"
	}
	return name
}

// stage adds a stage to the plan.
func (d *designer) stage(name, purpose string, role plan.Role, from plan.Step, base string, steps []plan.Step) {
	d.plan.Stages = append(d.plan.Stages, plan.Stage{Name: name, Purpose: purpose, Role: role, From: from, Base: base, Steps: steps})
}

// from is a FROM of another stage.
func (d *designer) from(stage, name string) plan.Step { return d.in.FromStage(stage, name) }

// assemble writes the stages.
func (d *designer) assemble() *plan.Refusal {
	d.chooseNames()
	n, ref := d.names, d.in.Base.Ref
	if n.deps != "" && d.modules == fresh {
		steps, refusal := d.freshSteps()
		if refusal != nil {
			return refusal
		}
		d.stage(n.deps, "installs the production dependencies", plan.Build, d.fromAs(n.deps), ref, steps)
	}
	if n.full != "" {
		d.stage(n.full, d.fullPurpose(), plan.Build, d.fromAs(n.full), ref, d.buildSteps(0, d.last, true))
	}
	if n.build != "" {
		from, base, steps := d.fromAs(n.build), ref, d.buildSteps(0, d.end, false)
		if n.full != "" {
			from, base, steps = d.from(n.full, n.build), n.full, d.laterSteps()
		}
		d.stage(n.build, d.buildPurpose(), plan.Build, from, base, d.nextCache(steps))
	}
	if d.modules == pruned {
		source := n.build
		if source == "" {
			source = n.devDeps
		}
		d.stage(n.deps, "takes the development dependencies out again", plan.Build, d.from(source, n.deps), source, []plan.Step{d.pruneStep()})
	}
	d.testStage()
	d.askedStages()
	if d.site != nil {
		return d.siteProduction()
	}
	return d.production()
}

// pruneStep is the author's own npm prune where there is one, or a new one.
func (d *designer) pruneStep() plan.Step {
	for _, s := range d.steps {
		if s.Index <= d.end || !s.only(prune, cache) {
			continue
		}
		for _, t := range s.Tasks {
			if t.Call != nil && (t.Call.Verb == "prune" || t.Call.OmitDev && t.Kind == prune) && t.Dir == d.app.dir {
				return d.keepItem(s)
			}
		}
	}
	return plan.New{Text: d.in.Keyword("RUN") + " " + d.inApp(d.pruneCommand()), Evidence: d.modulesWhy}
}

// inApp runs a command in the project's folder.
func (d *designer) inApp(command string) string {
	if d.workdirAt(d.end) != d.app.dir {
		return "cd " + d.app.dir + " && " + command
	}
	return command
}

// workdirAt is the working directory behind an item.
func (d *designer) workdirAt(i int) string {
	if i+1 < len(d.steps) {
		return d.steps[i+1].Scope.Workdir
	}
	return d.in.End.Workdir
}

func (d *designer) lastInstall() *call {
	for i := d.last; i >= 0; i-- {
		for j := len(d.steps[i].Tasks) - 1; j >= 0; j-- {
			if t := d.steps[i].Tasks[j]; t.Kind == install {
				return t.Call
			}
		}
	}
	return nil
}

func (d *designer) fullPurpose() string {
	switch {
	case len(d.dev) > 0 || d.in.Hints.AllDependencies:
		return "installs the dependencies; run time needs development ones too"
	case d.modules == asAuthor || d.modules == noModules || d.modules == complete:
		return "installs the dependencies"
	}
	return "installs all dependencies"
}

func (d *designer) buildPurpose() string {
	if d.names.full == "" {
		return "installs all dependencies and builds the project"
	}
	return "builds the project"
}

// contractOnly are instructions that say nothing to a build.
var contractOnly = set("CMD ENTRYPOINT EXPOSE HEALTHCHECK VOLUME STOPSIGNAL LABEL MAINTAINER")

// buildSteps are the author's items of a range for the build side. narrowed
// copies only the manifests before the install where that is certain.
func (d *designer) buildSteps(from, to int, narrowed bool) []plan.Step {
	var steps []plan.Step
	narrow := narrowed && d.canNarrow() && d.built.any && !d.mixed() && d.end > d.last
	done := false
	for i := from; i <= to; i++ {
		s := d.steps[i]
		switch {
		case contractOnly[s.Keyword]:
		case narrow && d.broad(s):
			if !done {
				steps = append(steps, d.manifests(s)...)
				done = true
			}
		case s.Keyword == "RUN" && d.runOnly(s):
		default:
			steps = append(steps, d.keepItem(s))
		}
	}
	return steps
}

// laterSteps are the build stage's own items, behind the full install: ARGs that
// it has to declare anew, COPYs that were moved behind the install, and the rest.
func (d *designer) laterSteps() []plan.Step {
	var steps []plan.Step
	narrow := d.canNarrow() && d.built.any
	for i := 0; i <= d.last; i++ {
		s := d.steps[i]
		if s.Keyword == "ARG" && !d.carried(s, i) {
			steps = append(steps, d.keepItem(s))
		}
		if narrow && d.broad(s) {
			steps = append(steps, d.keepItem(s))
		}
	}
	return append(steps, d.buildSteps(d.last+1, d.end, false)...)
}

// carried reports an ARG of which an ENV of the same name keeps the value.
func (d *designer) carried(arg step, at int) bool {
	for _, p := range arg.Pairs {
		found := false
		for _, s := range d.steps[at : d.last+1] {
			if s.Keyword != "ENV" {
				continue
			}
			for _, e := range s.Pairs {
				found = found || e.Key == p.Key && strings.Contains(e.Value, p.Key)
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// keep takes an item over and notes that it is in a stage.
func (d *designer) keepItem(s step) plan.Step {
	d.covered[s.Index] = true
	return s.Keep()
}

// runOnly reports a RUN that only serves run time: a server that is installed
// globally, or packages that no install or build uses.
func (d *designer) runOnly(s step) bool {
	if s.only(global, cache, nothing) && s.does(global) {
		for _, t := range s.Tasks {
			if t.Kind == global && (!d.keepsGlobal(t) || d.usedInBuild(t)) {
				return false
			}
		}
		return true
	}
	return d.onlyRunPackages(s)
}

// broad reports a COPY that takes more than manifests into the project's folder.
func (d *designer) broad(s step) bool {
	if s.Keyword != "COPY" && s.Keyword != "ADD" || s.Index > d.last {
		return false
	}
	if _, from := s.Flag("from"); from || len(s.Heredocs) > 0 {
		return false
	}
	for _, name := range d.app.tree.By[s.Index] {
		if rel, ok := d.app.rel(name); ok && !installInput(rel) {
			return true
		}
	}
	return false
}

// installInput reports a file that an install reads.
func installInput(rel string) bool {
	switch path.Base(rel) {
	case ".nvmrc", ".node-version", "tsconfig.json", "tsconfig.build.json", "nest-cli.json", "angular.json":
		return true
	}
	top, _, _ := strings.Cut(rel, "/")
	return contains(manifestFiles, path.Base(rel)) || top == "prisma" || contains(manifestFolders, top)
}

// canNarrow reports whether the install can run before the sources are copied: no
// root script may read them, no dependency may be one of them, and a node_modules
// folder beside the Dockerfile must not be copied over what was installed (H36).
func (d *designer) canNarrow() bool {
	if _, local := d.app.manifest.local(); local || d.members != nil || d.generates || len(d.hooks) > 0 && !d.husky || d.workdirAt(d.last) != d.app.dir {
		return false
	}
	return d.ignoresModules()
}
