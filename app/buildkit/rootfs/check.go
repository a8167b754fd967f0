package rootfs

import (
	"context"
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// Check says whether what an image starts can be found and loaded. The failure is the
// first thing that is certain to make it fail, nil for none. Where the original's tree is
// at hand, [Inspection.Against] knows more.
func (t *Tree) Check(ctx context.Context, config Config) ([]proof.Check, *proof.Failure) {
	return t.Inspect(ctx, config).Against(nil)
}

// Against judges a rewrite by its original; nil judges an image alone. What the original
// has too is no failure of the rewrite. What the original does not have is one, also
// where it is not certain that the application comes across it.
func (i *Inspection) Against(original *Inspection) (checks []proof.Check, first *proof.Failure) {
	known := map[string]bool{}
	if original != nil {
		for _, p := range original.Problems {
			known[p.key()] = true
		}
	}
	fails := func(p Problem) bool {
		return !known[p.key()] && (p.Certain || original != nil && p.regression())
	}
	for _, p := range i.Problems {
		if fails(p) {
			f := p.Failure
			first = &f
			break
		}
	}
	for _, r := range i.checklist() {
		c := proof.Check{Name: r.name, Passed: r.passed, Detail: r.detail}
		if of := i.problemsOf(r.name); len(of) > 0 {
			c.Passed, c.Detail = false, summary(of, known, fails)
		}
		checks = append(checks, c)
	}
	return checks, first
}

// checklist are the rows, each once, and those that only have problems.
func (i *Inspection) checklist() []row {
	rows := append([]row{}, i.rows...)
	has := map[string]bool{}
	for _, r := range rows {
		has[r.name] = true
	}
	for _, p := range i.Problems {
		if !has[p.row] {
			has[p.row] = true
			rows = append(rows, row{name: p.row})
		}
	}
	return rows
}

func (i *Inspection) problemsOf(row string) []Problem {
	var out []Problem
	for _, p := range i.Problems {
		if p.row == row {
			out = append(out, p)
		}
	}
	return out
}

// summary names the problem that counts most, and how many others there are.
func summary(of []Problem, known map[string]bool, fails func(Problem) bool) string {
	worst := of[0]
	for _, p := range of {
		if fails(p) {
			worst = p
			break
		}
	}
	text := worst.Failure.Cause
	if known[worst.key()] {
		text += ", as in the original"
	}
	if len(of) > 1 {
		text += fmt.Sprintf("; %d more", len(of)-1)
	}
	return text
}

// key is what makes a problem of two images the same: not the place, which a rewrite may
// change.
func (p Problem) key() string { return string(p.Failure.Kind) + "\x00" + p.Failure.Subject }

// regression reports a problem that counts where the original does not have it: a library
// that is gone does, a link that leads nowhere or a script that nothing starts does not.
func (p Problem) regression() bool { return p.row != rowLinks && p.row != rowScripts }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sample is the first of a list, and how many others there are.
func sample(list []string) string {
	if len(list) == 0 {
		return ""
	}
	if len(list) <= 2 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", list[0], len(list)-1)
}
