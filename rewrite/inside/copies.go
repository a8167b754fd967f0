package inside

import (
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// Copies is what COPY and ADD put into the image from the build context, by path in
// the image. What RUN makes is not in it.
type Copies struct {
	Files map[string]Copied
	Names []string // sorted
	Dirs  map[string]bool
	By    map[int][]string // the paths that an item is the first or last to copy to, sorted
}

// Copied is a file of the context in the image.
type Copied struct {
	Source      string // from the context
	First, Last int    // index of the first and last item that copies to the path
}

// NewCopies follows the items' COPYs and ADDs. A destination is a folder where it
// ends in a slash, is one already, or several sources go to it. See
// https://docs.docker.com/reference/dockerfile/#copy.
func NewCopies(in *plan.Input) *Copies {
	t := &Copies{Files: map[string]Copied{}, Dirs: map[string]bool{"/": true}}
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
	for name := range t.Files {
		t.Names = append(t.Names, name)
	}
	sort.Strings(t.Names)
	t.By = map[int][]string{}
	for _, name := range t.Names {
		file := t.Files[name]
		t.By[file.First] = append(t.By[file.First], name)
		if file.Last != file.First {
			t.By[file.Last] = append(t.By[file.Last], name)
		}
	}
	return t
}

func (t *Copies) dir(name string) {
	for ; name != "/" && name != "." && !t.Dirs[name]; name = path.Dir(name) {
		t.Dirs[name] = true
	}
}

func (t *Copies) copy(in *plan.Input, index int, it plan.Item) {
	sources := it.Sources()
	dest := it.Dest()
	abs := it.Scope.Abs(dest)
	into := strings.HasSuffix(dest, "/") || dest == "." || strings.HasSuffix(dest, "/.") || len(sources) > 1 || t.Dirs[abs]
	for _, source := range sources {
		if strings.Contains(source, "://") {
			continue
		}
		pattern := strings.TrimPrefix(path.Clean("/"+Expand(it, source)), "/")
		for _, name := range in.Project.Sources(pattern) {
			rest, folder := BelowSource(pattern, name)
			target := path.Join(abs, rest)
			if !folder && !into {
				target = abs
			}
			t.add(target, name, index)
		}
	}
}

// BelowSource is a file's path under the part of it that a COPY's source names; folder
// reports that the source is a folder above the file.
func BelowSource(pattern, name string) (rest string, folder bool) {
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

func (t *Copies) add(target, source string, index int) {
	file, ok := t.Files[target]
	if !ok {
		file.First = index
		t.dir(path.Dir(target))
	}
	file.Source, file.Last = source, index
	t.Files[target] = file
}

// Has reports a file that is copied to the path.
func (t *Copies) Has(name string) bool { _, ok := t.Files[name]; return ok }

// HasDir reports a folder with files that are copied.
func (t *Copies) HasDir(name string) bool { return len(t.Under(name)) > 0 }

// Under are the files below a folder of the image, sorted.
func (t *Copies) Under(dir string) []string {
	prefix := strings.TrimSuffix(dir, "/") + "/"
	from := sort.SearchStrings(t.Names, prefix)
	to := from
	for to < len(t.Names) && strings.HasPrefix(t.Names[to], prefix) {
		to++
	}
	return t.Names[from:to]
}

// Children are the names directly below a folder of the image, sorted; folders
// end in a slash.
func (t *Copies) Children(dir string) []string {
	prefix := strings.TrimSuffix(dir, "/") + "/"
	var out []string
	for _, name := range t.Under(dir) {
		rest := name[len(prefix):]
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			rest = rest[:i+1]
		}
		if len(out) == 0 || out[len(out)-1] != rest {
			out = append(out, rest)
		}
	}
	return out
}

// Expand puts the scope's variables into a COPY source.
func Expand(it plan.Item, source string) string {
	if !strings.Contains(source, "$") {
		return source
	}
	return strings.TrimPrefix(it.Scope.Abs("/"+source), "/")
}
