// Package rootfs reads the root file system of one image and says, without starting
// anything, whether what the image starts can be found and loaded, and what the image
// holds.
//
// Paths are followed as the kernel does in a container, programs as execve(2) and the
// two dynamic loaders (ld.so(8) of glibc, and musl) do. What a rule cannot know for
// certain it leaves alone: everything in an image may be hostile, so sizes, counts and
// depths have limits, and what lies beyond a limit is "not checked", never missing.
package rootfs

import (
	"context"
	"io/fs"
	"sort"
	"sync"

	fstypes "github.com/tonistiigi/fsutil/types"
)

// Reader reads an image's root file system. Paths are absolute and slash-separated;
// symbolic links are followed inside the root.
type Reader interface {
	// ReadDir gives the entries of a folder. Mode is an [fs.FileMode], Path is the
	// entry's own name, and Linkname is what a symbolic link says.
	ReadDir(ctx context.Context, path string) ([]*fstypes.Stat, error)
	// ReadFile gives up to length bytes from offset on, less at the end of the file.
	ReadFile(ctx context.Context, path string, offset, length int) ([]byte, error)
}

// Config is what an image starts with.
type Config struct {
	Entrypoint   []string
	Cmd          []string
	Healthcheck  []string // the test: {"CMD", …} or {"CMD-SHELL", script}; anything else is none
	Env          []string // KEY=value
	User         string   // as USER has it
	WorkingDir   string
	Shell        []string // of the health check's shell form; nil is /bin/sh -c
	Architecture string   // as GOARCH; "" takes it from the image's own programs
}

// The limits of what is kept and read of one image.
const (
	maxEntries = 400_000   // entries of the index
	maxDepth   = 128       // folders in folders
	walkers    = 8         // folders read at the same time: more are not faster
	maxLinks   = 40        // symbolic links on one path, as Linux has it
	maxScript  = 64 << 10  // bytes of a script or package.json's like that is parsed
	maxText    = 16 << 20  // bytes of a text file such as dpkg's status
	maxReads   = 512 << 20 // bytes read of one image
	maxObjects = 3000      // ELF files that are looked at
)

// Tree is the index of a root file system.
type Tree struct {
	reader  Reader
	root    *file
	entries int
	skipped []string // folders whose entries are not known, sorted

	grouped sync.Once

	mu      sync.Mutex
	texts   map[string][]byte
	objects map[string]*object
	read    int64
	names   map[string][]*file // by base name, made at first use
}

// file is one entry.
type file struct {
	path     string // without any symbolic link in its folders
	name     string
	mode     fs.FileMode
	uid, gid uint32
	size     int64 // 0 of folders
	link     string
	hard     bool    // another name of a file that stands in the same folder
	acl      bool    // has an access control list, which is not read
	kids     []*file // of a folder, sorted by name
	unread   bool    // a folder whose entries are not known
	group    string  // of what is no folder: see [Tree.eachGrouped]
}

func (f *file) dir() bool     { return f.mode.IsDir() }
func (f *file) regular() bool { return f.mode.IsRegular() }
func (f *file) symlink() bool { return f.mode&fs.ModeSymlink != 0 }

// kid is an entry of a folder, nil where there is none.
func (f *file) kid(name string) *file {
	i := sort.Search(len(f.kids), func(i int) bool { return f.kids[i].name >= name })
	if i < len(f.kids) && f.kids[i].name == name {
		return f.kids[i]
	}
	return nil
}

// each visits everything below a folder in the order of names; visit says whether to
// go into a folder.
func (f *file) each(visit func(*file) bool) {
	for _, k := range f.kids {
		if visit(k) {
			k.each(visit)
		}
	}
}

// Unpacked is the size of all files together in bytes. A hard link counts once where it
// is known as one: in the same folder.
func (t *Tree) Unpacked() int64 { return t.root.bytes() }

// bytes is the size of a file, or of all files in a folder.
func (f *file) bytes() int64 {
	total := int64(0)
	if f.regular() && !f.hard {
		total = f.size
	}
	for _, k := range f.kids {
		total += k.bytes()
	}
	return total
}

// NotChecked are the folders whose entries could not be read, or were too many, sorted.
func (t *Tree) NotChecked() []string { return t.skipped }

// named are all files of a base name, in the order of the walk.
func (t *Tree) named(name string) []*file {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.names == nil {
		t.names = make(map[string][]*file, t.entries)
		t.root.each(func(f *file) bool {
			t.names[f.name] = append(t.names[f.name], f)
			return true
		})
	}
	return t.names[name]
}
