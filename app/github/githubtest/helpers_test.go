package githubtest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/app/github/githubtest/openapi"
)

// fixture is a file that "make fixtures" brings.
func fixture(name string) string { return filepath.Join("..", "..", "..", ".cache", name) }

// validator is GitHub's description, loaded once.
var validator = sync.OnceValues(func() (*openapi.Validator, error) {
	return openapi.Load(fixture("openapi/api.github.com.json"))
})

// world is a GitHub with one repository, one person and an installation. All
// traffic is held against GitHub's description.
type world struct {
	*githubtest.Server
	t      *testing.T
	inst   githubtest.Installation
	client *github.Client // of the installation, with all permissions
	// wrong allows requests that the description forbids, to see GitHub's answer.
	wrong bool
}

// appKey is made once: that takes a while.
var appKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

const shop = "acme/shop"

// files is the first commit of acme/shop.
var files = map[string]string{
	"go.mod":     "module shop\n",
	"main.go":    "package main\n\nfunc main() {}\n",
	"lib/lib.go": numbered(1, 60),
	"README.md":  "# Shop\n",
}

// numbered makes lines "line N".
func numbered(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		b.WriteString("line " + itoa(i) + "\n")
	}
	return b.String()
}

func itoa(i int) string { b, _ := json.Marshal(i); return string(b) }

func newWorld(t *testing.T, opts githubtest.Options) *world {
	t.Helper()
	v, err := validator()
	if err != nil {
		t.Fatal(err)
	}
	if opts.App.Key, err = appKey(); err != nil {
		t.Fatal(err)
	}
	opts.Dir = t.TempDir()
	w := &world{t: t}
	opts.Wrap = func(h http.Handler) http.Handler {
		return v.Wrap(h, func(err error) {
			if !w.wrong || !strings.HasPrefix(err.Error(), "request ") {
				t.Error(err)
			}
		})
	}
	gh, err := githubtest.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gh.Close() })
	w.Server = gh
	gh.AddUser("mona")
	w.must(gh.AddRepository(githubtest.RepositoryOptions{Name: shop, Files: files, Modes: map[string]string{"main.go": "100755"}}))
	w.check(gh.SetPermission(shop, "mona", "write"))
	if w.inst, err = gh.Install("acme"); err != nil {
		t.Fatal(err)
	}
	gh.DropWaiting()
	w.client = w.as(nil)
	return w
}

// as is a client of the installation with options for its tokens.
func (w *world) as(o *github.InstallationTokenOptions) *github.Client {
	w.t.Helper()
	apps := ghinstallation.NewAppsTransportFromPrivateKey(http.DefaultTransport, w.App().ID, w.PrivateKey())
	apps.BaseURL = w.URL()
	tr := ghinstallation.NewFromAppsTransport(apps, w.inst.ID)
	tr.BaseURL = w.URL()
	if o == nil {
		o = &github.InstallationTokenOptions{}
	}
	tr.InstallationTokenOptions = o
	return w.clientOver(tr)
}

// appClient is a client that signs in as the App.
func (w *world) appClient() *github.Client {
	apps := ghinstallation.NewAppsTransportFromPrivateKey(http.DefaultTransport, w.App().ID, w.PrivateKey())
	apps.BaseURL = w.URL()
	return w.clientOver(apps)
}

func (w *world) clientOver(tr http.RoundTripper) *github.Client {
	c := github.NewClient(&http.Client{Transport: tr})
	base, err := c.BaseURL.Parse(w.URL() + "/")
	w.check(err)
	c.BaseURL = base
	return c
}

// check ends the test on an error.
func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// must ends the test on an error of a call with a value.
func (w *world) must(_ any, err error) {
	w.t.Helper()
	w.check(err)
}

// pull pushes a branch with the files and opens a pull request of it.
func (w *world) pull(branch string, c githubtest.Change) githubtest.Pull {
	w.t.Helper()
	if c.Author == "" {
		c.Author = "mona"
	}
	w.must(w.Push(shop, branch, c))
	p, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: branch, Author: "mona", Title: "Change of " + branch, Body: "Please look."})
	w.check(err)
	return p
}

// state is the pull request now.
func (w *world) state(number int) githubtest.Pull {
	w.t.Helper()
	p, err := w.Pull(shop, number)
	w.check(err)
	return p
}

// graphql asks a question and gives the answer's data and errors.
func (w *world) graphql(c *github.Client, query string, vars map[string]any) (map[string]any, []map[string]any) {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	w.check(err)
	resp, err := c.Client().Post(w.URL()+"/graphql", "application/json", bytes.NewReader(body))
	w.check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	w.check(err)
	if resp.StatusCode != 200 {
		w.t.Fatalf("graphql: %d %s", resp.StatusCode, text)
	}
	var answer struct {
		Data   map[string]any
		Errors []map[string]any
	}
	w.check(json.Unmarshal(text, &answer))
	return answer.Data, answer.Errors
}

// status is the status of an error of go-github, 0 for none.
func status(err error) int {
	var e *github.ErrorResponse
	if errors.As(err, &e) {
		return e.Response.StatusCode
	}
	return 0
}

// refused checks that a call was refused with a status and a text in its message.
func refused(t *testing.T, err error, code int, text string) {
	t.Helper()
	if status(err) != code || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %d with %q", err, code, text)
	}
}

var ctx = context.Background()

// accepting is the address of a webhook that takes everything.
func accepting(t *testing.T) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	t.Cleanup(srv.Close)
	return srv.URL
}

// body is a text to be sent.
func body(text string) io.Reader { return strings.NewReader(text) }
