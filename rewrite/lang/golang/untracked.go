package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// untracked are files that the program reads, that the repository leaves to each
// machine by its .gitignore, and that a COPY of the whole folder takes along where
// they are. A pattern that matches nothing is no error to BuildKit, so they come
// along where the builder has them.
func (d *design) untracked(s *selection) []element {
	if !d.in.Mounts {
		return nil
	}
	found := map[string]bool{}
	if _, ok := d.source.traits["dotenv"]; ok {
		d.localFile(found, path.Join(s.root, ".env"))
	}
	for _, lit := range d.source.literals {
		name := strings.TrimPrefix(lit.text, "./")
		if len(name) > 100 || strings.ContainsAny(name, " \t\n*?[%$\\") || path.IsAbs(name) || strings.HasPrefix(name, "..") {
			continue
		}
		if base := path.Base(name); configExt[path.Ext(base)] && strings.Trim(base, ".") != strings.TrimPrefix(path.Ext(base), ".") || strings.HasPrefix(base, ".env") {
			if d.gitIgnored(name) {
				d.localFile(found, path.Join(s.root, name))
			}
		}
	}
	var out []element
	for _, pattern := range sortedKeys(found) {
		out = append(out, element{path: pattern})
	}
	return out
}

// localFile notes a pattern for a file that may be there.
func (d *design) localFile(found map[string]bool, p string) {
	rel := strings.TrimPrefix(strings.TrimPrefix(p, d.in.End.Workdir), "/")
	if ignore := d.in.Project.IgnoreFile(); d.tree.IsFile(p) || ignore != "" && d.listed(ignore, rel) {
		return
	}
	for _, dest := range d.tree.Whole {
		if !inside.Below(p, dest) {
			continue
		}
		pattern := p + "*"
		if path.Base(p) != ".env" {
			pattern = p[:len(p)-1] + "[" + p[len(p)-1:] + "]"
		}
		if !found[pattern] {
			found[pattern] = true
			d.fact("runtime-files", plan.Evidence{Text: path.Base(p) + " is not in the repository"}, "It comes along where the build context has it")
		}
		return
	}
}

// gitIgnored reports whether the repository's .gitignore names a file of the
// context.
func (d *design) gitIgnored(name string) bool {
	return d.listed(d.in.Project.Join(".gitignore"), name) || d.listed(".gitignore", name)
}

// listed reports whether a file of patterns names a file, by its name or by a
// simple pattern.
func (d *design) listed(file, name string) bool {
	data, err := d.in.Project.Read(file)
	if err != nil {
		return false
	}
	for _, line := range strings.Split(string(data), "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "/")
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "!") {
			continue
		}
		whole, err := path.Match(line, name)
		base, _ := path.Match(line, path.Base(name))
		if err == nil && (whole || base && !strings.Contains(line, "/")) {
			return true
		}
	}
	return false
}
