package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// write writes a report as text, markdown or JSON.
func (r *corpusReport) write(w io.Writer, format string) error {
	if format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	heading, table, text := "\n%s\n\n", func(g *grid) { g.write(w, painter{}, 0) }, clean
	item := "  %s\n"
	if format == "markdown" {
		heading, table, text, item = "\n## %s\n\n", func(g *grid) { g.markdown(w) }, markdownText, "- %s\n"
	}
	table(r.files())
	if len(r.Mismatches) > 0 {
		fmt.Fprintf(w, heading, "Other verdicts than expected")
		g := &grid{header: []string{"id", "expected", "got"}}
		for _, m := range r.Mismatches {
			g.add(m.ID, m.Expected, m.Got)
		}
		table(g)
	}
	if len(r.Problems) > 0 {
		fmt.Fprintf(w, heading, "Left out")
		for _, p := range r.Problems {
			fmt.Fprintf(w, item, text(p))
		}
	}
	fmt.Fprintf(w, heading, "Summary")
	table(r.summary())
	return nil
}

// files has a row for each file.
func (r *corpusReport) files() *grid {
	g := &grid{
		header: []string{"file", "language", "alpine", "verdict", "original", "rewrite", "same", "size", "saving", "rebuild", "seconds", "why"},
		right:  []bool{false, false, false, false, false, false, false, true, true, true, true, false},
	}
	for i := range r.Results {
		x := &r.Results[i]
		g.add(x.name(), x.language(), yes(x.Alpine), x.verdict(), x.original(), x.rewritten(), x.same(),
			x.sizes(), x.saving(), x.rebuilds(), strconv.Itoa(int(x.Seconds+0.5)), cut(x.why(), 300))
	}
	return g
}

// name is the id, with the file where the id does not say it.
func (r *corpusResult) name() string {
	where := r.Repo + "/" + r.Dockerfile
	if r.ID == where {
		return where
	}
	return r.ID + " (" + where + ")"
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func (r *corpusResult) verdict() string {
	switch class := r.class(); {
	case class != classNotProposed:
		return class
	case r.Code != "":
		return string(r.Verdict) + " " + string(r.Code)
	}
	return string(r.Verdict)
}

// original and rewritten say whether an image was built: "-" where nobody tried.
func (r *corpusResult) original() string {
	switch builds, known := r.builds(); {
	case !known:
		return "-"
	case builds:
		return "builds"
	}
	return "broken"
}

func (r *corpusResult) rewritten() string {
	switch {
	case r.Verdict != plan.Rewritten || r.Proof == nil || r.Proof.Outcome == proof.OriginalBroken:
		return "-"
	case r.Proof.Rewrite.Built:
		return "builds"
	case r.Proof.Failure != nil && r.Proof.Failure.Step == proof.StepContract:
		return "-"
	}
	return "broken"
}

// same is whether the rewrite behaves as the original, where it came to that.
func (r *corpusResult) same() string {
	switch {
	case r.rewritten() != "builds":
		return "-"
	case r.Proof.Outcome == proof.Proven:
		return "yes"
	}
	return "no"
}

func (r *corpusResult) measured() (before, after int64, ok bool) {
	if r.Verdict != plan.Rewritten || r.Proof == nil {
		return 0, 0, false
	}
	before, after = r.Proof.Original.Compressed, r.Proof.Rewrite.Compressed
	return before, after, before > 0 && after > 0
}

func (r *corpusResult) sizes() string {
	before, after, ok := r.measured()
	if !ok {
		return "-"
	}
	return size(before) + " → " + size(after)
}

func (r *corpusResult) saving() string {
	before, after, ok := r.measured()
	if !ok {
		return "-"
	}
	return savedText(before, after)
}

func (r *corpusResult) rebuilds() string {
	if r.Proof == nil || r.Proof.Original.Rebuild == nil || r.Proof.Rewrite.Rebuild == nil {
		return "-"
	}
	return seconds(r.Proof.Original.Rebuild.Seconds) + " → " + seconds(r.Proof.Rewrite.Rebuild.Seconds)
}

// why explains in one line what is not proven, and why there is no rewrite.
func (r *corpusResult) why() string {
	switch {
	case r.Error != "":
		return clean(r.Error)
	case r.Unavailable != nil:
		return string(r.Unavailable.Reason) + ": " + strings.Join(cleanLines(r.Unavailable.Detail), " ")
	case r.Proof != nil && r.Proof.Failure != nil:
		return r.failure()
	case r.Verdict != plan.Rewritten:
		return r.Reason
	case r.Proof != nil && len(r.Proof.Rounds) > 0:
		return "repaired: " + clean(r.Proof.Rounds[len(r.Proof.Rounds)-1].Repair)
	}
	return ""
}

// failure has the place of the file that was built: the rewrite's lines are those of
// the rewrite.
func (r *corpusResult) failure() string {
	f := r.Proof.Failure
	text := string(f.Step) + ": " + clean(f.Cause)
	if f.Line > 0 {
		name := r.Dockerfile
		if r.Proof.Outcome != proof.OriginalBroken && r.Verdict == plan.Rewritten {
			name += " (rewritten)"
		}
		text = fmt.Sprintf("%s:%d: %s", name, f.Line, text)
	}
	if r.Verdict != plan.Rewritten {
		text = r.Reason + "; the original: " + text
	}
	return text
}

// summary has a row for each language.
func (r *corpusReport) summary() *grid {
	g := &grid{header: []string{"language", "files", "rewritten", "positives", "that build", "covered", "coverage", "proven", "not proven", "correct", "median saving", "no verdict"}}
	for range g.header[1:] {
		g.right = append(g.right, true)
	}
	g.right = append([]bool{false}, g.right...)
	n := strconv.Itoa
	for _, s := range r.Summary {
		name := s.Language
		if s.Alpine {
			name += " on Alpine"
		}
		g.add(name, n(s.Files), n(s.Rewritten), n(s.Positives), n(s.Builds), n(s.Covered), percentText(s.Coverage),
			n(s.Proven), n(s.Disproven), percentText(s.Correct), percentText(s.Saving), n(s.NoVerdict))
	}
	return g
}

func percentText(p *float64) string {
	if p == nil {
		return "-"
	}
	return strconv.FormatFloat(*p, 'f', -1, 64) + " %"
}
