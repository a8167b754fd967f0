package githubtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

const reviewsPath = "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"

// post makes a review over the API.
func (w *world) post(number int) error {
	_, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", number, &github.PullRequestReviewRequest{
		Body: github.String("Look."), Event: github.String("COMMENT")})
	return err
}

func TestFailSkipAndTimes(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.Fail(githubtest.Rule{Method: "POST", Path: reviewsPath, Skip: 1, Times: 2, Status: 502})
	for i, want := range []int{0, 502, 502, 0} {
		if got := status(w.post(p.Number)); got != want {
			t.Errorf("call %d: %d, want %d", i, got, want)
		}
	}
	if n := len(w.state(p.Number).Reviews); n != 2 {
		t.Errorf("%d reviews, want 2", n)
	}
	failed := 0
	for _, c := range w.Calls() {
		if c.Failed {
			failed++
		}
	}
	if failed != 2 {
		t.Errorf("%d calls recorded as failed, want 2", failed)
	}
	remove := w.Fail(githubtest.Rule{Path: "/repos/acme/shop/**", Status: 500, Body: `{"message":"boom"}`, Headers: map[string]string{"X-Test": "1"}})
	_, resp, err := w.client.Repositories.GetPermissionLevel(ctx, "acme", "shop", "mona")
	refused(t, err, 500, "boom")
	if resp.Header.Get("X-Test") != "1" {
		t.Error("the ordered header is missing")
	}
	remove()
	w.check(w.post(p.Number))
}

// The state changes and the answer is lost: what a crash in between looks like.
func TestFailAfterApply(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.Fail(githubtest.Rule{Method: "POST", Path: reviewsPath, Times: 1, CloseConnection: true, AfterApply: true})
	if err := w.post(p.Number); err == nil {
		t.Error("the answer came")
	}
	w.Fail(githubtest.Rule{Method: "POST", Path: reviewsPath, Times: 1, Status: 504, AfterApply: true})
	if got := status(w.post(p.Number)); got != 504 {
		t.Errorf("%d, want 504", got)
	}
	if n := len(w.state(p.Number).Reviews); n != 2 {
		t.Errorf("%d reviews, want 2", n)
	}
	w.Fail(githubtest.Rule{Method: "POST", Path: reviewsPath, Times: 1, CloseConnection: true})
	if err := w.post(p.Number); err == nil {
		t.Error("the answer came")
	}
	if n := len(w.state(p.Number).Reviews); n != 2 {
		t.Errorf("%d reviews after a call that was not carried out, want 2", n)
	}
}

// The head moves between two calls.
func TestFailDo(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.Fail(githubtest.Rule{Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{pull_number}", Skip: 1, Times: 1, Do: func() {
		w.must(w.Push(shop, "docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM b\n"}}))
	}})
	heads := []string{}
	for range 2 {
		got, _, err := w.client.PullRequests.Get(ctx, "acme", "shop", p.Number)
		w.check(err)
		heads = append(heads, got.GetHead().GetSHA())
	}
	if heads[0] != p.HeadSHA || heads[1] == p.HeadSHA || heads[1] != w.state(p.Number).HeadSHA {
		t.Errorf("heads %v, at first %s", heads, p.HeadSHA)
	}
}

func TestFailGraphQLByItsBody(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.Fail(githubtest.Rule{Path: "/graphql", Contains: "minimizeComment", Status: 500})
	if _, errs := w.graphql(w.client, `{ viewer { login } }`, nil); len(errs) != 0 {
		t.Error(errs)
	}
	resp, err := w.client.Client().Post(w.URL()+"/graphql", "application/json", body(`{"query":"mutation { minimizeComment }"}`))
	w.check(err)
	resp.Body.Close()
	if resp.StatusCode != 500 {
		t.Errorf("%d, want 500", resp.StatusCode)
	}
}

func TestFailDelay(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	_, _, err := w.client.Repositories.Get(ctx, "acme", "shop") // the token
	w.check(err)
	w.Fail(githubtest.Rule{Path: "/repos/{owner}/{repo}", Times: 1, Delay: time.Hour})
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, _, err := w.client.Repositories.Get(short, "acme", "shop"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	_, _, err = w.client.Repositories.Get(ctx, "acme", "shop")
	w.check(err)
}

func TestRateLimits(t *testing.T) {
	for name, test := range map[string]struct {
		rule githubtest.Rule
		want int
		as   any
	}{
		"primary":        {githubtest.PrimaryLimit(time.Now().Add(time.Hour)), 403, new(*github.RateLimitError)},
		"secondary":      {githubtest.SecondaryLimit(time.Minute), 403, new(*github.AbuseRateLimitError)},
		"secondary, 429": {githubtest.TooManyRequests(time.Minute), 429, new(*github.ErrorResponse)},
		"body only":      {githubtest.SecondaryLimitBodyOnly(), 403, new(*github.ErrorResponse)},
	} {
		w := newWorld(t, githubtest.Options{})
		_, _, err := w.client.Repositories.Get(ctx, "acme", "shop") // the token
		w.check(err)
		w.Fail(test.rule)
		_, resp, err := w.client.Repositories.Get(ctx, "acme", "shop")
		if resp == nil || resp.StatusCode != test.want || !errors.As(err, test.as) {
			t.Errorf("%s: %T %v, want %d", name, err, err, test.want)
			continue
		}
		after, remaining := resp.Header.Get("Retry-After"), resp.Header.Get("X-RateLimit-Remaining")
		if (after == "60") != (name == "secondary" || name == "secondary, 429") || (remaining == "0") != (name == "primary") ||
			resp.Header.Get("X-RateLimit-Reset") == "" {
			t.Errorf("%s: Retry-After %q, remaining %q", name, after, remaining)
		}
	}
}

func TestUnknownPath(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.wrong = true
	for _, path := range []string{"/none", "/repos/acme", "/repos/acme/shop/none", "/repos/acme/shop/pulls/x", "/", "//", "/repos/acme/shop/git/ref/..%2f"} {
		made, _, err := w.appClient().Apps.CreateInstallationToken(ctx, w.inst.ID, &github.InstallationTokenOptions{})
		w.check(err)
		if got := get(t, w.URL()+path, made.GetToken()).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got)
		}
	}
}

// GitHub Enterprise Server has a prefix before its paths.
func TestEnterprisePaths(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	c, err := w.client.WithEnterpriseURLs(w.URL(), w.URL())
	w.check(err)
	_, _, err = c.Repositories.Get(ctx, "acme", "shop")
	w.check(err)
	resp, err := w.client.Client().Post(w.URL()+"/api/graphql", "application/json", body(`{"query":"{ viewer { login } }"}`))
	w.check(err)
	resp.Body.Close()
	calls := w.Calls()
	if got := calls[len(calls)-2].Path + " " + calls[len(calls)-1].Path; got != "/repos/{owner}/{repo} /graphql" || resp.StatusCode != 200 {
		t.Errorf("%s %d", got, resp.StatusCode)
	}
}

// Many callers at once, with webhooks going out meanwhile.
func TestConcurrency(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	in := newInbox(t)
	w.SetWebhook(in.url, secret)
	w.SetAutomatic(true)
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	var group sync.WaitGroup
	const callers = 8
	for i := range callers {
		group.Go(func() {
			errs := []error{w.post(p.Number)}
			_, err := w.Comment(shop, p.Number, "mona", fmt.Sprint("comment ", i))
			errs = append(errs, err)
			_, _, err = w.client.PullRequests.ListFiles(ctx, "acme", "shop", p.Number, nil)
			errs = append(errs, err)
			_, err = w.Pull(shop, p.Number)
			if err := errors.Join(append(errs, err)...); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := w.state(p.Number)
	if len(got.Reviews) != callers || len(got.IssueComments) != callers {
		t.Errorf("%d reviews and %d comments, want %d", len(got.Reviews), len(got.IssueComments), callers)
	}
	deadline := time.Now().Add(20 * time.Second)
	for len(in.names()) < callers+1 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := len(in.names()); n != callers+1 {
		t.Errorf("%d deliveries, want %d", n, callers+1)
	}
}
