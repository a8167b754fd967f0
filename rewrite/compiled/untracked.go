package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// LocalFile notes a pattern for a file that may be there.
func (d *Design) LocalFile(found map[string]bool, p string) {
	rel := strings.TrimPrefix(strings.TrimPrefix(p, d.In.End.Workdir), "/")
	if ignore := d.In.Project.IgnoreFile(); d.Tree.IsFile(p) || ignore != "" && d.listed(ignore, rel) {
		return
	}
	for _, dest := range d.Tree.Whole {
		if !inside.Below(p, dest) {
			continue
		}
		pattern := p + "*"
		if path.Base(p) != ".env" {
			pattern = p[:len(p)-1] + "[" + p[len(p)-1:] + "]"
		}
		if !found[pattern] {
			found[pattern] = true
			d.Fact("runtime-files", plan.Evidence{Text: path.Base(p) + " is not in the repository"}, "It comes along where the build context has it")
		}
		return
	}
}

// GitIgnored reports whether the repository's .gitignore names a file of the
// context.
func (d *Design) GitIgnored(name string) bool {
	return d.listed(d.In.Project.Join(".gitignore"), name) || d.listed(".gitignore", name)
}

// listed reports whether a file of patterns names a file, by its name or by a
// simple pattern.
func (d *Design) listed(file, name string) bool {
	data, err := d.In.Project.Read(file)
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
