package node

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// The limits of what is read of the sources. A project beyond them is treated as
// one whose reads are not known.
const (
	maxSourceFiles = 3000
	maxSourceSize  = 1 << 20
	maxSourceSum   = 24 << 20
)

// scan is what the project's own sources show about run time.
type scan struct {
	imports  map[string]plan.Evidence // packages, by name
	segments map[string]plan.Evidence // parts of paths in string literals
	unsure   []plan.Evidence          // a path is made of what cannot be told
	writes   []plan.Evidence
	programs []plan.Evidence // other programs are started
	started  map[string]plan.Evidence
	nodeEnv  *plan.Evidence // NODE_ENV is looked at
	npmEnv   bool           // npm_… variables are looked at
	lowPort  *plan.Evidence
	partial  bool // a limit was reached or a file could not be read
	watch    []string
	watched  bool // a source names one of watch as part of a path

	files, sum int // that were read
}

var (
	reListen = regexp.MustCompile(`(?:listen\(|PORT\s*(?:\|\||\?\?)|\b[pP]ort\s*=)\s*['"]?(\d{2,5})\b`)
	reCall   = regexp.MustCompile(`(?:^|[^.\w]|(?:child_process|childProcess|child|cp|shell|proc)\.)(?:exec|execSync|spawn|spawnSync|execFile|execFileSync|execa|execaSync|execAsync|execPromise)\(\s*([\x60'"])?`)
)

// sourceExt are the endings of what Node.js or a compiler for it reads.
var sourceExt = map[string]bool{
	".js": true, ".mjs": true, ".cjs": true, ".ts": true, ".mts": true, ".cts": true, ".tsx": true, ".jsx": true, ".vue": true, ".svelte": true,
}

// aside are folders whose files no running program reads.
var aside = map[string]bool{
	"node_modules": true, "test": true, "tests": true, "__tests__": true, "__mocks__": true, "spec": true, "e2e": true, "cypress": true,
	"scripts": true, "script": true, "features": true, "examples": true, "tools": true, "benchmarks": true, "android": true, "ios": true,
	".git": true, ".github": true, ".vscode": true, ".storybook": true, "coverage": true, "docs": true, "stories": true, ".husky": true, ".yarn": true, "playwright": true,
}

var reAside = regexp.MustCompile(`\.(test|spec|stories|e2e|e2e-spec|d)\.[cm]?[jt]sx?$|(^|/)(jest|vitest|vite|webpack|rollup|babel|tailwind|postcss|eslint|prettier|karma|cypress|playwright|tsup|commitlint|lint-staged|stylelint|gulpfile|Gruntfile|next|nuxt|svelte|astro|vue|drizzle|prisma)\.config\.[cm]?[jt]s$|(^|/)(gulpfile|Gruntfile|\.eslintrc)\.[cm]?js$|(^|/)\.pnp\.(loader\.)?[cm]?js$|\.min\.js$`)

// newScan is a scan that has read nothing yet.
func (a *app) newScan() *scan {
	return &scan{imports: map[string]plan.Evidence{}, segments: map[string]plan.Evidence{}, started: map[string]plan.Evidence{}}
}

// scanSources reads the sources of the project that are copied into the image.
// outputs are folders that the build makes anew, entries what is started, watch names of
// folders whose mention is noted.
func (a *app) scanSources(outputs, entries, watch []string) *scan {
	s := a.newScan()
	s.watch = watch
	a.scanFolder(s, a.dir, outputs, entries)
	return s
}

// scanFolder reads the sources below a folder of the image.
func (a *app) scanFolder(s *scan, dir string, outputs, entries []string) {
	children := map[string]bool{}
	for _, c := range a.tree.Children(dir) {
		children[strings.TrimSuffix(c, "/")] = true
	}
	bundled := a.manifest.has("@sveltejs/kit") // its adapter takes development dependencies into the build
	prefix := strings.TrimSuffix(dir, "/") + "/"
	for _, name := range a.tree.Under(dir) {
		rel := strings.TrimPrefix(name, prefix)
		if bundled && strings.HasPrefix(rel, "src/") {
			continue
		}
		if !sourceExt[path.Ext(rel)] || isAside(rel) && !startsIn(rel, entries) || within(rel, outputs) || inPublic(rel) {
			continue
		}
		if s.files++; s.files > maxSourceFiles || s.sum > maxSourceSum {
			s.partial = true
			break
		}
		data, ok := a.read(name)
		if !ok || len(data) > maxSourceSize {
			s.partial = s.partial || !ok
			continue
		}
		s.sum += len(data)
		s.file(a.in.Project.Join(a.tree.Files[name].Source), string(data), children)
	}
}

// startsIn reports a file in the folder of one that is started.
func startsIn(rel string, entries []string) bool {
	for _, e := range entries {
		if strings.HasSuffix(path.Dir(e), "/"+path.Dir(rel)) {
			return !reAside.MatchString(rel)
		}
	}
	return false
}

func isAside(rel string) bool {
	dir := path.Dir(rel)
	for dir != "." && dir != "/" {
		if aside[path.Base(dir)] {
			return true
		}
		dir = path.Dir(dir)
	}
	base := path.Base(rel)
	if strings.Count(base, ".") < 2 && !strings.HasPrefix(strings.ToLower(base), "g") { // most are: main.ts
		return false
	}
	return reAside.MatchString(rel)
}

// inPublic are files that a browser reads.
func inPublic(rel string) bool {
	return strings.HasPrefix(rel, "public/") || strings.HasPrefix(rel, "static/") || strings.HasPrefix(rel, "assets/")
}

func within(rel string, dirs []string) bool {
	for _, d := range dirs {
		if rel == d || strings.HasPrefix(rel, d+"/") {
			return true
		}
	}
	return false
}

// file reads one source file line by line.
func (s *scan) file(name, text string, children map[string]bool) {
	all := signals.in(text)
	h := hintsOf(all)
	s.npmEnv = s.npmEnv || all&npmVariables != 0
	for _, folder := range s.watch {
		s.watched = s.watched || strings.Contains(text, folder+"/") || strings.Contains(text, "/"+folder) || strings.Contains(text, "'"+folder+"'") || strings.Contains(text, `"`+folder+`"`)
	}
	statement := "" // where an import or export statement began
	for number := 1; text != ""; number++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		trimmed := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(trimmed, "//") || strings.HasPrefix(trimmed, "*") || strings.HasPrefix(trimmed, "/*") {
			continue
		}
		if strings.HasPrefix(trimmed, "import") || strings.HasPrefix(trimmed, "export") {
			statement = trimmed
		}
		ev := plan.Evidence{Path: name, Line: number}
		found := s.line(line, statement, ev, children, h.spawn)
		if h != (hints{}) {
			if strings.HasSuffix(strings.TrimRight(line, " \t\r"), "(") { // the arguments stand below
				next, _, _ := strings.Cut(text, "\n")
				line = strings.TrimRight(line, " \t\r") + strings.TrimLeft(next, " \t")
			}
			s.signals(line, ev, found, h)
		}
	}
}

// line reads the string literals of a line: imports, and parts of paths. It
// reports whether one of them names a file or folder of the project's top.
func (s *scan) line(line, statement string, ev plan.Evidence, children map[string]bool, spawns bool) (found bool) {
	for i := 0; i < len(line); i++ {
		quote := line[i]
		if quote != '"' && quote != '\'' && quote != '`' {
			continue
		}
		end := strings.IndexByte(line[i+1:], quote)
		if end < 0 || end > 300 {
			continue
		}
		literal := line[i+1 : i+1+end]
		before := strings.TrimRight(line[:i], " \t")
		i += end + 1
		if imports(before, statement) {
			s.imported(literal, statement, ev)
			continue
		}
		if spawns {
			s.start(literal, ev)
		}
		for part, rest, more := literal, literal, true; more; {
			part, rest, more = strings.Cut(rest, "/")
			if !children[part] {
				continue
			}
			if aside[part] && !strings.Contains(literal, "/") {
				continue // a word such as 'test'
			}
			found = true
			if _, ok := s.segments[part]; !ok {
				e := ev
				e.Text = "the sources name " + part
				s.segments[part] = e
			}
		}
	}
	return found
}

// imports reports whether a literal behind this text is what a module imports.
func imports(before, statement string) bool {
	if strings.HasSuffix(before, "require(") || strings.HasSuffix(before, "import(") || strings.HasSuffix(before, "require.resolve(") {
		return true
	}
	return statement != "" && (strings.HasSuffix(before, "from") || strings.HasSuffix(before, "import"))
}

var reTypeOnly = regexp.MustCompile(`^(import|export)\s+type\b`)

func (s *scan) imported(specifier, statement string, ev plan.Evidence) {
	if reTypeOnly.MatchString(statement) {
		return
	}
	name := packageOf(specifier)
	if name == "" {
		return
	}
	if _, ok := s.imports[name]; !ok {
		ev.Text = "it imports " + name
		s.imports[name] = ev
	}
}

// packageOf is the package of an import's specifier, "" for a file, a built-in
// module or an alias that no package can have.
func packageOf(specifier string) string {
	if specifier == "" || strings.ContainsAny(specifier[:1], "./~#$") || strings.Contains(specifier, ":") || strings.HasPrefix(specifier, "@/") {
		return ""
	}
	parts := strings.SplitN(specifier, "/", 3)
	name := parts[0]
	if name[0] == '@' {
		if len(parts) < 2 {
			return ""
		}
		name += "/" + parts[1]
	}
	if builtins[name] {
		return ""
	}
	return name
}

// builtins are the modules of Node.js itself. See https://nodejs.org/api/.
var builtins = set(`assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events
	fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder sys timers
	tls trace_events tty url util v8 vm wasi worker_threads zlib`)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// start notes the program that a literal may start.
func (s *scan) start(literal string, ev plan.Evidence) {
	words := strings.Fields(literal)
	if len(words) == 0 {
		return
	}
	name := path.Base(words[0])
	if _, ok := fullTools[name]; ok {
		if _, ok := s.started[name]; !ok {
			ev.Text = "it starts " + name
			s.started[name] = ev
		}
	}
}

// signals reads what else a line shows. found says that its literals name
// something of the project.
func (s *scan) signals(line string, ev plan.Evidence, found bool, h hints) {
	note := func(list *[]plan.Evidence, text string) {
		if len(*list) < 20 {
			ev.Text = text
			*list = append(*list, ev)
		}
	}
	if !found && (h.cwd && holds(line, wordsCwd) || h.here && strings.Contains(line, "..") && holds(line, wordsHere)) {
		note(&s.unsure, "it makes a path from the working directory or from above its own folder")
	}
	if h.write && holds(line, wordsWrite) {
		note(&s.writes, "it writes files")
	}
	if h.spawn {
		if m := reCall.FindStringSubmatch(line); m != nil && m[1] == "" && !strings.Contains(line, "function") && !reOwnNode.MatchString(line) {
			note(&s.programs, "it starts a program whose name is not written there")
		}
	}
	if h.env && s.nodeEnv == nil && strings.Contains(line, "NODE_ENV") {
		e := withText(ev, "it looks at NODE_ENV")
		s.nodeEnv = &e
	}
	if h.port && s.lowPort == nil && strings.ContainsAny(line, "0123456789") && holds(line, wordsPort) {
		if m := reListen.FindStringSubmatch(line); m != nil && leading(m[1]) < 1024 && leading(m[1]) > 0 {
			e := withText(ev, "it listens on port "+m[1])
			s.lowPort = &e
		}
	}
}
