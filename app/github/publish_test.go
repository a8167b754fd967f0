package github_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/review"
)

// wantEnd holds a pull request to what every story ends with: one review, one commit on
// our ref, one completed check run on the head.
func (w *world) wantEnd(number int) githubtest.Pull {
	w.t.Helper()
	p := w.state(number)
	if len(p.Reviews) != 1 || p.Reviews[0].State != "COMMENTED" || p.Reviews[0].Author != w.App().Bot.Login {
		w.t.Errorf("reviews: %+v", p.Reviews)
	}
	var checks []githubtest.CheckRun
	for _, c := range p.CheckRuns {
		if c.HeadSHA == p.HeadSHA {
			checks = append(checks, c)
		}
		if c.Status != "completed" {
			w.t.Errorf("check run left %s: %+v", c.Status, c)
		}
	}
	if len(checks) != 1 {
		w.t.Errorf("%d check runs on the head: %+v", len(checks), checks)
	}
	commit, err := w.Commit(shop, review.CommitRef(number))
	w.check(err)
	if len(commit.Parents) != 1 || !commit.Verified {
		w.t.Errorf("the commit: %+v", commit)
	}
	return p
}

func TestFirstRunInElevenCalls(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", githubtest.Change{Message: "Docker", Files: map[string]string{"Dockerfile": dockerfile}, Modes: map[string]string{"Dockerfile": "100755"}})
	w.Reset()
	w.check(run(context.Background(), w.open(), p.Number))
	w.wantCalls(callGraphQL, callFiles, callTree, callArchive, callNewTree, callCommit, callHead, callNewRef, callHead, callReview, callCheck)

	p = w.wantEnd(p.Number)
	if len(p.ReviewComments) != 1 || p.ReviewComments[0].Line != 1 || p.ReviewComments[0].Path != "Dockerfile" {
		t.Errorf("comments: %+v", p.ReviewComments)
	}
	data, mode, err := w.File(shop, review.CommitRef(p.Number), "Dockerfile")
	w.check(err)
	if string(data) != "# rewritten\n"+dockerfile || mode != "100755" {
		t.Errorf("the commit has %q, mode %s", data, mode)
	}
	if p.HeadSHA != p.Commits[len(p.Commits)-1].SHA || len(p.Commits) != 1 {
		t.Errorf("the head branch was written to: %+v", p.Commits)
	}
}

func TestSecondRunWritesNothingInOneCall(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.check(run(context.Background(), w.open(), p.Number))
	for _, app := range []*github.App{w.app, w.newApp(github.Options{})} { // also after a restart
		w.app = app
		w.Reset()
		w.check(run(context.Background(), w.open(), p.Number))
		w.wantCalls(callGraphQL)
	}
	w.wantEnd(p.Number)
}

func TestPushBesideTheDockerfileIsTwoCalls(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(map[string]string{"deep/Dockerfile": dockerfile}))
	w.check(run(context.Background(), w.open(), p.Number))
	for range 2 {
		w.push("docker", map[string]string{"main.go": "package main // " + w.state(p.Number).HeadSHA + "\n"})
		w.Reset()
		w.check(run(context.Background(), w.open(), p.Number))
		w.wantCalls(callGraphQL, callCheck)
		end := w.wantEnd(p.Number)
		if s := w.snapshot(p.Number); s.Previous != nil || len(s.Checks) != 1 {
			t.Errorf("the head has its check run: %+v, %+v", s.Checks, s.Previous)
		}
		last := end.CheckRuns[len(end.CheckRuns)-1]
		if last.HeadSHA != end.HeadSHA || last.Output.Title != "The Dockerfile can be multi-stage" || last.Conclusion != "neutral" {
			t.Errorf("%+v", last)
		}
	}
	// After a restart the name is not known: the query once more.
	w.app = w.newApp(github.Options{})
	w.push("docker", map[string]string{"main.go": "package main // once more\n"})
	w.Reset()
	w.check(run(context.Background(), w.open(), p.Number))
	w.wantCalls(callGraphQL, callGraphQL, callCheck)
	w.wantEnd(p.Number)
}

func TestNothingIsWrittenForAHeadThatMoved(t *testing.T) {
	for name, move := range map[string]func(*world, int){
		"pushed": func(w *world, _ int) { w.push("docker", map[string]string{"x": "y"}) },
		"forced": func(w *world, _ int) {
			w.check(w.MoveBranch(shop, "docker", w.head("main"), "mona"))
			w.push("docker", map[string]string{"x": "y"})
		},
		"closed":       func(w *world, n int) { w.check(w.ClosePull(shop, n, "mona")) },
		"before ref":   nil,
		"before reply": nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pull("docker", docker(nil))
			s := w.snapshot(p.Number)
			push := func() { w.push("docker", map[string]string{"x": "y"}) }
			switch {
			case move != nil:
				move(w, p.Number)
			case name == "before ref":
				w.Fail(githubtest.Rule{Method: "POST", Path: "/repos/{owner}/{repo}/git/commits", Times: 1, Do: push})
			default:
				w.Fail(githubtest.Rule{Method: "POST", Path: "/repos/{owner}/{repo}/git/refs", Times: 1, Do: push})
			}
			_, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, wanted(s)))
			if !errors.Is(err, github.ErrHeadMoved) {
				t.Errorf("%v, want %v", err, github.ErrHeadMoved)
			}
			end := w.state(p.Number)
			if len(end.Reviews)+len(end.CheckRuns)+len(end.IssueComments) > 0 {
				t.Errorf("written: %+v %+v", end.Reviews, end.CheckRuns)
			}
			refs, err := w.Refs(shop)
			w.check(err)
			if _, ok := refs[review.CommitRef(p.Number)]; ok != (name == "before reply") {
				t.Errorf("refs: %v", refs)
			}
		})
	}
}

func (w *world) head(branch string) string {
	w.t.Helper()
	c, err := w.Commit(shop, branch)
	w.check(err)
	return c.SHA
}

func TestReviewIsPostedWithoutCommentsThatGitHubRefuses(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	s := w.snapshot(p.Number)
	want := wanted(s)
	want.Comments[0].Line = 99
	done, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, want))
	w.check(err)
	end := w.wantEnd(p.Number)
	if !done.BodyOnly || len(end.ReviewComments) != 0 || done.ReviewID != end.Reviews[0].ID {
		t.Errorf("%+v, %+v", done, end.ReviewComments)
	}
}

func TestCheckRunsAndReviewsAreKeptInTheLimits(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	s := w.snapshot(p.Number)
	want := wanted(s)
	want.Body += strings.Repeat("ü", 40_000)
	want.Check.Summary, want.Check.Text = strings.Repeat("ä", 40_000), strings.Repeat("ö", 40_000)
	for n := range 120 {
		want.Check.Annotations = append(want.Check.Annotations,
			review.Annotation{Path: "Dockerfile", StartLine: n + 1, EndLine: n + 1, Level: "notice", Title: "title", Message: "message"})
	}
	_, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, want))
	w.check(err)
	end := w.wantEnd(p.Number)
	if got := len(end.CheckRuns[0].Output.Annotations); got != 120 {
		t.Errorf("%d annotations", got)
	}
}

func TestMinimizeAndEdit(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.check(run(context.Background(), w.open(), p.Number))
	end := w.state(p.Number)
	s := w.snapshot(p.Number)
	_, err := w.open().Publish(context.Background(), s, []review.Change{
		review.EditReview{ID: end.Reviews[0].ID, Body: "New words."},
		review.EditComment{ID: end.ReviewComments[0].ID, Body: "New comment."},
		review.MinimizeComment{NodeID: end.ReviewComments[0].NodeID},
		review.MinimizeComment{NodeID: end.Reviews[0].NodeID},
		review.MinimizeComment{NodeID: "gone"},
		review.UpdateCheckRun{ID: end.CheckRuns[0].ID, Check: review.CheckRun{Name: "Multistage", Conclusion: review.Success, ExternalID: "v1:1:new", Title: "Done", Summary: "Done."}},
	})
	w.check(err)
	end = w.wantEnd(p.Number)
	if end.Reviews[0].Body != "New words." || end.Reviews[0].Minimized != "OUTDATED" {
		t.Errorf("%+v", end.Reviews[0])
	}
	if end.ReviewComments[0].Body != "New comment." || end.ReviewComments[0].Minimized != "OUTDATED" {
		t.Errorf("%+v", end.ReviewComments[0])
	}
	if end.CheckRuns[0].Conclusion != "success" || end.CheckRuns[0].Output.Title != "Done" {
		t.Errorf("%+v", end.CheckRuns[0])
	}
	s = w.snapshot(p.Number)
	if !s.Posted[0].Minimized || !s.Posted[0].Comments[0].Minimized || s.Checks[0].ExternalID != "v1:1:new" {
		t.Errorf("%+v %+v", s.Posted, s.Checks)
	}
}

func TestOnlyOurOwnReviewsCount(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	forged := review.Marker{Path: "Dockerfile", Blob: p.Files[0].SHA, State: "abcd"}.String()
	_, err := w.SubmitReview(shop, p.Number, "mona", "COMMENT", "Nothing to see.\n"+forged)
	w.check(err)
	w.check(run(context.Background(), w.open(), p.Number))
	if end := w.state(p.Number); len(end.Reviews) != 2 {
		t.Errorf("a forged marker kept ours away: %+v", end.Reviews)
	}
	comment := w.state(p.Number).ReviewComments[0]
	_, err = w.Reply(shop, p.Number, comment.ID, "mona", "Why?")
	w.check(err)
	w.check(w.ResolveThread(shop, p.Number, comment.ID, "mona", true))
	s := w.snapshot(p.Number)
	if len(s.Posted) != 1 || !s.Posted[0].Discussed || !s.Posted[0].Comments[0].Resolved || s.Posted[0].Comments[0].Line != 1 {
		t.Errorf("%+v", s.Posted)
	}
}

// A review that was edited in place keeps its first commit. The check run that is repeated
// is not the one there, which is about another content.
func TestPushBesideAnEditedReviewRepeatsTheLastCheckRun(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.check(run(context.Background(), w.open(), p.Number))
	w.push("docker", map[string]string{"Dockerfile": "# mine\n" + dockerfile})
	s := w.snapshot(p.Number)
	want := wanted(s)
	want.Comments = nil // so that the review is edited in place
	want.Check.Title, want.Check.ExternalID = "The second content", "v1:1:ef01"
	_, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, want))
	w.check(err)
	w.push("docker", map[string]string{"main.go": "package main // x\n"})
	w.Reset()
	w.check(run(context.Background(), w.open(), p.Number))
	w.wantCalls(callGraphQL, callCheck)
	end := w.wantEnd(p.Number)
	if last := end.CheckRuns[len(end.CheckRuns)-1]; last.Output.Title != "The second content" {
		t.Errorf("%+v", last)
	}
	w.push("docker", map[string]string{"Dockerfile": "FROM alpine\n"})
	if s := w.snapshot(p.Number); s.Previous != nil || s.Tree == nil {
		t.Errorf("another content: %+v", s)
	}
}

// Ours is found under any number of others'.
func TestOurReviewBelowManyOthers(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.check(run(context.Background(), w.open(), p.Number))
	for range 60 {
		_, err := w.SubmitReview(shop, p.Number, "mona", "COMMENT", "Hm.")
		w.check(err)
	}
	w.Reset()
	w.check(run(context.Background(), w.open(), p.Number))
	w.wantCalls(callGraphQL, callGraphQL)
	if got := len(w.state(p.Number).Reviews); got != 61 {
		t.Errorf("%d reviews, want 61", got)
	}
}
