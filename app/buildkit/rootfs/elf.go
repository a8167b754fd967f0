package rootfs

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The limits of one ELF file.
const (
	maxSegments = 512
	maxDynamic  = 4096 // entries of the dynamic section
	maxNeeded   = 512
	maxVersions = 4096
	maxString   = 4096
)

var errELF = errors.New("not an ELF file that a loader takes")

// elfFile reads an ELF file by its program headers, as the kernel and the loaders do:
// section headers, which debug/elf goes by, may be absent or may say anything.
type elfFile struct {
	r       io.ReaderAt
	size    int64
	order   binary.ByteOrder
	wide    bool // ELFCLASS64
	loads   []segment
	strings uint64 // offset of the dynamic string table
	strsize uint64
}

type segment struct{ offset, address, size uint64 }

// parseObject reads what the loader needs of a file.
func parseObject(r io.ReaderAt, size int64) (o *object, err error) {
	defer func() {
		if p := recover(); p != nil {
			o, err = nil, fmt.Errorf("read an ELF file: %v", p)
		}
	}()
	f := &elfFile{r: r, size: size}
	var head [64]byte
	if n, _ := r.ReadAt(head[:], 0); n < 52 || string(head[:4]) != elf.ELFMAG {
		return nil, errELF
	}
	o = &object{class: elf.Class(head[elf.EI_CLASS])}
	switch elf.Data(head[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
		f.order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		f.order = binary.BigEndian
	default:
		return nil, errELF
	}
	kind := elf.Type(f.order.Uint16(head[16:]))
	if kind != elf.ET_EXEC && kind != elf.ET_DYN || o.class != elf.ELFCLASS32 && o.class != elf.ELFCLASS64 {
		return nil, errELF
	}
	f.wide = o.class == elf.ELFCLASS64
	o.machine = elf.Machine(f.order.Uint16(head[18:]))
	o.program = kind == elf.ET_EXEC
	abi := elf.OSABI(head[elf.EI_OSABI])
	o.foreign = abi != elf.ELFOSABI_NONE && abi != elf.ELFOSABI_LINUX
	return o, f.segments(head[:], o)
}

// segments reads the program headers and what they point at.
func (f *elfFile) segments(head []byte, o *object) error {
	offset, entry, count := uint64(f.order.Uint32(head[28:])), f.order.Uint16(head[42:]), f.order.Uint16(head[44:])
	least := uint16(32)
	if f.wide {
		offset, entry, count = f.order.Uint64(head[32:]), f.order.Uint16(head[54:]), f.order.Uint16(head[56:])
		least = 56
	}
	if entry < least || entry > 4*least || count > maxSegments {
		return errELF
	}
	table, err := f.bytes(offset, uint64(entry)*uint64(count))
	if err != nil {
		return err
	}
	var dynamic segment
	for ; len(table) >= int(entry); table = table[entry:] {
		kind, s := f.segment(table)
		switch kind {
		case elf.PT_LOAD:
			f.loads = append(f.loads, s)
		case elf.PT_DYNAMIC:
			dynamic = s
		case elf.PT_INTERP:
			name, err := f.bytes(s.offset, min(s.size, maxString))
			if err != nil {
				return err
			}
			o.interp, _, _ = strings.Cut(string(name), "\x00")
			o.program = true
		}
	}
	if dynamic.size == 0 {
		return nil // static
	}
	return f.dynamic(dynamic, o)
}

func (f *elfFile) segment(b []byte) (elf.ProgType, segment) {
	kind := elf.ProgType(f.order.Uint32(b))
	if f.wide {
		return kind, segment{f.order.Uint64(b[8:]), f.order.Uint64(b[16:]), f.order.Uint64(b[32:])}
	}
	return kind, segment{uint64(f.order.Uint32(b[4:])), uint64(f.order.Uint32(b[8:])), uint64(f.order.Uint32(b[16:]))}
}

// bytes reads a part of the file.
func (f *elfFile) bytes(offset, length uint64) ([]byte, error) {
	if offset > uint64(f.size) || length > uint64(f.size)-offset || length > 1<<20 {
		return nil, errELF
	}
	b := make([]byte, length)
	if n, err := f.r.ReadAt(b, int64(offset)); n < len(b) {
		return nil, fmt.Errorf("read an ELF file: %w", err)
	}
	return b, nil
}

// offset is where an address of the process lies in the file.
func (f *elfFile) offset(address uint64) (uint64, error) {
	for _, s := range f.loads {
		if address >= s.address && address-s.address < s.size {
			return s.offset + address - s.address, nil
		}
	}
	return 0, errELF
}

// text is an entry of the dynamic string table.
func (f *elfFile) text(at uint64) (string, error) {
	if at >= f.strsize {
		return "", errELF
	}
	for _, length := range []uint64{128, maxString} {
		start := f.strings + at
		if start > uint64(f.size) {
			return "", errELF
		}
		b, err := f.bytes(start, min(length, f.strsize-at, uint64(f.size)-start))
		if err != nil {
			return "", err
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return string(b[:i]), nil
		}
	}
	return "", errELF
}

// dynamic reads the dynamic section: https://refspecs.linuxbase.org/elf/gabi4+/ch5.dynamic.html
func (f *elfFile) dynamic(s segment, o *object) error {
	entry := uint64(8)
	if f.wide {
		entry = 16
	}
	data, err := f.bytes(s.offset, min(s.size, maxDynamic*entry))
	if err != nil {
		return err
	}
	values := map[elf.DynTag][]uint64{}
	for ; len(data) >= int(entry); data = data[entry:] {
		tag, value := elf.DynTag(int32(f.order.Uint32(data))), uint64(f.order.Uint32(data[4:]))
		if f.wide {
			tag, value = elf.DynTag(f.order.Uint64(data)), f.order.Uint64(data[8:])
		}
		if tag == elf.DT_NULL {
			break
		}
		values[tag] = append(values[tag], value)
	}
	if len(values[elf.DT_STRTAB]) == 0 || len(values[elf.DT_STRSZ]) == 0 || len(values[elf.DT_NEEDED]) > maxNeeded {
		if len(values[elf.DT_NEEDED]) == 0 {
			return nil
		}
		return errELF
	}
	if f.strings, err = f.offset(values[elf.DT_STRTAB][0]); err != nil {
		return err
	}
	f.strsize = values[elf.DT_STRSZ][0]
	return f.names(values, o)
}

// names reads what the dynamic section says by name.
func (f *elfFile) names(values map[elf.DynTag][]uint64, o *object) error {
	for _, at := range values[elf.DT_NEEDED] {
		name, err := f.text(at)
		if err != nil {
			return err
		}
		o.needed = append(o.needed, name)
	}
	var err error
	if o.rpath, err = f.pathList(values[elf.DT_RPATH]); err != nil {
		return err
	}
	if o.runpath, err = f.pathList(values[elf.DT_RUNPATH]); err != nil {
		return err
	}
	if len(values[elf.DT_RUNPATH]) > 0 {
		o.rpath = nil // ld.so(8): DT_RPATH counts only where there is no DT_RUNPATH
	}
	if at := values[elf.DT_SONAME]; len(at) > 0 {
		if o.soname, err = f.text(at[0]); err != nil {
			return err
		}
	}
	// Where the versions cannot be read, nothing is known of them, and nothing is said.
	if at := values[elf.DT_VERNEED]; len(at) > 0 {
		o.needs, _ = f.versionNeeds(at[0])
	}
	if at := values[elf.DT_VERDEF]; len(at) > 0 {
		o.defines, _ = f.versionDefs(at[0])
	}
	return nil
}

func (f *elfFile) pathList(at []uint64) ([]string, error) {
	var out []string
	for _, a := range at {
		text, err := f.text(a)
		if err != nil {
			return nil, err
		}
		for p := range strings.SplitSeq(text, ":") {
			if p != "" && len(out) < 64 {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// versionNeeds reads the chain of Verneed and Vernaux.
// https://refspecs.linuxbase.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html
func (f *elfFile) versionNeeds(address uint64) ([]versionNeed, error) {
	at, err := f.offset(address)
	if err != nil {
		return nil, err
	}
	var out []versionNeed
	for read := 0; read < maxVersions; {
		b, err := f.bytes(at, 16)
		if err != nil {
			return nil, err
		}
		library, err := f.text(uint64(f.order.Uint32(b[4:])))
		if err != nil {
			return nil, err
		}
		aux := at + uint64(f.order.Uint32(b[8:]))
		for range f.order.Uint16(b[2:]) {
			if read++; read > maxVersions {
				return nil, errELF
			}
			a, err := f.bytes(aux, 16)
			if err != nil {
				return nil, err
			}
			version, err := f.text(uint64(f.order.Uint32(a[8:])))
			if err != nil {
				return nil, err
			}
			if elf.DynamicVersionFlag(f.order.Uint16(a[4:]))&elf.VER_FLG_WEAK == 0 {
				out = append(out, versionNeed{library, version})
			}
			aux += uint64(f.order.Uint32(a[12:]))
		}
		next := uint64(f.order.Uint32(b[12:]))
		if read++; next == 0 {
			return out, nil
		}
		at += next
	}
	return nil, errELF
}

// versionDefs reads the chain of Verdef and the first Verdaux of each.
func (f *elfFile) versionDefs(address uint64) (map[string]bool, error) {
	at, err := f.offset(address)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for range maxVersions {
		b, err := f.bytes(at, 20)
		if err != nil {
			return nil, err
		}
		aux, err := f.bytes(at+uint64(f.order.Uint32(b[12:])), 8)
		if err != nil {
			return nil, err
		}
		version, err := f.text(uint64(f.order.Uint32(aux)))
		if err != nil {
			return nil, err
		}
		out[version] = true
		next := uint64(f.order.Uint32(b[16:]))
		if next == 0 {
			return out, nil
		}
		at += next
	}
	return nil, errELF
}
