package app_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/multistage-app/multistage/"

const (
	buildkitClient   = "github.com/moby/buildkit/client"
	buildkitFrontend = "github.com/moby/buildkit/frontend/dockerfile"
	goGitHub         = "github.com/google/go-github"
	ghinstallation   = "github.com/bradleyfalzon/ghinstallation"
)

// An importRule says what a package may import of this module, as patterns of [path.Match]
// where ... stands for anything below, and of other modules, as prefixes.
type importRule struct {
	pkg    string
	ours   []string
	others []string // nil is any that nobody has for himself, see ownedImports
}

// importRules: imports run one way, from cmd to the syntax of a Dockerfile. The first row
// that fits a package holds.
var importRules = []importRule{
	{pkg: "cmd/*", ours: []string{"app", "app/...", "review", "review/...", "rewrite", "rewrite/..."}},
	{pkg: "app", ours: []string{"app/github", "app/local", "app/buildkit", "app/tree", "review", "review/...", "rewrite", "rewrite/..."}},
	{pkg: "app/github", ours: []string{"app/tree", "review", "review/...", "rewrite", "rewrite/dockerfile", "rewrite/plan", "rewrite/project", "rewrite/proof"}},
	{pkg: "app/github/githubtest", ours: []string{"app/github/githubtest/..."}},
	{pkg: "app/github/githubtest/*"},
	{pkg: "app/local", ours: []string{"app/tree", "review", "review/...", "rewrite", "rewrite/dockerfile", "rewrite/plan", "rewrite/project", "rewrite/proof"}},
	{pkg: "app/tree", ours: []string{"rewrite/project"}},
	{pkg: "app/buildkit", ours: []string{"app/buildkit/*", "rewrite", "rewrite/..."}},
	{pkg: "app/buildkit/probe"},
	{pkg: "app/buildkit/rootfs", ours: []string{"rewrite/proof", "rewrite/shell"}},
	{pkg: "review", ours: []string{"review/config", "rewrite", "rewrite/dockerfile", "rewrite/plan", "rewrite/proof"}},
	{pkg: "review/config", ours: []string{"rewrite", "rewrite/dockerfile", "rewrite/plan", "rewrite/proof"}},
	{pkg: "rewrite", ours: []string{"rewrite/..."}},
	{pkg: "rewrite/rewritetest", ours: []string{"rewrite", "rewrite/..."}},
	{pkg: "rewrite/contract", ours: []string{"rewrite/dockerfile", "rewrite/image"}},
	{pkg: "rewrite/lang", ours: []string{"rewrite/lang/*", "rewrite/plan"}},
	{pkg: "rewrite/lang/*", ours: []string{"rewrite/inside", "rewrite/compiled", "rewrite/plan", "rewrite/proof", "rewrite/project", "rewrite/image", "rewrite/shell", "rewrite/dockerfile"}},
	{pkg: "rewrite/compiled", ours: []string{"rewrite/inside", "rewrite/plan", "rewrite/proof", "rewrite/project", "rewrite/image", "rewrite/shell", "rewrite/dockerfile"}},
	{pkg: "rewrite/inside", ours: []string{"rewrite/plan", "rewrite/project", "rewrite/dockerfile"}},
	{pkg: "rewrite/plan", ours: []string{"rewrite/dockerfile", "rewrite/project", "rewrite/image", "rewrite/shell"}},
	{pkg: "rewrite/proof", ours: []string{"rewrite/dockerfile", "rewrite/plan"}},
	{pkg: "rewrite/project"},
	{pkg: "rewrite/image"},
	{pkg: "rewrite/shell", others: []string{"mvdan.cc/sh/v3/syntax"}},
	{pkg: "rewrite/dockerfile", others: []string{buildkitFrontend + "/parser", buildkitFrontend + "/instructions", buildkitFrontend + "/shell"}},
	{pkg: "."},
}

// ownedImports are modules that only the named packages may import.
var ownedImports = []struct {
	prefix string
	owners []string
}{
	{goGitHub, []string{"app/github"}},
	{ghinstallation, []string{"app/github"}},
	{buildkitFrontend, []string{"rewrite/dockerfile", "rewrite/contract"}},
	{buildkitClient + "/llb", []string{"app/buildkit", "rewrite/contract"}}, // types that dockerfile2llb takes
	{buildkitClient, []string{"app/buildkit"}},
	{"github.com/moby/buildkit", []string{"app/buildkit", "rewrite/dockerfile", "rewrite/contract"}},
	{"github.com/riverqueue/river", []string{"app"}},
	{"modernc.org/sqlite", []string{"app"}},
	{"github.com/jackc/pgx", []string{"app"}},
}

// impure may not be imported under review and rewrite: a core that waits for nothing and
// has no clock gives the same answer tomorrow.
var impure = []string{"context", "net", "os", "log", "time", "math/rand", "crypto/rand", "syscall",
	"github.com/rs/zerolog", goGitHub}

// pure tells whether the last list holds for a package. Packages for tests are let be.
func pure(pkg string) bool {
	top, _, _ := strings.Cut(pkg, "/")
	return (top == "review" || top == "rewrite") && !strings.HasSuffix(pkg, "test")
}

// mayImport returns why a package may not import a path, or nothing.
func mayImport(pkg, imported string) string {
	if imported == "testing" && pkg != "rewrite/rewritetest" {
		return "only tests import testing"
	}
	if pure(pkg) && under(imported, impure) && (pkg != "rewrite/contract" || imported != "context") {
		return "review and rewrite are pure"
	}
	i := slices.IndexFunc(importRules, func(r importRule) bool { return fits(r.pkg, pkg) })
	if i < 0 {
		return "no rule for this package: add it to importRules"
	}
	rule := importRules[i]
	if ours, ok := strings.CutPrefix(imported, module); ok {
		if slices.ContainsFunc(rule.ours, func(pattern string) bool { return fits(pattern, ours) }) {
			return ""
		}
		return "imports run one way: " + pkg + " may import of ours " + orNothing(rule.ours)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // standard library
	}
	if rule.others != nil && !under(imported, rule.others) {
		return pkg + " may import of others " + orNothing(rule.others)
	}
	for _, owned := range ownedImports {
		if under(imported, []string{owned.prefix}) {
			if slices.Contains(owned.owners, pkg) {
				return ""
			}
			return "only " + strings.Join(owned.owners, ", ") + " imports it"
		}
	}
	return ""
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

func fits(pattern, pkg string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(pkg, below+"/")
	}
	ok, _ := path.Match(pattern, pkg)
	return ok
}

func under(imported string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return imported == p || strings.HasPrefix(imported, p+"/") })
}

func TestImports(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipDirectory(file, entry.Name())
		}
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			files++
			for _, problem := range importProblems(t, file) {
				t.Error(problem)
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files, %v", files, err)
	}
}

func skipDirectory(file, name string) error {
	if file == ".." {
		return nil
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(file, "go.mod")); err == nil {
		return fs.SkipDir // a module of its own
	}
	return nil
}

func importProblems(t *testing.T, file string) (problems []string) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return []string{err.Error()}
	}
	for _, group := range parsed.Comments {
		if group.Pos() < parsed.Package && strings.HasPrefix(group.List[0].Text, "//go:build deps") {
			return nil // holds dependencies in go.mod, is never built
		}
	}
	relative, _ := filepath.Rel("..", file)
	pkg := path.Dir(filepath.ToSlash(relative))
	if !slices.ContainsFunc(importRules, func(r importRule) bool { return fits(r.pkg, pkg) }) {
		return []string{filepath.ToSlash(relative) + ":1: no rule for package " + pkg + ": add it to importRules"}
	}
	for _, spec := range parsed.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if why := mayImport(pkg, imported); why != "" {
			position := set.Position(spec.Pos())
			problems = append(problems, fmt.Sprintf("%s:%d: import %q: %s", filepath.ToSlash(relative), position.Line, imported, why))
		}
	}
	return problems
}

// The rule itself says no where it should.
func TestImportRule(t *testing.T) {
	for _, test := range []struct {
		pkg, imported string
		ok            bool
	}{
		{"cmd/multistage", module + "app", true},
		{"app", module + "app/github", true},
		{"app", module + "cmd/multistage", false},
		{"app", goGitHub + "/v60/github", false},
		{"app", "github.com/riverqueue/river", true},
		{"app/github", goGitHub + "/v60/github", true},
		{"app/github", module + "app", false},
		{"app/github", module + "app/buildkit", false},
		{"app/github/githubtest", "testing", false},
		{"app/buildkit", buildkitClient, true},
		{"review", module + "rewrite", true},
		{"review", module + "rewrite/lang/node", false},
		{"review", "os/exec", false},
		{"review", "time", false},
		{"rewrite", module + "rewrite/lang", true},
		{"rewrite", module + "review", false},
		{"rewrite", "log/slog", false},
		{"rewrite/contract", "context", true},
		{"rewrite/contract", "time", false},
		{"rewrite/contract", buildkitFrontend + "/dockerfile2llb", true},
		{"rewrite/lang/node", module + "rewrite/lang/golang", false},
		{"rewrite/lang/node", module + "rewrite/shell", true},
		{"rewrite/lang/node", "context", false},
		{"rewrite/lang/node", buildkitFrontend + "/parser", false},
		{"rewrite/dockerfile", buildkitFrontend + "/parser", true},
		{"rewrite/dockerfile", buildkitFrontend + "/dockerfile2llb", false},
		{"rewrite/dockerfile", module + "rewrite/plan", false},
		{"rewrite/shell", "mvdan.cc/sh/v3/syntax", true},
		{"rewrite/shell", "mvdan.cc/sh/v3/interp", false},
		{"rewrite/rewritetest", "testing", true},
		{"somewhere/else", "fmt", false},
	} {
		if why := mayImport(test.pkg, test.imported); (why == "") != test.ok {
			t.Errorf("%s imports %s: %q", test.pkg, test.imported, why)
		}
	}
}
