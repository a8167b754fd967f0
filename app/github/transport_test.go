package github_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/review"
)

func TestReadsAreTriedAgainAndWritesAreNot(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	for _, rule := range []githubtest.Rule{
		{Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{number}/files", Times: 2, Status: http.StatusBadGateway},
		{Method: "GET", Path: "/repos/{owner}/{repo}/git/trees/{sha}", Times: 2, CloseConnection: true},
		{Method: "POST", Path: "/graphql", Times: 2, Status: http.StatusServiceUnavailable},
	} {
		w.Fail(rule)
	}
	s := w.snapshot(p.Number)
	w.Reset()
	w.Fail(githubtest.Rule{Method: "POST", Path: "/repos/{owner}/{repo}/check-runs", Status: http.StatusBadGateway})
	_, err := w.open().Publish(context.Background(), s, []review.Change{review.CreateCheckRun{SHA: s.Head.SHA, Check: *wanted(s).Check}})
	if err == nil {
		t.Error("no error for a 502")
	}
	w.wantCalls(callHead, callCheck)
	w.Fail(githubtest.Rule{Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{number}/files", Status: http.StatusBadGateway})
	w.Reset()
	w.Fail(githubtest.Rule{Method: "GET", Path: "/repos/{owner}/{repo}/collaborators/{user}/permission", Status: http.StatusBadGateway})
	if _, err := w.open().Permission(context.Background(), "mona"); err == nil {
		t.Error("no error for three 502")
	}
	if got := len(w.counted()); got != 3 {
		t.Errorf("%d tries, want 3", got)
	}
}

func TestCallsAreToldByRoute(t *testing.T) {
	var mu sync.Mutex
	got := map[string]int{}
	w := newWorld(t)
	w.app = w.newApp(github.Options{OnCall: func(c github.Call) {
		mu.Lock()
		defer mu.Unlock()
		got[fmt.Sprint(c.Method, " ", c.Route, " ", c.Status)]++
		if c.Remaining <= 0 && !strings.HasPrefix(c.Route, "/app") {
			t.Errorf("%+v has no remaining calls", c)
		}
	}})
	p := w.pull("docker", docker(nil))
	w.check(run(context.Background(), w.open(), p.Number))
	for _, want := range []string{
		"GET /app/installations/{id} 200", "POST /app/installations/{id}/access_tokens 201", "POST /graphql 200",
		"GET /repos/{owner}/{repo}/pulls/{id}/files 200", "GET /repos/{owner}/{repo}/git/trees/{sha} 200",
		"GET /repos/{owner}/{repo}/tarball/{path} 302", "GET /repos/{owner}/{repo}/pulls/{id} 200",
		"POST /repos/{owner}/{repo}/git/refs 201", "POST /repos/{owner}/{repo}/check-runs 201",
	} {
		if got[want] == 0 {
			t.Errorf("%s is not among %v", want, got)
		}
	}
	for call := range got {
		if strings.Contains(call, "acme") || strings.Contains(call, "shop") {
			t.Errorf("a name in the label %s", call)
		}
	}
}

func TestWritesKeepADistance(t *testing.T) {
	const pace = 60 * time.Millisecond
	w := newWorld(t)
	w.app = w.newApp(github.Options{Pace: pace})
	p := w.pull("docker", docker(nil))
	s := w.snapshot(p.Number)
	started := time.Now()
	_, err := w.open().Publish(context.Background(), s, review.Diff(s.PullRequest, wanted(s)))
	w.check(err)
	if took := time.Since(started); took < 4*pace { // five writes
		t.Errorf("five writes in %s", took)
	}
}

// A server that would have the token sent to another host, and one that says too much.
func TestHostileAnswers(t *testing.T) {
	var stolen atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stolen.Store(stolen.Load() || r.Header.Get("Authorization") != "")
	}))
	defer other.Close()
	w := newWorld(t)
	for name, answer := range map[string]http.HandlerFunc{
		"redirect": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, other.URL+"/repos/acme/shop", http.StatusTemporaryRedirect)
		},
		"endless": func(rw http.ResponseWriter, r *http.Request) {
			io.WriteString(rw, `{"permission":"`)
			chunk := strings.Repeat("a", 1<<20)
			for range 64 {
				if _, err := io.WriteString(rw, chunk); err != nil {
					return
				}
			}
		},
		"not JSON": func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, "<html>") },
	} {
		t.Run(name, func(t *testing.T) {
			api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/access_tokens"):
					rw.WriteHeader(http.StatusCreated)
					io.WriteString(rw, `{"token":"ghs_0123456789abcdef","expires_at":"2099-01-01T00:00:00Z"}`)
				case strings.HasPrefix(r.URL.Path, "/app/installations/"):
					io.WriteString(rw, `{"id":1,"permissions":{"contents":"write","pull_requests":"write","checks":"write"}}`)
				default:
					answer(rw, r)
				}
			}))
			defer api.Close()
			app, err := github.New(github.Options{AppID: 1, PrivateKey: w.pem(), BaseURL: api.URL, RetryDelay: time.Millisecond})
			w.check(err)
			_, err = app.Installation(1, github.Repo{ID: 1, Owner: "acme", Name: "shop"}).Permission(context.Background(), "mona")
			if err == nil {
				t.Error("no error")
			}
			if stolen.Load() {
				t.Error("the token was sent to another host")
			}
		})
	}
}

func TestErrorsHoldNoSecrets(t *testing.T) {
	w := newWorld(t)
	api := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/access_tokens"):
			rw.WriteHeader(http.StatusCreated)
			io.WriteString(rw, `{"token":"ghs_0123456789abcdef","expires_at":"2099-01-01T00:00:00Z"}`)
		case strings.HasPrefix(r.URL.Path, "/app/installations/"):
			io.WriteString(rw, `{"id":1,"permissions":{"contents":"write","pull_requests":"write"}}`)
		default:
			rw.WriteHeader(http.StatusTeapot)
			fmt.Fprintf(rw, `{"message":"you sent %s to https://codeload.example/x?token=AAAABBBBCCCC"}`, r.Header.Get("Authorization"))
		}
	}))
	defer api.Close()
	app, err := github.New(github.Options{AppID: 1, PrivateKey: w.pem(), BaseURL: api.URL, RetryDelay: time.Millisecond})
	w.check(err)
	i := app.Installation(1, github.Repo{ID: 1, Owner: "acme", Name: "shop"})
	_, err = i.Permission(context.Background(), "mona")
	if err == nil || strings.Contains(err.Error(), "0123456789abcdef") || strings.Contains(err.Error(), "AAAABBBB") {
		t.Errorf("%v", err)
	}
}

func TestCancelledCallsEnd(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	ctx, cancel := context.WithCancel(context.Background())
	w.Fail(githubtest.Rule{Path: "/repos/{owner}/{repo}/pulls/{number}/files", Delay: time.Minute, Do: cancel})
	time.AfterFunc(100*time.Millisecond, cancel)
	started := time.Now()
	_, err := w.open().Snapshot(ctx, p.Number, github.SnapshotOptions{})
	if !errors.Is(err, context.Canceled) || time.Since(started) > 20*time.Second {
		t.Errorf("%v after %s", err, time.Since(started))
	}
}
