package githubtest_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// commitOn makes a commit with one file on top of another.
func (w *world) commitOn(parent, path, mode, text string, author *github.CommitAuthor) *github.Commit {
	w.t.Helper()
	blob, _, err := w.client.Git.CreateBlob(ctx, "acme", "shop", &github.Blob{
		Content: github.String(base64.StdEncoding.EncodeToString([]byte(text))), Encoding: github.String("base64")})
	w.check(err)
	tree, _, err := w.client.Git.CreateTree(ctx, "acme", "shop", parent, []*github.TreeEntry{
		{Path: &path, Mode: &mode, Type: github.String("blob"), SHA: blob.SHA}})
	w.check(err)
	commit, _, err := w.client.Git.CreateCommit(ctx, "acme", "shop", &github.Commit{Message: github.String("Change " + path), Tree: tree,
		Parents: []*github.Commit{{SHA: &parent}}, Author: author}, nil)
	w.check(err)
	return commit
}

func TestSuggestedChangeCommit(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n", "keep": "k\n"}, Modes: map[string]string{"Dockerfile": "100755"}})
	text := "FROM b\r\nRUN \xff\n"
	commit := w.commitOn(p.HeadSHA, "Dockerfile", "100755", text, nil)
	if !commit.GetVerification().GetVerified() || commit.GetAuthor().GetName() != "multistage[bot]" ||
		!strings.HasSuffix(commit.GetAuthor().GetEmail(), "+multistage[bot]@users.noreply.github.com") {
		t.Errorf("the App's commit: %v by %v", commit.GetVerification(), commit.GetAuthor())
	}
	got, mode, err := w.File(shop, commit.GetSHA(), "Dockerfile")
	if err != nil || string(got) != text || mode != "100755" {
		t.Errorf("Dockerfile %q %s %v", got, mode, err)
	}
	if kept, _, err := w.File(shop, commit.GetSHA(), "keep"); err != nil || string(kept) != "k\n" {
		t.Errorf("keep %q %v", kept, err)
	}
	signed := w.commitOn(p.HeadSHA, "x", "100644", "x", &github.CommitAuthor{Name: github.String("A"), Email: github.String("a@example.com"),
		Date: &github.Timestamp{Time: time.Unix(1700000000, 0)}})
	if signed.GetVerification().GetVerified() || signed.GetAuthor().GetDate().Unix() != 1700000000 {
		t.Errorf("a commit with an author: %v at %v", signed.GetVerification(), signed.GetAuthor().GetDate())
	}
}

func TestRefs(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	commit := w.commitOn(p.HeadSHA, "Dockerfile", "100644", "FROM b\n", nil)
	signed := w.commitOn(p.HeadSHA, "x", "100644", "x", &github.CommitAuthor{Name: github.String("A"), Email: github.String("a@example.com")})
	w.DropWaiting()
	ref := func(name, sha string) *github.Reference {
		return &github.Reference{Ref: &name, Object: &github.GitObject{SHA: &sha}}
	}
	_, _, err := w.client.Git.CreateRef(ctx, "acme", "shop", ref("refs/multistage/pull/1", commit.GetSHA()))
	w.check(err)
	_, _, err = w.client.Git.CreateRef(ctx, "acme", "shop", ref("refs/multistage/pull/1", commit.GetSHA()))
	refused(t, err, 422, "Reference already exists")
	_, _, err = w.client.Git.CreateRef(ctx, "acme", "shop", ref("refs/multistage/other", strings.Repeat("0", 39)+"1"))
	refused(t, err, 422, "Object does not exist")
	_, _, err = w.client.Git.CreateRef(ctx, "acme", "shop", ref("refs/heads/a..b", commit.GetSHA()))
	refused(t, err, 422, "not valid")
	_, _, err = w.client.Git.CreateRef(ctx, "acme", "shop", ref("refs/heads/tree", commit.GetTree().GetSHA()))
	refused(t, err, 422, "not a commit")
	if after := w.state(p.Number); after.HeadSHA != p.HeadSHA || w.Waiting() != 0 {
		t.Error("a custom ref moved the pull request")
	}

	// apply: the head branch goes to the commit by fast-forward.
	_, _, err = w.client.Git.UpdateRef(ctx, "acme", "shop", ref("refs/heads/docker", commit.GetSHA()), false)
	w.check(err)
	after := w.state(p.Number)
	if after.HeadSHA != commit.GetSHA() || len(after.Commits) != 2 || !after.Commits[1].Verified || w.Waiting() != 1 {
		t.Errorf("after apply: %+v, %d deliveries wait", after.Commits, w.Waiting())
	}
	_, _, err = w.client.Git.UpdateRef(ctx, "acme", "shop", ref("refs/heads/docker", signed.GetSHA()), false)
	refused(t, err, 422, "Update is not a fast forward")
	_, _, err = w.client.Git.UpdateRef(ctx, "acme", "shop", ref("refs/heads/none", signed.GetSHA()), false)
	refused(t, err, 422, "Reference does not exist")
	_, _, err = w.client.Git.UpdateRef(ctx, "acme", "shop", ref("refs/heads/docker", signed.GetSHA()), true)
	w.check(err)
	if got := w.state(p.Number).HeadSHA; got != signed.GetSHA() {
		t.Errorf("forced: head %s", got)
	}
	_, err = w.client.Git.DeleteRef(ctx, "acme", "shop", "refs/heads/docker")
	w.check(err)
	if got := w.state(p.Number); got.State != "closed" {
		t.Errorf("the head branch is gone and the pull request is %s", got.State)
	}
}

func TestTree(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	got, _, err := w.client.Git.GetTree(ctx, "acme", "shop", "main", true)
	w.check(err)
	entries := map[string]string{}
	for _, e := range got.Entries {
		entries[e.GetPath()] = e.GetMode() + " " + e.GetType()
	}
	want := map[string]string{"README.md": "100644 blob", "go.mod": "100644 blob", "lib": "040000 tree", "lib/lib.go": "100644 blob", "main.go": "100755 blob"}
	if !maps.Equal(entries, want) || got.GetTruncated() {
		t.Errorf("%v", entries)
	}
	w.check(w.TruncateTrees(shop, 2))
	got, _, err = w.client.Git.GetTree(ctx, "acme", "shop", "main", true)
	w.check(err)
	if len(got.Entries) != 2 || !got.GetTruncated() {
		t.Errorf("%d entries, truncated %t", len(got.Entries), got.GetTruncated())
	}
	_, _, err = w.client.Git.GetTree(ctx, "acme", "shop", "none", false)
	refused(t, err, 404, "")

	entry := func(path, mode string, sha, content *string) []*github.TreeEntry {
		return []*github.TreeEntry{{Path: &path, Mode: &mode, Type: github.String("blob"), SHA: sha, Content: content}}
	}
	head, err := w.Commit(shop, "main")
	w.check(err)
	for name, entries := range map[string][]*github.TreeEntry{
		"no such blob":   entry("x", "100644", github.String(strings.Repeat("1", 40)), nil),
		"a tree as file": entry("x", "100644", &head.Tree, nil),
		"both":           entry("x", "100644", github.String(blobOf(t, w, "go.mod")), github.String("x")),
		"outside":        entry("../x", "100644", nil, github.String("x")),
		"git folder":     entry(".git/config", "100644", nil, github.String("x")),
	} {
		_, _, err := w.client.Git.CreateTree(ctx, "acme", "shop", head.SHA, entries)
		if status(err) != 422 {
			t.Errorf("%s: %v, want 422", name, err)
		}
	}
	// A path without SHA and content is removed; a link is kept as one.
	made, _, err := w.client.Git.CreateTree(ctx, "acme", "shop", head.SHA, append(
		entry("link", "120000", nil, github.String("go.mod")), &github.TreeEntry{Path: github.String("main.go"), Mode: github.String("100755")}))
	w.check(err)
	names := []string{}
	for _, e := range made.Entries {
		names = append(names, e.GetPath()+" "+e.GetMode())
	}
	if got := strings.Join(names, ", "); got != "README.md 100644, go.mod 100644, lib 040000, link 120000" {
		t.Error(got)
	}
}

// blobOf is the blob of a file on the main branch.
func blobOf(t *testing.T, w *world, path string) string {
	t.Helper()
	f, _, _, err := w.client.Repositories.GetContents(ctx, "acme", "shop", path, nil)
	w.check(err)
	return f.GetSHA()
}

// An App without the permission for workflows cannot write one.
func TestWorkflowsNeedTheirPermission(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	_, _, err := w.client.Git.CreateTree(ctx, "acme", "shop", "", []*github.TreeEntry{
		{Path: github.String(".github/workflows/ci.yml"), Mode: github.String("100644"), Type: github.String("blob"), Content: github.String("on: push\n")}})
	refused(t, err, 403, "Resource not accessible by integration")
}

func TestContents(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.must(w.Push(shop, "main", githubtest.Change{Files: map[string]string{"link": "lib/lib.go", "loose": "none", "big": strings.Repeat("x", 1<<20+1)},
		Modes: map[string]string{"link": "120000", "loose": "120000"}}))
	text := func(path, ref string) (string, error) {
		f, _, _, err := w.client.Repositories.GetContents(ctx, "acme", "shop", path, &github.RepositoryContentGetOptions{Ref: ref})
		if err != nil {
			return "", err
		}
		return f.GetContent()
	}
	for path, want := range map[string]string{"main.go": files["main.go"], "lib/lib.go": files["lib/lib.go"], "link": files["lib/lib.go"]} {
		if got, err := text(path, ""); err != nil || got != want {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	f, _, _, err := w.client.Repositories.GetContents(ctx, "acme", "shop", "loose", nil)
	w.check(err)
	if f.GetType() != "symlink" || f.GetTarget() != "none" {
		t.Errorf("%v", f)
	}
	if f, _, _, err := w.client.Repositories.GetContents(ctx, "acme", "shop", "big", nil); err != nil || f.GetEncoding() != "none" || f.GetSize() != 1<<20+1 {
		t.Errorf("big: %s %d %v", f.GetEncoding(), f.GetSize(), err)
	}
	_, dir, _, err := w.client.Repositories.GetContents(ctx, "acme", "shop", "lib", nil)
	w.check(err)
	if len(dir) != 1 || dir[0].GetPath() != "lib/lib.go" || dir[0].GetType() != "file" {
		t.Errorf("%v", dir)
	}
	_, err = text("none", "")
	refused(t, err, 404, "Not Found")
	_, err = text("go.mod", "none")
	refused(t, err, 404, "No commit found for the ref none")
}

func TestArchive(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n", "secret/x": "x", ".gitattributes": "secret export-ignore\n"}})
	link, _, err := w.client.Repositories.GetArchiveLink(ctx, "acme", "shop", github.Tarball, &github.RepositoryContentGetOptions{Ref: p.HeadSHA}, 0)
	w.check(err)
	if !strings.HasPrefix(link.String(), w.DownloadURL()+"/") || strings.HasPrefix(link.String(), w.URL()) {
		t.Fatalf("archive at %s", link)
	}
	resp, err := http.Get(link.String())
	w.check(err)
	defer resp.Body.Close()
	names := tarNames(t, resp.Body)
	top := "acme-shop-" + p.HeadSHA[:7] + "/"
	if !slices.Contains(names, top+"Dockerfile") || !slices.Contains(names, top+"lib/lib.go") || slices.Contains(names, top+"secret/x") {
		t.Errorf("%v", names)
	}
	// A token that leaves for the other host is seen.
	_, err = w.client.Client().Get(link.String())
	w.check(err)
	got := w.Downloads()
	if len(got) != 2 || got[0].Header.Get("Authorization") != "" || got[1].Header.Get("Authorization") == "" || got[0].Status != 200 {
		t.Errorf("%+v", got)
	}
	w.Advance(6 * time.Minute)
	if resp, err := http.Get(link.String()); err != nil || resp.StatusCode != 404 {
		t.Errorf("after six minutes: %v %v", resp.StatusCode, err)
	}
}

// tarNames lists what is in a compressed archive.
func tarNames(t *testing.T, r io.Reader) []string {
	t.Helper()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for a := tar.NewReader(z); ; {
		h, err := a.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
}
