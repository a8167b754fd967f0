package node

import "path"

// generatesAtInstall sees that Prisma's client, up to version 6, generates its code when
// it is installed and finds a schema (H26): the install then needs the schema, and
// another one without the tool would make a client that does nothing. See
// https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/generating-prisma-client.
func (d *designer) generatesAtInstall() {
	a := d.app
	if !a.manifest.has("@prisma/client") || leading(a.manifest.version("@prisma/client")) >= 7 || d.built.modules {
		return
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == install && t.Call.NoScripts {
				return
			}
		}
	}
	for _, name := range a.tree.Under(a.dir) {
		if path.Ext(name) == ".prisma" && a.tree.Files[name].First < d.last {
			d.generates, d.built.modules = true, true
			return
		}
	}
}
