package rootfs_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"slices"
	"sort"
	"testing"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
)

const (
	glibcLoader = "/lib64/ld-linux-x86-64.so.2"
	muslLoader  = "/lib/ld-musl-x86_64.so.1"
)

// program describes an ELF file to assemble: one that has what a loader reads, and no code.
type program struct {
	machine elf.Machine // EM_X86_64 where it is 0
	interp  string
	soname  string
	needed  []string
	rpath   string
	runpath string
	needs   map[string][]string // versions by library
	defines []string
	abi     elf.OSABI
	static  bool // ET_EXEC without a dynamic section
}

// bytes assembles the file: header, program headers, strings, dynamic section, versions,
// all in one PT_LOAD from address 0.
func (p program) bytes() []byte {
	order := binary.LittleEndian
	table := []byte{0}
	intern := func(s string) uint64 {
		at := len(table)
		table = append(append(table, s...), 0)
		return uint64(at)
	}
	type entry struct{ tag, value uint64 }
	var dynamic []entry
	for _, n := range p.needed {
		dynamic = append(dynamic, entry{uint64(elf.DT_NEEDED), intern(n)})
	}
	for tag, value := range map[elf.DynTag]string{elf.DT_SONAME: p.soname, elf.DT_RPATH: p.rpath, elf.DT_RUNPATH: p.runpath} {
		if value != "" {
			dynamic = append(dynamic, entry{uint64(tag), intern(value)})
		}
	}
	verneed, verdef := p.verneed(intern), p.verdef(intern)
	interp := append([]byte(p.interp), 0)

	const at = 64 + 3*56
	strings := at + len(interp)
	needAt := strings + len(table)
	defAt := needAt + len(verneed)
	dynAt := defAt + len(verdef)
	dynamic = append(dynamic, entry{uint64(elf.DT_STRTAB), uint64(strings)}, entry{uint64(elf.DT_STRSZ), uint64(len(table))})
	if len(verneed) > 0 {
		dynamic = append(dynamic, entry{uint64(elf.DT_VERNEED), uint64(needAt)})
	}
	if len(verdef) > 0 {
		dynamic = append(dynamic, entry{uint64(elf.DT_VERDEF), uint64(defAt)})
	}
	dynamic = append(dynamic, entry{})
	size := dynAt + 16*len(dynamic)

	var out bytes.Buffer
	out.Write(p.header())
	out.Write(segment(elf.PT_LOAD, 0, size))
	kinds := []elf.ProgType{elf.PT_INTERP, elf.PT_DYNAMIC}
	if p.interp == "" {
		kinds[0] = elf.PT_NULL
	}
	if p.static {
		kinds[1] = elf.PT_NULL
	}
	out.Write(segment(kinds[0], at, len(interp)))
	out.Write(segment(kinds[1], dynAt, 16*len(dynamic)))
	for _, part := range [][]byte{interp, table, verneed, verdef} {
		out.Write(part)
	}
	for _, d := range dynamic {
		_ = binary.Write(&out, order, d)
	}
	return out.Bytes()
}

// header is the file's header, with three program headers behind it.
func (p program) header() []byte {
	order := binary.LittleEndian
	head := make([]byte, 64)
	copy(head, "\x7fELF\x02\x01\x01")
	head[elf.EI_OSABI] = byte(p.abi)
	kind, machine := elf.ET_DYN, p.machine
	if p.static {
		kind = elf.ET_EXEC
	}
	if machine == elf.EM_NONE {
		machine = elf.EM_X86_64
	}
	order.PutUint16(head[16:], uint16(kind))
	order.PutUint16(head[18:], uint16(machine))
	order.PutUint64(head[32:], 64)
	order.PutUint16(head[54:], 56)
	order.PutUint16(head[56:], 3)
	return head
}

// segment is a program header; addresses are offsets.
func segment(kind elf.ProgType, offset, length int) []byte {
	order := binary.LittleEndian
	b := make([]byte, 56)
	order.PutUint32(b, uint32(kind))
	order.PutUint64(b[8:], uint64(offset))
	order.PutUint64(b[16:], uint64(offset))
	order.PutUint64(b[32:], uint64(length))
	return b
}

func (p program) verneed(intern func(string) uint64) []byte {
	order := binary.LittleEndian
	var libraries []string
	for l := range p.needs {
		libraries = append(libraries, l)
	}
	sort.Strings(libraries)
	var out []byte
	for i, l := range libraries {
		versions := p.needs[l]
		b := make([]byte, 16+16*len(versions))
		order.PutUint16(b, 1)
		order.PutUint16(b[2:], uint16(len(versions)))
		order.PutUint32(b[4:], uint32(intern(l)))
		order.PutUint32(b[8:], 16)
		if i < len(libraries)-1 {
			order.PutUint32(b[12:], uint32(len(b)))
		}
		for j, v := range versions {
			order.PutUint32(b[16+16*j+8:], uint32(intern(v)))
			order.PutUint32(b[16+16*j+12:], 16)
		}
		out = append(out, b...)
	}
	return out
}

func (p program) verdef(intern func(string) uint64) []byte {
	order := binary.LittleEndian
	var out []byte
	for i, v := range p.defines {
		b := make([]byte, 28)
		order.PutUint16(b, 1)
		order.PutUint16(b[6:], 1)
		order.PutUint32(b[12:], 20)
		if i < len(p.defines)-1 {
			order.PutUint32(b[16:], 28)
		}
		order.PutUint32(b[20:], uint32(intern(v)))
		out = append(out, b...)
	}
	return out
}

func TestELFIsReadAsDebugELFReadsIt(t *testing.T) {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"the test itself": self}
	for _, name := range []string{"/bin/sh", "/usr/bin/env", "/lib/x86_64-linux-gnu/libm.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"} {
		if data, err := os.ReadFile(name); err == nil {
			files[name] = data
		}
	}
	for name, data := range files {
		want, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		_, needed, _, needs, defines, err := rootfs.ParseELF(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantNeeded, _ := want.ImportedLibraries()
		if !slices.Equal(needed, wantNeeded) {
			t.Errorf("%s needs %q, want %q", name, needed, wantNeeded)
		}
		wantNeeds := 0
		if list, err := want.DynamicVersionNeeds(); err == nil {
			for _, l := range list {
				for _, d := range l.Needs {
					if d.Flags&elf.VER_FLG_WEAK == 0 {
						wantNeeds++
					}
				}
			}
		}
		wantDefines, _ := want.DynamicVersions()
		if needs != wantNeeds || defines != len(wantDefines) {
			t.Errorf("%s has %d and %d versions, want %d and %d", name, needs, defines, wantNeeds, len(wantDefines))
		}
	}
}

func FuzzELF(f *testing.F) {
	f.Add(program{interp: glibcLoader, needed: []string{"libc.so.6"}, runpath: "$ORIGIN/../lib",
		needs: map[string][]string{"libc.so.6": {"GLIBC_2.34", "GLIBC_2.2.5"}}}.bytes(), 0, byte(0))
	f.Add(program{soname: "libc.so.6", defines: []string{"GLIBC_2.2.5", "GLIBC_2.36"}}.bytes(), 70, byte(255))
	f.Fuzz(func(t *testing.T, data []byte, at int, value byte) {
		if at >= 0 && at < len(data) {
			data = slices.Clone(data)
			data[at] = value
		}
		_, needed, _, needs, defines, err := rootfs.ParseELF(data)
		if err == nil && (len(needed) > 512 || needs > 4096 || defines > 4096) {
			t.Errorf("%d, %d, %d entries are over the limits", len(needed), needs, defines)
		}
	})
}
