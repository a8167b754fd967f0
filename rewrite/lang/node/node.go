// Package node designs images of Node.js and Bun projects that are installed with
// npm, yarn, pnpm or bun.
//
// A design has up to five stages: deps with the production dependencies, dev-deps
// with all of them, build, test and production. The production stage is the
// author's own list of instructions, in which the install gives way to a copy of
// node_modules and the build to a copy of what it makes. How much is copied
// depends on how much is certain, see [choose].
//
// Where that design cannot be shown to be safe, there is a conservative one: the
// author's steps in a builder, and their outcome on a slimmer image, see split.go.
//
// Stages beside production are made where they are asked for, see asked.go. Images that
// are right as they are, or that cannot start, are told apart in prebuilt.go and
// runsnothing.go.
//
// What is npm's own is in npm.go, what the other package managers have is in
// manager.go; the output of another framework is one more case in build.go.
package node

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// Language is Node.js and Bun.
var Language = plan.Language{
	Name:   "node",
	Claims: func(in *plan.Input) bool { return in.Base.Language == "node" || in.Base.Language == "bun" },
	Design: design,

	Installs: []string{"npm ci", "npm install", "npm i", "yarn install", "pnpm install"},
}

// design makes a plan, or says why there is none. What the first design has to
// refuse, a conservative one may still answer.
func design(in *plan.Input) (*plan.Plan, *plan.Refusal) {
	p, refusal := lean(in)
	if refusal == nil {
		return p, nil
	}
	return conservative(in, refusal)
}

// lean is the design that leaves most behind.
func lean(in *plan.Input) (*plan.Plan, *plan.Refusal) {
	d, refusal := newDesigner(in)
	if refusal != nil {
		return nil, refusal
	}
	for _, step := range []func() *plan.Refusal{d.verdict, d.choose, d.pays, d.assemble} {
		if refusal := step(); refusal != nil {
			return nil, refusal
		}
	}
	d.facts()
	d.estimate()
	return d.plan, nil
}

// modules says where production's node_modules comes from.
type modules uint8

const (
	noModules modules = iota // nothing at run time needs them
	asAuthor                 // the author's install, which has no development dependencies
	fresh                    // the author's install without development dependencies
	pruned                   // the author's install, from which they are taken out again
	complete                 // the author's install: run time needs development dependencies
)

// contents says which files of the project production has.
type contents uint8

const (
	minimal  contents = iota // what the build makes, and what run time reads
	authors                  // what the author copies, and what the build makes
	wholeDir                 // the project's folder as it is after the build
)

// designer holds what is known while a plan is made.
type designer struct {
	in    *plan.Input
	app   *app
	steps []step
	first int // index of the first item that installs dependencies
	last  int // … and of the last
	end   int // index of the last item that belongs to the build side

	run   *needs
	built *built
	scan  *scan

	modules    modules
	modulesWhy plan.Evidence
	contents   contents
	whole      []plan.Evidence // why the contents are not minimal
	dev        []use           // development dependencies that run time needs
	hooks      []string        // root scripts that the install runs
	husky      bool            // … which only set up git hooks
	generates  bool            // the install itself generates code out of files of the project
	reads      []string        // files and folders of the project that run time reads, under minimal
	browser    string          // a folder outside the project that the install fills; "" for none
	members    *members        // the packages of a project with workspaces; nil for others
	site       *site           // static files that nginx serves; nil for others
	leftSite   bool            // … which a proof spoke against
	split      *split          // of a conservative design; nil for a lean one
	localEnv   bool            // a .env that is not in the repository may be copied
	slim       string          // production's image; "" for the author's
	slimRef    string          // the same with variables put in
	slimWhy    string          // why production stays on the author's image
	extra      []string        // packages that the full image has and the slim one lacks
	names      names

	ownTest bool // the author's file tests and builds nothing: the tests are a stage
	plan    *plan.Plan
	covered map[int]bool   // items that stand in a stage
	reasons map[int]string // why an item stands in none
}

// newDesigner finds the project that is installed, and refuses what is not
// designed yet.
func newDesigner(in *plan.Input) (*designer, *plan.Refusal) {
	d := &designer{in: in, steps: readSteps(in), first: -1, last: -1, plan: &plan.Plan{Language: "node"},
		covered: map[int]bool{}, reasons: map[int]string{}}
	dir, refusal := d.installDir()
	if refusal != nil {
		return nil, refusal
	}
	app, err := readApp(in, inside.NewCopies(in), dir, d.last, d.lastInstall())
	if err != nil {
		return nil, d.unreadable(err)
	}
	d.app = app
	if err := d.readMembers(); err != nil {
		return nil, d.unreadable(err)
	}
	return d, d.unsupported()
}

// installDir is the one folder in which dependencies are installed.
func (d *designer) installDir() (string, *plan.Refusal) {
	dir, built := "", false
	for i, s := range d.steps {
		for j, t := range s.Tasks {
			built = built || t.Kind == build
			if t.Kind != install {
				continue
			}
			if built && t.Dir == dir && t.Call.OmitDev && !t.Call.adds() {
				d.steps[i].Tasks[j].Kind = prune // the author's own way to leave them out
				continue
			}
			if t.Call.Workspace {
				return "", d.in.Refuse(plan.UnsupportedLanguage, s.Item, "dependencies of one of several workspaces are installed", "")
			}
			if d.first >= 0 && t.Dir != dir {
				return "", d.in.Refuse(plan.UnsupportedLanguage, s.Item,
					fmt.Sprintf("dependencies of two projects are installed, in %s and %s", dir, t.Dir), "give each project a Dockerfile of its own")
			}
			if d.first < 0 {
				d.first = i
			}
			dir, d.last = path.Clean(t.Dir), i
		}
	}
	if d.first < 0 {
		return "", &plan.Refusal{Code: plan.PlainInterpreted, Evidence: plan.Evidence{
			Line: d.in.File.Line(d.in.Stage.From), Text: "no dependencies are installed and nothing is built here"}}
	}
	return dir, nil
}

// unreadable says why the manifests cannot be used.
func (d *designer) unreadable(err error) *plan.Refusal {
	it := d.steps[d.first].Item
	switch {
	case errors.Is(err, project.ErrNotKept), errors.Is(err, project.ErrTooLarge):
		return d.in.Refuse(plan.TreeTooLarge, it, err.Error(), "")
	case errors.Is(err, errNoManifest):
		if d.steps[d.last].makesManifest() || d.madeBefore() {
			return d.in.Refuse(plan.UnknownWriteSet, it, "package.json is made in the image itself", "commit a package.json with the dependencies")
		}
		return d.in.Refuse(plan.BrokenOriginal, it, "dependencies are installed in "+err.Error(), "copy package.json before the install")
	}
	return d.in.Refuse(plan.BrokenOriginal, it, err.Error(), "")
}

// makesManifest reports npm init, or an install of named packages, which makes a
// package.json of its own.
func (s step) makesManifest() bool {
	for _, t := range s.Tasks {
		if t.Call != nil && (t.Call.Verb == "init" || t.Call.adds()) {
			return true
		}
	}
	return false
}

func (d *designer) madeBefore() bool {
	for _, s := range d.steps[:d.first] {
		if s.makesManifest() || s.does(fetch, unknown) {
			return true
		}
	}
	return false
}

// unsupported refuses what npm can do and is not designed yet.
func (d *designer) unsupported() *plan.Refusal {
	if refusal := d.runsElsewhere(); refusal != nil {
		return refusal
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == install && t.Call.Verb == "ci" && d.app.lock == nil && d.app.lockWhy != "" && !s.otherwise() && d.app.lockMissing() {
				return d.in.Refuse(plan.BrokenOriginal, s.Item, "npm ci needs a lock file, and "+d.app.lockWhy, "commit package-lock.json and copy it before the install")
			}
		}
	}
	return nil
}

// runsElsewhere refuses a file whose dependencies are installed in one folder and
// used in another.
func (d *designer) runsElsewhere() *plan.Refusal {
	dir := d.app.dir
	inside := func(p string) bool { return p == dir || dir == "/" || strings.HasPrefix(p, dir+"/") }
	if !inside(d.in.End.Workdir) {
		return d.in.Refuse(plan.UnknownWriteSet, d.steps[d.last].Item,
			fmt.Sprintf("dependencies are installed in %s, and the program runs in %s", dir, d.in.End.Workdir), "install and run in one folder")
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == build && !inside(t.Dir) {
				return d.in.Refuse(plan.UnknownWriteSet, s.Item,
					fmt.Sprintf("dependencies are installed in %s, and %s is built as well", dir, t.Dir), "install and build in one folder")
			}
			if t.Kind != files || t.Name() == "mkdir" {
				continue
			}
			for _, w := range t.Args {
				if strings.Contains(w.Text, "node_modules") {
					return d.in.Refuse(plan.UnknownWriteSet, s.Item, "node_modules are moved to another place", "install where the program runs")
				}
			}
		}
	}
	return nil
}

// otherwise reports a RUN that goes on in another way where a command fails.
func (s step) otherwise() bool { return s.Script != nil && !s.Script.Plain }
