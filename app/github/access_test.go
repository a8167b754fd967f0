package github_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/review"
)

func TestWithoutContentsWriteThereIsNoCommit(t *testing.T) {
	w := newWorld(t)
	w.check(w.Grant(w.inst.ID, map[string]string{"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write", "issues": "read"}))
	p := w.pull("docker", docker(nil))
	s := w.snapshot(p.Number)
	if s.MayCommit {
		t.Error("MayCommit without contents: write")
	}
	w.check(run(context.Background(), w.open(), p.Number))
	end := w.state(p.Number)
	if len(end.Reviews) != 1 || len(end.CheckRuns) != 1 {
		t.Errorf("%+v", end)
	}
	err := w.open().Apply(context.Background(), s, s.Head.SHA)
	var lacks *github.PermissionError
	if !errors.As(err, &lacks) || lacks.Permission != "contents" || lacks.Level != "write" || !errors.Is(err, github.ErrPermission) {
		t.Errorf("apply: %v, want contents: write named", err)
	}
}

func TestWithoutChecksThereIsAReview(t *testing.T) {
	w := newWorld(t)
	w.check(w.Grant(w.inst.ID, map[string]string{"metadata": "read", "contents": "write", "pull_requests": "write"}))
	p := w.pull("docker", docker(nil))
	for range 2 {
		w.check(run(context.Background(), w.open(), p.Number))
		if end := w.state(p.Number); len(end.Reviews) != 1 || len(end.CheckRuns) != 0 {
			t.Errorf("%+v", end)
		}
	}
}

func TestInstallationThatIsSuspendedOrGone(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.check(w.Suspend(w.inst.ID, true))
	repo := github.Repo{ID: w.repo.ID, Owner: "acme", Name: "shop"}
	for name, i := range map[string]*github.Installation{
		"not there": w.app.Installation(4711, repo),
		"suspended": w.open(),
	} {
		if _, err := i.Snapshot(context.Background(), p.Number, github.SnapshotOptions{}); !errors.Is(err, github.ErrGone) {
			t.Errorf("%s: %v, want %v", name, err, github.ErrGone)
		}
	}
	w.check(w.Suspend(w.inst.ID, false))
	repo.ID = 4711
	other := w.app.Installation(w.inst.ID, repo)
	if _, err := other.Snapshot(context.Background(), p.Number, github.SnapshotOptions{}); !errors.Is(err, github.ErrGone) {
		t.Errorf("a repository out of reach: %v, want %v", err, github.ErrGone)
	}
}

func TestTokenThatGitHubTookBackIsRenewed(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	s := w.snapshot(p.Number)
	w.ExpireTokens()
	w.snapshot(p.Number)
	w.ExpireTokens() // for a call that writes, too
	_, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, wanted(s)))
	w.check(err)
	w.wantEnd(p.Number)
}

func TestTokensAreForOneRepositoryAndFew(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.Reset()
	w.check(run(context.Background(), w.open(), p.Number))
	tokens := 0
	for _, c := range w.Calls() {
		if strings.HasSuffix(c.Path, "/access_tokens") {
			tokens++
		}
	}
	if tokens != 2 {
		t.Errorf("%d tokens for a run, want one to read and one to write", tokens)
	}
	_, err := w.AddRepository(githubtest.RepositoryOptions{Name: "acme/other", Files: map[string]string{"README.md": "x\n"}})
	w.check(err)
	i := w.app.Installation(w.inst.ID, github.Repo{ID: w.repo.ID, Owner: "acme", Name: "other"})
	if _, err := i.Permission(context.Background(), "mona"); !errors.Is(err, github.ErrGone) {
		t.Errorf("another repository with the token: %v, want %v", err, github.ErrGone)
	}
}

// The lock of ghinstallation and the App's own are no place to wait for each other.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := w.open().Snapshot(context.Background(), p.Number, github.SnapshotOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestRateLimitsOfEachShape(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for name, test := range map[string]struct {
		rule      githubtest.Rule
		secondary bool
		least     time.Duration
		most      time.Duration
	}{
		"primary":                {githubtest.PrimaryLimit(now.Add(50 * time.Minute)), false, 49 * time.Minute, 51 * time.Minute},
		"secondary, retry-after": {githubtest.SecondaryLimit(90 * time.Second), true, 85 * time.Second, 95 * time.Second},
		"secondary, body only":   {githubtest.SecondaryLimitBodyOnly(), true, 55 * time.Second, 80 * time.Second},
		"429":                    {githubtest.TooManyRequests(90 * time.Second), true, 85 * time.Second, 95 * time.Second},
		"abuse": {githubtest.Rule{Status: http.StatusForbidden, Body: `{"message":"You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."}`},
			true, 55 * time.Second, 80 * time.Second},
		"429 without anything": {githubtest.Rule{Status: http.StatusTooManyRequests}, true, 55 * time.Second, 80 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pull("docker", docker(nil))
			for _, at := range []string{"/app/installations/{id}/access_tokens", "/repos/{owner}/{repo}/pulls/{number}/files"} {
				w.app = w.newApp(github.Options{})
				w.Reset()
				test.rule.Path = at
				w.Fail(test.rule)
				_, err := w.open().Snapshot(context.Background(), p.Number, github.SnapshotOptions{})
				var limit *github.RateLimited
				if !errors.As(err, &limit) {
					t.Fatalf("%s: %v, want a rate limit", at, err)
				}
				if wait := time.Until(limit.Until); limit.Secondary != test.secondary || wait < test.least || wait > test.most {
					t.Errorf("%s: wait %s, secondary %t", at, wait, limit.Secondary)
				}
				// While it holds GitHub is not asked.
				asked := len(w.Calls())
				if _, err := w.open().Snapshot(context.Background(), p.Number, github.SnapshotOptions{}); !errors.As(err, &limit) {
					t.Errorf("%s: %v, want the limit to hold", at, err)
				}
				if more := len(w.Calls()) - asked; more != 0 {
					t.Errorf("%s: %d calls while the limit holds", at, more)
				}
			}
		})
	}
}

func TestRefusalThatIsNoRateLimit(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.Fail(githubtest.Rule{Path: "/repos/{owner}/{repo}/pulls/{number}/files", Status: http.StatusForbidden,
		Body: `{"message":"Resource not accessible by integration"}`})
	_, err := w.open().Snapshot(context.Background(), p.Number, github.SnapshotOptions{})
	var limit *github.RateLimited
	if errors.As(err, &limit) || !errors.Is(err, github.ErrPermission) {
		t.Errorf("%v, want %v", err, github.ErrPermission)
	}
}

func TestIdentity(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		id, err := w.app.Identity(context.Background())
		w.check(err)
		if id.Login != w.App().Bot.Login || id.ID != w.App().ID || id.Permissions["contents"] != "write" || len(id.Events) == 0 {
			t.Errorf("%+v", id)
		}
	}
	if got := len(w.Calls()); got != 1 {
		t.Errorf("%d calls", got)
	}
}
