package node

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// verdict reads what the image is started with and how compose uses it, and
// answers where single-stage is right.
func (d *designer) verdict() *plan.Refusal {
	d.run = d.app.readStart()
	services := d.in.Project.Services()
	working := 0
	for _, s := range services {
		if d.mountsSource(s) || d.startsDev(s) {
			working++
		}
	}
	if len(services) > 0 && working == len(services) {
		s := services[0]
		return &plan.Refusal{Code: plan.DevContainer, Evidence: plan.Evidence{Path: s.File, Line: s.Line,
			Text: fmt.Sprintf("the service %s works on the sources: it mounts them over the image or starts a development server", s.Name)}}
	}
	if own := d.app.ownDev(); own != nil && (len(services) == working || !commanded(services)) {
		return &plan.Refusal{Code: plan.DevContainer, Evidence: withText(own.Evidence, "it starts the development server "+own.Name),
			Remedy: "a start command that serves the built result makes a design possible"}
	}
	if tests := d.app.testsAtStart(); tests != nil && (len(services) == working || !commanded(services)) {
		return &plan.Refusal{Code: plan.ToolchainProduct, Evidence: withText(tests.Evidence, "it runs the project's tests when it starts: "+tests.Name)}
	}
	if w := d.app.ownWatcher(); w != nil && (len(services) == working || !commanded(services)) {
		return &plan.Refusal{Code: plan.CompilesAtRuntime, Evidence: withText(w.Evidence, fmt.Sprintf("%s watches the sources and starts the program anew when they change", w.Name)),
			Remedy: "a start command that runs the program itself makes a design possible"}
	}
	if d.run.shell {
		return &plan.Refusal{Code: plan.DevContainer, Evidence: plan.Evidence{Line: d.startLine(), Text: "it starts a shell for people to work in"}}
	}
	if d.run.none {
		return &plan.Refusal{Code: plan.StartUnknown, Evidence: plan.Evidence{Line: d.in.File.Line(d.in.Stage.From),
			Text: "there is no CMD and no ENTRYPOINT, and no compose service says how it is started"}, Remedy: "add a CMD"}
	}
	if commanded(services) {
		return nil
	}
	if refusal := d.missingProgram(); refusal != nil {
		return refusal
	}
	return d.missingScript()
}

// commanded reports a service with a command of its own.
func commanded(services []project.Service) bool {
	for _, s := range services {
		if s.Command != "" || s.Entrypoint != "" {
			return true
		}
	}
	return false
}

// mountsSource reports a service that mounts a folder of the repository over the
// project in the image.
func (d *designer) mountsSource(s project.Service) bool {
	for _, v := range s.Volumes {
		source, rest, ok := strings.Cut(v, ":")
		target, _, _ := strings.Cut(rest, ":")
		if !ok || !path.IsAbs(target) {
			continue
		}
		bind := strings.HasPrefix(source, ".") || strings.HasPrefix(source, "/") || strings.HasPrefix(source, "~") || strings.HasPrefix(source, "${PWD}") || strings.HasPrefix(source, "$PWD")
		target = path.Clean(target)
		if bind && (target == d.app.dir || strings.HasPrefix(d.app.dir, target+"/") || target == d.app.path("src")) {
			return true
		}
	}
	return false
}

// startsDev reports a service whose command is a development server.
func (d *designer) startsDev(s project.Service) bool {
	if s.Command == "" && s.Entrypoint == "" {
		return d.app.ownDev() != nil
	}
	x := &expander{proj: d.app, workdir: d.in.End.Workdir}
	x.text(strings.TrimSpace(s.Entrypoint+" "+s.Command), false, plan.Evidence{}, 0)
	return x.dev() != nil
}

// dev is the first development server or watcher among the programs.
func (x *expander) dev() *leaf {
	for i, l := range x.leaves {
		if devServer(l.Bin, l.Args) || watchers[l.Bin] || l.Bin == "node" && contains(l.Args, "--watch") {
			return &x.leaves[i]
		}
	}
	return nil
}

// ownDev is the development server that the file itself starts. A watcher such as
// nodemon runs the program as well, so it is told apart, see [app.ownWatcher].
func (a *app) ownDev() *use {
	n := &needs{}
	x := &expander{proj: a, workdir: a.in.End.Workdir}
	a.startOf(x, n)
	for _, l := range x.leaves {
		a.need(n, l, x.workdir)
	}
	if len(n.dev) == 0 {
		return nil
	}
	return &n.dev[0]
}

// ownWatcher is the watcher, such as nodemon, that the file itself starts the program
// with: the image is for working in, and the program stays as it is.
func (a *app) ownWatcher() *use {
	x := &expander{proj: a, workdir: a.in.End.Workdir}
	a.startOf(x, &needs{})
	for _, l := range x.leaves {
		if watchers[l.Bin] {
			return &use{Name: l.Bin, Package: packageOfBin(l.Bin), Evidence: l.Evidence}
		}
	}
	return nil
}

func withText(ev plan.Evidence, text string) plan.Evidence {
	ev.Text = text
	return ev
}

// manyPackages is the number of packages from which on the cache that a package manager
// leaves in the image is worth a stage of its own: some 30 MB.
const manyPackages = 250

// leavesSources reports that the stage of the build leaves enough behind although
// the dependencies stay: they are not needed at all, or there are so many that
// the package manager's cache counts.
func (d *designer) leavesSources() bool {
	switch {
	case d.modules == noModules:
		return true
	case d.contents != minimal:
		return false
	}
	switch w := d.weigh(); {
	case w.cache == 0:
		return false
	case w.locked: // many packages, or large ones at the least that they weigh
		return w.before.count >= manyPackages || w.before.min/4 >= worthBytes
	default:
		return w.cache >= worthBytes
	}
}

// pays refuses a split that would leave nothing behind.
func (d *designer) pays() *plan.Refusal {
	if d.modules == noModules && !d.built.any {
		return &plan.Refusal{Code: plan.PlainInterpreted, Evidence: d.in.Evidence(d.steps[d.last].Item,
			"nothing is built, and there are no production dependencies")}
	}
	if ev, ok := d.prebuilt(); ok && d.slim == "" && (d.in.Base.Slim || d.in.Base.Family == image.Alpine) && !d.leavesPackages() {
		return &plan.Refusal{Code: plan.AlreadyMinimal, Evidence: ev}
	}
	same := "the base is small"
	if !d.in.Base.Slim && d.in.Base.Family != image.Alpine {
		same = "production stays on the same image"
	}
	lessDev := (d.modules == fresh || d.modules == pruned) && d.app.hasDevelopment()
	if d.slim == "" && lessDev && !d.leavesPackages() {
		if refusal := d.tooLittle(); refusal != nil {
			return refusal
		}
	}
	switch {
	case d.slim != "", lessDev, d.leavesPackages(), d.built.any && d.leavesSources():
		return nil
	case d.built.any && d.run.preview != nil, d.built.any && d.run.nest != nil:
		u := d.run.preview
		if u == nil {
			u = d.run.nest
		}
		return &plan.Refusal{Code: plan.NeedsBuildTool, Evidence: withText(u.Evidence, fmt.Sprintf("%s, a tool of the build, starts the program and reads the sources", u.Name)),
			Remedy: "start what was built: with node, or with a server of static files"}
	case d.modules == complete && len(d.run.compilers) > 0:
		u := d.run.compilers[0]
		return &plan.Refusal{Code: plan.CompilesAtRuntime, Evidence: withText(u.Evidence, fmt.Sprintf("%s runs the sources themselves when the image starts", u.Name))}
	case d.modules == complete && len(d.dev) > 0:
		return &plan.Refusal{Code: plan.SmallSaving, Evidence: withText(d.dev[0].Evidence, fmt.Sprintf("%s and %s, a development dependency, is needed at run time", same, d.dev[0].Package))}
	case d.modules == complete && d.modulesWhy.Text != "" && d.app.hasDevelopment():
		return &plan.Refusal{Code: plan.SmallSaving, Evidence: withText(d.modulesWhy, same+", and the dependencies stay as they are: "+d.modulesWhy.Text)}
	case d.built.any:
		return &plan.Refusal{Code: plan.SmallSaving, Evidence: d.in.Evidence(d.steps[d.last].Item,
			same+", and run time needs everything that is installed; only sources and caches would stay behind")}
	case d.slimWhy != "":
		return &plan.Refusal{Code: plan.SmallSaving, Evidence: plan.Evidence{Line: d.in.File.Line(d.in.Stage.From), Text: d.slimWhy}}
	}
	return &plan.Refusal{Code: plan.PlainInterpreted, Evidence: d.in.Evidence(d.steps[d.last].Item,
		"the base is small, nothing is built, and only production dependencies are installed")}
}
