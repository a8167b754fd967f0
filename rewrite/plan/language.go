package plan

import (
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

// FromAs is the author's FROM with the stage's name behind it; a name that the
// author gave is kept where it is the same, and replaced otherwise.
func (in *Input) FromAs(name string) Step {
	from := in.Stage.From
	if in.Stage.Name == name {
		return Keep{Span: from.Span}
	}
	edit := Edit{Text: " AS " + name}
	if in.Stage.Name != "" && len(from.Words) == 3 {
		edit = Edit{Span: from.Words[2].Span, Text: name}
	} else {
		last := from.Words[len(from.Words)-1].Span.End
		edit.Span = dockerfile.Span{Start: last, End: last}
	}
	return Cut{Span: from.Span, Edits: []Edit{edit}}
}

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
