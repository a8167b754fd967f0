package rootfs

import (
	"debug/elf"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// The limits of what is looked at beside what starts.
const (
	maxNative   = 2000 // files that may be ELF objects of the application
	maxScripts  = 1000 // files that may be console scripts
	maxProblems = 20   // of one kind
)

// nativeModules looks at the ELF files that come with the application. That one of them
// is loaded is not certain, so nothing here is: a package brings modules for other
// architectures and the other libc, plugins for libraries that nobody has, and objects
// whose libraries another object has loaded before them.
func (in *inspector) nativeModules() {
	var files []*file
	in.tree.eachGrouped(func(f *file, group string) {
		if application(group) && f.regular() && f.size >= 52 && len(files) < maxNative && mayBeObject(f, group) {
			files = append(files, f)
		}
	})
	parallel(files, func(f *file) { in.tree.object(in.ctx, f) })
	musl, libcKnown := in.tree.libc()
	seen, looked := map[string]bool{}, 0
	for _, f := range files {
		o := in.tree.object(in.ctx, f)
		if o == nil || !libcKnown || in.started(o) || optional(f.path) {
			continue
		}
		looked++
		for _, failed := range in.native(o, musl) {
			key := string(failed.Kind) + failed.Subject
			if !seen[key] && len(seen) < maxProblems {
				seen[key] = true
				in.problem(rowModules, false, failed)
			}
		}
	}
	if looked > 0 {
		in.row(rowModules, true, count(looked, "object"))
	}
}

// mayBeObject reports a file that is an ELF object by its name, or a program.
func mayBeObject(f *file, group string) bool {
	switch ext := path.Ext(f.name); {
	case ext == ".so" || ext == ".node" || strings.Contains(f.name, ".so."):
		return true
	case f.mode.Perm()&0o111 == 0:
		return false
	default:
		return ext == "" || group == proof.GroupSources && (ext == ".bin" || ext == ".exe" || strings.Trim(ext, ".0123456789") == "")
	}
}

// optionalModules are modules that their packages do without: Tk windows of Pillow and
// matplotlib, thread pools of numba.
var optionalModules = regexp.MustCompile(`^(omppool|tbbpool|_imagingtk|_tkinter|_tkagg)\.`)

// optional reports what is there to be loaded only where its library is.
func optional(name string) bool {
	if optionalModules.MatchString(path.Base(name)) {
		return true
	}
	for part := range strings.SplitSeq(name, "/") {
		switch part {
		case "plugins", "test", "tests", "examples":
			return true
		}
	}
	return false
}

// libc says which libc the image has; known is false where it has none or both.
func (t *Tree) libc() (musl, known bool) {
	musl = len(t.glob("/lib/ld-musl-*")) > 0
	glibc := false
	for _, f := range t.named("libc.so.6") {
		glibc = glibc || systemLibrary(f.path)
	}
	return musl, musl != glibc
}

// started reports an object that the start command loads anyway.
func (in *inspector) started(o *object) bool {
	if in.process == nil {
		return false
	}
	return slices.ContainsFunc(in.process.order, func(l *loaded) bool { return l.file == o.file })
}

// native says what a module or program of the application lacks.
func (in *inspector) native(o *object, musl bool) []proof.Failure {
	if in.machine != elf.EM_NONE && o.machine != in.machine || o.elsewhere() {
		return nil
	}
	if o.musl() != musl && (o.musl() || o.glibc()) {
		return in.otherLibc(o, musl)
	}
	c := in.processOf(o)
	if c == nil {
		return nil
	}
	var out []proof.Failure
	for _, g := range c.gaps {
		switch {
		case g.unsure || g.stale == "" && g.version == "" && len(in.tree.named(g.library)) > 0:
			// another object may load it from where it is
		case strings.HasPrefix(g.library, "libcuda.so") || strings.HasPrefix(g.library, "libnvidia-") || strings.HasPrefix(g.library, "libnvcuvid"):
			// mounted into the container from the machine
		default:
			out = append(out, g.failure())
		}
	}
	return out
}

// otherLibc judges an object of the libc that the image does not have. A package brings
// one for each; what was built on the spot has no twin.
func (in *inspector) otherLibc(o *object, musl bool) []proof.Failure {
	built := strings.Contains(o.file.path, "/build/Release/")
	if !built || in.tree.exists("/lib/libgcompat.so.0") {
		return nil
	}
	libcs := map[bool]string{true: "musl", false: "glibc"}
	return []proof.Failure{failure(proof.WrongLibc, o.file.path, "%s was built against %s, and the image has %s", o.file.path, libcOf(o), libcs[musl])}
}

// processOf is the process that an object is loaded into, with the gaps that are the
// object's: its own for a program, that of the start command for a module.
func (in *inspector) processOf(o *object) *closure {
	if o.interp != "" && o.program && !strings.Contains(o.file.name, ".so") {
		c, missing := in.closureOf(o, o.file.path)
		if missing != nil {
			return nil
		}
		return c
	}
	var c *closure
	by := (*loaded)(nil)
	if in.process != nil && in.process.loader.like.runs(o) {
		c = in.process.fork()
		by = c.order[min(1, len(c.order)-1)]
	} else {
		musl, _ := in.tree.libc()
		c = &closure{loader: in.tree.newLoader(in.ctx, o, musl, nil, in.env, in.dir), names: map[string]*loaded{}}
	}
	from := len(c.order)
	if c.names[path.Base(o.file.path)] != nil {
		return nil
	}
	c.load(&loaded{object: o, at: o.file.path, by: by})
	c.checkVersions(from)
	return c
}

// parallel calls a function for each file from as many goroutines as folders are read.
func parallel(files []*file, do func(*file)) {
	var all sync.WaitGroup
	next := make(chan *file)
	for range walkers {
		all.Go(func() {
			for f := range next {
				do(f)
			}
		})
	}
	for _, f := range files {
		next <- f
	}
	close(next)
	all.Wait()
}
