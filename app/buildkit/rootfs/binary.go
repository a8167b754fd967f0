package rootfs

import (
	"debug/elf"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// binary checks an ELF program: architecture, loader, libraries. It reports whether the
// program is as it must be, so that its arguments are worth a look.
func (in *inspector) binary(f *file, at string, r run) bool {
	o := in.tree.object(in.ctx, f)
	if o == nil {
		return true // unreadable for debug/elf, such as a packed program
	}
	if !runsOn(o.machine, in.machine) {
		in.problem(r.row, r.certain, failure(proof.Other, at, "%s is built for %s, and the image is for %s", at, machineName(o.machine), machineName(in.machine)))
		return false
	}
	if o.interp == "" {
		return true
	}
	c, missing := in.closureOf(o, at)
	if missing != nil {
		in.problem(r.row, r.certain, *missing)
		return false
	}
	if c == nil {
		return true
	}
	good := true
	for _, g := range c.gaps {
		if !g.unsure {
			in.problem(rowLibraries, r.certain, g.failure())
			good = false
		}
	}
	for _, l := range c.order {
		in.libs[l.file] = true
	}
	if in.process == nil && r.row == rowStart {
		in.process = c
	}
	return good
}

// closureOf loads a program. The failure is that its loader is missing; both are nil
// where that is not known.
func (in *inspector) closureOf(o *object, at string) (*closure, *proof.Failure) {
	loaderFile, s := in.tree.resolve(absolute(in.dir, o.interp))
	switch {
	case s == unsure:
		return nil, nil
	case s == absent:
		f := failure(proof.WrongLibc, o.interp, "%s needs the loader %s (%s), which the image does not have", at, o.interp, libcOf(o))
		return nil, &f
	}
	c := in.tree.closure(in, o, loaderFile)
	c.load(&loaded{object: o, at: at})
	c.checkVersions(0)
	return c, nil
}

// closure is a process with nothing in it but the loader itself.
func (t *Tree) closure(in *inspector, o *object, loaderFile *file) *closure {
	base := path.Base(o.interp)
	real := loaderFile.name
	musl := strings.HasPrefix(base, "ld-musl-") || strings.HasPrefix(real, "ld-musl-") || strings.HasPrefix(real, "libc.musl-") ||
		t.exists("/lib/libgcompat.so.0") // glibc programs on musl
	c := &closure{loader: t.newLoader(in.ctx, o, musl, loaderFile, in.env, in.dir), names: map[string]*loaded{}}
	if !musl && !strings.HasPrefix(base, "ld") {
		c.loader.foreign = true
	}
	if own := t.object(in.ctx, loaderFile); own != nil {
		c.add(&loaded{object: own, at: loaderFile.path}, base)
	}
	return c
}

// libcOf says for people which libc a program was linked against.
func libcOf(o *object) string {
	if o.musl() {
		return "musl"
	}
	if o.glibc() {
		return "glibc"
	}
	return "its libc"
}

// runsOn reports that a kernel of one machine runs programs of the other; what is not
// known does.
func runsOn(program, machine elf.Machine) bool {
	switch {
	case machine == elf.EM_NONE || program == machine:
		return true
	case machine == elf.EM_X86_64:
		return program == elf.EM_386
	case machine == elf.EM_AARCH64:
		return program == elf.EM_ARM
	}
	// The image may be for a machine that also runs what its shell is not built for.
	return machine == elf.EM_386 && program == elf.EM_X86_64 || machine == elf.EM_ARM && program == elf.EM_AARCH64
}
