package review_test

import (
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/rewrite/plan"
)

func expect(t *testing.T, w *world, want string) {
	t.Helper()
	if got := w.run(); got != want {
		t.Errorf("changes are %q, want %q", got, want)
	}
	if again := w.diff(); len(again) != 0 {
		t.Errorf("run again: %s", cmp.Diff([]review.Change(nil), again))
	}
}

// a, b and c are contents of one Dockerfile. The rewrite of c has another file
// with it, so that it has no suggestion.
var (
	a     = subject("Dockerfile", single, multi)
	b     = subject("Dockerfile", single+"EXPOSE 80\n", multi+"EXPOSE 80\n")
	fixed = left("Dockerfile", multi, plan.MultiStage, 7, "the last stage copies from builder")
)

func withoutSuggestion(s review.Subject) review.Subject {
	s.File.PatchMissing = true
	return s
}

func TestDiffFirstReview(t *testing.T) {
	w := newWorld(a)
	expect(t, w, "CreateCommit CreateReview CreateCheckRun")
	changes := newWorld(a).diff()
	r := changes[1].(review.CreateReview)
	if r.SHA != w.pr.Head.SHA || len(r.Comments) != 1 || len(review.ParseMarkers(r.Body)) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestDiffUnchangedDockerfile(t *testing.T) {
	w := newWorld(a)
	w.run()
	w.push(a)
	expect(t, w, "CreateCheckRun")
}

func TestDiffOtherContent(t *testing.T) {
	w := newWorld(a)
	w.run()
	w.push(b)
	expect(t, w, "CreateCommit CreateReview MinimizeComment:C MinimizeComment:R CreateCheckRun")
	t.Run("without a suggestion it is edited in place", func(t *testing.T) {
		w := newWorld(withoutSuggestion(a))
		w.run()
		w.push(withoutSuggestion(b))
		expect(t, w, "CreateCommit EditReview CreateCheckRun")
	})
	t.Run("a suggestion that goes is minimised", func(t *testing.T) {
		w := newWorld(a)
		w.run()
		w.push(withoutSuggestion(b))
		expect(t, w, "CreateCommit EditReview MinimizeComment:C CreateCheckRun")
	})
	t.Run("discussed, a new review takes its place", func(t *testing.T) {
		w := newWorld(withoutSuggestion(a))
		w.run()
		w.pr.Posted[0].Discussed = true
		w.push(withoutSuggestion(b))
		expect(t, w, "CreateCommit CreateReview MinimizeComment:R CreateCheckRun")
	})
}

// TestDiffOtherWords is an upgrade or a proof that came in: what is said about
// the same content changes.
func TestDiffOtherWords(t *testing.T) {
	reworded := a
	reworded.Result.Remedy = "unused"
	reworded.Result.Plan = &plan.Plan{Saving: plan.Saving{AfterMin: 5e6, AfterMax: 6e6}}
	w := newWorld(a)
	w.run()
	w.push(reworded)
	expect(t, w, "EditReview CreateCheckRun")
	w.pr.Posted[0].Discussed = true
	w.push(a)
	expect(t, w, "CreateCheckRun")
	t.Run("another rewrite on the same lines edits the suggestion", func(t *testing.T) {
		w := newWorld(a)
		w.run()
		other := subject("Dockerfile", single, strings.Replace(multi, "AS builder", "AS build", 1))
		other.Result.Files[0].After = []byte(strings.ReplaceAll(string(other.Result.Files[0].After), "--from=builder", "--from=build"))
		w.push(other)
		expect(t, w, "CreateCommit EditReview EditComment CreateCheckRun")
	})
}

func TestDiffFixed(t *testing.T) {
	w := newWorld(a)
	w.run()
	w.push(fixed)
	expect(t, w, "MinimizeComment:C MinimizeComment:R CreateCheckRun")
	w.push()
	expect(t, w, "")
}

func TestDiffGoneFromThePullRequest(t *testing.T) {
	w := newWorld(a)
	w.run()
	w.push()
	expect(t, w, "MinimizeComment:C MinimizeComment:R")
}

func TestDiffRespectsPeople(t *testing.T) {
	t.Run("dismissed", func(t *testing.T) {
		w := newWorld(a)
		w.run()
		w.pr.Posted[0].Dismissed = true
		w.push(a)
		expect(t, w, "CreateCheckRun")
		w.push(b)
		expect(t, w, "CreateCheckRun")
		w.cfg.Asked = true
		expect(t, w, "CreateCommit CreateReview UpdateCheckRun")
		w.cfg.Asked = false
		w.push(b)
		expect(t, w, "CreateCheckRun")
		if w.pr.Posted[0].Minimized {
			t.Error("the answer that was asked for is hidden")
		}
	})
	t.Run("thread resolved", func(t *testing.T) {
		w := newWorld(a)
		w.run()
		w.pr.Posted[0].Comments[0].Resolved = true
		w.push(a)
		expect(t, w, "CreateCheckRun")
		w.push(b)
		expect(t, w, "MinimizeComment:C MinimizeComment:R CreateCheckRun")
		w.push(a)
		expect(t, w, "CreateCheckRun")
	})
	t.Run("hidden", func(t *testing.T) {
		w := newWorld(a)
		w.run()
		w.pr.Posted[0].Minimized = true
		w.push(a)
		expect(t, w, "CreateCheckRun")
		w.cfg.Asked = true
		expect(t, w, "CreateReview")
		w.cfg.Asked = false
		w.push(b)
		expect(t, w, "CreateCommit CreateReview MinimizeComment:C MinimizeComment:R CreateCheckRun")
	})
}

func TestDiffKeeps(t *testing.T) {
	for name, change := range map[string]func(*world){
		"a draft now":      func(w *world) { w.pr.Draft = true },
		"closed":           func(w *world) { w.pr.Open = false },
		"labelled":         func(w *world) { w.pr.Labels, w.cfg.Labels = []string{"x"}, []string{"x"} },
		"reviews are off":  func(w *world) { w.cfg.ReviewOff = true },
		"commits are off":  func(w *world) { w.cfg.CommitOff = true; w.pr.Posted[0].Discussed = true },
		"someone else's":   func(w *world) { w.pr.Posted[0].Body = "no marker" },
		"checks of others": func(w *world) { w.pr.Checks = append(w.pr.Checks, review.PostedCheck{ID: 999, ExternalID: "v1:13:ab"}) },
	} {
		w := newWorld(a)
		w.run()
		change(w)
		for _, c := range w.diff() {
			if m, ok := c.(review.MinimizeComment); ok {
				t.Errorf("%s: %v is hidden", name, m)
			}
		}
	}
}

// TestDiffAfterACrash stops a run behind each of its steps and starts again: the
// end is the same, with nothing twice.
func TestDiffAfterACrash(t *testing.T) {
	start := func() *world {
		w := newWorld(a)
		w.run()
		w.pr.Posted[0].Discussed = true
		w.push(b)
		return w
	}
	steps := start().diff()
	for n := range len(steps) + 1 {
		w := start()
		w.apply(steps[:n])
		w.run()
		if again := w.diff(); len(again) != 0 {
			t.Errorf("crash after %d: again %s", n, kinds(again))
		}
		live := 0
		w.each(func(p *review.Posted) {
			if !p.Minimized {
				live++
			}
		})
		if len(w.pr.Posted) != 2 || live != 1 || len(w.pr.Checks) != 1 {
			t.Errorf("crash after %d: %d reviews, %d of them live, %d checks", n, len(w.pr.Posted), live, len(w.pr.Checks))
		}
	}
}

func TestDiffTwins(t *testing.T) {
	w := newWorld(a)
	first := w.diff()
	w.apply(first)
	w.apply([]review.Change{first[1]})
	expect(t, w, "MinimizeComment:C MinimizeComment:R")
	if oldest := w.pr.Posted[1]; oldest.Minimized {
		t.Error("the older of two twins is hidden")
	}
}

// TestDiffProperty lets people and pushes do anything: after each run there is
// nothing left to do, at most one review of a file is in sight, and it is about
// the content that is there.
func TestDiffProperty(t *testing.T) {
	random := rand.New(rand.NewSource(3))
	other := subject("web/Dockerfile", single, multi)
	choices := [][]review.Subject{{a}, {b}, {withoutSuggestion(a)}, {withoutSuggestion(b)}, {fixed}, {}, {a, other}, {b, other}, {other},
		{with(a, nil, review.Pending)}, {with(a, figures(), "")}, {with(a, nil, review.Unavailable)}, {with(a, disproof(), "")}, {with(a, figures(), ""), other}}
	for range 60 {
		w := newWorld(a)
		for range 12 {
			w.cfg.Asked = false
			switch n := random.Intn(12); {
			case n < 6:
				w.push(choices[random.Intn(len(choices))]...)
			case n == 6:
				w.cfg.Asked = true
			case len(w.pr.Posted) == 0:
			default:
				p := &w.pr.Posted[random.Intn(len(w.pr.Posted))]
				switch {
				case n == 7:
					p.Discussed = true
				case n == 8:
					p.Dismissed = true
				case n == 9:
					p.Minimized = true
				case len(p.Comments) > 0:
					p.Comments[0].Resolved = true
				}
			}
			before := len(w.pr.Posted)
			first := w.diff()
			w.apply(first)
			if again := w.diff(); len(again) != 0 {
				for _, p := range w.pr.Posted {
					t.Logf("%d min=%v dis=%v disc=%v %v %v", p.ID, p.Minimized, p.Dismissed, p.Discussed, review.ParseMarkers(p.Body), p.Comments)
				}
				r := review.Compose(w.pr, w.subjects, w.cfg)
				t.Logf("asked=%v first=%s markers=%v standing=%v", w.cfg.Asked, kinds(first), r.Markers, r.Standing)
				t.Fatalf("again: %s", kinds(again))
			}
			checkWorld(t, w, before)
		}
	}
}

func checkWorld(t *testing.T, w *world, before int) {
	t.Helper()
	if len(w.pr.Posted) > before+1 {
		t.Fatalf("%d reviews in one run", len(w.pr.Posted)-before)
	}
	seen := map[string]bool{}
	for _, p := range w.pr.Posted {
		if p.Minimized || p.Dismissed {
			continue
		}
		for _, m := range review.ParseMarkers(p.Body) {
			if seen[m.Path] {
				t.Fatalf("two reviews speak of %s", m.Path)
			}
			seen[m.Path] = true
			if !slices.ContainsFunc(w.pr.Files, func(f review.File) bool { return f.Path == m.Path && f.SHA == m.Blob }) {
				t.Fatalf("a review is about a content of %s that is not there", m.Path)
			}
		}
	}
}
