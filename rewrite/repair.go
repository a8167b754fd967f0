package rewrite

import (
	"bytes"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/lang"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// maxRepairs bounds how often one rewrite is repaired.
const maxRepairs = 3

// Repair designs a rewrite that failed its proof anew, with what the failure teaches.
// It reports false, and gives the rewrite back as it is, where it knows no repair,
// where the repaired design would say the same or would not hold its contract, after
// three repairs, and for a rewrite that was made by hand, which has no design.
//
// It is pure and deterministic. The caller proves the outcome again from the
// beginning: a repair says what to try, and the proof whether it is right. What was
// changed is the last of Result.Repairs.
func Repair(r Result, f proof.Failure) (Result, bool) {
	if r.Verdict != plan.Rewritten || r.input == nil || len(r.Repairs) >= maxRepairs {
		return r, false
	}
	if f.Step == proof.StepContract || f.Step == proof.StepTarget || f.Kind == proof.WrongConfig {
		return r, false
	}
	if vague(f.Kind) {
		if kind, subject := Diagnose(f.Tail); kind != proof.Other {
			f.Kind, f.Subject = kind, subject
		}
	}
	f.Subject = short(clean(f.Subject))
	for _, m := range remedies(r, f) {
		if next, ok := r.redesign(m, shown(f)); ok {
			return next, true
		}
	}
	return r, false
}

// vague reports a kind that says what went wrong and not why.
func vague(kind proof.Kind) bool {
	switch kind {
	case proof.Other, proof.WrongAnswer, proof.WrongExit, proof.WrongPort, "":
		return true
	}
	return false
}

// redesign makes the plan anew with a remedy, and holds it against the original as
// the first one was.
func (r Result) redesign(m remedy, why plan.Evidence) (Result, bool) {
	in := *r.input
	m.hints.Why = why
	in.Hints = in.Hints.With(m.hints)
	language, ok := languageNamed(r.Language)
	if !ok {
		return r, false
	}
	missing := len(in.Project.Missing)
	p, refusal := ask(language, &in)
	if refusal != nil || len(in.Project.Missing) > missing {
		return r, false
	}
	sentence := strings.ReplaceAll(m.text, "{base}", p.Stages[len(p.Stages)-1].Base)
	facts := append(slices.Clone(r.repaired), plan.Fact{Rule: "repaired", Evidence: why, Detail: sentence})
	p.Facts = append(p.Facts, facts...)
	after := render(&in, p)
	promises, err := check(&in, p, after)
	if err != nil || bytes.Equal(after, r.Dockerfile()) {
		return r, false
	}
	next := Result{Path: r.Path, Context: r.Context, Language: r.Language, Source: r.Source, Missing: r.Missing,
		Repairs: append(slices.Clone(r.Repairs), sentence), repaired: facts}
	return next.accept(&in, p, after, promises), true
}

func languageNamed(name string) (plan.Language, bool) {
	for _, l := range lang.All {
		if l.Name == name {
			return l, true
		}
	}
	return plan.Language{}, false
}

// shown is what a failure showed, as evidence for the next design. The line of the
// failure is one of the rewrite, so it is left out.
func shown(f proof.Failure) plan.Evidence {
	what := f.Subject
	if what == "" {
		what = "something that it does not name"
	}
	words := map[proof.Kind]string{
		proof.MissingLibrary: "the library {} was missing",
		proof.LibcVersion:    "the C library was older than {}",
		proof.WrongLibc:      "what is needed to start {} was missing",
		proof.MissingModule:  "the module {} was missing",
		proof.MissingCommand: "the command {} was missing",
		proof.MissingFile:    "{} was missing",
		proof.NoPermission:   "the process had no right to {}",
		proof.NoUser:         "there was no user {}",
		proof.Lifecycle:      "a script of the install needed {}",
		proof.WrongPort:      "port {} was not as in the original",
		proof.WrongAnswer:    "the answer was not that of the original: {}",
	}
	text, ok := words[f.Kind]
	if !ok {
		text = "the image did not do as the original does"
	}
	if f.Kind == proof.MissingModule && f.Subject == "C" {
		text = "the program turned out to call C"
	}
	return plan.Evidence{Text: "in a proof " + strings.ReplaceAll(text, "{}", what)}
}

// lastStage reports whether a line of the rewrite is in its last stage; known is false
// where that cannot be told.
func lastStage(r Result, line int) (last, known bool) {
	file, err := dockerfile.Parse(r.Path, r.Dockerfile())
	if err != nil || line <= 0 {
		return false, false
	}
	return line >= file.Line(file.Stages[len(file.Stages)-1].From), true
}
