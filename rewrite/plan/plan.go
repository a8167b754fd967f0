// Package plan is the vocabulary in which a design is spoken: what a language
// package is given, and the plan or refusal that it answers with. Types and the
// small functions that every language needs; no decisions.
package plan

import (
	"fmt"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
)

// Plan is a multi-stage version of one Dockerfile, as data.
type Plan struct {
	Language string    // Language.Name
	Stages   []Stage   // in order; the production stage is last
	Dropped  []Dropped // the author's bytes that are in no stage any more
	Changes  []Change  // what the final image promises differently, each named
	Files    []File    // other files that the design needs; usually none
	Facts    []Fact    // what the design rests on and what a reader should know
	Saving   Saving    // expected before a build; zero where nothing can be said
}

// Stage is one stage of the plan.
type Stage struct {
	Name    string // after AS
	Purpose string // for the comment above FROM: "installs the production dependencies"
	Role    Role   // Build, Test or Runtime
	From    Step   // the FROM: the author's, cut to have a name, or a new one
	Base    string // the image or stage that it starts from, for tables
	Steps   []Step
}

// Role says which side of the image something serves.
type Role uint8

// The roles.
const (
	Unknown Role = iota // not understood: stays on the runtime side, in place
	Build               // needed to make the application only
	Runtime             // needed when the application runs only
	Both                // needed on both sides
	Test                // needed by a test or lint stage only
)

var roleNames = [...]string{"unknown", "build", "runtime", "both", "test"}

// String is the role's name in lower case.
func (r Role) String() string { return roleNames[r] }

// A Step is exactly one of Keep, Cut and New.
type Step interface{ step() }

// Keep takes one of the author's instructions as it is: Span is the
// instruction's. The comments above it come with its first use.
type Keep struct{ Span dockerfile.Span }

// Cut takes one of the author's instructions of which a part is not wanted here,
// or is written anew. Edits lie inside Span, in order, and do not overlap.
type Cut struct {
	Span     dockerfile.Span
	Edits    []Edit
	Evidence Evidence
}

// Edit replaces the bytes of a span by a text; an empty span inserts.
type Edit struct {
	Span dockerfile.Span
	Text string
}

// New is an instruction that the author did not write, without its line end. It
// may run over several lines.
type New struct {
	Text     string
	Evidence Evidence
}

func (Keep) step() {}
func (Cut) step()  {}
func (New) step()  {}

// Dropped is a part of the author's file that no stage has any more.
type Dropped struct {
	Span     dockerfile.Span
	Evidence Evidence // why it is not needed
}

// Evidence is a fact and where it stands.
type Evidence struct {
	Path string // file in the repository; "" is the Dockerfile itself
	Line int    // counted from 1; 0 is the file as a whole
	Text string // one sentence without a full stop
}

// String is "path:line: text".
func (e Evidence) String() string {
	switch {
	case e.Path == "" && e.Line == 0:
		return e.Text
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.Path, e.Text)
	case e.Path == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Text)
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Text)
}

// Change is one thing that the final image promises differently from the
// original, on purpose. What the contract check finds changed and is not named
// here is an error of the design.
type Change struct {
	Field    Field
	Key      string // the ENV key, port or label; "" for the whole field
	Before   string // "" where there was nothing
	After    string // "" where there is nothing any more
	Evidence Evidence
}

// Field is a part of an image's runtime configuration.
type Field string

// The fields of the contract, named as the instructions that set them.
const (
	FieldCommand     Field = "CMD" // ENTRYPOINT and CMD as one argument vector
	FieldUser        Field = "USER"
	FieldWorkdir     Field = "WORKDIR"
	FieldEnv         Field = "ENV"
	FieldExpose      Field = "EXPOSE"
	FieldVolume      Field = "VOLUME"
	FieldStopSignal  Field = "STOPSIGNAL"
	FieldHealthcheck Field = "HEALTHCHECK"
	FieldLabel       Field = "LABEL"
	FieldShell       Field = "SHELL"
)

// File is another file that the design adds or changes.
type File struct {
	Path    string // from the repository's root
	Content string
	Reason  Evidence
}

// Fact is something that the language package knows and a rule turns into a
// finding.
type Fact struct {
	Rule     string // a rule's name, see rewrite.Rules
	Evidence Evidence
	Detail   string // further words for the reader; may be empty
}

// Saving is the expected size, before anything is built. Sizes are unpacked
// bytes of the whole image.
type Saving struct {
	BeforeMin, BeforeMax int64
	AfterMin, AfterMax   int64
	Grounds              []Evidence // base images, toolchain, dependencies
}

// Refusal says why no plan is offered.
type Refusal struct {
	Code     Code
	Evidence Evidence // the line or file that it rests on
	Remedy   string   // what would make a rewrite possible; empty where single-stage is right
}
