package github_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/review"
)

func TestChangedDockerfileMovesTheRef(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.check(run(context.Background(), w.open(), p.Number))
	w.push("docker", map[string]string{"Dockerfile": "# mine\n" + dockerfile})
	s := w.snapshot(p.Number)
	want := wanted(s)
	want.Commit.Message = "multistage: split Dockerfile again\n"
	done, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, want))
	w.check(err)
	end := w.state(p.Number)
	commit, err := w.Commit(shop, review.CommitRef(p.Number))
	w.check(err)
	if commit.SHA != done.Commit || commit.Parents[0] != end.HeadSHA {
		t.Errorf("the commit %+v is not on the new head %s", commit, end.HeadSHA)
	}
	if marked := strings.Count(end.Reviews[0].Body, "multistage:v1"); marked != 1 {
		t.Errorf("%d markers: %s", marked, end.Reviews[0].Body)
	}
}

func TestCommitKeepsWhatIsNotUTF8(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(map[string]string{"Dockerfile": dockerfile + "# caf\xe9\n"}))
	w.check(run(context.Background(), w.open(), p.Number))
	data, _, err := w.File(shop, review.CommitRef(p.Number), "Dockerfile")
	w.check(err)
	if !bytes.HasSuffix(data, []byte("# caf\xe9\n")) {
		t.Errorf("%q", data)
	}
}

func TestCommitOnAWorkflowIsRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	s := w.snapshot(p.Number)
	for _, path := range []string{".github/workflows/ci.yml", "../x", "/x", "."} {
		want := wanted(s)
		want.Commit.Changes[0].Path = path
		if _, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, want)); err == nil {
			t.Errorf("%s: written", path)
		}
	}
}

func TestRefThatRulesForbid(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	s := w.snapshot(p.Number)
	w.Fail(githubtest.Rule{Method: "POST", Path: "/repos/{owner}/{repo}/git/refs", Status: 422,
		Body: `{"message":"Repository rule violations found\n\nCannot create ref due to creations being restricted.","documentation_url":"https://docs.github.com/rest","status":"422"}`})
	_, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, wanted(s)))
	if !errors.Is(err, github.ErrRefused) {
		t.Fatalf("%v, want %v", err, github.ErrRefused)
	}
	if end := w.state(p.Number); len(end.Reviews) != 0 {
		t.Errorf("reviews that speak of a commit: %+v", end.Reviews)
	}
	s.MayCommit = false
	_, err = w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, wanted(s)))
	w.check(err)
	if end := w.state(p.Number); len(end.Reviews) != 1 || len(end.CheckRuns) != 1 {
		t.Errorf("%+v", end)
	}
}

func TestApplyMovesTheBranchOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.check(run(context.Background(), w.open(), p.Number))
	s := w.snapshot(p.Number)
	w.check(w.open().Apply(context.Background(), s, s.Suggested.SHA))
	end := w.state(p.Number)
	if end.HeadSHA != s.Suggested.SHA || len(end.Commits) != 2 {
		t.Errorf("the head is %s: %+v", end.HeadSHA, end.Commits)
	}

	other := w.pull("other", docker(map[string]string{"a/Dockerfile": dockerfile}))
	w.check(run(context.Background(), w.open(), other.Number))
	s = w.snapshot(other.Number)
	pushed := w.push("other", map[string]string{"x": "y"})
	if err := w.open().Apply(context.Background(), s, s.Suggested.SHA); !errors.Is(err, github.ErrHeadMoved) {
		t.Errorf("after a push: %v, want %v", err, github.ErrHeadMoved)
	}
	if err := w.open().Apply(context.Background(), w.snapshot(other.Number), s.Suggested.SHA); !errors.Is(err, github.ErrHeadMoved) {
		t.Errorf("on an older head: %v, want %v", err, github.ErrHeadMoved)
	}
	if err := w.open().Apply(context.Background(), s, ""); !errors.Is(err, github.ErrNothingToApply) {
		t.Errorf("%v, want %v", err, github.ErrNothingToApply)
	}
	if got := w.state(other.Number).HeadSHA; got != pushed {
		t.Errorf("the head is %s, want %s", got, pushed)
	}
}

func TestSameCommitIsNotMadeTwice(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	var made []string
	for range 2 {
		s := w.snapshot(p.Number)
		done, err := w.open().Publish(context.Background(), s, []review.Change{review.CreateCommit{Commit: *wanted(s).Commit}})
		w.check(err)
		made = append(made, done.Commit)
		w.Advance(time.Minute) // a second commit would have another time, and another name
	}
	if made[0] != made[1] || made[0] == "" {
		t.Errorf("%v", made)
	}
}

// Our ref is there, or is not, other than the snapshot saw.
func TestRefThatCameOrWent(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	early := w.snapshot(p.Number)
	create := []review.Change{review.CreateCommit{Commit: *wanted(early).Commit}}
	_, err := w.open().Publish(context.Background(), early, create)
	w.check(err)
	w.Advance(time.Minute)
	done, err := w.open().Publish(context.Background(), early, create)
	w.check(err)
	if got := w.head(review.CommitRef(p.Number)); got != done.Commit {
		t.Errorf("the ref is at %s, want %s", got, done.Commit)
	}

	late := w.snapshot(p.Number)
	if out, err := exec.Command("git", "-C", w.repo.Dir, "update-ref", "-d", review.CommitRef(p.Number)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	other := *wanted(late).Commit
	other.Changes[0].Content = []byte("FROM alpine\n")
	done, err = w.open().Publish(context.Background(), late, []review.Change{review.CreateCommit{Commit: other}})
	w.check(err)
	if got := w.head(review.CommitRef(p.Number)); got != done.Commit {
		t.Errorf("the ref is at %s, want %s", got, done.Commit)
	}
}
