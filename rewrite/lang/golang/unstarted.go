package golang

import (
	"path"
	"slices"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// unstarted: nothing in the repository says how the image is started, and a step leaves
// a program of the project's own in it. Whoever starts the image names the program, or
// looks around with the shell that the base starts otherwise: all that the working
// directory has stays at its place, the programs elsewhere too, and the shell.
func (d *design) unstarted() *plan.Refusal {
	from := plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}
	if len(d.HotMounts()) > 0 {
		return compiled.RefuseAt(plan.DevContainer, from, "it starts a shell over mounted sources", "")
	}
	if refusal := toolchain.InReadme(d.In.Project); refusal != nil {
		return refusal
	}
	d.Unnamed = true
	own := false
	for _, a := range d.artifacts {
		if len(a.roots) == 0 {
			continue
		}
		own, d.Used[a.path] = true, true
		if !d.inWhole(a.path) {
			d.Slashed[a.path], d.Bare[a.path] = true, slices.Contains(d.searchPath(), path.Dir(a.path))
		}
	}
	if !own || d.wholeRoot() == "" || !d.ShellByItself() {
		return compiled.RefuseAt(plan.StartUnknown, from, "the file has no CMD and no ENTRYPOINT, and nothing else says how the image is started",
			"add a CMD that runs the program")
	}
	d.Needs.ShellAt(from, "whoever starts the image may use the base image's shell")
	from.Text = "the file has no CMD and no ENTRYPOINT, so others say how the image is started"
	d.Fact("runtime-files", from, "The whole working directory is carried over, and the shell that the base starts by itself is kept")
	return nil
}
