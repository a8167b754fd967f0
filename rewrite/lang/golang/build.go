package golang

import (
	"go/parser"
	"go/token"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
)

// goCommand follows a go command of the author's.
func (r *recipe) goCommand(words []string) compiled.Kind {
	g := parseGo(words)
	switch g.verb {
	case "build":
		return r.build(g)
	case "install":
		return r.install(g)
	case "mod download", "mod verify":
		return compiled.Download
	case "mod tidy", "mod edit", "work use", "work sync", "work init":
		return compiled.Resolve
	case "mod vendor", "work vendor":
		r.Tree.Opaque = append(r.Tree.Opaque, path.Join(r.Dir, "vendor"))
		return compiled.Resolve
	case "mod init":
		r.initial[r.Dir] = true
		r.Tree.Add(path.Join(r.Dir, "go.mod"), "")
		return compiled.Resolve
	case "get":
		return r.get(g)
	case "test":
		return compiled.Test
	case "vet", "fmt", "fix":
		return compiled.Lint
	case "generate", "run", "tool":
		r.Tree.Opaque = append(r.Tree.Opaque, r.Dir)
		return compiled.Generate
	case "env", "clean", "version", "list", "help", "doc", "mod graph", "mod why":
		return compiled.Nothing
	}
	return compiled.Unknown
}

// build follows go build: with no -o, the program of a single main package lands in
// the folder of the command; several packages leave nothing.
func (r *recipe) build(g goCommand) compiled.Kind {
	dir := r.Abs(g.chdir)
	packages := g.args
	if len(packages) == 0 {
		packages = []string{"."}
	}
	if allRemote(packages) && !r.localImport(dir, packages[0]) {
		return r.buildRemote(g, dir, packages)
	}
	switch mode := g.values["buildmode"]; mode {
	case "plugin", "c-shared", "c-archive", "shared":
		r.Tree.Make(r.resolve(dir, g.output))
		return compiled.Compile
	}
	mains := r.mains(dir, packages)
	out := g.output
	switch {
	case out == "/dev/null":
		return compiled.Lint
	case len(mains) == 0:
		if out != "" {
			r.artifact(r.resolve(dir, out), dir, g, []string{dir})
		}
		return compiled.Compile
	case out == "" && (len(mains) > 1 || strings.Contains(packages[0], "...")):
		return compiled.Compile
	case out == "":
		r.artifact(path.Join(dir, r.programName(dir, packages)), dir, g, mains[0].roots)
		return compiled.Compile
	}
	target := r.resolve(dir, out)
	if !strings.HasSuffix(out, "/") && !(len(mains) > 1) && !r.Tree.IsDir(target) {
		r.artifact(target, dir, g, mains[0].roots)
		return compiled.Compile
	}
	for _, m := range mains {
		r.artifact(path.Join(target, m.name), dir, g, m.roots)
	}
	return compiled.Compile
}

// buildRemote is go build of somebody else's package.
func (r *recipe) buildRemote(g goCommand, dir string, packages []string) compiled.Kind {
	name := importBase(strings.SplitN(packages[0], "@", 2)[0])
	target := path.Join(dir, name)
	if g.output != "" {
		target = r.resolve(dir, g.output)
	}
	r.artifact(target, dir, g, nil)
	return compiled.Tool
}

func (r *recipe) resolve(dir, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(dir, name)
}

func (r *recipe) artifact(p, dir string, g goCommand, roots []string) {
	env := map[string]string{}
	for _, k := range []string{"CGO_ENABLED", "GOOS", "GOARCH", "GOFLAGS", "CC"} {
		if v := r.Variable(k); v != "" {
			env[k] = v
		}
	}
	kept := r.artifacts[:0]
	for _, a := range r.artifacts {
		if a.path != p {
			kept = append(kept, a)
		}
	}
	r.artifacts = append(kept, artifact{path: p, item: r.Item, roots: roots, dir: dir, line: g, env: env})
}

// get follows go get, which installs programs before Go 1.18 and in GOPATH mode.
func (r *recipe) get(g goCommand) compiled.Kind {
	if g.has("d") {
		return compiled.Resolve
	}
	for _, p := range g.args {
		name, _, _ := strings.Cut(p, "@")
		if remotePackage(p) {
			r.artifact(path.Join(r.binDir(), importBase(name)), r.Dir, g, nil)
		}
	}
	return compiled.Resolve
}

func (r *recipe) binDir() string {
	if v := r.Variable("GOBIN"); v != "" {
		return path.Clean(v)
	}
	if v := r.Variable("GOPATH"); v != "" {
		first, _, _ := strings.Cut(v, ":")
		return path.Join(first, "bin")
	}
	if r.In.Base.Language == "go" {
		return "/go/bin"
	}
	return "/root/go/bin"
}

func allRemote(packages []string) bool {
	for _, p := range packages {
		if !remotePackage(p) {
			return false
		}
	}
	return true
}

// mainPackage is a package that go build makes a program of.
type mainPackage struct {
	name  string
	roots []string // its folder, or its files
}

// mains finds the main packages that a go command is given.
func (r *recipe) mains(dir string, packages []string) []mainPackage {
	if strings.HasSuffix(packages[0], ".go") {
		var list []string
		for _, p := range packages {
			list = append(list, r.match(r.resolve(dir, p))...)
		}
		return []mainPackage{{name: strings.TrimSuffix(path.Base(packages[0]), ".go"), roots: list}}
	}
	var out []mainPackage
	for _, p := range packages {
		for _, d := range r.packageDirs(dir, p) {
			out = append(out, mainPackage{name: r.nameOf(d), roots: []string{d}})
		}
	}
	return out
}

// match lists the files that a word with a pattern stands for.
func (r *recipe) match(pattern string) []string {
	if !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}
	}
	var out []string
	for _, p := range r.Tree.Paths() {
		if ok, err := path.Match(pattern, p); ok && err == nil {
			out = append(out, p)
		}
	}
	return out
}

// packageDirs are the folders of main packages that a package pattern names.
func (r *recipe) packageDirs(dir, pattern string) []string {
	local, ok := r.localDir(dir, pattern)
	if !ok {
		return nil
	}
	base, recursive := strings.CutSuffix(local, "/...")
	if !recursive {
		if r.isMain(base) {
			return []string{base}
		}
		return nil
	}
	var out []string
	last := ""
	for _, p := range r.Tree.Paths() {
		d := path.Dir(p)
		if d == last || !strings.HasSuffix(p, ".go") || !inside.Below(d, base) || strings.Contains(d+"/", "/vendor/") || strings.Contains(d+"/", "/testdata/") {
			continue
		}
		last = d
		if r.isMain(d) {
			out = append(out, d)
		}
	}
	return out
}

// isMain reports whether the folder's sources are a main package.
func (r *recipe) isMain(dir string) bool {
	if known, ok := r.main[dir]; ok {
		return known
	}
	r.main[dir] = false
	for _, p := range r.Tree.Paths() {
		if path.Dir(p) != dir || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") || !onLinux(path.Base(p)) {
			continue
		}
		data, ok := r.Tree.Read(p)
		if !ok {
			continue
		}
		f := parseFile(token.NewFileSet(), p, data, parser.PackageClauseOnly|parser.ParseComments)
		if f != nil && !ignored(f) {
			r.main[dir] = f.Name.Name == "main"
			break
		}
	}
	return r.main[dir]
}

// localDir is the folder of a package pattern of the project's own.
func (r *recipe) localDir(dir, pattern string) (string, bool) {
	if strings.HasPrefix(pattern, ".") || path.IsAbs(pattern) {
		return r.resolve(dir, pattern), true
	}
	name, dots := strings.CutSuffix(pattern, "/...")
	suffix := ""
	if dots {
		suffix = "/..."
	}
	for _, m := range modulesAt(r.Tree, dir) {
		if name == m.path || strings.HasPrefix(name, m.path+"/") {
			return path.Join(m.dir, strings.TrimPrefix(name, m.path)) + suffix, true
		}
	}
	if in := path.Join("/go/src", name); r.Tree.IsDir(in) {
		return in + suffix, true
	}
	return "", false
}

func (r *recipe) localImport(dir, pattern string) bool {
	_, ok := r.localDir(dir, pattern)
	return ok
}

// programName is what go build calls the program of the packages given to it.
func (r *recipe) programName(dir string, packages []string) string {
	if strings.HasSuffix(packages[0], ".go") {
		return strings.TrimSuffix(path.Base(packages[0]), ".go")
	}
	local, ok := r.localDir(dir, packages[0])
	if !ok {
		return importBase(packages[0])
	}
	return r.nameOf(local)
}

// nameOf is the name of the program in a folder: the last element of its import
// path, which for a module's root is the module's name.
func (r *recipe) nameOf(dir string) string {
	for _, m := range modulesAt(r.Tree, dir) {
		if inside.Below(dir, m.dir) && m.path != "" {
			return importBase(m.path + strings.TrimPrefix(dir, m.dir))
		}
	}
	return path.Base(dir)
}

// install follows go install: programs land in GOBIN, or GOPATH's bin.
func (r *recipe) install(g goCommand) compiled.Kind {
	dir, bin := r.Abs(g.chdir), r.binDir()
	packages := g.args
	if len(packages) == 0 {
		packages = []string{"."}
	}
	if allRemote(packages) && !r.localImport(dir, packages[0]) {
		for _, p := range packages {
			name, _, _ := strings.Cut(p, "@")
			r.artifact(path.Join(bin, importBase(name)), dir, g, nil)
		}
		return compiled.Tool
	}
	mains := r.mains(dir, packages)
	if len(mains) == 0 && len(g.args) == 0 {
		r.artifact(path.Join(bin, r.programName(dir, packages)), dir, g, []string{dir})
	}
	for _, m := range mains {
		r.artifact(path.Join(bin, m.name), dir, g, m.roots)
	}
	return compiled.Compile
}
