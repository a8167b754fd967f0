package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

const (
	maxCauses  = 5
	maxAnswers = 10
	maxTargets = 20
	maxFailed  = 3 // stages whose failure is told one by one
)

// compared is what a reader looks up: folded.
func compared(p *proof.Proof, budget int) string {
	text := joinBlocks([]string{contents(p), answers(p), targets(p), repairs(p), containerLogs(p, budget)})
	if text == "" {
		return ""
	}
	return "<details>\n<summary>What was compared</summary>\n\n" + text + "\n</details>\n"
}

// contents is what makes the sizes, and what counts for safety.
func contents(p *proof.Proof) string {
	var t table
	for _, c := range largestCauses(p.Causes) {
		t.row(Text(firstRunes(c.Name, maxValue)), causeCell(c.Before), causeCell(c.After))
	}
	b, a := p.Original.Contents, p.Rewrite.Contents
	if b.Files > 0 && a.Files > 0 {
		t.row("files", fmt.Sprint(b.Files), fmt.Sprint(a.Files))
		t.row("packages of the system", fmt.Sprint(b.Packages), fmt.Sprint(a.Packages))
		t.row("setuid and setgid files", fmt.Sprint(b.Setuid), fmt.Sprint(a.Setuid))
		t.row("shell", pathCell(b.Shell), pathCell(a.Shell))
		t.row("package manager", pathCell(b.PackageManager), pathCell(a.PackageManager))
	}
	return t.String()
}

// largestCauses are the parts that make most of the difference, the largest first.
func largestCauses(causes []proof.Cause) []proof.Cause {
	sorted := slices.Clone(causes)
	slices.SortStableFunc(sorted, func(a, b proof.Cause) int { return cmp.Compare(difference(b), difference(a)) })
	return sorted[:min(len(sorted), maxCauses)]
}

func difference(c proof.Cause) int64 { return max(c.Before-c.After, c.After-c.Before) }

func causeCell(n int64) string {
	if n <= 0 {
		return "none"
	}
	return measuredSize(n)
}

func pathCell(path string) string {
	if path == "" {
		return "none"
	}
	return Cell(firstRunes(path, maxValue))
}

// answers are what came back on each port, and how the containers ended.
func answers(p *proof.Proof) string {
	var b strings.Builder
	before, after := p.Original.Start, p.Rewrite.Start
	for i, a := range after.Answers {
		if i == maxAnswers {
			fmt.Fprintf(&b, "- and %d answers more\n", len(after.Answers)-i)
			break
		}
		fmt.Fprintf(&b, "- %s: %s\n", question(a), answerPair(answerTo(before.Answers, a), a))
	}
	if before.Health != nil && after.Health != nil {
		fmt.Fprintf(&b, "- the health check's exit code: %s\n", pair(fmt.Sprint(before.Health.ExitCode), fmt.Sprint(after.Health.ExitCode)))
	}
	if before.Stopped != "" || after.Stopped != "" {
		fmt.Fprintf(&b, "- at SIGTERM: %s\n", pair(endText(before.Stopped), endText(after.Stopped)))
	}
	return titled("What came back, without network:", b.String())
}

// titled is a list with a line above it, "" without a list.
func titled(title, list string) string {
	if list == "" {
		return ""
	}
	return title + "\n\n" + list
}

func endText(s string) string {
	if s == "" {
		return "ended before"
	}
	return Text(firstRunes(s, maxValue))
}

// pair says one thing where both are the same.
func pair(before, after string) string {
	if before == after {
		return after + ", the same"
	}
	return before + " before, " + after + " after"
}

// question is what was asked for and where.
func question(a proof.Answer) string {
	port := Code(firstRunes(a.Port, maxValue))
	if a.Path == "" {
		return port
	}
	text := Code("GET "+firstRunes(a.Path, maxValue)) + " on " + port
	if a.Protocol == "https" {
		text += " by HTTPS"
	}
	return text
}

// answerTo is the answer to the same question; nil where there was none.
func answerTo(answers []proof.Answer, a proof.Answer) *proof.Answer {
	for i := range answers {
		if answers[i].Port == a.Port && answers[i].Path == a.Path {
			return &answers[i]
		}
	}
	return nil
}

// sameAnswer reports whether two answers are the same as far as a client acts on
// them: protocol, status, type and where it is sent on to.
func sameAnswer(a, b proof.Answer) bool {
	return a.Protocol == b.Protocol && a.Status == b.Status && a.Type == b.Type && a.Location == b.Location
}

func answerPair(before *proof.Answer, after proof.Answer) string {
	switch {
	case before == nil:
		return answerText(after) + "; the original was not asked"
	case !sameAnswer(*before, after):
		return answerText(*before) + " before, " + answerText(after) + " after"
	case before.Digest != after.Digest:
		return answerText(after) + ", the same; the bodies differ"
	}
	return answerText(after) + ", the same"
}

// answerText is an answer in short.
func answerText(a proof.Answer) string {
	if a.Path == "" || a.Status == 0 {
		return "open, and no HTTP"
	}
	text := fmt.Sprint(a.Status)
	if a.Type != "" {
		text += " " + Code(firstRunes(a.Type, maxValue))
	}
	if a.Location != "" {
		text += " to " + Code(firstRunes(a.Location, maxValue))
	}
	return text
}

// targets are the advertised stages with their outcome.
func targets(p *proof.Proof) string {
	var b strings.Builder
	for i, t := range p.Targets {
		if i == maxTargets {
			fmt.Fprintf(&b, "- and %d more\n", len(p.Targets)-i)
			break
		}
		outcome := "builds"
		switch {
		case t.Test && t.Built:
			outcome = "passes"
		case t.Test:
			outcome = "fails"
		case !t.Built:
			outcome = "does not build"
		}
		fmt.Fprintf(&b, "- %s %s\n", Code(firstRunes(t.Name, maxValue)), outcome)
	}
	return titled("Stages, each built for itself:", b.String())
}

// failedTargets says plainly which stages fail. A test that fails is the project's
// own: it says nothing against the image.
func failedTargets(p *proof.Proof, budget int) string {
	var blocks, tails []string
	failed := 0
	for _, t := range p.Targets {
		if t.Built {
			continue
		}
		if failed++; failed > maxFailed {
			continue
		}
		name := Code(firstRunes(t.Name, maxValue))
		words := "**The stage %s does not build.**\n"
		if t.Test {
			words = "**The stage %s fails.** The image does not depend on it.\n"
		}
		blocks = append(blocks, fmt.Sprintf(words, name))
		if log := tail(t.Tail, budget); log != "" {
			tails = append(tails, name+":\n\n"+log)
		}
	}
	if failed > maxFailed {
		blocks = append(blocks, fmt.Sprintf("**%s more do not succeed.**\n", count(failed-maxFailed, "stage")))
	}
	if len(tails) > 0 {
		blocks = append(blocks, "<details>\n<summary>The last lines of the log</summary>\n\n"+strings.Join(tails, "\n")+"\n</details>\n")
	}
	return joinBlocks(blocks)
}

// containerLogs are the last lines that the containers wrote, once where both wrote
// the same.
func containerLogs(p *proof.Proof, budget int) string {
	before, after := tail(p.Original.Start.Log, budget), tail(p.Rewrite.Start.Log, budget)
	switch {
	case before == "" && after == "":
		return ""
	case before == after:
		return "Both containers write:\n\n" + after
	case before == "":
		return "The original writes nothing, the rewrite:\n\n" + after
	case after == "":
		return "The rewrite writes nothing, the original:\n\n" + before
	}
	return "The original writes:\n\n" + before + "\nThe rewrite writes:\n\n" + after
}
