package rootfs_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"path"
	"sort"
	"strings"
	"testing"

	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// image is a root file system in memory, so that owners need no privilege.
type image struct {
	entries map[string]*entry
	broken  map[string]bool // folders that cannot be read
}

type entry struct {
	stat *fstypes.Stat
	data string
}

func newImage() *image {
	return &image{entries: map[string]*entry{"/": {stat: &fstypes.Stat{Mode: uint32(fs.ModeDir | 0o755)}}}, broken: map[string]bool{}}
}

// put adds an entry and the folders that it is in.
func (i *image) put(name string, mode fs.FileMode, data, link string) *entry {
	for dir := path.Dir(name); i.entries[dir] == nil; dir = path.Dir(dir) {
		i.entries[dir] = &entry{stat: &fstypes.Stat{Path: path.Base(dir), Mode: uint32(fs.ModeDir | 0o755)}}
	}
	e := &entry{stat: &fstypes.Stat{Path: path.Base(name), Mode: uint32(mode), Linkname: link}, data: data}
	if mode.IsRegular() {
		e.stat.Size = int64(len(data))
	}
	i.entries[name] = e
	return e
}

func (i *image) file(name, data string) *image { i.put(name, 0o644, data, ""); return i }
func (i *image) exec(name, data string) *image { i.put(name, 0o755, data, ""); return i }
func (i *image) dir(name string) *image        { i.put(name, fs.ModeDir|0o755, "", ""); return i }
func (i *image) link(name, to string) *image {
	i.put(name, fs.ModeSymlink|0o777, "", to)
	return i
}
func (i *image) elf(name string, p program) *image { return i.exec(name, string(p.bytes())) }

// own changes an entry's owner and permissions.
func (i *image) own(name string, uid uint32, perm fs.FileMode) *image {
	e := i.entries[name]
	e.stat.Uid, e.stat.Gid = uid, uid
	e.stat.Mode = e.stat.Mode&^0o777 | uint32(perm)
	return i
}

func (i *image) remove(name string) *image {
	for n := range i.entries {
		if n == name || strings.HasPrefix(n, name+"/") {
			delete(i.entries, n)
		}
	}
	return i
}

func (i *image) ReadDir(_ context.Context, name string) ([]*fstypes.Stat, error) {
	if i.broken[name] {
		return nil, errors.New("larger than max")
	}
	var out []*fstypes.Stat
	for n, e := range i.entries {
		if n != "/" && path.Dir(n) == name {
			out = append(out, e.stat.Clone())
		}
	}
	sort.Slice(out, func(a, b int) bool { return out[a].Path < out[b].Path })
	return out, nil
}

func (i *image) ReadFile(_ context.Context, name string, offset, length int) ([]byte, error) {
	e := i.entries[name]
	if e == nil || !fs.FileMode(e.stat.Mode).IsRegular() {
		return nil, errors.New("not a regular file")
	}
	if offset >= len(e.data) {
		return nil, nil
	}
	return []byte(e.data[offset:min(len(e.data), offset+length)]), nil
}

// debian is a small image of the family: glibc 2.36, a shell, a loader's cache.
func debian() *image {
	i := newImage()
	libs := "/usr/lib/x86_64-linux-gnu/"
	i.link("/lib", "usr/lib").link("/lib64", "usr/lib64").link("/bin", "usr/bin")
	i.elf(libs+"libc.so.6", program{soname: "libc.so.6", needed: []string{"ld-linux-x86-64.so.2"}, defines: []string{"GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.36"}})
	i.elf(libs+"libz.so.1.2.13", program{soname: "libz.so.1", needed: []string{"libc.so.6"}})
	i.link(libs+"libz.so.1", "libz.so.1.2.13")
	i.elf(libs+"ld-linux-x86-64.so.2", program{soname: "ld-linux-x86-64.so.2"})
	i.link("/usr/lib64/ld-linux-x86-64.so.2", "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
	for _, name := range []string{"dash", "bash", "env", "curl"} {
		i.elf("/usr/bin/"+name, program{interp: glibcLoader, needed: []string{"libc.so.6"}})
	}
	i.link("/usr/bin/sh", "dash")
	i.file("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nnode:x:1000:1000::/home/node:/bin/sh\n")
	i.file("/etc/group", "root:x:0:\nnode:x:1000:\ndocker:x:999:node\n")
	i.file("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n")
	i.file("/etc/ld.so.conf.d/libc.conf", "# the local folder\n/usr/local/lib\n")
	i.file("/etc/ld.so.cache", ldCache(map[string]string{"libz.so.1": "/lib/x86_64-linux-gnu/libz.so.1", "libc.so.6": "/lib/x86_64-linux-gnu/libc.so.6"}))
	i.dir("/tmp").dir("/root").dir("/app")
	return i
}

// nodeImage is debian with node and npm.
func nodeImage() *image {
	i := debian()
	i.elf("/usr/local/bin/node", program{interp: glibcLoader, needed: []string{"libc.so.6"}})
	i.exec("/usr/local/lib/node_modules/npm/bin/npm-cli.js", "#!/usr/bin/env node\n")
	i.link("/usr/local/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js")
	return i
}

// pythonImage is debian with Python.
func pythonImage() *image {
	i := debian()
	i.elf("/usr/local/bin/python3.12", program{interp: glibcLoader, needed: []string{"libpython3.12.so.1.0", "libc.so.6"}, runpath: "/usr/local/lib"})
	i.elf("/usr/local/lib/libpython3.12.so.1.0", program{soname: "libpython3.12.so.1.0", needed: []string{"libc.so.6"}})
	i.link("/usr/local/bin/python3", "python3.12").link("/usr/local/bin/python", "python3")
	i.file("/usr/local/lib/python3.12/http/server.py", "")
	return i
}

// alpine is a small image of that family.
func alpine() *image {
	i := newImage()
	i.elf("/lib/ld-musl-x86_64.so.1", program{soname: "libc.musl-x86_64.so.1"})
	i.link("/lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1")
	i.elf("/bin/busybox", program{interp: muslLoader, needed: []string{"libc.musl-x86_64.so.1"}})
	i.link("/bin/sh", "/bin/busybox")
	i.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n").file("/etc/group", "root:x:0:\n")
	return i
}

// ldCache assembles a loader's cache of the present layout.
func ldCache(paths map[string]string) string {
	var names []string
	for n := range paths {
		names = append(names, n)
	}
	sort.Strings(names)
	head := make([]byte, 48+24*len(names))
	copy(head, "glibc-ld.so.cache1.1")
	binary.LittleEndian.PutUint32(head[20:], uint32(len(names)))
	var texts []byte
	for k, n := range names {
		e := head[48+24*k:]
		binary.LittleEndian.PutUint32(e[4:], uint32(len(head)+len(texts)))
		texts = append(append(texts, n...), 0)
		binary.LittleEndian.PutUint32(e[8:], uint32(len(head)+len(texts)))
		texts = append(append(texts, paths[n]...), 0)
	}
	return string(head) + string(texts)
}

func walk(t testing.TB, r rootfs.Reader) *rootfs.Tree {
	t.Helper()
	tree, err := rootfs.Walk(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// check is one rule on one image.
type check struct {
	name    string
	image   *image
	config  rootfs.Config
	kind    proof.Kind // "" where nothing fails
	subject string
	cause   string // a part of it
}

func (c check) run(t *testing.T) {
	t.Helper()
	t.Run(c.name, func(t *testing.T) {
		if c.config.Architecture == "" {
			c.config.Architecture = "amd64"
		}
		checks, failure := walk(t, c.image).Check(context.Background(), c.config)
		switch {
		case failure == nil && c.kind == "":
			for _, row := range checks {
				if !row.Passed {
					t.Logf("not passed: %s: %s", row.Name, row.Detail)
				}
			}
		case failure == nil:
			t.Errorf("nothing fails, want %s %s", c.kind, c.subject)
		case failure.Kind != c.kind || failure.Subject != c.subject || !strings.Contains(failure.Cause, c.cause) || failure.Step != proof.StepFiles:
			t.Errorf("failure is %s %q: %s\nwant %s %q: %s", failure.Kind, failure.Subject, failure.Cause, c.kind, c.subject, c.cause)
		}
	})
}

func cmd(argv ...string) rootfs.Config {
	return rootfs.Config{Cmd: argv, WorkingDir: "/app", Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}}
}
