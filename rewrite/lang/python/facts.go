package python

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// facts says what the design rests on and what a reader should know.
func (d *designer) facts() {
	add := func(rule string, ev plan.Evidence, detail string) {
		d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: rule, Evidence: ev, Detail: detail})
	}
	if d.freshNo.Text != "" && !d.system() {
		add("runtime-files", d.freshNo, "The packages are copied to where they were installed, and not into a virtual environment")
	}
	if d.folder != nil {
		add("runtime-files", d.folder.Why, "Production takes "+d.folder.Path+" as it is after the build")
	}
	if len(d.extra) > 0 {
		add("runs-programs", d.atFrom("the builder has "+strings.Join(d.extra, ", ")+", which run time needs"), "Production installs it")
	}
	if d.slimWhy != "" {
		add("native-code", d.atFrom("production stays on the author's image: "+d.slimWhy), "")
	}
	if d.pinned() && d.slim != "" {
		add("runtime-base", d.atFrom("the builder keeps the digest, and production starts from "+d.slim+", whose digest the file does not tell"),
			"docker buildx imagetools inspect "+d.slim+" names the digest to pin")
	}
	if d.run.strip {
		add("start-changed", d.in.Evidence(*d.run.cmd, d.run.managers[0].Name+" is not needed to start the program"), "")
	}
	if len(d.left) > 0 && d.slim == "" {
		add("build-tools-in-image", d.atFrom("the image keeps "+strings.Join(d.left, ", ")), "")
	}
	for _, service := range d.in.Project.Services() {
		if d.mountsSource(service) {
			add("compose-overrides", plan.Evidence{Path: service.File, Line: service.Line, Text: fmt.Sprintf("the service %s mounts the sources over %s", service.Name, d.in.End.Workdir)},
				"it sees the packages of the image as before, and its own files instead of the image's")
		}
	}
	if rootUser(d.in.End.User) {
		add("user-kept-root", d.whyRoot(), "USER 10001:10001 would be the change, with a folder of its own for what the program writes")
	}
}

// mountsSource reports a service that mounts a folder of the repository over the
// application in the image.
func (d *designer) mountsSource(s project.Service) bool {
	for _, v := range s.Volumes {
		source, rest, ok := strings.Cut(v, ":")
		target, _, _ := strings.Cut(rest, ":")
		if ok && strings.HasPrefix(source, ".") && path.IsAbs(target) && under(d.in.End.Workdir, target) {
			return true
		}
	}
	return false
}

// whyRoot is what stands against adding a user (H88, H89, H90): it is proposed and not
// applied.
func (d *designer) whyRoot() plan.Evidence {
	for _, s := range d.steps {
		switch s.Keyword {
		case "VOLUME":
			return d.in.Evidence(s.Item, "a volume may hold files that root wrote")
		case "EXPOSE":
			for _, v := range s.Values() {
				port, _, _ := strings.Cut(dockerfile.Expand(v, s.Scope.Vars), "/")
				if n, err := strconv.Atoi(port); err == nil && n < 1024 {
					return d.in.Evidence(s.Item, fmt.Sprintf("port %d is below 1024", n))
				}
			}
		}
	}
	for _, s := range d.in.Project.Services() {
		if len(s.Volumes) > 0 {
			return plan.Evidence{Path: s.File, Line: s.Line, Text: fmt.Sprintf("the service %s mounts volumes, which root may have written", s.Name)}
		}
	}
	if d.scan.writes != nil {
		return *d.scan.writes
	}
	return d.atFrom("packages may write caches into the home folder of their user, which is root's")
}

// systemPython reports a file that installs Python and pip from the distribution's
// packages.
func systemPython(in *plan.Input) bool {
	pip := false
	for _, s := range readSteps(in) {
		for _, t := range s.Tasks {
			pip = pip || t.Call != nil && (t.Call.Tool == "pip" || t.Call.Tool == "venv" || t.Call.Tool == "poetry" || t.Call.Tool == "pipenv")
		}
	}
	return pip
}
