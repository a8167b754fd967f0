package golang

import (
	"path"
	"strings"

	"golang.org/x/mod/modfile"
)

// module is a Go module of the project's own, at its place in the image.
type module struct {
	path string // "" where go mod init made it without a name that is known
	dir  string
	file *modfile.File // nil where go mod init made it
}

// modulesAt are the modules that a command in dir can build: the one around it
// first, then those that its workspace uses and that it is replaced by, all on
// disk.
func modulesAt(t *tree, dir string) []module {
	if t.mods == nil || t.at != t.Version {
		t.mods, t.at = map[string][]module{}, t.Version
	}
	if found, ok := t.mods[dir]; ok {
		return found
	}
	t.mods[dir] = findModules(t, dir)
	return t.mods[dir]
}

func findModules(t *tree, dir string) []module {
	main, ok := moduleAround(t, dir)
	var out []module
	if ok {
		out = append(out, main)
		out = append(out, replaced(t, main)...)
	}
	for d := dir; ; d = path.Dir(d) {
		if t.IsFile(path.Join(d, "go.work")) {
			out = append(out, workspace(t, d)...)
			break
		}
		if d == "/" || d == "." {
			break
		}
	}
	return out
}

func moduleAround(t *tree, dir string) (module, bool) {
	for d := path.Clean(dir); ; d = path.Dir(d) {
		if t.IsFile(path.Join(d, "go.mod")) {
			return readModule(t, d), true
		}
		if d == "/" || d == "." {
			return module{}, false
		}
	}
}

func readModule(t *tree, dir string) module {
	name := path.Join(dir, "go.mod")
	m := module{dir: dir}
	data, ok := t.Read(name)
	if !ok {
		return m
	}
	f, err := modfile.ParseLax(name, data, nil)
	if err != nil || f.Module == nil {
		return m
	}
	m.file, m.path = f, f.Module.Mod.Path
	return m
}

// replaced are the modules on disk that a module's replace directives name.
// ParseLax does not read them, so the strict parser is asked as well.
func replaced(t *tree, m module) []module {
	var out []module
	for _, rep := range replaces(t, m) {
		if local(rep.New.Path) {
			dir := path.Join(m.dir, rep.New.Path)
			if path.IsAbs(rep.New.Path) {
				dir = path.Clean(rep.New.Path)
			}
			out = append(out, module{path: rep.Old.Path, dir: dir, file: readModule(t, dir).file})
		}
	}
	return out
}

func replaces(t *tree, m module) []*modfile.Replace {
	data, ok := t.Read(path.Join(m.dir, "go.mod"))
	if !ok {
		return nil
	}
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return nil
	}
	return f.Replace
}

func local(p string) bool {
	return strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") || strings.HasPrefix(p, "/") || p == "." || p == ".."
}

// workspace are the modules that a go.work uses.
func workspace(t *tree, dir string) []module {
	data, ok := t.Read(path.Join(dir, "go.work"))
	if !ok {
		return nil
	}
	w, err := modfile.ParseWork("go.work", data, nil)
	if err != nil {
		return nil
	}
	var out []module
	for _, use := range w.Use {
		if d := path.Join(dir, use.Path); t.IsFile(path.Join(d, "go.mod")) {
			out = append(out, readModule(t, d))
		}
	}
	return out
}
