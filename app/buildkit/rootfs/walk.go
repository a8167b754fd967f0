package rootfs

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"

	fstypes "github.com/tonistiigi/fsutil/types"
)

// Walk reads the index of a root file system. The error is that the root folder itself
// cannot be read, or that ctx ended; any other folder that cannot be read is noted.
func Walk(ctx context.Context, reader Reader) (*Tree, error) {
	t := &Tree{reader: reader, texts: map[string][]byte{}, objects: map[string]*object{}}
	t.root = &file{path: "/", mode: fs.ModeDir | 0o755}
	w := walk{tree: t, ctx: ctx, todo: []*file{t.root}}
	w.wake = sync.NewCond(&w.mu)
	w.run()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read the root file system: %w", err)
	}
	if w.rootErr != nil {
		return nil, fmt.Errorf("read the root file system: %w", w.rootErr)
	}
	sort.Strings(t.skipped)
	return t, nil
}

// walk is a list of folders to read and the workers that share it.
type walk struct {
	tree *Tree
	ctx  context.Context

	mu      sync.Mutex
	wake    *sync.Cond
	todo    []*file
	busy    int
	rootErr error
}

func (w *walk) run() {
	var all sync.WaitGroup
	for range walkers {
		all.Go(func() {
			for dir := w.next(); dir != nil; dir = w.next() {
				stats, err := w.tree.reader.ReadDir(w.ctx, dir.path)
				w.done(dir, stats, err)
			}
		})
	}
	all.Wait()
}

// next is a folder to read, nil when all are read.
func (w *walk) next() *file {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.todo) == 0 && w.busy > 0 {
		w.wake.Wait()
	}
	if len(w.todo) == 0 || w.ctx.Err() != nil {
		return nil
	}
	last := len(w.todo) - 1
	dir := w.todo[last]
	w.todo = w.todo[:last]
	w.busy++
	return dir
}

// done takes the entries of a folder in.
func (w *walk) done(dir *file, stats []*fstypes.Stat, err error) {
	kids := entries(dir, stats)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
	defer w.wake.Broadcast()
	t := w.tree
	if err != nil || t.entries+len(kids) > maxEntries || strings.Count(dir.path, "/") > maxDepth {
		dir.unread = true
		t.skipped = append(t.skipped, dir.path)
		if err != nil && dir == t.root {
			w.rootErr = err
		}
		return
	}
	dir.kids = kids
	t.entries += len(kids)
	for _, k := range kids {
		if k.dir() {
			w.todo = append(w.todo, k)
		}
	}
}

// entries turns what a Reader gave into files; names that are no names are dropped.
func entries(dir *file, stats []*fstypes.Stat) []*file {
	kids := make([]*file, 0, len(stats))
	for _, s := range stats {
		if s == nil {
			continue
		}
		name := path.Base("/" + s.Path)
		if name == "/" || name == "." || name == ".." {
			continue
		}
		f := &file{path: path.Join(dir.path, name), name: name, mode: fs.FileMode(s.Mode), uid: s.Uid, gid: s.Gid}
		switch {
		case f.symlink():
			f.link = s.Linkname
		case f.regular():
			f.size, f.hard = max(s.Size, 0), s.Linkname != ""
			f.link = s.Linkname
		}
		_, f.acl = s.Xattrs["system.posix_acl_access"]
		kids = append(kids, f)
	}
	sort.Slice(kids, func(i, j int) bool { return kids[i].name < kids[j].name })
	kids = unique(kids)
	linkSizes(kids)
	return kids
}

// unique drops a second entry of one name.
func unique(kids []*file) []*file {
	out := kids[:0]
	for i, k := range kids {
		if i == 0 || k.name != kids[i-1].name {
			out = append(out, k)
		}
	}
	return out
}

// linkSizes gives hard links, which are listed with no bytes of their own, the size of
// the file that they are.
func linkSizes(kids []*file) {
	folder := file{kids: kids}
	for _, k := range kids {
		if !k.hard {
			continue
		}
		if first := folder.kid(path.Base("/" + k.link)); first != nil && !first.hard {
			k.size = first.size
		} else {
			k.hard = false
		}
		k.link = ""
	}
}
