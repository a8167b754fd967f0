package rootfs

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// nodeFlags are options of node(1) that take no word after them.
var nodeFlags = []string{
	"--enable-source-maps", "--no-warnings", "--no-deprecation", "--trace-warnings", "--trace-deprecation", "--trace-uncaught",
	"--expose-gc", "--expose_gc", "--inspect", "--harmony", "--preserve-symlinks", "--preserve-symlinks-main", "--use-openssl-ca",
	"--use-bundled-ca", "--experimental-specifier-resolution=node", "--experimental-modules", "--experimental-json-modules",
	"--experimental-vm-modules", "--experimental-strip-types", "--experimental-wasm-modules", "--experimental-worker",
	"--experimental-fetch", "--no-experimental-fetch", "--abort-on-uncaught-exception", "--track-heap-objects", "--jitless",
	"--insecure-http-parser", "--throw-deprecation", "--optimize-for-size", "--optimize_for_size", "--watch", "--prof",
}

// nodeLoads are options of node(1) whose word is a module.
var nodeLoads = []string{"-r", "--require", "--import", "--loader", "--experimental-loader"}

// node finds the script of a node command. An option that is not known may take the next
// word: then nothing is said.
func (in *inspector) node(args []string, r run) {
	for len(args) > 0 {
		a := args[0]
		name, value, joined := strings.Cut(a, "=")
		switch {
		case a == "--" && len(args) > 1:
			in.nodeScript(args[1], r)
			return
		case slices.Contains(nodeLoads, name) && (joined || len(args) > 1):
			if !joined {
				value, args = args[1], args[1:]
			}
			in.nodeModule(value, r)
		case slices.Contains(nodeFlags, a), strings.HasPrefix(a, "--") && joined && name != "--eval" && name != "--print" && name != "--run":
		case strings.HasPrefix(a, "-") || strings.Contains(a, unknownWord):
			return
		case a == "inspect":
			return
		default:
			in.nodeScript(a, r)
			return
		}
		args = args[1:]
	}
}

// nodeScript is the main module: a file, with or without its ending, or a folder.
// https://nodejs.org/api/modules.html#all-together
func (in *inspector) nodeScript(name string, r run) {
	f, at := in.argument(name, r, []string{".js", ".json", ".node", ".cjs", ".mjs", ".ts"})
	if f == nil {
		return
	}
	in.step(r.row, name)
	if !f.dir() {
		return
	}
	for _, index := range []string{"package.json", "index.js", "index.json", "index.node", "index.mjs", "index.cjs", "index.ts"} {
		if _, s := in.tree.resolve(at + "/" + index); s != absent {
			return
		}
	}
	in.problem(r.row, r.certain, failure(proof.MissingFile, path.Join(at, "index.js"), "node opens %s, a folder with neither a package.json nor an index.js", at))
}

// nodeModule is a module that an option loads: a file, or a package of a node_modules
// folder here or above.
func (in *inspector) nodeModule(name string, r run) {
	if strings.Contains(name, unknownWord) || r.dir == "" || strings.Contains(name, ":") {
		return
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") {
		in.argument(name, r, []string{".js", ".json", ".node", ".cjs", ".mjs", ".ts", "/package.json", "/index.js"})
		return
	}
	pkg := packageOf(name)
	if in.env["NODE_PATH"] != "" || in.env["NODE_OPTIONS"] != "" || len(in.tree.named(".pnp.cjs")) > 0 || builtinModule(pkg) {
		return
	}
	for dir := path.Clean(r.dir); ; dir = path.Dir(dir) {
		if _, s := in.tree.resolve(path.Join(dir, "node_modules", pkg)); s != absent {
			return
		}
		if dir == "/" {
			break
		}
	}
	in.problem(r.row, r.certain, failure(proof.MissingModule, pkg, "node loads %s first, which no node_modules folder has", name))
}

// builtinModule reports names that node has itself, of those that -r is used with.
func builtinModule(name string) bool {
	return slices.Contains([]string{"module", "fs", "path", "http", "https", "net", "process", "util", "v8", "vm", "worker_threads", "test", "inspector"}, name)
}

// packageOf is the package of a module's name: dotenv of dotenv/config, @a/b of @a/b/c.
func packageOf(name string) string {
	parts := strings.SplitN(name, "/", 3)
	if strings.HasPrefix(name, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// manifest is what is read of a package.json.
type manifest struct {
	Name            string                     `json:"name"`
	Scripts         map[string]string          `json:"scripts"`
	DevDependencies map[string]json.RawMessage `json:"devDependencies"`
	Dependencies    map[string]json.RawMessage `json:"dependencies"`
}

const maxManifest = 1 << 20

func (in *inspector) manifest(f *file) (m manifest, ok bool) { return in.tree.manifest(in.ctx, f) }

// packageScript follows npm start, yarn run x and their like: the script of the
// package.json of the working directory, its commands found in node_modules/.bin too.
func (in *inspector) packageScript(manager string, args []string, r run) {
	script, rest, ok := scriptName(manager, args)
	if !ok || r.dir == "" {
		return
	}
	at := absolute(r.dir, "package.json")
	f, s := in.tree.resolve(at)
	switch {
	case s == unsure:
		return
	case s == absent && in.packageAbove(r.dir):
		return
	case s == absent:
		in.problem(r.row, r.certain, failure(proof.MissingFile, path.Clean(at), "%s %s reads %s, which the image does not have", manager, script, path.Clean(at)))
		return
	}
	in.readable(f, at, r)
	m, ok := in.manifest(f)
	if !ok {
		return
	}
	text := m.Scripts[script]
	switch {
	case text == "" && script == "start" && manager == "npm":
		text = "node server.js" // what npm does: https://docs.npmjs.com/cli/commands/npm-start
	case text == "":
		if slices.Contains(args, "run") || manager == "npm" {
			in.problem(r.row, r.certain, failure(proof.Other, script, "%s runs the script %s, which %s does not have", manager, script, path.Clean(at)))
		}
		return
	}
	in.step(r.row, script)
	for dir := path.Clean(r.dir); ; dir = path.Dir(dir) {
		r.bins = append(r.bins, path.Join(dir, "node_modules/.bin"))
		if dir == "/" {
			break
		}
	}
	r.certain = r.certain && len(in.tree.named(".pnp.cjs")) == 0
	r.by = "the script " + script + " of " + path.Clean(at)
	in.script(text, r, rest)
}

// packageAbove reports a package.json in a folder above, which npm looks for too.
func (in *inspector) packageAbove(dir string) bool {
	for dir = path.Dir(path.Clean(dir)); ; dir = path.Dir(dir) {
		if in.tree.exists(path.Join(dir, "package.json")) || in.tree.exists(path.Join(dir, "node_modules")) {
			return true
		}
		if dir == "/" {
			return false
		}
	}
}

// scriptName is the script that a package manager's command runs. ok is false for
// anything else, also with an option that may name another folder.
func scriptName(manager string, args []string) (name string, rest []string, ok bool) {
	quiet := []string{"-s", "--silent", "--quiet", "-q", "--no-audit", "--no-update-notifier"}
	run := false
	for i, a := range args {
		switch {
		case slices.Contains(quiet, a):
		case strings.HasPrefix(a, "-") || strings.Contains(a, unknownWord):
			return "", nil, false
		case !run && (a == "run" || a == "run-script"):
			run = true
		case run || a == "start" || a == "test":
			return a, nil, len(args[i+1:]) == 0 || !strings.HasPrefix(args[i+1], "-") || args[i+1] == "--"
		case manager == "npm":
			return "", nil, false
		default: // yarn x and pnpm x: a script, else a program
			return a, nil, slices.Contains([]string{"serve", "dev", "prod", "production", "server"}, a)
		}
	}
	return "", nil, false
}
