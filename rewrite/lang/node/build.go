package node

import (
	"encoding/json"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// built is what the build commands of the file make.
type built struct {
	any     bool            // there are build commands
	outputs []string        // folders and files of the project that are made, in order
	unknown []plan.Evidence // commands whose files cannot be told
	modules bool            // something inside node_modules is made
	leaves  []leaf
}

// readBuild follows the build commands of all RUNs.
func (a *app) readBuild(steps []step) *built {
	b := &built{}
	for _, s := range steps {
		for _, t := range s.Tasks {
			if t.Kind != build || t.Dir != a.dir {
				if t.Kind == build {
					b.any = true
					b.unsure(a.in.Evidence(s.Item, "it builds in "+t.Dir))
				}
				continue
			}
			b.any = true
			x := &expander{proj: a, workdir: t.Dir}
			x.command(t.Command, false, a.in.Evidence(s.Item, "it runs "+quote(strings.Join(t.Words(), " "))), 0)
			b.follow(a, x)
		}
	}
	return b
}

// hooks follows the scripts that the install itself runs.
func (b *built) hooks(a *app, names []string) {
	for _, name := range names {
		x := &expander{proj: a, workdir: a.dir}
		x.text(a.manifest.Scripts[name], true, a.says("scripts", name, "the install runs the script "+name), 1)
		b.follow(a, x)
	}
}

func (b *built) follow(a *app, x *expander) {
	for _, u := range x.unknown {
		b.unsure(plan.Evidence{Text: "what " + quote(u) + " makes is not known"})
	}
	if x.moved {
		b.unsure(plan.Evidence{Path: a.manifestPath(), Text: "the build runs in another folder"})
	}
	for _, l := range x.leaves {
		b.leaves = append(b.leaves, l)
		b.leaf(a, l)
		for _, r := range l.Redirect {
			b.add(a, l, r)
		}
	}
}

func (b *built) unsure(ev plan.Evidence) { b.unknown = append(b.unknown, ev) }

// add notes a file or folder that a command makes.
func (b *built) add(a *app, l leaf, out string) {
	dir, _, ok := a.inside(out, false)
	if !ok || strings.ContainsAny(out, "$*{") {
		b.unsure(l.Evidence)
		return
	}
	if dir == "node_modules" || strings.HasPrefix(dir, "node_modules/") {
		b.modules = true
		return
	}
	for i, have := range b.outputs {
		if dir == have || strings.HasPrefix(dir, have+"/") {
			return
		}
		if strings.HasPrefix(have, dir+"/") {
			b.outputs[i] = dir
			return
		}
	}
	b.outputs = append(b.outputs, dir)
}

// quiet are programs that make no file that the image needs.
var quiet = set(`eslint tslint prettier jest vitest mocha rimraf rm del del-cli tsc-alias tscpaths tsconfig-replace-paths resolve-tspaths vue-tsc svelte-check stylelint
	cross-env cross-env-shell echo true npm-run-all run-s run-p concurrently husky lefthook simple-git-hooks is-ci chmod cd test [ set export pnpm yarn bun dotenv env-cmd ls mkdir
	only-allow typedoc opencollective opencollective-postinstall sleep exit patch-package ngcc lint-staged browserslist update-browserslist-db rmdir node-gyp sh bash`)

// leaf notes what one program makes.
func (b *built) leaf(a *app, l leaf) {
	sub := first(l.Args)
	switch {
	case l.Bin == "npm" && !l.Wrapper:
		b.npm(l)
	case l.Bin == "bun" && sub == "build":
		b.flagged(a, l, "", "--outdir", "--outfile")
	case l.Bin == "bun" && l.Runs:
		b.unsure(l.Evidence)
	case l.Wrapper || quiet[l.Bin]:
		return
	case l.Bin == "cp" || l.Bin == "mv" || l.Bin == "copyfiles" || l.Bin == "cpx" || l.Bin == "cpy" || l.Bin == "ncp" || l.Bin == "cpr" || l.Bin == "shx" || l.Bin == "copy":
		b.copies(a, l)
	case l.Bin == "tsc" || l.Bin == "ttsc" || l.Bin == "tspc":
		b.tsc(a, l)
	case l.Bin == "nest":
		b.nest(a, l, sub)
	case l.Bin == "prisma":
		b.prisma(a, l, sub)
	default:
		b.tool(a, l, sub)
	}
}

// npm is a command of npm that runs no script of the project.
func (b *built) npm(l leaf) {
	n, _ := parseCall(literal(append([]string{"npm"}, l.Args...)))
	switch n.Verb {
	case "rebuild", "dedupe", "link", "uninstall", "install", "ci", "update", "prune":
		b.modules = true
	case "config", "set", "pkg", "version", "cache", "audit", "fund", "ls", "list", "view", "":
	default:
		b.unsure(l.Evidence)
	}
}

// tool notes the output of bundlers and frameworks.
func (b *built) tool(a *app, l leaf, sub string) {
	switch l.Bin {
	case "vite":
		if a.manifest.has("@sveltejs/kit") {
			b.svelteKit(a, l)
			return
		}
		b.config(a, l, sub == "build", "dist", []string{"vite.config.ts", "vite.config.js", "vite.config.mjs", "vite.config.mts", "vite.config.cjs"}, "outDir")
	case "react-scripts", "craco", "react-app-rewired":
		b.known(a, l, sub == "build" && !contains(l.Assigns, "BUILD_PATH"), "build")
	case "ng":
		b.known(a, l, sub == "build" || sub == "b", a.angularOutput())
	case "vue-cli-service":
		b.config(a, l, sub == "build", "dist", []string{"vue.config.js", "vue.config.ts"}, "outputDir")
	case "next":
		b.next(a, l, sub)
	case "nuxt", "nuxi":
		if sub == "prepare" { // makes types for the build
			return
		}
		b.known(a, l, (sub == "build" || sub == "generate") && leading(a.manifest.version("nuxt")) >= 3, ".output")
	case "svelte-kit":
		if sub != "sync" { // makes types for the build
			b.unsure(l.Evidence)
		}
	case "astro":
		b.config(a, l, sub == "build" || sub == "check", "dist", []string{"astro.config.mjs", "astro.config.ts", "astro.config.js"}, "outDir")
	case "remix", "react-router":
		if l.Bin == "remix" && sub == "build" {
			b.add(a, l, "public/build")
		}
		b.config(a, l, strings.HasSuffix(sub, "build"), "build", []string{"vite.config.ts", "react-router.config.ts", "remix.config.js"}, "buildDirectory", "serverBuildPath")
	case "tsup", "tsdown":
		b.config(a, l, true, "dist", []string{"tsup.config.ts", "tsup.config.js", "tsup.config.mjs", "tsdown.config.ts"}, "outDir")
	case "esbuild":
		b.flagged(a, l, "", "--outdir", "--outfile")
	case "babel", "swc", "tailwindcss", "postcss", "lessc":
		b.flagged(a, l, "", "-d", "--out-dir", "-o", "--out-file", "--output")
	case "ncc":
		b.flagged(a, l, "dist", "-o", "--out")
	case "parcel":
		b.flagged(a, l, "dist", "--dist-dir", "-d", "--out-dir")
	case "webpack":
		b.webpack(a, l)
	case "gatsby":
		b.known(a, l, sub == "build", "public")
	default:
		b.unsure(l.Evidence)
	}
}

// known adds an output that the program has without being told.
func (b *built) known(a *app, l leaf, ok bool, out string) {
	if !ok || out == "" {
		b.unsure(l.Evidence)
		return
	}
	b.add(a, l, out)
}

// flagged adds the output that an option names, or the one without it.
func (b *built) flagged(a *app, l leaf, standard string, flags ...string) {
	out := optionValue(l.Args, flags...)
	if out == "" {
		out = standard
	}
	if path.Ext(out) != "" && path.Dir(out) != "." {
		out = path.Dir(out)
	}
	b.known(a, l, true, out)
}

// config adds the output that a configuration file or --outDir names.
func (b *built) config(a *app, l leaf, ok bool, standard string, files []string, keys ...string) {
	if v := optionValue(l.Args, "--outDir", "--out-dir", "-d", "--dest"); v != "" {
		standard = v
	} else if c := optionValue(l.Args, "--config", "-c"); c != "" {
		files = []string{c}
	}
	_, data := a.readFirst(files...)
	value, other := literalIn(string(data), keys...)
	if value != "" {
		standard = value
		if path.Ext(value) != "" { // a file of the folder
			standard = path.Dir(value)
		}
	}
	other = other || madeElsewhere(string(data))
	if root, dynamic := literalIn(string(data), "root"); (root != "" && root != ".") || dynamic && strings.Contains(l.Bin, "vite") {
		other = true
	}
	b.known(a, l, ok && !other, standard)
}

// tsc adds the outDir of its configuration; without one it writes beside the
// sources.
func (b *built) tsc(a *app, l leaf) {
	if contains(l.Args, "--noEmit", "--version", "-v") {
		return
	}
	config := optionValue(l.Args, "-p", "--project", "-b", "--build")
	if config == "" || strings.HasPrefix(config, "-") {
		config = "tsconfig.json"
	}
	if path.Ext(config) != ".json" {
		config = path.Join(config, "tsconfig.json")
	}
	dir, noEmit, ok := a.outDir(config)
	if out := optionValue(l.Args, "--outDir"); out != "" {
		dir, noEmit, ok = out, false, true
	}
	switch {
	case noEmit, !contains(l.Args, "-b", "--build") && a.namesOthers(config):
	case contains(l.Args, "-b", "--build") && a.hasReferences(config):
		if !a.manifest.has("vite") { // Vite's template checks with references and writes nothing
			b.unsure(l.Evidence)
		}
	case !ok:
		b.unsure(l.Evidence)
	default:
		b.add(a, l, dir)
	}
}

// hasReferences reports a configuration that only names others.
func (a *app) hasReferences(config string) bool {
	data, _ := a.read(a.path(config))
	return strings.Contains(string(relaxed(data)), `"references"`)
}

// nest adds what nest build writes: tsc's outDir, dist by default.
func (b *built) nest(a *app, l leaf, sub string) {
	if sub != "build" {
		b.unsure(l.Evidence)
		return
	}
	for _, config := range []string{"tsconfig.build.json", "tsconfig.json"} {
		if dir, _, ok := a.outDir(config); ok && dir != "" {
			b.add(a, l, dir)
			return
		}
	}
	b.add(a, l, "dist")
}

// prisma generate writes into node_modules, or where the schema says.
func (b *built) prisma(a *app, l leaf, sub string) {
	switch sub {
	case "generate":
		b.modules = true
		for _, name := range a.tree.Under(a.dir) {
			if path.Ext(name) != ".prisma" {
				continue
			}
			data, _ := a.read(name)
			if out, _ := literalIn(string(data), "output"); out != "" {
				rel, _ := a.rel(path.Join(path.Dir(name), out))
				b.add(a, l, rel)
			}
		}
	case "migrate", "db", "studio", "format", "validate", "version":
		b.unsure(l.Evidence)
	}
}

// copies adds where a copying program writes: its last word.
func (b *built) copies(a *app, l leaf) {
	args := l.Args
	if l.Bin == "shx" {
		if len(args) == 0 || args[0] == "rm" || args[0] == "chmod" || args[0] == "mkdir" || args[0] == "echo" {
			return
		}
	}
	for i := len(args) - 1; i > 0; i-- {
		if !strings.HasPrefix(args[i], "-") {
			b.add(a, l, args[i])
			return
		}
	}
	b.unsure(l.Evidence)
}

// webpack adds its output's path.
func (b *built) webpack(a *app, l leaf) {
	if out := optionValue(l.Args, "--output-path", "-o"); out != "" {
		b.add(a, l, out)
		return
	}
	file := optionValue(l.Args, "--config", "-c")
	if file == "" {
		file = "webpack.config.js"
	}
	data, ok := a.read(a.path(file))
	m := reWebpackPath.FindSubmatch(data)
	switch {
	case m != nil:
		b.add(a, l, string(m[1]))
	case ok && !strings.Contains(string(data), "path:"):
		b.add(a, l, "dist")
	default:
		b.unsure(l.Evidence)
	}
}

// angularOutput is the first folder that ng build writes to.
func (a *app) angularOutput() string {
	data, ok := a.read(a.path("angular.json"))
	if !ok {
		return ""
	}
	var doc struct {
		Projects map[string]struct {
			Architect map[string]struct {
				Options struct {
					OutputPath json.RawMessage `json:"outputPath"`
				} `json:"options"`
			} `json:"architect"`
		} `json:"projects"`
	}
	if json.Unmarshal(relaxed(data), &doc) != nil {
		return ""
	}
	out := "dist"
	for _, p := range doc.Projects {
		raw := p.Architect["build"].Options.OutputPath
		var text string
		var parts struct {
			Base string `json:"base"`
		}
		if json.Unmarshal(raw, &text) == nil && text != "" {
			out, _, _ = strings.Cut(path.Clean(text), "/")
		} else if json.Unmarshal(raw, &parts) == nil && parts.Base != "" {
			out, _, _ = strings.Cut(path.Clean(parts.Base), "/")
		}
		if len(doc.Projects) > 1 && out != "dist" {
			return ""
		}
	}
	return out
}

// optionValue is the value of the first of some options.
func optionValue(args []string, names ...string) string {
	for i, arg := range args {
		name, value, inline := strings.Cut(arg, "=")
		if !contains(names, name) {
			continue
		}
		if inline {
			return value
		}
		if i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// first is the first word that is no option.
func first(args []string) string {
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			return a
		}
	}
	return ""
}
