package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// output runs the command without a terminal.
func output(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	var out, errs strings.Builder
	code = run(t.Context(), args, &out, &errs, false)
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return code, out.String(), errs.String()
}

func TestOnce(t *testing.T) {
	code, out, errs := output(t, "--once")
	if code != exitOK || errs != "" || strings.Contains(out, "✗") {
		t.Errorf("exit %d\n%s\n%s", code, errs, out)
	}
	for _, words := range []string{
		"multistage[bot] reviewed", "```suggestion\n", "check run Multistage neutral: The Dockerfile can be multi-stage",
		"check run Multistage success: Nothing to do: an interpreted program without build tools",
		"you commented on northpier/tideboard #1", "multistage[bot] added commit", "Applied to `Dockerfile`",
		"✓ it is reachable from refs/multistage/pull/1 alone", "✓ which is hidden as outdated",
		"all is as it should be",
	} {
		if !strings.Contains(out, words) {
			t.Errorf("%q was not printed", words)
		}
	}
	if strings.Contains(out, "<!--") || strings.Contains(out, "\x1b") {
		t.Errorf("a marker or a style was printed where there is no terminal:\n%s", out)
	}
}

// Each check has to be able to fail: without its review, commit and check run a pull
// request is no end state.
func TestChecksFail(t *testing.T) {
	w, err := startWorld(t.Context(), os.Stderr, false)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.openStories(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	f := &findings{t: &terminal{w: &out}}
	for i, name := range w.pulls { // the webhooks were not sent
		f.answer(t.Context(), w, w.state(t, i), name.Expect, "")
	}
	if f.failed != 7 {
		t.Errorf("%d checks failed, not 7:\n%s", f.failed, out.String())
	}
}

func TestUsage(t *testing.T) {
	notGit := t.TempDir()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--head", "x"}, "belong to --repo"},
		{[]string{"../shop"}, "a repository is given as --repo ../shop"},
		{[]string{"--nonsense"}, "See 'demo --help'"},
		{[]string{"--repo", notGit}, "not a git repository"},
		{[]string{"--repo", filepath.Join(notGit, "nowhere")}, "nowhere"},
	} {
		if code, _, errs := output(t, c.args...); code != exitUsage || !strings.Contains(errs, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, code, errs)
		}
	}
	if code, out, _ := output(t, "--help"); code != exitOK || !strings.Contains(out, "make demo DEMO='--repo") {
		t.Errorf("--help: exit %d\n%s", code, out)
	}
}

// repository is a git repository of the user's with a branch that adds a Dockerfile.
func repository(t *testing.T) string {
	t.Helper()
	all, err := stories()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "my shop")
	write := func(files map[string]string) {
		for name, text := range files {
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(all[0].Main)
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "--quiet", "-m", "First")
	git(t, dir, "switch", "--quiet", "-c", "feature/image")
	write(all[0].Changed)
	git(t, dir, "add", ".")
	git(t, dir, "commit", "--quiet", "-m", "Add an image\n\nFor the kiosk.")
	return dir
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Jo", "-c", "user.email=jo@example.com"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// listing is everything that is in a folder, with sizes and times.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		fmt.Fprintln(&out, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestRepo(t *testing.T) {
	dir := repository(t)
	before := listing(t, dir)
	check := func(name string, wants []string, args ...string) {
		t.Helper()
		code, out, errs := output(t, append([]string{"--repo"}, args...)...)
		if code != exitOK || errs != "" {
			t.Errorf("%s: exit %d\n%s\n%s", name, code, errs, out)
		}
		for _, w := range wants {
			if !strings.Contains(out, w) {
				t.Errorf("%s: %q was not printed:\n%s", name, w, out)
			}
		}
	}
	check("the branch that is checked out", []string{"local/my-shop #1  Add an image", "jo wants to merge feature/image into main", "For the kiosk.",
		"multistage[bot] reviewed", "Applied to `Dockerfile`"}, dir)
	check("a folder of it", []string{"local/my-shop #1"}, filepath.Join(dir, "templates"))
	check("named", []string{"wants to merge feature/image into main"}, dir, "--head", "feature/image", "--base", "main")
	check("by other names", []string{"into main"}, dir, "--head", "HEAD~0", "--base", "HEAD~1")
	if code, _, errs := output(t, "--repo", dir, "--base", "HEAD"); code != exitUsage || !strings.Contains(errs, "head and base are both") {
		t.Errorf("head as base: exit %d, %s", code, errs)
	}
	if after := listing(t, dir); after != before {
		t.Errorf("the repository was changed:\n%s\nbefore:\n%s", after, before)
	}
}

// A shallow clone in a detached state, as CI has it, and a branch without a Dockerfile.
func TestRepoUnusual(t *testing.T) {
	dir := repository(t)
	git(t, dir, "tag", "one")
	git(t, dir, "commit", "--quiet", "--allow-empty", "-m", "Nothing")
	shallow := filepath.Join(t.TempDir(), "shallow")
	git(t, dir, "clone", "--quiet", "--depth=2", "file://"+dir, shallow)
	git(t, shallow, "switch", "--quiet", "--detach")
	code, out, errs := output(t, "--repo", shallow, "--base", "HEAD~1")
	if code != exitOK || !strings.Contains(out, "✓ no check run, for no Dockerfile changed") {
		t.Errorf("exit %d\n%s\n%s", code, errs, out)
	}
}

func TestBranchNames(t *testing.T) {
	for _, c := range [][4]string{
		{"main", "docker", "main", "docker"},
		{"origin/main", "HEAD", "main", "head"},
		{"refs/remotes/upstream/dev", "refs/heads/a/b", "dev", "a/b"},
		{"main", "main", "base-of-main", "main"},
		{"docker", "docker/x", "base-of-docker-x", "docker/x"},
		{"HEAD~3", "-x", "main", "head"},
		{"", "a..b", "main", "head"},
	} {
		if base, head := branchNames(c[0], c[1]); base != c[2] || head != c[3] {
			t.Errorf("%s, %s: %s, %s", c[0], c[1], base, head)
		}
	}
}

// Ctrl-C ends it, and nothing is left.
func TestInterrupt(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	out := &watched{until: "look around at http://127.0.0.1:", then: cancel}
	var errs strings.Builder
	if code := run(ctx, nil, out, &errs, true); code != exitOK || errs.Len() > 0 {
		t.Errorf("exit %d, %s", code, errs.String())
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); !strings.Contains(lines[len(lines)-1], out.until) {
		t.Errorf("the last line is %q", lines[len(lines)-1])
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// watched is an output that does something when a text was printed.
type watched struct {
	strings.Builder
	until string
	then  func()
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Builder.Write(p)
	if strings.Contains(w.String(), w.until) {
		w.then()
	}
	return n, err
}

func TestPlain(t *testing.T) {
	if got := plain("a\x1b[2Jb\u202ec\td\r\n"); got != "a[2Jbc\td\n" {
		t.Errorf("%q", got)
	}
}
