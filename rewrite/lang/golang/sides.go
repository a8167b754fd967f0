package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/shell"
)

// kinds are the kinds of the commands that an item's RUN has.
func (d *design) kinds(item int) map[kind]bool {
	set := map[kind]bool{}
	for _, c := range d.commands {
		if c.item == item {
			set[c.kind] = true
		}
	}
	return set
}

// only reports a RUN with commands of these kinds, or without effect, alone.
func (d *design) only(item int, kinds ...kind) bool {
	if d.in.Items[item].Keyword != "RUN" {
		return false
	}
	set := d.kinds(item)
	found := false
	for _, k := range kinds {
		found = found || set[k]
		delete(set, k)
	}
	delete(set, nothing)
	return found && len(set) == 0
}

// inBuilder reports an item that the builder needs.
func (d *design) inBuilder(i int) bool {
	it := d.in.Items[i]
	switch it.Keyword {
	case "RUN":
		switch {
		case d.only(i, test):
			return !d.hasTests()
		case d.only(i, update):
			return d.updatesFor(i, true)
		case d.only(i, system, update):
			if d.runtime.static && d.inStatic(i) {
				return false
			}
			return d.installsForBuild(i) || !d.runtime.shell
		case d.only(i, account):
			return d.buildsAsUser()
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
	for i := item + 1; i < len(d.in.Items); i++ {
		if !d.kinds(i)[system] {
			continue
		}
		installs = true
		if build && (!d.only(i, system, update) || d.inBuilder(i)) || !build && d.runtime.shell && d.installs(i) {
			return true
		}
	}
	return build && !installs
}

// inStatic reports a RUN that installs nothing but what distroless has anyhow.
func (d *design) inStatic(item int) bool {
	any := false
	for _, p := range d.packages {
		if p.item == item {
			any = true
			if p.name != "ca-certificates" && p.name != "tzdata" && p.name != "ca-certificates-bundle" {
				return false
			}
		}
	}
	return any
}

// installsForBuild reports a RUN that installs anything that a build may use.
func (d *design) installsForBuild(item int) bool {
	any := false
	for _, p := range d.packages {
		if p.item == item {
			any = true
			if !p.run || buildOnly[p.name] {
				return true
			}
		}
	}
	for _, c := range d.commands {
		if _, removed := shell.Removed(c.Command); c.item == item && len(removed) > 0 {
			return true
		}
	}
	return !any
}

// buildsAsUser reports that the builder refers to users that the author made.
func (d *design) buildsAsUser() bool {
	last := 0
	for i, it := range d.in.Items {
		if it.Keyword == "RUN" && !d.only(i, account) || it.Keyword == "COPY" || it.Keyword == "ADD" {
			last = i
		}
		if _, ok := it.Flag("chown"); ok {
			return true
		}
	}
	for _, it := range d.in.Items[:last] {
		if it.Keyword == "USER" {
			return true
		}
	}
	for _, c := range d.commands {
		if c.kind == permission && c.Name() == "chown" {
			return true
		}
	}
	return false
}

// onlyRuntime reports a COPY of files that only the running image reads: it comes
// behind all RUNs and brings no source. It may go to the last stage as it is.
func (d *design) onlyRuntime(i int) bool {
	it := d.in.Items[i]
	if _, from := it.Flag("from"); from {
		return false
	}
	for j := i + 1; j < len(d.in.Items); j++ {
		if d.in.Items[j].Keyword == "RUN" {
			return false
		}
	}
	if it.Scope.Workdir != d.in.End.Workdir && !path.IsAbs(it.Dest()) || len(it.Heredocs) > 0 {
		return false
	}
	scratch := newTree(d.in.Project)
	scratch.Copy(it)
	for p := range scratch.Files {
		if strings.HasSuffix(p, ".go") {
			return false
		}
	}
	return len(scratch.Files) > 0 && !d.late()
}
