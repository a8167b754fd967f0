package rootfs

import (
	"bytes"
	"context"
	"encoding/binary"
	"path"
	"strings"
)

// The limits of /etc/ld.so.conf and what it includes.
const (
	maxConfDepth = 8
	maxConfFiles = 256
	maxConfLines = 4096
)

// confFolders are the folders that ldconfig(8) would list in the loader's cache, as
// /etc/ld.so.conf and the files that it includes have them.
func (t *Tree) confFolders(ctx context.Context) []string {
	files := 0
	return t.confFile(ctx, "/etc/ld.so.conf", 0, &files)
}

func (t *Tree) confFile(ctx context.Context, name string, depth int, files *int) []string {
	if *files++; depth > maxConfDepth || *files > maxConfFiles {
		return nil
	}
	folders, includes := parseLdConf(string(t.textAt(ctx, name, maxScript)))
	for _, pattern := range includes {
		for _, f := range t.glob(absolute(path.Dir(name), pattern)) {
			folders = append(folders, t.confFile(ctx, f, depth+1, files)...)
		}
	}
	return folders
}

// parseLdConf reads one file of ld.so.conf's kind. Lines of other kinds are left out.
func parseLdConf(text string) (folders, includes []string) {
	for i, line := range strings.Split(text, "\n") {
		if i >= maxConfLines {
			break
		}
		line, _, _ = strings.Cut(line, "#")
		fields := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r:,", r) })
		switch {
		case len(fields) == 0 || fields[0] == "hwcap":
		case fields[0] == "include":
			includes = append(includes, fields[1:]...)
		default:
			for _, f := range fields {
				f, _, _ = strings.Cut(f, "=") // a type of library, as in /lib=libc6
				if strings.HasPrefix(f, "/") {
					folders = append(folders, f)
				}
			}
		}
	}
	return folders, includes
}

// glob are the files of a pattern whose last part alone may have wildcards, sorted.
func (t *Tree) glob(pattern string) []string {
	dir, s := t.resolve(path.Dir(pattern))
	if s != present {
		return nil
	}
	var out []string
	for _, k := range dir.kids {
		if ok, err := path.Match(path.Base(pattern), k.name); err == nil && ok {
			out = append(out, path.Join(path.Dir(pattern), k.name))
		}
	}
	return out
}

// The layout of /etc/ld.so.cache: sysdeps/generic/dl-cache.h of glibc.
const (
	cacheMagic  = "glibc-ld.so.cache1.1"
	cacheHeader = 48
	cacheEntry  = 24
	maxCache    = 100_000 // entries
)

// parseLdCache reads the paths by soname. ok is false where the bytes are no cache of
// glibc 2.2 or later, or are broken: then it is not known what the loader finds.
func parseLdCache(data []byte) (paths map[string][]string, ok bool) {
	at := bytes.Index(data, []byte(cacheMagic)) // behind one of the old layout, in old images
	if at < 0 || len(data)-at < cacheHeader {
		return nil, false
	}
	data = data[at:]
	var order binary.ByteOrder = binary.LittleEndian
	count := order.Uint32(data[20:])
	if count > maxCache {
		order = binary.BigEndian
		count = order.Uint32(data[20:])
	}
	if count > maxCache || cacheHeader+int(count)*cacheEntry > len(data) {
		return nil, false
	}
	paths = make(map[string][]string, count)
	for i := range int(count) {
		entry := data[cacheHeader+i*cacheEntry:]
		key, okKey := cString(data, order.Uint32(entry[4:]))
		value, okValue := cString(data, order.Uint32(entry[8:]))
		if !okKey || !okValue {
			return nil, false
		}
		paths[key] = append(paths[key], value)
	}
	return paths, true
}

// cString is the text from an offset to the next NUL.
func cString(data []byte, at uint32) (string, bool) {
	if int64(at) >= int64(len(data)) {
		return "", false
	}
	end := bytes.IndexByte(data[at:min(len(data), int(at)+4096)], 0)
	if end < 0 {
		return "", false
	}
	return string(data[at : int(at)+end]), true
}
