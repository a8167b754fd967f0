package golang

import (
	"reflect"
	"testing"
)

func TestParseGo(t *testing.T) {
	for _, c := range []struct {
		words  []string
		verb   string
		output string
		args   []string
	}{
		{[]string{"build"}, "build", "", nil},
		{[]string{"build", "-o", "app", "."}, "build", "app", []string{"."}},
		{[]string{"build", "-o=bin/app", "-ldflags", "-s -w", "./cmd/app"}, "build", "bin/app", []string{"./cmd/app"}},
		{[]string{"build", "-v", "-race", "main.go", "util.go"}, "build", "", []string{"main.go", "util.go"}},
		{[]string{"mod", "download", "-x"}, "mod download", "", nil},
		{[]string{"run", "main.go", "-port", "80"}, "run", "", []string{"main.go", "-port", "80"}},
		{nil, "", "", nil},
	} {
		g := parseGo(c.words)
		if g.verb != c.verb || g.output != c.output || !reflect.DeepEqual(g.args, c.args) {
			t.Errorf("parseGo(%q) = %q, -o %q, %q; want %q, %q, %q", c.words, g.verb, g.output, g.args, c.verb, c.output, c.args)
		}
	}
}

func TestRunPackages(t *testing.T) {
	compile, rest := parseGo([]string{"run", "a.go", "b.go", "serve", "c.go"}).packages()
	if want := []string{"a.go", "b.go"}; !reflect.DeepEqual(compile, want) {
		t.Errorf("compiles %q, want %q", compile, want)
	}
	if want := []string{"serve", "c.go"}; !reflect.DeepEqual(rest, want) {
		t.Errorf("the program gets %q, want %q", rest, want)
	}
}

// The rules of go build: https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies.
func TestImportBase(t *testing.T) {
	for path, want := range map[string]string{
		"example.com/tool":        "tool",
		"example.com/tool/v2":     "tool",
		"example.com/tool/cmd/v1": "v1",
		"tool":                    "tool",
		"v2":                      "v2",
	} {
		if got := importBase(path); got != want {
			t.Errorf("importBase(%q) = %q, want %q", path, got, want)
		}
	}
}
