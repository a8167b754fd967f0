package rootfs

import (
	"context"
	"errors"
	"io"
)

var errLimit = errors.New("more than is read of one image")

// text is a whole file, nil where it is not a regular file, is longer than limit, cannot
// be read, or the image's share is used up. A file is read once.
func (t *Tree) text(ctx context.Context, f *file, limit int64) []byte {
	if f == nil || !f.regular() || f.size > limit {
		return nil
	}
	t.mu.Lock()
	data, ok := t.texts[f.path]
	t.mu.Unlock()
	if ok {
		return data
	}
	data, err := t.part(ctx, f, 0, int(f.size))
	if err != nil {
		data = nil
	}
	t.mu.Lock()
	t.texts[f.path] = data
	t.mu.Unlock()
	return data
}

// textAt is the text of a path, nil where there is none.
func (t *Tree) textAt(ctx context.Context, name string, limit int64) []byte {
	f, _ := t.resolve(name)
	return t.text(ctx, f, limit)
}

// part reads a part of a file.
func (t *Tree) part(ctx context.Context, f *file, offset, length int) ([]byte, error) {
	t.mu.Lock()
	t.read += int64(length)
	over := t.read > maxReads
	t.mu.Unlock()
	if over {
		return nil, errLimit
	}
	data, err := t.reader.ReadFile(ctx, f.path, offset, length)
	if len(data) > length {
		data = data[:length]
	}
	return data, err
}

// The pages in which ELF files are read.
const (
	pageSize = 64 << 10
	maxPages = 256 // of one file: 16 MiB
)

// pages is a file as an io.ReaderAt that reads page by page and keeps them.
type pages struct {
	ctx  context.Context
	tree *Tree
	file *file
	kept map[int64][]byte
}

// ReadAt reads from the pages that the range lies in.
func (p *pages) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 || off >= p.file.size {
		return 0, io.EOF
	}
	n := 0
	for n < len(b) && off < p.file.size {
		page, err := p.page(off / pageSize)
		if err != nil {
			return n, err
		}
		at := int(off % pageSize)
		if at >= len(page) {
			break
		}
		c := copy(b[n:], page[at:])
		n, off = n+c, off+int64(c)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (p *pages) page(i int64) ([]byte, error) {
	if page, ok := p.kept[i]; ok {
		return page, nil
	}
	if len(p.kept) >= maxPages {
		return nil, errLimit
	}
	page, err := p.tree.part(p.ctx, p.file, int(i*pageSize), int(min(pageSize, p.file.size-i*pageSize)))
	if err != nil {
		return nil, err
	}
	p.kept[i] = page
	return page, nil
}
