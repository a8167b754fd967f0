package node

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// facts says what the design rests on and what a reader should know.
func (d *designer) facts() {
	add := func(rule string, ev plan.Evidence, detail string) {
		d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: rule, Evidence: ev, Detail: detail})
	}
	if d.site != nil {
		add("start-changed", withText(d.site.use.Evidence, fmt.Sprintf("nginx serves %s on port %d in the place of %s", d.site.dir, d.site.port, d.site.use.Name)),
			"addresses that are no file, redirects and types of files are answered as before")
	}
	for _, u := range d.dev {
		add("development-dependency-at-runtime", withText(u.Evidence, fmt.Sprintf("%s is a development dependency and is needed at run time", u.Package)),
			"all dependencies stay in production")
	}
	if d.modules == complete && d.modulesWhy.Text != "" && len(d.dev) == 0 {
		add("development-dependencies-in-image", d.modulesWhy, "all dependencies stay in production")
	}
	if (d.modules == fresh || d.modules == pruned || d.modules == noModules) && d.app.hasDevelopment() && !d.omitsDev() {
		detail := ""
		if d.modules == pruned {
			detail = strings.Join(strings.Fields(d.pruneCommand())[:2], " ") + " takes them out of the full install, because an install of its own is not certain to give the same: " + d.modulesWhy.String()
			if d.app.manager.tool != "npm" {
				detail = "they are taken out of the full install again, because an install of its own is not certain to give the same: " + d.modulesWhy.String()
			}
		}
		add("development-dependencies-in-image", d.in.Evidence(d.steps[d.last].Item, fmt.Sprintf("%d development dependencies are installed", len(d.app.manifest.DevDependencies))), detail)
	}
	if len(d.whole) > 0 {
		add("runtime-files", d.whole[0], map[contents]string{
			wholeDir: "the project's folder is copied as it is after the build",
			authors:  "the sources are copied as well",
		}[d.contents])
	} else if len(d.reads) > 0 {
		add("runtime-files", plan.Evidence{Path: d.app.manifestPath(), Text: "run time reads " + strings.Join(d.reads, ", ")}, "")
	}
	if native := d.app.lock.native(); len(native) > 0 && d.modules != noModules {
		add("native-code", plan.Evidence{Path: d.in.Project.Join(d.app.lock.Path), Text: "compiled when installed: " + strings.Join(native[:min(len(native), 5)], ", ")},
			"every stage is of the same family")
	}
	if d.app.lockWhy != "" {
		add("lock-file-missing", d.in.Evidence(d.steps[d.last].Item, d.app.lockWhy), "")
	}
	d.pinAgain()
	if d.slimWhy != "" {
		add("native-code", plan.Evidence{Line: d.in.File.Line(d.in.Stage.From), Text: "production stays on the full image: " + d.slimWhy}, "")
	}
	if d.ownTest {
		add("tests-not-run", d.in.Evidence(d.steps[d.end].Item, "the checks that stood in the image's own build have a stage"),
			"an image is built without them; docker build --target "+d.names.test+" runs them")
	} else if d.names.test != "" {
		add("tests-not-run", d.app.says("scripts", "test", "the project has tests"), "docker build --target "+d.names.test+" runs them")
	}
	for _, s := range d.in.Project.Services() {
		if d.mountsSource(s) || d.startsDev(s) {
			add("compose-overrides", plan.Evidence{Path: s.File, Line: s.Line, Text: fmt.Sprintf("the service %s works on the sources", s.Name)},
				"it wants the stage with all dependencies")
		}
	}
}
