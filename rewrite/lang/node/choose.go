package node

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
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
	d.readHooks()
	d.end = d.last
	for i, s := range d.steps {
		if s.does(build, check) && i > d.end {
			d.end = i
		}
	}
	d.scan = a.scanSources(d.built.outputs, d.run.entries)
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

// chooseDev finds the development dependencies that run time needs (H23).
func (d *designer) chooseDev() {
	for _, list := range [][]use{d.run.tools, d.run.modules} {
		for _, u := range list {
			d.needDev(u)
		}
	}
	for _, u := range d.run.compilers {
		if u.Package != "tsx" && u.Package != "nodemon" {
			d.needDev(use{Name: u.Name, Package: "typescript", Evidence: u.Evidence})
		}
	}
	d.frameworkDev()
	if !d.runsOwnCode() {
		return
	}
	for _, name := range sortedKeys(d.scan.imports) {
		if !d.alias(name) {
			d.needDev(use{Name: name, Package: name, Evidence: d.scan.imports[name]})
		}
	}
}

// needDev notes a package that a production install would not bring.
func (d *designer) needDev(u use) {
	if d.installedGlobally(u.Package) || u.Package == "" {
		return
	}
	missing, _ := d.app.developmentOnly(u.Package)
	if !missing {
		return
	}
	for _, have := range d.dev {
		if have.Package == u.Package {
			return
		}
	}
	d.dev = append(d.dev, u)
}

// frameworkDev finds what a framework's own start command loads: its
// configuration, and TypeScript for one that is written in it.
func (d *designer) frameworkDev() {
	var files []string
	u := d.run.next
	switch {
	case u != nil:
		files = []string{"next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs", "next.config.mts"}
	case d.run.preview != nil:
		u = d.run.preview
		files = []string{"vite.config.ts", "vite.config.js", "vite.config.mjs", "vite.config.mts", "astro.config.mjs", "astro.config.ts", "astro.config.js"}
	case d.run.nest != nil:
		d.needDev(use{Name: "typescript", Package: "typescript", Evidence: d.run.nest.Evidence})
		return
	default:
		return
	}
	name, data := d.app.readFirst(files...)
	if name == "" {
		return
	}
	ev := plan.Evidence{Path: d.in.Project.Join(d.app.tree.files[d.app.path(name)].Source), Text: u.Name + " loads " + name}
	for _, pkg := range configImports(string(data)) {
		d.needDev(use{Name: pkg, Package: pkg, Evidence: ev})
	}
	if strings.HasSuffix(name, ".ts") || strings.HasSuffix(name, ".mts") {
		d.needDev(use{Name: "typescript", Package: "typescript", Evidence: ev})
	}
}

// runsOwnCode reports whether node runs code of the project, whose imports are
// then looked up in node_modules.
func (d *designer) runsOwnCode() bool {
	if d.run.next != nil || d.run.nest != nil || len(d.run.compilers) > 0 {
		return true
	}
	for _, e := range d.run.entries {
		rel, _ := d.app.rel(e)
		if !d.selfContained(rel) {
			return true
		}
	}
	return len(d.run.unknown) > 0
}

// selfContained reports an entry that carries its own modules: Next.js' and
// Nuxt's.
func (d *designer) selfContained(rel string) bool {
	return strings.Contains(rel, ".next/standalone/") || strings.HasPrefix(rel, ".output/")
}

// alias reports an import that names a folder of the project or a path mapping of
// tsconfig.json, and no package.
func (d *designer) alias(name string) bool {
	if d.app.manifest.has(name) {
		return false
	}
	top, _, _ := strings.Cut(name, "/")
	return d.app.tree.hasDir(d.app.path(top)) || d.app.tree.hasDir(d.app.path("src/"+top)) || strings.HasPrefix(name, "@/")
}

// installedGlobally reports npm install -g of a package.
func (d *designer) installedGlobally(name string) bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind != global {
				continue
			}
			for _, w := range t.Call.Args {
				if unversioned(w.Text) == name {
					return true
				}
			}
		}
	}
	return false
}

// unversioned takes the version off a package's name.
func unversioned(text string) string {
	if i := strings.LastIndexByte(text, '@'); i > 0 {
		return text[:i]
	}
	return text
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
	for i, s := range d.steps {
		if i <= d.end && s.does(files, configure, unknown, fetch) && d.touchesApp(s) {
			because(d.in.Evidence(s.Item, "this step changes files of the project"), "")
		}
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
		if !within(rel, d.built.outputs) && !d.app.tree.has(e) && inside && !d.resolves(e) {
			because(plan.Evidence{Line: d.startLine(), Text: fmt.Sprintf("%s is made by a step that was not understood", rel)}, "")
			d.contents = wholeDir
			return
		}
	}
	if d.canBeMinimal() {
		d.contents = minimal
	}
}

// touchesApp reports whether a step writes where the project lies.
func (d *designer) touchesApp(s step) bool {
	for _, t := range s.Tasks {
		switch t.Kind {
		case unknown, fetch:
			if t.Dir == d.app.dir && d.app.dir != "/" {
				return true
			}
		case configure, files:
			if t.Name() != "mkdir" && d.namesApp(t) {
				return true
			}
		}
	}
	return false
}

// namesApp reports a word of a command that is a path of the project.
func (d *designer) namesApp(t task) bool {
	words := append([]shell.Word{}, t.Args...)
	for _, r := range t.Redirects {
		words = append(words, r.File)
	}
	for i, w := range words {
		relative := !path.IsAbs(w.Text) && t.Dir == d.app.dir && !strings.HasPrefix(w.Text, "-")
		if i > 0 && relative || strings.HasPrefix(w.Text, strings.TrimSuffix(d.app.dir, "/")+"/") && d.app.dir != "/" {
			return true
		}
	}
	return false
}

// resolves reports a file that node finds without its ending, or a folder.
func (d *designer) resolves(file string) bool {
	for _, suffix := range []string{".js", ".mjs", ".cjs", ".json", ".ts", "/index.js"} {
		if d.app.tree.has(file + suffix) {
			return true
		}
	}
	return file == d.app.dir
}

// canBeMinimal finds what run time reads. False where something of it is not
// known; d.whole then says why.
func (d *designer) canBeMinimal() bool {
	a, ok := d.app, true
	no := func(ev plan.Evidence) { d.whole, ok = append(d.whole, ev), false }
	for _, e := range d.run.entries {
		if rel, _ := a.rel(e); !within(rel, d.built.outputs) && d.isSource(e) {
			no(plan.Evidence{Line: d.startLine(), Text: fmt.Sprintf("%s itself is run", rel)})
		}
	}
	for _, list := range [][]use{d.run.compilers, d.run.migrators} {
		for _, u := range list {
			if u.Name != "prisma" {
				no(withText(u.Evidence, u.Name+" reads the project's sources"))
			}
		}
	}
	for _, u := range []*use{d.run.nest, d.run.preview} {
		if u != nil {
			no(withText(u.Evidence, u.Name+" reads the project's files"))
		}
	}
	if len(d.run.unknown) > 0 {
		no(plan.Evidence{Line: d.startLine(), Text: "the start command could not be followed to its end"})
	}
	if d.run.next != nil {
		names, why := a.nextFiles()
		if d.reads = append(d.reads, names...); why != nil {
			no(*why)
		}
		if a.tree.hasDir(a.path("public")) {
			d.reads = append(d.reads, "public")
		}
	}
	if !d.runsOwnCode() {
		return ok && d.servesOutput()
	}
	if d.scan.partial {
		no(plan.Evidence{Text: "not all sources could be read"})
	}
	if len(d.scan.unsure) > 0 {
		no(d.scan.unsure[0])
	}
	d.keepRead()
	return ok
}

// isSource reports an entry that is a file of the context, not of the build.
func (d *designer) isSource(e string) bool { return d.app.tree.has(e) || d.resolves(e) }

// servesOutput sees that a static server's folder is one that the build makes.
func (d *designer) servesOutput() bool {
	if len(d.run.servers) == 0 {
		return len(d.run.entries) > 0
	}
	return len(d.built.outputs) > 0
}

// irrelevant are files that no running program reads although sources may hold
// their name.
var irrelevant = set("package.json package-lock.json npm-shrinkwrap.json node_modules Dockerfile README.md LICENSE tsconfig.json src .git .gitignore .dockerignore")

// keepRead adds what the sources name (H37), and what packages read by custom.
func (d *designer) keepRead() {
	implied := map[string][]string{
		"config": {"config"}, "dotenv": {".env"}, "@nestjs/config": {".env"}, "dotenv-flow": {".env"}, "express-handlebars": {"views"},
		"i18n": {"locales"}, "@prisma/client": {"prisma"}, "next-i18next": {"next-i18next.config.js"}, "typeorm": {"ormconfig.json", "ormconfig.js"},
		"sequelize-cli": {".sequelizerc", "migrations", "config", "models"},
	}
	want := map[string]bool{}
	for name := range d.scan.segments {
		want[name] = !irrelevant[name] || name == "src"
	}
	for pkg, names := range implied {
		if d.app.manifest.section(pkg) == production {
			for _, n := range names {
				want[n] = true
			}
		}
	}
	for _, u := range d.run.modules {
		if u.Package == "tsconfig-paths" {
			want["tsconfig.json"] = true
		}
	}
	for _, e := range d.run.entries {
		if rel, ok := d.app.rel(e); ok && !within(rel, d.built.outputs) {
			want[rel] = true
		}
	}
	d.localEnv = want[".env"] && !d.app.tree.has(d.app.path(".env")) && d.mayHaveEnv()
	for _, child := range d.app.tree.children(d.app.dir) {
		name := strings.TrimSuffix(child, "/")
		if want[name] && !within(name, d.built.outputs) && name != "node_modules" && name != "package.json" && !contains(d.reads, name) {
			d.reads = append(d.reads, name)
		}
	}
}

// mayHaveEnv reports that a .env which git ignores would be copied with the rest
// where there is one, so that the program of a local build has it.
func (d *designer) mayHaveEnv() bool {
	data, err := d.in.Project.Read(".gitignore")
	if err != nil {
		data, err = d.in.Project.Read(d.in.Project.Join(".gitignore"))
	}
	if err != nil || !strings.Contains(string(data), ".env") || d.ignores(".env") {
		return false
	}
	for _, s := range d.steps {
		if s.Keyword == "COPY" || s.Keyword == "ADD" {
			for _, source := range s.Sources() {
				if c := path.Clean(source); (c == "." || c == "/") && s.Scope.Abs(s.Dest()) == d.app.dir {
					return true
				}
			}
		}
	}
	return false
}

// startLine is the line of the instruction that starts the program.
func (d *designer) startLine() int {
	if d.run.item == nil {
		return 0
	}
	return d.in.File.Line(d.run.item.Instruction)
}

// chooseModules decides where node_modules come from.
func (d *designer) chooseModules() {
	if d.omitsDev() || d.prunesDev() {
		d.dev = nil // the author's image has none either, so that none is needed
	}
	switch {
	case len(d.dev) > 0:
		d.modules = complete
	case d.contents == wholeDir && d.omitsDev():
		d.modules = asAuthor
	case d.contents != wholeDir && !d.needsModules():
		d.modules = noModules
	case d.omitsDev():
		d.modules = asAuthor
	case d.contents == wholeDir:
		d.modules, d.modulesWhy = pruned, d.whole[0]
	default:
		d.modules = fresh
		if ev, ok := d.freshFails(); ok {
			d.modules, d.modulesWhy = pruned, ev
		}
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
	if len(d.hooks) > 0 && (!d.husky || d.app.npm < 8) {
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
