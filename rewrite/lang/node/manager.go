package node

import (
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// manager is the program that installs the project's dependencies.
type manager struct {
	tool  string // "npm", "yarn", "pnpm", "bun"
	major int    // of npm and of yarn; 0 where it is not known
	old   bool   // bun before 1.2
	pnp   bool   // yarn keeps packages in archives and makes no node_modules
	focus bool   // yarn has the command workspaces focus
}

// others sorts the words of yarn, pnpm and bun, whose own commands are fewer and
// which take the name of a script for a command. See https://classic.yarnpkg.com/docs/cli,
// https://yarnpkg.com/cli, https://pnpm.io/pnpm-cli and https://bun.sh/docs/cli/install.
func (n *call) others() {
	switch {
	case n.Verb == "" && n.Tool == "yarn":
		n.Verb = "install"
	case n.Verb == "i", n.Verb == "add", n.Verb == "a" && n.Tool == "bun":
		n.Verb = "install"
	case n.Verb == "global" && len(n.Args) > 0: // yarn global add
		n.Global, n.Args = true, n.Args[1:]
		n.Verb = "install"
	case n.Verb == "workspaces" && len(n.Args) > 0 && n.Args[0].Text == "focus":
		n.Verb, n.Args, n.Focus = "install", nil, true
	case n.Verb == "workspace", n.Verb == "workspaces":
		n.Verb, n.Workspace = "run", true
	case n.Verb == "t":
		n.Verb = "test"
	case managerVerbs[n.Verb] || n.Verb == "":
	case n.Verb == "build" && n.Tool == "bun":
	default:
		n.Verb, n.Args = "run", append(n.Args[:0:0], append([]shell.Word{n.verb}, n.Args...)...)
	}
}

// managerVerbs are commands of yarn, pnpm or bun itself that are no names of scripts.
var managerVerbs = set(`install ci run exec x dlx node test audit outdated list why info licenses prune cache store pm config set plugin policies
	fetch import approve-builds setup env patch patch-commit rebuild dedupe link unlink remove rm update up upgrade deploy start --version version help init create autoclean root bin`)

// kind is what a command of yarn, pnpm or bun does.
func (n *call) kind() kind {
	switch n.Verb {
	case "install", "ci":
		if n.Global {
			return global
		}
		return install
	case "run", "exec", "x", "dlx", "node", "build", "start":
		if len(n.Args) > 0 && tests([]string{n.Args[0].Text}) {
			return check
		}
		return build
	case "test", "audit", "outdated", "list", "why", "info", "licenses":
		return check
	case "prune", "autoclean":
		return prune
	case "cache", "store", "pm":
		return cache
	case "config", "set", "plugin", "policies", "fetch", "import", "approve-builds", "version":
		return npmConfig
	case "", "--version", "help", "root", "bin":
		return nothing
	case "rebuild", "dedupe", "link", "remove", "rm", "update", "up", "patch", "patch-commit":
		return build
	}
	return unknown
}

// readManager tells which program installs, by the install's own words; of yarn the
// generation, by its configuration, by package.json and by the lock file.
func (a *app) readManager(n *call) {
	a.manager = manager{tool: n.Tool, major: a.npm}
	if v := a.in.Base.Version; a.in.Base.Language == "bun" {
		a.manager.old = v == "0" || strings.HasPrefix(v, "0.") || v == "1.0" || strings.HasPrefix(v, "1.0.") || v == "1.1" || strings.HasPrefix(v, "1.1.")
	}
	if n.Tool != "yarn" {
		return
	}
	rc, hasRC := a.read(a.path(".yarnrc.yml"))
	lock, _ := a.read(a.path("yarn.lock"))
	a.manager.major = 1
	if v, ok := strings.CutPrefix(a.manifest.PackageManager, "yarn@"); ok {
		a.manager.major = leading(v)
	} else if m := reYarnPath.FindSubmatch(rc); m != nil {
		a.manager.major = leading(string(m[1]))
	} else if hasRC || strings.Contains(string(lock[:min(len(lock), 400)]), "__metadata:") {
		a.manager.major = 3
	}
	if a.manager.major < 2 {
		return
	}
	linker := reLinker.FindSubmatch(rc)
	a.manager.pnp = linker == nil || string(linker[1]) == "pnp"
	a.manager.focus = a.manager.major >= 4 || strings.Contains(string(rc), "plugin-workspace-tools")
	a.globalCache = a.manager.major >= 4 && !strings.Contains(string(rc), "enableGlobalCache: false")
}

var (
	reYarnPath = regexp.MustCompile(`yarnPath:\s*["']?\S*yarn-(?:berry-)?(\d+)`)
	reLinker   = regexp.MustCompile(`(?m)^\s*nodeLinker:\s*["']?([\w-]+)`)
)

// berry reports yarn from version 2 on.
func (m manager) berry() bool { return m.tool == "yarn" && m.major >= 2 }

// focuses reports that a production install is a command of its own.
func (m manager) focuses() bool { return m.berry() }

// option is what leaves development dependencies out: npm knows --omit from version
// 7 on, bun from 1.2 on, whose --production also wants the lock file to fit, and yarn
// from version 2 on has a command for it (https://yarnpkg.com/cli/workspaces/focus).
func (m manager) option() string {
	switch {
	case m.tool == "pnpm":
		return "--prod"
	case m.berry():
		return "yarn workspaces focus --production"
	case m.tool == "npm" && m.major >= 7, m.tool == "bun" && !m.old:
		return "--omit=dev"
	}
	return "--production"
}

// omits reports whether an install without development dependencies can be written.
func (m manager) omits() bool { return !m.berry() || m.focus && !m.pnp }

// locks are the names of a program's lock files.
func (m manager) locks() []string {
	switch m.tool {
	case "yarn":
		return []string{"yarn.lock"}
	case "pnpm":
		return []string{"pnpm-lock.yaml"}
	case "bun":
		return []string{"bun.lock", "bun.lockb"}
	}
	return []string{"npm-shrinkwrap.json", "package-lock.json"}
}

// manifestFiles are the files that an install reads, beside package.json.
var manifestFiles = []string{"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml", "bun.lock", "bun.lockb",
	".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "bunfig.toml"}

// foreign are manifests that a program does not look at. npm takes versions out of a
// yarn.lock, and bun out of any lock file.
var foreign = map[string]map[string]bool{
	"npm":  set("pnpm-lock.yaml pnpm-workspace.yaml bun.lock bun.lockb .yarnrc .yarnrc.yml .pnpmfile.cjs bunfig.toml"),
	"yarn": set("package-lock.json npm-shrinkwrap.json pnpm-lock.yaml pnpm-workspace.yaml bun.lock bun.lockb .pnpmfile.cjs bunfig.toml"),
	"pnpm": set("package-lock.json npm-shrinkwrap.json yarn.lock bun.lock bun.lockb .yarnrc .yarnrc.yml bunfig.toml"),
}

// reads reports a manifest that the program may look at.
func (m manager) reads(name string) bool { return !foreign[m.tool][name] }

// manifestFolders are the folders that an install reads.
var manifestFolders = []string{".yarn", "patches", ".pnpm-patches"}

// pruneCommand takes the development packages out of an installed tree: npm has a
// command for it; of the others the author's own install is run once more without
// them, from the cache.
func (d *designer) pruneCommand() string {
	n, m := d.lastInstall(), d.app.manager
	switch {
	case m.tool == "npm":
		return n.prune(m.major)
	case m.berry() && len(d.alone()) > 0 && !m.pnp:
		return "yarn workspaces focus " + strings.Join(d.alone(), " ") + " --production"
	case m.berry() && d.members != nil:
		return "yarn workspaces focus --all --production"
	case m.berry():
		return m.option()
	}
	hook, remove := "", "rm -rf node_modules"
	if d.members != nil {
		remove = "find . -name node_modules -type d -prune -exec rm -rf {} +"
	}
	if d.husky {
		hook = "npm pkg delete scripts." + d.hooks[0] + " && "
	}
	text := strings.TrimSpace(d.in.File.Text(dockerfile.Span{Start: n.first.Start, End: n.last.End})) + " " + m.option()
	if m.tool == "pnpm" && !n.Workspace {
		for _, name := range d.alone() { // with the packages that they use
			text += " --filter " + name + "..."
		}
	}
	return hook + remove + " && " + text
}

// pruneFails says why development packages cannot be taken out of the full install
// again so that what is left is certain.
func (d *designer) pruneFails() (plan.Evidence, bool) {
	n, m := d.lastInstall(), d.app.manager
	ev := d.in.Evidence(d.steps[d.last].Item, "")
	if ev, all := d.membersNeedAll(); all {
		return ev, true
	}
	switch {
	case m.tool == "npm":
		return plan.Evidence{}, false
	case !m.omits():
		return withText(ev, "this yarn has no install without development dependencies that is certain"), true
	case d.built.modules:
		return withText(ev, "a step generates code inside node_modules, which a further install would lose"), true
	case len(d.hooks) > 0 && (!d.husky || d.app.npm < 8 || m.tool == "bun"):
		return d.app.says("scripts", d.hooks[0], "a further install would run the script "+d.hooks[0]+" without development dependencies"), true
	case d.adds():
		return withText(ev, "packages are added to the project's own"), true
	case len(n.dev) > 0 || strings.ContainsAny(d.in.File.Text(dockerfile.Span{Start: n.first.Start, End: n.last.End}), "\n"):
		return withText(ev, "the install has options of its own for development dependencies"), true
	}
	return plan.Evidence{}, false
}
