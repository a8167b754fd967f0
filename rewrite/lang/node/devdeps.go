package node

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// chooseDev finds the development dependencies that run time needs (H23).
func (d *designer) chooseDev() {
	for _, list := range [][]use{d.run.tools, d.run.modules} {
		for _, u := range list {
			d.needDev(u)
		}
	}
	for _, u := range d.run.compilers {
		if u.Package != "tsx" && u.Package != "nodemon" {
			d.needDev(use{Name: u.Name, Package: "typescript", Evidence: u.Evidence})
		}
	}
	d.frameworkDev()
	if !d.runsOwnCode() {
		return
	}
	for _, name := range sortedKeys(d.scan.imports) {
		if !d.alias(name) {
			d.needDev(use{Name: name, Package: name, Evidence: d.scan.imports[name]})
		}
	}
}

// needDev notes a package that a production install would not bring.
func (d *designer) needDev(u use) {
	if d.installedGlobally(u.Package) || u.Package == "" {
		return
	}
	missing, _ := d.app.developmentOnly(u.Package)
	if !missing {
		return
	}
	for _, have := range d.dev {
		if have.Package == u.Package {
			return
		}
	}
	d.dev = append(d.dev, u)
}

// frameworkDev finds what a framework's own start command loads: its
// configuration, and TypeScript for one that is written in it.
func (d *designer) frameworkDev() {
	var files []string
	u := d.run.next
	switch {
	case u != nil:
		files = []string{"next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs", "next.config.mts"}
	case d.run.preview != nil:
		u = d.run.preview
		files = []string{"vite.config.ts", "vite.config.js", "vite.config.mjs", "vite.config.mts", "astro.config.mjs", "astro.config.ts", "astro.config.js"}
	case d.run.nest != nil:
		d.needDev(use{Name: "typescript", Package: "typescript", Evidence: d.run.nest.Evidence})
		return
	default:
		return
	}
	name, data := d.app.readFirst(files...)
	if name == "" {
		return
	}
	ev := plan.Evidence{Path: d.in.Project.Join(d.app.tree.Files[d.app.path(name)].Source), Text: u.Name + " loads " + name}
	for _, pkg := range configImports(string(data)) {
		d.needDev(use{Name: pkg, Package: pkg, Evidence: ev})
	}
	if strings.HasSuffix(name, ".ts") || strings.HasSuffix(name, ".mts") {
		d.needDev(use{Name: "typescript", Package: "typescript", Evidence: ev})
	}
}

// runsOwnCode reports whether node runs code of the project, whose imports are
// then looked up in node_modules.
func (d *designer) runsOwnCode() bool {
	if d.split != nil || d.run.next != nil || d.run.nest != nil || len(d.run.compilers) > 0 {
		return true
	}
	for _, e := range d.run.entries {
		rel, _ := d.app.rel(e)
		if !d.selfContained(rel) {
			return true
		}
	}
	return len(d.run.unknown) > 0
}

// selfContained reports an entry that carries its own modules: Next.js' and
// Nuxt's.
func (d *designer) selfContained(rel string) bool {
	return strings.Contains(rel, ".next/standalone/") || strings.HasPrefix(rel, ".output/")
}

// alias reports an import that names a folder of the project or a path mapping of
// tsconfig.json, and no package.
func (d *designer) alias(name string) bool {
	if d.app.manifest.has(name) {
		return false
	}
	top, _, _ := strings.Cut(name, "/")
	return d.app.tree.HasDir(d.app.path(top)) || d.app.tree.HasDir(d.app.path("src/"+top)) || strings.HasPrefix(name, "@/")
}

// installedGlobally reports npm install -g of a package.
func (d *designer) installedGlobally(name string) bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind != global {
				continue
			}
			for _, w := range t.Call.Args {
				if unversioned(w.Text) == name {
					return true
				}
			}
		}
	}
	return false
}

// unversioned takes the version off a package's name.
func unversioned(text string) string {
	if i := strings.LastIndexByte(text, '@'); i > 0 {
		return text[:i]
	}
	return text
}
