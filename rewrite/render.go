package rewrite

import (
	"bytes"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// syntaxLine is put on top where the plan uses what older frontends do not know.
const syntaxLine = "# syntax=docker/dockerfile:1"

// renderer writes a plan as a Dockerfile out of the author's own bytes.
type renderer struct {
	in   *plan.Input
	out  bytes.Buffer
	eol  string
	used map[dockerfile.Span]bool // instructions whose comments were written already
	lead map[dockerfile.Span]dockerfile.Span
}

// render writes the whole file: what stands before the stage as it is, then the
// stages of the plan.
func render(in *plan.Input, p *plan.Plan) []byte {
	eol, _ := in.File.EOL()
	r := &renderer{in: in, eol: eol, used: map[dockerfile.Span]bool{}, lead: map[dockerfile.Span]dockerfile.Span{}}
	for _, ins := range in.File.All {
		r.lead[ins.Span] = ins.Lead
	}
	head := in.File.Source[:in.Stage.From.Lead.End]
	if needsSyntax(p) && in.File.Directive("syntax") == "" {
		head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
		r.line(syntaxLine)
		if len(in.File.Directives) == 0 {
			r.line("")
		}
	}
	r.out.Write(head)
	r.used[in.Stage.From.Span] = true
	for i, s := range p.Stages {
		if i > 0 {
			r.line("")
		}
		r.stage(s)
	}
	return r.out.Bytes()
}

// stage writes one stage: the comment that docker build --call=targets shows, the
// FROM, the steps.
func (r *renderer) stage(s plan.Stage) {
	if s.Purpose != "" {
		r.line("# " + s.Name + " " + s.Purpose)
	}
	r.step(s.From, true)
	for i, step := range s.Steps {
		r.step(step, i == 0 && len(s.Steps) > 0)
	}
}

func (r *renderer) step(s plan.Step, first bool) {
	switch s := s.(type) {
	case plan.Keep:
		r.comments(s.Span, first)
		r.text(r.in.File.Text(s.Span))
	case plan.Cut:
		r.comments(s.Span, first)
		r.text(cut(r.in.File, s))
	case plan.New:
		for _, line := range strings.Split(s.Text, "\n") {
			r.line(line)
		}
	}
}

// comments writes the comments and blank lines above an instruction, once. The
// first instruction of a stage has no blank line above it.
func (r *renderer) comments(span dockerfile.Span, first bool) {
	lead, ok := r.lead[span]
	if !ok || r.used[span] {
		return
	}
	r.used[span] = true
	text := r.in.File.Text(lead)
	if first {
		text = strings.TrimLeft(text, "\r\n")
	}
	r.out.WriteString(text)
}

// cut applies a step's edits to the author's bytes.
func cut(file *dockerfile.File, c plan.Cut) string {
	var b strings.Builder
	pos := c.Span.Start
	for _, e := range c.Edits {
		b.WriteString(file.Text(dockerfile.Span{Start: pos, End: e.Span.Start}))
		b.WriteString(e.Text)
		pos = e.Span.End
	}
	b.WriteString(file.Text(dockerfile.Span{Start: pos, End: c.Span.End}))
	return b.String()
}

// text writes whole lines; the last line of a file may lack its end.
func (r *renderer) text(s string) {
	r.out.WriteString(s)
	if !strings.HasSuffix(s, "\n") {
		r.out.WriteString(r.eol)
	}
}

func (r *renderer) line(s string) {
	r.out.WriteString(s)
	r.out.WriteString(r.eol)
}

// needsSyntax reports whether the plan writes what Dockerfile syntax 1.0 lacks.
// See https://docs.docker.com/build/buildkit/dockerfile-release-notes/.
func needsSyntax(p *plan.Plan) bool {
	for _, s := range p.Stages {
		for _, step := range s.Steps {
			switch step := step.(type) {
			case plan.New:
				if isNewSyntax(step.Text) {
					return true
				}
			case plan.Cut:
				for _, e := range step.Edits {
					if isNewSyntax(e.Text) {
						return true
					}
				}
			}
		}
	}
	return false
}

func isNewSyntax(text string) bool {
	return strings.Contains(text, "--mount=") || strings.Contains(text, "<<") ||
		strings.Contains(text, "--chmod=") || strings.Contains(text, "--link")
}
