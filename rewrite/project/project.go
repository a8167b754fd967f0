// Package project answers what a build context says about the program in it: its
// files, what .dockerignore leaves of them, and what compose files, Procfiles and
// workflows say about how the image is used. Everything is read at most once.
package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// ErrNotKept is what a snapshot's file system answers for a file of which only
// the name was kept. The project notes the name in Missing and goes on.
var ErrNotKept = errors.New("content not kept")

// Limits on a repository. Beyond them the design is refused, not guessed.
const (
	MaxFiles    = 100_000 // files in the tree
	MaxReadSize = 8 << 20 // bytes of one file that is read
	MaxReadSum  = 64 << 20
	maxDepth    = 64
)

// ErrTooLarge is wrapped by errors on a tree or file beyond the limits.
var ErrTooLarge = errors.New("beyond the limits of what is read")

// Entry is one file of the repository.
type Entry struct {
	Path string // from the repository's root, slash-separated
	Mode fs.FileMode
	Size int64 // bytes; 0 where the snapshot does not know
}

// Project is a repository with one build context in it.
type Project struct {
	Dockerfile string   // path from the root
	Context    string   // folder from the root, "." for the root
	Missing    []string // files that were asked for and whose content was not kept

	fsys    fs.FS
	entries []Entry        // sorted by path
	index   map[string]int // path → entry
	dirs    map[string]bool
	cache   map[string][]byte
	read    int64
	ignore  *ignorer
	parsed  bool // consumers were read
	aside   map[string]bool

	consumers []Service
	own       []Service // those of the Dockerfile ownOf; nil before they are asked for
	ownOf     string
	looked    int64 // bytes that were looked at for consumers
}

// Open lists the repository's tree. The context is a folder from the root.
func Open(fsys fs.FS, dockerfile, context string) (*Project, error) {
	p := &Project{
		Dockerfile: dockerfile, Context: path.Clean(context), fsys: fsys,
		index: map[string]int{}, dirs: map[string]bool{".": true}, cache: map[string][]byte{},
	}
	if err := p.list(); err != nil {
		return nil, err
	}
	ignore, err := p.readIgnore()
	if err != nil {
		return nil, err
	}
	p.ignore = ignore
	return p, nil
}

// In is the same repository seen from another context; the tree is not listed
// again.
func (p *Project) In(context string) (*Project, error) {
	q := *p
	q.Context = path.Clean(context)
	ignore, err := q.readIgnore()
	if err != nil {
		return nil, err
	}
	q.ignore = ignore
	return &q, nil
}

func (p *Project) list() error {
	err := fs.WalkDir(p.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || strings.Count(name, "/") >= maxDepth {
				return fs.SkipDir
			}
			p.dirs[name] = true
			return nil
		}
		if len(p.entries) >= MaxFiles {
			return fmt.Errorf("the repository has more than %d files: %w", MaxFiles, ErrTooLarge)
		}
		entry := Entry{Path: name, Mode: d.Type()}
		if info, err := d.Info(); err == nil {
			entry.Mode, entry.Size = info.Mode(), info.Size()
		}
		p.entries = append(p.entries, entry)
		return nil
	})
	if err != nil {
		return err
	}
	sort.Slice(p.entries, func(i, j int) bool { return p.entries[i].Path < p.entries[j].Path })
	for i, e := range p.entries {
		p.index[e.Path] = i
	}
	return nil
}

// Entries are all files of the repository, sorted by path.
func (p *Project) Entries() []Entry { return p.entries }

// Join is a path in the context as a path from the root.
func (p *Project) Join(name string) string { return path.Join(p.Context, name) }

// Rel is a path from the root as a path in the context; ok is false outside it.
func (p *Project) Rel(name string) (string, bool) {
	if p.Context == "." {
		return name, true
	}
	return strings.CutPrefix(name, p.Context+"/")
}

// HasFile reports a file at a path from the repository's root.
func (p *Project) HasFile(name string) bool { _, ok := p.index[path.Clean(name)]; return ok }

// HasDir reports a folder at a path from the repository's root.
func (p *Project) HasDir(name string) bool { return p.dirs[path.Clean(name)] }

// Stat is a file's entry.
func (p *Project) Stat(name string) (Entry, bool) {
	i, ok := p.index[path.Clean(name)]
	if !ok {
		return Entry{}, false
	}
	return p.entries[i], true
}

// InContext reports whether a file, named from the context, is sent to the
// builder: it exists and .dockerignore does not exclude it.
func (p *Project) InContext(name string) bool {
	return p.HasFile(p.Join(name)) && !p.ignore.matches(path.Clean(name))
}

// ContextFiles are the files that the builder is sent, named from the context.
func (p *Project) ContextFiles() []string {
	var names []string
	for _, e := range p.entries {
		if name, ok := p.Rel(e.Path); ok && !p.ignore.matches(name) {
			names = append(names, name)
		}
	}
	return names
}

// Sources are the context's files, named from it, that a COPY source takes: the
// file itself, all files below a folder, or what a pattern matches.
func (p *Project) Sources(source string) []string {
	source = strings.TrimPrefix(path.Clean("/"+source), "/")
	if source == "" {
		return p.ContextFiles()
	}
	var names []string
	for _, name := range p.ContextFiles() {
		if matchSource(source, name) {
			names = append(names, name)
		}
	}
	return names
}

// matchSource reports whether the name, or a folder above it, is matched by the
// pattern (Go's filepath.Match, as BuildKit does).
func matchSource(pattern, name string) bool {
	for n := name; n != "."; n = path.Dir(n) {
		if ok, err := path.Match(pattern, n); ok && err == nil {
			return true
		}
	}
	return false
}

// Read gives a file's content by its path from the root. The error wraps
// fs.ErrNotExist, [ErrNotKept] or [ErrTooLarge].
func (p *Project) Read(name string) ([]byte, error) {
	name = path.Clean(name)
	if data, ok := p.cache[name]; ok {
		return data, nil
	}
	entry, ok := p.Stat(name)
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	if entry.Size > MaxReadSize || p.read > MaxReadSum {
		return nil, fmt.Errorf("%s: %w", name, ErrTooLarge)
	}
	data, err := p.readFile(name)
	if errors.Is(err, ErrNotKept) {
		p.Missing = append(p.Missing, name)
	}
	if err != nil {
		return nil, err
	}
	p.read += int64(len(data))
	p.cache[name] = data
	return data, nil
}

func (p *Project) readFile(name string) ([]byte, error) {
	f, err := p.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxReadSize+1))
	if err == nil && len(data) > MaxReadSize {
		err = fmt.Errorf("%s: %w", name, ErrTooLarge)
	}
	return data, err
}
