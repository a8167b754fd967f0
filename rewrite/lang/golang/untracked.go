package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
)

// untracked are files that the program reads, that the repository leaves to each
// machine by its .gitignore, and that a COPY of the whole folder takes along where
// they are. A pattern that matches nothing is no error to BuildKit, so they come
// along where the builder has them.
func (d *design) untracked(s *selection) []compiled.Element {
	if !d.In.Mounts {
		return nil
	}
	found := map[string]bool{}
	if _, ok := d.source.traits["dotenv"]; ok {
		d.LocalFile(found, path.Join(s.root, ".env"))
	}
	for _, lit := range d.source.literals {
		name := strings.TrimPrefix(lit.text, "./")
		if len(name) > 100 || strings.ContainsAny(name, " \t\n*?[%$\\") || path.IsAbs(name) || strings.HasPrefix(name, "..") {
			continue
		}
		if base := path.Base(name); configExt[path.Ext(base)] && strings.Trim(base, ".") != strings.TrimPrefix(path.Ext(base), ".") || strings.HasPrefix(base, ".env") {
			if d.GitIgnored(name) {
				d.LocalFile(found, path.Join(s.root, name))
			}
		}
	}
	var out []compiled.Element
	for _, pattern := range compiled.SortedKeys(found) {
		out = append(out, compiled.Element{Path: pattern})
	}
	return out
}
