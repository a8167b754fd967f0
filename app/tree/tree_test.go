package tree_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/rewrite/project"
)

// sample is a small repository; more rows of name, mode and blob may be added.
func sample(more ...[3]string) *tree.FS {
	blobs := map[string]string{"one": "FROM alpine\n", "two": "package main\n", "three": "app/main.go", "four": "../../etc/passwd"}
	var entries []tree.Entry
	for _, e := range append([][3]string{
		{"Dockerfile", "100644", "one"}, {"app/main.go", "100644", "two"}, {"app/run.sh", "100755", "one"},
		{"link.go", "120000", "three"},
		{"Dockerfile/under", "100644", "one"}, {"../up", "100644", "one"}, {"/abs", "100644", "one"},
	}, more...) {
		content := []byte(blobs[e[2]])
		entries = append(entries, tree.Entry{Path: e[0], Mode: e[1], SHA: tree.BlobSHA(content, ""), Size: int64(len(content))})
	}
	t := tree.New("c0ffee", entries)
	byName := map[string][]byte{}
	for _, text := range blobs {
		byName[tree.BlobSHA([]byte(text), "")] = []byte(text)
	}
	t.Load = func(sha string) ([]byte, error) { return byName[sha], nil }
	return t
}

func TestFS(t *testing.T) {
	if err := fstest.TestFS(sample(), "Dockerfile", "app/main.go", "app/run.sh", "link.go"); err != nil {
		t.Error(err)
	}
}

func TestLinksStayInTheTree(t *testing.T) {
	repo := sample([3]string{"leaves", "120000", "four"})
	if data, err := fs.ReadFile(repo, "link.go"); err != nil || string(data) != "package main\n" {
		t.Errorf("link.go: %q, %v", data, err)
	}
	if _, err := fs.ReadFile(repo, "leaves"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link that leaves the tree: %v, want that it does not exist", err)
	}
	for _, name := range []string{"Dockerfile/under", "up"} {
		if _, err := fs.Stat(repo, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want that it does not exist", name, err)
		}
	}
}

func TestContentIsWhatTheTreeSays(t *testing.T) {
	repo := sample()
	repo.Load = nil
	if _, err := fs.ReadFile(repo, "Dockerfile"); !errors.Is(err, project.ErrNotKept) {
		t.Errorf("got %v, want %v", err, project.ErrNotKept)
	}
	if repo.Keep("Dockerfile", []byte("FROM other\n")) {
		t.Error("a content with another object name was kept")
	}
	if !repo.Keep("Dockerfile", []byte("FROM alpine\n")) {
		t.Error("the right content was not kept")
	}
	if data, err := fs.ReadFile(repo, "Dockerfile"); err != nil || string(data) != "FROM alpine\n" {
		t.Errorf("%q, %v", data, err)
	}
}

func TestTooManyEntries(t *testing.T) {
	repo := tree.New("c0ffee", make([]tree.Entry, 2*project.MaxFiles+1))
	if _, err := fs.ReadDir(repo, "."); !errors.Is(err, project.ErrTooLarge) {
		t.Errorf("got %v, want %v", err, project.ErrTooLarge)
	}
}
