package rust

import (
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// tree is what the author's steps put into the image, as far as it can be told:
// files of the context at their places, and what RUNs made.
type tree struct {
	proj   *project.Project
	files  map[string]string // path in the image → file in the context; "" where a step made it
	gone   map[string]string // sources that a step removed again, once they were compiled
	made   []string          // folders and files that a RUN made and that are meant to stay
	opaque []string          // folders in which a step wrote what cannot be listed (an unpacked archive)
	dirs   map[string]bool   // folders that hold something; nil when it has to be found anew
	whole  []string          // where folders of the context were copied to as a whole
}

func newTree(proj *project.Project) *tree {
	return &tree{proj: proj, files: map[string]string{}, gone: map[string]string{}}
}

// copy follows a COPY or ADD. missing is a source that is not in the context, so
// that the original cannot build.
func (t *tree) copy(it plan.Item) (missing string) {
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
			t.add(name, "")
			t.make(name)
			continue
		}
		source = strings.TrimPrefix(path.Clean("/"+source), "/")
		switch {
		case parents:
			t.copyParents(source, dest)
		case strings.ContainsAny(source, "*?["):
			t.copyGlob(source, dest)
		case t.proj.HasFile(t.proj.Join(source)) && t.proj.InContext(source):
			t.copyFile(it, source, dest, into)
		default:
			if names := t.proj.Sources(source); len(names) > 0 {
				t.copyDir(source, dest, names)
			} else if !strings.Contains(word, "$") && !(source == "" && len(t.proj.ContextFiles()) == 0) {
				return word
			}
		}
	}
	return ""
}

func remote(source string) bool {
	return strings.Contains(source, "://") || strings.HasPrefix(source, "git@")
}

func (t *tree) copyFile(it plan.Item, source, dest string, into bool) {
	if it.Keyword == "ADD" && isArchive(source) {
		t.opaque = append(t.opaque, dest)
		return
	}
	if into || t.isDir(dest) {
		dest = path.Join(dest, path.Base(source))
	}
	t.add(dest, source)
}

func (t *tree) copyDir(source, dest string, names []string) {
	t.whole = append(t.whole, dest)
	for _, name := range names {
		rel := name
		if source != "" {
			rel = strings.TrimPrefix(name, source+"/")
		}
		t.add(path.Join(dest, rel), name)
	}
}

// copyGlob puts each match into the folder dest; of a matching folder, what is in
// it.
func (t *tree) copyGlob(pattern, dest string) {
	for _, name := range t.proj.Sources(pattern) {
		rel := path.Base(name)
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if ok, err := path.Match(pattern, dir); ok && err == nil {
				rel = strings.TrimPrefix(name, dir+"/")
			}
		}
		t.add(path.Join(dest, rel), name)
	}
}

func (t *tree) copyParents(pattern, dest string) {
	for _, name := range t.proj.Sources(pattern) {
		t.add(path.Join(dest, name), name)
	}
}

func (t *tree) add(name, source string) {
	name = path.Clean(name)
	t.files[name] = source
	delete(t.gone, name)
	t.changed()
}

func (t *tree) changed() { t.dirs = nil }

// make notes a file or folder that a step made on purpose.
func (t *tree) make(name string) {
	t.made = append(t.made, path.Clean(name))
	t.changed()
}

// remove follows rm: name may hold a pattern.
func (t *tree) remove(name string) {
	gone := func(p string) bool { return below(p, name) || matchAbove(name, p) }
	for p := range t.files {
		if gone(p) {
			if source := t.files[p]; source != "" && (strings.HasSuffix(p, ".rs") || strings.HasPrefix(path.Base(p), "Cargo.")) {
				t.gone[p] = source
			}
			delete(t.files, p)
		}
	}
	t.changed()
	t.made = without(t.made, gone)
	t.opaque = without(t.opaque, gone)
}

// move follows cp and mv of one file or folder.
func (t *tree) move(from, to string, keep bool) {
	if t.isDir(to) {
		to = path.Join(to, path.Base(from))
	}
	for _, p := range t.paths() {
		if !below(p, from) {
			continue
		}
		t.add(to+strings.TrimPrefix(p, from), t.files[p])
		if !keep {
			delete(t.files, p)
			t.changed()
		}
	}
}

// paths are all files, sorted.
func (t *tree) paths() []string {
	out := make([]string, 0, len(t.files))
	for p := range t.files {
		out = append(out, p)
	}
	sort.Strings(out)
	return out
}

func (t *tree) isFile(name string) bool { _, ok := t.files[path.Clean(name)]; return ok }

// isDir reports a folder that holds something or was made.
func (t *tree) isDir(name string) bool {
	if t.dirs == nil {
		t.dirs = map[string]bool{"/": true}
		for p := range t.files {
			t.noteDirs(path.Dir(p))
		}
		for _, m := range t.made {
			t.noteDirs(m)
		}
	}
	return t.dirs[path.Clean(name)]
}

func (t *tree) noteDirs(dir string) {
	for ; !t.dirs[dir] && dir != "."; dir = path.Dir(dir) {
		t.dirs[dir] = true
	}
}

// source is the file of the context that was copied to a path, also where a step has
// removed it again; "" for none.
func (t *tree) source(name string) string {
	name = path.Clean(name)
	if source := t.files[name]; source != "" {
		return source
	}
	return t.gone[name]
}

// read is the content of a file that came from the context.
func (t *tree) read(name string) ([]byte, bool) {
	source := t.source(name)
	if source == "" {
		return nil, false
	}
	data, err := t.proj.Read(t.proj.Join(source))
	return data, err == nil
}

// below reports whether p is dir or lies in it.
func below(p, dir string) bool {
	return p == dir || dir == "/" || strings.HasPrefix(p, dir+"/")
}

// matchAbove reports whether the pattern matches p or a folder above it.
func matchAbove(pattern, p string) bool {
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

func isArchive(name string) bool {
	for _, suffix := range []string{".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz", ".tbz2"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
