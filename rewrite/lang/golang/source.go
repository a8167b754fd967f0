package golang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// Limits on the sources that are parsed for one design.
const (
	maxSourceFiles = 3000
	maxSourceBytes = 32 << 20
)

// source is what the program's own sources say: read from the syntax tree of the
// packages that the main packages reach.
type source struct {
	literals []literal
	imports  map[string]plan.Evidence // packages that are not the project's own
	cgo      []plan.Evidence          // import "C"
	opaque   []plan.Evidence          // reads files whose names are not in the code
	writes   []plan.Evidence          // creates or changes files
	execs    map[string]plan.Evidence // programs that it runs
	unnamed  []plan.Evidence          // runs programs whose names are not in the code
	traits   map[string]plan.Evidence // other calls that matter, by name
	env      map[string]bool          // names of environment variables that it asks for
	missing  []plan.Evidence          // imports of the project's own packages that the image does not have
	embedded []string                 // patterns of go:embed, as paths in the image
	files    int
	partial  bool // the limits were reached, or a file could not be parsed
}

// literal is one string of the sources.
type literal struct {
	text string
	dir  string // of the source file, in the image
}

// loader walks the packages from the main ones.
type loader struct {
	t     *tree
	byDir map[string][]string
	seen  map[string]bool
	bytes int
	out   *source
}

// load reads the sources that the roots (folders and .go files) reach.
func load(t *tree, roots []string) *source {
	l := &loader{t: t, byDir: map[string][]string{}, seen: map[string]bool{}, out: newSource()}
	for _, p := range t.Paths() {
		if strings.HasSuffix(p, ".go") {
			l.byDir[path.Dir(p)] = append(l.byDir[path.Dir(p)], p)
		}
	}
	for _, root := range roots {
		if strings.HasSuffix(root, ".go") {
			l.file(root)
			continue
		}
		l.dir(root)
	}
	return l.out
}

func newSource() *source {
	return &source{imports: map[string]plan.Evidence{}, execs: map[string]plan.Evidence{},
		traits: map[string]plan.Evidence{}, env: map[string]bool{}}
}

// everything are the folders of all sources but vendored ones, for when it is not
// known which package is built.
func everything(t *tree) []string {
	set := map[string]bool{}
	for _, p := range t.Paths() {
		if strings.HasSuffix(p, ".go") && !strings.Contains(p, "/vendor/") && !strings.Contains(p, "/testdata/") {
			set[path.Dir(p)] = true
		}
	}
	out := make([]string, 0, len(set))
	for d := range set {
		out = append(out, d)
	}
	sort.Strings(out)
	return out
}

func (l *loader) dir(dir string) {
	if l.seen[dir] {
		return
	}
	l.seen[dir] = true
	for _, p := range l.byDir[dir] {
		if !strings.HasSuffix(p, "_test.go") && onLinux(path.Base(p)) {
			l.file(p)
		}
	}
}

// onLinux reports whether the file's name keeps it out of a Linux build.
func onLinux(base string) bool {
	parts := strings.Split(strings.TrimSuffix(base, ".go"), "_")
	for i := len(parts) - 1; i > 0 && i > len(parts)-3; i-- {
		switch parts[i] {
		case "windows", "darwin", "freebsd", "openbsd", "netbsd", "dragonfly", "solaris", "plan9", "js", "wasip1", "ios", "android", "aix":
			return false
		}
	}
	return true
}

func (l *loader) file(p string) {
	data, ok := l.t.Read(p)
	if !ok {
		l.out.partial = l.out.partial || l.t.Files[p] != ""
		return
	}
	l.out.files++
	l.bytes += len(data)
	if l.out.files > maxSourceFiles || l.bytes > maxSourceBytes {
		l.out.partial = true
		return
	}
	vendored := strings.Contains(p, "/vendor/")
	mode := parser.SkipObjectResolution | parser.ParseComments
	if vendored {
		mode = parser.SkipObjectResolution | parser.ImportsOnly | parser.ParseComments
	}
	fset := token.NewFileSet()
	f := parseFile(fset, p, data, mode)
	if f == nil {
		l.out.partial = true
		return
	}
	if ignored(f) {
		return
	}
	v := &visitor{fset: fset, path: l.t.Files[p], dir: path.Dir(p), out: l.out, names: map[string]string{}, consts: map[string]bool{}}
	for _, spec := range f.Imports {
		l.imported(v, spec, vendored)
	}
	if !vendored {
		l.embeds(f, path.Dir(p))
	}
	if !vendored && !strings.HasSuffix(p, ".pb.go") { // generated from .proto files, whose names it holds
		v.walk(f)
	}
}

// embeds notes what go:embed takes into the program: that needs no file any more.
// See https://pkg.go.dev/embed.
func (l *loader) embeds(f *ast.File, dir string) {
	for _, group := range f.Comments {
		for _, c := range group.List {
			list, ok := strings.CutPrefix(c.Text, "//go:embed ")
			if !ok {
				continue
			}
			for _, pattern := range strings.Fields(list) {
				pattern = strings.TrimPrefix(strings.Trim(pattern, "\"`"), "all:")
				l.out.embedded = append(l.out.embedded, path.Join(dir, pattern))
			}
		}
	}
}

// embeds reports whether the program holds a file itself.
func (s *source) embeds(p string) bool {
	for _, pattern := range s.embedded {
		if inside.Below(p, pattern) || inside.MatchAbove(pattern, p) {
			return true
		}
	}
	return false
}

// parseFile parses one file; a parser that gives up, or panics, gives nil.
func parseFile(fset *token.FileSet, name string, data []byte, mode parser.Mode) (f *ast.File) {
	defer func() {
		if recover() != nil {
			f = nil
		}
	}()
	f, err := parser.ParseFile(fset, name, data, mode)
	if err != nil {
		return nil
	}
	return f
}

// ignored reports a file that its build constraint keeps out of every build.
func ignored(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, c := range group.List {
			text := strings.TrimSpace(strings.TrimPrefix(c.Text, "//"))
			if text == "go:build ignore" || text == "+build ignore" || text == "go:build windows" || text == "go:build darwin" || text == "go:build !linux" {
				return true
			}
		}
	}
	return false
}

// imported follows one import: into the project, its vendor folder, or no further.
func (l *loader) imported(v *visitor, spec *ast.ImportSpec, vendored bool) {
	name := strings.Trim(spec.Path.Value, "\"`")
	at := v.at(spec.Pos())
	if spec.Name != nil {
		v.names[spec.Name.Name] = name
	} else {
		v.names[importBase(name)] = name
	}
	if trait, ok := traitImports[name]; ok && !vendored {
		v.trait(trait, spec.Pos())
	}
	if name == "C" {
		l.out.cgo = append(l.out.cgo, at)
		return
	}
	for _, m := range modulesAt(l.t, v.dir) {
		if m.path != "" && (name == m.path || strings.HasPrefix(name, m.path+"/")) {
			dir := path.Join(m.dir, strings.TrimPrefix(name, m.path))
			if len(l.byDir[dir]) == 0 {
				at.Text = name
				l.out.missing = append(l.out.missing, at)
			}
			l.dir(dir)
			return
		}
	}
	for d := v.dir; d != "/" && d != "."; d = path.Dir(d) {
		if in := path.Join(d, "vendor", name); len(l.byDir[in]) > 0 {
			l.note(name, at, vendored)
			l.dir(in)
			return
		}
	}
	if in := path.Join("/go/src", name); len(l.byDir[in]) > 0 {
		l.dir(in)
		return
	}
	l.note(name, at, vendored)
}

func (l *loader) note(name string, at plan.Evidence, vendored bool) {
	if _, ok := l.out.imports[name]; !ok && !vendored {
		l.out.imports[name] = at
	}
}
