package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// layout says where the author's items go.
type layout struct {
	split    int         // items before it belong to the modules stage; -1 for none
	invented []plan.Step // the modules stage's own steps, where the author has none
	moved    int         // the RUN that the invented modules stage takes over; -1 for none
	last     int         // the last item of the builder
	names    stageNames
}

type stageNames struct{ modules, builder, test, production string }

// plan puts the stages together.
func (d *design) plan() (*plan.Plan, *plan.Refusal) {
	l := d.layout()
	p := &plan.Plan{Language: "go"}
	if l.split >= 0 {
		p.Stages = append(p.Stages, d.modulesStage(l))
	}
	p.Stages = append(p.Stages, d.builderStage(l, len(p.Stages) == 0))
	if s, ok := d.testStage(l); ok {
		p.Stages = append(p.Stages, s)
	}
	p.Stages = append(p.Stages, d.extraStages(l)...)
	production, dropped := d.productionStage(l)
	p.Stages = append(p.Stages, production)
	p.Dropped = append(dropped, d.replaced(p.Stages)...)
	p.Changes, p.Facts = d.changes, d.facts
	return p, nil
}

// replaced are the author's bytes that a step writes anew: a start command in exec
// form, a stage's name.
func (d *design) replaced(stages []plan.Stage) []plan.Dropped {
	var out []plan.Dropped
	note := func(step plan.Step, why string) {
		cut, ok := step.(plan.Cut)
		if !ok {
			return
		}
		at := cut.Evidence
		if at.Text == "" {
			at = plan.Evidence{Line: d.in.File.Lines(cut.Span).First, Text: why}
		}
		for _, e := range cut.Edits {
			if e.Text != "" && e.Span.Len() > 0 {
				out = append(out, plan.Dropped{Span: e.Span, Evidence: at})
			}
		}
	}
	for _, s := range stages {
		note(s.From, "the stage is named for what it does")
		for _, step := range s.Steps {
			note(step, "it is written out for the new base image")
		}
	}
	return out
}

func (d *design) layout() layout {
	l := layout{split: -1, moved: -1, names: d.stageNames()}
	for i, it := range d.in.Items {
		switch it.Keyword {
		case "RUN", "COPY", "ADD":
			if d.inBuilder(i) {
				l.last = i
			}
		}
	}
	if split, ok := d.writtenModules(); ok {
		l.split = split
		return l
	}
	d.inventModules(&l)
	return l
}

// stageNames keeps a name of the author's that a compose file builds as a target
// for the image that runs (H98).
func (d *design) stageNames() stageNames {
	n := stageNames{"modules", "builder", "test", "production"}
	if d.in.Stage.Name == "" {
		return n
	}
	for _, s := range d.services {
		if s.Target != "" && strings.EqualFold(s.Target, d.in.Stage.Name) {
			n.production = d.in.Stage.Name
		}
	}
	if strings.EqualFold(n.production, n.builder) {
		n.builder = "compile"
	}
	if strings.EqualFold(n.production, n.modules) {
		n.modules = "dependencies"
	}
	if strings.EqualFold(n.production, n.test) {
		n.test = "tests"
	}
	return n
}

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
	scratch.copy(it)
	for p := range scratch.files {
		if strings.HasSuffix(p, ".go") {
			return false
		}
	}
	return len(scratch.files) > 0 && !d.late()
}

// writtenModules finds the author's own download of the modules, with nothing but
// manifests copied before it.
func (d *design) writtenModules() (int, bool) {
	for i, it := range d.in.Items {
		switch it.Keyword {
		case "COPY", "ADD":
			if d.copiesSources(it) {
				return 0, false
			}
		case "RUN":
			if d.only(i, download) {
				for i+1 < len(d.in.Items) && d.only(i+1, download) {
					i++
				}
				return i + 1, true
			}
			if k := d.kinds(i); k[compile] || k[resolve] {
				return 0, false
			}
		}
	}
	return 0, false
}

func (d *design) copiesSources(it plan.Item) bool {
	if _, from := it.Flag("from"); from {
		return false
	}
	scratch := newTree(d.in.Project)
	scratch.copy(it)
	for p := range scratch.files {
		if strings.HasSuffix(p, ".go") {
			return true
		}
	}
	return false
}

// inventModules puts a download of the modules in front of the copy of the sources,
// where the manifests show that it does what the build would do anyhow (H64).
func (d *design) inventModules(l *layout) {
	if len(d.modules) == 0 || d.vendored || d.clones {
		return
	}
	m := d.modules[0]
	source, ok := strings.CutSuffix(d.tree.files[path.Join(m.dir, "go.mod")], "go.mod")
	if !ok || m.file == nil || len(m.file.Require) == 0 || !d.tidy(m) || d.private() {
		return
	}
	for i, it := range d.in.Items {
		switch it.Keyword {
		case "COPY", "ADD":
			if !d.copiesSources(it) {
				continue
			}
			if _, flagged := it.Flag("chown"); flagged || it.Scope.Workdir != m.dir || it.Scope.User != "" && it.Scope.User != "root" {
				return
			}
			l.split = i
			if !d.copiedBefore(i, path.Join(m.dir, "go.mod"), path.Join(m.dir, "go.sum")) {
				l.invented = []plan.Step{plan.New{Text: d.keyword("COPY ") + source + "go.mod " + source + "go.sum ./"}}
			}
			l.moved = d.movedDownload(i)
			if l.moved < 0 {
				l.invented = append(l.invented, plan.New{Text: d.keyword("RUN ") + "go mod download"})
			}
			return
		case "RUN":
			if k := d.kinds(i); k[compile] || k[resolve] || k[generate] {
				return
			}
		}
	}
}

// copiedBefore reports that earlier COPYs bring the files.
func (d *design) copiedBefore(item int, names ...string) bool {
	scratch := newTree(d.in.Project)
	for _, it := range d.in.Items[:item] {
		if _, from := it.Flag("from"); !from && (it.Keyword == "COPY" || it.Keyword == "ADD") {
			scratch.copy(it)
		}
	}
	for _, n := range names {
		if !scratch.isFile(n) {
			return false
		}
	}
	return true
}

// movedDownload is the author's own RUN go mod download behind the copy of the
// sources, which then belongs in front of it.
func (d *design) movedDownload(from int) int {
	for i := from; i < len(d.in.Items); i++ {
		if d.only(i, download) && len(d.in.Items[i].Flags) == 0 {
			return i
		}
		if k := d.kinds(i); d.in.Items[i].Keyword == "RUN" && (k[compile] || k[resolve] || k[generate]) {
			return -1
		}
	}
	return -1
}

// tidy reports that go.sum has the sum of every required module, so that all of
// them are served, and that no module lies on disk or in a workspace.
func (d *design) tidy(m module) bool {
	if len(d.modules) > 1 || d.tree.isFile(path.Join(m.dir, "go.work")) {
		return false
	}
	data, ok := d.tree.read(path.Join(m.dir, "go.sum"))
	if !ok {
		return false
	}
	sums := map[string]bool{}
	for _, line := range strings.Split(string(data), "\n") {
		if f := strings.Fields(line); len(f) == 3 {
			sums[f[0]+"@"+f[1]] = true
		}
	}
	instead := map[string]string{}
	for _, r := range replaces(d.tree, m) {
		instead[r.Old.Path] = r.New.Path + "@" + r.New.Version
	}
	for _, req := range m.file.Require {
		want := req.Mod.Path + "@" + req.Mod.Version
		if other, ok := instead[req.Mod.Path]; ok {
			want = other
		}
		if !sums[want] {
			return false
		}
	}
	return true
}

// private reports settings for modules that only their owners can fetch.
func (d *design) private() bool {
	for _, it := range d.in.Items {
		text := d.in.File.Text(it.Span)
		for _, word := range []string{"GOPRIVATE", "GONOSUM", "netrc", "insteadOf", "GOFLAGS", "--mount=type=ssh", "--mount=type=secret", ".ssh"} {
			if strings.Contains(text, word) {
				return true
			}
		}
	}
	return false
}

// keyword writes an instruction's keyword in the author's case.
func (d *design) keyword(k string) string {
	from := d.in.File.Text(d.in.Stage.From.Span)
	if strings.HasPrefix(strings.TrimSpace(from), "from") {
		return strings.ToLower(k)
	}
	return k
}

// fromAuthor is the author's FROM under a stage's name.
func (d *design) fromAuthor(name string) plan.Step {
	step := d.in.FromAs(name)
	if c, ok := step.(plan.Cut); ok && d.keyword("A") == "a" {
		for i := range c.Edits {
			c.Edits[i].Text = strings.Replace(c.Edits[i].Text, " AS ", " as ", 1)
		}
		return c
	}
	return step
}

func (d *design) fromStage(parent, name string) plan.Step {
	return plan.New{Text: d.keyword("FROM ") + parent + d.keyword(" AS ") + name}
}

// modulesStage holds what comes before the sources.
func (d *design) modulesStage(l layout) plan.Stage {
	s := plan.Stage{Name: l.names.modules, Role: plan.Build, Base: d.in.Base.Ref, From: d.fromAuthor(l.names.modules),
		Purpose: "downloads the modules, anew only when go.mod or go.sum change"}
	s.Steps = d.buildSteps(0, l.split, l)
	s.Steps = append(s.Steps, l.invented...)
	if l.moved >= 0 {
		s.Steps = append(s.Steps, d.in.Items[l.moved].Keep())
	}
	return s
}

// builderStage compiles: the author's steps, in their order.
func (d *design) builderStage(l layout, first bool) plan.Stage {
	s := plan.Stage{Name: l.names.builder, Role: plan.Build, Base: l.names.modules, Purpose: "compiles " + d.describe()}
	from := 0
	if first {
		s.Base, s.From = d.in.Base.Ref, d.fromAuthor(l.names.builder)
	} else {
		from, s.From = l.split, d.fromStage(l.names.modules, l.names.builder)
	}
	if !d.cgo.on && !d.cgo.written {
		s.Steps = append(s.Steps, plan.New{Text: d.keyword("ENV ") + "CGO_ENABLED=0", Evidence: plan.Evidence{Text: "nothing in the program calls C"}})
	}
	s.Steps = append(s.Steps, d.buildSteps(from, len(d.in.Items), l)...)
	if d.leading != "" {
		s.Steps = append(s.Steps, plan.New{Text: d.keyword("RUN ") + d.leading, Evidence: d.startEvidence()})
	}
	if d.invented != nil {
		s.Steps = append(s.Steps, plan.New{Text: d.keyword("RUN ") + d.inventedBuild(), Evidence: d.startEvidence()})
	}
	return s
}

func (d *design) describe() string {
	what := "the program"
	if len(d.programs) > 1 {
		what = "the programs"
	}
	if !d.cgo.on {
		if len(d.programs) > 1 {
			return "static binaries"
		}
		return "a static binary"
	}
	return what
}

// inventedBuild is the go build that a go run becomes, with its flags.
func (d *design) inventedBuild() string {
	words := []string{"go", "build"}
	for _, f := range d.invented.go_.flags {
		words = append(words, quote(f))
	}
	words = append(words, "-o", d.invented.path)
	compileArgs, _ := d.invented.go_.packages()
	for _, a := range compileArgs {
		words = append(words, quote(a))
	}
	text := strings.Join(words, " ")
	if d.invented.dir != d.builderDir() {
		text = "cd " + d.invented.dir + " && " + text
	}
	return text
}

// builderDir is the working directory at the end of the builder.
func (d *design) builderDir() string {
	if d.late() {
		return d.in.End.Workdir // all WORKDIRs are kept
	}
	dir := d.in.End.Workdir
	for i := len(d.in.Items) - 1; i >= 0; i-- {
		if d.inBuilder(i) {
			dir = d.in.Items[i].Scope.Workdir
			break
		}
	}
	return dir
}

func quote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\"'$`\\*?[]{}()<>|&;#~!") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// buildSteps are the author's items from index from to index to that a build needs.
func (d *design) buildSteps(from, to int, l layout) []plan.Step {
	var steps []plan.Step
	for i := from; i < to; i++ {
		it := d.in.Items[i]
		switch it.Keyword {
		case "RUN", "COPY", "ADD":
			if i != l.moved && d.inBuilder(i) {
				steps = append(steps, it.Keep())
			}
		case "WORKDIR", "ARG", "USER", "SHELL":
			if i < l.last || d.late() && it.Keyword == "WORKDIR" {
				steps = append(steps, it.Keep())
			}
		case "ENV":
			if step, ok := d.envStep(i, func(p dockerfile.Pair) bool { return d.envInBuilder(i, p, l) }); ok {
				steps = append(steps, step)
			}
		}
	}
	return steps
}
