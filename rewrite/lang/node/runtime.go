package node

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// keepsTask reports whether production runs a command of the author's.
func (d *designer) keepsTask(s step, t task) bool {
	if d.split != nil {
		return d.split.keeps(d, s, t)
	}
	switch t.Kind {
	case setup:
		return d.run.uses("yarn") || d.run.uses("pnpm")
	case global:
		return d.keepsGlobal(t)
	case unknown, configure, fetch, files:
		return s.Index > d.end || t.Kind == unknown || !d.touchesApp(t) || t.Name() == "mkdir"
	case permission:
		return s.Index > d.end || d.contents == authors || t.Name() != "chmod" || !d.operatesOnApp(t)
	case user:
		return true
	}
	return false
}

// operatesOnApp reports operands that are files of the project.
func (d *designer) operatesOnApp(t task) bool {
	for _, w := range t.Args[1:] {
		p := w.Text
		if !path.IsAbs(p) {
			p = path.Join(t.Dir, p)
		}
		if d.app.tree.Has(path.Clean(p)) {
			return true
		}
	}
	return false
}

// buildGlobals are packages that people install globally for the build.
var buildGlobals = set(`typescript @nestjs/cli @angular/cli npm node-gyp webpack webpack-cli gulp gulp-cli grunt grunt-cli rimraf vite yarn pnpm eslint prettier turbo
	expo-cli @vue/cli bower lerna nx npm-check-updates corepack @ionic/cli create-react-app @quasar/cli esbuild rollup parcel tsup jest mocha nyc vercel prisma nodemon ts-node tsx`)

// keepsGlobal reports whether run time uses a global package. What is not known as
// a tool of the build stays.
func (d *designer) keepsGlobal(t task) bool {
	if t.Call.Verb == "update" || len(t.Call.Args) == 0 {
		return false
	}
	for _, w := range t.Call.Args {
		name := unversioned(w.Text)
		if !buildGlobals[name] || d.usedAtRun(name) || len(d.run.unknown) > 0 && name != "npm" {
			return true
		}
	}
	return false
}

func (d *designer) usedAtRun(pkg string) bool {
	if d.run.uses(pkg) || pkg == "corepack" && d.corepackAtRun() {
		return true
	}
	for _, u := range d.run.tools {
		if u.Package == pkg {
			return true
		}
	}
	for _, u := range d.run.system {
		if packageOfBin(u.Name) == pkg {
			return true
		}
	}
	return false
}

// usedInBuild reports a global package whose program the build calls.
func (d *designer) usedInBuild(t task) bool {
	for _, w := range t.Call.Args {
		for _, l := range d.built.leaves {
			if packageOfBin(l.Bin) == unversioned(w.Text) {
				return true
			}
		}
	}
	return false
}

// installExtra installs what the full image has and the slim one lacks.
func (d *designer) installExtra() plan.Step {
	command := "apt-get update && apt-get install -y --no-install-recommends " + strings.Join(d.extra, " ") + " && rm -rf /var/lib/apt/lists/*"
	if d.in.Base.Family == image.Alpine {
		command = "apk add --no-cache " + strings.Join(d.extra, " ")
	}
	return plan.New{Text: d.in.Keyword("RUN") + " " + command, Evidence: plan.Evidence{Text: fmt.Sprintf("the full image has %s, and run time needs it", strings.Join(d.extra, ", "))}}
}

// environment sets NODE_ENV=production where the author sets none and nothing of
// the project looks at it. Libraries leave out development warnings then.
func (p *productionSteps) environment() {
	d := p.d
	if _, set := d.in.End.Vars["NODE_ENV"]; set || d.split != nil || d.in.Hints.AsWritten || !d.runsOwnCode() || d.modules == complete || d.scan.partial || d.run.next != nil {
		return
	}
	if d.scan.nodeEnv != nil || d.readsEnvironment() {
		return
	}
	at := 0
	for i, s := range p.steps {
		if k, ok := s.(plan.Keep); ok {
			for _, it := range d.steps {
				if it.Span == k.Span && (it.Keyword == "WORKDIR" || it.Keyword == "ENV") && it.Index <= d.first {
					at = i + 1
				}
			}
		}
	}
	ev := plan.Evidence{Path: d.app.manifestPath(), Text: "no source of the project looks at NODE_ENV"}
	env := plan.New{Text: d.in.Keyword("ENV") + " NODE_ENV=production", Evidence: ev}
	p.steps = append(p.steps[:at:at], append([]plan.Step{env}, p.steps[at:]...)...)
	d.plan.Changes = append(d.plan.Changes, plan.Change{Field: plan.FieldEnv, Key: "NODE_ENV", After: "production", Evidence: ev})
	d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "node-env-production", Evidence: ev, Detail: "NODE_ENV=production is set in production"})
}

// readsEnvironment reports packages that choose a configuration by NODE_ENV.
func (d *designer) readsEnvironment() bool {
	for _, name := range []string{"config", "convict", "sequelize", "sequelize-cli", "knex", "dotenv-flow", "env-cmd", "rc", "nconf", "express-session", "cookie-session",
		"@nestjs/graphql", "apollo-server", "apollo-server-express", "@apollo/server", "typeorm", "mikro-orm", "@adonisjs/core", "@strapi/strapi", "sails", "feathers", "@feathersjs/configuration", "next", "nuxt", "react", "vue", "probot", "@hapi/glue"} {
		if d.app.manifest.has(name) {
			return true
		}
	}
	return false
}

// addUser makes the process run as the image's user node, by number, where nothing
// shows that it needs root (H88, H89, H90).
func (p *productionSteps) addUser() {
	d := p.d
	why := d.needsRoot()
	if why == nil {
		user := plan.New{Text: d.in.Keyword("USER") + " " + nodeUser, Evidence: plan.Evidence{Line: d.in.File.Line(d.in.Stage.From), Text: "the image has the user node with this number"}}
		at := p.tail()
		p.steps = append(p.steps[:at:at], append([]plan.Step{user}, p.steps[at:]...)...)
		d.plan.Changes = append(d.plan.Changes, plan.Change{Field: plan.FieldUser, After: nodeUser, Evidence: user.Evidence})
		return
	}
	if why.Text != "" {
		detail := "USER " + nodeUser + " would be the change"
		if d.in.Hints.NoUser {
			detail = ""
		}
		d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "user-kept-root", Evidence: *why, Detail: detail})
	}
}

// tail is the place behind the last step that makes files, before what only sets
// the configuration.
func (p *productionSteps) tail() int {
	at := len(p.steps)
	for i := len(p.steps) - 1; i >= 0; i-- {
		keyword := "COPY"
		switch s := p.steps[i].(type) {
		case plan.Keep:
			keyword = p.d.keywordAt(s.Span)
		case plan.Cut:
			keyword = p.d.keywordAt(s.Span)
		}
		switch keyword {
		case "CMD", "ENTRYPOINT":
			at = i
		case "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "LABEL", "ENV", "VOLUME", "ARG":
			continue
		default:
			return at
		}
	}
	return at
}

func (d *designer) keywordAt(span dockerfile.Span) string {
	for _, s := range d.steps {
		if s.Span == span {
			return s.Keyword
		}
	}
	return ""
}

// needsRoot says why the user stays as it is; an empty text where the author chose
// one.
func (d *designer) needsRoot() *plan.Evidence {
	if d.in.End.User != "" || d.in.Base.Config.User != "" {
		return &plan.Evidence{}
	}
	if why := d.in.Hints.Why; d.in.Hints.NoUser || d.leftSite {
		return &why
	}
	if d.split != nil {
		return &plan.Evidence{Line: d.startLine(), Text: "what the program writes is not known"}
	}
	for _, s := range d.steps {
		switch s.Keyword {
		case "USER":
			return &plan.Evidence{}
		case "VOLUME":
			ev := d.in.Evidence(s.Item, "a volume may hold files that root wrote")
			return &ev
		case "EXPOSE":
			for _, v := range s.Values() {
				if n := leading(dockerfile.Expand(v, s.Scope.Vars)); n > 0 && n < 1024 {
					ev := d.in.Evidence(s.Item, fmt.Sprintf("port %d is below 1024", n))
					return &ev
				}
			}
		}
	}
	for _, s := range d.in.Project.Services() {
		if len(s.Volumes) > 0 || s.User != "" {
			return &plan.Evidence{Path: s.File, Line: s.Line, Text: fmt.Sprintf("the service %s mounts volumes, which root may have written", s.Name)}
		}
	}
	if why := d.programNeedsRoot(); why != nil {
		return why
	}
	if d.in.Base.Family != image.Debian && d.in.Base.Family != image.Alpine {
		return &plan.Evidence{}
	}
	return nil
}

// programNeedsRoot says what of the program itself may need root.
func (d *designer) programNeedsRoot() *plan.Evidence {
	line := func(text string) *plan.Evidence { return &plan.Evidence{Line: d.startLine(), Text: text} }
	switch {
	case !d.runsOwnCode() && d.listens() < 1024 && d.listens() > 0:
		return line("the server listens below port 1024")
	case d.scan.lowPort != nil:
		return d.scan.lowPort
	case len(d.run.unknown) > 0:
		return line("the start command could not be followed to its end")
	case len(d.run.compilers) > 0, len(d.run.migrators) > 0, d.run.next != nil, d.run.nest != nil, d.run.preview != nil:
		return line("the start command may write into the project's folder")
	case d.nextBuild() != "" && d.contents == wholeDir:
		return line("Next.js writes into its build")
	case d.browser != "":
		return line("the browser lies in root's home")
	case len(d.toolHomes()) > 0, d.run.uses("pnpm") && d.app.manifest.PackageManager != "":
		return line("the package manager lies in root's home")
	case d.unknownTool() != "":
		return line(d.unknownTool() + " may write files")
	}
	for _, u := range d.run.system {
		if !calmPrograms[u.Name] {
			return line(fmt.Sprintf("%s is started as well", u.Name))
		}
	}
	if !d.runsOwnCode() {
		return nil
	}
	if d.scan.partial {
		return line("not all sources could be read")
	}
	if len(d.scan.writes) > 0 {
		return &d.scan.writes[0]
	}
	if ev := d.sqlite(); ev != nil {
		return ev
	}
	for _, name := range []string{"sqlite3", "better-sqlite3", "multer", "puppeteer", "playwright", "whatsapp-web.js", "@wppconnect-team/wppconnect", "winston-daily-rotate-file", "lowdb", "nedb", "pm2", "node-cron-tz", "formidable", "express-fileupload", "level", "leveldown", "@strapi/strapi", "parse-server", "libsql", "@libsql/client"} {
		if d.app.manifest.section(name) == production {
			ev := d.app.says("", name, name+" writes files")
			return &ev
		}
	}
	return nil
}

// sqlite finds a database in a file: a Prisma schema for one, or a variable that
// names one.
func (d *designer) sqlite() *plan.Evidence {
	for _, name := range d.app.tree.Under(d.app.dir) {
		if path.Ext(name) != ".prisma" {
			continue
		}
		data, _ := d.app.read(name)
		if strings.Contains(string(data), `"sqlite"`) {
			return &plan.Evidence{Path: d.in.Project.Join(d.app.tree.Files[name].Source), Text: "the database is a file"}
		}
	}
	for _, s := range d.steps {
		if s.Keyword != "ENV" {
			continue
		}
		for _, p := range s.Pairs {
			if strings.Contains(p.Value, "file:") || strings.Contains(p.Value, ".sqlite") || strings.HasSuffix(dockerfile.Unquote(p.Value), ".db") {
				ev := d.in.Evidence(s.Item, p.Key+" names a database in a file")
				return &ev
			}
		}
	}
	return nil
}

// calmTools are programs of packages that write nothing into the project.
var calmTools = set("serve http-server sirv cross-env cross-env-shell dotenv dotenvx env-cmd dotenv-flow http-server-spa spa-http-server angular-http-server superstatic ws remix-serve react-router-serve rimraf")

// calmPrograms are programs of the system that need no rights.
var calmPrograms = set("tini dumb-init docker-init catatonit sh bash ash dash curl wget nc wait-for-it.sh wait-for-it wait-for kill")

// unknownTool is a program of a package of which it is not known what it writes.
func (d *designer) unknownTool() string {
	for _, u := range d.run.tools {
		if !calmTools[u.Name] {
			return u.Name
		}
	}
	return ""
}

// listens is the port in a static server's words.
func (d *designer) listens() int {
	if d.run.item == nil {
		return 0
	}
	text := d.in.File.Text(d.run.item.Span)
	if m := rePortOption.FindStringSubmatch(text); m != nil {
		return leading(m[1])
	}
	return 0
}
