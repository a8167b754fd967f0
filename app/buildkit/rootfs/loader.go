package rootfs

import (
	"context"
	"debug/elf"
	"path"
	"strings"
)

// loader finds shared libraries as the dynamic loader of one program does.
type loader struct {
	tree    *Tree
	ctx     context.Context
	like    *object // class and machine that libraries must have
	musl    bool
	foreign bool   // a loader in a place of its own, such as Nix has: its folders are not known
	dir     string // the working directory, for relative paths
	path    []string

	cache    map[string][]string // glibc: paths by soname; nil where there is no cache
	conf     []string            // glibc: what the cache should list
	useConf  bool                // the cache cannot be read: as if it listed all
	defaults []string
}

// newLoader is the loader of a program. like says what a library must be like.
func (t *Tree) newLoader(ctx context.Context, like *object, musl bool, interp *file, env map[string]string, dir string) *loader {
	l := &loader{tree: t, ctx: ctx, like: like, musl: musl, dir: dir}
	for _, p := range strings.FieldsFunc(env["LD_LIBRARY_PATH"], func(r rune) bool { return r == ':' || r == ';' }) {
		l.path = append(l.path, absolute(dir, p))
	}
	if interp != nil {
		l.foreign = !systemLibrary(interp.path)
	}
	if musl {
		l.defaults = t.muslFolders(ctx)
		return l
	}
	l.conf = t.confFolders(ctx)
	l.defaults = t.glibcFolders()
	if f, s := t.resolve("/etc/ld.so.cache"); s != absent {
		var ok bool
		l.cache, ok = parseLdCache(t.text(ctx, f, maxText))
		l.useConf = !ok
	}
	return l
}

// systemLibrary reports a path in the folders of the system's own libraries.
func systemLibrary(name string) bool {
	for _, dir := range []string{"/lib", "/lib64", "/lib32", "/libx32", "/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/libx32", "/usr/glibc-compat"} {
		if within(name, dir) {
			return true
		}
	}
	return false
}

// glibcFolders are the default folders of the glibc builds of the distributions: Debian
// has one for each architecture, the others /lib64.
func (t *Tree) glibcFolders() []string {
	var out []string
	for _, base := range []string{"/lib", "/usr/lib"} {
		if dir, s := t.resolve(base); s == present {
			for _, k := range dir.kids {
				if strings.Contains(k.name, "-linux-gnu") {
					out = append(out, base+"/"+k.name)
				}
			}
		}
	}
	return append(out, "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib32", "/usr/lib32", "/libx32", "/usr/libx32", "/usr/glibc-compat/lib")
}

// muslFolders are the folders of /etc/ld-musl-ARCH.path, else musl's own list.
func (t *Tree) muslFolders(ctx context.Context) []string {
	var out []string
	for _, name := range t.glob("/etc/ld-musl-*.path") {
		out = append(out, strings.FieldsFunc(string(t.textAt(ctx, name, maxScript)), func(r rune) bool { return r == ':' || r == '\n' })...)
	}
	if out == nil {
		out = []string{"/lib", "/usr/local/lib", "/usr/lib"}
	}
	return out
}

// loaded is an object in a process.
type loaded struct {
	*object
	at string  // the path by which it was found
	by *loaded // what asked for it; nil for the first
}

// answer is what came of looking for one library.
type answer struct {
	found  *loaded
	unsure bool   // it may be found in a way that is not known here
	stale  string // it stands here, in a folder of ld.so.conf, but not in the loader's cache
	other  string // it stands here, for another architecture
}

// find looks for a library that an object needs.
func (l *loader) find(name string, by *loaded) answer {
	if strings.Contains(name, "/") {
		a := answer{unsure: strings.Contains(name, "$")}
		l.try(absolute(l.dir, name), by, &a)
		return a
	}
	a := answer{unsure: l.foreign}
	folders := l.searched(by, &a)
	for _, dir := range folders {
		if l.try(absolute(l.dir, dir)+"/"+name, by, &a) {
			return a
		}
	}
	for _, p := range l.cache[name] {
		if l.try(p, by, &a) {
			return a
		}
	}
	for _, dir := range l.defaults {
		if l.try(dir+"/"+name, by, &a) {
			return a
		}
	}
	for _, dir := range l.conf {
		var stale answer
		if l.try(dir+"/"+name, by, &stale) {
			if l.useConf {
				return stale
			}
			a.stale = stale.found.at
			break
		}
	}
	return a
}

// searched are the folders that come before the cache and the default ones, in the order
// of ld.so(8); musl has the path of the environment first and takes both kinds of run
// path of everything that led here.
func (l *loader) searched(by *loaded, a *answer) []string {
	var before, after []string
	for o := by; o != nil; o = o.by {
		if l.musl || len(by.runpath) == 0 {
			before = append(before, l.expand(o, o.rpath, a)...)
		}
		if l.musl || o == by {
			after = append(after, l.expand(o, o.runpath, a)...)
		}
	}
	if l.musl {
		return append(append(l.path[:len(l.path):len(l.path)], before...), after...)
	}
	return append(append(before, l.path...), after...)
}

// expand puts folders in for $ORIGIN and $LIB.
func (l *loader) expand(o *loaded, paths []string, a *answer) []string {
	var out []string
	for _, p := range paths {
		if !strings.Contains(p, "$") {
			out = append(out, p)
			continue
		}
		p = strings.NewReplacer("${ORIGIN}", "$ORIGIN", "${LIB}", "$LIB", "${PLATFORM}", "$PLATFORM").Replace(p)
		origins := []string{path.Dir(o.at)}
		if real := path.Dir(o.file.path); real != origins[0] {
			origins = append(origins, real)
		}
		libs := []string{""}
		if strings.Contains(p, "$LIB") {
			libs = []string{"lib", "lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"}
		}
		a.unsure = a.unsure || strings.Contains(p, "$PLATFORM")
		for _, origin := range origins {
			for _, lib := range libs {
				out = append(out, strings.NewReplacer("$ORIGIN", origin, "$LIB", lib).Replace(p))
			}
		}
	}
	return out
}

// try takes a file that is a library for this process; one of another architecture is
// passed over, as the loader does.
func (l *loader) try(name string, by *loaded, a *answer) bool {
	f, s := l.tree.resolve(name)
	if s == unsure {
		a.unsure = true
	}
	if s != present || !f.regular() {
		return false
	}
	o := l.tree.object(l.ctx, f)
	switch {
	case o == nil: // unreadable here; a linker script has no place among these names
		a.unsure = true
		return false
	case !o.runs(l.like):
		a.other = f.path
		return false
	}
	a.found = &loaded{object: o, at: path.Clean(name), by: by}
	return true
}

// builtin reports a name that the loader answers itself: all of musl is one file, and
// the kernel's library is no file.
func (l *loader) builtin(name string) bool {
	if strings.HasPrefix(name, "linux-vdso.so") || strings.HasPrefix(name, "linux-gate.so") {
		return true
	}
	if !l.musl {
		return false
	}
	for _, own := range []string{"libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet.", "ld-musl-"} {
		if strings.HasPrefix(name, own) {
			return true
		}
	}
	return false
}

// machineName is an architecture for people.
func machineName(m elf.Machine) string {
	switch m {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_386:
		return "386"
	case elf.EM_ARM:
		return "arm"
	case elf.EM_PPC64:
		return "ppc64"
	case elf.EM_S390:
		return "s390x"
	case elf.EM_RISCV:
		return "riscv64"
	}
	return strings.ToLower(strings.TrimPrefix(m.String(), "EM_"))
}
