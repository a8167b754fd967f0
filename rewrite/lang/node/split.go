package node

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// split is the conservative design: a builder with the author's base and commands,
// and a slimmer image of the same suite that takes the folders of the project from it
// as they are after the last step, with every dependency, to the same paths.
type split struct {
	roots []string          // folders that the steps of the build side write, sorted, none within another
	owner map[string]string // folder → the user that a chown gives it
	why   *plan.Refusal     // of the lean design
}

// conservative makes the conservative plan for a file that the lean design refuses,
// or passes the refusal on where it cannot be shown to be safe either, or leaves
// nothing behind.
func conservative(in *plan.Input, refusal *plan.Refusal) (*plan.Plan, *plan.Refusal) {
	if refusal.Code != plan.UnsupportedLanguage && refusal.Code != plan.UnknownWriteSet {
		return nil, refusal
	}
	d := &designer{in: in, steps: readSteps(in), first: -1, last: -1, plan: &plan.Plan{Language: "node"},
		covered: map[int]bool{}, reasons: map[int]string{}, built: &built{}, contents: wholeDir, modules: complete,
		split: &split{why: refusal, owner: map[string]string{}}}
	t := inside.NewCopies(in)
	if !d.findRoots(t) || !d.readProjects(t) {
		return nil, refusal
	}
	if right := d.verdict(); right != nil {
		return nil, right
	}
	if !d.startsInside() || !d.knowsSteps() || d.browsers() != nil {
		return nil, refusal
	}
	d.scan = d.app.newScan()
	for _, root := range d.split.roots {
		d.app.scanFolder(d.scan, root, nil, d.run.entries)
	}
	d.whole = []plan.Evidence{refusal.Evidence}
	d.chooseBase()
	d.names = names{build: "builder", production: d.productionName()}
	var trims []trim
	if !in.Hints.AllDependencies {
		trims = d.trims()
	}
	if d.slim == "" && !d.leavesPackages() && len(trims) == 0 || d.names.production == d.names.build {
		return nil, d.plain(refusal)
	}
	d.stage(d.names.build, "installs the dependencies and builds the project", plan.Build, d.fromAs(d.names.build), in.Base.Ref, d.buildSteps(0, d.end, false))
	if len(trims) > 0 {
		d.trimStage(trims)
	}
	if d.production() != nil {
		return nil, refusal
	}
	d.splitFacts()
	d.estimate()
	return d.plan, nil
}

// plain is the answer for a small base on which nothing is built and no project has
// development dependencies: there is nothing to leave behind, however it is installed.
func (d *designer) plain(refusal *plan.Refusal) *plan.Refusal {
	if !d.in.Base.Slim && d.in.Base.Family != image.Alpine || d.app.hasDevelopment() {
		return refusal
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if init := t.Call != nil && t.Call.Verb == "init"; !init && (t.Kind == build || t.Kind == unknown || t.Kind == fetch) {
				return refusal
			}
		}
	}
	return &plan.Refusal{Code: plan.PlainInterpreted, Evidence: d.in.Evidence(d.steps[d.last].Item,
		"the base is small, nothing is built, and only production dependencies are installed")}
}

// movesModules reports an install in a folder of the system from which a later command
// takes node_modules into the project: the folder itself is not needed then.
func (d *designer) movesModules(t task) bool {
	if t.Kind != install || t.Call.Global || t.Call.Prefix != "" {
		return false
	}
	for _, s := range d.steps {
		for _, m := range s.Tasks {
			if name := m.Name(); m.Start < t.End || name != "cp" && name != "mv" {
				continue
			}
			targets, sources := targetsOf(m)
			if len(sources) == 1 && path.Clean(sources[0]) == path.Join(t.Dir, "node_modules") && len(targets) > 0 && path.IsAbs(targets[0]) && !systemFolder(targets[0]) {
				return true
			}
		}
	}
	return false
}

// findRoots finds the folders that the build side writes: where files of the context
// are copied to, and where dependencies are installed and things are built. False where
// one is a folder of the system.
func (d *designer) findRoots(t *tree) bool {
	var roots []string
	for _, s := range d.steps {
		switch s.Keyword {
		case "COPY", "ADD":
			for _, name := range t.By[s.Index] {
				if !systemFolder(path.Dir(name)) {
					roots = append(roots, top(path.Dir(name), s.Scope.Workdir))
				}
			}
		case "RUN":
			for _, task := range s.Tasks {
				if task.Kind != install && task.Kind != build && task.Kind != prune {
					continue
				}
				if systemFolder(task.Dir) {
					if d.movesModules(task) {
						continue
					}
					return false
				}
				d.last = s.Index
				if d.first < 0 {
					d.first = s.Index
				}
				roots = append(roots, top(task.Dir, s.Scope.Workdir))
			}
		}
	}
	d.split.roots = outermost(roots)
	return d.first >= 0 && len(d.split.roots) > 0
}

// top is the working directory where the folder lies in it, else the folder.
func top(dir, workdir string) string {
	if !systemFolder(workdir) && within(dir, []string{path.Clean(workdir)}) {
		return path.Clean(workdir)
	}
	return path.Clean(dir)
}

// outermost leaves out folders that lie in others, and sorts.
func outermost(dirs []string) []string {
	seen := map[string]bool{}
	for _, dir := range dirs {
		seen[dir] = true
	}
	var out []string
	for _, dir := range sortedKeys(seen) {
		if !within(dir, out) {
			out = append(out, dir)
		}
	}
	return out
}

// systemFolder reports a folder that holds more than a project: it cannot be copied as
// a whole.
func systemFolder(dir string) bool {
	dir = path.Clean(dir)
	parts := strings.Split(strings.TrimPrefix(dir, "/"), "/")
	switch parts[0] {
	case "":
		return true
	case "bin", "sbin", "lib", "lib64", "etc", "dev", "proc", "sys", "run", "tmp", "boot":
		return true
	case "usr":
		return len(parts) < 3 || parts[1] != "src" && parts[1] != "app" && !(parts[1] == "local" && len(parts) > 3 && parts[2] == "src") && !(parts[1] == "share" && parts[2] == "app")
	case "var":
		return len(parts) < 2 || parts[1] != "www" && parts[1] != "app"
	case "root", "home", "opt", "srv", "mnt", "media":
		return len(parts) < 2 && parts[0] != "srv"
	}
	return false
}

// readProjects reads the manifest of the program that is started, and takes the
// dependencies of all others for its own: what any of them needs of the system, the
// image needs. False where a content was not kept or is beyond the limits.
func (d *designer) readProjects(t *tree) bool {
	a := &app{in: d.in, tree: t, dir: d.split.roots[0], node: leading(d.in.Base.Version), npm: npmMajor(d.in.Base.Version)}
	for dir := path.Clean(d.in.End.Workdir); !systemFolder(dir); dir = path.Dir(dir) {
		a.dir = dir
		if t.Has(path.Join(dir, "package.json")) || within(dir, d.split.roots) && contains(d.split.roots, dir) {
			break
		}
	}
	a.manifest = &manifest{Path: "package.json"}
	seen := 0
	for _, name := range t.Names {
		if path.Base(name) != "package.json" || strings.Contains(name, "/node_modules/") || seen >= maxManifests {
			continue
		}
		seen++
		file := t.Files[name]
		data, err := d.in.Project.Read(d.in.Project.Join(file.Source))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
		m, err := parseManifest(file.Source, data)
		if err != nil {
			continue
		}
		if path.Dir(name) == a.dir {
			m.merge(a.manifest)
			a.manifest = m
			continue
		}
		a.manifest.merge(m)
	}
	a.manager = manager{tool: "npm", major: a.npm}
	if n := d.lastInstall(); n != nil {
		a.readManager(n)
	}
	d.app = a
	return true
}

// startsInside reports that the files that are started lie in the folders that are
// copied, or are copied by a step that production keeps.
func (d *designer) startsInside() bool {
	for _, e := range d.run.entries {
		if !within(e, d.split.roots) && !d.app.tree.Has(e) {
			return false
		}
	}
	return true
}

// knowsSteps sees that no step of the build side writes where it cannot be told, finds
// the last of them, and who owns the folders.
func (d *designer) knowsSteps() bool {
	for _, s := range d.steps {
		switch s.Keyword {
		case "COPY", "ADD":
			if _, from := s.Flag("from"); !from && d.split.copies(d, s) {
				d.end = s.Index
			}
		case "RUN":
			for _, t := range s.Tasks {
				if !d.split.known(d, s, t) {
					return false
				}
				if !d.split.keeps(d, s, t) && t.Kind != system && t.Kind != nothing && t.Kind != cache {
					d.end = s.Index
				}
			}
			d.split.owners(s)
		}
	}
	return true
}

// known reports a command of which it is known where it writes: into the folders that
// are copied, or outside them, and then production runs it too.
func (sp *split) known(d *designer, s step, t task) bool {
	switch t.Kind {
	case unknown:
		return len(t.Args) > 0 && !d.filesBefore(s.Index)
	case install:
		return !systemFolder(t.Dir) || d.movesModules(t)
	case build, check, prune:
		return !contains(t.Unwrapped().Words(), "playwright") && !systemFolder(t.Dir)
	case files, configure, fetch:
		targets, sources := targetsOf(t)
		in, out := sp.sides(t, targets)
		taken, _ := sp.sides(t, sources)
		return !(in && out) && !(out && taken) && !strings.ContainsAny(strings.Join(targets, " "), "$*~")
	}
	return true
}

// sides reports paths inside the folders, and outside of them.
func (sp *split) sides(t task, paths []string) (in, out bool) {
	for _, p := range paths {
		if !path.IsAbs(p) {
			p = path.Join(t.Dir, p)
		}
		if within(path.Clean(p), sp.roots) {
			in = true
		} else {
			out = true
		}
	}
	return in, out
}

// filesBefore reports files of the project in the image before an item.
func (d *designer) filesBefore(at int) bool {
	for _, f := range d.app.tree.Files {
		if f.First < at {
			return true
		}
	}
	return false
}

// keeps reports a command of the author's that production runs as well.
func (sp *split) keeps(d *designer, s step, t task) bool {
	switch t.Kind {
	case setup:
		return d.run.uses("yarn") || d.run.uses("pnpm")
	case global:
		return d.keepsGlobal(t)
	case unknown, user:
		return true
	case files, configure, fetch:
		targets, _ := targetsOf(t)
		in, _ := sp.sides(t, targets)
		return !in
	case permission:
		in, out := sp.sides(t, t.Unwrapped().Words()[1:])
		return out && !in
	}
	return false
}

// copies reports a COPY of the context into the folders.
func (sp *split) copies(d *designer, s step) bool {
	for _, name := range d.app.tree.By[s.Index] {
		if within(name, sp.roots) {
			return true
		}
	}
	return within(s.Scope.Abs(s.Dest()), sp.roots)
}

// owners notes whom a chown gives a folder: a copied folder itself would be root's.
func (sp *split) owners(s step) {
	for _, t := range s.Tasks {
		words := t.Unwrapped().Words()
		if t.Kind != permission || t.Name() != "chown" || !contains(words, "-R", "--recursive", "-hR", "-Rh", "-Rf") {
			continue
		}
		owner := ""
		for _, w := range words[1:] {
			switch {
			case strings.HasPrefix(w, "-"):
			case owner == "":
				owner = w
			default:
				if !path.IsAbs(w) {
					w = path.Join(t.Dir, w)
				}
				sp.owner[path.Clean(w)] = owner
			}
		}
	}
}

// splits copies the folders from the builder.
func (p *productionSteps) splits(at int) {
	d := p.d
	p.takes = true
	from := d.names.build
	if d.names.deps != "" {
		from = d.names.deps
	}
	for _, root := range d.split.roots {
		owner := d.owner(at)
		if o := d.split.owner[root]; o != "" && !strings.ContainsAny(o, "$") {
			owner = " --chown=" + o
		}
		p.add(plan.New{Text: d.in.Keyword("COPY") + " --from=" + from + owner + " " + root + " " + root,
			Evidence: d.split.why.Evidence})
	}
	p.homes(from)
}

// splitFacts says that the design is the conservative one, and what another would need.
func (d *designer) splitFacts() {
	why := d.split.why
	what := "the folder " + d.split.roots[0] + " is"
	if len(d.split.roots) > 1 {
		what = "the folders " + strings.Join(d.split.roots, ", ") + " are"
	}
	detail := what + " copied with everything in it after the build"
	if d.names.deps != "" {
		detail += ", but for development dependencies that are known not to be needed"
	}
	if why.Remedy != "" {
		detail += "; to leave development dependencies behind as well: " + why.Remedy
	}
	d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "runtime-files", Evidence: why.Evidence, Detail: detail})
	d.pinAgain()
	if d.slimWhy != "" {
		d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "native-code",
			Evidence: plan.Evidence{Line: d.in.File.Line(d.in.Stage.From), Text: "production stays on the full image: " + d.slimWhy}})
	}
}
