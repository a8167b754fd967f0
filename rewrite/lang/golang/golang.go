// Package golang designs multi-stage Dockerfiles for Go programs: a builder that
// keeps the author's image and commands, and an image with the program, what it
// reads at run time, and nothing else.
//
// The way: follow the author's steps (recipe), find out how the image starts,
// read the syntax tree of the program that is started (source), decide on cgo,
// runtime image, files and user from what was found, and put the stages together
// from the author's own lines. What is not understood is refused.
package golang

import (
	"sort"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// Language is Go.
var Language = plan.Language{Name: "go", Claims: claims, Design: designGo}

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
	start     start
	services  []service
	programs  []artifact      // that the image gets
	used      map[string]bool // paths of programs and files that a start command or script leads to
	bare      map[string]bool // programs that were found along PATH
	slashed   map[string]bool // programs that were named by a path
	invented  *artifact       // the program that a go run becomes
	leading   string          // go commands of the start command that become a step of the builder
	source    *source
	modules   []module
	vendored  bool
	packages  []systemPackage
	installed map[string]bool
	needs     needs
	cgo       cgo
	runtime   runtime
	data      []element
	user      userChoice
	facts     []plan.Fact
	changes   []plan.Change
}

// designGo makes the plan.
func designGo(in *plan.Input) (*plan.Plan, *plan.Refusal) {
	d := &design{recipe: read(in), used: map[string]bool{}, bare: map[string]bool{}, slashed: map[string]bool{}, installed: map[string]bool{}}
	for _, step := range []func() *plan.Refusal{
		func() *plan.Refusal { return d.refusal },
		d.readPackages,
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

// fact notes something for the findings.
func (d *design) fact(rule string, at plan.Evidence, detail string) {
	d.facts = append(d.facts, plan.Fact{Rule: rule, Evidence: at, Detail: detail})
}

// refuseAt is a refusal that rests on evidence.
func refuseAt(code plan.Code, at plan.Evidence, why, remedy string) *plan.Refusal {
	at.Text = why
	return &plan.Refusal{Code: code, Evidence: at, Remedy: remedy}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
