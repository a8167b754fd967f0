package compiled

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// EnvStep is an ENV with the pairs that keep says; ok is false where none is left.
func (d *Design) EnvStep(i int, keep func(dockerfile.Pair) bool) (plan.Step, bool) {
	it := d.In.Items[i]
	var edits []plan.Edit
	kept, first := 0, -1
	for n, p := range it.Pairs {
		switch {
		case keep(p):
			kept++
			if first < 0 && n > 0 {
				edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: it.Pairs[0].Span.Start, End: p.Span.Start}})
			}
			if first < 0 {
				first = n
			}
		case first >= 0:
			edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: it.Pairs[n-1].Span.End, End: p.Span.End}})
		}
	}
	switch {
	case kept == 0:
		return nil, false
	case len(edits) == 0:
		return it.Keep(), true
	}
	return plan.Cut{Span: it.Span, Edits: edits, Evidence: d.In.Evidence(it, "the other variables belong to another stage")}, true
}

// LastPair reports the last ENV of a key.
func (d *Design) LastPair(item int, key string) bool {
	for _, it := range d.In.Items[item+1:] {
		if it.Keyword == "ENV" {
			for _, p := range it.Pairs {
				if p.Key == key {
					return false
				}
			}
		}
	}
	return true
}

// BaseVars are the variables that the runtime image has by itself.
func (d *Design) BaseVars() map[string]string {
	vars := map[string]string{"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, e := range d.Runtime.Base.Config.Env {
		if k, v, ok := strings.Cut(e, "="); ok {
			vars[k] = v
		}
	}
	return vars
}
