package e2e_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// What a pull request may hold, with what its author should hear: a reason in the
// check run, or nothing. The next pull request is answered as ever.
func TestBadInput(t *testing.T) {
	tests := map[string]struct {
		change githubtest.Change
		says   string // in the check run's summary; "" for no check run at all
	}{
		"Dockerfile of 10 MB": {
			githubtest.Change{Files: map[string]string{"Dockerfile": "FROM alpine\n" + strings.Repeat("# filler\n", 10<<20/9)}},
			"too large",
		},
		"binary":               {githubtest.Change{Files: map[string]string{"Dockerfile": "\x7fELF\x02\x01\x00\x00"}}, "not UTF-8 text"},
		"bad UTF-8":            {githubtest.Change{Files: map[string]string{"Dockerfile": "FROM alpine\nRUN echo \xc3\x28\n"}}, "not UTF-8 text"},
		"unterminated heredoc": {githubtest.Change{Files: map[string]string{"Dockerfile": "FROM alpine\nRUN <<EOF\necho\n"}}, "unterminated heredoc"},
		"empty":                {githubtest.Change{Files: map[string]string{"Dockerfile": "\n"}}, "no instruction"},
		"symbolic link": {
			githubtest.Change{Files: map[string]string{"Dockerfile": "/etc/passwd"}, Modes: map[string]string{"Dockerfile": "120000"}}, "",
		},
		"link into the tree": {
			githubtest.Change{Files: map[string]string{"docker/Dockerfile": "../README.md"}, Modes: map[string]string{"docker/Dockerfile": "120000"}}, "",
		},
		"a source that leaves the context": {
			githubtest.Change{Files: map[string]string{"Dockerfile": "FROM golang:1.24\nCOPY ../../etc/passwd /\nCOPY . .\nRUN go build -o /s .\nCMD [\"/s\"]\n"}},
			"Dockerfile",
		},
		"two dots in a name": {
			githubtest.Change{Files: map[string]string{"a..b/Dockerfile": "FROM postgres:16\nCOPY x /\n"}}, "repackaged",
		},
		"markdown in a path": {
			githubtest.Change{Files: map[string]string{"a`@mona` <b>/Dockerfile": "FROM postgres:16\nCOPY x /\n"}}, "repackaged",
		},
	}
	w := newWorld(t)
	p := w.serve()
	i := 0
	for name, tt := range tests {
		i++
		t.Run(name, func(t *testing.T) {
			pull := w.pull("bad-"+strconv.Itoa(i), tt.change)
			w.settle(p)
			got := w.state(pull.Number)
			checks := checksOn(got, got.HeadSHA)
			if tt.says == "" && len(checks) == 0 {
				return
			}
			if len(checks) != 1 || checks[0].Status != "completed" || !strings.Contains(checks[0].Output.Summary+checks[0].Output.Text, tt.says) {
				t.Errorf("check runs %+v, want one that says %q", checks, tt.says)
			}
		})
	}
	good := w.adds("docker", "Dockerfile", dockerfile)
	w.settle(p)
	w.oneOfEach(good.Number)
}

// A configuration that cannot be read is said with its line, and nothing is guessed.
func TestBadConfiguration(t *testing.T) {
	w := newWorld(t)
	p := w.serve()
	_, err := w.Push(shop, "main", githubtest.Change{Author: "mona", Message: "Configure", Files: map[string]string{
		".github/multistage.yml": "version: 1\nexlude:\n  - docs/**\n"}})
	w.check(err)
	pull := w.adds("docker", "Dockerfile", dockerfile)
	w.settle(p)
	got := w.state(pull.Number)
	checks := checksOn(got, got.HeadSHA)
	if len(got.Reviews) != 0 || len(checks) != 1 || checks[0].Conclusion != "failure" ||
		!strings.Contains(checks[0].Output.Summary, "line 2") || !strings.Contains(checks[0].Output.Summary, "exclude") {
		t.Errorf("%d reviews, check runs %+v", len(got.Reviews), checks)
	}
}

// GitHub's limits in each of their forms: the job waits, and is done after that.
func TestRateLimits(t *testing.T) {
	tests := map[string]githubtest.Rule{
		"429 with retry-after":           {Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "1"}},
		"secondary 403 with retry-after": {Status: http.StatusForbidden, Headers: map[string]string{"Retry-After": "1"}, Body: `{"message":"You have exceeded a secondary rate limit."}`},
		"server error":                   {Status: http.StatusBadGateway},
		"connection lost":                {CloseConnection: true},
	}
	for name, rule := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.serve()
			rule.Method, rule.Path, rule.Times = http.MethodPost, "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", 1
			w.Fail(rule)
			pull := w.adds("docker", "Dockerfile", dockerfile)
			w.settle(p)
			w.settleLater(p, func() bool { return len(checksOn(w.state(pull.Number), pull.HeadSHA)) == 1 })
			w.oneOfEach(pull.Number)
		})
	}
}

// A draft waits, and is looked at when it is ready.
func TestDraft(t *testing.T) {
	w := newWorld(t)
	p := w.serve()
	_, err := w.Push(shop, "docker", githubtest.Change{Author: "mona", Message: "Add", Files: map[string]string{"Dockerfile": dockerfile}})
	w.check(err)
	pull, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: "docker", Author: "mona", Title: "Draft", Draft: true})
	w.check(err)
	w.settle(p)
	if got := w.state(pull.Number); len(got.Reviews) != 0 {
		t.Errorf("a draft was reviewed: %+v", got.Reviews)
	}
	w.check(w.SetDraft(shop, pull.Number, false, "mona"))
	w.settle(p)
	w.oneOfEach(pull.Number)
}
