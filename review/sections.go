package review

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

const (
	maxFindings = 15 // of one section
	maxEvidence = 4  // of one finding
)

// sections are the five, in order, each with its findings.
func sections(r rewrite.Result, level string) string {
	var b strings.Builder
	for i, s := range rewrite.Sections {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(level + " " + string(s) + "\n\n" + sectionFindings(r, s))
	}
	return b.String()
}

func sectionFindings(r rewrite.Result, s rewrite.Section) string {
	var b strings.Builder
	n := 0
	for _, f := range r.Findings {
		if f.Rule.Section != s {
			continue
		}
		if n++; n > maxFindings {
			continue
		}
		b.WriteString(findingLine(r, f))
	}
	switch {
	case n == 0:
		return "Nothing to report.\n"
	case n > maxFindings:
		fmt.Fprintf(&b, "- and %d more\n", n-maxFindings)
	}
	return b.String()
}

// findingLine is one finding: where, what, and the evidence that is not the
// finding's own line.
func findingLine(r rewrite.Result, f rewrite.Finding) string {
	at := plan.Evidence{Line: f.Line}
	if f.Path != r.Path {
		at.Path = f.Path
	}
	line := "- "
	if p := place(at); p != "" {
		line += "**" + p + "**: "
	}
	line += sentence(Prose(f.Message)) + " " + Code(f.Rule.Name) + "\n"
	shown := 0
	for _, e := range f.Evidence {
		if e.Text == "" || strings.HasPrefix(f.Message, e.Text) {
			continue
		}
		if shown++; shown > maxEvidence {
			break
		}
		line += "  - " + evidence(e) + "\n"
	}
	return line
}

// sentence ends a text with a full stop where it has no end.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?:") {
		return s
	}
	return s + "."
}
