package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// productionSteps collects the production stage.
type productionSteps struct {
	d     *designer
	steps []plan.Step
	args  map[int]int // index in steps → index of the ARG item
	takes bool        // something comes from another stage
}

// production writes the last stage: the author's list, in which copies from the
// other stages stand for the install and the build.
func (d *designer) production() *plan.Refusal {
	p := &productionSteps{d: d, args: map[int]int{}}
	if len(d.extra) > 0 {
		p.add(d.installExtra())
	}
	for i, s := range d.steps {
		if refusal := p.item(s); refusal != nil {
			return refusal
		}
		if i == d.last && d.contents != wholeDir {
			p.modules(i)
		}
		if i == d.end {
			p.outputs(i)
		}
	}
	p.dropArgs()
	p.environment()
	p.addUser()
	if !p.takes {
		return &plan.Refusal{Code: plan.SmallSaving, Evidence: d.in.Evidence(d.steps[d.last].Item, "run time needs nothing of what is installed or built")}
	}
	base := d.in.Base.Ref
	if d.slim != "" {
		base = d.slimRef
	}
	d.stage(d.names.production, d.productionPurpose(), plan.Runtime, d.fromProduction(d.names.production), base, p.steps)
	d.dropRest()
	return nil
}

func (d *designer) productionPurpose() string {
	switch {
	case len(d.run.servers) > 0 && len(d.run.entries) == 0:
		return "serves what was built"
	case d.built.any:
		return "runs what was built"
	}
	return "runs the application"
}

func (p *productionSteps) add(s plan.Step) { p.steps = append(p.steps, s) }

// keep takes an item over as it is.
func (p *productionSteps) keep(s step) { p.add(p.d.keepItem(s)) }

// item takes over what production needs of one item.
func (p *productionSteps) item(s step) *plan.Refusal {
	switch s.Keyword {
	case "COPY", "ADD":
		if p.d.keepsCopy(s) {
			if step := p.d.withoutToken(s); step != nil {
				p.add(step)
			}
		}
	case "RUN":
		step, refusal := p.d.productionRun(s)
		if refusal != nil {
			return refusal
		}
		if step != nil {
			p.d.coverRun(s, step)
			p.add(step)
		}
	case "CMD":
		p.add(p.d.execForm(s))
	case "ARG":
		p.args[len(p.steps)] = s.Index
		p.add(s.Keep())
	default:
		p.keep(s)
	}
	return nil
}

// coverRun notes a RUN of which production has everything.
func (d *designer) coverRun(s step, out plan.Step) {
	if _, whole := out.(plan.Keep); whole {
		d.covered[s.Index] = true
	}
}

// keepsCopy decides whether production copies from the context what the author
// does.
func (d *designer) keepsCopy(s step) bool {
	if _, from := s.Flag("from"); from || len(s.Heredocs) > 0 {
		return true
	}
	if d.split != nil {
		return !d.split.copies(d, s) || s.Index > d.end
	}
	inside, outside := d.copiesTo(s)
	if dest := s.Scope.Abs(s.Dest()); len(inside)+len(outside) == 0 && (dest == d.app.dir || strings.HasPrefix(dest, d.app.dir+"/")) {
		// Nothing of it is in the repository: a download, or a file that git ignores.
		return s.Index > d.end || d.contents != wholeDir && !strings.HasSuffix(path.Clean(strings.Join(s.Sources(), " ")), ".git")
	}
	switch {
	case len(outside) > 0 || len(inside) == 0:
		return true
	case s.Index > d.end:
		return true
	case d.contents == wholeDir:
		return false
	case d.contents == authors:
		return true
	}
	for _, rel := range inside {
		if !d.manifestAtRun(rel) && !within(rel, d.reads) {
			return false
		}
	}
	for _, rel := range inside {
		if within(rel, d.reads) { // this COPY brings what run time reads
			d.taken(rel)
		}
	}
	return true
}

// copiesTo are the paths that a COPY writes, inside the project's folder and
// outside it.
func (d *designer) copiesTo(s step) (inside, outside []string) {
	for _, name := range d.app.tree.By[s.Index] {
		if rel, ok := d.app.rel(name); ok {
			inside = append(inside, rel)
		} else {
			outside = append(outside, name)
		}
	}
	return inside, outside
}

// manifestAtRun reports a manifest that production wants: package.json says how
// modules are read and what npm starts.
func (d *designer) manifestAtRun(rel string) bool {
	if !d.wantsManifest() {
		return false
	}
	switch rel {
	case "package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc":
		return true
	}
	return contains(manifestFiles, rel) || managerFile(rel) && d.run.uses("yarn")
}

func (d *designer) wantsManifest() bool {
	return d.modules != noModules || len(d.run.scripts) > 0 || d.runsOwnCode()
}

// taken takes a name off what still has to be copied from the build.
func (d *designer) taken(rel string) {
	for i, k := range d.reads {
		if within(rel, []string{k}) {
			d.reads = append(d.reads[:i:i], d.reads[i+1:]...)
			return
		}
	}
}

// modules copies node_modules where the author installs them.
func (p *productionSteps) modules(at int) {
	d := p.d
	var from string
	switch d.modules {
	case noModules:
		return
	case fresh, pruned:
		from = d.names.deps
	default:
		from = d.names.full
		if d.built.modules || from == "" {
			from = d.names.build
		}
	}
	p.copy(at, from, "node_modules")
	p.homes(from)
}

// copy copies a file or folder of the project from another stage.
func (p *productionSteps) copy(at int, stage, name string) {
	d := p.d
	p.takes = true
	p.add(plan.New{Text: d.in.Keyword("COPY") + " --from=" + stage + d.ownerOf(at, name) + " " + d.app.path(name) + " " + d.dest(at, name)})
}

// owner gives copied files to the user that the author has set at an item: files
// keep the owner that they have in the other stage, but a copied folder itself
// becomes root's.
func (d *designer) owner(at int) string {
	user := d.steps[at].Scope.User
	name, _, _ := strings.Cut(user, ":")
	if name == "" || name == "root" || name == "0" {
		return ""
	}
	return " --chown=" + user
}

// outputs copies what the build makes, at the place of the last build step.
func (p *productionSteps) outputs(at int) {
	d := p.d
	if d.split != nil {
		p.splits(at)
		return
	}
	if d.contents == wholeDir {
		from := d.names.build
		if d.modules == pruned {
			from = d.names.deps
		} else if from == "" {
			from = d.names.full
		}
		p.takes = true
		p.add(plan.New{Text: d.in.Keyword("COPY") + " --from=" + from + d.ownerOf(at, "") + " " + d.app.dir + " " + d.dest(at, "")})
		p.homes(from)
		return
	}
	if d.contents == minimal {
		if d.wantsManifest() && !p.has("package.json") {
			p.copy(at, d.names.build, "package.json")
		}
		p.setup(at)
		for _, name := range d.reads {
			p.copy(at, d.names.build, name)
		}
		if d.localEnv { // a pattern may match nothing
			p.add(plan.New{Text: d.in.Keyword("COPY") + " --from=" + d.names.build + d.owner(at) + " " + d.app.path(".env*") + " " + d.dest(at, "")})
		}
	}
	if d.names.build != "" {
		for _, out := range d.outputs() {
			p.copy(at, d.names.build, out)
		}
	}
}

// outputs are the folders of the build that production reads.
func (d *designer) outputs() []string {
	var out []string
	for _, o := range d.built.outputs {
		if d.contents == minimal && within(o, d.reads) {
			continue // it came along
		}
		if d.standalone(o) {
			o = path.Join(o, "standalone")
		}
		out = append(out, o)
	}
	return out
}

// standalone reports Next.js' own server as the only thing that is started.
func (d *designer) standalone(out string) bool {
	for _, e := range d.run.entries {
		if rel, _ := d.app.rel(e); strings.HasPrefix(rel, out+"/standalone/") {
			return d.run.next == nil
		}
	}
	return false
}

// has reports that an item which production keeps copies the file.
func (p *productionSteps) has(name string) bool {
	file := p.d.app.tree.Files[p.d.app.path(name)]
	for _, s := range p.steps {
		var span dockerfile.Span
		switch s := s.(type) {
		case plan.Keep:
			span = s.Span
		case plan.Cut:
			span = s.Span
		}
		if span == p.d.steps[file.First].Span || span == p.d.steps[file.Last].Span {
			return true
		}
	}
	return false
}

// dropArgs leaves out the ARGs that nothing in production mentions (H80).
func (p *productionSteps) dropArgs() {
	wanted := map[string]bool{}
	var out []plan.Step
	for i := len(p.steps) - 1; i >= 0; i-- {
		item, isArg := p.args[i]
		if !isArg {
			p.d.mentions(p.steps[i], wanted)
			out = append(out, p.steps[i])
			continue
		}
		for _, pair := range p.d.steps[item].Pairs {
			if wanted[pair.Key] || wanted["*"] {
				p.d.covered[item] = true
				p.d.mentions(p.steps[i], wanted)
				out = append(out, p.steps[i])
				break
			}
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	p.steps = out
}

// mentions notes the variables in a step's text. A step that runs what is not
// known may read any ("*").
func (d *designer) mentions(s plan.Step, wanted map[string]bool) {
	span := dockerfile.Span{}
	switch s := s.(type) {
	case plan.Keep:
		span = s.Span
	case plan.Cut:
		span = s.Span
	}
	text := d.in.File.Text(span)
	for i := 0; i < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		j := i + 1
		if j < len(text) && text[j] == '{' {
			j++
		}
		k := j
		for k < len(text) && (text[k] == '_' || text[k] >= '0' && text[k] <= '9' || text[k] >= 'A' && text[k] <= 'Z' || text[k] >= 'a' && text[k] <= 'z') {
			k++
		}
		wanted[text[j:k]] = true
	}
	for _, st := range d.steps {
		if st.Span == span && st.does(unknown, fetch, global) {
			wanted["*"] = true
		}
	}
}

// dropRest names the items that no stage has, and the stage's name where it was
// replaced.
func (d *designer) dropRest() {
	if from := d.in.Stage.From; d.in.Stage.Name != "" && len(from.Words) == 3 && d.names.production != d.in.Stage.Name {
		d.plan.Dropped = append(d.plan.Dropped, plan.Dropped{Span: from.Words[2].Span,
			Evidence: plan.Evidence{Line: d.in.File.Line(from), Text: "the stage has another name"}})
	}
	for _, s := range d.steps {
		if d.covered[s.Index] {
			continue
		}
		d.plan.Dropped = append(d.plan.Dropped, d.in.Drop(s.Item, d.reason(s)))
	}
}

func (d *designer) reason(s step) string {
	switch {
	case s.does(prune, install):
		return "production takes its dependencies from a stage that has no others"
	case s.does(cache):
		return "caches stay behind in the stage that made them"
	case s.does(global), s.does(npmConfig):
		return "neither the build nor run time uses it"
	case s.Keyword == "COPY" || s.Keyword == "ADD":
		return "another step copies these files"
	case s.Keyword == "ARG":
		return "nothing uses it"
	}
	return "nothing in any stage needs it"
}
