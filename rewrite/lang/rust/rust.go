// Package rust designs multi-stage Dockerfiles for Rust programs: a builder that
// keeps the author's image and commands, and an image with the program, the
// libraries that it links to, what it reads at run time, and nothing else.
//
// The way: follow the author's steps (recipe), find the program that is started and
// the package that it comes from, read the sources for what they open and start,
// read Cargo.lock for what they link to, and put the stages together from the
// author's own lines. What is not understood is refused.
package rust

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// Language is Rust.
var Language = plan.Language{Name: "rust", Claims: claims, Design: designRust}

// claims takes files on a Rust image, and those that build with cargo on a bare
// system.
func claims(in *plan.Input) bool {
	if in.Base.Language != "" {
		return in.Base.Language == "rust"
	}
	for _, it := range in.Items {
		if it.Keyword == "RUN" && it.JSON && buildsRust(it.Argv) {
			return true
		}
		if it.Keyword != "RUN" || it.Script == nil {
			continue
		}
		for _, c := range it.Script.Commands {
			if c = c.Unwrapped(); buildsRust(append([]string{c.Name()}, c.Words()[min(1, len(c.Args)):]...)) {
				return true
			}
		}
	}
	return false
}

// buildsRust reports cargo build, install or run.
func buildsRust(argv []string) bool {
	if len(argv) < 2 || argv[0] != "cargo" && !strings.HasSuffix(argv[0], "/cargo") {
		return false
	}
	switch parseCargo(argv[1:]).verb {
	case "build", "install", "run":
		return true
	}
	return false
}

// design is what is found out about one file, step by step.
type design struct {
	*recipe
	programs   []artifact      // that the image gets
	ran        *artifact       // the program that a cargo run becomes
	invented   []string        // the cargo builds that the builder needs for what cargo run started
	runSpan    dockerfile.Span // the words of a cargo run within a shell form
	runBefore  string          // what stands around them in the text that a shell is given
	runAfter   string
	runWrapped bool // that text is the last word of an exec form
	source     *source
	locks      []lock
	links      links
	files      []plan.File
}

// designRust makes the plan.
func designRust(in *plan.Input) (*plan.Plan, *plan.Refusal) {
	d := &design{recipe: read(in)}
	for _, step := range []func() *plan.Refusal{
		func() *plan.Refusal { return d.Refusal },
		d.ReadPackages,
		d.findStart,
		d.settleServices,
		d.findPrograms,
		d.readSources,
		d.readLocks,
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
