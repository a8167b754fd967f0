package rootfs

import (
	"bytes"
	"context"
	"encoding/json"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// The kinds of what a production image should not have.
const (
	kindCompiler = "compiler"
	kindCache    = "package cache"
	kindGit      = ".git"
	kindEnv      = ".env"
	kindKey      = "private key"
	kindDev      = "development packages"
)

// compilers are programs that build, and the folder that goes with them, if any.
var compilers = map[string]string{
	"gcc": "", "g++": "", "cc": "", "clang": "", "make": "", "javac": "", "rustc": "", "cargo": "", "go": "/usr/local/go", "mvn": "", "gradle": "",
}

// caches are folders that package managers fill, as patterns of path.Match.
var caches = []string{
	"/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apk", "/var/cache/dnf", "/var/cache/yum",
	"/root/.cache", "/home/*/.cache", "/root/.npm", "/home/*/.npm", "/root/.m2", "/home/*/.m2", "/root/.gradle", "/home/*/.gradle",
	"/root/go/pkg/mod", "/go/pkg/mod", "/home/*/go/pkg/mod", "/root/.cargo/registry", "/usr/local/cargo/registry", "/home/*/.cargo/registry",
	"/usr/local/share/.cache", "/root/.yarn", "/root/.local/share/pnpm/store", "/home/*/.local/share/pnpm/store", "/.pnpm-store", "/pnpm/store",
	"/root/.nuget", "/root/.composer/cache", "/root/.bun/install/cache", "/.cache", "/.npm",
}

// The limits of what is listed.
const (
	minCache     = 64 << 10 // bytes: less is a log or a lock
	maxLeftovers = 50       // of one kind
	maxKeyReads  = 500
)

// leftovers lists by path what a production image should not have. No content of any
// file is in it.
func (t *Tree) leftovers(ctx context.Context) []proof.Leftover {
	l := &leftovers{tree: t, ctx: ctx, count: map[string]int{}}
	t.root.each(l.folder)
	t.eachGrouped(l.file)
	sort.SliceStable(l.out, func(i, j int) bool {
		a, b := l.out[i], l.out[j]
		return a.Kind < b.Kind || a.Kind == b.Kind && a.Path < b.Path
	})
	return l.out
}

type leftovers struct {
	tree  *Tree
	ctx   context.Context
	out   []proof.Leftover
	count map[string]int
	reads int
}

func (l *leftovers) add(kind, name string, size int64) {
	if l.count[kind]++; l.count[kind] <= maxLeftovers {
		l.out = append(l.out, proof.Leftover{Kind: kind, Path: clip(name, 400), Size: size})
	}
}

// folder looks at one folder; it reports whether to go into it.
func (l *leftovers) folder(f *file) bool {
	if !f.dir() {
		return false
	}
	if f.name == ".git" {
		l.add(kindGit, f.path, f.bytes())
		return false
	}
	for _, pattern := range caches {
		if ok, _ := path.Match(pattern, f.path); ok {
			if size := f.bytes(); size >= minCache {
				l.add(kindCache, f.path, size)
			}
			return true
		}
	}
	if f.name == "node_modules" {
		if folderGroup(f, proof.GroupSources) == proof.GroupPackages {
			l.development(f)
		}
		return false
	}
	return true
}

// file looks at one file.
func (l *leftovers) file(f *file, group string) {
	if !f.regular() && !f.symlink() {
		return
	}
	if folder, ok := compilers[f.name]; ok && path.Base(path.Dir(f.path)) == "bin" {
		l.compiler(f, folder)
	}
	if group == proof.GroupPackages || group == proof.GroupInterpreter || group == proof.GroupToolchain || group == proof.GroupCaches || group == proof.GroupVersionStore {
		return
	}
	switch {
	case f.regular() && environmentFile(f.name) && group == proof.GroupSources:
		l.add(kindEnv, f.path, f.size)
	case f.regular() && f.size > 0 && f.size < maxScript && keyName(f.name) && !fixture(f.path) && l.privateKey(f):
		l.add(kindKey, f.path, f.size)
	}
}

// compiler adds a program that is one, with the size of its folder where it has one.
func (l *leftovers) compiler(f *file, folder string) {
	real, s := l.tree.resolve(f.path)
	if s != present || !real.regular() || real.mode.Perm()&0o111 == 0 {
		return
	}
	size := real.size
	if folder != "" && within(real.path, folder) {
		if dir, s := l.tree.resolve(folder); s == present {
			size = dir.bytes()
		}
	}
	l.add(kindCompiler, f.path, size)
}

// environmentFile reports .env, .env.production and their like, not the examples.
func environmentFile(name string) bool {
	if name == ".env" {
		return true
	}
	rest, ok := strings.CutPrefix(name, ".env.")
	if !ok {
		return false
	}
	for _, harmless := range []string{"example", "sample", "template", "dist", "tpl", "defaults", "schema", "ci", "test"} {
		if strings.Contains(rest, harmless) {
			return false
		}
	}
	return true
}

// keyName reports a file that may be a private key by its name.
func keyName(name string) bool {
	switch {
	case name == "id_rsa" || name == "id_ed25519" || name == "id_ecdsa" || name == "id_dsa":
		return true
	case strings.HasPrefix(name, "ssh_host_") && strings.HasSuffix(name, "_key"):
		return true
	}
	return (strings.HasSuffix(name, ".pem") || strings.HasSuffix(name, ".key")) && !strings.HasPrefix(name, "ssl-cert-snakeoil")
}

// fixture reports a path that is there for tests or as an example.
func fixture(name string) bool {
	for part := range strings.SplitSeq(strings.ToLower(name), "/") {
		switch part {
		case "test", "tests", "testdata", "fixtures", "fixture", "__tests__", "spec", "examples", "example", "mocks":
			return true
		}
	}
	return false
}

// privateKey reads the first bytes of a file for the words that a private key begins with.
func (l *leftovers) privateKey(f *file) bool {
	if l.reads++; l.reads > maxKeyReads {
		return false
	}
	head, err := l.tree.part(l.ctx, f, 0, int(min(f.size, 512)))
	return err == nil && bytes.Contains(head, []byte("PRIVATE KEY-----"))
}

// developmentNames are packages that no application needs when it runs, for folders whose
// package.json is not in the image.
var developmentNames = []string{
	"typescript", "eslint", "jest", "webpack", "mocha", "prettier", "ts-node", "nodemon", "vitest", "@babel/core", "ts-jest", "husky", "nyc", "rollup",
}

// development lists the development dependencies of a package.json that are installed
// beside it.
func (l *leftovers) development(modules *file) {
	names := developmentNames
	if f, s := l.tree.resolve(path.Join(path.Dir(modules.path), "package.json")); s == present {
		m, ok := l.tree.manifest(l.ctx, f)
		if !ok {
			return
		}
		names = nil
		for name := range m.DevDependencies {
			if _, both := m.Dependencies[name]; !both {
				names = append(names, name)
			}
		}
		slices.Sort(names)
	}
	var found []string
	size := int64(0)
	for _, name := range names {
		if f, s := l.tree.resolve(path.Join(modules.path, name)); s == present && f.dir() && within(f.path, modules.path) {
			found = append(found, name)
			size += f.bytes()
		}
	}
	if len(found) == 0 {
		return
	}
	what := found
	if len(what) > 5 {
		what = append(what[:4:4], "…")
	}
	l.add(kindDev, modules.path+"/{"+strings.Join(what, ",")+"}", size)
}

// manifest reads a package.json; ok is false where it is none.
func (t *Tree) manifest(ctx context.Context, f *file) (m manifest, ok bool) {
	data := t.text(ctx, f, maxManifest)
	if data == nil || json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &m) != nil {
		return manifest{}, false
	}
	return m, true
}
