package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
)

// goCommand is a go command line, read: go build -o app ./cmd/app.
type goCommand struct {
	verb   string   // build, install, run, test, …; "mod download" in two words
	chdir  string   // -C
	output string   // -o
	flags  []string // all flags as written, values joined by '=' or behind
	values map[string]string
	args   []string // packages, files, and for run what follows them
}

// valued are the build flags that take the next word; see go help build.
var valued = compiled.Words("o p C asmflags buildmode compiler coverpkg covermode coverprofile gccgoflags gcflags installsuffix ldflags mod modfile " +
	"overlay pgo pkgdir tags toolexec exec run bench count cpu timeout parallel outputdir vet")

// parseGo reads the words behind "go".
func parseGo(words []string) goCommand {
	g := goCommand{values: map[string]string{}}
	if len(words) == 0 {
		return g
	}
	g.verb, words = words[0], words[1:]
	if (g.verb == "mod" || g.verb == "work" || g.verb == "tool") && len(words) > 0 {
		g.verb, words = g.verb+" "+words[0], words[1:]
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		if len(w) < 2 || w[0] != '-' || len(g.args) > 0 {
			g.args = append(g.args, w)
			continue
		}
		name, value, has := strings.Cut(strings.TrimLeft(w, "-"), "=")
		g.flags = append(g.flags, w)
		if valued[name] && !has && i+1 < len(words) {
			i++
			value = words[i]
			g.flags = append(g.flags, value)
		}
		g.values[name] = value
	}
	g.output, g.chdir = g.values["o"], g.values["C"]
	return g
}

func (g goCommand) has(flag string) bool { _, ok := g.values[flag]; return ok }

// packages splits what go run is given into what it compiles and the program's
// own arguments: leading .go files, or one package.
func (g goCommand) packages() (compile, rest []string) {
	n := 0
	for n < len(g.args) && strings.HasSuffix(g.args[n], ".go") {
		n++
	}
	if n == 0 && len(g.args) > 0 {
		n = 1
	}
	return g.args[:n], g.args[n:]
}

// remotePackage reports a package that is fetched by its path, as in
// golang.org/x/tools/cmd/stringer@latest.
func remotePackage(arg string) bool {
	if strings.Contains(arg, "@") {
		return true
	}
	first, _, _ := strings.Cut(arg, "/")
	return !strings.HasPrefix(arg, ".") && !strings.HasPrefix(arg, "/") && strings.Contains(first, ".") && !strings.HasSuffix(arg, ".go")
}

// importBase is the name that go build gives to the binary of an import path: its
// last element, or the one before a major version.
func importBase(importPath string) string {
	base := path.Base(importPath)
	if dir := path.Dir(importPath); isMajor(base) && dir != "." && dir != "/" {
		return path.Base(dir)
	}
	return base
}

func isMajor(s string) bool {
	if len(s) < 2 || s[0] != 'v' || s == "v0" || s == "v1" {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}
