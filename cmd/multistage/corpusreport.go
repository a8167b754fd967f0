package main

import (
	"math"
	"slices"
	"sort"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// corpusReport is what a run over a corpus comes to. Field names are part of the
// interface.
type corpusReport struct {
	Results    []corpusResult   `json:"results"` // failures first
	Mismatches []corpusMismatch `json:"mismatches,omitempty"`
	Summary    []corpusSummary  `json:"summary"`
	Problems   []string         `json:"problems,omitempty"` // entries that were left out
}

// corpusMismatch is a verdict that is not the one that a person expected.
type corpusMismatch struct {
	ID       string `json:"id"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// corpusSummary is the figures of one language, with Alpine-based originals apart.
type corpusSummary struct {
	Language  string   `json:"language"`
	Alpine    bool     `json:"alpine,omitempty"`
	Files     int      `json:"files"`
	Rewritten int      `json:"rewritten"`
	Positives int      `json:"positives"`             // for which several stages would be right
	Builds    int      `json:"positives_that_build"`  // of those, as far as it is known
	Covered   int      `json:"rewritten_positives"`   // of those that build
	Proven    int      `json:"proven"`                //
	Disproven int      `json:"disproven"`             //
	NoVerdict int      `json:"no_verdict"`            // infrastructure and failures of ours
	Coverage  *float64 `json:"coverage_percent"`      // Covered of Builds; nil for none
	Correct   *float64 `json:"correctness_percent"`   // Proven of Proven and Disproven
	Saving    *float64 `json:"median_saving_percent"` // of the compressed sizes of the proven
	savings   []float64
}

func newCorpusReport(results []corpusResult, problems []string) *corpusReport {
	r := &corpusReport{Results: slices.Clone(results), Problems: problems}
	sort.SliceStable(r.Results, func(i, j int) bool {
		a, b := &r.Results[i], &r.Results[j]
		return slices.Index(classes, a.class()) < slices.Index(classes, b.class())
	})
	for i := range r.Results {
		if m, ok := r.Results[i].mismatch(); ok {
			r.Mismatches = append(r.Mismatches, m)
		}
	}
	r.Summary = summarise(results)
	return r
}

// failed counts the rewrites that are not proven.
func (r *corpusReport) failed() (n int) {
	for i := range r.Results {
		if r.Results[i].class() == classDisproven {
			n++
		}
	}
	return n
}

// withoutVerdict counts what says nothing about a rewrite.
func (r *corpusReport) withoutVerdict() (n int) {
	for i := range r.Results {
		if !r.Results[i].settled() {
			n++
		}
	}
	return n
}

// mismatch holds a verdict against what a person expected. Where the original does
// not build nothing is offered, which is never wrong.
func (r *corpusResult) mismatch() (corpusMismatch, bool) {
	if r.Error != "" {
		return corpusMismatch{}, false
	}
	rewritten := r.Verdict == plan.Rewritten && r.class() != classBroken
	wanted, judged := r.wanted()
	builds, known := r.builds()
	switch {
	case !judged || rewritten == wanted:
		return corpusMismatch{}, false
	case !rewritten && (r.class() == classBroken || known && !builds):
		return corpusMismatch{}, false
	}
	expected := r.Expected
	if expected == "" {
		expected = r.Kind
	}
	got := "a rewrite"
	if !rewritten {
		got = string(r.Verdict) + " (" + string(r.Code) + ")"
	}
	return corpusMismatch{r.ID, expected, got}, true
}

// wanted is whether a person expects a rewrite; judged is false where either is right
// or nobody said.
func (r *corpusResult) wanted() (wanted, judged bool) {
	switch r.Expected {
	case "convert", "convert-with-warning":
		return true, true
	case "silent", "refuse-or-silent":
		return false, true
	case "convert-optional", "report-only":
		return false, false
	}
	switch r.Kind {
	case "positive":
		return true, true
	case "negative":
		return false, true
	}
	return false, false
}

// positive reports whether several stages would be right for a file: a person says
// so, or where nobody judged, the designer does.
func (r *corpusResult) positive() bool {
	if r.Kind != "" {
		return r.Kind == "positive"
	}
	return r.Verdict == plan.Rewritten || r.Verdict == plan.Refused
}

// builds is whether the original builds; known is false where nobody tried.
func (r *corpusResult) builds() (builds, known bool) {
	if r.Proof == nil {
		return false, false
	}
	return r.Proof.Outcome != proof.OriginalBroken && r.Proof.Original.Built, true
}

// language is the manifest's, else the designer's.
func (r *corpusResult) language() string {
	switch {
	case r.Language != "":
		return r.Language
	case r.Designed != "":
		return r.Designed
	}
	return "unknown"
}

// summarise has a row for each language, with a second one for its Alpine-based
// originals, and the sums of both at the end.
func summarise(results []corpusResult) []corpusSummary {
	type group struct {
		language string
		alpine   bool
	}
	rows := map[group]*corpusSummary{}
	row := func(language string, alpine bool) *corpusSummary {
		g := group{language, alpine}
		if rows[g] == nil {
			rows[g] = &corpusSummary{Language: language, Alpine: alpine}
		}
		return rows[g]
	}
	for i := range results {
		r := &results[i]
		row(clean(r.language()), r.Alpine).count(r)
		row("all", r.Alpine).count(r)
	}
	var all []corpusSummary
	for _, s := range rows {
		s.finish()
		all = append(all, *s)
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		switch {
		case (a.Language == "all") != (b.Language == "all"):
			return b.Language == "all"
		case a.Language != b.Language:
			return a.Language < b.Language
		}
		return !a.Alpine && b.Alpine
	})
	return all
}

func (s *corpusSummary) count(r *corpusResult) {
	s.Files++
	if !r.settled() {
		s.NoVerdict++
	}
	rewritten := r.Verdict == plan.Rewritten
	if rewritten {
		s.Rewritten++
	}
	if r.positive() {
		s.Positives++
		if builds, _ := r.builds(); builds {
			s.Builds++
			if rewritten {
				s.Covered++
			}
		}
	}
	switch r.class() {
	case classProven:
		s.Proven++
		if percent, ok := saved(r.Proof.Original.Compressed, r.Proof.Rewrite.Compressed); ok && r.Proof.Rewrite.Compressed > 0 {
			s.savings = append(s.savings, percent)
		}
	case classDisproven:
		s.Disproven++
	}
}

func (s *corpusSummary) finish() {
	s.Coverage = percentOf(s.Covered, s.Builds)
	s.Correct = percentOf(s.Proven, s.Proven+s.Disproven)
	s.Saving = median(s.savings)
}

// percentOf has one digit after the point, and is rounded down: 99.96 % is not all.
func percentOf(part, whole int) *float64 {
	if whole == 0 {
		return nil
	}
	p := math.Floor(1000*float64(part)/float64(whole)) / 10
	return &p
}

func median(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	m := sorted[len(sorted)/2]
	if len(sorted)%2 == 0 {
		m = (m + sorted[len(sorted)/2-1]) / 2
	}
	m = math.Round(10*m) / 10
	return &m
}
