package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// selection gathers what the program reads at run time.
type selection struct {
	d     *design
	files map[string]bool
	dirs  map[string]bool
	kids  map[string][]string // folder → its files and folders
	goIn  map[string]bool     // folder → Go sources in it or below
	bases map[string][]string // last element of a path → data files with it
	stems map[string][]string // the same without its extension, configuration files only
	root  string              // what relative names are taken from
}

// findData settles which files go with the program (H60): those that a string in
// its sources, its start command, its environment or its configuration names; and
// all data of the tree where it reads files under names that nothing spells.
func (d *design) findData() *plan.Refusal {
	s := newSelection(d)
	s.fromSources()
	s.fromTexts()
	for p := range d.Used {
		if !d.isProgram(p) {
			s.file(p)
		}
	}
	if at, why, unsure := d.unsureReads(); unsure {
		n := s.size()
		s.all()
		if s.size() > n {
			at.Text = why
			d.Fact("runtime-files", at, "Every data file of the build context is carried over")
		}
	}
	s.fromConfigurations()
	s.fromSteps()
	d.Data = s.elements()
	d.Data = append(d.Data, d.untracked(s)...)
	d.heedWhole()
	return nil
}

// unsureReads reports that files are read whose names cannot be known.
func (d *design) unsureReads() (plan.Evidence, string, bool) {
	for _, name := range compiled.SortedKeys(d.source.imports) {
		for _, prefix := range implicit {
			if name == prefix || strings.HasPrefix(name, prefix+"/") {
				return d.source.imports[name], name + " reads files by itself", true
			}
		}
	}
	for _, trait := range []string{"executable", "caller"} {
		if at, ok := d.source.traits[trait]; ok {
			return at, "it finds files by its own place", true
		}
	}
	switch {
	case d.source.partial:
		return plan.Evidence{}, "not all sources could be read", true
	case len(d.source.opaque) > 0:
		return d.source.opaque[0], "it reads files under a name that is not in the code", true
	}
	return plan.Evidence{}, "", false
}

func newSelection(d *design) *selection {
	s := &selection{d: d, files: map[string]bool{}, dirs: map[string]bool{}, kids: map[string][]string{}, goIn: map[string]bool{},
		bases: map[string][]string{}, stems: map[string][]string{}, root: d.In.End.Workdir}
	seen := map[string]bool{}
	for _, p := range d.Tree.Paths() {
		for child := p; child != "/"; child = path.Dir(child) {
			parent := path.Dir(child)
			if strings.HasSuffix(p, ".go") {
				s.goIn[parent] = true
			}
			if seen[child] {
				if !strings.HasSuffix(p, ".go") {
					break
				}
				continue
			}
			seen[child] = true
			s.kids[parent] = append(s.kids[parent], child)
		}
		if isData(p) && !documentation(p) || path.Base(p) == ".env" {
			base := path.Base(p)
			s.bases[base] = append(s.bases[base], p)
			if ext := path.Ext(base); configExt[ext] {
				s.stems[strings.TrimSuffix(base, ext)] = append(s.stems[strings.TrimSuffix(base, ext)], p)
			}
		}
	}
	return s
}

func (s *selection) size() int { return len(s.files) + len(s.dirs) }

// file takes one file.
func (s *selection) file(p string) {
	if s.d.Tree.IsFile(p) {
		s.files[p] = true
	}
}

// dir takes a folder: as a whole where no Go sources are in it, else its data,
// without the folders that only serve those who work on the project.
func (s *selection) dir(dir string) {
	if !s.goIn[dir] && dir != s.root && dir != "/" {
		if s.holdsData(dir) {
			s.dirs[dir] = true
		}
		return
	}
	for _, kid := range s.kids[dir] {
		switch {
		case len(s.kids[kid]) > 0:
			if base := path.Base(kid); !notRuntime[base] && base[0] != '_' && base[0] != '.' {
				s.dir(kid)
			}
		case isData(kid) && !documentation(kid):
			s.files[kid] = true
		}
	}
}

// beside takes, of a folder with Go sources, the folders of data in it or below,
// and its own files where it is the working directory or holds a main package.
// What the program embeds is left out.
func (s *selection) beside(dir string) {
	own := dir == s.root || s.d.main[dir]
	for _, kid := range s.kids[dir] {
		base := path.Base(kid)
		switch {
		case len(s.kids[kid]) == 0:
			if own && isData(kid) && !documentation(kid) && !s.d.source.embeds(kid) {
				s.files[kid] = true
			}
		case notRuntime[base] || base[0] == '_' || base[0] == '.' || s.d.source.embeds(kid):
		case s.goIn[kid]:
			s.beside(kid)
		case s.worth(kid):
			s.dirs[kid] = true
		}
	}
}

// worth reports a folder with data that the program does not hold itself.
func (s *selection) worth(dir string) bool {
	for _, kid := range s.kids[dir] {
		if len(s.kids[kid]) > 0 && s.worth(kid) || len(s.kids[kid]) == 0 && isData(kid) && !documentation(kid) && !s.d.source.embeds(kid) {
			return true
		}
	}
	return false
}

// holdsData reports a folder with any file that is no build file.
func (s *selection) holdsData(dir string) bool {
	for _, kid := range s.kids[dir] {
		if len(s.kids[kid]) > 0 && s.holdsData(kid) || len(s.kids[kid]) == 0 && (isData(kid) || path.Base(kid) == ".gitkeep") {
			return true
		}
	}
	return false
}

// all takes the data of the whole tree that a program may read under any name.
func (s *selection) all() {
	roots := map[string]bool{}
	for p, source := range s.d.Tree.Files {
		if source != "" {
			roots[s.rootOf(p)] = true
		}
	}
	for _, r := range compiled.SortedKeys(roots) {
		s.beside(r)
	}
}

// rootOf is the working directory where the file lies in it, else the topmost
// folder of the file.
func (s *selection) rootOf(p string) string {
	if inside.Below(p, s.root) && s.root != "/" {
		return s.root
	}
	for path.Dir(path.Dir(p)) != "/" && path.Dir(p) != "/" {
		p = path.Dir(p)
	}
	return path.Dir(p)
}

// fromSources looks every string of the sources up in the tree.
func (s *selection) fromSources() {
	for _, lit := range s.d.source.literals {
		s.name(lit.text, lit.dir)
	}
	if _, ok := s.d.source.traits["dotenv"]; ok {
		s.file(path.Join(s.root, ".env"))
	}
}

// fromTexts looks up the words of the start command, the environment and the
// services' commands.
func (s *selection) fromTexts() {
	for _, c := range append(s.d.Start.Commands, s.d.ServiceCommands()...) {
		for _, w := range c.Words[min(1, len(c.Words)):] {
			_, value, ok := strings.Cut(w, "=")
			if ok {
				s.name(value, s.root)
			}
			s.name(w, s.root)
		}
	}
	for _, it := range s.d.In.Items {
		if it.Keyword == "ENV" {
			for _, p := range it.Pairs {
				s.name(dockerfile.Expand(dockerfile.Unquote(p.Value), it.Scope.Vars), s.root)
			}
		}
	}
	for _, sv := range s.d.Services {
		if data, err := s.d.In.Project.Read(sv.File); err == nil {
			s.words(reMount.ReplaceAllString(string(data), ""))
		}
	}
	for p := range s.d.Used {
		if data, ok := s.d.Tree.Read(p); ok && len(data) < 1<<18 {
			s.words(string(data))
		}
	}
}

// words looks up everything in a text that may be a path with a folder in it or a
// file's name.
func (s *selection) words(text string) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'=:,;()[]{}<>|&", r) }) {
		if strings.ContainsAny(w, "./") && len(w) < 300 {
			s.name(w, s.root)
		}
	}
}

// fromConfigurations follows names in the configuration files that are taken.
func (s *selection) fromConfigurations() {
	for _, p := range compiled.SortedKeys(s.files) {
		if ext := path.Ext(p); configExt[ext] || path.Base(p) == ".env" {
			if data, ok := s.d.Tree.Read(p); ok && len(data) < 1<<17 {
				s.words(string(data))
			}
		}
	}
}

// name looks up one string: a path, a pattern, the beginning of a path, or the name
// of a file wherever it lies.
func (s *selection) name(text, dir string) {
	if len(text) > 300 || strings.ContainsAny(text, "\n\r\t ") && !s.d.Tree.IsFile(path.Join(s.root, text)) {
		return
	}
	text = strings.TrimPrefix(text, "file://")
	if i := strings.IndexAny(text, "%*?[{$"); i >= 0 {
		text = text[:i]
		if !strings.HasSuffix(text, "/") {
			text = path.Dir(text + "x")
		}
		if text == "" || text == "." || text == "/" || text == "./" {
			s.patternAtRoot()
			return
		}
	}
	text = strings.TrimRight(text, "/")
	if strings.Trim(text, "./") == "" {
		return
	}
	for _, p := range s.places(text, dir) {
		s.place(p)
	}
	base := path.Base(text)
	for _, p := range append(s.bases[base], s.stems[base]...) {
		if strings.Contains(base, ".") || s.configured() {
			s.files[p] = true
		}
	}
}

// places are where a name may lie: from the working directory, as it is, or beside
// the source that has it.
func (s *selection) places(text, dir string) []string {
	if path.IsAbs(text) {
		return []string{path.Clean(text), path.Join(s.root, text)}
	}
	return []string{path.Join(s.root, text), path.Join(dir, text)}
}

// place takes what lies at a path; where nothing does, the folder that it would be
// in, which the program may want to write to.
func (s *selection) place(p string) {
	switch {
	case s.d.Tree.IsFile(p):
		if isData(p) {
			s.files[p] = true
		}
	case s.d.Tree.IsDir(p):
		s.dir(p)
	default:
		if dir := path.Dir(p); strings.Contains(path.Base(p), ".") && dir != s.root && dir != "/" && s.d.Tree.IsDir(dir) && !s.goIn[dir] {
			s.dir(dir)
		}
	}
}

// patternAtRoot: a pattern such as *.html in the working directory.
func (s *selection) patternAtRoot() {}

// configured reports a library that finds configuration by a name without ending.
func (s *selection) configured() bool {
	for name := range s.d.source.imports {
		if strings.HasPrefix(name, "github.com/spf13/viper") || strings.HasPrefix(name, "github.com/gookit/config") || strings.HasPrefix(name, "github.com/gookit/ini") {
			return true
		}
	}
	return false
}

// fromSteps takes what RUNs made outside of the sources, and what other images
// gave.
func (s *selection) fromSteps() {
	for _, m := range s.d.Tree.Made {
		if s.serves(m) {
			if s.d.Tree.IsFile(m) {
				s.files[m] = true
			} else {
				s.dirs[m] = true
			}
		}
	}
	for _, o := range s.d.Tree.Opaque {
		if o != "/" && inside.Below(o, s.root) && !strings.HasSuffix(o, "/vendor") && o != s.root {
			s.dirs[o] = true
		}
	}
	for _, i := range s.d.Foreign {
		it := s.d.In.Items[i]
		for _, src := range it.Sources() {
			dest := it.Scope.Abs(it.Dest())
			if strings.HasSuffix(it.Dest(), "/") {
				dest = path.Join(dest, path.Base(src))
			}
			s.files[dest] = true
		}
	}
}

// serves reports whether something that a RUN made is for the running image: not
// a folder that is there anyhow, not one of the build's own.
func (s *selection) serves(p string) bool {
	for _, own := range []string{"/tmp", "/go/src", "/go/pkg", "/usr/local/go", "/var/lib/apt", "/var/cache", "/root/.ssh", "/root/.cache", "/etc/apt", "/etc/apk", "/usr/share/keyrings"} {
		if inside.Below(p, own) {
			return false
		}
	}
	if inside.Below(s.root, p) || p == "/go/bin" || inside.IsArchive(p) || strings.HasSuffix(p, ".deb") || strings.HasSuffix(p, ".zip") {
		return false
	}
	for _, a := range s.d.programs {
		if inside.Below(a.path, p) {
			return false
		}
	}
	return true
}
