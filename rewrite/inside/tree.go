// Package inside knows where the files of the build context lie in the image. [Copies]
// is what COPY and ADD alone put there, for languages whose application lies where it
// was copied to. [Tree] also follows what a language reads out of the RUNs, for those
// that compile, and reads the Makefile that a RUN calls.
package inside

import (
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// Tree is what the author's steps put into the image, as far as it can be told:
// files of the context at their places, and what RUNs made.
type Tree struct {
	Proj    *project.Project
	Files   map[string]string      // path in the image → file in the context; "" where a step made it
	Gone    map[string]string      // the same of removed files that Keep speaks of
	Made    []string               // folders and files that a RUN made and that are meant to stay
	Opaque  []string               // folders in which a step wrote what cannot be listed (an unpacked archive)
	Whole   []string               // where folders of the context were copied to as a whole
	Version int                    // grows with every change
	Keep    func(name string) bool // removed files that are still of interest, as sources that were compiled; nil for none
	dirs    map[string]bool        // folders that hold something; nil when it has to be found anew
}

// NewTree is an empty image.
func NewTree(proj *project.Project) *Tree {
	return &Tree{Proj: proj, Files: map[string]string{}, Gone: map[string]string{}}
}

// Copy follows a COPY or ADD. missing is a source that is not in the context, so
// that the original cannot build.
func (t *Tree) Copy(it plan.Item) (missing string) {
	words := it.Sources()
	dest := it.Dest()
	into := len(words) > 1 || strings.HasSuffix(dest, "/") || strings.HasSuffix(dest, "/.") || dest == "." || dest == ".."
	dest = it.Scope.Abs(dest)
	_, parents := it.Flag("parents")
	for _, word := range words {
		source := dockerfile.Expand(word, it.Scope.Vars)
		if remote(source) {
			name := dest
			if into {
				name = path.Join(dest, path.Base(strings.SplitN(source, "?", 2)[0]))
			}
			t.Add(name, "")
			t.Make(name)
			continue
		}
		source = strings.TrimPrefix(path.Clean("/"+source), "/")
		switch {
		case parents:
			t.copyParents(source, dest)
		case strings.ContainsAny(source, "*?["):
			t.copyGlob(source, dest)
		case t.Proj.HasFile(t.Proj.Join(source)) && t.Proj.InContext(source):
			t.copyFile(it, source, dest, into)
		default:
			if names := t.Proj.Sources(source); len(names) > 0 {
				t.copyDir(source, dest, names)
			} else if !strings.Contains(word, "$") && !(source == "" && len(t.Proj.ContextFiles()) == 0) {
				return word
			}
		}
	}
	return ""
}

func remote(source string) bool {
	return strings.Contains(source, "://") || strings.HasPrefix(source, "git@")
}

func (t *Tree) copyFile(it plan.Item, source, dest string, into bool) {
	if it.Keyword == "ADD" && IsArchive(source) {
		t.Opaque = append(t.Opaque, dest)
		return
	}
	if into || t.IsDir(dest) {
		dest = path.Join(dest, path.Base(source))
	}
	t.Add(dest, source)
}

func (t *Tree) copyDir(source, dest string, names []string) {
	t.Whole = append(t.Whole, dest)
	for _, name := range names {
		rel := name
		if source != "" {
			rel = strings.TrimPrefix(name, source+"/")
		}
		t.Add(path.Join(dest, rel), name)
	}
}

// copyGlob puts each match into the folder dest; of a matching folder, what is in
// it.
func (t *Tree) copyGlob(pattern, dest string) {
	for _, name := range t.Proj.Sources(pattern) {
		rel := path.Base(name)
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if ok, err := path.Match(pattern, dir); ok && err == nil {
				rel = strings.TrimPrefix(name, dir+"/")
			}
		}
		t.Add(path.Join(dest, rel), name)
	}
}

func (t *Tree) copyParents(pattern, dest string) {
	for _, name := range t.Proj.Sources(pattern) {
		t.Add(path.Join(dest, name), name)
	}
}

// Add puts a file of the context at a path; a step's own has no source.
func (t *Tree) Add(name, source string) {
	name = path.Clean(name)
	t.Files[name] = source
	delete(t.Gone, name)
	t.changed()
}

func (t *Tree) changed() {
	t.dirs = nil
	t.Version++
}

// Make notes a file or folder that a step made on purpose.
func (t *Tree) Make(name string) {
	t.Made = append(t.Made, path.Clean(name))
	t.changed()
}

// Remove follows rm: name may hold a pattern.
func (t *Tree) Remove(name string) {
	gone := func(p string) bool { return Below(p, name) || MatchAbove(name, p) }
	for p := range t.Files {
		if gone(p) {
			if source := t.Files[p]; source != "" && t.Keep != nil && t.Keep(p) {
				t.Gone[p] = source
			}
			delete(t.Files, p)
		}
	}
	t.changed()
	t.Made = without(t.Made, gone)
	t.Opaque = without(t.Opaque, gone)
}

// Move follows cp and mv of one file or folder.
func (t *Tree) Move(from, to string, keep bool) {
	if t.IsDir(to) {
		to = path.Join(to, path.Base(from))
	}
	for _, p := range t.Paths() {
		if !Below(p, from) {
			continue
		}
		t.Add(to+strings.TrimPrefix(p, from), t.Files[p])
		if !keep {
			delete(t.Files, p)
			t.changed()
		}
	}
}

// Paths are all files, sorted.
func (t *Tree) Paths() []string {
	out := make([]string, 0, len(t.Files))
	for p := range t.Files {
		out = append(out, p)
	}
	sort.Strings(out)
	return out
}

// IsFile reports a file at a path.
func (t *Tree) IsFile(name string) bool { _, ok := t.Files[path.Clean(name)]; return ok }

// IsDir reports a folder that holds something or was made.
func (t *Tree) IsDir(name string) bool {
	if t.dirs == nil {
		t.dirs = map[string]bool{"/": true}
		for p := range t.Files {
			t.noteDirs(path.Dir(p))
		}
		for _, m := range t.Made {
			t.noteDirs(m)
		}
	}
	return t.dirs[path.Clean(name)]
}

func (t *Tree) noteDirs(dir string) {
	for ; !t.dirs[dir] && dir != "."; dir = path.Dir(dir) {
		t.dirs[dir] = true
	}
}

// Source is the file of the context that was copied to a path, also where a step has
// removed it again; "" for none.
func (t *Tree) Source(name string) string {
	name = path.Clean(name)
	if source := t.Files[name]; source != "" {
		return source
	}
	return t.Gone[name]
}

// Read is the content of a file that came from the context.
func (t *Tree) Read(name string) ([]byte, bool) {
	source := t.Source(name)
	if source == "" {
		return nil, false
	}
	data, err := t.Proj.Read(t.Proj.Join(source))
	return data, err == nil
}

// Below reports whether p is dir or lies in it.
func Below(p, dir string) bool {
	return p == dir || dir == "/" || strings.HasPrefix(p, dir+"/")
}

// MatchAbove reports whether the pattern matches p or a folder above it.
func MatchAbove(pattern, p string) bool {
	if !strings.ContainsAny(pattern, "*?[") {
		return false
	}
	for ; p != "/" && p != "."; p = path.Dir(p) {
		if ok, err := path.Match(pattern, p); ok && err == nil {
			return true
		}
	}
	return false
}

func without(list []string, gone func(string) bool) []string {
	var out []string
	for _, s := range list {
		if !gone(s) {
			out = append(out, s)
		}
	}
	return out
}

// IsArchive reports an archive that ADD unpacks.
func IsArchive(name string) bool {
	for _, suffix := range []string{".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz", ".tbz2"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
