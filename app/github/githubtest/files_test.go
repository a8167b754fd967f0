package githubtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

func TestFiles(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("many", githubtest.Change{
		Files: map[string]string{
			"main.go":          "package main\n\nfunc main() { run() }\n",
			"Dockerfile":       "FROM golang:1.26\nRUN go build",
			"empty":            "",
			"logo.png":         "\x89PNG\x00\x00\x01",
			"lib/renamed.go":   strings.Replace(numbered(1, 60), "line 60\n", "line sixty\n", 1),
			"ü ber/Dockerfile": "FROM b\n",
		},
		Modes:  map[string]string{"main.go": "100755"},
		Remove: []string{"README.md", "lib/lib.go"},
	})
	got := map[string]*github.CommitFile{}
	listed, _, err := w.client.PullRequests.ListFiles(ctx, "acme", "shop", p.Number, nil)
	w.check(err)
	for _, f := range listed {
		got[f.GetFilename()] = f
	}
	for _, want := range []struct {
		name, status, previous, patch string
		added, removed                int
	}{
		{"Dockerfile", "added", "", "@@ -0,0 +1,2 @@\n+FROM golang:1.26\n+RUN go build\n\\ No newline at end of file", 2, 0},
		{"README.md", "removed", "", "@@ -1 +0,0 @@\n-# Shop", 0, 1},
		{"empty", "added", "", "", 0, 0},
		{"lib/renamed.go", "renamed", "lib/lib.go", "@@ -57,4 +57,4 @@ line 56\n line 57\n line 58\n line 59\n-line 60\n+line sixty", 1, 1},
		{"logo.png", "added", "", "", 0, 0},
		{"main.go", "modified", "", "@@ -1,3 +1,3 @@\n package main\n \n-func main() {}\n+func main() { run() }", 1, 1},
		{"ü ber/Dockerfile", "added", "", "@@ -0,0 +1 @@\n+FROM b", 1, 0},
	} {
		f := got[want.name]
		delete(got, want.name)
		if f.GetStatus() != want.status || f.GetPreviousFilename() != want.previous || f.GetPatch() != want.patch ||
			f.GetAdditions() != want.added || f.GetDeletions() != want.removed {
			t.Errorf("%s: got %v", want.name, f)
		}
		if want.status != "removed" {
			blob, _, err := w.client.Git.GetBlobRaw(ctx, "acme", "shop", f.GetSHA())
			w.check(err)
			if have, _, err := w.File(shop, "many", want.name); err != nil || string(have) != string(blob) {
				t.Errorf("%s: blob %q, file %q, %v", want.name, blob, have, err)
			}
		}
	}
	if len(got) != 0 {
		t.Errorf("unexpected files: %v", got)
	}
	w.counts(p.Number)
}

// counts checks the sums that the pull request shows, and that a patch can be hidden.
func (w *world) counts(number int) {
	t := w.t
	shown, _, err := w.client.PullRequests.Get(ctx, "acme", "shop", number)
	w.check(err)
	if shown.GetChangedFiles() != 7 || shown.GetAdditions() != 5 || shown.GetDeletions() != 3 || shown.GetCommits() != 1 {
		t.Errorf("counts: %d files, +%d -%d, %d commits", shown.GetChangedFiles(), shown.GetAdditions(), shown.GetDeletions(), shown.GetCommits())
	}

	w.check(w.HidePatches(shop, "Dockerfile"))
	listed, _, err := w.client.PullRequests.ListFiles(ctx, "acme", "shop", number, nil)
	w.check(err)
	if f := listed[0]; f.GetFilename() != "Dockerfile" || f.Patch != nil || f.GetAdditions() != 0 || f.GetSHA() == "" {
		t.Errorf("hidden patch: %v", f)
	}
}

// A file that becomes a link has two parts in git's patch and no patch here; the
// file after it keeps its own.
func TestTypeChange(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("link", githubtest.Change{Files: map[string]string{"go.mod": "main.go", "main.go": "package other\n"}, Modes: map[string]string{"go.mod": "120000"}})
	got, _, err := w.client.PullRequests.ListFiles(ctx, "acme", "shop", p.Number, nil)
	w.check(err)
	if len(got) != 2 || got[0].GetStatus() != "changed" || got[0].Patch != nil || got[1].GetPatch() != "@@ -1,3 +1 @@\n-package main\n-\n-func main() {}\n+package other" {
		t.Errorf("%v", got)
	}
}

func TestFilePages(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	many := map[string]string{}
	for i := range 3050 {
		many[fmt.Sprintf("f/%04d", i)] = "x\n"
	}
	p := w.pull("many", githubtest.Change{Files: many})
	seen, pages := map[string]bool{}, 0
	opts := &github.ListOptions{PerPage: 100}
	for {
		got, resp, err := w.client.PullRequests.ListFiles(ctx, "acme", "shop", p.Number, opts)
		w.check(err)
		pages++
		for _, f := range got {
			seen[f.GetFilename()] = true
		}
		if resp.NextPage == 0 {
			break
		}
		if opts.Page = resp.NextPage; resp.LastPage != 30 {
			t.Fatalf("last page %d, want 30", resp.LastPage)
		}
	}
	if len(seen) != 3000 || pages != 30 {
		t.Errorf("%d files on %d pages, want 3000 on 30", len(seen), pages)
	}
	shown, _, err := w.client.PullRequests.Get(ctx, "acme", "shop", p.Number)
	w.check(err)
	if shown.GetChangedFiles() != 3050 {
		t.Errorf("changed_files %d, want 3050", shown.GetChangedFiles())
	}
}

// Beyond 20,000 lines of one answer patches are missing; a smaller page has them.
func TestPatchBudget(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("big", githubtest.Change{Files: map[string]string{"a": numbered(1, 15000), "b": numbered(1, 8000), "c": "c\n"}})
	got, _, err := w.client.PullRequests.ListFiles(ctx, "acme", "shop", p.Number, nil)
	w.check(err)
	if got[0].Patch == nil || got[1].Patch != nil || got[1].GetAdditions() != 0 {
		t.Errorf("one page: %d, %d additions", got[0].GetAdditions(), got[1].GetAdditions())
	}
	got, _, err = w.client.PullRequests.ListFiles(ctx, "acme", "shop", p.Number, &github.ListOptions{Page: 2, PerPage: 1})
	w.check(err)
	if got[0].GetFilename() != "b" || got[0].GetAdditions() != 8000 || got[0].Patch == nil {
		t.Errorf("alone: %s +%d", got[0].GetFilename(), got[0].GetAdditions())
	}
}

// What the base branch got meanwhile is not part of the pull request.
func TestMergeBase(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	base, err := w.Commit(shop, "main")
	w.check(err)
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.must(w.Push(shop, "main", githubtest.Change{Files: map[string]string{"other": "x\n"}}))
	p = w.state(p.Number)
	main, err := w.Commit(shop, "main")
	w.check(err)
	if p.MergeBase != base.SHA || p.BaseSHA != main.SHA || len(p.Files) != 1 || len(p.Commits) != 1 {
		t.Errorf("%+v", p)
	}
}

func TestFork(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.AddUser("hubot")
	fork, err := w.Fork(shop, "hubot")
	w.check(err)
	sha, err := w.Push(fork.Name, "docker", githubtest.Change{Author: "hubot", Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.check(err)
	p, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: "hubot:docker", Title: "From a fork", MaintainerCanModify: true})
	w.check(err)
	got, _, err := w.client.PullRequests.Get(ctx, "acme", "shop", p.Number)
	w.check(err)
	if got.GetHead().GetSHA() != sha || got.GetHead().GetRepo().GetID() == got.GetBase().GetRepo().GetID() || !got.GetMaintainerCanModify() ||
		got.GetUser().GetLogin() != "hubot" || !got.GetHead().GetRepo().GetFork() {
		t.Errorf("%v", got)
	}
	// The fork's commits can be read in the base repository, its branches cannot be moved.
	_, _, err = w.client.Git.GetCommit(ctx, "acme", "shop", sha)
	w.check(err)
	run, _, err := w.client.Checks.CreateCheckRun(ctx, "acme", "shop", github.CreateCheckRunOptions{Name: "multistage", HeadSHA: sha})
	w.check(err)
	if len(run.PullRequests) != 0 {
		t.Errorf("a fork's check run names pull requests: %v", run.PullRequests)
	}
	_, _, err = w.client.Git.CreateBlob(ctx, "hubot", "shop", &github.Blob{Content: github.String("x"), Encoding: github.String("utf-8")})
	refused(t, err, 404, "")
	next, err := w.Push(fork.Name, "docker", githubtest.Change{Author: "hubot", Files: map[string]string{"Dockerfile": "FROM b\n"}})
	w.check(err)
	if after := w.state(p.Number); after.HeadSHA != next || len(after.Commits) != 2 {
		t.Errorf("head %s, want %s", after.HeadSHA, next)
	}
}

// A repository of this machine is copied, and not written to; a git push to the
// copy is noticed.
func TestSource(t *testing.T) {
	dir := t.TempDir()
	git := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=Mona", "-c", "user.email=mona@example.com"}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(dir, "init", "-q", "-b", "trunk")
	write("a", "a\n")
	git(dir, "add", ".")
	git(dir, "commit", "-q", "-m", "first")
	git(dir, "checkout", "-q", "-b", "work")
	write("Dockerfile", "FROM a\n")
	git(dir, "add", ".")
	git(dir, "commit", "-q", "-m", "second")
	git(dir, "checkout", "-q", "trunk")

	w := newWorld(t, githubtest.Options{})
	r, err := w.AddRepository(githubtest.RepositoryOptions{Name: "acme/copy", Source: dir})
	w.check(err)
	if r.DefaultBranch != "trunk" {
		t.Errorf("default branch %q, want trunk", r.DefaultBranch)
	}
	p, err := w.OpenPull(githubtest.PullOptions{Repository: "acme/copy", Head: "work", Title: "Work"})
	w.check(err)
	if len(p.Files) != 1 || p.Files[0].Path != "Dockerfile" || p.BaseRef != "trunk" {
		t.Errorf("%+v", p)
	}
	w.DropWaiting()
	git(dir, "checkout", "-q", "work")
	write("Dockerfile", "FROM b\n")
	git(dir, "commit", "-q", "-am", "third")
	git(dir, "push", "-q", r.Dir, "work")
	w.check(w.Sync())
	after, err := w.Pull("acme/copy", p.Number)
	w.check(err)
	if len(after.Commits) != 2 || w.Waiting() != 1 {
		t.Errorf("%d commits, %d deliveries wait", len(after.Commits), w.Waiting())
	}
}
