package plan

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/project"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// Language is what is known about one language: data first, one function last.
type Language struct {
	Name string // "go", "node"
	// Claims reports whether the file is this language's to design. The first
	// language in lang.All that claims a file designs it.
	Claims func(*Input) bool
	// Design makes a plan, or says why there is none. Exactly one of the two is
	// not nil.
	Design func(*Input) (*Plan, *Refusal)
	// Installs are the beginnings of the commands that install dependencies, for the
	// findings: "npm ci".
	Installs []string
}

// Input is all that a language package is given.
type Input struct {
	File    *dockerfile.File
	Stage   *dockerfile.Stage // the single stage
	Base    image.Base        // its base image, known
	Items   []Item            // its instructions, in order
	End     dockerfile.Scope  // what holds at its end
	Project *project.Project
	With    []string // extra stages asked for: lint, integration-test, e2e, security, development
	// Mounts allows RUN --mount, heredocs and COPY --chmod: the consumers of the
	// file build it with BuildKit as far as the repository shows.
	Mounts bool
	Hints  Hints // what a proof has taught about an earlier design
	// Development are compose services with a command of their own that needs what the
	// build needs. They are not among Project.Services: the stage of the build is theirs.
	Development []project.Service
}

// Item is one instruction of the stage with what is known about it.
type Item struct {
	*dockerfile.Instruction
	Scope    dockerfile.Scope // what holds just before it
	Script   *shell.Script    // of a RUN, CMD, ENTRYPOINT or HEALTHCHECK in shell form; nil for the exec form and others
	ParseErr error            // why a RUN's script could not be read
}

// Evidence is a fact that stands at the item's line.
func (in *Input) Evidence(it Item, text string) Evidence {
	return Evidence{Line: in.File.Line(it.Instruction), Text: text}
}

// Keep takes an item as it is.
func (it Item) Keep() Keep { return Keep{Span: it.Span} }

// Drop leaves an item out.
func (in *Input) Drop(it Item, why string) Dropped {
	return Dropped{Span: it.Span, Evidence: in.Evidence(it, why)}
}

// Keyword is a keyword in the case of most of the author's, which BuildKit's checks want
// to be the same throughout a file.
// See https://docs.docker.com/reference/build-checks/consistent-instruction-casing/.
func (in *Input) Keyword(k string) string {
	lower := 0
	for _, ins := range in.File.All {
		if in.lower(ins) {
			lower++
		}
	}
	if 2*lower > len(in.File.All) {
		return strings.ToLower(k)
	}
	return k
}

// lower reports an instruction whose keyword is in lower case.
func (in *Input) lower(ins *dockerfile.Instruction) bool {
	return strings.HasPrefix(strings.TrimSpace(in.File.Text(ins.Span)), strings.ToLower(ins.Keyword))
}

// From is the author's FROM under a stage's name, with another image where that is
// not "". A name that the author gave is replaced.
func (in *Input) From(image, name string) Step {
	from := in.Stage.From
	if image == "" && in.Stage.Name == name {
		return Keep{Span: from.Span}
	}
	var edits []Edit
	word, as := from.Words[0].Span, " AS "+name // in the case of its FROM, whatever the others' is
	if in.lower(from) {
		as = " as " + name
	}
	if image != "" {
		edits = append(edits, Edit{Span: word, Text: image})
	}
	switch {
	case in.Stage.Name == name:
	case len(from.Words) == 3:
		edits = append(edits, Edit{Span: from.Words[2].Span, Text: name})
	case image != "":
		edits[0].Text += as
	default:
		edits = append(edits, Edit{Span: dockerfile.Span{Start: word.End, End: word.End}, Text: as})
	}
	return Cut{Span: from.Span, Edits: edits}
}

// FromStage is a new FROM of an earlier stage, or of another image.
func (in *Input) FromStage(base, name string) New {
	return New{Text: in.Keyword("FROM") + " " + base + " " + in.Keyword("AS") + " " + name}
}

// FromAs is the author's FROM under a stage's name.
func (in *Input) FromAs(name string) Step { return in.From("", name) }

// Refuse is a refusal at an item's line.
func (in *Input) Refuse(code Code, it Item, why, remedy string) *Refusal {
	return &Refusal{Code: code, Evidence: in.Evidence(it, why), Remedy: remedy}
}

// Wants reports whether an extra stage was asked for.
func (in *Input) Wants(stage string) bool {
	for _, s := range in.With {
		if s == stage {
			return true
		}
	}
	return false
}
