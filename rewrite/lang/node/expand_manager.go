package node

import (
	"path"
	"strings"
)

// manager is yarn, pnpm or bun as a way to start a script, the program of a package,
// or with bun a file.
func (x *expander) manager(tool string, rest []string, proto leaf, depth int) {
	proto.Bin = tool
	all := rest
	rest = afterOptions(rest, "--cwd", "--dir", "-C", "--filter", "-F", "--env-file")
	lead := all[:len(all)-len(rest)]
	if len(rest) == 0 {
		x.uses(tool, proto)
		return
	}
	name, run := rest[0], false
	if contains(lead, "-r", "--recursive", "--filter", "-F") || hasPrefixed(lead, "--filter=") || name == "workspace" || name == "workspaces" && !contains(rest, "focus") {
		x.uses(tool, proto)
		x.unknown = append(x.unknown, tool+" "+strings.Join(all, " ")) // the scripts of a workspace
		return
	}
	if (name == "run" || name == "exec" || name == "x" || name == "dlx") && len(rest) > 1 {
		run = name == "run"
		all = rest[1:]
		rest = afterOptions(all, "--cwd", "--filter")
		if lead = append(lead[:len(lead):len(lead)], all[:len(all)-len(rest)]...); len(rest) == 0 {
			return
		}
		if name != "run" {
			x.uses(tool, proto)
			proto.Npx = true
			x.words(rest, proto, depth+1)
			return
		}
		name = rest[0]
	}
	_, script := x.proj.manifest.Scripts[name]
	if tool == "bun" && (!script && x.isFile(name) || name == "build" && !run) {
		proto.Args, proto.Runs = append(append([]string{}, lead...), rest...), name != "build" || run
		x.leaf(proto)
		return
	}
	x.uses(tool, proto)
	switch {
	case script && (run || !managerVerbs[name] || name == "start" || name == "test"):
		x.script(name, rest[1:], depth)
	case managerVerbs[name]:
	case run || !x.known(name):
		x.unknown = append(x.unknown, tool+" run "+name)
	default:
		proto.Npx = true
		x.words(rest, proto, depth+1)
	}
}

func hasPrefixed(words []string, prefix string) bool {
	for _, w := range words {
		if strings.HasPrefix(w, prefix) {
			return true
		}
	}
	return false
}

// known reports the program of a package that the project has.
func (x *expander) known(name string) bool {
	if x.proj.manifest.has(packageOfBin(name)) || quiet[name] || compilers[name] || migrators[name] || staticServers[name] {
		return true
	}
	_, renamed := binaries[name]
	return renamed || devServer(name, nil) || name == "next" || name == "vite" || name == "nuxt" || name == "astro"
}

// uses notes that a package manager is started itself.
func (x *expander) uses(tool string, proto leaf) {
	x.usesNpm = true
	if !contains(x.managers, tool) {
		x.managers = append(x.managers, tool)
	}
	x.leaf(proto)
}

// isFile reports a word that names a file rather than a script.
func (x *expander) isFile(name string) bool {
	full := name
	if !path.IsAbs(full) {
		full = path.Join(x.workdir, name)
	}
	return sourceExt[path.Ext(name)] || name == "." || strings.HasPrefix(name, "./") || x.proj.tree.Has(full)
}
