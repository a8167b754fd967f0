package rewrite

import (
	"io/fs"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// Result is the answer for one Dockerfile.
type Result struct {
	Path     string       // of the Dockerfile, from the repository's root
	Context  string       // the build context, a folder from the root
	Verdict  plan.Verdict // what kind of answer
	Code     plan.Code    // why there is no rewrite; empty for plan.Rewritten
	Language string       // plan.Language.Name; empty where none was chosen
	Reason   plan.Evidence
	Remedy   string       // what would make a rewrite possible; may be empty
	Files    []FileChange // the Dockerfile first; others only where needed; none without a rewrite
	Plan     *plan.Plan   // nil without a rewrite
	Contract []Promise    // the final image's promises, before and after
	Findings []Finding    // in the order of the sections
	Missing  []string     // files whose content is needed and was not kept: ask again with them
	Source   *dockerfile.File
	// Hardening improves a file whose single stage is right; nil where nothing is certain.
	Hardening *Hardening
	Repairs   []string // what was changed after a proof failed, in order; one sentence each

	input    *plan.Input // what Plan was made from; nil without a plan
	repaired []plan.Fact // the same as Repairs, for Findings
}

// FileChange is one file before and after.
type FileChange struct {
	Path   string
	Mode   fs.FileMode
	Before []byte // nil for a new file
	After  []byte
}

// Promise is one row of the contract: what the image promises before and after.
type Promise struct {
	Field  plan.Field
	Key    string // the ENV key, label, port or volume; "" for the whole field
	Before string
	After  string
	Change *plan.Change // the named change where the two differ; nil where they agree
}

// Options are what a caller may choose.
type Options struct {
	Context string   // build context, a folder from the root; "" finds it
	With    []string // extra stages: lint, integration-test, e2e, security, development
}

// Section is one of a review's five.
type Section string

// The sections, in the order in which a review has them.
const (
	Architecture Section = "Architecture Assessment"
	Security     Section = "Security Review"
	Optimization Section = "Optimization Analysis"
	Testing      Section = "Testing Integration"
	Experience   Section = "Developer Experience"
)

// Sections are all of them in order.
var Sections = []Section{Architecture, Security, Optimization, Testing, Experience}

// Level is how much a finding matters; the words are those of GitHub's
// annotations and of SARIF.
type Level string

// The levels.
const (
	Notice  Level = "notice"
	Warning Level = "warning"
)

// Rule is one thing that is checked, with its own documentation.
type Rule struct {
	Name    string // kebab-case
	Section Section
	Level   Level
	Title   string // one line, lower case, no full stop
	Why     string // a paragraph
	Before  string // Dockerfile lines
	After   string
}

// Finding is one instance of a rule.
type Finding struct {
	Rule     Rule
	Path     string
	Line     int // of the original file, counted from 1; 0 for the file as a whole
	Message  string
	Evidence []plan.Evidence
}

// Dockerfile is the rewritten Dockerfile, nil without a rewrite.
func (r Result) Dockerfile() []byte {
	if len(r.Files) == 0 {
		return nil
	}
	return r.Files[0].After
}
