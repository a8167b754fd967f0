package node

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// choose decides what production gets.
//
// node_modules come from a production install of their own (fresh) where that is
// certain: the install runs no root script but one that sets up git hooks, and
// the build changes nothing in node_modules. Otherwise npm prune takes the
// development packages out of the full install (pruned), which keeps what scripts
// and generators made. Where run time needs a development package they all stay
// (complete).
//
// The project's files are what the build makes and run time reads (minimal) where
// both are known; else what the author copies, and the build's outputs (authors);
// else the whole folder after the build (wholeDir).
func (d *designer) choose() *plan.Refusal {
	a := d.app
	d.built = a.readBuild(d.steps)
	d.servesOne()
	d.readHooks()
	d.generatesAtInstall()
	if d.built.any && len(d.built.outputs)+len(d.built.unknown) == 0 && !d.built.modules {
		d.checksOnly()
	}
	d.end = d.last
	for i, s := range d.steps {
		if s.does(build, check) && i > d.end {
			d.end = i
		}
	}
	if refusal := d.readWrites(); refusal != nil {
		return refusal
	}
	if refusal := d.browsers(); refusal != nil {
		return refusal
	}
	if d.findSite(); d.site != nil {
		d.chooseSite()
		return nil
	}
	d.scopeMembers()
	aside := d.built.outputs
	var watch []string
	if d.members != nil {
		aside = append(slices.Clone(aside), d.members.aside...)
		for _, dir := range d.members.aside {
			watch = append(watch, path.Base(dir))
		}
	}
	d.scan = a.scanSources(aside, d.run.entries, watch)
	if d.run.preview != nil {
		a.scanConfigs(d.scan)
	}
	if _, unseen := d.unseen(); unseen {
		d.scan.partial = true
	}
	d.chooseDev()
	d.chooseContents()
	d.chooseModules()
	if d.contents == wholeDir && a.dir == "/" {
		return d.in.Refuse(plan.UnknownWriteSet, d.steps[d.last].Item, "the project lies in the root folder, and what the build makes there is not known",
			"set a WORKDIR before the install")
	}
	d.chooseBase()
	return nil
}

// checksOnly takes a build that makes nothing, such as one that only lints, for
// what it is.
func (d *designer) checksOnly() {
	d.built.any = false
	for i := range d.steps {
		for j := range d.steps[i].Tasks {
			if d.steps[i].Tasks[j].Kind == build {
				d.steps[i].Tasks[j].Kind = check
			}
		}
	}
}

// readHooks finds the root scripts that the install runs, and whether they only
// set up git hooks.
func (d *designer) readHooks() {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == install && t.Call.NoScripts {
				return
			}
		}
	}
	d.hooks = d.app.manifest.lifecycle()
	d.husky = len(d.hooks) > 0
	for _, name := range d.hooks {
		if !gitHooks(d.app.manifest.Scripts[name]) || name != "prepare" && name != "postinstall" {
			d.husky = false
		}
	}
	if !d.husky {
		d.built.hooks(d.app, d.hooks)
	}
}

// gitHooks reports a script that only sets up git hooks (H24).
func gitHooks(script string) bool {
	for _, part := range strings.FieldsFunc(script, func(r rune) bool { return r == '&' || r == '|' || r == ';' }) {
		words := strings.Fields(part)
		if len(words) > 1 && words[0] == "npx" {
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "husky", "husky-run", "lefthook", "simple-git-hooks", "is-ci", "pre-commit", "true", "exit", "echo", "cd", "..":
		default:
			return false
		}
	}
	return true
}

// chooseContents decides which of the project's files production has.
func (d *designer) chooseContents() {
	because := func(ev plan.Evidence, text string) {
		if ev.Text == "" || text != "" {
			ev.Text = text
		}
		d.whole = append(d.whole, ev)
	}
	for _, ev := range d.built.unknown {
		because(ev, "")
	}
	if name, ok := d.app.manifest.local(); ok {
		because(d.app.says("", name, name+" is a folder of the repository"), "")
	}
	if d.members != nil {
		because(d.members.why, "")
	}
	if d.in.Hints.WholeApp {
		because(d.in.Hints.Why, "")
	}
	if d.app.manager.pnp || d.app.manager.berry() && d.run.uses("yarn") {
		because(plan.Evidence{Path: d.app.manifestPath(), Text: "yarn looks packages up in files of its own in the project's folder"}, "")
	}
	if len(d.whole) > 0 {
		d.contents = wholeDir
		return
	}
	d.contents = authors
	if !d.built.any {
		return
	}
	for _, e := range d.run.entries {
		rel, inside := d.app.rel(e)
		if !within(rel, d.built.outputs) && !d.app.tree.Has(e) && inside && !d.resolves(e) {
			because(plan.Evidence{Line: d.startLine(), Text: fmt.Sprintf("%s is made by a step that was not understood", rel)}, "")
			d.contents = wholeDir
			return
		}
	}
	if d.canBeMinimal() {
		d.contents = minimal
	}
}

// resolves reports a file that node finds without its ending, or a folder.
func (d *designer) resolves(file string) bool {
	for _, suffix := range []string{".js", ".mjs", ".cjs", ".json", ".ts", "/index.js"} {
		if d.app.tree.Has(file + suffix) {
			return true
		}
	}
	return file == d.app.dir
}

// chooseModules decides where node_modules come from.
func (d *designer) chooseModules() {
	if d.omitsDev() || d.prunesDev() {
		d.dev = nil // the author's image has none either, so that none is needed
	}
	unseen, notSeen := d.unseen()
	switch {
	case len(d.dev) > 0, d.in.Hints.AllDependencies:
		d.modules = complete
	case notSeen && !d.omitsDev() && !d.prunesDev():
		d.modules, d.modulesWhy = complete, unseen
	case d.contents == wholeDir && d.omitsDev():
		d.modules = asAuthor
	case d.contents != wholeDir && !d.needsModules() && (d.built.any || d.app.manifest.installsNothing() && !d.adds()):
		d.modules = noModules
	case d.omitsDev():
		d.modules = asAuthor
	case d.contents == wholeDir:
		d.prune(d.whole[0])
	default:
		d.modules = fresh
		if ev, ok := d.freshFails(); ok {
			d.prune(ev)
		}
	}
}

// prune takes development packages out of the full install, where that is certain or
// the author does it.
func (d *designer) prune(why plan.Evidence) {
	d.modules, d.modulesWhy = pruned, why
	if ev, fails := d.pruneFails(); fails && !d.prunesDev() {
		d.modules, d.modulesWhy = complete, ev
	}
}

// omitsDev reports whether the author's own install has no development
// dependencies.
func (d *designer) omitsDev() bool {
	if !d.app.hasDevelopment() {
		return true
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind != install {
				continue
			}
			env := s.Scope.Vars["NODE_ENV"] == "production"
			for _, as := range t.Assigns {
				env = env || as.Name == "NODE_ENV" && as.Value.Text == "production"
			}
			if !t.Call.OmitDev && !env || t.Call.WithDev {
				return false
			}
		}
	}
	return true
}

// prunesDev reports that the author takes development dependencies out again.
func (d *designer) prunesDev() bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == prune && t.Call != nil && (t.Call.Verb != "prune" || t.Call.OmitDev || s.Scope.Vars["NODE_ENV"] == "production") {
				return true
			}
		}
	}
	return false
}

// needsModules reports whether run time looks anything up in node_modules.
func (d *designer) needsModules() bool {
	if d.app.manifest.installsNothing() && !d.adds() {
		return false
	}
	if d.runsOwnCode() || len(d.run.modules) > 0 {
		return true
	}
	for _, u := range d.run.tools {
		if !d.installedGlobally(u.Package) && d.app.manifest.has(u.Package) {
			return true
		}
	}
	return false
}

// adds reports packages that the file installs beside those of the manifest.
func (d *designer) adds() bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == install && t.Call.adds() {
				return true
			}
		}
	}
	return false
}

// freshFails says why a production install of its own is not certain.
func (d *designer) freshFails() (plan.Evidence, bool) {
	if d.built.modules {
		return plan.Evidence{Path: d.app.manifestPath(), Text: "a step generates code inside node_modules"}, true
	}
	if !d.app.manager.omits() {
		return plan.Evidence{Path: d.app.manifestPath(), Text: "this yarn has no production install of its own"}, true
	}
	if len(d.hooks) > 0 && (!d.husky || d.app.npm < 8 || d.app.manager.tool == "bun") {
		name := d.hooks[0]
		return d.app.says("scripts", name, "the install runs the script "+name), true
	}
	for _, s := range d.steps {
		if !s.does(install) {
			continue
		}
		if d.adds() {
			return d.in.Evidence(s.Item, "packages are added to the project's own"), true
		}
		if s.does(build, check, unknown, fetch, files, configure) && (s.Script == nil || !s.Script.Plain) || s.JSON {
			return d.in.Evidence(s.Item, "the install stands in a script with other work"), true
		}
	}
	return plan.Evidence{}, false
}
