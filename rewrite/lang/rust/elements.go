package rust

import (
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
)

// dataFolder reports a folder below the working directory with nothing but data,
// of which one file is reason enough to take the others along.
func (s *selection) dataFolder(dir string) bool {
	if s.rsIn[dir] || dir == s.root || !inside.Below(dir, s.root) {
		return false
	}
	for _, part := range strings.Split(strings.TrimPrefix(dir, s.root), "/") {
		if notRuntime[part] || part != "" && (part[0] == '.' || part[0] == '_') {
			return false
		}
	}
	return true
}

// elements are what was taken, without what lies in a folder that is taken as a
// whole, sorted.
func (s *selection) elements() []compiled.Element {
	var out []compiled.Element
	for _, p := range compiled.SortedKeys(s.files) {
		if dir := path.Dir(p); s.d.Tree.Files[p] != "" && s.dataFolder(dir) {
			s.dirs[dir] = true
		}
	}
	inside := func(p string) bool {
		for dir := path.Dir(p); ; dir = path.Dir(dir) {
			if s.dirs[dir] {
				return true
			}
			if dir == "/" || dir == "." {
				return false
			}
		}
	}
	for p := range s.dirs {
		if !inside(p) {
			out = append(out, compiled.Element{Path: p, Folder: true})
		}
	}
	for p := range s.files {
		if !inside(p) && !s.dirs[p] && !s.d.isProgram(p) {
			out = append(out, compiled.Element{Path: p})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}
