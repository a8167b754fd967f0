// Package golang designs multi-stage Dockerfiles for Go programs: a builder that
// keeps the author's image and commands, and an image with the program, what it
// reads at run time, and nothing else.
//
// The way: follow the author's steps (recipe), find out how the image starts,
// read the syntax tree of the program that is started (source), decide on cgo,
// runtime image, files and user from what was found, and put the stages together
// from the author's own lines. What is not understood is refused.
package golang

import "github.com/multistage-app/multistage/rewrite/plan"

// Language is Go.
var Language = plan.Language{Name: "go", Claims: claims, Design: designGo, Installs: []string{"go mod download"}}

// claims takes files on a Go image, and those that build with Go on a bare system.
func claims(in *plan.Input) bool {
	if in.Base.Language != "" {
		return in.Base.Language == "go"
	}
	for _, it := range in.Items {
		if it.Script == nil {
			continue
		}
		for _, c := range it.Script.Commands {
			words := c.Unwrapped().Words()
			if c.Unwrapped().Name() == "go" && len(words) > 1 && (words[1] == "build" || words[1] == "install" || words[1] == "run") {
				return true
			}
		}
	}
	return false
}

// design is what is found out about one file, step by step.
type design struct {
	*recipe
	programs []artifact // that the image gets
	invented *artifact  // the program that a go run becomes
	leading  string     // go commands of the start command that become a step of the builder
	source   *source
	modules  []module
	vendored bool
	cgo      cgo
}

// designGo makes the plan.
func designGo(in *plan.Input) (*plan.Plan, *plan.Refusal) {
	d := &design{recipe: read(in)}
	for _, step := range []func() *plan.Refusal{
		func() *plan.Refusal { return d.Refusal },
		d.ReadPackages,
		d.findStart,
		d.findPrograms,
		d.readSources,
		d.checkModules,
		d.findNeeds,
		d.chooseRuntime,
		d.findData,
		d.chooseUser,
	} {
		if refusal := step(); refusal != nil {
			return nil, refusal
		}
	}
	return d.plan()
}
