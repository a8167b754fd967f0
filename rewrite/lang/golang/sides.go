package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// inBuilder reports an item that the builder needs.
func (d *design) inBuilder(i int) bool {
	it := d.In.Items[i]
	switch it.Keyword {
	case "RUN":
		switch {
		case d.Only(i, compiled.Test):
			return !d.hasTests()
		case d.Only(i, compiled.Update):
			return d.updatesFor(i, true)
		case d.Only(i, compiled.System, compiled.Update):
			if d.Runtime.Static && d.InStatic(i) {
				return false
			}
			return d.installsForBuild(i) || !d.Runtime.Shell
		case d.Only(i, compiled.Account):
			return d.BuildsAsUser()
		}
		return true
	case "COPY", "ADD":
		return !d.onlyRuntime(i)
	}
	return false
}

// updatesFor reports whether a RUN that only refreshes the package index does so
// for the builder, or for the running image.
func (d *design) updatesFor(item int, build bool) bool {
	installs := false
	for i := item + 1; i < len(d.In.Items); i++ {
		if !d.Kinds(i)[compiled.System] {
			continue
		}
		installs = true
		if build && (!d.Only(i, compiled.System, compiled.Update) || d.inBuilder(i)) || !build && d.Runtime.Shell && d.Installs(i) {
			return true
		}
	}
	return build && !installs
}

// installsForBuild reports a RUN that installs anything that a build may use.
func (d *design) installsForBuild(item int) bool {
	any := false
	for _, p := range d.Packages {
		if p.Item == item {
			any = true
			if !p.Run || buildOnly[p.Name] {
				return true
			}
		}
	}
	for _, c := range d.Commands {
		if _, removed := shell.Removed(c.Command); c.Item == item && len(removed) > 0 {
			return true
		}
	}
	return !any || d.usedInBuild(item)
}

// usedInBuild reports a RUN that installs a program which a step of the build runs.
// What a generator runs is not known.
func (d *design) usedInBuild(item int) bool {
	for _, c := range d.Commands {
		switch c.Kind {
		case compiled.System, compiled.Update, compiled.Account:
		case compiled.Generate:
			return true
		default:
			for _, p := range d.Packages {
				if p.Item == item && p.Name == d.PackageOf(c.Name()) {
					return true
				}
			}
		}
	}
	return false
}

// onlyRuntime reports a COPY of files that only the running image reads: it comes
// behind all RUNs and brings no source. It may go to the last stage as it is.
func (d *design) onlyRuntime(i int) bool {
	it := d.In.Items[i]
	if _, from := it.Flag("from"); from {
		return false
	}
	for j := i + 1; j < len(d.In.Items); j++ {
		if d.In.Items[j].Keyword == "RUN" {
			return false
		}
	}
	if it.Scope.Workdir != d.In.End.Workdir && !path.IsAbs(it.Dest()) || len(it.Heredocs) > 0 {
		return false
	}
	scratch := newTree(d.In.Project)
	scratch.Copy(it)
	for p := range scratch.Files {
		if strings.HasSuffix(p, ".go") {
			return false
		}
	}
	return len(scratch.Files) > 0 && !d.late()
}
