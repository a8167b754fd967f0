package githubtest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

func TestSuggested(t *testing.T) {
	for _, test := range []struct {
		body, want string
		ok         bool
	}{
		{"Look:\n```suggestion\nFROM a\nRUN b\n```\nbye", "FROM a\nRUN b\n", true},
		{"```suggestion\r\nFROM a\r\n```\r\n", "FROM a\n", true},
		{"````suggestion\n```\ncode\n```\n````", "```\ncode\n```\n", true},
		{"~~~ suggestion\nx\n~~~", "x\n", true},
		{"```suggestion\n```", "", true},
		{"```suggestion\nnever closed", "", false},
		{"```dockerfile\nFROM a\n```", "", false},
		{"`suggestion`", "", false},
		{"    ```suggestion\n    x\n    ```", "", false},
		{"", "", false},
	} {
		got, ok := githubtest.Suggested(test.body)
		if got != test.want || ok != test.ok {
			t.Errorf("%q: %q %t, want %q %t", test.body, got, ok, test.want, test.ok)
		}
	}
}

// suggest makes a pull request with a Dockerfile and a review with one suggestion.
func (w *world) suggest(branch, file string, start, line int, suggestion string) (githubtest.Pull, int64) {
	w.t.Helper()
	p := w.pull(branch, githubtest.Change{Files: map[string]string{"Dockerfile": file}, Modes: map[string]string{"Dockerfile": "100755"}})
	c := &github.DraftReviewComment{Path: github.String("Dockerfile"), Body: &suggestion, Line: &line, Side: github.String("RIGHT")}
	if start > 0 {
		c.StartLine, c.StartSide = &start, github.String("RIGHT")
	}
	_, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", p.Number, &github.PullRequestReviewRequest{
		CommitID: &p.HeadSHA, Event: github.String("COMMENT"), Comments: []*github.DraftReviewComment{c}})
	w.check(err)
	p = w.state(p.Number)
	return p, p.ReviewComments[0].ID
}

func block(text string) string { return "```suggestion\n" + text + "```\n" }

func TestApplySuggestion(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for _, test := range []struct {
		name, file, suggestion, want string
		start, line                  int
	}{
		{"whole file", "FROM a\nRUN b\nCMD c\n", "FROM x AS y\nFROM z\n", "FROM x AS y\nFROM z\n", 1, 3},
		{"one line", "FROM a\nRUN b\nCMD c\n", "RUN x\n", "FROM a\nRUN x\nCMD c\n", 0, 2},
		{"lines go", "FROM a\nRUN b\nCMD c\n", "", "FROM a\n", 2, 3},
		{"no newline at the end", "FROM a\nCMD c", "CMD x\n", "FROM a\nCMD x", 0, 2},
		{"mixed line ends become one", "FROM a\r\nRUN b\nCMD c\n", "CMD x\n", "FROM a\r\nRUN b\r\nCMD x\r\n", 0, 3},
	} {
		p, id := w.suggest(strings.ReplaceAll(test.name, " ", "-"), test.file, test.start, test.line, block(test.suggestion))
		w.DropWaiting()
		sha, err := w.ApplySuggestion(shop, p.Number, id, "mona")
		w.check(err)
		got, mode, err := w.File(shop, p.HeadRef, "Dockerfile")
		if err != nil || string(got) != test.want || mode != "100755" {
			t.Errorf("%s: %q %s %v, want %q", test.name, got, mode, err, test.want)
		}
		after := w.state(p.Number)
		last := after.Commits[len(after.Commits)-1]
		if after.HeadSHA != sha || last.SHA != sha || last.Author != "mona" || last.Committer != "GitHub" || !last.Verified ||
			!strings.Contains(last.Message, "\nCo-authored-by: multistage[bot] <") || w.Waiting() != 1 {
			t.Errorf("%s: %+v, %d deliveries", test.name, last, w.Waiting())
		}
	}
}

func TestApplySuggestionRefused(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.AddUser("stranger")
	file := "FROM a\nRUN b\nCMD c\n"
	for _, test := range []struct {
		name, suggestion, login string
		before                  func(p githubtest.Pull, comment int64)
		want                    error
	}{
		{"no suggestion", "Nice.", "mona", nil, githubtest.ErrNoSuggestion},
		{"no change", block("RUN b\n"), "mona", nil, githubtest.ErrSuggestionNoChange},
		{"no permission", block("RUN x\n"), "stranger", nil, githubtest.ErrMayNotPush},
		{"outdated", block("RUN x\n"), "mona", func(p githubtest.Pull, _ int64) {
			w.must(w.Push(shop, p.HeadRef, githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\nRUN other\nCMD c\n"}}))
		}, githubtest.ErrSuggestionOutdated},
		{"closed", block("RUN x\n"), "mona", func(p githubtest.Pull, _ int64) { w.check(w.ClosePull(shop, p.Number, "mona")) }, githubtest.ErrSuggestionClosed},
		{"resolved", block("RUN x\n"), "mona", func(p githubtest.Pull, c int64) {
			w.check(w.ResolveThread(shop, p.Number, c, "mona", true))
		}, githubtest.ErrSuggestionResolved},
	} {
		p, id := w.suggest(strings.ReplaceAll(test.name, " ", "-"), file, 0, 2, test.suggestion)
		if test.before != nil {
			test.before(p, id)
		}
		head := w.state(p.Number).HeadSHA
		if _, err := w.ApplySuggestion(shop, p.Number, id, test.login); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if after := w.state(p.Number); after.HeadSHA != head {
			t.Errorf("%s: the head moved", test.name)
		}
	}
	// A line that moved but did not change can still be replaced.
	p, id := w.suggest("moved", file, 0, 2, block("RUN x\n"))
	w.must(w.Push(shop, p.HeadRef, githubtest.Change{Files: map[string]string{"Dockerfile": "# new\n" + file}}))
	w.must(w.ApplySuggestion(shop, p.Number, id, "mona"))
	if got, _, _ := w.File(shop, "moved", "Dockerfile"); string(got) != "# new\nFROM a\nRUN x\nCMD c\n" {
		t.Errorf("%q", got)
	}
}
