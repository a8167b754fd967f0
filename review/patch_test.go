package review_test

import (
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/rewrite"
)

// gitApply applies a patch with git to files and gives the folder.
func gitApply(t *testing.T, files []rewrite.FileChange, patch string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		if f.Before == nil {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Before, f.Mode.Perm()); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("git", "apply", "--whitespace=nowarn", "-")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_NOSYSTEM=1", "HOME="+dir)
	cmd.Stdin = strings.NewReader(patch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s\n%s", err, out, patch)
	}
	return dir
}

func checkApplied(t *testing.T, files []rewrite.FileChange) {
	t.Helper()
	patch := review.Patch(files)
	dir := gitApply(t, files, patch)
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(f.After) {
			t.Errorf("%s is %q, want %q, by\n%s", f.Path, got, f.After, patch)
		}
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := info.Mode()&0o100, f.Mode&0o100; got != want {
			t.Errorf("%s has mode %v, want %v", f.Path, info.Mode(), f.Mode)
		}
	}
}

func change(path string, mode fs.FileMode, before, after string) rewrite.FileChange {
	return rewrite.FileChange{Path: path, Mode: mode, Before: []byte(before), After: []byte(after)}
}

func added(path, after string) rewrite.FileChange {
	return rewrite.FileChange{Path: path, Mode: 0o644, After: []byte(after)}
}

func TestPatchApplies(t *testing.T) {
	for name, files := range map[string][]rewrite.FileChange{
		"one file":              {change("Dockerfile", 0o644, single, multi)},
		"executable":            {change("Dockerfile", 0o755, single, multi)},
		"no line end before":    {change("Dockerfile", 0o644, "FROM a\nCMD b", "FROM c\nCMD b\n")},
		"no line end after":     {change("Dockerfile", 0o644, "FROM a\nCMD b\n", "FROM c\nCMD b")},
		"no line end at all":    {change("Dockerfile", 0o644, "FROM a\nCMD b", "FROM c\nCMD b")},
		"CRLF":                  {change("Dockerfile", 0o644, "FROM a\r\nCMD b\r\n", "FROM c\r\nCMD b\r\n")},
		"mixed line ends":       {change("Dockerfile", 0o644, "FROM a\r\nCMD b\n", "FROM c\r\nRUN x\nCMD b\n")},
		"with a new file":       {change("a/Dockerfile", 0o644, single, multi), added("a/.dockerignore", ".git\n")},
		"new without line end":  {added("nginx.conf", "events {}")},
		"blank in its name":     {change("a b/Docker file", 0o644, single, multi)},
		"quote in its name":     {change(`a"b\c/Dockerfile`, 0o644, single, multi)},
		"tab in its name":       {change("a\tb", 0o644, single, multi), added("c\td", "x\n")},
		"letters in its name":   {change("größe/Dockerfile", 0o644, single, multi)},
		"nothing changes in it": {change("Dockerfile", 0o644, single, single), change("b", 0o644, "a\n", "b\n")},
		"emptied":               {change("Dockerfile", 0o644, "FROM a\n", "")},
	} {
		t.Run(name, func(t *testing.T) { checkApplied(t, files) })
	}
}

// TestPatchProperty lets git apply patches of random files.
func TestPatchProperty(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	words := []string{"FROM a\n", "RUN b\n", "\n", "CMD c\n", "-x\n", "+y\n", "\\z\n", " w\n", "@@\n"}
	file := func() string {
		var b strings.Builder
		for range 1 + random.Intn(30) {
			b.WriteString(words[random.Intn(len(words))])
		}
		if random.Intn(2) == 0 {
			b.WriteString("last")
		}
		return b.String()
	}
	for range 40 {
		before, after := file(), file()
		if before != after {
			checkApplied(t, []rewrite.FileChange{change("Dockerfile", 0o644, before, after)})
		}
	}
	if got := review.Patch([]rewrite.FileChange{change("Dockerfile", 0o644, single, single)}); got != "" {
		t.Errorf("the patch of nothing is %q", got)
	}
}
