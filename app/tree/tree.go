// Package tree is a repository at one commit as a file system: names, modes and
// object names as git has them, and contents where they are kept or can be read.
package tree

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/multistage-app/multistage/rewrite/project"
)

// Entry is one line of git's listing of a tree.
type Entry struct {
	Path string // from the root
	Mode string // in git's words: 100644
	SHA  string // of the object
	Size int64  // bytes; 0 where it is not told
}

// FS is the repository at one commit. It is an fs.FS whose symbolic links lead
// within the tree only. Contents may be added while others read.
type FS struct {
	Commit  string
	Partial bool // the listing is not complete: every name is project.ErrTooLarge

	// Load reads a blob whose content was not kept. Nil, or the error
	// project.ErrNotKept, leaves a file known by name only.
	Load func(sha string) ([]byte, error)

	nodes map[string]*node

	mu       sync.RWMutex
	contents map[string][]byte // path → content
}

// node is one file or folder.
type node struct {
	path     string
	mode     fs.FileMode
	sha      string // of a blob; empty for a folder
	size     int64
	children []*node // of a folder, sorted by name
}

// maxDepth is how deep folders may lie; deeper ones are left out, as they are by
// package project.
const maxDepth = 64

// New makes the file system of a listing. A name that is no path, or that lies under
// a file, is left out: git allows neither. More entries than are read make it Partial.
func New(commit string, entries []Entry) *FS {
	root := &node{path: ".", mode: fs.ModeDir | 0o755}
	t := &FS{Commit: commit, nodes: map[string]*node{".": root}, contents: map[string][]byte{}}
	if t.Partial = len(entries) > 2*project.MaxFiles; t.Partial {
		return t
	}
	for _, e := range entries {
		mode := Mode(e.Mode)
		if mode == 0 || e.Path == "." || !fs.ValidPath(e.Path) || strings.Count(e.Path, "/") >= maxDepth {
			continue
		}
		n := &node{path: e.Path, mode: mode}
		if !mode.IsDir() {
			n.sha, n.size = e.SHA, e.Size
		}
		t.add(n)
	}
	for _, n := range t.nodes {
		slices.SortFunc(n.children, func(a, b *node) int { return strings.Compare(a.path, b.path) })
	}
	return t
}

// add puts a node under its folder, which is made where the list has not named it.
func (t *FS) add(n *node) bool {
	if have := t.nodes[n.path]; have != nil {
		return have.mode.IsDir()
	}
	dir := path.Dir(n.path)
	if t.nodes[dir] == nil && !t.add(&node{path: dir, mode: fs.ModeDir | 0o755}) {
		return false
	}
	parent := t.nodes[dir]
	if !parent.mode.IsDir() {
		return false
	}
	parent.children = append(parent.children, n)
	t.nodes[n.path] = n
	return true
}

// Mode translates git's mode; 0 is one that git does not have. A submodule is an
// empty folder, as it is in an archive.
func Mode(mode string) fs.FileMode {
	switch mode {
	case "100644", "100664":
		return 0o644
	case "100755":
		return 0o755
	case "120000":
		return fs.ModeSymlink | 0o777
	case "040000", "40000", "160000":
		return fs.ModeDir | 0o755
	}
	return 0
}

// GitMode is a file's mode in git's words.
func GitMode(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "120000"
	case mode&0o111 != 0:
		return "100755"
	}
	return "100644"
}

// BlobSHA is git's name for a content, by the hash that the example of a name uses.
func BlobSHA(content []byte, like string) string {
	h := BlobHash(int64(len(content)), like)
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// BlobHash is the hash whose sum is git's name for a content of so many bytes, once they
// are written to it.
func BlobHash(size int64, like string) hash.Hash {
	h := sha1.New()
	if len(like) == 2*sha256.Size {
		h = sha256.New()
	}
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// SHA is the object name of a file; ok is false for a folder or what is not there.
// Links are not followed.
func (t *FS) SHA(name string) (sha string, ok bool) {
	n := t.nodes[name]
	if n == nil || n.mode.IsDir() {
		return "", false
	}
	return n.sha, true
}

// Keep takes a file's content where it is what the tree says.
func (t *FS) Keep(name string, content []byte) bool {
	n := t.nodes[name]
	if n == nil || n.mode.IsDir() || BlobSHA(content, n.sha) != n.sha {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.contents[name] = content
	return true
}

// Kept is the content of a file, where it was kept.
func (t *FS) Kept(name string) ([]byte, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	data, ok := t.contents[name]
	return data, ok
}

// content is what was kept of a file, or what Load reads.
func (t *FS) content(n *node) ([]byte, error) {
	if data, ok := t.Kept(n.path); ok {
		return data, nil
	}
	if t.Load == nil {
		return nil, project.ErrNotKept
	}
	if n.size > project.MaxReadSize {
		return nil, project.ErrTooLarge
	}
	return t.Load(n.sha)
}

// Cost is about what the tree takes in memory, in bytes.
func (t *FS) Cost() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	sum := int64(len(t.nodes)) * 256
	for _, data := range t.contents {
		sum += int64(len(data))
	}
	return sum
}
