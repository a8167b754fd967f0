package node

import "slices"

// nodeUser is the user node of the official images, by number.
const nodeUser = "1000:1000"

// heedPackages adds the packages that a proof asked for.
func (d *designer) heedPackages() {
	for _, name := range d.in.Hints.Packages {
		if !slices.Contains(d.extra, name) {
			d.extra = append(d.extra, name)
		}
	}
}

// ownerOf is owner for a file or folder of the project ("" is the project's folder).
// What the process writes, as a proof showed, is its user's. A file in the project's
// folder itself is not made possible that way: a folder that is there keeps its owner.
func (d *designer) ownerOf(at int, name string) string {
	owner := d.owner(at)
	if owner == "" && d.writesNext(name) {
		return " --chown=" + nodeUser
	}
	for _, own := range d.in.Hints.Own {
		rel, inside := d.app.rel(own)
		if !inside || name != "" && !within(rel, []string{name}) {
			continue
		}
		if d.needsRoot() == nil {
			return " --chown=" + nodeUser
		}
		if user := d.in.End.User; user != "" && user != "root" && user != "0" {
			return " --chown=" + user
		}
	}
	return owner
}
