package rootfs

import (
	"context"
	"debug/elf"
	"slices"
	"strings"
)

// object is what the loader reads of an ELF file.
type object struct {
	file    *file
	class   elf.Class
	machine elf.Machine
	interp  string // program interpreter, "" for none
	soname  string
	needed  []string
	rpath   []string
	runpath []string
	needs   []versionNeed
	defines map[string]bool // versions; empty where the library has none
	foreign bool            // for another system, as its header says
	program bool            // can be started: has an interpreter, or is not position independent
}

// versionNeed is a symbol version that a library must define.
type versionNeed struct{ library, version string }

// runs reports that two objects can be in one process.
func (o *object) runs(other *object) bool {
	return o.class == other.class && o.machine == other.machine
}

// musl reports an object that was linked against musl: Alpine's libc.musl-x86_64.so.1, or
// libc.so as others call it.
func (o *object) musl() bool {
	return strings.Contains(o.interp, "ld-musl-") || slices.ContainsFunc(o.needed, func(n string) bool {
		return n == "libc.so" || strings.HasPrefix(n, "libc.musl-")
	})
}

// elsewhere reports an object for a system that is not Linux, or for Android: packages
// bring those too.
func (o *object) elsewhere() bool {
	return o.foreign || slices.ContainsFunc(o.needed, func(n string) bool {
		return n == "liblog.so" || strings.HasPrefix(n, "libc.so.") && n != "libc.so.6"
	})
}

// glibc reports an object that was linked against glibc.
func (o *object) glibc() bool {
	if strings.Contains(o.interp, "/ld-linux") || strings.Contains(o.interp, "/ld64.so") {
		return true
	}
	for _, n := range o.needed {
		if n == "libc.so.6" || strings.HasPrefix(n, "ld-linux") {
			return true
		}
	}
	return false
}

// object reads an ELF file, once. It is nil where the file is none, or cannot be read.
func (t *Tree) object(ctx context.Context, f *file) *object {
	if f == nil || !f.regular() || f.size < 52 {
		return nil
	}
	t.mu.Lock()
	o, ok := t.objects[f.path]
	full := len(t.objects) >= maxObjects
	t.mu.Unlock()
	if ok || full {
		return o
	}
	o, err := parseObject(&pages{ctx: ctx, tree: t, file: f, kept: map[int64][]byte{}}, f.size)
	if err != nil {
		o = nil
	} else {
		o.file = f
	}
	t.mu.Lock()
	t.objects[f.path] = o
	t.mu.Unlock()
	return o
}
