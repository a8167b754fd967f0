package github_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/app/github/githubtest/openapi"
	"github.com/multistage-app/multistage/review"
)

// validator is GitHub's description, loaded once.
var validator = sync.OnceValues(func() (*openapi.Validator, error) {
	return openapi.Load(filepath.Join("..", "..", ".cache", "openapi", "api.github.com.json"))
})

// key is the App's, made once: that takes a moment.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

const shop = "acme/shop"

// files is the first commit of acme/shop.
var files = map[string]string{
	"go.mod":                 "module shop\n",
	"main.go":                "package main\n\nfunc main() {}\n",
	"run.sh":                 "#!/bin/sh\nexec ./shop\n",
	".github/multistage.yml": "mode: review\n",
}

// world is a GitHub with one repository and an installation of the App. All traffic is
// held against GitHub's description.
type world struct {
	*githubtest.Server
	t    *testing.T
	app  *github.App
	inst githubtest.Installation
	repo githubtest.Repository
}

func newWorld(t *testing.T) *world {
	t.Helper()
	v, err := validator()
	if err != nil {
		t.Fatal(err)
	}
	gh, err := githubtest.New(githubtest.Options{Dir: t.TempDir(), App: githubtest.AppOptions{Key: key()},
		Wrap: func(h http.Handler) http.Handler { return v.Wrap(h, func(err error) { t.Error(err) }) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gh.Close() })
	w := &world{Server: gh, t: t}
	gh.AddUser("mona")
	w.repo, err = gh.AddRepository(githubtest.RepositoryOptions{Name: shop, Files: files, Modes: map[string]string{"run.sh": "100755"}})
	w.check(err)
	w.check(gh.SetPermission(shop, "mona", "write"))
	w.inst, err = gh.Install("acme")
	w.check(err)
	w.app = w.newApp(github.Options{})
	return w
}

// newApp is the App as it is after a start: it remembers nothing.
func (w *world) newApp(o github.Options) *github.App {
	w.t.Helper()
	o.AppID, o.PrivateKey, o.BaseURL = w.App().ID, w.pem(), w.URL()
	if o.Pace == 0 {
		o.Pace = -1
	}
	o.RetryDelay = time.Millisecond
	o.Logger = zerolog.New(zerolog.NewTestWriter(w.t))
	app, err := github.New(o)
	w.check(err)
	return app
}

func (w *world) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(w.PrivateKey())})
}

func (w *world) open() *github.Installation {
	return w.app.Installation(w.inst.ID, github.Repo{ID: w.repo.ID, Owner: "acme", Name: "shop"})
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// pull pushes a branch and opens a pull request of it.
func (w *world) pull(branch string, c githubtest.Change) githubtest.Pull {
	w.t.Helper()
	c.Author = "mona"
	_, err := w.Push(shop, branch, c)
	w.check(err)
	p, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: branch, Author: "mona", Title: "Change of " + branch})
	w.check(err)
	return p
}

func (w *world) push(branch string, files map[string]string) string {
	w.t.Helper()
	sha, err := w.Push(shop, branch, githubtest.Change{Author: "mona", Message: "More", Files: files})
	w.check(err)
	return sha
}

func (w *world) state(number int) githubtest.Pull {
	w.t.Helper()
	p, err := w.Pull(shop, number)
	w.check(err)
	return p
}

func (w *world) snapshot(number int) *github.Snapshot {
	w.t.Helper()
	s, err := w.open().Snapshot(context.Background(), number, github.SnapshotOptions{Enough: answered})
	w.check(err)
	return s
}

// counted lists the calls that count: not those for tokens, nor the App's own.
func (w *world) counted() []string {
	var list []string
	for _, c := range w.Calls() {
		if c.Token == "installation" {
			list = append(list, c.Method+" "+c.Path)
		}
	}
	return list
}

// wantCalls holds the calls since the last time against a list.
func (w *world) wantCalls(want ...string) {
	w.t.Helper()
	if got := w.counted(); !slices.Equal(got, want) {
		w.t.Errorf("%d calls:\n%s\nwant %d:\n%s", len(got), strings.Join(got, "\n"), len(want), strings.Join(want, "\n"))
	}
	w.Reset()
}

// The calls' names.
const (
	callGraphQL = "POST /graphql"
	callFiles   = "GET /repos/{owner}/{repo}/pulls/{pull_number}/files"
	callTree    = "GET /repos/{owner}/{repo}/git/trees/{tree_sha}"
	callArchive = "GET /repos/{owner}/{repo}/tarball/{ref}"
	callBlob    = "GET /repos/{owner}/{repo}/git/blobs/{file_sha}"
	callHead    = "GET /repos/{owner}/{repo}/pulls/{pull_number}"
	callNewTree = "POST /repos/{owner}/{repo}/git/trees"
	callCommit  = "POST /repos/{owner}/{repo}/git/commits"
	callNewRef  = "POST /repos/{owner}/{repo}/git/refs"
	callReview  = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews"
	callCheck   = "POST /repos/{owner}/{repo}/check-runs"
)

// answered is what a caller asks in SnapshotOptions.Enough: every candidate's blob is in
// the marker of a review of ours, and there is a check run to show or to repeat.
func answered(pr *github.Snapshot) bool {
	if len(pr.Checks) == 0 && pr.Previous == nil {
		return false
	}
	known := map[string]string{}
	for _, p := range pr.Posted {
		for _, m := range review.ParseMarkers(p.Body) {
			known[m.Path] = m.Blob
		}
	}
	found := false
	for _, f := range pr.Files {
		if strings.HasSuffix(f.Path, "Dockerfile") && f.Status != review.Removed {
			if f.SHA == "" || known[f.Path] != f.SHA {
				return false
			}
			found = true
		}
	}
	return found
}

// wanted is a review of every Dockerfile in a snapshot: a marker, a suggestion on its
// first line, a commit and a check run.
func wanted(s *github.Snapshot) review.Review {
	var r review.Review
	body := "The Dockerfile can be multi-stage.\n"
	commit := review.Commit{Parent: s.Head.SHA, Message: "multistage: split Dockerfile\n", Ref: review.CommitRef(s.Number)}
	for _, f := range s.Files {
		if f.Content == nil {
			continue
		}
		m := review.Marker{Path: f.Path, Blob: f.SHA, State: "abcd"}
		r.Markers, body = append(r.Markers, m), body+m.String()+"\n"
		r.Comments = append(r.Comments, review.Comment{Path: f.Path, Line: f.Hunks[0].Added[0], Body: "```suggestion\nFROM scratch\n```\n"})
		commit.Changes = append(commit.Changes, review.CommitChange{Path: f.Path, Mode: f.Mode, Content: append([]byte("# rewritten\n"), f.Content...)})
	}
	r.Body = body
	if s.MayCommit {
		r.Commit = &commit
	}
	r.Check = &review.CheckRun{Name: "Multistage", ExternalID: fmt.Sprintf("v1:%d:abcd", s.Number), Conclusion: review.Neutral,
		Title: "The Dockerfile can be multi-stage", Summary: "One Dockerfile."}
	return r
}

// run is a whole run: snapshot, review, publish. A head that moved while the Dockerfiles
// did not gets the check run of the last one.
func run(ctx context.Context, i *github.Installation, number int) error {
	s, err := i.Snapshot(ctx, number, github.SnapshotOptions{Enough: answered})
	if err != nil {
		return err
	}
	want := review.Review{Keep: true}
	switch {
	case s.Tree != nil:
		want = wanted(s)
	case len(s.Checks) == 0:
		want.Check = s.Previous
	}
	_, err = i.Publish(ctx, s, review.Diff(s.PullRequest, want))
	return err
}

func content(t *testing.T, fsys fs.FS, name string) string {
	t.Helper()
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
