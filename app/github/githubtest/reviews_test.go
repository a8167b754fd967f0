package githubtest_test

import (
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// changed is lib/lib.go with line 5 changed, line 30 removed and two lines added
// after 50: three hunks, of new lines 2-8, 27-32 and 47-54.
func changed() string {
	text := strings.Replace(numbered(1, 60), "line 5\n", "line five\n", 1)
	text = strings.Replace(text, "line 30\n", "", 1)
	return strings.Replace(text, "line 50\n", "line 50\nnew a\nnew b\n", 1)
}

func TestPlacement(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("change", githubtest.Change{Files: map[string]string{"lib/lib.go": changed(), "Dockerfile": "FROM a\nRUN b\n"}})
	for _, test := range []struct {
		name        string
		path        string
		side        string
		start, line int
		refusal     string // "" for accepted
	}{
		{"added line", "lib/lib.go", "", 0, 5, ""},
		{"context above", "lib/lib.go", "RIGHT", 0, 2, ""},
		{"context below", "lib/lib.go", "RIGHT", 0, 8, ""},
		{"above the hunk", "lib/lib.go", "RIGHT", 0, 1, "line must be part of the diff"},
		{"below the hunk", "lib/lib.go", "RIGHT", 0, 9, "line must be part of the diff"},
		{"removed line", "lib/lib.go", "LEFT", 0, 30, ""},
		{"after the removal", "lib/lib.go", "RIGHT", 0, 32, ""},
		{"left of the third hunk", "lib/lib.go", "LEFT", 0, 53, ""},
		{"right of the third hunk", "lib/lib.go", "RIGHT", 0, 54, ""},
		{"below the third hunk", "lib/lib.go", "RIGHT", 0, 55, "line must be part of the diff"},
		{"range", "lib/lib.go", "RIGHT", 2, 8, ""},
		{"range over two hunks", "lib/lib.go", "RIGHT", 5, 28, "same hunk"},
		{"range from outside", "lib/lib.go", "RIGHT", 1, 5, "same hunk"},
		{"range of one line", "lib/lib.go", "RIGHT", 5, 5, "must precede the end line"},
		{"range backwards", "lib/lib.go", "RIGHT", 6, 5, "must precede the end line"},
		{"new file", "Dockerfile", "RIGHT", 1, 2, ""},
		{"beyond the new file", "Dockerfile", "RIGHT", 0, 3, "line must be part of the diff"},
		{"left of a new file", "Dockerfile", "LEFT", 0, 1, "line must be part of the diff"},
		{"file not in the difference", "main.go", "RIGHT", 0, 1, "Path could not be resolved"},
		{"no line", "Dockerfile", "RIGHT", 0, 0, "Line could not be resolved"},
	} {
		d := &github.DraftReviewComment{Path: &test.path, Body: github.String("x")}
		if test.side != "" {
			d.Side = &test.side
		}
		if test.line != 0 {
			d.Line = &test.line
		}
		if test.start != 0 {
			d.StartLine, d.StartSide = &test.start, d.Side
		}
		before := len(w.state(p.Number).Reviews)
		good := &github.DraftReviewComment{Path: github.String("Dockerfile"), Body: github.String("good"), Line: github.Int(1)}
		_, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", p.Number, &github.PullRequestReviewRequest{
			CommitID: &p.HeadSHA, Event: github.String("COMMENT"), Comments: []*github.DraftReviewComment{good, d}})
		after := w.state(p.Number)
		if test.refusal == "" {
			if err != nil || len(after.Reviews) != before+1 {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if status(err) != 422 || !strings.Contains(err.Error(), test.refusal) {
			t.Errorf("%s: %v, want 422 %q", test.name, err, test.refusal)
		}
		if len(after.Reviews) != before || len(after.ReviewComments) != 2*before {
			t.Errorf("%s: a refused review left something behind", test.name)
		}
	}
}

func TestReviewRefusals(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	first := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.must(w.Push(shop, "docker", githubtest.Change{From: "main", Files: map[string]string{"Dockerfile": "FROM b\n"}}))
	review := func(r github.PullRequestReviewRequest) error {
		_, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", first.Number, &r)
		return err
	}
	main, err := w.Commit(shop, "main")
	w.check(err)
	comment := github.String("COMMENT")
	refused(t, review(github.PullRequestReviewRequest{CommitID: &first.HeadSHA, Body: github.String("x"), Event: comment}), 422, "not part of the pull request")
	refused(t, review(github.PullRequestReviewRequest{CommitID: &main.SHA, Body: github.String("x"), Event: comment}), 422, "not part of the pull request")
	refused(t, review(github.PullRequestReviewRequest{Event: comment}), 422, "can't be blank")
	refused(t, review(github.PullRequestReviewRequest{Body: github.String(strings.Repeat("x", 65537)), Event: comment}), 422, "too long")
	refused(t, review(github.PullRequestReviewRequest{Body: github.String(strings.Repeat("€", 65536) + strings.Repeat("€", 30000)), Event: comment}), 422, "too long")
	w.check(review(github.PullRequestReviewRequest{Body: github.String(strings.Repeat("€", 65536)), Event: comment}))
	if got := w.state(first.Number).Reviews; len(got) != 1 || got[0].State != "COMMENTED" || got[0].Author != "multistage[bot]" {
		t.Errorf("reviews: %+v", got)
	}
}

func TestOthersReviewsAreTheirs(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	id, err := w.SubmitReview(shop, p.Number, "mona", "REQUEST_CHANGES", "No.")
	w.check(err)
	_, _, err = w.client.PullRequests.UpdateReview(ctx, "acme", "shop", p.Number, id, "Yes.")
	refused(t, err, 403, "Resource not accessible")
	w.check(w.DismissReview(shop, p.Number, id, "mona"))
	own, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", p.Number, &github.PullRequestReviewRequest{
		Body: github.String("Look."), Event: github.String("COMMENT")})
	w.check(err)
	if err := w.DismissReview(shop, p.Number, own.GetID(), "mona"); err == nil {
		t.Error("a review that only comments was dismissed")
	}
	states := []string{}
	for _, r := range w.state(p.Number).Reviews {
		states = append(states, r.State+" "+r.Body)
	}
	if got := strings.Join(states, ", "); got != "DISMISSED No., COMMENTED Look." {
		t.Error(got)
	}
}

// A thread follows its lines through later commits until one of them changes.
func TestOutdated(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	text := numbered(1, 20)
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"new.txt": text}})
	_, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", p.Number, &github.PullRequestReviewRequest{
		CommitID: &p.HeadSHA, Event: github.String("COMMENT"), Comments: []*github.DraftReviewComment{
			{Path: github.String("new.txt"), Body: github.String("range"), StartLine: github.Int(5), Line: github.Int(7), Side: github.String("RIGHT"), StartSide: github.String("RIGHT")},
			{Path: github.String("new.txt"), Body: github.String("line"), Line: github.Int(12)}}})
	w.check(err)
	type place struct {
		start, line int
		outdated    bool
	}
	for _, step := range []struct {
		name, text string
		want       [2]place
	}{
		{"two lines above", "a\nb\n" + text, [2]place{{7, 9, false}, {0, 14, false}}},
		{"line between", strings.Replace(text, "line 9\n", "line 9\nnew\n", 1), [2]place{{5, 7, false}, {0, 13, false}}},
		{"line before the range", strings.Replace(text, "line 4\n", "line 4\nnew\n", 1), [2]place{{6, 8, false}, {0, 13, false}}},
		{"line after the range", strings.Replace(text, "line 7\n", "line 7\nnew\n", 1), [2]place{{5, 7, false}, {0, 13, false}}},
		{"line after the first of the range", strings.Replace(text, "line 5\n", "line 5\nnew\n", 1), [2]place{{0, 0, true}, {0, 13, false}}},
		{"line after the line", strings.Replace(text, "line 12\n", "line 12\nnew\n", 1), [2]place{{5, 7, false}, {0, 12, false}}},
		{"line in the range", strings.Replace(text, "line 6\n", "line 6\nnew\n", 1), [2]place{{0, 0, true}, {0, 13, false}}},
		{"line changed", strings.Replace(text, "line 12\n", "line twelve\n", 1), [2]place{{5, 7, false}, {0, 0, true}}},
		{"start removed", strings.Replace(text, "line 5\n", "", 1), [2]place{{0, 0, true}, {0, 11, false}}},
		{"all gone", "other\n", [2]place{{0, 0, true}, {0, 0, true}}},
	} {
		w.must(w.Push(shop, "docker", githubtest.Change{From: p.HeadSHA, Files: map[string]string{"new.txt": step.text}}))
		got := w.state(p.Number).ReviewComments
		for i, c := range got {
			if have := (place{c.StartLine, c.Line, c.Outdated}); have != step.want[i] {
				t.Errorf("%s, comment %d: %+v, want %+v", step.name, i, have, step.want[i])
			}
		}
		over, _, err := w.client.PullRequests.ListComments(ctx, "acme", "shop", p.Number, nil)
		w.check(err)
		for i, c := range over {
			if c.GetLine() != step.want[i].line || c.GetStartLine() != step.want[i].start {
				t.Errorf("%s, comment %d: the API has lines %d-%d", step.name, i, c.GetStartLine(), c.GetLine())
			}
		}
	}
}
