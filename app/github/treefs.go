package github

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/multistage-app/multistage/rewrite/project"
)

var (
	_ fs.ReadDirFS  = (*tree)(nil)
	_ fs.StatFS     = (*tree)(nil)
	_ fs.ReadFileFS = (*tree)(nil)
	_ fs.ReadLinkFS = (*tree)(nil)
)

// maxLinks is how many symbolic links are followed for one name, as in Linux.
const maxLinks = 40

// find is the node that a name leads to. A link is followed within the tree only: one
// that leaves it, or leads nowhere, does not exist.
func (t *tree) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if t.partial {
		return nil, &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("the repository's tree: %w", project.ErrTooLarge)}
	}
	at := name
	for range maxLinks {
		n, rest := t.deepest(at)
		if n == nil {
			break
		}
		if n.mode&fs.ModeSymlink == 0 {
			if rest == "" {
				return n, nil
			}
			break
		}
		target, ok := t.content(n.path)
		if !ok {
			return nil, &fs.PathError{Op: op, Path: name, Err: project.ErrNotKept}
		}
		if len(target) == 0 || target[0] == '/' {
			break
		}
		at = path.Join(path.Dir(n.path), string(target), rest)
		if !fs.ValidPath(at) {
			break
		}
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

// deepest is the node of a name, or of the link on the way to it, with the rest of the
// name below that.
func (t *tree) deepest(name string) (n *node, rest string) {
	for at := name; ; at = path.Dir(at) {
		if n := t.nodes[at]; n != nil && (at == name || n.mode&fs.ModeSymlink != 0) {
			return n, rest
		} else if n != nil || at == "." {
			return nil, ""
		}
		rest = path.Join(path.Base(at), rest)
	}
}

// Open implements fs.FS. Of a file that is kept by name only the error is
// project.ErrNotKept.
func (t *tree) Open(name string) (fs.File, error) {
	n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	// The name is the one asked for, the rest is where a link leads.
	i := info{node: n, name: path.Base(name)}
	if n.mode.IsDir() {
		return &openDir{info: i, entries: entries(n)}, nil
	}
	data, ok := t.content(n.path)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: project.ErrNotKept}
	}
	return &openFile{info: i, Reader: bytes.NewReader(data)}, nil
}

// ReadDir implements fs.ReadDirFS.
func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if !n.mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	return entries(n), nil
}

// ReadFile implements fs.ReadFileFS.
func (t *tree) ReadFile(name string) ([]byte, error) {
	n, err := t.find("read", name)
	if err != nil {
		return nil, err
	}
	if n.mode.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	data, ok := t.content(n.path)
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: name, Err: project.ErrNotKept}
	}
	return bytes.Clone(data), nil
}

// Stat implements fs.StatFS; it follows links as Open does.
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	n, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	return info{node: n, name: path.Base(name)}, nil
}

// Lstat implements fs.ReadLinkFS.
func (t *tree) Lstat(name string) (fs.FileInfo, error) {
	n := t.nodes[name]
	if n == nil {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
	}
	return info{node: n, name: path.Base(name)}, nil
}

// ReadLink implements fs.ReadLinkFS.
func (t *tree) ReadLink(name string) (string, error) {
	n := t.nodes[name]
	if n == nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrNotExist}
	}
	if n.mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	target, ok := t.content(name)
	if !ok {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: project.ErrNotKept}
	}
	return string(target), nil
}

func entries(n *node) []fs.DirEntry {
	list := make([]fs.DirEntry, len(n.children))
	for i, c := range n.children {
		list[i] = info{node: c, name: path.Base(c.path)}
	}
	return list
}

// info is a node as fs sees it, both as an entry of a folder and by itself.
type info struct {
	*node
	name string
}

func (i info) Name() string               { return i.name }
func (i info) Size() int64                { return i.size }
func (i info) Mode() fs.FileMode          { return i.mode }
func (i info) Type() fs.FileMode          { return i.mode.Type() }
func (i info) ModTime() time.Time         { return time.Time{} }
func (i info) IsDir() bool                { return i.mode.IsDir() }
func (i info) Sys() any                   { return nil }
func (i info) Info() (fs.FileInfo, error) { return i, nil }
func (i info) String() string             { return fs.FormatFileInfo(i) }

type openFile struct {
	info
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Size() int64                { return f.info.size }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	info
	entries []fs.DirEntry
	at      int
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: fs.ErrInvalid}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	left := d.entries[d.at:]
	if n > 0 && len(left) == 0 {
		return nil, io.EOF
	}
	if n > 0 && n < len(left) {
		left = left[:n]
	}
	d.at += len(left)
	return append([]fs.DirEntry(nil), left...), nil
}
