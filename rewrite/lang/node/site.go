package node

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// site is a folder of static files whose server nginx can take the place of, because
// all that the server does is known and can be said in nginx' words: the port, the
// page for addresses that are no file, the types of files (H30).
type site struct {
	dir    string // in the image
	port   int
	server string // "serve" or "vite"
	use    use    // the author's server
}

// findSite decides whether nginx can serve what is built. In doubt the author's server
// stays.
func (d *designer) findSite() {
	if !d.siteWanted() {
		return
	}
	var s *site
	switch {
	case d.run.preview != nil && d.run.preview.Name == "vite":
		s = d.previewSite()
	case len(d.run.servers) == 1:
		s = d.serveSite()
	}
	if s == nil || s.port < 1024 || s.port > 65535 || !d.onlyBuilds() || d.fetched(s.use) {
		return
	}
	h := d.in.Hints
	if h.Floor >= plan.CLibrary || h.AsWritten || h.WholeApp || h.AllDependencies || h.NoUser || len(h.Packages)+len(h.Own) > 0 {
		d.leftSite = true // a proof spoke against it
		return
	}
	d.site = s
}

// fetched reports a server that npx downloads when the image starts: without a network
// the original does not start, and a rewrite that does is not the same.
func (d *designer) fetched(u use) bool {
	return u.Npx && !d.app.manifest.has(u.Package) && !d.installedGlobally(u.Package)
}

// siteWanted reports that nothing but a server of static files is started, and that
// nobody but the file says how it is.
func (d *designer) siteWanted() bool {
	r := d.run
	if len(r.entries)+len(r.unknown)+len(r.compilers)+len(r.migrators)+len(r.dev)+len(r.files)+len(r.modules) > 0 || r.next != nil || r.nest != nil || len(r.tools) > 1 {
		return false
	}
	if eol, ok := d.in.File.EOL(); !ok || eol != "\n" || !d.in.Mounts || !d.built.any || len(d.built.unknown) > 0 || len(d.built.outputs) != 1 {
		return false
	}
	for _, s := range d.in.Project.Services() {
		if s.Command != "" || s.Entrypoint != "" || s.Health != "" || s.User != "" || len(s.Volumes) > 0 {
			return false
		}
	}
	for _, name := range d.app.tree.Names {
		switch path.Base(name) {
		case "serve.json", "now.json", "404.html":
			return false
		}
	}
	return d.in.Base.Config.User == "" && d.in.End.User == ""
}

// onlyBuilds reports a file all of whose steps are the build's, but for the server.
func (d *designer) onlyBuilds() bool {
	for _, s := range d.steps {
		switch s.Keyword {
		case "HEALTHCHECK", "VOLUME", "USER", "ENTRYPOINT", "STOPSIGNAL", "SHELL", "ONBUILD":
			return false
		case "COPY", "ADD":
			if _, outside := d.copiesTo(s); len(outside) > 0 || s.Index > d.end {
				return false
			}
		case "RUN":
			if s.Index > d.end && !s.only(global, cache, setup, nothing, system, npmConfig) {
				return false
			}
		}
	}
	return true
}

// serveSite is a folder that serve gives out with -s: every address that is no file is
// the page. Without it serve lists folders. See https://github.com/vercel/serve.
func (d *designer) serveSite() *site {
	l := d.run.server
	if l.Bin != "serve" || !contains(l.Args, "-s", "--single") || len(l.Assigns) > 0 {
		return nil
	}
	s := &site{server: "serve", use: d.run.servers[0]}
	args := l.Args
	for i := 0; i < len(args); i++ {
		name, value, inline := strings.Cut(args[i], "=")
		switch name {
		case "-s", "--single", "-n", "--no-clipboard", "-L", "--no-request-logging", "-d", "--debug", "--no-port-switching":
		case "-l", "-p", "--listen", "--port":
			if !inline && i+1 < len(args) {
				i++
				value = args[i]
			}
			if s.port = literalPort(value); s.port == 0 {
				return nil
			}
		default:
			if strings.HasPrefix(name, "-") || s.dir != "" {
				return nil
			}
			s.dir = args[i]
		}
	}
	if s.port == 0 {
		s.port = d.defaultPort(3000)
	}
	if !d.isOutput(s.dir) || !d.serveMajor() {
		return nil
	}
	s.dir = d.app.path(d.built.outputs[0])
	return s
}

var rePort = regexp.MustCompile(`^(?:tcp://(?:0\.0\.0\.0|\[::\]|localhost)?:)?(\d{2,5})$`)

// literalPort is the port that a word names; 0 where it is none.
func literalPort(word string) int {
	if m := rePort.FindStringSubmatch(word); m != nil && !strings.Contains(word, "localhost") {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// defaultPort is the port of a server that is told none, where the file agrees with it.
// PORT in the environment of serve goes before.
func (d *designer) defaultPort(port int) int {
	if v, ok := d.in.End.Vars["PORT"]; ok {
		return literalPort(v)
	}
	for _, s := range d.steps {
		if s.Keyword == "EXPOSE" && contains(s.Values(), strconv.Itoa(port), strconv.Itoa(port)+"/tcp") {
			return port
		}
	}
	return 0
}

// isOutput reports a word of the start command that names what the build makes.
func (d *designer) isOutput(word string) bool {
	if word == "" {
		return false
	}
	if !path.IsAbs(word) {
		word = path.Join(d.in.End.Workdir, word)
	}
	return path.Clean(word) == d.app.path(d.built.outputs[0])
}

// serveMajor reports a version of serve whose ways are known: 10 and later.
func (d *designer) serveMajor() bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind != global {
				continue
			}
			for _, w := range t.Call.Args {
				if version, ok := strings.CutPrefix(w.Text, "serve@"); ok && leading(version) > 0 && leading(version) < 10 {
					return false
				}
			}
		}
	}
	major := leading(d.app.manifest.version("serve"))
	return major == 0 || major >= 10
}

// What of a configuration of Vite makes its preview do more than to give out files.
var rePreviewMore = regexp.MustCompile(`\b(proxy|https|headers|appType|configurePreviewServer|basicSsl|mkcert|ssr|middleware)\b`)

var (
	rePreviewBlock = regexp.MustCompile(`\bpreview\s*:\s*\{([^{}]*)\}`)
	reServerBlock  = regexp.MustCompile(`\bserver\s*:\s*\{([^{}]*)\}`)
	rePreviewKey   = regexp.MustCompile(`\bpreview\b`)
	rePreviewPort  = regexp.MustCompile(`\bport\s*:\s*(\d+)?`)
	rePreviewHost  = regexp.MustCompile(`\bhost\s*:\s*(true|['"]0\.0\.0\.0['"])`)
)

// previewSite is what vite preview gives out: files, an address with .html behind it,
// and the page for all else. See https://vite.dev/guide/cli#vite-preview.
func (d *designer) previewSite() *site {
	l := d.run.previewed
	if len(l.Assigns) > 0 || leading(d.app.manifest.version("vite")) < 3 || d.app.manifest.has("@sveltejs/kit") {
		return nil
	}
	s := &site{server: "vite", use: *d.run.preview, dir: d.app.path(d.built.outputs[0]), port: 4173}
	file, data := d.app.readFirst("vite.config.ts", "vite.config.js", "vite.config.mjs", "vite.config.mts", "vite.config.cjs")
	text := reLineComment.ReplaceAllString(string(data), "")
	block := rePreviewBlock.FindStringSubmatch(text)
	base, dynamic := literalIn(text, "base")
	if !readableConfig(text) || rePreviewMore.MatchString(text) || dynamic || base != "" && base != "/" && base != "./" && base != "." || file == "" && len(data) > 0 {
		return nil
	}
	host := false
	if server := reServerBlock.FindStringSubmatch(text); server != nil {
		host = rePreviewHost.MatchString(server[1]) // the preview's, where it has none of its own
	}
	switch {
	case block != nil:
		host = rePreviewHost.MatchString(block[1]) || host && !strings.Contains(block[1], "host")
		if m := rePreviewPort.FindStringSubmatch(block[1]); m != nil {
			s.port = literalPort(m[1])
		}
	case rePreviewKey.MatchString(text):
		return nil
	}
	for i := 0; i < len(l.Args); i++ {
		name, value, inline := strings.Cut(l.Args[i], "=")
		next := ""
		if !inline && i+1 < len(l.Args) && !strings.HasPrefix(l.Args[i+1], "-") {
			next = l.Args[i+1]
			value = next
		}
		switch name {
		case "preview", "--strictPort":
			continue
		case "--host":
			host = value == "" || value == "0.0.0.0" || value == "true"
		case "--port":
			s.port = literalPort(value)
		default:
			return nil
		}
		if next != "" {
			i++
		}
	}
	if !host {
		return nil // it listens inside the container only
	}
	return s
}

// chooseSite decides the design of a site: nginx and the folder.
func (d *designer) chooseSite() {
	d.scan = d.app.newScan()
	d.contents, d.modules = minimal, noModules
	d.slim, d.slimRef = nginxRef, nginxRef
}

const nginxRef = "nginxinc/nginx-unprivileged:stable-alpine"

// siteProduction writes the last stage of a site: the author's instructions that set
// the image's configuration, the folder, and nginx' own configuration.
func (d *designer) siteProduction() *plan.Refusal {
	p := &productionSteps{d: d, args: map[int]int{}}
	for i, s := range d.steps {
		switch s.Keyword {
		case "ENV", "WORKDIR", "EXPOSE", "LABEL", "MAINTAINER":
			p.keep(s)
		case "ARG":
			p.args[len(p.steps)] = s.Index
			p.add(s.Keep())
		case "CMD":
			if i == d.lastCommand() {
				p.add(d.serverCommand(s))
			}
		}
		if i == d.end {
			p.takes = true
			p.copy(i, d.names.build, d.built.outputs[0])
			p.add(plan.New{Text: d.in.Keyword("COPY") + " <<'EOF' /etc/nginx/conf.d/default.conf\n" + d.site.config() + "EOF", Evidence: d.site.use.Evidence})
		}
	}
	p.dropArgs()
	d.stage(d.names.production, "serves what was built", plan.Runtime, d.fromProduction(d.names.production), nginxRef, p.steps)
	d.siteChanges()
	d.dropRest()
	return nil
}

// serverCommand starts nginx in the place of the author's server.
func (d *designer) serverCommand(s step) plan.Step {
	text := `["nginx", "-g", "daemon off;"]`
	ev := d.site.use.Evidence
	d.covered[s.Index] = true
	d.plan.Dropped = append(d.plan.Dropped, plan.Dropped{Span: s.Args, Evidence: withText(ev, "nginx does the work of "+d.site.use.Name)})
	d.plan.Changes = append(d.plan.Changes, plan.Change{Field: plan.FieldCommand, Before: strings.TrimSpace(d.in.File.Text(s.Args)), After: text, Evidence: ev})
	return plan.Cut{Span: s.Span, Edits: []plan.Edit{{Span: dockerfile.Span{Start: s.Args.Start, End: s.Args.End}, Text: text}}, Evidence: ev}
}

// siteChanges names what the image of nginx sets.
func (d *designer) siteChanges() {
	ev := withText(d.site.use.Evidence, "the image of nginx sets it")
	d.plan.Changes = append(d.plan.Changes,
		plan.Change{Field: plan.FieldUser, After: "101", Evidence: ev},
		plan.Change{Field: plan.FieldStopSignal, After: "SIGQUIT", Evidence: ev})
	for _, s := range d.steps {
		if s.Keyword == "EXPOSE" && contains(s.Values(), "8080", "8080/tcp") {
			return
		}
	}
	d.plan.Changes = append(d.plan.Changes, plan.Change{Field: plan.FieldExpose, Key: "8080/tcp", After: "8080/tcp", Evidence: ev})
}
