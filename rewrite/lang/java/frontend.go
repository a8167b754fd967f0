package java

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// pageTools build pages, with packages of npm's.
var pageTools = wordSet("npm npx yarn pnpm ng")

// buildsPages reports a folder in the image in which a RUN of the builder makes the
// pages of the program: it has npm's packages and what the build writes beside its
// sources (H65).
func (d *designer) buildsPages(dir string) bool {
	if !d.tree.Has(path.Join(dir, "package.json")) {
		return false
	}
	for i, s := range d.steps {
		if i <= d.last && slices.ContainsFunc(s.commands, func(c command) bool { return pageTools[c.tool] && within(c.dir, dir) }) {
			return true
		}
	}
	return false
}

// servesBuilt takes along the folder of pages that a path of the program's lies in:
// what the build writes there is not in the repository, so its name alone says little.
func (d *designer) servesBuilt(abs string, at plan.Evidence) bool {
	for dir := abs; within(dir, d.in.End.Workdir) && dir != d.in.End.Workdir; dir = path.Dir(dir) {
		if d.tree.HasDir(dir) && d.buildsPages(dir) {
			d.files.add(element{path: dir, dir: true, at: at})
			return true
		}
	}
	return false
}

// inCache refuses a file of production's that lies in a cache mount: it is in no
// layer of the original either (H68).
func (d *designer) inCache() *plan.Refusal {
	for i, s := range d.steps {
		if i > d.last || s.Keyword != "RUN" {
			continue
		}
		for _, f := range s.Flags {
			if f.Name != "mount" || !strings.Contains(f.Value, "type=cache") {
				continue
			}
			for _, field := range strings.Split(f.Value, ",") {
				key, target, _ := strings.Cut(field, "=")
				if key != "target" && key != "dst" && key != "destination" {
					continue
				}
				target = s.Scope.Abs(target)
				if j := slices.IndexFunc(d.files, func(e element) bool { return within(e.path, target) }); j >= 0 {
					return d.in.Refuse(plan.BrokenOriginal, s.Item, d.files[j].path+" lies in the cache "+target+", which is no part of the image",
						"copy it out of the cache in the same RUN")
				}
			}
		}
	}
	return nil
}
