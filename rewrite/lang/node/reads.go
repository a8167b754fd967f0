package node

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// canBeMinimal finds what run time reads. False where something of it is not
// known; d.whole then says why.
func (d *designer) canBeMinimal() bool {
	a, ok := d.app, true
	no := func(ev plan.Evidence) { d.whole, ok = append(d.whole, ev), false }
	for _, e := range d.run.entries {
		if rel, _ := a.rel(e); !within(rel, d.built.outputs) && d.isSource(e) {
			no(plan.Evidence{Line: d.startLine(), Text: fmt.Sprintf("%s itself is run", rel)})
		}
	}
	d.toolsRead(no)
	if len(d.run.unknown) > 0 {
		no(plan.Evidence{Line: d.startLine(), Text: "the start command could not be followed to its end"})
	}
	if d.run.next != nil {
		names, why := a.nextFiles()
		if d.reads = append(d.reads, names...); why != nil {
			no(*why)
		}
		if a.tree.HasDir(a.path("public")) {
			d.reads = append(d.reads, "public")
		}
	}
	for _, file := range d.run.files {
		if rel, inside := a.rel(file); inside {
			d.read(rel)
		}
	}
	if ev := d.permits(); ev != nil {
		no(*ev)
	}
	if !d.runsOwnCode() {
		return ok && d.servesOutput()
	}
	if d.scan.partial {
		no(plan.Evidence{Text: "not all sources could be read"})
	}
	if len(d.scan.unsure) > 0 {
		no(d.scan.unsure[0])
	}
	d.keepRead()
	return ok
}

// toolsRead says which of the programs at the start read files of the project that
// are not known.
func (d *designer) toolsRead(no func(plan.Evidence)) {
	for _, list := range [][]use{d.run.compilers, d.run.migrators} {
		for _, u := range list {
			if u.Name != "prisma" || !d.readsSchema() {
				no(withText(u.Evidence, u.Name+" reads the project's sources"))
			}
		}
	}
	for _, u := range []*use{d.run.nest, d.run.preview} {
		if u != nil {
			no(withText(u.Evidence, u.Name+" reads the project's files"))
		}
	}
	for _, u := range d.run.tools {
		switch {
		case calmTools[u.Name], u.Name == "next", u.Name == "prisma", u.Name == "pm2", u.Name == "pm2-runtime":
		default:
			no(withText(u.Evidence, u.Name+" may read the project's files"))
		}
		if (u.Name == "remix-serve" || u.Name == "react-router-serve") && d.app.tree.HasDir(d.app.path("public")) {
			d.read("public")
		}
	}
}

// readsSchema adds the folders of the Prisma schemas, which hold the migrations,
// and Prisma's configuration (H26). False where there is no schema to be found.
func (d *designer) readsSchema() bool {
	found := false
	for _, name := range d.app.tree.Under(d.app.dir) {
		rel, _ := d.app.rel(name)
		switch {
		case isAside(rel):
		case path.Ext(rel) == ".prisma" && path.Dir(rel) == ".":
			found = true
			d.read(rel)
			if d.app.tree.HasDir(d.app.path("migrations")) {
				d.read("migrations")
			}
		case path.Ext(rel) == ".prisma":
			found = true
			d.read(path.Dir(rel))
		case strings.HasPrefix(rel, "prisma.config."):
			d.read(rel)
		}
	}
	return found
}

// read notes a file or folder that run time reads.
func (d *designer) read(rel string) {
	if !within(rel, d.reads) {
		d.reads = append(d.reads, rel)
	}
}

// permits finds a chmod or chown of a file of the project that minimal contents
// would not have.
func (d *designer) permits() *plan.Evidence {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind != permission {
				continue
			}
			for _, w := range t.Args[1:] {
				p := w.Text
				if !path.IsAbs(p) {
					p = path.Join(t.Dir, p)
				}
				rel, inside := d.app.rel(path.Clean(p))
				if !inside || strings.HasPrefix(w.Text, "-") || !d.app.tree.Has(p) && !d.app.tree.HasDir(p) || within(rel, d.reads) {
					continue
				}
				ev := d.in.Evidence(s.Item, "this step changes the rights of "+rel)
				return &ev
			}
		}
	}
	return nil
}

// isSource reports an entry that is a file of the context, not of the build.
func (d *designer) isSource(e string) bool { return d.app.tree.Has(e) || d.resolves(e) }

// servesOutput sees that a static server's folder is one that the build makes.
func (d *designer) servesOutput() bool {
	if len(d.run.servers) == 0 {
		return len(d.run.entries) > 0
	}
	return len(d.built.outputs) > 0
}

var reSampleEnv = regexp.MustCompile(`(?i)example|sample|template|dist|test|development`)

// irrelevant are files that no running program reads although sources may hold
// their name.
var irrelevant = set("package.json package-lock.json npm-shrinkwrap.json node_modules Dockerfile README.md LICENSE tsconfig.json src .git .gitignore .dockerignore")

// keepRead adds what the sources name (H37), and what packages read by custom.
func (d *designer) keepRead() {
	implied := map[string][]string{
		"config": {"config"}, "dotenv": {".env"}, "@nestjs/config": {".env"}, "dotenv-flow": {".env"}, "express-handlebars": {"views"},
		"i18n": {"locales"}, "@prisma/client": {"prisma"}, "next-i18next": {"next-i18next.config.js"}, "typeorm": {"ormconfig.json", "ormconfig.js"},
		"sequelize-cli": {".sequelizerc", "migrations", "config", "models"},
	}
	want := map[string]bool{}
	for name := range d.scan.segments {
		want[name] = !irrelevant[name] || name == "src"
	}
	for pkg, names := range implied {
		if d.app.manifest.section(pkg) == production {
			for _, n := range names {
				want[n] = true
			}
		}
	}
	for _, u := range d.run.modules {
		if u.Package == "tsconfig-paths" {
			want["tsconfig.json"] = true
		}
	}
	for _, e := range d.run.entries {
		if rel, ok := d.app.rel(e); ok && !within(rel, d.built.outputs) {
			want[rel] = true
		}
	}
	if d.run.next != nil { // https://nextjs.org/docs/app/guides/environment-variables
		for _, child := range d.app.tree.Children(d.app.dir) {
			want[child] = want[child] || strings.HasPrefix(child, ".env") && !reSampleEnv.MatchString(child)
		}
		want[".env"] = true
	}
	d.localEnv = want[".env"] && !d.app.tree.Has(d.app.path(".env")) && d.mayHaveEnv()
	for _, child := range d.app.tree.Children(d.app.dir) {
		name := strings.TrimSuffix(child, "/")
		if want[name] && !within(name, d.built.outputs) && name != "node_modules" && name != "package.json" {
			d.read(name)
		}
	}
}

// mayHaveEnv reports that a .env which git ignores would be copied with the rest
// where there is one, so that the program of a local build has it.
func (d *designer) mayHaveEnv() bool {
	data, err := d.in.Project.Read(".gitignore")
	if err != nil {
		data, err = d.in.Project.Read(d.in.Project.Join(".gitignore"))
	}
	if err != nil || !strings.Contains(string(data), ".env") || d.ignores(".env") {
		return false
	}
	for _, s := range d.steps {
		if s.Keyword == "COPY" || s.Keyword == "ADD" {
			for _, source := range s.Sources() {
				if c := path.Clean(source); (c == "." || c == "/") && s.Scope.Abs(s.Dest()) == d.app.dir {
					return true
				}
			}
		}
	}
	return false
}

// startLine is the line of the instruction that starts the program.
func (d *designer) startLine() int {
	if d.run.item == nil {
		return 0
	}
	return d.in.File.Line(d.run.item.Instruction)
}
