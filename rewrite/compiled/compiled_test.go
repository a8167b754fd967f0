package compiled_test

import (
	"testing"
	"testing/fstest"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/project"
)

func open(t *testing.T, files map[string]string) *project.Project {
	t.Helper()
	fsys := fstest.MapFS{"Dockerfile": {Data: []byte("FROM scratch\n")}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	proj, err := project.Open(fsys, "Dockerfile", ".")
	if err != nil {
		t.Fatal(err)
	}
	return proj
}

func TestToolInPipeline(t *testing.T) {
	tool := compiled.Toolchain{Name: "go", Verbs: []string{"test", "run"}, Official: []string{"golang"}}
	compose := "services:\n  app:\n    build: .\n  other:\n    build: other\n"
	for _, test := range []struct {
		line string
		want bool
	}{
		{"docker run --rm app go test ./...", true},
		{"docker run --rm \\\n\t\tapp \\\n\t\tgo test ./...", true},
		{"docker exec app sh -c 'go test ./...'", true},
		{"docker compose -f compose.yaml run --rm app go test ./...", true},
		{"docker-compose exec app go run ./tools", true},
		{"docker compose exec other go test ./...", false},
		{"docker run --rm -v .:/app golang:1.22 go test ./...", false},
		{"docker run -d postgres && go test ./...", false},
		{"docker run --rm app go version", false},
		{"docker build -t app . ; go test ./...", false},
		{"go run ./docker run", false},
	} {
		proj := open(t, map[string]string{"Makefile": "check:\n\t" + test.line + "\n", "compose.yaml": compose, "other/Dockerfile": "FROM scratch\n"})
		if got := tool.InPipeline(proj) != nil; got != test.want {
			t.Errorf("%s: refused is %t, want %t", test.line, got, test.want)
		}
	}
}

func TestExecProbe(t *testing.T) {
	for _, test := range []struct {
		text string
		line int
	}{
		{"livenessProbe:\n  exec:\n    command: [cat, /tmp/alive]\n", 2},
		{"lifecycle:\n  preStop:\n    exec:\n      command: [sleep, \"5\"]\n", 3},
		{"livenessProbe:\n  httpGet:\n    path: /\nother:\n  exec:\n", 0},
		{"readinessProbe:\n  httpGet:\n    path: /\n", 0},
	} {
		at, ok := compiled.ExecProbe(open(t, map[string]string{"deploy/app.yaml": test.text}))
		if ok != (test.line > 0) || at.Line != test.line {
			t.Errorf("%q: line %d, found %t, want line %d", test.text, at.Line, ok, test.line)
		}
	}
}
