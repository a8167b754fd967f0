package python

import (
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// tree is what COPY and ADD put into the image from the build context, by path in
// the image. What RUN makes is not in it.
type tree struct {
	files map[string]copied
	names []string // sorted
	dirs  map[string]bool
}

// copied is a file of the context in the image.
type copied struct {
	Source      string // from the context
	First, Last int    // index of the first and last item that copies to the path
}

// newTree follows the items' COPYs and ADDs. A destination is a folder where it
// ends in a slash, is one already, or several sources go to it. See
// https://docs.docker.com/reference/dockerfile/#copy.
func newTree(in *plan.Input) *tree {
	t := &tree{files: map[string]copied{}, dirs: map[string]bool{"/": true}}
	for i, it := range in.Items {
		t.dir(it.Scope.Workdir)
		if it.Keyword != "COPY" && it.Keyword != "ADD" {
			continue
		}
		if _, from := it.Flag("from"); from {
			continue
		}
		t.copy(in, i, it)
	}
	t.dir(in.End.Workdir)
	for name := range t.files {
		t.names = append(t.names, name)
	}
	sort.Strings(t.names)
	return t
}

func (t *tree) dir(name string) {
	for ; name != "/" && name != "." && !t.dirs[name]; name = path.Dir(name) {
		t.dirs[name] = true
	}
}

func (t *tree) copy(in *plan.Input, index int, it plan.Item) {
	sources := it.Sources()
	dest := it.Dest()
	abs := it.Scope.Abs(dest)
	into := strings.HasSuffix(dest, "/") || dest == "." || strings.HasSuffix(dest, "/.") || len(sources) > 1 || t.dirs[abs]
	for _, source := range sources {
		if strings.Contains(source, "://") {
			continue
		}
		pattern := strings.TrimPrefix(path.Clean("/"+expand(it, source)), "/")
		for _, name := range in.Project.Sources(pattern) {
			rest, folder := below(pattern, name)
			target := path.Join(abs, rest)
			if !folder && !into {
				target = abs
			}
			t.add(target, name, index)
		}
	}
}

// below is a file's path under the part of it that a COPY's source names; folder
// reports that the source is a folder above the file.
func below(pattern, name string) (rest string, folder bool) {
	if pattern == "" {
		return name, true
	}
	matched := name
	for n := name; n != "."; n = path.Dir(n) {
		if ok, err := path.Match(pattern, n); ok && err == nil {
			matched = n
		}
	}
	if matched == name {
		return path.Base(name), false
	}
	return strings.TrimPrefix(name, matched+"/"), true
}

func (t *tree) add(target, source string, index int) {
	file, ok := t.files[target]
	if !ok {
		file.First = index
		t.dir(path.Dir(target))
	}
	file.Source, file.Last = source, index
	t.files[target] = file
}

// has reports a file that is copied to the path.
func (t *tree) has(name string) bool { _, ok := t.files[name]; return ok }

// hasDir reports a folder with files that are copied.
func (t *tree) hasDir(name string) bool { return len(t.under(name)) > 0 }

// under are the files below a folder of the image, sorted.
func (t *tree) under(dir string) []string {
	prefix := strings.TrimSuffix(dir, "/") + "/"
	from := sort.SearchStrings(t.names, prefix)
	to := from
	for to < len(t.names) && strings.HasPrefix(t.names[to], prefix) {
		to++
	}
	return t.names[from:to]
}

// expand puts the scope's variables into a COPY source.
func expand(it plan.Item, source string) string {
	if !strings.Contains(source, "$") {
		return source
	}
	return strings.TrimPrefix(it.Scope.Abs("/"+source), "/")
}
