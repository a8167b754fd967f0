package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// productionStage is the image that runs.
func (d *design) productionStage(l layout) (plan.Stage, []plan.Dropped) {
	s := plan.Stage{Name: l.names.production, Role: plan.Runtime, Base: d.RuntimeRef(), From: d.productionFrom(l), Purpose: d.purpose()}
	var dropped []plan.Dropped
	if step, ok := d.PackageStep(); ok {
		s.Steps = append(s.Steps, step)
	}
	copied := false
	for i, it := range d.In.Items {
		if i > l.copy && !copied && d.AfterCopies(it) {
			s.Steps, copied = append(s.Steps, d.copySteps(l)...), true
		}
		step, drop := d.runtimeStep(i, l)
		if step != nil {
			s.Steps = append(s.Steps, step)
		}
		if drop != nil {
			dropped = append(dropped, *drop)
		}
	}
	if first := d.In.Items[0].Scope.Workdir; !d.HasWorkdir() && first != d.RuntimeWorkdir() {
		s.Steps = append([]plan.Step{plan.New{Text: d.In.Keyword("WORKDIR ") + first}}, s.Steps...) // relative ones go on from it
	}
	if !copied {
		s.Steps = append(s.Steps, d.copySteps(l)...)
	}
	if d.User.NonRoot {
		d.Changes = append(d.Changes, plan.Change{Field: plan.FieldUser, Before: "root", After: "65532", Evidence: plan.Evidence{Text: "nothing shows that the program needs root"}})
	}
	return s, dropped
}

func (d *design) productionFrom(l layout) plan.Step {
	platform := ""
	if d.In.Stage.Platform != "" && !strings.Contains(d.In.Stage.Platform, "BUILDPLATFORM") {
		platform = "--platform=" + d.In.Stage.Platform + " "
	}
	return plan.New{Text: d.In.Keyword("FROM ") + platform + d.RuntimeRef() + d.In.Keyword(" AS ") + l.names.production, Evidence: d.Runtime.Why}
}

// purpose says what the image is, for the comment above it.
func (d *design) purpose() string {
	what := "holds the binary"
	if len(d.programs) > 1 {
		what = "holds the binaries"
	}
	switch {
	case d.Runtime.Shell:
		return "holds what the program needs to run, without the toolchain"
	case len(d.Data) > 0:
		what += " and the files that the program reads"
	default:
		what += " and nothing else"
	}
	if d.User.NonRoot {
		what += ", and runs without root"
	}
	return what
}

// runtimeStep is what the running image has of an item, and what no stage has of
// it any more.
func (d *design) runtimeStep(i int, l layout) (plan.Step, *plan.Dropped) {
	it := d.In.Items[i]
	switch it.Keyword {
	case "RUN":
		return d.runtimeRun(i), d.droppedRun(i)
	case "COPY", "ADD":
		if _, from := it.Flag("from"); d.onlyRuntime(i) || d.whole() && !from {
			return it.Keep(), nil
		}
		return nil, nil
	case "WORKDIR":
		return d.workdirStep(i, l)
	case "USER":
		if d.LastOf(i) || i >= l.last {
			return it.Keep(), nil
		}
		return nil, nil
	case "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL":
		if !d.LastOf(i) {
			drop := d.In.Drop(it, "a later "+it.Keyword+" takes its place")
			return nil, &drop
		}
		return d.startStep(it), nil
	case "ENV":
		step, _ := d.runtimeEnv(i)
		return step, nil
	case "ARG":
		if i >= l.last || d.argInProduction(i) {
			return it.Keep(), nil
		}
		return nil, nil
	case "SHELL":
		return it.Keep(), nil
	}
	return it.Keep(), nil // EXPOSE, LABEL, VOLUME, MAINTAINER
}

// workdirStep keeps the WORKDIRs that lead to the last one: from the last absolute
// one on. Variables that only the build image has are put in.
func (d *design) workdirStep(i int, l layout) (plan.Step, *plan.Dropped) {
	it := d.In.Items[i]
	lastAbsolute := -1
	for j, other := range d.In.Items {
		if other.Keyword == "WORKDIR" && path.IsAbs(dockerfile.Expand(other.Value(), other.Scope.Vars)) {
			lastAbsolute = j
		}
	}
	switch {
	case i >= lastAbsolute:
		if strings.Contains(it.Value(), "$") && len(it.Words) == 1 && !d.sameInProduction(it.Value(), it) {
			return plan.Cut{Span: it.Span, Edits: []plan.Edit{{Span: it.Words[0].Span, Text: dockerfile.Expand(it.Value(), it.Scope.Vars)}}}, nil
		}
		return it.Keep(), nil
	case i >= l.last:
		drop := d.In.Drop(it, "a later WORKDIR takes its place")
		return nil, &drop
	}
	return nil, nil
}

// startStep is CMD or ENTRYPOINT: as it is, in exec form, or with the program in
// place of cargo run.
func (d *design) startStep(it plan.Item) plan.Step {
	starts := it.Keyword == "ENTRYPOINT" || it.Keyword == "CMD" && d.Start.Entry == nil
	var argv []string
	switch {
	case !starts:
		return it.Keep()
	case !d.runSpan.IsZero():
		return d.shellRun(it)
	case d.runWrapped:
		argv = append([]string{}, d.Start.Argv...)
		argv[len(argv)-1] = d.runBefore + d.ran.path + d.runAfter
	case d.ran != nil:
		rest := d.ran.line.rest
		if it.Keyword == "ENTRYPOINT" && it.JSON {
			rest = parseCargo(it.Argv[min(1, len(it.Argv)):]).rest
		}
		argv = append([]string{d.ran.path}, rest...)
	case d.Start.Convert || it.JSON && d.movedStart() != "":
		argv = append([]string{}, d.Start.Argv...)
		if it.JSON {
			argv = append([]string{}, it.Argv...)
		}
	default:
		return it.Keep()
	}
	why := "the shell form needs no shell"
	if p := d.movedStart(); p != "" && d.ran == nil {
		argv[0], why = p, "the program looks for files beside itself, and its folder is not searched in the new image"
	}
	if d.ran != nil {
		why = "the program is compiled once, and not at every start"
	}
	d.Changes = append(d.Changes, plan.Change{Field: plan.FieldCommand, Before: strings.TrimSpace(d.In.File.Text(it.Args)), After: shell.ExecForm(argv), Evidence: d.In.Evidence(it, why)})
	return plan.Cut{Span: it.Span, Edits: []plan.Edit{{Span: compiled.Trimmed(d.In.File, it.Args), Text: shell.ExecForm(argv)}}, Evidence: d.In.Evidence(it, why)}
}

// shellRun puts the program in the place of cargo run, in a shell form.
func (d *design) shellRun(it plan.Item) plan.Step {
	at := d.In.Evidence(it, "the program is compiled once, and not at every start")
	before := d.In.File.Text(compiled.Trimmed(d.In.File, it.Args))
	after := before[:d.runSpan.Start-it.Args.Start] + d.ran.path + before[d.runSpan.End-it.Args.Start:]
	d.Changes = append(d.Changes, plan.Change{Field: plan.FieldCommand, Before: before, After: after, Evidence: at})
	return plan.Cut{Span: it.Span, Edits: []plan.Edit{{Span: d.runSpan, Text: d.ran.path}}, Evidence: at}
}

// movedStart is the path of a program that has to be started by it, "" for none.
func (d *design) movedStart() string {
	for _, a := range d.programs {
		if places := d.programPlaces(a.path); d.namesItself(a.path) && d.Bare[a.path] && len(places) == 1 && places[0] == a.path && !d.searched(path.Dir(a.path)) {
			return a.path
		}
	}
	return ""
}

// searched reports a folder that PATH has in the new image.
func (d *design) searched(dir string) bool {
	for _, p := range strings.Split(d.runtimePath(), ":") {
		if path.Clean(p) == dir {
			return true
		}
	}
	return false
}

// copySteps carry the programs and files over from the builder.
func (d *design) copySteps(l layout) []plan.Step {
	var steps []plan.Step
	own := d.copiedByRuntime()
	groups, order := map[string][]string{}, []string{}
	add := func(from, to string) {
		dir := path.Dir(to)
		if path.Base(from) != path.Base(to) {
			steps = append(steps, d.copyStep(l, []string{from}, to))
			return
		}
		if groups[dir] == nil {
			order = append(order, dir)
		}
		groups[dir] = append(groups[dir], from)
	}
	for _, a := range d.programs {
		for _, to := range d.programPlaces(a.path) {
			add(a.path, to)
		}
	}
	for _, dir := range order {
		steps = append(steps, d.copyGroup(l, groups[dir], dir))
	}
	groups, order = map[string][]string{}, nil
	for _, e := range d.Data {
		switch {
		case own[e.Path]:
		case e.Maybe:
			end := len(e.Path) - 1 // a pattern that matches nothing is no error to BuildKit
			steps = append(steps, d.copyStep(l, []string{e.Path[:end] + "[" + e.Path[end:] + "]"}, e.Path+"/"))
		case e.Folder:
			steps = append(steps, d.copyStep(l, []string{e.Path}, e.Path))
		default:
			add(e.Path, e.Path)
		}
	}
	for _, dir := range order {
		steps = append(steps, d.copyGroup(l, groups[dir], dir))
	}
	return append(steps, d.OwnerSteps()...)
}

func (d *design) copyGroup(l layout, files []string, dir string) plan.Step {
	if len(files) == 1 && !strings.ContainsAny(files[0], "*[") {
		return d.copyStep(l, files, path.Join(dir, path.Base(files[0])))
	}
	return d.copyStep(l, files, strings.TrimSuffix(dir, "/")+"/")
}

// copyStep is one COPY from the builder; names with blanks need the JSON form.
func (d *design) copyStep(l layout, from []string, to string) plan.Step {
	flags := "--from=" + l.names.builder + " "
	owner := d.OwnerOf(from[0])
	if hinted := d.HintedOwner(from...); hinted != "" {
		owner = hinted
	}
	if owner != "" {
		flags += "--chown=" + owner + " "
	}
	words := append(append([]string{}, from...), to)
	text := strings.Join(words, " ")
	for _, w := range words {
		if strings.ContainsAny(w, " \t'\"") {
			text = shell.ExecForm(words)
			break
		}
	}
	return plan.New{Text: d.In.Keyword("COPY ") + flags + text}
}

// copiedByRuntime are the files that a COPY of the author's brings to the last
// stage itself.
func (d *design) copiedByRuntime() map[string]bool {
	set := map[string]bool{}
	for i, it := range d.In.Items {
		if _, from := it.Flag("from"); (it.Keyword == "COPY" || it.Keyword == "ADD") && (d.onlyRuntime(i) || d.whole() && !from) {
			scratch := newTree(d.In.Project)
			scratch.Copy(it)
			for p := range scratch.Files {
				set[p] = true
				for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
					set[dir] = set[dir] || d.allFrom(dir, scratch)
				}
			}
		}
	}
	return set
}

// allFrom reports whether everything in a folder comes from one COPY.
func (d *design) allFrom(dir string, t *tree) bool {
	for p := range d.Tree.Files {
		if inside.Below(p, dir) && !t.IsFile(p) {
			return false
		}
	}
	return true
}

// programPlaces is where a program has to lie: where it was, and where PATH finds
// it if it was found that way in a folder that the new image does not search.
func (d *design) programPlaces(p string) []string {
	if !d.Bare[p] || d.searched(path.Dir(p)) {
		return []string{p}
	}
	moved := path.Join("/usr/local/bin", path.Base(p))
	if d.namesItself(p) {
		return []string{p}
	}
	if d.Slashed[p] {
		return []string{p, moved}
	}
	return []string{moved}
}

// namesItself reports a program that was found along PATH and looks for files
// beside itself: it has to stay where it is, and is started by its path.
func (d *design) namesItself(p string) bool {
	_, asks := d.source.traits["executable"]
	return asks && len(d.Start.Argv) > 0 && !d.Start.Shell && !strings.Contains(d.Start.Argv[0], "/") && path.Base(p) == d.Start.Argv[0]
}
