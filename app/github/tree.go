package github

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/rewrite/project"
)

// tree is the repository at one commit: names, modes and object names from git, and
// the contents that were kept, each of which has its object name. It is an fs.FS; see
// treefs.go. Contents are added while others read.
type tree struct {
	sha     string
	nodes   map[string]*node
	partial bool // GitHub cut the list, or it is longer than we read

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

// newTree reads what GitHub lists of a tree. A name that is no path, or that lies under
// a file, is left out: git allows neither.
func newTree(sha string, listed *github.Tree) *tree {
	root := &node{path: ".", mode: fs.ModeDir | 0o755}
	t := &tree{sha: sha, nodes: map[string]*node{".": root}, contents: map[string][]byte{}}
	t.partial = listed.GetTruncated() || len(listed.Entries) > 2*project.MaxFiles
	if t.partial {
		return t
	}
	for _, e := range listed.Entries {
		mode, ok := modeOf(e.GetMode())
		name := e.GetPath()
		if !ok || name == "." || !fs.ValidPath(name) || strings.Count(name, "/") >= maxDepth {
			continue
		}
		n := &node{path: name, mode: mode}
		if !mode.IsDir() {
			n.sha, n.size = e.GetSHA(), int64(e.GetSize())
		}
		t.add(n)
	}
	for _, n := range t.nodes {
		slices.SortFunc(n.children, func(a, b *node) int { return strings.Compare(a.path, b.path) })
	}
	return t
}

// add puts a node under its folder, which is made where the list has not named it.
func (t *tree) add(n *node) bool {
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

// modeOf translates git's modes. A submodule is an empty folder, as it is in an archive.
func modeOf(mode string) (fs.FileMode, bool) {
	switch mode {
	case "100644", "100664":
		return 0o644, true
	case "100755":
		return 0o755, true
	case "120000":
		return fs.ModeSymlink | 0o777, true
	case "040000", "40000", "160000":
		return fs.ModeDir | 0o755, true
	}
	return 0, false
}

// gitMode is the mode in git's words.
func gitMode(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "120000"
	case mode&0o111 != 0:
		return "100755"
	}
	return "100644"
}

// blobSHA is git's name for a content, by the hash that the example of a name uses.
func blobSHA(content []byte, like string) string {
	header := fmt.Sprintf("blob %d\x00", len(content))
	if len(like) == 2*sha256.Size {
		sum := sha256.Sum256(append([]byte(header), content...))
		return hex.EncodeToString(sum[:])
	}
	h := sha1.New()
	h.Write([]byte(header))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// keep takes a file's content where it is what the tree says.
func (t *tree) keep(name string, content []byte) bool {
	n := t.nodes[name]
	if n == nil || n.mode.IsDir() || blobSHA(content, n.sha) != n.sha {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.contents[name] = content
	return true
}

// content is what was kept of a file.
func (t *tree) content(name string) ([]byte, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	data, ok := t.contents[name]
	return data, ok
}

// cost is about what the tree takes in memory, in bytes.
func (t *tree) cost() int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	sum := int64(len(t.nodes)) * 256
	for _, data := range t.contents {
		sum += int64(len(data))
	}
	return sum
}
