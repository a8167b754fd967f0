package compiled

import (
	"sort"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// Joined cuts off what an edit shares with the one before it.
func Joined(edits []plan.Edit) []plan.Edit {
	for i := 1; i < len(edits); i++ {
		edits[i].Span.Start = max(edits[i].Span.Start, edits[i-1].Span.End)
		edits[i].Span.End = max(edits[i].Span.End, edits[i].Span.Start)
	}
	return edits
}

// SortEdits puts edits in the order of the file; of two at one place, what is
// inserted stands before what is cut.
func SortEdits(edits []plan.Edit) {
	sort.SliceStable(edits, func(i, j int) bool {
		a, b := edits[i].Span, edits[j].Span
		return a.Start < b.Start || a.Start == b.Start && a.Len() == 0 && b.Len() > 0
	})
}
