package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// kind is what a command does in a Node.js image.
type kind uint8

const (
	unknown    kind = iota
	nothing         // cd, set, echo
	system          // packages of the distribution, and their clean-up
	install         // the project's dependencies
	global          // npm install -g
	build           // makes files of the project: npm run build, npx tsc, prisma generate
	check           // test, lint, audit: fails or makes nothing
	prune           // takes development dependencies or sources out again
	cache           // removes caches
	npmConfig       // npm config set, npm pkg set
	user            // useradd, adduser
	permission      // chown, chmod
	files           // mkdir, cp, touch
	configure       // writes configuration
	fetch           // curl, wget, git clone
	setup           // corepack enable: a package manager is made ready
)

// task is one simple command of a RUN.
type task struct {
	shell.Command
	Kind kind
	Call *call  // of an npm command
	Dir  string // the folder that it runs in
}

// step is one item with its commands.
type step struct {
	plan.Item
	Index int
	Tasks []task // of a RUN
}

// readSteps classes every command of the stage.
func readSteps(in *plan.Input) []step {
	steps := make([]step, len(in.Items))
	for i, it := range in.Items {
		steps[i] = step{Item: it, Index: i}
		if it.Keyword != "RUN" {
			continue
		}
		dir := it.Scope.Workdir
		for _, c := range runCommands(it) {
			t := newTask(c, dir)
			if t.Name() == "cd" && len(t.Args) == 2 && t.Args[1].Literal && !t.Nested {
				if dir = t.Args[1].Text; !path.IsAbs(dir) {
					dir = path.Join(t.Dir, dir)
				}
			}
			steps[i].Tasks = append(steps[i].Tasks, t)
		}
		if len(steps[i].Tasks) == 0 {
			steps[i].Tasks = []task{{Kind: unknown, Dir: dir}}
		}
	}
	return steps
}

// runCommands are the commands of a RUN of either form; none where its shell text
// could not be read.
func runCommands(it plan.Item) []shell.Command {
	if it.Script != nil {
		return it.Script.Commands
	}
	if !it.JSON {
		return nil
	}
	if script, ok := shell.Unwrap(it.Argv); ok {
		if parsed, err := shell.Parse(script, 0); err == nil {
			return parsed.Commands
		}
		return nil
	}
	return []shell.Command{literal(it.Argv)}
}

func newTask(c shell.Command, dir string) task {
	t := task{Command: c, Dir: dir}
	if n, ok := parseCall(c); ok {
		t.Call = n
		if t.Kind = npmKind(n); n.Tool != "npm" {
			t.Kind = n.kind()
		}
		if n.Prefix != "" {
			if t.Dir = n.Prefix; !path.IsAbs(t.Dir) {
				t.Dir = path.Join(dir, n.Prefix)
			}
		}
		return t
	}
	switch name := c.Unwrapped().Name(); name {
	case "corepack":
		t.Kind = setup
	case "npx", "bunx", "pnpx", "lerna", "rush", "turbo", "nx", "tsc", "ng", "nest", "vite", "next", "prisma", "webpack", "react-scripts", "nuxt", "gulp", "grunt", "node", "tsx", "ts-node",
		"ngc", "esbuild", "rollup", "babel", "tsup", "astro", "gatsby", "vue-cli-service":
		t.Kind = build
		if tests(c.Unwrapped().Words()) {
			t.Kind = check
		}
	case "rm":
		t.Kind = removalKind(c)
	default:
		t.Kind = general(c)
	}
	if setsUpManager(t) {
		t.Kind = npmConfig
	}
	return t
}

func general(c shell.Command) kind {
	switch shell.Classify(c) {
	case shell.SystemPackage, shell.SystemUpdate:
		return system
	case shell.Fetch:
		return fetch
	case shell.User:
		return user
	case shell.Permission:
		return permission
	case shell.CleanUp:
		return cache
	case shell.Files:
		return files
	case shell.Configuration:
		return configure
	case shell.Nothing:
		return nothing
	}
	return unknown
}

// npmKind is what an npm command does.
func npmKind(n *call) kind {
	switch n.Verb {
	case "install", "ci":
		if n.Global {
			return global
		}
		return install
	case "run", "exec":
		if len(n.Args) > 0 && tests([]string{n.Args[0].Text}) {
			return check
		}
		return build
	case "build", "start", "rebuild", "stop", "restart", "dedupe", "link", "uninstall":
		return build // npm build does nothing, npm start may
	case "update":
		if n.Global {
			return global
		}
		return install
	case "test", "audit", "ls", "list", "outdated", "doctor", "view", "fund":
		return check
	case "prune":
		return prune
	case "cache":
		return cache
	case "config", "set", "pkg", "version", "-v", "login":
		return npmConfig
	case "":
		return nothing // npm --version
	}
	return build
}

// tests reports a script or program that tests or lints.
func tests(words []string) bool {
	for _, w := range words[:min(len(words), 2)] {
		name, _, _ := strings.Cut(path.Base(w), ":")
		switch name {
		case "test", "lint", "jest", "vitest", "mocha", "eslint", "prettier", "typecheck", "type-check", "check", "coverage", "audit":
			return true
		}
	}
	return false
}

// removalKind tells the removal of caches from that of the project's own files.
func removalKind(c shell.Command) kind {
	if shell.Classify(c) == shell.CleanUp {
		return cache
	}
	for _, a := range c.Args[1:] {
		if strings.HasPrefix(a.Text, "-") {
			continue
		}
		if strings.HasPrefix(a.Text, "/root/.npm") || strings.HasPrefix(a.Text, "/tmp/") || strings.HasPrefix(a.Text, "~/.npm") {
			return cache
		}
		return prune
	}
	return files
}

// does reports whether a RUN has a command of one of the kinds.
func (s step) does(kinds ...kind) bool {
	for _, t := range s.Tasks {
		for _, k := range kinds {
			if t.Kind == k {
				return true
			}
		}
	}
	return false
}

// only reports whether all commands of a RUN are of the kinds.
func (s step) only(kinds ...kind) bool {
	for _, t := range s.Tasks {
		ok := false
		for _, k := range kinds {
			ok = ok || t.Kind == k
		}
		if !ok {
			return false
		}
	}
	return len(s.Tasks) > 0
}
