package review

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// withheld reports whether there is a rewrite that is not offered because the server
// offers only what is proven.
func (c *composition) withheld(s Subject) bool {
	_, offered := newOffer(s, c.cfg)
	return rewritten(s) && !offered && !disproven(s)
}

// checkTitle is the one line that the list of checks shows.
func (c *composition) checkTitle(offers int) string {
	n, refused, withheld, proven := len(c.subjects), 0, 0, 0
	for _, s := range c.subjects {
		if v, _, _ := subjectVerdict(s); v == plan.Refused {
			refused++
		}
		if c.withheld(s) {
			withheld++
		}
		if s.Proof.Proven() && rewritten(s) {
			proven++
		}
	}
	switch {
	case n == 1:
		return c.oneTitle(c.subjects[0], offers == 1)
	case proven > 0:
		return fmt.Sprintf("%d of %d Dockerfiles can be multi-stage, %d proven", offers, n, proven)
	case offers > 0:
		return fmt.Sprintf("%d of %d Dockerfiles can be multi-stage", offers, n)
	case withheld > 0:
		return fmt.Sprintf("No proven rewrite for %d of %d Dockerfiles", withheld, n)
	case refused > 0:
		return fmt.Sprintf("No rewrite for %d of %d Dockerfiles", refused, n)
	}
	return fmt.Sprintf("Nothing to do for %d Dockerfiles", n)
}

// oneTitle is the title for a single Dockerfile.
func (c *composition) oneTitle(s Subject, offered bool) string {
	_, code, _ := subjectVerdict(s)
	title := code.Info().Title
	switch {
	case offered && s.Proof.Proven():
		return provenTitle(s)
	case offered && provable(s):
		return "The Dockerfile can be multi-stage; " + unprovenTitle(s)
	case offered:
		return "The Dockerfile can be multi-stage"
	case c.withheld(s):
		return "No rewrite is offered: " + unprovenTitle(s)
	case code.Verdict() == plan.Refused && title != "":
		return "No rewrite: " + title
	case title != "":
		return "Nothing to do: " + title
	}
	return "Nothing to do"
}

// provenTitle has the sizes where both were measured.
func provenTitle(s Subject) string {
	if !sized(s.Proof) {
		return "The Dockerfile can be multi-stage, proven"
	}
	name := Plain(s.File.Path)
	if len(name) > 60 { // one line of the page of a pull request
		name = "The Dockerfile"
	}
	before, after := s.Proof.Original.Sizes.Unpacked, s.Proof.Rewrite.Sizes.Unpacked
	return fmt.Sprintf("%s: %s → %s (%s), proven", name, measuredSize(before), measuredSize(after), percent(before, after))
}

// provable reports whether the server that looked at a rewrite builds proofs.
func provable(s Subject) bool { return s.Proof != nil || s.Absent.Why != ProofsOff }

// unprovenTitle is why a rewrite is not proven, in a few words.
func unprovenTitle(s Subject) string {
	switch {
	case s.Proof != nil:
		return "the original does not build here"
	case s.Absent.Why == Pending:
		return "the proof is under way"
	case s.Absent.Why == ForkWaits:
		return "a fork is built when somebody asks"
	case s.Absent.Why == Unavailable:
		return "it could not be proven just now"
	}
	return "this server builds no proofs"
}

// summaryLine says in one line what was found for a Dockerfile.
func (c *composition) summaryLine(s Subject) string {
	name := Code(s.File.Path)
	if o, ok := newOffer(s, c.cfg); ok {
		line := verdictLine(o) + proofWords(s)
		for _, q := range c.quiet {
			if q.File.Path == s.File.Path && q.declined {
				line += " An earlier answer was turned down, so there is no review; `/multistage` asks for one."
			}
		}
		return line
	}
	if c.withheld(s) {
		return name + ": there is a rewrite, and it is not offered, because this server offers only what is proven." + proofWords(s)
	}
	verdict, code, reason := subjectVerdict(s)
	if code == "" {
		return name + ": nothing to do."
	}
	info := code.Info()
	line := fmt.Sprintf("%s: %s", name, Prose(info.Title))
	if why := evidence(reason); why != "" {
		line += ": " + why
	}
	line = sentence(line)
	if s.Result.Remedy != "" && verdict == plan.Refused {
		line += " What would help: " + sentence(Prose(s.Result.Remedy))
	}
	return line + fmt.Sprintf(" `multistage explain %s` says more.", string(code))
}

// proofWords says in a sentence how far a rewrite is proven; nothing where the server
// builds no proofs.
func proofWords(s Subject) string {
	switch p := s.Proof; {
	case p.Proven():
		return " Proven: both images were built and compared."
	case p != nil && p.Outcome == proof.OriginalBroken:
		text := " Not proven: the original does not build here"
		if p.Failure != nil {
			text += " (" + place(plan.Evidence{Path: s.File.Path, Line: p.Failure.Line}) + "): " + Prose(firstRunes(trimStop(p.Failure.Cause), maxDetail))
		}
		return sentence(text)
	case p != nil:
		return ""
	}
	switch s.Absent.Why {
	case Pending:
		return " The proof is under way."
	case ForkWaits:
		return " Not built: it comes from a fork, and somebody with write permission has to ask for it with `/multistage verify`."
	case Unavailable:
		return fmt.Sprintf(" Not proven: %s. That is no verdict on the rewrite; `/multistage verify` tries again.", unavailable(s.Absent))
	}
	return ""
}

// failureWords says why a rewrite was withdrawn: the step, the line of the rewrite
// and the cause.
func failureWords(p *proof.Proof) string {
	f := p.Failure
	if f == nil {
		return "no more is known"
	}
	text := string(f.Step)
	if f.Line > 0 {
		text += fmt.Sprintf(", line %d of the rewrite", f.Line)
	}
	text += ": " + firstRunes(trimStop(f.Cause), maxDetail)
	if n := len(p.Rounds); n > 0 {
		text += fmt.Sprintf("; %s did not help", count(n, "repair"))
	}
	return text
}

// checkText is the long text of the check run: the proofs, and for rewrites that get
// no review what it would say.
func (c *composition) checkText() string {
	alone := composition{pr: c.pr, cfg: c.cfg, offers: c.quiet}
	alone.cfg.CommitOff = true
	var parts []string
	quiet := map[string]bool{}
	for i, o := range c.quiet {
		if i == MaxFiles {
			break
		}
		quiet[o.File.Path] = true
		o.suggestion, o.why = nil, ""
		parts = append(parts, alone.fileSection(o))
	}
	for _, s := range c.subjects {
		if s.Result.Hardening != nil && len(parts) < MaxFiles {
			parts = append(parts, c.hardening(s))
		}
		if s.Proof == nil || quiet[s.File.Path] || !rewritten(s) || len(parts) == MaxFiles {
			continue
		}
		heading, level := "### "+Code(firstRunes(s.File.Path, maxValue))+"\n\n", "####"
		if len(c.subjects) == 1 {
			heading, level = "", "###"
		}
		parts = append(parts, heading+proofSection(s, level, tailBudget(len(c.subjects))))
	}
	return Fit(strings.Join(parts, "\n---\n\n"), MaxBody)
}

// hardening says what would improve a file whose single stage is right, with the patch.
func (c *composition) hardening(s Subject) string {
	var b strings.Builder
	h := s.Result.Hardening
	if len(c.subjects) > 1 {
		fmt.Fprintf(&b, "### %s\n\n", Code(firstRunes(s.File.Path, maxValue)))
	}
	b.WriteString("A single stage is right here. The same image without what is left over:\n\n")
	for i, e := range h.Changes {
		if i == maxEvidence {
			fmt.Fprintf(&b, "- and %d more\n", len(h.Changes)-i)
			break
		}
		fmt.Fprintf(&b, "- %s\n", evidence(e))
	}
	change := rewrite.FileChange{Path: s.File.Path, Mode: s.File.Mode, Before: s.File.Content, After: h.After}
	return b.String() + "\n" + foldedPatch("The hardening as a patch", []rewrite.FileChange{change}, maxPatch/len(c.subjects))
}
