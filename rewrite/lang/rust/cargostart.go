package rust

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// reloaders build the sources and start them again on changes.
var reloaders = compiled.Words("cargo-watch watchexec bacon systemfd entr nodemon mprocs")

// cargoStart is a start command that is cargo itself: cargo run becomes a build and
// the program; everything else needs the tool chain.
func (d *design) cargoStart(c compiled.StartCommand, words []string, own bool) *plan.Refusal {
	g := parseCargo(words)
	single := len(d.Start.Commands) == 1 && (d.Start.Argv != nil && !d.Start.Shell || d.Start.Convert)
	switch {
	case g.verb == "watch" || g.verb == "leptos watch" || g.verb == "leptos serve" || strings.HasPrefix(g.verb, "shuttle"):
		return compiled.RefuseAt(d.ReloadCode(), c.At, "it starts cargo "+g.verb+", which compiles the sources while the container runs", "")
	case g.verb == "test" || g.verb == "bench" || g.verb == "" || g.verb == "clippy" || g.verb == "check":
		return compiled.RefuseAt(plan.ToolchainProduct, c.At, strings.TrimSpace("it starts cargo "+g.verb), "")
	case len(d.HotMounts()) > 0:
		return compiled.RefuseAt(plan.DevContainer, c.At, "it starts cargo "+g.verb+" over mounted sources", "")
	case g.verb != "run" || !own || !single && !d.inShell(words) || g.has("config") || d.Start.Entry != nil && d.Start.Cmd != nil && !d.Start.Entry.JSON:
		return compiled.RefuseAt(plan.NeedsBuildTool, c.At, "it starts cargo", "compile in a RUN, and start the program that it writes")
	}
	if !single {
		words = words[:len(words)-len(g.rest)]
	}
	for _, w := range words {
		if strings.ContainsAny(w, "$`") {
			return compiled.RefuseAt(plan.NeedsBuildTool, c.At, "it starts cargo with words that are put in at the start", "name the program that is to be started")
		}
	}
	return d.runProgram(c, g)
}

// runProgram finds the program that a cargo run starts, and whether a step of the
// author's has compiled just that.
func (d *design) runProgram(c compiled.StartCommand, g cargoCommand) *plan.Refusal {
	a, code, why := d.runArtifact(c, g)
	if why != "" {
		return compiled.RefuseAt(code, c.At, why, "start the compiled program: ./target/release/<name>")
	}
	if d.ran = &a; a.item < 0 {
		d.invent(g)
	}
	d.Used[a.path] = true
	return nil
}

// runArtifact is the program that a cargo run compiles and starts; its item is -1
// where no step has compiled it with the same flags.
func (d *design) runArtifact(c compiled.StartCommand, g cargoCommand) (a artifact, code plan.Code, why string) {
	d.Item, d.Dir, d.Vars, d.Set = len(d.In.Items)-1, c.Dir, compiled.CopyVars(d.In.End.Vars), nil
	name, pkg, why := d.runTarget(d.workDir(g), g)
	if why != "" {
		return a, plan.NeedsBuildTool, why
	}
	out, triple := d.outDir(d.workDir(g), g)
	a = artifact{path: path.Join(out, name), item: -1, dir: pkg.dir, line: g, musl: d.musl(triple)}
	if made, ok := d.madeAt(a.path); ok && made.dir == pkg.dir && made.line.verb == "build" && made.line.features() == g.features() && !d.changedSince(made.item) {
		a.item = made.item
	}
	return a, "", ""
}

// inShell turns the cargo run within a shell's text into its program: only the words
// of cargo are replaced. The text is that of a shell form, or of ["sh", "-c", "…"].
func (d *design) inShell(words []string) bool {
	it := d.Start.Cmd
	if it == nil {
		it = d.Start.Entry
	}
	if it == nil || d.Start.Entry != nil && d.Start.Cmd != nil || len(d.In.End.Shell) > 0 {
		return false
	}
	if text, ok := shell.Unwrap(d.Start.Argv); ok {
		script, err := shell.Parse(text, 0)
		if err != nil {
			return false
		}
		span, found := cargoWords(script, words)
		d.runBefore, d.runAfter, d.runWrapped = text[:span.Start], text[span.End:], found
		return found
	}
	if it.Script == nil {
		return false
	}
	span, found := cargoWords(it.Script, words)
	d.runSpan = span
	return found
}

// cargoWords is the place of the words of the only cargo command of a script, without
// the program's own arguments.
func cargoWords(script *shell.Script, words []string) (span dockerfile.Span, found bool) {
	for _, c := range script.Commands {
		inner := c.Unwrapped()
		if inner.Name() != "cargo" {
			continue
		}
		if found || len(inner.Args) != len(words)+1 || len(c.Redirects) > 0 || c.Op == "&" || c.Op == "|" {
			return span, false
		}
		found = true
		last := len(inner.Args) - len(parseCargo(words).rest) - 1
		span = dockerfile.Span{Start: inner.Args[0].Start, End: inner.Args[last].End}
	}
	return span, found
}

// runTarget is the program that cargo run picks: --bin or --example, the package's
// default-run, or its only one.
func (d *design) runTarget(dir string, g cargoCommand) (name string, pkg *manifest, why string) {
	m := d.around(dir)
	if m == nil {
		return "", nil, "which program cargo run starts is not known: its Cargo.toml cannot be read"
	}
	var names []string
	for _, p := range d.selected(m, g) {
		bins := d.bins(p)
		switch wanted := g.values["bin"]; {
		case g.has("example"):
			return path.Join("examples", g.value("example")), p, ""
		case len(wanted) > 0:
			if !has(bins, g.value("bin")) {
				continue
			}
			bins = []string{g.value("bin")}
		case p.Package.DefaultRun != "":
			return p.Package.DefaultRun, p, ""
		}
		names = append(names, bins...)
		pkg = p
		if len(names) > 1 {
			break
		}
	}
	if len(names) != 1 {
		return "", nil, fmt.Sprintf("which of the programs %s cargo run starts is not known", strings.Join(names, ", "))
	}
	for i := len(d.In.Items) - 1; i >= 0; i-- {
		if d.Kinds(i)[compiled.Generate] && d.Tree.Files[path.Join(pkg.dir, "Cargo.toml")] == "" {
			return "", nil, "its Cargo.toml is written by a step"
		}
	}
	return names[0], pkg, ""
}

// changedSince reports sources that come into the image behind an item.
func (d *design) changedSince(item int) bool {
	for i := item + 1; i < len(d.In.Items); i++ {
		it := d.In.Items[i]
		switch it.Keyword {
		case "COPY", "ADD":
			scratch := newTree(d.In.Project)
			scratch.Copy(it)
			for p := range scratch.Files {
				if base := path.Base(p); strings.HasSuffix(p, ".rs") || strings.HasPrefix(base, "Cargo.") || strings.HasPrefix(base, "rust-toolchain") || path.Base(path.Dir(p)) == ".cargo" {
					return true
				}
			}
		case "ENV":
			for _, p := range it.Pairs {
				if buildKey(p.Key) || d.mentionedByBuild(p.Key) {
					return true
				}
			}
		case "RUN":
			if k := d.Kinds(i); k[compiled.Generate] || k[compiled.Download] {
				return true
			}
		}
	}
	return false
}

// mentionedByBuild: a variable that is set behind the build may only reach the
// compiler at the start. Names that programs read themselves are no reason.
func (d *design) mentionedByBuild(key string) bool {
	for p := range d.Tree.Files {
		if path.Base(p) == "build.rs" {
			if data, ok := d.Tree.Read(p); ok && strings.Contains(string(data), key) {
				return true
			}
		}
	}
	return false
}

// invent adds the cargo build that a cargo run becomes to the builder.
func (d *design) invent(g cargoCommand) {
	if text := inventedBuild(g); !has(d.invented, text) {
		d.invented = append(d.invented, text)
	}
}

// inventedBuild is the cargo build that a cargo run becomes, with its flags.
func inventedBuild(g cargoCommand) string {
	words := []string{"cargo"}
	if g.toolchain != "" {
		words = append(words, g.toolchain)
	}
	words = append(words, "build")
	for _, f := range g.flags {
		words = append(words, compiled.Quote(f))
	}
	return strings.Join(words, " ")
}

// findPrograms settles which of the programs that were built go into the image:
// those that are started, the others of their package in the same folder, and all
// that cargo installed.
func (d *design) findPrograms() *plan.Refusal {
	own := map[string]bool{} // folder of the programs + package
	for _, p := range compiled.SortedKeys(d.Used) {
		if a, ok := d.madeAt(p); ok && a.dir != "" {
			own[path.Dir(p)+"\n"+a.dir] = true
			d.programs = append(d.programs, a)
		} else if ok {
			d.programs = append(d.programs, a)
		} else if d.ran != nil && d.ran.path == p {
			own[path.Dir(p)+"\n"+d.ran.dir] = true
			d.programs = append(d.programs, *d.ran)
		}
	}
	mine := len(own) > 0
	for p := range d.Used {
		mine = mine || d.Tree.Files[p] != "" && len(d.artifacts)+len(d.built) > 0
	}
	if mine {
		for _, a := range d.artifacts {
			if !d.Used[a.path] && a.dir != "" && (own[path.Dir(a.path)+"\n"+a.dir] || a.line.verb == "install" && a.line.has("path")) {
				d.programs = append(d.programs, a)
			}
		}
		return nil
	}
	from := plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}
	switch {
	case d.Clones || len(d.programs) > 0:
		return compiled.RefuseAt(plan.UnknownWriteSet, from, "the sources come from the network during the build, so what the program needs at run time cannot be told", "build from the repository's own sources")
	}
	return compiled.RefuseAt(plan.StartUnknown, from, "no step compiles a Rust program that the image starts", "")
}
