// Package python designs images of Python programs, whatever installs their
// dependencies: pip, Poetry, Pipenv, uv, PDM or a setup script.
//
// A design has two stages that make the image, and others beside them. builder is the author's image with the author's own
// commands up to the last one that installs or compiles. production is the slim
// image of the same version and suite with the author's own list of instructions, in
// which a copy from builder stands for what was installed there. Everything else,
// commands that are not understood included, stays where it stood: the interpreter
// and the dependencies are there when it runs.
//
// Where both start from the same image, what they begin with alike is a stage base.
// The project's tests are a stage beside production's way; lint, integration-test, e2e,
// security and development are made where they are asked for.
//
// How dependencies move depends on where they are installed, see [designer.places].
package python

import (
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// Language is Python.
var Language = plan.Language{Name: "python", Claims: claims, Design: design, Installs: []string{"pip install -r", "pip3 install -r"}}

// claims takes Python's own images, and bare systems on which Python is installed
// from the distribution's packages.
func claims(in *plan.Input) bool {
	if in.Base.Language == "python" {
		return true
	}
	return in.Base.Language == "" && in.Base.Product == "" && (in.Base.Family == image.Debian || in.Base.Family == image.Ubuntu) && systemPython(in)
}

// design makes a plan, or says why there is none.
func design(in *plan.Input) (*plan.Plan, *plan.Refusal) {
	d := newDesigner(in)
	for _, step := range []func() *plan.Refusal{d.readStart, d.verdict, d.findInstalls, d.findFolder, d.chooseBase, d.choosePlaces, d.pays, d.assemble} {
		if refusal := step(); refusal != nil {
			return nil, refusal
		}
	}
	d.facts()
	d.estimate()
	return d.plan, nil
}

// designer holds what is known while a plan is made.
type designer struct {
	in       *plan.Input
	steps    []step
	tree     *tree
	first    int // index of the first item that installs dependencies, or a tool for that
	end      int // index of the last item that belongs to the build side
	run      needs
	names    map[string]bool   // packages that are installed, as far as manifests and lock files tell
	versions map[string]string // … that are pinned
	programs map[string]bool   // that run time calls; see used
	scan     *scan

	places   []place         // what production takes from the builder
	fresh    bool            // a virtual environment is made for the dependencies
	apart    bool            // … which the tool fills from outside it
	freshNo  plan.Evidence   // why none is made
	compiled map[string]bool // prefixes into which the file installs what it compiles
	folder   *folder         // a folder of the application that is taken as it is after the build

	slim    string   // production's image; "" for the author's
	slimRef string   // the same with variables put in
	slimWhy string   // why production stays on the author's image
	extra   []string // packages that the full image has and the slim one lacks
	left    []string // what production leaves behind, in words

	production string    // name of the last stage
	tools      *devTools // what the project is tested and checked with
	test       testStage
	tests      *testsFound // see testFiles
	plan       *plan.Plan
	covered    map[int]bool // items of which every byte stands in a stage
}

func newDesigner(in *plan.Input) *designer {
	d := &designer{in: in, steps: readSteps(in), first: -1, end: -1, names: map[string]bool{}, versions: map[string]string{}, compiled: map[string]bool{},
		plan: &plan.Plan{Language: "python"}, covered: map[int]bool{}}
	d.tree = inside.NewCopies(in)
	return d
}

// system reports that Python comes from the distribution's packages.
func (d *designer) system() bool { return d.in.Base.Language != "python" }

// line is the line of the FROM.
func (d *designer) line() int { return d.in.File.Line(d.in.Stage.From) }

func (d *designer) atFrom(text string) plan.Evidence {
	return plan.Evidence{Line: d.line(), Text: text}
}
