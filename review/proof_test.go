package review_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// hostileProof is a proof that has s in every text, once alike for both images and
// once not.
func hostileProof(s string) *proof.Proof {
	image := func(log string) proof.Image {
		return proof.Image{
			Built: true, Seconds: 40, Steps: 6, Sizes: proof.Sizes{Compressed: 4e8, Unpacked: 1_140_000_000},
			Contents: proof.Contents{Files: 9, Packages: 3, Setuid: 1, Shell: s, PackageManager: s, Leftovers: []proof.Leftover{{Kind: s, Path: s, Size: 5}}},
			Start: proof.Start{
				State: proof.Listening, Ports: []string{s, s + s}, Stopped: log, Log: log,
				Answers: []proof.Answer{{Port: s, Path: s, Protocol: "https", Status: 302, Type: s, Location: log}, {Port: s, Protocol: s}},
				Health:  &proof.Health{Output: s},
			},
			Rebuild: &proof.Rebuild{Path: s, Steps: 2, Seconds: 3},
		}
	}
	f := proof.Failure{Step: proof.StepBuild, Subject: s, Line: 2, Cause: s, Tail: s}
	return &proof.Proof{
		Outcome: proof.Proven, Original: image(s + s), Rewrite: image(s),
		Causes:  []proof.Cause{{Name: s, Before: 9, After: 1}},
		Targets: []proof.Target{{Name: s, Built: true}, {Name: s, Test: true, Tail: s}, {Name: s, Tail: s}},
		Checks:  []proof.Check{{Name: s, Detail: s, Passed: true}, {Name: s, Passed: true}, {Name: s, Detail: s}},
		Rounds:  []proof.Round{{Failure: f, Repair: s}},
		Notes:   []string{s},
	}
}

// TestProofIsInert says every state of a proof with hostile text.
func TestProofIsInert(t *testing.T) {
	for _, s := range append(hostile, forged, strings.Repeat("```\n", 50)) {
		checkProofShapes(t, s, filled(s))
	}
	huge := strings.Repeat("\x1b[31m\u202e", 9_000)
	x := subject("Dockerfile", single, multi)
	x.Proof = hostileProof(huge)
	checkProofShapes(t, "huge", x)
}

// forged is a marker of ours in a stranger's text.
var forged = review.Marker{Path: "Dockerfile", Blob: "ab", State: "cd"}.String()

func checkProofShapes(t *testing.T, s string, x review.Subject) {
	t.Helper()
	shapes := []func(){
		func() {},
		func() { x.Proof.Rewrite.Start, x.Proof.Original.Start = exits(s), exits(s) },
		func() { x.Proof.Outcome, x.Proof.Failure = proof.OriginalBroken, &x.Proof.Rounds[0].Failure },
		func() { x.Proof.Outcome = proof.Disproven },
		func() { x.Proof, x.Absent = nil, review.Absence{Why: review.Unavailable, Detail: s} },
	}
	for _, change := range shapes {
		change()
		for _, cfg := range []config.Config{{}, {Required: true}, {ReviewOff: true}} {
			r := review.Compose(pullRequest(x), []review.Subject{x}, cfg)
			checkLimits(t, r)
			for _, body := range []string{r.Body, r.Check.Summary, r.Check.Text} {
				checkShape(t, s, body)
			}
			if diff := cmp.Diff(r.Markers, review.ParseMarkers(r.Body)); diff != "" && r.Body != "" {
				t.Errorf("%q: markers %s", s, diff)
			}
			if m := review.ParseMarkers(r.Check.Text); m != nil {
				t.Errorf("%q: a marker in the check run: %v", s, m)
			}
		}
	}
}

func exits(s string) proof.Start {
	return proof.Start{State: proof.Exited, ExitCode: 1, Error: s, Log: s}
}

// TestProofIsCapped gives a proof of the greatest size for ten Dockerfiles: the
// review fits, and each of them still has its verdict.
func TestProofIsCapped(t *testing.T) {
	var subjects []review.Subject
	for _, name := range strings.Split("a b c d e f g h i j", " ") {
		x := subject(name+"/Dockerfile", single, multi)
		x.Proof = hostileProof(strings.Repeat("a word and more words ", 20_000))
		for range 9 {
			x.Proof.Checks = append(x.Proof.Checks, x.Proof.Checks...)
			x.Proof.Targets = append(x.Proof.Targets, x.Proof.Targets...)
			x.Proof.Notes = append(x.Proof.Notes, x.Proof.Notes...)
		}
		subjects = append(subjects, x)
	}
	one := review.Compose(pullRequest(subjects...), subjects[:1], config.Config{})
	checkLimits(t, one)
	if len(one.Body) > review.MaxBody*2/3 || strings.Contains(one.Body, "The rest is left out") {
		t.Errorf("one Dockerfile fills %d bytes", len(one.Body))
	}
	r := review.Compose(pullRequest(subjects...), subjects, config.Config{})
	checkLimits(t, r)
	if len(review.ParseMarkers(r.Body)) != 10 {
		t.Error("markers are lost")
	}
}

// with is a subject that has a proof, or why there is none.
func with(s review.Subject, p *proof.Proof, why review.Why) review.Subject {
	s.Proof, s.Absent = p, review.Absence{Why: why, Detail: "the daemon has no room"}
	return s
}

// figures is a proof that holds.
func figures() *proof.Proof {
	image := func(n int64) proof.Image {
		return proof.Image{Built: true, Sizes: proof.Sizes{Unpacked: n}, Start: proof.Start{State: proof.Listening, Ports: []string{"8080/tcp"}}}
	}
	return &proof.Proof{Outcome: proof.Proven, Original: image(1_140_000_000), Rewrite: image(14_000_000)}
}

func broken() *proof.Proof {
	return &proof.Proof{Outcome: proof.OriginalBroken, Failure: &proof.Failure{Step: proof.StepBuild, Line: 4, Cause: "go: not found"}}
}

func disproof() *proof.Proof {
	return &proof.Proof{Outcome: proof.Disproven, Failure: &proof.Failure{Step: proof.StepStart, Cause: "it does not listen"}}
}

// settled reports whether the check run on the head is an answer.
func settled(w *world) bool { return review.Answered(w.pr) }

func (w *world) prove(p *proof.Proof, why review.Why) { w.subjects = []review.Subject{with(a, p, why)} }

// TestDiffPending is a review that comes before its figures: they are put into the
// same review, and nothing takes the first for the last word.
func TestDiffPending(t *testing.T) {
	for name, tt := range map[string]struct {
		p       *proof.Proof
		why     review.Why
		changes string
		answer  bool
	}{
		"proven":          {figures(), "", "EditReview UpdateCheckRun", true},
		"original broken": {broken(), "", "EditReview UpdateCheckRun", true},
		"disproven":       {disproof(), "", "MinimizeComment:C MinimizeComment:R UpdateCheckRun", true},
		"unavailable":     {nil, review.Unavailable, "EditReview UpdateCheckRun", false},
	} {
		for _, discussed := range []bool{false, true} {
			w := newWorld(with(a, nil, review.Pending))
			expect(t, w, "CreateCommit CreateReview CreateCheckRun")
			if settled(w) {
				t.Errorf("%s: a pending review is an answer", name)
			}
			w.pr.Posted[0].Discussed = discussed
			w.prove(tt.p, tt.why)
			if got := w.run(); got != tt.changes {
				t.Errorf("%s, discussed %v: %q, want %q", name, discussed, got, tt.changes)
			}
			if again := w.diff(); len(again) != 0 || settled(w) != tt.answer {
				t.Errorf("%s: again %q, an answer %v", name, kinds(again), settled(w))
			}
			if len(w.pr.Posted) != 1 || len(w.pr.Checks) != 1 {
				t.Errorf("%s: %d reviews, %d checks", name, len(w.pr.Posted), len(w.pr.Checks))
			}
		}
	}
}

// TestDiffKeepsFigures makes a proof again that was there: until a new one is, the
// posted one stays.
func TestDiffKeepsFigures(t *testing.T) {
	for _, why := range []review.Why{review.Pending, review.Unavailable, review.ForkWaits} {
		w := newWorld(with(a, figures(), ""))
		w.run()
		posted := w.pr.Posted[0].Body
		w.prove(nil, why)
		expect(t, w, "UpdateCheckRun")
		w.cfg.Required = true
		w.run()
		if w.pr.Posted[0].Body != posted || w.pr.Posted[0].Minimized {
			t.Errorf("%s: the figures are gone", why)
		}
		w.prove(disproof(), "")
		expect(t, w, "MinimizeComment:C MinimizeComment:R UpdateCheckRun")
	}
}

// TestRequired offers nothing but what is proven.
func TestRequired(t *testing.T) {
	for name, s := range map[string]review.Subject{
		"off":         with(a, nil, review.ProofsOff),
		"pending":     with(a, nil, review.Pending),
		"fork":        with(a, nil, review.ForkWaits),
		"unavailable": with(a, nil, review.Unavailable),
		"broken":      with(a, broken(), ""),
		"disproven":   with(a, disproof(), ""),
	} {
		w := newWorld(s)
		w.cfg.Required = true
		expect(t, w, "CreateCheckRun")
		if c := review.CommitOf(w.pr, w.subjects, w.cfg, ""); c != nil {
			t.Errorf("%s: apply would commit what is not proven", name)
		}
	}
	w := newWorld(with(a, figures(), ""))
	w.cfg.Required = true
	expect(t, w, "CreateCommit CreateReview CreateCheckRun")
}

// TestBuilding shows a check run in progress, which the result replaces.
func TestBuilding(t *testing.T) {
	w := newWorld(with(a, nil, review.Pending))
	w.cfg.Required = true
	building := func() review.Review { return review.Building(w.pr, w.subjects, w.cfg) }
	r := building()
	if !r.Check.InProgress || r.Check.Conclusion != "" || len(r.Check.Actions) != 0 || !r.Keep || r.Body != "" || r.Commit != nil {
		t.Errorf("%+v", r)
	}
	checkLimits(t, r)
	w.apply(review.Diff(w.pr, r))
	if again := review.Diff(w.pr, building()); len(again) != 0 || settled(w) {
		t.Errorf("again %q, an answer %v", kinds(again), settled(w))
	}
	w.prove(figures(), "")
	expect(t, w, "CreateCommit CreateReview UpdateCheckRun")
	if !settled(w) || len(w.pr.Checks) != 1 {
		t.Error("it is not answered")
	}
	for name, nothing := range map[string]review.Review{
		"a draft":  review.Building(review.PullRequest{Open: true, Draft: true}, w.subjects, w.cfg),
		"proven":   building(),
		"excluded": review.Building(w.pr, []review.Subject{with(a, nil, review.Pending)}, config.Config{Exclude: []string{"*"}}),
	} {
		if nothing.Check != nil || !nothing.Keep {
			t.Errorf("%s: %+v", name, nothing)
		}
	}
}

// TestVerifyButton is there where somebody can ask for a proof, also on the check run
// that is repeated on a later head.
func TestVerifyButton(t *testing.T) {
	for name, tt := range map[string]struct {
		s    review.Subject
		want bool
	}{
		"off":         {a, false},
		"pending":     {with(a, nil, review.Pending), false},
		"fork":        {with(a, nil, review.ForkWaits), true},
		"unavailable": {with(a, nil, review.Unavailable), true},
		"broken":      {with(a, broken(), ""), true},
		"proven":      {with(a, figures(), ""), false},
		"no rewrite":  {with(fixed, nil, review.ForkWaits), false},
	} {
		has := func(c *review.CheckRun) bool {
			for _, b := range c.Actions {
				if b.Identifier == review.ActionVerify {
					return true
				}
			}
			return false
		}
		check := compose(tt.s).Check
		if has(check) != tt.want {
			t.Errorf("%s: %v", name, check.Actions)
		}
		check.Actions = nil
		again := review.Repeat(pullRequest(tt.s), check)
		if has(again.Check) != tt.want {
			t.Errorf("%s, repeated: %v", name, again.Check.Actions)
		}
		if n, ok := review.CheckPullRequest(again.Check.ExternalID); !ok || n != 12 {
			t.Errorf("%s: %q", name, again.Check.ExternalID)
		}
	}
}
