package review

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

const (
	maxSame  = 30 // rows of the contract that stay the same
	maxValue = 120
)

// contractTable says what the final image promises before and after. Every row
// that changes is there; of those that stay the same, the first ones.
func contractTable(promises []rewrite.Promise) string {
	if len(promises) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| The image's | Before | After |\n|---|---|---|\n")
	same := 0
	for _, p := range promises {
		if p.Change == nil {
			if same++; same > maxSame {
				continue
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", promiseName(p), value(p.Before), promiseAfter(p))
	}
	if same > maxSame {
		fmt.Fprintf(&b, "| %d more | | same |\n", same-maxSame)
	}
	return b.String()
}

func promiseName(p rewrite.Promise) string {
	if p.Key == "" {
		return string(p.Field)
	}
	return string(p.Field) + " " + Cell(firstRunes(p.Key, maxValue))
}

func promiseAfter(p rewrite.Promise) string {
	if p.Change == nil {
		return "same"
	}
	after := value(p.After)
	if reason := evidence(p.Change.Evidence); reason != "" {
		after += ": " + reason
	}
	return after
}

func value(s string) string {
	if s == "" {
		return "not set"
	}
	return Cell(firstRunes(s, maxValue))
}

// evidence is a fact with its place behind it.
func evidence(e plan.Evidence) string {
	switch at := place(e); {
	case at == "":
		return Prose(e.Text)
	case e.Text == "":
		return at
	default:
		return Prose(e.Text) + " (" + at + ")"
	}
}

// place is where a fact stands: "line 7", "`main.go`, line 7".
func place(e plan.Evidence) string {
	var parts []string
	if e.Path != "" {
		parts = append(parts, Cell(e.Path))
	}
	if e.Line > 0 {
		parts = append(parts, fmt.Sprintf("line %d", e.Line))
	}
	return strings.Join(parts, ", ")
}

const maxDropped = 12

// leftOut lists the author's lines that the rewrite has no more. What the
// contract's table gives a reason for is not said twice.
func leftOut(r rewrite.Result) string {
	if r.Plan == nil {
		return ""
	}
	named := map[plan.Evidence]bool{}
	for _, p := range r.Contract {
		if p.Change != nil {
			named[p.Change.Evidence] = true
		}
	}
	var items []string
	for _, d := range r.Plan.Dropped {
		if !named[d.Evidence] {
			items = append(items, "- "+droppedText(r, d)+evidence(d.Evidence)+"\n")
		}
	}
	if len(items) == 0 {
		return ""
	}
	if n := len(items); n > maxDropped {
		items = append(items[:maxDropped], fmt.Sprintf("- and %d more\n", n-maxDropped))
	}
	return "Left out of the file:\n\n" + strings.Join(items, "")
}

// droppedText quotes the first line of what was dropped.
func droppedText(r rewrite.Result, d plan.Dropped) string {
	if r.Source == nil || d.Span.Start < 0 || d.Span.End > len(r.Source.Source) || d.Span.Start >= d.Span.End {
		return ""
	}
	first, _, more := strings.Cut(strings.TrimSpace(r.Source.Text(d.Span)), "\n")
	if more {
		first = strings.TrimRight(first, " \r\\") + " …"
	}
	return Code(firstRunes(first, maxValue)) + ": "
}
