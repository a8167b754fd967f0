package compiled

import "github.com/multistage-app/multistage/rewrite/plan"

// Replaced are the author's bytes that a step writes anew: a start command in exec
// form, a stage's name.
func (d *Design) Replaced(stages []plan.Stage) []plan.Dropped {
	var out []plan.Dropped
	note := func(step plan.Step, why string) {
		cut, ok := step.(plan.Cut)
		if !ok {
			return
		}
		at := cut.Evidence
		if at.Text == "" {
			at = plan.Evidence{Line: d.In.File.Lines(cut.Span).First, Text: why}
		}
		for _, e := range cut.Edits {
			if e.Text != "" && e.Span.Len() > 0 {
				out = append(out, plan.Dropped{Span: e.Span, Evidence: at})
			}
		}
	}
	for _, s := range stages {
		note(s.From, "the stage is named for what it does")
		for _, step := range s.Steps {
			note(step, "it is written out for the new base image")
		}
	}
	return out
}
