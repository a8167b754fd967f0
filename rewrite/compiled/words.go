package compiled

import (
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// RefuseAt is a refusal that rests on evidence.
func RefuseAt(code plan.Code, at plan.Evidence, why, remedy string) *plan.Refusal {
	at.Text = why
	return &plan.Refusal{Code: code, Evidence: at, Remedy: remedy}
}

// SortedKeys are the keys of a map, in order.
func SortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// Words makes a set of the words of a text.
func Words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// Shells are the programs that run scripts.
var Shells = Words("sh bash ash dash")
