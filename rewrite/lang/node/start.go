package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// use is a program or package that run time needs.
type use struct {
	Name     string // the program
	Package  string // its package; "" for a program of the system
	Npx      bool
	Evidence plan.Evidence
}

// needs is what the image is started with, and what that asks for.
type needs struct {
	entries   []string // JavaScript or TypeScript files, paths in the image
	tools     []use    // programs of packages
	system    []use    // other programs
	modules   []use    // packages that node preloads
	compilers []use    // ts-node and its like
	servers   []use    // static servers
	server    leaf     // the last of them
	dev       []use    // development servers
	migrators []use
	next      *use     // next start
	preview   *use     // vite preview and its like
	previewed leaf     // … as it is called
	nest      *use     // nest start, which compiles
	scripts   []string // npm scripts
	files     []string // shell scripts of the project, paths in the image
	npm       bool     // a package manager is started itself
	managers  []string // … these
	unknown   []string
	shell     bool // a shell is started, or node without a file
	none      bool // nothing says how the image is started
	item      *plan.Item
}

var shells = set("sh bash ash dash zsh fish")

// readStart follows ENTRYPOINT, CMD, the health check and the commands that
// compose services give.
func (a *app) readStart() *needs {
	n := &needs{}
	x := &expander{proj: a, workdir: a.in.End.Workdir}
	a.startOf(x, n)
	for _, s := range a.in.Project.Services() {
		ev := plan.Evidence{Path: s.File, Line: s.Line, Text: "the service " + s.Name + " starts " + quote(strings.TrimSpace(s.Entrypoint+" "+s.Command))}
		for _, text := range []string{s.Entrypoint, s.Command} {
			if text != "" {
				n.none = false
				x.text(text, false, ev, 0)
			}
		}
		if s.Health != "" {
			x.text(strings.TrimPrefix(strings.TrimPrefix(s.Health, "CMD-SHELL "), "CMD "), false, ev, 0)
		}
	}
	for _, it := range a.in.Items {
		if it.Keyword == "HEALTHCHECK" {
			a.health(x, it)
		}
	}
	n.none = n.none || len(x.leaves)+len(x.unknown) == 0
	n.shell = len(x.leaves) > 0 && len(x.ran)+len(x.followed)+len(x.unknown) == 0
	for _, l := range x.leaves {
		n.shell = n.shell && (shells[l.Bin] || l.Bin == "node" && len(l.Args) == 0)
	}
	n.scripts, n.npm, n.managers, n.unknown, n.files = x.ran, x.usesNpm, x.managers, x.unknown, x.followed
	if x.moved {
		n.unknown = append(n.unknown, "cd")
	}
	for _, l := range x.leaves {
		a.need(n, l, x.workdir)
	}
	return n
}

// startOf follows the last ENTRYPOINT and CMD as the one command that they are.
func (a *app) startOf(x *expander, n *needs) {
	var entry, cmd *plan.Item
	for i := range a.in.Items {
		switch it := &a.in.Items[i]; it.Keyword {
		case "ENTRYPOINT":
			entry, cmd = it, nil
			for j := 0; j < i; j++ { // a CMD above an ENTRYPOINT of the same file counts
				if a.in.Items[j].Keyword == "CMD" {
					cmd = &a.in.Items[j]
				}
			}
		case "CMD":
			cmd = it
		}
	}
	n.item = cmd
	switch {
	case entry == nil && cmd == nil:
		n.none = true
	case entry == nil:
		a.form(x, cmd)
	case entry.JSON && cmd != nil && cmd.JSON:
		n.item = entry
		x.argv(append(append([]string{}, entry.Argv...), cmd.Argv...), a.in.Evidence(*entry, "it is started by this"))
	default:
		n.item = entry
		a.form(x, entry)
		if entry.JSON && cmd != nil {
			a.form(x, cmd)
		}
	}
}

func (a *app) form(x *expander, it *plan.Item) {
	ev := a.in.Evidence(*it, "it is started by this")
	if it.JSON {
		if len(it.Argv) > 0 {
			x.argv(it.Argv, ev)
		}
		return
	}
	x.text(plain(a.in.File, it), false, ev, 0)
}

// plain is the shell text of an instruction.
func plain(file *dockerfile.File, it *plan.Item) string {
	text, _, _ := file.Script(it.Instruction)
	return text
}

// health follows a HEALTHCHECK's command.
func (a *app) health(x *expander, it plan.Item) {
	text := a.in.File.Text(it.Args)
	if i := strings.Index(text, "CMD"); i >= 0 {
		text = text[i+3:]
	}
	if it.JSON && len(it.Argv) > 0 {
		text = strings.Join(it.Argv, " ")
	}
	before := x.usesNpm
	x.text(strings.ReplaceAll(text, "\\\n", " "), false, a.in.Evidence(it, "the health check runs this"), 0)
	x.usesNpm = before || x.usesNpm
}

// need sorts one program into what run time needs.
func (a *app) need(n *needs, l leaf, workdir string) {
	u := use{Name: l.Bin, Package: packageOfBin(l.Bin), Npx: l.Npx, Evidence: l.Evidence}
	switch {
	case l.Bin == "node" || l.Bin == "nodejs" || l.Bin == "bun" && l.Runs:
		a.nodeArgs(n, l, workdir)
		return
	case devServer(l.Bin, l.Args):
		n.dev = append(n.dev, u)
	case compilers[l.Bin]:
		n.compilers = append(n.compilers, u)
		a.compiled(n, l, workdir)
	case staticServers[l.Bin]:
		n.servers, n.server = append(n.servers, u), l
	case l.Bin == "remix-serve" || l.Bin == "react-router-serve":
		if file := first(l.Args); file != "" {
			n.entry(file, workdir)
		}
	case migrators[l.Bin]:
		n.migrators = append(n.migrators, u)
	case l.Bin == "next":
		n.next = &u
	case l.Bin == "nest":
		n.nest = &u
	case contains(l.Args, "build"):
	case l.Bin == "vite" || l.Bin == "astro" || l.Bin == "nuxt" || l.Bin == "nuxi" || l.Bin == "gatsby" || l.Bin == "vue-cli-service":
		n.preview, n.previewed = &u, l
	}
	if a.isTool(l) {
		n.tools = append(n.tools, u)
		if l.Bin == "pm2" || l.Bin == "pm2-runtime" || l.Bin == "forever" {
			a.supervised(n, l, workdir)
		}
		return
	}
	if shell.Classify(literal(append([]string{l.Bin}, l.Args...))) == shell.Nothing {
		return
	}
	if l.Bin == "npm" || l.Bin == "yarn" || l.Bin == "pnpm" || l.Bin == "bun" {
		n.installs(l, u)
		return
	}
	if l.Wrapper && a.tree.Has(l.Path) {
		return // a script of the project, which was followed
	}
	u.Package = ""
	n.system = append(n.system, u)
}

// installs notes a package manager that does not only run a script: it changes
// the image at the start.
func (n *needs) installs(l leaf, u use) {
	if len(l.Args) > 0 {
		switch l.Args[0] {
		case "install", "ci", "i", "add", "update", "rebuild":
			n.unknown = append(n.unknown, l.Bin+" "+strings.Join(l.Args, " "))
		}
	}
}

// isTool reports a program that a package brings.
func (a *app) isTool(l leaf) bool {
	name := packageOfBin(l.Bin)
	if strings.Contains(l.Path, "node_modules/") || l.Npx || a.manifest.has(name) {
		return true
	}
	if _, ok := binaries[l.Bin]; ok {
		return true
	}
	if compilers[l.Bin] || staticServers[l.Bin] || migrators[l.Bin] || devServer(l.Bin, l.Args) {
		return true
	}
	switch l.Bin {
	case "vite", "next", "nuxt", "astro", "pm2", "forever", "cross-env", "concurrently", "npm-run-all", "env-cmd", "react-scripts", "webpack", "rimraf", "wait-on", "http-server-spa", "json-server":
		return true
	}
	_, locked := a.lock.top(name)
	return locked && l.Script
}

// nodeArgs reads node's own words: what it preloads, and the file that it runs.
func (a *app) nodeArgs(n *needs, l leaf, workdir string) {
	args := l.Args
	for i := 0; i < len(args); i++ {
		option, value, inline := strings.Cut(args[i], "=")
		switch option {
		case "-r", "--require", "--import", "--loader", "--experimental-loader":
			if !inline && i+1 < len(args) {
				i++
				value = args[i]
			}
			if name := packageOf(value); name != "" {
				n.modules = append(n.modules, use{Name: value, Package: name, Evidence: l.Evidence})
			} else if value != "" {
				n.entry(value, workdir)
			}
		case "-e", "--eval", "-p", "--print":
			return
		case "--watch", "--hot":
			n.dev = append(n.dev, use{Name: l.Bin + " " + option, Evidence: l.Evidence})
		case "-C", "--conditions", "--env-file", "--title":
			if !inline {
				i++
			}
		default:
			if strings.HasPrefix(option, "-") {
				continue
			}
			if file := args[i]; strings.Contains(file, "node_modules/.bin/") {
				inner := leaf{Bin: path.Base(file), Path: file, Args: args[i+1:], Evidence: l.Evidence}
				a.need(n, inner, workdir)
			} else {
				n.entry(a.mainOf(file, workdir), workdir)
			}
			return
		}
	}
}

// mainOf is the file that "node ." runs: package.json names it. See
// https://nodejs.org/api/packages.html#main.
func (a *app) mainOf(file, workdir string) string {
	full := file
	if !path.IsAbs(full) {
		full = path.Join(workdir, file)
	}
	switch {
	case path.Clean(full) != a.dir:
		return file
	case a.manifest.Main != "":
		return a.path(a.manifest.Main)
	}
	return a.path("index.js")
}

// uses reports a package manager that is started.
func (n *needs) uses(tool string) bool { return contains(n.managers, tool) }

// entry notes a file that is run. A variable in its name makes it unknown.
func (n *needs) entry(file, workdir string) {
	if strings.ContainsAny(file, "$*") {
		n.unknown = append(n.unknown, file)
		return
	}
	if !path.IsAbs(file) {
		file = path.Join(workdir, file)
	}
	n.entries = append(n.entries, path.Clean(file))
}

// compiled notes the file that a compiler such as tsx runs.
func (a *app) compiled(n *needs, l leaf, workdir string) {
	for _, arg := range l.Args {
		if sourceExt[path.Ext(arg)] {
			n.entry(arg, workdir)
			return
		}
	}
}

// named notes the development dependencies and compilers that a configuration of
// pm2 mentions: it may run scripts with them.
func (a *app) named(n *needs, l leaf, file string) {
	data, ok := a.read(file)
	if !ok {
		return
	}
	text := string(data)
	for _, name := range append(sortedKeys(a.manifest.DevDependencies), sortedKeys(compilers)...) {
		if strings.Contains(text, name) {
			n.tools = append(n.tools, use{Name: name, Package: packageOfBin(name), Evidence: l.Evidence})
		}
	}
}

// supervised notes the files that pm2 or forever start.
func (a *app) supervised(n *needs, l leaf, workdir string) {
	for _, arg := range l.Args {
		switch ext := path.Ext(arg); {
		case strings.Contains(path.Base(arg), "config.") || ext == ".json" || ext == ".yml" || ext == ".yaml":
			n.entry(arg, workdir)
			n.unknown = append(n.unknown, arg)
			a.named(n, l, path.Join(workdir, arg))
			return
		case sourceExt[ext]:
			n.entry(arg, workdir)
			return
		}
	}
}
