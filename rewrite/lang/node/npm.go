package node

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// call is one command line of npm, yarn, pnpm or bun. Options may stand anywhere in
// it. See https://docs.npmjs.com/cli/commands; manager.go has the others.
type call struct {
	Tool      string       // "npm", "yarn", "pnpm", "bun"
	Verb      string       // "install", "ci", "run", …; aliases are resolved
	Args      []shell.Word // what is not an option, behind the verb
	Rest      []shell.Word // what stands behind "--"
	Global    bool
	Prefix    string // the folder that --prefix names, "" for the working one
	OmitDev   bool   // development dependencies are left out by an option
	WithDev   bool   // … or asked for
	NoScripts bool   // --ignore-scripts
	Workspace bool   // -w, --workspaces, --filter, -r
	Focus     bool   // yarn workspaces focus

	dev   []shell.Word // the options behind OmitDev and WithDev
	carry []shell.Word // options that any further install of the same tree needs
	verb  shell.Word   // the word of Verb; its End is 0 where there is none
	first shell.Word   // the program
	last  shell.Word
}

var verbs = map[string]string{
	"i": "install", "in": "install", "ins": "install", "inst": "install", "insta": "install", "instal": "install",
	"isnt": "install", "isnta": "install", "isntal": "install", "isntall": "install", "add": "install",
	"clean-install": "ci", "ic": "ci", "install-clean": "ci", "isntall-clean": "ci",
	"run-script": "run", "rum": "run", "urn": "run", "t": "test", "tst": "test", "x": "exec",
	"un": "uninstall", "remove": "uninstall", "rm": "uninstall", "r": "uninstall", "unlink": "uninstall",
	"c": "config", "up": "update", "upgrade": "update",
}

// valued are options of npm that take the next word where no '=' stands in them.
var valued = map[string]bool{
	"--prefix": true, "-C": true, "--registry": true, "--loglevel": true, "--cache": true, "--userconfig": true, "--tag": true,
	"--omit": true, "--include": true, "--only": true, "--also": true, "-w": true, "--workspace": true, "--network-timeout": true,
	"--fetch-timeout": true, "--fetch-retries": true, "--maxsockets": true, "--install-strategy": true, "--unsafe-perm": false,
	"--cwd": true, "--dir": true, "--filter": true, "-F": true, "--network-concurrency": true, "--cache-folder": true, "--modules-folder": true,
	"--store-dir": true, "--reporter": true, "--backend": true, "--mutex": true, "--node-linker": true,
}

// parseCall reads a command of npm, yarn, pnpm or bun; ok is false for another one.
func parseCall(c shell.Command) (*call, bool) {
	c = c.Unwrapped()
	n := &call{Tool: c.Name()}
	switch n.Tool {
	case "npm", "yarn", "pnpm", "bun":
	case "yarnpkg":
		n.Tool = "yarn"
	default:
		return nil, false
	}
	n.read(c)
	if n.Tool != "npm" {
		n.others()
	}
	return n, true
}

// read sorts the words into options, the verb and the rest.
func (n *call) read(c shell.Command) {
	n.first, n.last = c.Args[0], c.Args[len(c.Args)-1]
	words := c.Args[1:]
	for i := 0; i < len(words); i++ {
		text := words[i].Text
		switch {
		case text == "--":
			n.Rest = words[i+1:]
			return
		case strings.HasPrefix(text, "-"):
			name, value, inline := strings.Cut(text, "=")
			if !inline && valued[name] && i+1 < len(words) {
				i++
				value = words[i].Text
			}
			n.option(name, value, words[i])
		case n.Verb == "":
			n.Verb, n.verb = text, words[i]
			if full, ok := verbs[text]; ok && n.Tool == "npm" {
				n.Verb = full
			}
		default:
			n.Args = append(n.Args, words[i])
		}
	}
}

func (n *call) option(name, value string, w shell.Word) {
	switch name {
	case "-g", "--global":
		n.Global = true
	case "--location":
		n.Global = value == "global"
	case "--prefix", "-C", "--cwd", "--dir":
		n.Prefix = value
	case "--production", "--prod", "-P", "-p":
		if name == "-p" && n.Tool != "bun" {
			return
		}
		n.OmitDev, n.WithDev = value != "false", value == "false"
		n.dev = append(n.dev, w)
	case "--only":
		n.OmitDev = n.OmitDev || strings.HasPrefix(value, "prod")
		n.WithDev = n.WithDev || strings.HasPrefix(value, "dev")
		n.dev = append(n.dev, w)
	case "--omit":
		n.OmitDev = n.OmitDev || value == "dev"
		if value == "dev" {
			n.dev = append(n.dev, w)
		}
	case "--include", "--also":
		n.WithDev = n.WithDev || value == "dev"
		n.dev = append(n.dev, w)
	case "--dev", "--development":
		n.WithDev = true
		n.dev = append(n.dev, w)
	case "--ignore-scripts":
		n.NoScripts = value != "false"
	case "-w", "--workspace", "--workspaces", "-ws", "--filter", "-F", "-r", "--recursive", "-A", "--all":
		n.Workspace = n.Workspace || !(n.Tool == "npm" && (name == "-r" || name == "-A" || name == "--all"))
	case "-v", "--version":
		n.Verb = "--version"
	case "--legacy-peer-deps", "--force", "-f", "--strict-peer-deps", "--registry", "--userconfig":
		n.carry = append(n.carry, w)
	}
}

// installs reports an install of the project's own dependencies.
func (n *call) installs() bool {
	return (n.Verb == "install" || n.Verb == "ci") && !n.Global && len(n.Args) == 0
}

// adds reports an install of further packages into the project.
func (n *call) adds() bool { return n.Verb == "install" && !n.Global && len(n.Args) > 0 }

// withoutDev are the edits that turn an install into one of the production
// dependencies.
func (n *call) withoutDev(m manager) []plan.Edit {
	if n.OmitDev && !n.WithDev {
		return nil
	}
	option := m.option()
	if m.focuses() {
		return []plan.Edit{{Span: dockerfile.Span{Start: n.first.Start, End: n.last.End}, Text: option}}
	}
	var edits []plan.Edit
	for i, w := range n.dev {
		if strings.HasPrefix(w.Text, "-") { // not a value behind a blank
			text := ""
			if i == 0 {
				text = option
			}
			edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: w.Start, End: w.End}, Text: text})
		}
	}
	if len(edits) == 0 {
		edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: n.last.End, End: n.last.End}, Text: " " + option})
	}
	return edits
}

// prune is the command that takes development packages out of an installed tree
// again, with the options that the install was made with.
func (n *call) prune(npmMajor int) string {
	text := "npm prune --omit=dev"
	if npmMajor < 7 {
		text = "npm prune --production"
	}
	for _, w := range n.carry {
		if strings.HasPrefix(w.Text, "-") {
			text += " " + w.Text
		}
	}
	return text
}

// npmMajor is the major version of npm that comes with a version of Node.js. See
// https://nodejs.org/en/about/previous-releases. Unknown versions are new ones.
func npmMajor(nodeVersion string) int {
	major := leading(nodeVersion)
	switch {
	case major == 0 || major > 22:
		return 11
	case major >= 18:
		return 10
	case major >= 16:
		return 8
	case major == 15:
		return 7
	}
	return 6
}
