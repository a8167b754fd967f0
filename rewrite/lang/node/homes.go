package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// managerFile reports a file or folder by which a package manager is set up, which it
// reads also where it only starts a script.
func managerFile(rel string) bool {
	top, _, _ := strings.Cut(rel, "/")
	switch top {
	case ".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml", "bunfig.toml", ".yarn":
		return true
	}
	return false
}

// toolHomes are the folders outside the project in which package managers keep what
// they need when they start a program: corepack the package managers themselves, yarn
// its archives where it makes no node_modules.
func (d *designer) toolHomes() []string {
	var homes []string
	home := d.home()
	if d.corepackAtRun() {
		homes = append(homes, path.Join(home, ".cache/node/corepack"))
	}
	if d.app.manager.pnp && d.app.globalCache {
		homes = append(homes, path.Join(home, ".yarn/berry"))
	}
	return homes
}

// home is the home folder of the user that installs.
func (d *designer) home() string {
	if user, _, _ := strings.Cut(d.steps[d.last].Scope.User, ":"); user == "node" || user == "1000" {
		return "/home/node"
	}
	return "/root"
}

// corepackAtRun reports that the start command runs a package manager that corepack
// has brought, and which production's own steps would not bring.
func (d *designer) corepackAtRun() bool {
	if !d.run.uses("yarn") && !d.run.uses("pnpm") {
		return false
	}
	found := false
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind != setup {
				continue
			}
			words := t.Unwrapped().Words()
			found = found || contains(words, "enable")
			want, _, _ := strings.Cut(d.app.manifest.PackageManager, "+")
			if contains(words, "prepare", "install", "use") && (want == "" || contains(words, want)) {
				return false // production's own step brings it
			}
		}
	}
	return found
}

// homes copies what lies in folders of its own outside the project: a browser that
// the install downloaded, and what the package manager needs to start a program.
func (p *productionSteps) homes(from string) {
	homes := p.d.toolHomes()
	if p.d.browser != "" {
		homes = append([]string{p.d.browser}, homes...)
	}
	for _, home := range homes {
		p.add(plan.New{Text: p.d.in.Keyword("COPY") + " --from=" + from + " " + home + " " + home})
	}
}

// setup copies the files by which a package manager that starts the program is set up.
func (p *productionSteps) setup(at int) {
	d := p.d
	if len(d.run.managers) == 0 {
		return
	}
	for _, child := range d.app.tree.Children(d.app.dir) {
		if name := strings.TrimSuffix(child, "/"); managerFile(name) && name != ".npmrc" && !within(name, d.reads) && (child != name || !p.has(name)) {
			p.copy(at, d.names.build, name)
		}
	}
}
