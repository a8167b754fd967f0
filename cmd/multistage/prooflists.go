package main

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// causes says what made the difference in size, the largest first as the proof has
// them.
func (t proofTable) causes(p *proof.Proof) {
	if len(p.Causes) == 0 {
		return
	}
	g := grid{header: []string{"what made the difference", "original", "rewrite", "saved"}, right: []bool{false, true, true, true}}
	for _, c := range p.Causes {
		difference := size(c.Before - c.After)
		if c.After > c.Before {
			difference = "+" + size(c.After-c.Before)
		}
		g.add(c.Name, size(c.Before), size(c.After), difference)
	}
	fmt.Fprintln(t.w)
	g.write(t.w, t.paint, t.width)
}

const maxLeftovers = 12

// leftovers are those of the rewrite; of the original only their number.
func (t proofTable) leftovers(p *proof.Proof) {
	before, after := p.Original.Contents.Leftovers, p.Rewrite.Contents.Leftovers
	if len(before) == 0 && len(after) == 0 {
		return
	}
	fmt.Fprintf(t.w, "\nleft behind that a production image should not have: %d in the original, %d in the rewrite\n", len(before), len(after))
	for i, l := range after {
		if i == maxLeftovers {
			fmt.Fprintf(t.w, "  and %d more\n", len(after)-i)
			break
		}
		fmt.Fprintf(t.w, "  %s: %s (%s)\n", clean(l.Kind), clean(l.Path), size(l.Size))
	}
}

// targets are the further stages, each built for itself.
func (t proofTable) targets(p *proof.Proof) {
	if len(p.Targets) == 0 {
		return
	}
	fmt.Fprintln(t.w, "\ntargets")
	for _, target := range p.Targets {
		text := "builds in " + seconds(target.Seconds)
		switch {
		case target.Test && target.Built:
			text = "passes in " + seconds(target.Seconds)
		case target.Test:
			text = "does not pass"
		case !target.Built:
			text = "does not build"
		}
		fmt.Fprintf(t.w, "  %s %s: %s\n", t.paint.mark(target.Built), clean(target.Name), text)
		if !target.Built {
			t.tail(target.Tail)
		}
	}
}

func (t proofTable) checks(p *proof.Proof) {
	if len(p.Checks) == 0 {
		return
	}
	fmt.Fprintln(t.w, "\nchecks")
	for _, c := range p.Checks {
		line := "  " + t.paint.mark(c.Passed) + " " + clean(c.Name)
		if detail := strings.Join(cleanLines(c.Detail), " "); detail != "" {
			line += t.paint.dim(": " + detail)
		}
		fmt.Fprintln(t.w, line)
	}
}

// rounds are the repairs that were tried.
func (t proofTable) rounds(p *proof.Proof) {
	if len(p.Rounds) == 0 {
		return
	}
	fmt.Fprintln(t.w, "\nrepairs")
	for i, r := range p.Rounds {
		fmt.Fprintf(t.w, "  %d. %s: %s\n     %s\n", i+1, r.Failure.Step, clean(r.Failure.Cause), clean(r.Repair))
	}
}
