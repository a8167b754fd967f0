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

// checklist says what was proven and what was not, and why.
func checklist(o offer) string {
	var b strings.Builder
	done := func(format string, args ...any) { fmt.Fprintf(&b, "- [x] "+format+"\n", args...) }
	open := func(format string, args ...any) { fmt.Fprintf(&b, "- [ ] "+format+"\n", args...) }

	done("BuildKit's parser reads the rewrite, and every `COPY --from` names a stage and a path that a step makes")
	done("every instruction of the original is in the rewrite or named as left out")
	changed := 0
	for _, p := range o.Result.Contract {
		if p.Change != nil {
			changed++
		}
	}
	switch {
	case len(o.Result.Contract) == 0:
	case changed == 0:
		done("the image's configuration stays the same")
	case changed == 1:
		done("the image's configuration stays the same, except for the change above")
	default:
		done("the image's configuration stays the same, except for the %d changes above", changed)
	}
	if o.Proof == nil {
		open("not built, not started and not measured: this version does not build proofs yet")
		return b.String()
	}
	for _, c := range o.Proof.Checks {
		text := Prose(c.Name)
		if c.Detail != "" {
			text += ": " + Prose(firstRunes(c.Detail, 300))
		}
		if c.Passed {
			done("%s", text)
		} else {
			open("%s", text)
		}
	}
	return b.String()
}

// sentence ends a text with a full stop where it has no end.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?:") {
		return s
	}
	return s + "."
}
