package review

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

const (
	maxChecks  = 20 // lines of the checklist from a proof, of passed and of others each
	maxGrouped = 3  // checks without more to say that have a line each; more share one
)

// items are the lines of a checklist.
type items struct{ b strings.Builder }

func (l *items) done(format string, args ...any) { fmt.Fprintf(&l.b, "- [x] "+format+"\n", args...) }
func (l *items) open(format string, args ...any) { fmt.Fprintf(&l.b, "- [ ] "+format+"\n", args...) }

// checklist says what was proven and what was not, and why.
func checklist(o offer) string {
	var l items
	l.done("BuildKit's parser reads the rewrite, and every `COPY --from` names a stage and a path that a step makes")
	l.done("every instruction of the original is in the rewrite or named as left out")
	l.contract(o.Result.Contract)
	if o.Proof == nil {
		l.absent(o.Absent)
		return l.b.String()
	}
	l.proof(o.Proof)
	return l.b.String()
}

func (l *items) contract(promises []rewrite.Promise) {
	changed := 0
	for _, p := range promises {
		if p.Change != nil {
			changed++
		}
	}
	switch {
	case len(promises) == 0:
	case changed == 0:
		l.done("the image's configuration stays the same")
	case changed == 1:
		l.done("the image's configuration stays the same, except for the change above")
	default:
		l.done("the image's configuration stays the same, except for the %d changes above", changed)
	}
}

// absent is the one line for all that was not looked at.
func (l *items) absent(a Absence) {
	const nothing = "not built, not started and not measured: "
	switch a.Why {
	case Pending:
		l.open("built, started and measured: this is under way")
	case ForkWaits:
		l.open(nothing + "a fork is built when somebody with write permission asks")
	case Unavailable:
		l.open("%s%s", nothing, unavailable(a))
	default:
		l.open(nothing + "this server builds no proofs")
	}
}

// proof lists what was looked at: what passed and needs no words more on as few
// lines as can be, what did not on a line each.
func (l *items) proof(p *proof.Proof) {
	var plain []string
	passed, failed, left := 0, 0, 0
	for _, c := range p.Checks {
		if c.Passed && c.Detail == "" {
			plain = append(plain, Prose(firstRunes(c.Name, maxValue)))
		}
	}
	group := len(plain) > maxGrouped
	if group {
		l.done("%s", shortList(plain))
	}
	for _, c := range p.Checks {
		text := Prose(firstRunes(c.Name, maxValue))
		if c.Detail != "" {
			text += ": " + Prose(firstRunes(c.Detail, maxDetail))
		}
		switch {
		case c.Passed && c.Detail == "" && group:
		case c.Passed && passed < maxChecks:
			passed++
			l.done("%s", text)
		case !c.Passed && failed < maxChecks:
			failed++
			l.open("%s", text)
		default:
			left++
		}
	}
	if left > 0 {
		fmt.Fprintf(&l.b, "- and %s more\n", count(left, "check"))
	}
	if p.Outcome == proof.OriginalBroken {
		l.open("rewrite not built, not started and not measured: the original does not build here")
	}
}

// shortList is one line of several texts.
func shortList(texts []string) string {
	if n := len(texts); n > maxChecks {
		texts = append(texts[:maxChecks:maxChecks], fmt.Sprintf("%d more", n-maxChecks))
	}
	return strings.Join(texts, "; ")
}
