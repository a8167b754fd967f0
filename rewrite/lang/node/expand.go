package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// leaf is one program that a command line comes to in the end, through npm
// scripts, npx, cross-env, shell scripts and their like.
type leaf struct {
	Bin      string   // the program's name without folder; "" where it cannot be told
	Path     string   // the program as written
	Args     []string // literal or as written
	Npx      bool     // found in node_modules, or fetched at that moment
	Script   bool     // stands in an npm script, so that node_modules/.bin is searched
	Runs     bool     // bun runs a file as node does
	Wrapper  bool     // only prepares what follows it
	Assigns  []string // variables that are set for it
	Redirect []string // files that its output goes to
	Evidence plan.Evidence
}

// The limits of an expansion: scripts may call each other in circles.
const (
	maxExpand = 12
	maxLeaves = 300
	maxTexts  = 400
)

// expander follows command lines through the project's scripts.
type expander struct {
	proj     *app
	workdir  string
	leaves   []leaf
	texts    int      // that were followed
	followed []string // shell scripts of the project that are run, paths in the image
	ran      []string // npm scripts that are run, in order
	usesNpm  bool     // npm, npx or another manager is started itself
	managers []string // … these
	moved    bool     // a cd leads somewhere else
	unknown  []string // what could not be followed
}

// text follows a shell text that does not stand in the Dockerfile.
func (x *expander) text(text string, script bool, ev plan.Evidence, depth int) {
	x.texts++
	if x.texts == maxTexts {
		x.unknown = append(x.unknown, "scripts that call each other again and again")
	}
	if x.texts >= maxTexts || depth > maxExpand {
		return
	}
	parsed, err := shell.Parse(text, 0)
	if err != nil {
		x.unknown = append(x.unknown, text)
		return
	}
	x.commands(parsed.Commands, script, ev, depth)
}

func (x *expander) commands(commands []shell.Command, script bool, ev plan.Evidence, depth int) {
	for _, c := range commands {
		x.command(c, script, ev, depth)
	}
}

// argv follows an exec form.
func (x *expander) argv(argv []string, ev plan.Evidence) {
	if script, ok := shell.Unwrap(argv); ok {
		x.text(script, false, ev, 0)
		return
	}
	x.words(argv, leaf{Evidence: ev}, 0)
}

func (x *expander) command(c shell.Command, script bool, ev plan.Evidence, depth int) {
	c = c.Unwrapped()
	if len(c.Args) == 0 {
		return
	}
	proto := leaf{Script: script, Evidence: ev}
	for _, a := range c.Assigns {
		proto.Assigns = append(proto.Assigns, a.Name)
	}
	for _, r := range c.Redirects {
		if strings.HasPrefix(r.Op, ">") || strings.HasPrefix(r.Op, "&>") {
			proto.Redirect = append(proto.Redirect, r.File.Text)
		}
	}
	if !c.Args[0].Literal {
		if strings.Contains(c.Args[0].Text, "$@") || strings.Contains(c.Args[0].Text, "$*") {
			return // the CMD, which is followed by itself
		}
		x.unknown = append(x.unknown, c.Args[0].Text)
		return
	}
	x.words(c.Words(), proto, depth)
}

// words follows one command, its name first.
func (x *expander) words(words []string, proto leaf, depth int) {
	if len(words) == 0 || len(x.leaves) >= maxLeaves || depth > maxExpand {
		return
	}
	name, rest := path.Base(words[0]), words[1:]
	proto.Bin, proto.Path, proto.Args = name, words[0], rest
	switch name {
	case "cd", "pushd":
		x.moved = x.moved || len(rest) == 0 || path.Clean(rest[0]) != "." && path.Clean(rest[0]) != x.workdir
	case "exec": // exec "$@": the CMD, which is followed by itself
		if len(rest) > 0 && !strings.HasPrefix(rest[0], "$") {
			x.words(rest, proto, depth)
		}
	case "npm":
		x.npm(rest, proto, depth)
	case "yarn", "yarnpkg", "pnpm", "bun":
		x.manager(strings.TrimSuffix(name, "pkg"), rest, proto, depth)
	case "npx", "pnpx", "bunx":
		x.usesNpm = true
		proto.Npx = true
		x.words(afterOptions(rest, "-p", "--package"), proto, depth+1)
	case "docker-entrypoint.sh":
		x.words(rest, proto, depth+1)
	case "dumb-init", "tini", "docker-init", "catatonit", "sudo", "gosu", "su-exec":
		x.wrapper(proto)
		rest = afterOptions(rest, "-p", "-e", "-u")
		if (name == "gosu" || name == "su-exec") && len(rest) > 0 {
			rest = rest[1:]
		}
		x.words(rest, proto, depth+1)
	case "sh", "bash", "ash", "dash":
		x.shell(words, proto, depth)
	case ".", "source":
		x.file(rest, proto, depth)
	default:
		x.other(words, proto, depth)
	}
}

// other is a program of a package, of the system or of the project itself.
func (x *expander) other(words []string, proto leaf, depth int) {
	rest := words[1:]
	switch proto.Bin {
	case "cross-env", "cross-env-shell":
		x.wrapper(proto)
		for len(rest) > 0 && strings.Contains(rest[0], "=") {
			name, _, _ := strings.Cut(rest[0], "=")
			proto.Assigns = append(proto.Assigns, name)
			rest = rest[1:]
		}
		x.inner(rest, proto, depth)
	case "dotenv", "dotenvx", "env-cmd", "dotenv-flow":
		x.wrapper(proto)
		rest = afterOptions(rest, "-e", "-f", "-v", "-r", "--file", "-c")
		if len(rest) > 1 && (rest[0] == "run" || strings.HasPrefix(path.Base(rest[0]), ".env")) {
			rest = afterOptions(rest[1:], "-f")
		}
		x.inner(rest, proto, depth)
	case "wait-on", "wait-for-it", "wait-for-it.sh", "wait-for", "wait-for.sh":
		x.leaf(proto)
		for i, w := range rest {
			if w == "--" {
				x.inner(rest[i+1:], proto, depth)
			}
		}
	case "npm-run-all", "run-s", "run-p", "npm-run-all2":
		x.wrapper(proto)
		for _, name := range rest {
			if !strings.HasPrefix(name, "-") {
				x.matching(name, proto.Evidence, depth)
			}
		}
	case "concurrently", "conc":
		x.wrapper(proto)
		for _, text := range afterOptions(rest, "-n", "--names", "-c", "--prefix-colors", "-p", "--prefix", "-m", "-s", "--success") {
			if name, ok := strings.CutPrefix(text, "npm:"); ok {
				x.matching(name, proto.Evidence, depth)
			} else if !strings.HasPrefix(text, "-") {
				x.text(text, true, proto.Evidence, depth+1)
			}
		}
	default:
		if strings.Contains(proto.Path, "/") && !strings.Contains(proto.Path, "node_modules/") && x.file(words, proto, depth) {
			return
		}
		x.leaf(proto)
	}
}

// inner is the command behind a wrapper; a single word with blanks is a script.
func (x *expander) inner(rest []string, proto leaf, depth int) {
	if len(rest) == 1 && strings.ContainsAny(rest[0], " ") {
		x.text(rest[0], proto.Script, proto.Evidence, depth+1)
		return
	}
	x.words(rest, proto, depth+1)
}

func (x *expander) leaf(l leaf) { x.leaves = append(x.leaves, l) }

func (x *expander) wrapper(l leaf) {
	l.Wrapper = true
	x.leaf(l)
}

// npm is what an npm command starts: scripts, or the program of a package.
func (x *expander) npm(rest []string, proto leaf, depth int) {
	x.usesNpm = true
	n, _ := parseCall(literal(append([]string{"npm"}, rest...)))
	if n.Prefix != "" && path.Clean(n.Prefix) != "." {
		x.moved = true
	}
	if n.Workspace {
		x.unknown = append(x.unknown, "npm "+strings.Join(rest, " ")) // the scripts of a workspace
		return
	}
	switch n.Verb {
	case "run", "start", "test", "stop", "restart":
		name := n.Verb
		if name == "run" {
			if len(n.Args) == 0 {
				return
			}
			name = n.Args[0].Text
		}
		x.script(name, texts(n.Rest), depth)
	case "exec":
		proto.Npx = true
		words := append(texts(n.Args), texts(n.Rest)...)
		x.words(words, proto, depth+1)
	default:
		x.leaf(proto)
	}
}

// script is an npm script with what runs before and after it. See
// https://docs.npmjs.com/cli/using-npm/scripts#pre--post-scripts.
func (x *expander) script(name string, args []string, depth int) {
	scripts := x.proj.manifest.Scripts
	text, ok := scripts[name]
	if !ok && name == "start" && x.proj.tree.Has(x.proj.path("server.js")) {
		text, ok = "node server.js", true
	}
	if !ok {
		x.unknown = append(x.unknown, "npm run "+name)
		return
	}
	if len(x.ran) < maxTexts {
		x.ran = append(x.ran, name)
	}
	for _, part := range []struct{ name, text string }{{"pre" + name, scripts["pre"+name]}, {name, text}, {"post" + name, scripts["post"+name]}} {
		if part.text == "" {
			continue
		}
		if part.name == name && len(args) > 0 {
			part.text += " " + strings.Join(args, " ")
		}
		ev := plan.Evidence{Path: x.proj.manifestPath(), Line: x.proj.manifest.line("scripts", part.name), Text: "the script " + part.name + " is " + quote(part.text)}
		x.text(part.text, true, ev, depth+1)
	}
}

// matching are the scripts that a pattern such as build:* names.
func (x *expander) matching(pattern string, ev plan.Evidence, depth int) {
	words := strings.Fields(pattern)
	if len(words) == 0 {
		return
	}
	if !strings.Contains(words[0], "*") {
		x.script(words[0], nil, depth+1)
		return
	}
	prefix, _, _ := strings.Cut(words[0], "*")
	for _, name := range sortedKeys(x.proj.manifest.Scripts) {
		if strings.HasPrefix(name, prefix) {
			x.script(name, nil, depth+1)
		}
	}
}

// shell is sh -c "…" or sh file.
func (x *expander) shell(words []string, proto leaf, depth int) {
	if script, ok := shell.Unwrap(words); ok {
		x.text(script, proto.Script, proto.Evidence, depth+1)
		return
	}
	x.wrapper(proto)
	x.file(afterOptions(words[1:], "-o"), proto, depth)
}

// file follows a shell script of the project. False where it is none.
func (x *expander) file(words []string, proto leaf, depth int) bool {
	if len(words) == 0 {
		return false
	}
	full := words[0]
	if !path.IsAbs(full) {
		full = path.Join(x.workdir, full)
	}
	data, ok := x.proj.read(full)
	if !ok {
		return false
	}
	text := string(data)
	first, _, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(first, "#!") && !strings.Contains(first, "sh") {
		proto.Bin = path.Base(strings.TrimSpace(first[strings.LastIndexAny(first, "/ ")+1:]))
		proto.Args = words
		x.leaf(proto)
		return true
	}
	x.followed = append(x.followed, full)
	proto.Path, proto.Bin, proto.Wrapper = full, path.Base(full), true
	proto.Args = words[1:]
	x.leaf(proto)
	if strings.HasPrefix(first, "#!") {
		x.leaf(leaf{Bin: path.Base(strings.Fields(first[2:] + " sh")[0]), Wrapper: true, Evidence: proto.Evidence})
	}
	ev := plan.Evidence{Path: x.proj.tree.Files[full].Source, Text: "the script " + full}
	parsed, err := shell.ParseFile(text)
	if err != nil {
		x.unknown = append(x.unknown, full)
		return true
	}
	x.commands(parsed.Commands, false, ev, depth+1)
	x.words(words[1:], proto.bare(), depth+1)
	return true
}

// bare is the leaf without what is known of its program.
func (l leaf) bare() leaf { return leaf{Evidence: l.Evidence} }

// afterOptions are the words behind leading options; those listed take a value.
func afterOptions(words []string, withValue ...string) []string {
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		option := words[0]
		words = words[1:]
		if option == "--" {
			return words
		}
		for _, v := range withValue {
			if option == v && len(words) > 0 {
				words = words[1:]
			}
		}
	}
	return words
}

// literal makes a command of plain words.
func literal(words []string) shell.Command {
	var c shell.Command
	for _, w := range words {
		c.Args = append(c.Args, shell.Word{Text: w, Literal: true})
	}
	return c
}

func texts(words []shell.Word) []string {
	var out []string
	for _, w := range words {
		out = append(out, w.Text)
	}
	return out
}

func quote(s string) string { return `"` + s + `"` }
