package python

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

const baseStage = "base"

// shareBase puts what builder and production begin with alike into a stage of its own,
// where both start from the author's image and it is worth a stage: a command that
// would be run twice, or some lines.
func (d *designer) shareBase() {
	build, last := &d.plan.Stages[0], &d.plan.Stages[len(d.plan.Stages)-1]
	if d.slim != "" || d.in.Stage.Name != "" || len(d.in.Stage.From.Words) > 1 || d.production == baseStage {
		return
	}
	shared := d.common(build.Steps, last.Steps)
	if !d.worthStage(shared) {
		return
	}
	last.Steps = without(last.Steps, shared)
	build.Steps = build.Steps[len(shared):]
	first := plan.Stage{Name: baseStage, Purpose: "is what both sides need", Role: plan.Both, From: build.From, Base: build.Base, Steps: shared}
	first.From = d.in.FromAs(baseStage)
	build.From, build.Base = d.in.FromStage(baseStage, builder), baseStage
	last.From, last.Base = d.in.FromStage(baseStage, d.production), baseStage
	d.plan.Stages = append([]plan.Stage{first}, d.plan.Stages...)
}

// common are the author's instructions that both lists begin with. What only the image
// promises may stand between them, where it has the same meaning behind them.
func (d *designer) common(a, b []plan.Step) []plan.Step {
	n := 0
	for _, step := range b {
		keep, ok := step.(plan.Keep)
		if !ok {
			break
		}
		it, _ := d.itemAt(keep.Span)
		if it.Keyword == "LABEL" || it.Keyword == "MAINTAINER" || it.Keyword == "EXPOSE" {
			if strings.Contains(d.in.File.Text(keep.Span), "$") {
				break
			}
			continue
		}
		if n == len(a) || a[n] != step || contractOnly[it.Keyword] || it.Keyword == "ARG" || it.Keyword == "COPY" || it.Keyword == "ADD" {
			break
		}
		n++
	}
	return a[:n:n]
}

// itemAt is the item of a span.
func (d *designer) itemAt(span dockerfile.Span) (plan.Item, bool) {
	for _, it := range d.in.Items {
		if it.Span == span {
			return it, true
		}
	}
	return plan.Item{}, false
}

// worthStage reports instructions that are worth a stage: one that runs something, or
// as many lines as the stage adds.
func (d *designer) worthStage(steps []plan.Step) bool {
	lines := 0
	for _, step := range steps {
		span := step.(plan.Keep).Span
		if it, ok := d.itemAt(span); ok && it.Keyword == "RUN" {
			return true
		}
		lines += 1 + strings.Count(strings.TrimSpace(d.in.File.Text(span)), "\n")
	}
	return lines > 3
}

// without leaves some steps out of a list.
func without(list, gone []plan.Step) []plan.Step {
	var out []plan.Step
	for _, step := range list {
		if len(gone) > 0 && step == gone[0] {
			gone = gone[1:]
			continue
		}
		out = append(out, step)
	}
	return out
}
