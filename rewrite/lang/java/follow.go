package java

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// follow finds the files that the start command leads to.
func (d *designer) follow() *plan.Refusal {
	if d.in.Hints.WholeApp {
		if refusal := d.whole(d.in.Hints.Why); refusal != nil {
			return refusal
		}
	}
	for _, l := range d.start.java {
		if refusal := d.followLaunch(l); refusal != nil {
			return refusal
		}
		for _, f := range l.files {
			d.addPath(f, l.at)
		}
	}
	for _, p := range d.start.paths {
		d.addPath(p, d.start.at)
	}
	for _, s := range d.start.scripts {
		d.files.add(element{path: s, at: with(d.start.at, "the start command runs it")})
	}
	d.behindBuild()
	if len(d.start.java) == 0 && len(d.start.tools) == 0 && len(d.files) == 0 {
		return &plan.Refusal{Code: plan.StartUnknown, Evidence: with(d.start.at, "no program of the project is found in the start command"), Remedy: "start the program with java"}
	}
	return nil
}

// behindBuild makes COPYs behind the build the builder's too, where nothing that the
// build makes is started: production takes what they copy from there.
func (d *designer) behindBuild() {
	for _, e := range d.files {
		if !d.keptLater(e) {
			return
		}
	}
	for i, s := range d.steps {
		if len(d.files) > 0 && (s.Keyword == "COPY" || s.Keyword == "ADD") {
			d.last = max(d.last, i)
		}
	}
}

// followLaunch finds the files of one java command.
func (d *designer) followLaunch(l launch) *plan.Refusal {
	switch {
	case l.jar.text != "":
		return d.followJar(l.jar, l.at)
	case strings.Contains(l.main, " "):
		d.fact("broken-original", with(l.at, fmt.Sprintf("java takes %q, with its blank, for the name of a class", l.main)), "The start fails in the original, and fails the same way here")
		return d.whole(with(l.at, "the class path is the working directory"))
	case l.open || l.main == "module" || l.main == "":
		return d.whole(with(l.at, "what java starts is put together at run time"))
	}
	for _, e := range l.classpath {
		if refusal := d.followEntry(e, l.at); refusal != nil {
			return refusal
		}
	}
	return nil
}

// followEntry finds one entry of a class path.
func (d *designer) followEntry(e word, at plan.Evidence) *plan.Refusal {
	abs := d.abs(e.text)
	switch {
	case e.open, abs == d.in.End.Workdir:
		return d.whole(with(at, "the class path is the working directory"))
	case strings.HasSuffix(e.text, "*"):
		d.files.add(element{path: path.Dir(abs), dir: true, at: with(at, "the class path has its jars")})
	case strings.HasSuffix(abs, ".jar"):
		return d.followJar(word{text: e.text, glob: true}, at)
	default:
		d.files.add(element{path: abs, dir: true, at: with(at, "it is on the class path")})
	}
	return nil
}

// followJar finds the jar that is started, with what it needs beside it.
func (d *designer) followJar(jar word, at plan.Evidence) *plan.Refusal {
	if jar.open {
		return d.whole(with(at, "the jar's name is put together at run time"))
	}
	abs := d.abs(jar.text)
	pattern := strings.ContainsAny(jar.text, "*?[")
	if pattern && !jar.glob {
		d.fact("broken-original", with(at, jar.text+" is a pattern, and no shell expands it in exec form"), "The start fails in the original, and fails the same way here")
	}
	x := element{path: abs, at: with(at, "the start command leads to it")}
	if !pattern && d.tree.Has(abs) {
		d.files.add(x)
		return nil
	}
	if m, out := d.owner(abs); m != nil {
		return d.output(m, out, x, pattern)
	}
	c, ok := d.made(abs)
	if !ok {
		return d.notFound(abs, at)
	}
	d.files.add(x)
	if !moves[c.Name()] {
		return d.beside(abs, with(at, "the jar may need what is made beside it"))
	}
	if from := d.origin(c); from != nil && !from.fat {
		return d.beside(abs, with(from.at, "the jar may need others beside it"))
	}
	return nil
}

// moves are commands that bring a file as it is.
var moves = wordSet("cp mv ln install find curl wget")

// beside takes the folder of a jar as it is.
func (d *designer) beside(abs string, at plan.Evidence) *plan.Refusal {
	if dir := path.Dir(abs); !within(abs, d.in.End.Workdir) && !slices.Contains(systemFolders, dir) {
		d.files.add(element{path: dir, dir: true, at: at})
		return nil
	}
	return d.whole(at)
}

// notFound refuses a jar that no step makes.
func (d *designer) notFound(abs string, at plan.Evidence) *plan.Refusal {
	for _, m := range d.built() {
		if m.certain && m.fat && d.plainBuild() {
			d.fact("broken-original", with(at, fmt.Sprintf("nothing makes %s; the build makes %s", abs, m.jar)), "The start fails in the original, and fails the same way here")
			d.files.add(element{path: m.jar, at: with(m.at, "the build makes it")})
			return nil
		}
	}
	if clone, ok := d.cloned(); ok && within(abs, d.in.End.Workdir) {
		d.stay(with(clone, "the sources come by git clone, and what they need is not read"))
		return d.whole(with(clone, "the sources come by git clone"))
	}
	return &plan.Refusal{Code: plan.StartUnknown, Evidence: with(at, "no step is seen to make "+abs), Remedy: "start the jar where the build puts it, or copy it in a RUN"}
}

// cloned is a git clone of the builder.
func (d *designer) cloned() (plan.Evidence, bool) {
	for _, s := range d.steps {
		for _, c := range s.commands {
			if s.Keyword == "RUN" && c.Name() == "git" && len(c.Args) > 1 && c.Args[1].Text == "clone" {
				return d.in.Evidence(s.Item, ""), true
			}
		}
	}
	return plan.Evidence{}, false
}

// output is a file in a folder that a build writes.
func (d *designer) output(m *module, out string, x element, pattern bool) *plan.Refusal {
	flat := path.Dir(x.path) == out || m.tool == "gradle" && path.Dir(x.path) == path.Join(out, "libs")
	switch {
	case !flat: // target/quarkus-app/quarkus-run.jar
		rest := strings.TrimPrefix(x.path, out+"/")
		first, _, _ := strings.Cut(rest, "/")
		d.files.add(element{path: path.Join(out, first), dir: true, at: with(m.at, "the jar needs the files beside it")})
	case !m.fat:
		d.files.add(element{path: out, dir: true, at: with(m.at, "nothing shows that the jar holds what it depends on")})
	case pattern || m.jar == x.path || m.classified(x.path):
		d.files.add(x)
	default:
		if m.tool == "maven" && m.certain && d.plainBuild() {
			d.fact("broken-original", with(m.at, fmt.Sprintf("the start command names %s, and the build makes %s", x.path, m.jar)), "The start fails in the original, and fails the same way here")
		}
		d.files.add(element{path: path.Join(path.Dir(x.path), "*"+path.Ext(x.path)), at: with(m.at, "the jar's name is not written out here")})
	}
	return nil
}

// plainBuild reports builds without properties or profiles that may set a name.
func (d *designer) plainBuild() bool {
	for _, s := range d.steps {
		for _, c := range s.commands {
			if c.kind != build {
				continue
			}
			for _, w := range c.Args[1:] {
				skips := strings.HasPrefix(w.Text, "-DskipTests") || strings.HasPrefix(w.Text, "-Dmaven.test") || strings.HasPrefix(w.Text, "-Dhttp") || strings.HasPrefix(w.Text, "-Dmaven.wagon")
				if strings.HasPrefix(w.Text, "-P") || strings.HasPrefix(w.Text, "-D") && !skips || !w.Literal {
					return false
				}
			}
		}
	}
	return true
}

// built are the modules in whose folders a build tool runs.
func (d *designer) built() []*module {
	var out []*module
	for _, s := range d.steps {
		for _, c := range s.commands {
			if m := d.moduleOf(toolOf(c.tool), c.dir); s.Keyword == "RUN" && jvmTools[c.tool] && m != nil && !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

// made reports a RUN that writes a path: its last word, or a file that goes into
// the path's folder.
func (d *designer) made(abs string) (command, bool) {
	for i := d.last; i >= 0; i-- {
		for _, c := range d.steps[i].commands {
			if len(c.Args) < 2 {
				continue
			}
			words := c.Args[1:]
			dest := resolve(c.dir, words[len(words)-1].Text)
			for j, w := range words {
				p := resolve(c.dir, w.Text)
				into := j < len(words)-1 && dest == path.Dir(abs) && matches(path.Base(w.Text), path.Base(abs))
				if p != abs && !into && !(strings.Contains(dest, "*") && matches(dest, abs)) {
					continue
				}
				return c, true
			}
		}
	}
	return command{}, false
}

// origin is the module whose outcome a command copies, nil where it is none's.
func (d *designer) origin(c command) *module {
	for _, w := range c.Args[1:] {
		if m, _ := d.owner(resolve(c.dir, w.Text)); m != nil {
			return m
		}
	}
	if c.kind == fetch {
		return nil
	}
	return d.module(c.dir)
}

func resolve(dir, text string) string {
	if path.IsAbs(text) {
		return path.Clean(text)
	}
	return path.Join(dir, text)
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// addPath takes along what a word of the start command names, where it is there.
func (d *designer) addPath(text string, at plan.Evidence) {
	if text == "" || len(text) > 300 || strings.ContainsAny(text, " $*?\"'") {
		return
	}
	abs := d.abs(text)
	switch {
	case abs == d.in.End.Workdir || abs == "/" || within(d.in.End.Workdir, abs):
	case d.tree.Has(abs):
		d.files.add(element{path: abs, at: with(at, "the start command names it")})
	case d.tree.HasDir(abs):
		d.files.add(element{path: abs, dir: true, at: with(at, "the start command names it")})
	case strings.Contains(text, "."):
		if _, ok := d.made(abs); ok {
			d.files.add(element{path: abs, at: with(at, "the start command names it")})
		}
	}
}

// installDist is a start script that a build writes with its jars: the folder above
// its bin. It reports whether the path is understood.
func (d *designer) installDist(target string) bool {
	if strings.HasSuffix(target, ".jar") || strings.HasSuffix(target, ".war") {
		d.start.java = append(d.start.java, launch{at: d.start.at, jar: word{text: target, glob: true}})
		return true
	}
	m, out := d.owner(target)
	if m == nil || path.Base(path.Dir(target)) != "bin" {
		return within(target, d.in.End.Workdir) && d.last >= 0 && path.Base(path.Dir(target)) == "bin" && d.whole(with(d.start.at, "the start script is unpacked by the build")) == nil
	}
	if dir := path.Dir(path.Dir(target)); dir != out {
		d.files.add(element{path: dir, dir: true, at: with(m.at, "the start script needs the jars beside it")})
		return true
	}
	return false
}

// systemFolders hold much else than the program.
var systemFolders = []string{"/", "/root", "/home", "/home/gradle", "/opt", "/usr", "/usr/local", "/var", "/etc", "/tmp", "/bin", "/lib", "/usr/lib", "/usr/share"}

// whole takes the working directory as it is after the build.
func (d *designer) whole(at plan.Evidence) *plan.Refusal {
	dir := d.in.End.Workdir
	if slices.Contains(systemFolders, dir) {
		return &plan.Refusal{Code: plan.UnknownWriteSet, Evidence: with(at, at.Text+fmt.Sprintf(", and %s holds more than the program", dir)),
			Remedy: "set a WORKDIR of the program's own"}
	}
	d.files.add(element{path: dir, dir: true, at: at})
	return nil
}
