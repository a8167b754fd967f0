package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// The main job: a pull request adds a single-stage Dockerfile.
func TestReview(t *testing.T) {
	w := newWorld(t)
	p := w.serve()
	pull := w.adds("docker", "Dockerfile", dockerfile)
	w.settle(p)

	got := w.state(pull.Number)
	w.oneOfEach(pull.Number)
	if len(got.Reviews) == 0 || got.Reviews[0].State != "COMMENTED" || got.Reviews[0].Author != "multistage[bot]" {
		t.Fatalf("reviews: %+v", got.Reviews)
	}
	for _, section := range []string{"Architecture Assessment", "Security Review", "Optimization Analysis", "Testing Integration", "Developer Experience"} {
		if !strings.Contains(got.Reviews[0].Body, section) {
			t.Errorf("the review has no section %s", section)
		}
	}
	if len(got.ReviewComments) != 1 {
		t.Fatalf("%d inline comments, want 1", len(got.ReviewComments))
	}
	suggestion := got.ReviewComments[0]
	if suggestion.Line == 0 || !strings.Contains(suggestion.Body, "```suggestion") || !strings.Contains(suggestion.Body, "AS builder") {
		t.Errorf("inline comment: %+v", suggestion)
	}
	if c := w.suggested(got); len(c) == 1 && (!c[0].Verified || c[0].Author != "multistage[bot]") {
		t.Errorf("the commit is by %s, verified %v", c[0].Author, c[0].Verified)
	}

	// The suggestion and the commit are the same change.
	sha, err := w.ApplySuggestion(shop, pull.Number, suggestion.ID, "mona")
	w.check(err)
	clicked, _, err := w.File(shop, sha, "Dockerfile")
	w.check(err)
	committed, _, err := w.File(shop, w.suggested(got)[0].SHA, "Dockerfile")
	w.check(err)
	if string(clicked) != string(committed) {
		t.Errorf("the suggestion gives\n%s\nthe commit\n%s", clicked, committed)
	}

	// The file is multi-stage now: nothing more is said, and the old review is put away.
	w.settle(p)
	got = w.state(pull.Number)
	if n := len(shown(got)); n != 0 {
		t.Errorf("%d reviews are still shown", n)
	}
	if c := checksOn(got, got.HeadSHA); len(c) != 1 || c[0].Conclusion != "success" {
		t.Errorf("check runs on the new head: %+v", c)
	}
}

func TestApply(t *testing.T) {
	w := newWorld(t)
	p := w.serve()
	pull := w.adds("docker", "Dockerfile", dockerfile)
	w.settle(p)
	before := w.state(pull.Number)
	suggested := w.suggested(before)[0].SHA

	denied, err := w.Comment(shop, pull.Number, "hubot", "/multistage apply")
	w.check(err)
	w.settle(p)
	if got := w.state(pull.Number); got.HeadSHA != before.HeadSHA {
		t.Fatal("somebody without write permission moved the branch")
	}
	comment, err := w.Comment(shop, pull.Number, "mona", "Nice.\r\n\r\n/multistage apply\r\n")
	w.check(err)
	w.settle(p)

	got := w.state(pull.Number)
	if got.HeadSHA != suggested {
		t.Errorf("the branch is at %s, want the suggested commit %s", got.HeadSHA, suggested)
	}
	answers := map[int64]string{}
	for _, c := range got.IssueComments {
		if c.ID == comment.ID || c.ID == denied.ID {
			if len(c.Reactions) != 1 || c.Reactions[0].Content != "eyes" {
				t.Errorf("reactions to %q: %+v", c.Body, c.Reactions)
			}
			continue
		}
		if strings.Contains(c.Body, "needs write permission") {
			answers[denied.ID] = c.Body
		} else if strings.Contains(c.Body, "Applied to `Dockerfile`") {
			answers[comment.ID] = c.Body
		}
	}
	if len(answers) != 2 {
		t.Errorf("answers: %v", got.IssueComments)
	}
	if n := len(shown(got)); n != 0 {
		t.Errorf("%d reviews are still shown", n)
	}
}

func TestOtherCommands(t *testing.T) {
	tests := map[string]struct{ comment, answer string }{
		"help":       {"/multistage help", "Commands, each on a line of its own"},
		"misspelt":   {"/multistage aply", "Did you mean `/multistage apply`?"},
		"later":      {"/multistage pr", "not available yet"},
		"look again": {"/multistage", "Looked again"},
		"wrong path": {"/multistage apply docker/Dockerfile", "there is no rewrite for"},
		"in code":    {"```\n/multistage apply\n```", ""},
		"quoted":     {"> /multistage apply", ""},
	}
	w := newWorld(t)
	p := w.serve()
	pull := w.adds("docker", "Dockerfile", dockerfile)
	w.settle(p)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			seen := len(w.state(pull.Number).IssueComments)
			_, err := w.Comment(shop, pull.Number, "mona", tt.comment)
			w.check(err)
			w.settle(p)
			got := w.state(pull.Number).IssueComments[seen+1:]
			switch {
			case tt.answer == "" && len(got) > 0:
				t.Errorf("answered by %q", got[0].Body)
			case tt.answer != "" && (len(got) != 1 || !strings.Contains(got[0].Body, tt.answer)):
				t.Errorf("answers %+v, want one with %q", got, tt.answer)
			}
		})
	}
	w.oneOfEach(pull.Number)
}

// Single-stage is right here: the check run says so, and nothing else.
func TestLeftAlone(t *testing.T) {
	w := newWorld(t)
	p := w.serve()
	pull := w.adds("db", "db/Dockerfile", "FROM postgres:16\nCOPY init.sql /docker-entrypoint-initdb.d/\n")
	w.settle(p)
	got := w.state(pull.Number)
	if len(got.Reviews)+len(got.ReviewComments)+len(got.IssueComments)+len(w.suggested(got)) != 0 {
		t.Errorf("it was not left alone: %+v", got)
	}
	if c := checksOn(got, got.HeadSHA); len(c) != 1 || c[0].Conclusion != "success" || !strings.Contains(c[0].Output.Summary, "repackaged") {
		t.Errorf("check runs: %+v", c)
	}
}

// A fork gets the review with its suggestion, and no commit of ours.
func TestFork(t *testing.T) {
	w := newWorld(t)
	p := w.serve()
	_, err := w.Fork(shop, "hubot")
	w.check(err)
	_, err = w.Push("hubot/shop", "docker", githubtest.Change{Author: "hubot", Message: "Add", Files: map[string]string{"Dockerfile": dockerfile}})
	w.check(err)
	pull, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: "hubot:docker", Author: "hubot", Title: "Add a Dockerfile"})
	w.check(err)
	w.settle(p)
	got := w.state(pull.Number)
	if len(got.Reviews) != 1 || len(got.ReviewComments) != 1 {
		t.Errorf("%d reviews, %d comments, want one of each", len(got.Reviews), len(got.ReviewComments))
	}
	refs, err := w.Refs(shop)
	w.check(err)
	for name := range refs {
		if strings.HasPrefix(name, "refs/multistage/") {
			t.Errorf("a fork's content hangs on %s of the base repository", name)
		}
	}
	_, err = w.Comment(shop, pull.Number, "mona", "/multistage apply")
	w.check(err)
	w.settle(p)
	after := w.state(pull.Number)
	if after.HeadSHA != got.HeadSHA || !strings.Contains(after.IssueComments[len(after.IssueComments)-1].Body, "comes from a fork") {
		t.Errorf("apply on a fork: %+v", after.IssueComments)
	}
}

// The budget of calls to GitHub, without tokens and the archive's download.
func TestCalls(t *testing.T) {
	w := newWorld(t)
	p := w.serve()
	step := func(name string, most int) {
		t.Helper()
		if got := w.calls(); len(got) > most {
			t.Errorf("%s: %d calls, at most %d:\n%s", name, len(got), most, strings.Join(got, "\n"))
		}
		w.Reset()
	}
	w.adds("text", "README.md", "# Shop\n")
	w.settle(p)
	step("no Dockerfile", 1)

	pull := w.adds("docker", "Dockerfile", dockerfile)
	w.settle(p)
	step("first review with its commit", 12)

	_, err := w.Push(shop, "docker", githubtest.Change{Author: "mona", Message: "Reword", Files: map[string]string{"README.md": "# The shop\n"}})
	w.check(err)
	w.settle(p)
	step("the Dockerfile did not change", 2)
	if got := w.state(pull.Number); len(got.Reviews) != 1 || len(checksOn(got, got.HeadSHA)) != 1 {
		t.Errorf("after a push: %d reviews, %d check runs on the head", len(got.Reviews), len(checksOn(got, got.HeadSHA)))
	}

	alone := w.adds("db", "db/Dockerfile", "FROM postgres:16\nCOPY init.sql /docker-entrypoint-initdb.d/\n")
	w.settle(p)
	step("left alone", 7)
	_, err = w.Push(shop, "db", githubtest.Change{Author: "mona", Message: "Reword", Files: map[string]string{"README.md": "# The db\n"}})
	w.check(err)
	w.settle(p)
	step("left alone, and unchanged", 2)
	if got := w.state(alone.Number); len(checksOn(got, got.HeadSHA)) != 1 {
		t.Errorf("no check run on the new head: %+v", got.CheckRuns)
	}
}

// A head that moves between snapshot and publish gets nothing written for the old one.
func TestHeadMoves(t *testing.T) {
	w := newWorld(t)
	p := w.serve()
	pull := w.adds("docker", "Dockerfile", dockerfile)
	old := pull.HeadSHA
	w.Fail(githubtest.Rule{Method: http.MethodPost, Path: "/repos/{owner}/{repo}/git/trees", Times: 1, Do: func() {
		_, err := w.Push(shop, "docker", githubtest.Change{Author: "mona", Message: "More", Files: map[string]string{"Dockerfile": dockerfile + "# more\n"}})
		w.check(err)
	}})
	w.settle(p)
	w.settleLater(p, func() bool { got := w.state(pull.Number); return len(checksOn(got, got.HeadSHA)) == 1 })

	got := w.state(pull.Number)
	if got.HeadSHA == old {
		t.Fatal("the head did not move")
	}
	for _, r := range got.Reviews {
		if r.CommitID == old {
			t.Errorf("a review was written for the old head")
		}
	}
	if c := checksOn(got, old); len(c) != 0 {
		t.Errorf("check runs on the old head: %+v", c)
	}
	w.oneOfEach(pull.Number)
}
