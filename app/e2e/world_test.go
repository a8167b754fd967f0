// Package e2e_test tells the App's stories from a signed webhook to what a pull
// request shows, against a stateful GitHub over real git repositories.
package e2e_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/app/github/githubtest/openapi"
)

const (
	shop   = "acme/shop"
	secret = "a webhook secret"
	wait   = 90 * time.Second // for what takes a second
)

// dockerfile is what the pull requests of these stories add.
const dockerfile = `FROM golang:1.24
WORKDIR /app
COPY go.mod ./
RUN go mod download
COPY . .
RUN go build -o server .
EXPOSE 8080
CMD ["./server"]
`

// files are the first commit of acme/shop: a server with nothing to read.
var files = map[string]string{
	"go.mod": "module example.com/shop\n\ngo 1.24\n",
	"main.go": `package main

import "net/http"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello")) })
	http.ListenAndServe(":8080", nil)
}
`,
	"README.md": "# shop\n",
}

// validator is GitHub's description, loaded once.
var validator = sync.OnceValues(func() (*openapi.Validator, error) {
	return openapi.Load(filepath.Join("..", "..", ".cache", "openapi", "api.github.com.json"))
})

// world is a GitHub with one repository, an installation of the App, and mona and
// hubot: mona may write, hubot may not. All traffic is held against GitHub's
// description.
type world struct {
	*githubtest.Server
	t    *testing.T
	ctx  context.Context
	inst githubtest.Installation

	verify   string // MULTISTAGE_VERIFY; off where it is empty
	prove    app.Prover
	buildkit string // BUILDKIT_HOST
	workDir  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	v, err := validator()
	if err != nil {
		t.Fatal(err)
	}
	gh, err := githubtest.New(githubtest.Options{Dir: t.TempDir(),
		Wrap: func(h http.Handler) http.Handler { return v.Wrap(h, func(err error) { t.Error(err) }) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gh.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	w := &world{Server: gh, t: t, ctx: ctx, verify: app.VerifyOff, workDir: t.TempDir()}
	gh.AddUser("mona")
	gh.AddUser("hubot")
	_, err = gh.AddRepository(githubtest.RepositoryOptions{Name: shop, Files: files, Public: true})
	w.check(err)
	w.check(gh.SetPermission(shop, "mona", "write"))
	w.inst, err = gh.Install("acme")
	w.check(err)
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// config is the App's for this GitHub.
func (w *world) config(database string) app.Config {
	key := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(w.PrivateKey())})
	return app.Config{
		AppID: w.App().ID, PrivateKey: app.Secret(key), WebhookSecrets: []app.Secret{secret},
		Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0", Database: app.Secret("sqlite:" + database),
		GitHubURL: w.URL(), Verify: w.verify, LogLevel: zerolog.DebugLevel, Pace: -1,
		WorkDir: w.workDir, BuildKitHost: w.buildkit, Proofs: 2, ProofTimeout: time.Hour, Prove: w.prove,
	}
}

// serve runs the App in this process until the test ends.
func (w *world) serve() *app.Process {
	w.t.Helper()
	p, _ := w.serveOn(filepath.Join(w.t.TempDir(), "queue.db"))
	return p
}

// serveOn runs the App on a database, until the test ends or stop is called.
func (w *world) serveOn(database string) (p *app.Process, stop func()) {
	w.t.Helper()
	logger := zerolog.New(zerolog.NewTestWriter(w.t)).Level(zerolog.WarnLevel)
	p, err := app.New(w.ctx, w.config(database), logger)
	w.check(err)
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(stop)
	w.SetWebhook("http://"+p.Server.Addr()+"/webhook", secret)
	return p, stop
}

// settle delivers what waits, and what that causes, until nothing is left to do.
func (w *world) settle(p *app.Process) {
	w.t.Helper()
	for w.Waiting() > 0 {
		w.check(w.DeliverAll(w.ctx))
		w.check(p.Queue.Idle(w.ctx))
	}
	w.check(p.Queue.Idle(w.ctx))
}

// pull pushes files on a branch and opens a pull request of it.
func (w *world) pull(branch string, change githubtest.Change) githubtest.Pull {
	w.t.Helper()
	change.Author, change.Message = "mona", "Change "+branch
	_, err := w.Push(shop, branch, change)
	w.check(err)
	p, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: branch, Author: "mona", Title: "Change of " + branch})
	w.check(err)
	return p
}

func (w *world) adds(branch, path, text string) githubtest.Pull {
	w.t.Helper()
	return w.pull(branch, githubtest.Change{Files: map[string]string{path: text}})
}

func (w *world) state(number int) githubtest.Pull {
	w.t.Helper()
	p, err := w.Pull(shop, number)
	w.check(err)
	return p
}

// calls are the calls that count: not those for tokens, nor the App's own.
func (w *world) calls() []string {
	var list []string
	for _, c := range w.Calls() {
		if c.Token == "installation" {
			list = append(list, c.Method+" "+c.Path)
		}
	}
	return list
}

// shown are the reviews that people see.
func shown(p githubtest.Pull) []githubtest.Review {
	var list []githubtest.Review
	for _, r := range p.Reviews {
		if r.Minimized == "" {
			list = append(list, r)
		}
	}
	return list
}

// checksOn are the check runs of one commit.
func checksOn(p githubtest.Pull, sha string) []githubtest.CheckRun {
	var list []githubtest.CheckRun
	for _, c := range p.CheckRuns {
		if c.HeadSHA == sha {
			list = append(list, c)
		}
	}
	return list
}

// oneOfEach sees that a pull request ended with exactly one review, one commit
// reachable from our ref, on the head, and one completed check run.
func (w *world) oneOfEach(number int) {
	w.t.Helper()
	p := w.state(number)
	if n := len(p.Reviews); n != 1 {
		w.t.Errorf("%d reviews, want 1", n)
	}
	checks := checksOn(p, p.HeadSHA)
	if len(checks) != 1 || checks[0].Status != "completed" {
		w.t.Errorf("check runs on the head: %+v, want one that is completed", checks)
	}
	commits := w.suggested(p)
	if len(commits) != 1 || len(commits[0].Parents) != 1 || commits[0].Parents[0] != p.HeadSHA {
		w.t.Errorf("commits reachable from our ref and not from the head: %+v, want one on %s", commits, p.HeadSHA)
	}
}

// suggested are the commits between the head and our ref, newest first.
func (w *world) suggested(p githubtest.Pull) []githubtest.Commit {
	w.t.Helper()
	refs, err := w.Refs(shop)
	w.check(err)
	var commits []githubtest.Commit
	for sha := refs[fmt.Sprintf("refs/multistage/pull/%d", p.Number)]; sha != "" && sha != p.HeadSHA && len(commits) < 10; {
		c, err := w.Commit(shop, sha)
		w.check(err)
		commits = append(commits, c)
		sha = ""
		if len(c.Parents) > 0 {
			sha = c.Parents[0]
		}
	}
	return commits
}

// settleLater settles what a wait of the queue puts off, until it is there.
func (w *world) settleLater(p *app.Process, done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(wait); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatal("it does not settle")
		}
		w.settle(p)
	}
	w.settle(p)
}
