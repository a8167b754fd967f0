package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// trim is a command that takes development dependencies out in a folder.
type trim struct{ dir, command string }

// trims are the folders of the projects from which development dependencies can be
// taken out again after all is built: of those that are not started, and of one that
// is where nothing that it runs or imports is one (H23). Only npm does so in place.
func (d *designer) trims() []trim {
	for _, s := range d.steps[:d.end+1] {
		if s.Keyword == "USER" {
			return nil // it would have to be the owner of all
		}
	}
	last := map[string]int{}
	calls := map[string]*call{}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == install {
				last[t.Dir], calls[t.Dir] = s.Index, t.Call
			}
		}
	}
	var out []trim
	for _, dir := range sortedKeys(last) {
		n := calls[dir]
		if systemFolder(dir) {
			continue // node_modules are taken from there into the project
		}
		if n.Tool != "npm" || n.Workspace || n.OmitDev || n.adds() {
			continue
		}
		a, err := readApp(d.in, d.app.tree, path.Clean(dir), last[dir], n)
		if err != nil || !a.hasDevelopment() || a.manifest.workspaces() || a.hasHooks() {
			continue
		}
		if _, local := a.manifest.local(); local || d.needsDevOf(a, sortedKeys(last)) {
			continue
		}
		out = append(out, trim{a.dir, n.prune(d.app.npm)})
	}
	return out
}

// hasHooks reports root scripts of an install that do more than to set up git hooks.
func (a *app) hasHooks() bool {
	for _, name := range a.manifest.lifecycle() {
		if !gitHooks(a.manifest.Scripts[name]) {
			return true
		}
	}
	return false
}

// needsDevOf reports that what is started needs a development dependency of a project,
// as far as it is known.
func (d *designer) needsDevOf(a *app, dirs []string) bool {
	r := d.run
	started := a.dir == d.app.dir
	for _, e := range r.entries {
		started = started || within(e, []string{a.dir})
	}
	if !started {
		return false
	}
	if len(r.unknown)+len(r.compilers)+len(r.migrators)+len(r.dev) > 0 || r.next != nil || r.nest != nil || r.preview != nil {
		return true
	}
	missing := func(name string) bool {
		dev, certain := a.developmentOnly(name)
		return dev && !d.installedGlobally(name) || !certain && a.lock == nil
	}
	for _, u := range append(append([]use{}, r.tools...), r.modules...) {
		if u.Package != "" && missing(u.Package) {
			return true
		}
	}
	var aside []string
	for _, dir := range dirs {
		if rel, inside := a.rel(path.Clean(dir)); inside && rel != "" {
			aside = append(aside, rel)
		}
	}
	s := a.newScan()
	a.scanFolder(s, a.dir, aside, r.entries)
	for _, name := range sortedKeys(s.imports) {
		top, _, _ := strings.Cut(name, "/")
		if a.tree.HasDir(a.path(top)) || a.tree.HasDir(a.path("src/"+top)) {
			continue // a folder of the project, by a path mapping
		}
		if missing(name) {
			return true
		}
	}
	return s.partial
}

// trimStage takes the development dependencies out of the projects.
func (d *designer) trimStage(trims []trim) {
	var commands, dirs []string
	for _, t := range trims {
		commands = append(commands, "cd "+t.dir+" && "+t.command)
		dirs = append(dirs, t.dir)
	}
	text := d.in.Keyword("RUN") + " " + strings.Join(commands, " && ")
	d.names.deps = "deps"
	d.stage(d.names.deps, "takes the development dependencies out again", plan.Build, d.from(d.names.build, d.names.deps), d.names.build,
		[]plan.Step{plan.New{Text: text, Evidence: plan.Evidence{Line: d.startLine(), Text: "what is started needs no development dependency of " + strings.Join(dirs, ", ")}}})
}
