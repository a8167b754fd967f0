package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

const (
	maxNotes     = 6
	maxLeftovers = 5
	maxDetail    = 300 // characters of one text out of a proof
)

// proofSection says what building and starting both images showed, or why that was
// not done: the verdict and the figures first, the rest folded. All in it is foreign
// text. It is empty where the server builds no proofs: the checklist says so.
func proofSection(s Subject, level string, budget int) string {
	var blocks []string
	switch p := s.Proof; {
	case p == nil:
		blocks = append(blocks, absenceText(s.Absent))
	case p.Outcome == proof.OriginalBroken:
		blocks = append(blocks, brokenText(p, budget))
	case !p.Proven():
		blocks = append(blocks, disprovenText(s, budget))
	default:
		blocks = append(blocks, provenLine(p)+"\n", sizeBar(p), figures(p), notes(p), leftovers(p), failedTargets(p, budget), compared(p, budget))
	}
	text := joinBlocks(blocks)
	if text == "" {
		return ""
	}
	return level + " Proof\n\n" + text
}

// absenceText says why there is no proof and how to get one.
func absenceText(a Absence) string {
	switch a.Why {
	case Pending:
		return "Not proven yet: the original and the rewrite are being built from this commit, started and compared; the figures follow in this review.\n"
	case ForkWaits:
		return "Not proven yet: this comes from a fork, so it is built when somebody with write permission comments `/multistage verify`.\n"
	case Unavailable:
		return fmt.Sprintf("Not proven: %s. That is no verdict on the rewrite; `/multistage verify` tries again.\n", unavailable(a))
	}
	return ""
}

// unavailable is what kept a proof from being made.
func unavailable(a Absence) string {
	if a.Detail == "" {
		return "the images could not be built just now"
	}
	return Prose(firstRunes(trimStop(a.Detail), maxDetail))
}

// brokenText says why the original does not build. Then nothing is claimed of the
// rewrite.
func brokenText(p *proof.Proof, budget int) string {
	text := "Not proven: **the original does not build here**, so there was nothing to compare the rewrite with, and no size is claimed.\n"
	if f := p.Failure; f != nil {
		text += "\n" + failureLine(f, "the original") + "\n" + tailDetails(f.Tail, budget)
	}
	return joinBlocks([]string{text, notes(p)})
}

// disprovenText says why a rewrite was withdrawn, and what was tried.
func disprovenText(s Subject, budget int) string {
	p := s.Proof
	text := "The rewrite is withdrawn: it does not do what the original does.\n"
	if f := p.Failure; f != nil {
		text += "\n" + failureLine(f, "the rewrite of "+Code(firstRunes(s.File.Path, maxValue))) + "\n" + tailDetails(f.Tail, budget)
	}
	return joinBlocks([]string{text, repairs(p), notes(p)})
}

// failureLine is the step, the place and the cause of a failure.
func failureLine(f *proof.Failure, of string) string {
	at := ""
	if f.Line > 0 {
		at = fmt.Sprintf(", line %d of %s", f.Line, of)
	}
	return fmt.Sprintf("**%s**%s: %s\n", stepName(f.Step), at, sentence(Prose(firstRunes(f.Cause, maxDetail))))
}

// stepName is a step of the proof for people.
func stepName(s proof.Step) string {
	switch s {
	case proof.StepContract:
		return "The image's configuration"
	case proof.StepBuild:
		return "The build"
	case proof.StepFiles:
		return "The image's files"
	case proof.StepStart:
		return "The start"
	case proof.StepTarget:
		return "A further stage"
	}
	return "The proof"
}

// provenLine is the verdict in plain words.
func provenLine(p *proof.Proof) string {
	line := "**Proven.** Both images were built from this commit"
	if p.Original.Start.State != "" && p.Rewrite.Start.State != "" {
		line += ", started without network and compared: " + startWords(p.Original.Start, p.Rewrite.Start) + "."
	} else {
		line += " and compared."
	}
	if n := len(p.Rounds); n > 0 {
		line += fmt.Sprintf(" The rewrite holds after %s, listed below.", count(n, "repair"))
	}
	return line
}

// startWords compares what two containers did.
func startWords(before, after proof.Start) string {
	if before.State != after.State {
		return fmt.Sprintf("the original's state is %s, the rewrite's %s", Text(string(before.State)), Text(string(after.State)))
	}
	switch after.State {
	case proof.Listening:
		return portWords(before.Ports, after.Ports) + answerWords(before.Answers, after.Answers)
	case proof.Running:
		return "both keep running, without listening on a port"
	case proof.Exited:
		return exitWords(before, after)
	case proof.NotStartable:
		return "neither can be started"
	}
	return "they do the same"
}

func portWords(before, after []string) string {
	if slices.Equal(before, after) {
		return "both listen on " + codeList(after)
	}
	return "the original listens on " + codeList(before) + ", the rewrite on " + codeList(after)
}

func answerWords(before, after []proof.Answer) string {
	if len(after) == 0 {
		return ""
	}
	same := true
	for _, a := range after {
		b := answerTo(before, a)
		if b == nil || !sameAnswer(*b, a) {
			return "; the answers are listed below"
		}
		same = same && b.Digest == a.Digest
	}
	switch {
	case !same:
		return ", and the answers have the same status and type"
	case len(after) == 1:
		return ", and give the same answer"
	}
	return fmt.Sprintf(", and give the same %d answers", len(after))
}

func exitWords(before, after proof.Start) string {
	if before.ExitCode != after.ExitCode {
		return fmt.Sprintf("the original ends with exit code %d, the rewrite with %d", before.ExitCode, after.ExitCode)
	}
	words := fmt.Sprintf("both end by themselves with exit code %d", after.ExitCode)
	if after.Error != "" && before.Error == after.Error {
		words += " and the same first error, " + Code(firstRunes(visible(oneLine(after.Error)), maxDetail))
	}
	return words
}

// notes are what a reader must know to judge the proof.
func notes(p *proof.Proof) string {
	var b strings.Builder
	for i, n := range p.Notes {
		if i == maxNotes {
			fmt.Fprintf(&b, "- and %d more\n", len(p.Notes)-i)
			break
		}
		b.WriteString("- " + sentence(Prose(firstRunes(n, maxDetail))) + "\n")
	}
	return titled("To judge it by:", b.String())
}

// leftovers are what the rewritten image should not have.
func leftovers(p *proof.Proof) string {
	var b strings.Builder
	all := p.Rewrite.Contents.Leftovers
	for i, l := range all {
		if i == maxLeftovers {
			fmt.Fprintf(&b, "- and %d more\n", len(all)-i)
			break
		}
		fmt.Fprintf(&b, "- %s: %s, %s\n", Text(firstRunes(l.Kind, maxValue)), Code(firstRunes(l.Path, maxValue)), size(l.Size))
	}
	return titled("Still in the rewritten image:", b.String())
}

// repairs are the rounds, each one sentence.
func repairs(p *proof.Proof) string {
	var b strings.Builder
	for i, r := range p.Rounds {
		if i == maxRounds {
			fmt.Fprintf(&b, "- and %d more\n", len(p.Rounds)-i)
			break
		}
		fmt.Fprintf(&b, "- %s To answer it: %s\n", sentence(Prose(firstRunes(r.Failure.Cause, maxDetail))), sentence(Prose(firstRunes(r.Repair, maxDetail))))
	}
	return titled("Repairs, in order:", b.String())
}

// maxRounds is above the number of rounds that a proof has.
const maxRounds = 5
