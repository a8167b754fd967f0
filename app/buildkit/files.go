package buildkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	gofs "io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/util/staticfs"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// probeMount is the local mount with the probe.
const probeMount = "multistage-probe"

// dockerfileFS serves a Dockerfile under its label. The frontend looks for a
// Dockerfile's own .dockerignore beside it.
func dockerfileFS(src source) (fsutil.FS, error) {
	files := staticfs.NewFS()
	files.Add(src.label, &fstypes.Stat{Path: src.label, Mode: 0o644, Size: int64(len(src.file))}, src.file)
	if src.ignore != nil {
		name := src.label + ".dockerignore"
		files.Add(name, &fstypes.Stat{Path: name, Mode: 0o644, Size: int64(len(src.ignore))}, src.ignore)
	}
	return files, nil
}

// original is what the image as it is today is built from.
func (j *Job) original(limits Limits) (source, error) {
	context, err := j.openContext(limits)
	if err != nil {
		return source{}, err
	}
	ignore, err := j.ownIgnore()
	return source{label: "original", file: j.Result.Files[0].Before, ignore: ignore, context: context, limit: context, job: j, watcher: j.Progress}, err
}

// rewritten is what the rewrite is built from: the same files, and those that the
// rewrite adds or changes.
func (j *Job) rewritten(limits Limits) (source, error) {
	src, err := j.original(limits)
	if err != nil {
		return src, err
	}
	src.label, src.file = "rewrite", j.Result.Files[0].After
	changed := map[string][]byte{}
	for _, f := range j.Result.Files[1:] {
		name, err := filepath.Rel(filepath.FromSlash(j.Result.Context), filepath.FromSlash(f.Path))
		switch {
		case f.Path == j.Result.Path+".dockerignore":
			src.ignore = f.After
		case err == nil && filepath.IsLocal(name):
			changed[filepath.ToSlash(name)] = f.After
		}
	}
	if len(changed) > 0 {
		src.context = overlay(src.context, changed)
	}
	return src, nil
}

// ownIgnore is the .dockerignore that belongs to this Dockerfile alone, nil for none.
func (j *Job) ownIgnore() ([]byte, error) {
	root, err := os.OpenRoot(j.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := root.ReadFile(filepath.FromSlash(j.Result.Path) + ".dockerignore")
	if errors.Is(err, gofs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

func (j *Job) openContext(limits Limits) (*capped, error) {
	dir, err := fsutil.NewFS(filepath.Join(j.Dir, filepath.FromSlash(j.Result.Context)))
	if err != nil {
		return nil, fmt.Errorf("opening the build context: %w", err)
	}
	return &capped{FS: dir, limits: limits}, nil
}

// capped is a build context that ends where it is too large. What .dockerignore leaves
// out is listed and never opened.
type capped struct {
	fsutil.FS
	limits Limits
	read   atomic.Int64
	stop   context.CancelCauseFunc // of the session that sends it; nil for none
}

// exceed says that there is more of something than the limit allows. It ends the
// session: the daemon waits for ever for a file that cannot be sent.
func (c *capped) exceed(limit int64, unit string) error {
	u := &Unavailable{Reason: TooLarge, Detail: fmt.Sprintf("the build context has more than %d %s", limit, unit)}
	if c.stop != nil {
		c.stop(u)
	}
	return u
}

func (c *capped) Walk(ctx context.Context, target string, fn gofs.WalkDirFunc) error {
	files := 0
	return c.FS.Walk(ctx, target, func(path string, entry gofs.DirEntry, err error) error {
		if files++; files > c.limits.ContextFiles {
			return c.exceed(int64(c.limits.ContextFiles), "files")
		}
		return fn(path, entry, err)
	})
}

func (c *capped) Open(path string) (io.ReadCloser, error) {
	f, err := c.FS.Open(path)
	if err != nil {
		return nil, err
	}
	return &counted{f, c}, nil
}

// counted is a file whose bytes count.
type counted struct {
	io.ReadCloser
	context *capped
}

func (f *counted) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if limit := f.context.limits.ContextBytes; f.context.read.Add(int64(n)) > limit {
		return n, f.context.exceed(limit, "bytes")
	}
	return n, err
}

// overlay is a build context with some files added or replaced.
func overlay(lower fsutil.FS, changed map[string][]byte) fsutil.FS {
	upper := staticfs.NewFS()
	for name, data := range changed {
		for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
			upper.Add(dir, &fstypes.Stat{Path: dir, Mode: uint32(gofs.ModeDir | 0o755)}, nil)
		}
		upper.Add(name, &fstypes.Stat{Path: name, Mode: 0o644, Size: int64(len(data))}, data)
	}
	return staticfs.NewMergeFS(lower, upper)
}

// touched is a build context with one file's content replaced and everything else
// about it kept.
type touched struct {
	fsutil.FS
	path string
	data []byte
}

func (t *touched) Walk(ctx context.Context, target string, fn gofs.WalkDirFunc) error {
	return t.FS.Walk(ctx, target, func(path string, entry gofs.DirEntry, err error) error {
		if path == t.path && err == nil {
			if entry, err = t.entry(entry); err != nil {
				return err
			}
		}
		return fn(path, entry, err)
	})
}

func (t *touched) entry(entry gofs.DirEntry) (gofs.DirEntry, error) {
	info, err := entry.Info()
	if err != nil {
		return nil, err
	}
	stat, ok := info.Sys().(*fstypes.Stat)
	if !ok {
		return nil, fmt.Errorf("%s: its attributes cannot be read", t.path)
	}
	changed := stat.CloneVT()
	changed.Size = int64(len(t.data))
	changed.ModTime = time.Now().UnixNano() // what is compared, to know what to send
	return &fsutil.DirEntryInfo{Stat: changed}, nil
}

func (t *touched) Open(path string) (io.ReadCloser, error) {
	if path == t.path {
		return io.NopCloser(bytes.NewReader(t.data)), nil
	}
	return t.FS.Open(path)
}
