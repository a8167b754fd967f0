package github

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/rewrite/project"
)

// file is one entry of a tree and of an archive.
type file struct {
	path, mode, content string
	archived            string // where the archive has other bytes
	size                int    // where the tree tells another size
}

func treeOf(files ...file) *tree.FS {
	listed := &github.Tree{}
	for _, f := range files {
		e := &github.TreeEntry{Path: github.String(f.path), Mode: github.String(f.mode), Type: github.String("blob"),
			SHA: github.String(tree.BlobSHA([]byte(f.content), "")), Size: github.Int(len(f.content))}
		if f.size > 0 {
			e.Size = github.Int(f.size)
		}
		listed.Entries = append(listed.Entries, e)
	}
	return newTree("root", listed)
}

// pack makes a tar.gz as GitHub does, all files under one folder.
func pack(t testing.TB, files ...file) *bytes.Buffer {
	t.Helper()
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	w := tar.NewWriter(zip)
	for _, f := range files {
		h := &tar.Header{Name: "acme-shop-0123/" + f.path, Mode: 0o644, Size: int64(len(f.content)), Typeflag: tar.TypeReg}
		text := f.content
		if f.archived != "" {
			text, h.Size = f.archived, int64(len(f.archived))
		}
		if f.mode == "120000" {
			h.Typeflag, h.Linkname, h.Size, text = tar.TypeSymlink, text, 0, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	w.Close()
	zip.Close()
	return &buf
}

var sources = []file{
	{path: "Dockerfile", mode: "100644", content: "FROM scratch\n"},
	{path: "cmd/shop/main.go", mode: "100644", content: "package main\n"},
	{path: "cmd/run.sh", mode: "100755", content: "#!/bin/sh\n"},
	{path: "empty", mode: "100644", content: ""},
	{path: "foo..bar/x", mode: "100644", content: "x"},
}

func TestTreeIsAFileSystem(t *testing.T) {
	tr := treeOf(append(sources, file{path: "module", mode: "160000"})...)
	if err := unpack(pack(t, sources...), tr); err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(tr, "Dockerfile", "cmd/shop/main.go", "cmd/run.sh", "empty", "foo..bar/x", "module"); err != nil {
		t.Error(err)
	}
	if info, err := fs.Stat(tr, "cmd/run.sh"); err != nil || info.Mode() != 0o755 || info.Size() != 10 {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := fs.Stat(tr, "module"); err != nil || !info.IsDir() {
		t.Errorf("a submodule: %v, %v", info, err)
	}
}

func TestLinksStayInTheTree(t *testing.T) {
	links := []file{
		{path: "a/file", mode: "100644", content: "content"},
		{path: "to-file", mode: "120000", content: "a/file"},
		{path: "a/up", mode: "120000", content: "../to-file"},
		{path: "to-dir", mode: "120000", content: "a"},
		{path: "out", mode: "120000", content: "../../etc/passwd"},
		{path: "absolute", mode: "120000", content: "/etc/passwd"},
		{path: "loop", mode: "120000", content: "loop"},
		{path: "dangling", mode: "120000", content: "nothing"},
		{path: "to-itself/x", mode: "100644", content: "x"},
	}
	tr := treeOf(links...)
	if err := unpack(pack(t, links...), tr); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"to-file", "a/up", "to-dir/file", "to-dir/up"} {
		if data, err := fs.ReadFile(tr, name); err != nil || string(data) != "content" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for _, name := range []string{"out", "absolute", "loop", "dangling", "to-file/x", "to-itself/x/y"} {
		if _, err := fs.ReadFile(tr, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want %v", name, err, fs.ErrNotExist)
		}
	}
	if target, err := fs.ReadLink(tr, "out"); err != nil || target != "../../etc/passwd" {
		t.Errorf("%q, %v", target, err)
	}
	if info, err := fs.Lstat(tr, "to-dir"); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("%v, %v", info, err)
	}
	entries, err := fs.ReadDir(tr, "to-dir")
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestTreeLeavesOutWhatGitWouldNotHave(t *testing.T) {
	deep := strings.Repeat("d/", 65) + "x"
	tr := treeOf(
		file{path: "../up", mode: "100644"}, file{path: "/abs", mode: "100644"}, file{path: "a/../b", mode: "100644"},
		file{path: "", mode: "100644"}, file{path: ".", mode: "100644"}, file{path: "a//b", mode: "100644"},
		file{path: deep, mode: "100644"}, file{path: "odd", mode: "100600"},
		file{path: "f", mode: "100644", content: "f"}, file{path: "f/below", mode: "100644"}, file{path: "f/b/c", mode: "100644"},
	)
	var names []string
	fs.WalkDir(tr, ".", func(name string, _ fs.DirEntry, err error) error { names = append(names, name); return err })
	if len(names) != 2 || names[1] != "f" {
		t.Errorf("%q", names)
	}
	if _, err := newTree("root", &github.Tree{Truncated: github.Bool(true)}).Open("."); !errors.Is(err, project.ErrTooLarge) {
		t.Errorf("%v, want %v", err, project.ErrTooLarge)
	}
}

func TestArchiveIsHeldAgainstTheTree(t *testing.T) {
	files := []file{
		{path: "same", mode: "100644", content: "same"},
		{path: "crlf", mode: "100644", content: "a\n", archived: "a\r\n"},
		{path: "subst", mode: "100644", content: "$Format:%H$", archived: "$Format:0123"},
		{path: "binary", mode: "100644", content: "\x00\x01"},
		{path: "node_modules/a/index.js", mode: "100644", content: "x"},
		{path: "large.go", mode: "100644", content: strings.Repeat("x", maxKeptFile+1)},
		{path: "package-lock.json", mode: "100644", content: strings.Repeat("x", maxKeptFile+1)},
		{path: "video.json", mode: "100644", content: strings.Repeat("x", maxKeptManifest+1)},
	}
	tr := treeOf(append(files, file{path: "ignored", mode: "100644", content: "x"})...)
	extra := []file{{path: "../evil", mode: "100644", content: "x"}, {path: "unknown", mode: "100644", content: "x"},
		{path: "same", mode: "120000", content: "/etc/passwd"}}
	if err := unpack(pack(t, append(files, extra...)...), tr); err != nil {
		t.Fatal(err)
	}
	for name, kept := range map[string]bool{"same": true, "package-lock.json": true, "crlf": false, "subst": false, "binary": false,
		"node_modules/a/index.js": false, "large.go": false, "video.json": false, "ignored": false} {
		data, err := fs.ReadFile(tr, name)
		if kept && err != nil || !kept && !errors.Is(err, project.ErrNotKept) {
			t.Errorf("%s: %d bytes, %v; kept %t", name, len(data), err, kept)
		}
	}
	if data, _ := fs.ReadFile(tr, "same"); string(data) != "same" {
		t.Errorf("a link took the place of a file: %q", data)
	}
	if _, err := tr.Open("unknown"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that the tree has not: %v", err)
	}
}

// zeros is an endless file.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestArchiveThatUnpacksForEver(t *testing.T) {
	tr := treeOf(append(sources, file{path: "bomb", mode: "100644", size: 10})...)
	r, w := io.Pipe()
	go func() {
		zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		files := tar.NewWriter(zip)
		files.WriteHeader(&tar.Header{Name: "x/Dockerfile", Size: 13, Typeflag: tar.TypeReg})
		io.WriteString(files, "FROM scratch\n")
		files.WriteHeader(&tar.Header{Name: "x/bomb", Size: 1 << 40, Typeflag: tar.TypeReg})
		_, err := io.Copy(files, zeros{})
		w.CloseWithError(err)
	}()
	bound := io.LimitReader(r, 1<<20) // a megabyte of these unpacks to two hundred
	if err := unpack(bound, tr); err != nil {
		t.Errorf("%v", err)
	}
	r.Close()
	if _, ok := tr.Kept("Dockerfile"); !ok {
		t.Error("what came before the bomb was not kept")
	}
	if _, ok := tr.Kept("bomb"); ok {
		t.Error("the bomb was kept")
	}
}

func TestArchivesThatAreNone(t *testing.T) {
	whole := pack(t, sources...).Bytes()
	for name, data := range map[string][]byte{"cut": whole[:len(whole)/2], "cut early": whole[:12], "noise after": append(bytes.Clone(whole), "noise"...)} {
		tr := treeOf(sources...)
		if err := unpack(bytes.NewReader(data), tr); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := unpack(strings.NewReader("<html>no</html>"), treeOf(sources...)); err == nil {
		t.Error("a page for an archive: no error")
	}
	broken := errors.New("connection reset")
	if err := unpack(io.MultiReader(bytes.NewReader(whole[:30]), errReader{broken}), treeOf(sources...)); !errors.Is(err, broken) {
		t.Errorf("%v, want %v: the job has to try again", err, broken)
	}
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

func FuzzUnpack(f *testing.F) {
	f.Add(pack(f, sources...).Bytes())
	f.Add([]byte("no"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tr := treeOf(sources...)
		unpack(bytes.NewReader(data), tr)
		for _, f := range sources {
			if got, ok := tr.Kept(f.path); ok && string(got) != f.content {
				t.Errorf("%s has %q", f.path, got)
			}
		}
	})
}
