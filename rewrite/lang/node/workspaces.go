package node

import (
	"errors"
	"maps"
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// maxManifests bounds how many manifests of one image are read.
const maxManifests = 200

// members are the packages of a project with workspaces, which are installed
// together: the folder is copied as a whole, because packages link to each other and
// their dependencies lie at its top (H34).
type members struct {
	root      manifest // the root's own, without what the others add
	manifests []*manifest
	folders   map[*manifest]string // from the project's
	why       plan.Evidence        // where the project says that it has workspaces
	aside     []string             // folders of packages that the started one does not use
	started   []string             // the names of the packages that are started, where they are known
}

var rePackages = regexp.MustCompile(`(?m)^packages:`)

// readMembers finds the packages of a project with workspaces, and takes their
// dependencies for the root's own: what any of them imports has to be there. A
// package that is a development dependency of one and none of another counts as none.
func (d *designer) readMembers() error {
	a := d.app
	w := &members{folders: map[*manifest]string{}}
	switch data, ok := a.read(a.path("pnpm-workspace.yaml")); {
	case a.manifest.workspaces():
		w.why = a.says("workspaces", "", "the project has workspaces")
	case ok && rePackages.Match(data):
		w.why = plan.Evidence{Path: path.Join(path.Dir(a.manifestPath()), "pnpm-workspace.yaml"), Text: "the project has workspaces"}
	default:
		return nil
	}
	d.members = w
	for _, name := range a.tree.Under(a.dir) {
		if path.Base(name) != "package.json" || name == a.path("package.json") || strings.Contains(name, "/node_modules/") || len(w.manifests) >= maxManifests {
			continue
		}
		file := a.tree.Files[name]
		data, err := a.in.Project.Read(a.in.Project.Join(file.Source))
		if errors.Is(err, project.ErrNotKept) {
			return err
		}
		if m, err := parseManifest(file.Source, data); err == nil {
			w.manifests = append(w.manifests, m)
			w.folders[m], _ = a.rel(path.Dir(name))
		}
	}
	w.root = *a.manifest
	w.mergeInto(a.manifest, w.manifests)
	return nil
}

// mergeInto makes the root's manifest one of the root and some packages.
func (w *members) mergeInto(m *manifest, of []*manifest) {
	m.Dependencies, m.DevDependencies = maps.Clone(w.root.Dependencies), maps.Clone(w.root.DevDependencies)
	for _, other := range of {
		m.merge(other)
	}
}

// scopeMembers leaves the packages aside that the started ones do not use: what they
// import need not be there.
func (d *designer) scopeMembers() {
	w := d.members
	if w == nil || len(d.run.unknown) > 0 || len(d.run.entries) == 0 {
		return
	}
	used := map[*manifest]bool{}
	var queue []*manifest
	var started []string
	for _, e := range d.run.entries {
		m := w.of(d.app, e)
		if m == nil {
			return // the root's own code may use any
		}
		queue = append(queue, m)
		if !contains(started, m.Name) {
			started = append(started, m.Name)
		}
	}
	for len(queue) > 0 {
		m := queue[0]
		if queue = queue[1:]; used[m] {
			continue
		}
		used[m] = true
		for _, other := range w.manifests {
			if other.Name != "" && m.has(other.Name) {
				queue = append(queue, other)
			}
		}
	}
	var kept []*manifest
	for _, m := range w.manifests {
		if used[m] {
			kept = append(kept, m)
		} else {
			w.aside = append(w.aside, w.folders[m])
		}
	}
	w.mergeInto(d.app.manifest, kept)
	w.started = started
}

var reHoists = regexp.MustCompile(`(?i)hoist|linker`)

// alone are the packages that are started where production needs dependencies of them and
// of what they use only: each has a name, the root has no dependencies of its own, every
// package has a node_modules of its own, and no source that is left names a folder of the
// others. Nil else.
func (d *designer) alone() []string {
	w := d.members
	if w == nil || len(w.aside) == 0 || len(d.run.managers) > 0 || d.run.npm || len(w.root.Dependencies)+len(w.root.OptionalDependencies) > 0 || d.scan.partial || d.scan.watched || contains(w.started, "") {
		return nil
	}
	for _, name := range []string{".npmrc", "pnpm-workspace.yaml"} {
		if data, ok := d.app.read(d.app.path(name)); ok && reHoists.Match(data) {
			return nil
		}
	}
	for _, name := range w.started {
		if strings.ContainsAny(name, " $\"'`\\") {
			return nil
		}
	}
	return w.started
}

// of is the package in whose folder a file of the image lies; nil for none.
func (w *members) of(a *app, file string) *manifest {
	rel, inside := a.rel(file)
	if !inside {
		return nil
	}
	for _, m := range w.manifests {
		if within(rel, []string{w.folders[m]}) {
			return m
		}
	}
	return nil
}

// merge takes over the dependencies of another manifest that it has not.
func (m *manifest) merge(other *manifest) {
	if m.Dependencies == nil {
		m.Dependencies = map[string]string{}
	}
	if m.DevDependencies == nil {
		m.DevDependencies = map[string]string{}
	}
	for name, v := range other.Dependencies {
		if _, ok := m.Dependencies[name]; !ok {
			m.Dependencies[name] = v
		}
	}
	for name, v := range other.DevDependencies {
		if !m.has(name) {
			m.DevDependencies[name] = v
		}
	}
}

// membersNeedAll says why development dependencies of workspaces cannot be taken out
// so that what is left is certain.
func (d *designer) membersNeedAll() (plan.Evidence, bool) {
	if d.members == nil {
		return plan.Evidence{}, false
	}
	for _, m := range d.members.manifests {
		for _, name := range m.lifecycle() {
			if !gitHooks(m.Scripts[name]) {
				return plan.Evidence{Path: d.in.Project.Join(m.Path), Line: m.line("scripts", name), Text: "the install runs the script " + name}, true
			}
		}
	}
	for _, name := range []string{"prisma", "@prisma/client"} {
		if d.app.manifest.has(name) {
			return withText(d.members.why, "code is generated inside node_modules"), true
		}
	}
	if len(d.run.unknown) > 0 {
		return withText(d.members.why, "which of the workspaces is started could not be followed"), true
	}
	return plan.Evidence{}, false
}
