package github_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/rewrite/project"
)

// checkout writes the head of a pull request into a new folder.
func (w *world) checkout(s *github.Snapshot, limits github.CheckoutLimits) (string, error) {
	dir := w.t.TempDir()
	return dir, w.open().Checkout(context.Background(), s, dir, limits)
}

// What is on disk is what git has: what the archive drops or changes is there as it was
// committed.
func TestCheckoutIsWhatGitHas(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", githubtest.Change{Message: "Docker",
		Modes: map[string]string{"near": "120000", "up/near": "120000", "out": "120000", "up/out": "120000", "absolute": "120000", "around": "120000", "bin/run": "100755"},
		Files: map[string]string{
			"Dockerfile":     dockerfile,
			".gitattributes": "secret.txt export-ignore\nwindows.txt eol=crlf\nversion.txt export-subst\n",
			"secret.txt":     "still built\n", "windows.txt": "a\nb\n", "version.txt": "$Format:%H$\n",
			"logo.png": "\x89PNG\x00\x00", "bin/run": "#!/bin/sh\n", "a/b/c/d.txt": "deep\n", "up/file": "x\n",
			"near": "a/b", "up/near": "../go.mod", "out": "../../etc/passwd", "up/out": "../../x", "absolute": "/etc/passwd", "around": "a/b/../../../x",
		}})
	s := w.snapshot(p.Number)
	w.Reset()
	dir, err := w.checkout(s, github.CheckoutLimits{})
	w.check(err)
	w.wantCalls(callArchive, callBlob, callBlob, callBlob) // secret.txt, version.txt and windows.txt
	for name, want := range map[string]string{"Dockerfile": dockerfile, "secret.txt": "still built\n", "windows.txt": "a\nb\n",
		"version.txt": "$Format:%H$\n", "logo.png": "\x89PNG\x00\x00", "a/b/c/d.txt": "deep\n", "up/near": files["go.mod"], "near/c/d.txt": "deep\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"out", "up/out", "absolute", "around"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the link %s, which can lead out, is there: %v", name, err)
		}
	}
	for name, want := range map[string]fs.FileMode{"Dockerfile": 0o644, "bin/run": 0o755, "bin": fs.ModeDir | 0o755, "run.sh": 0o755} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
}

func TestCheckoutKeepsLimits(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(map[string]string{"Dockerfile": dockerfile, "big.txt": strings.Repeat("x", 5000)}))
	s := w.snapshot(p.Number)
	for name, limits := range map[string]github.CheckoutLimits{"bytes": {Bytes: 4000}, "files": {Files: 3}} {
		w.Reset()
		if _, err := w.checkout(s, limits); !errors.Is(err, project.ErrTooLarge) {
			t.Errorf("%s: %v, want project.ErrTooLarge", name, err)
		}
		w.wantCalls()
	}
	dir := t.TempDir()
	if err := w.open().Checkout(context.Background(), s, filepath.Join(dir, "not-there"), github.CheckoutLimits{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a folder: %v", err)
	}
}

// Refresh sees what was posted since, and a head that moved.
func TestRefresh(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	s := w.snapshot(p.Number)
	w.check(run(context.Background(), w.open(), p.Number))
	w.Reset()
	w.check(w.open().Refresh(context.Background(), s, w.state(p.Number).Reviews[0].ID))
	w.wantCalls(callGraphQL)
	if len(s.Posted) != 1 || len(s.Posted[0].Comments) != 1 || len(s.Checks) != 1 || s.Suggested == nil {
		t.Errorf("after a refresh: %+v, checks %+v, suggested %+v", s.Posted, s.Checks, s.Suggested)
	}
	if err := w.open().Refresh(context.Background(), s, 12345); err == nil {
		t.Error("a posted review that GitHub does not show was not missed")
	}
	w.push("docker", map[string]string{"README.md": "more\n"})
	if err := w.open().Refresh(context.Background(), s, 0); !errors.Is(err, github.ErrHeadMoved) {
		t.Errorf("the head moved: %v", err)
	}
}
