package project_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/multistage-app/multistage/rewrite/project"
)

func tree(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return m
}

func open(t *testing.T, files map[string]string, dockerfile, context string) *project.Project {
	t.Helper()
	p, err := project.Open(tree(files), dockerfile, context)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestContextFilesHeedDockerignore(t *testing.T) {
	files := map[string]string{
		"app/Dockerfile": "", "app/main.go": "", "app/.env": "", "app/node_modules/x/index.js": "",
		"app/.dockerignore": "node_modules\n.env*\n!.env.example\n", "app/.env.example": "", "other/x": "",
	}
	p := open(t, files, "app/Dockerfile", "app")
	want := []string{".dockerignore", ".env.example", "Dockerfile", "main.go"}
	if diff := cmp.Diff(want, p.ContextFiles()); diff != "" {
		t.Error(diff)
	}
	if p.InContext(".env") || !p.InContext("main.go") {
		t.Error("InContext does not heed .dockerignore")
	}
}

// https://docs.docker.com/build/concepts/context/#filename-and-location
func TestOwnDockerignoreHasPrecedence(t *testing.T) {
	files := map[string]string{
		"Dockerfile": "", "a": "", "b": "", ".dockerignore": "a\n", "Dockerfile.dockerignore": "b\n",
	}
	p := open(t, files, "Dockerfile", ".")
	if !p.InContext("a") || p.InContext("b") || p.IgnoreFile() != "Dockerfile.dockerignore" {
		t.Errorf("a %v, b %v, by %s", p.InContext("a"), p.InContext("b"), p.IgnoreFile())
	}
}

func TestSources(t *testing.T) {
	files := map[string]string{"go.mod": "", "go.sum": "", "cmd/a/main.go": "", "cmd/b/main.go": "", "Dockerfile": ""}
	p := open(t, files, "Dockerfile", ".")
	tests := map[string][]string{
		"go.*":      {"go.mod", "go.sum"},
		"./cmd":     {"cmd/a/main.go", "cmd/b/main.go"},
		"cmd/*":     {"cmd/a/main.go", "cmd/b/main.go"},
		"/go.mod":   {"go.mod"},
		"missing":   nil,
		"../go.mod": {"go.mod"},
		"[":         nil,
	}
	for source, want := range tests {
		if diff := cmp.Diff(want, p.Sources(source)); diff != "" {
			t.Errorf("%s: %s", source, diff)
		}
	}
	if got := len(p.Sources(".")); got != 5 {
		t.Errorf("the whole context has %d files, want 5", got)
	}
}

// bare keeps names only.
type bare struct{ fstest.MapFS }

func (b bare) Open(name string) (fs.File, error) {
	if f, ok := b.MapFS[name]; ok && f.Mode.IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: project.ErrNotKept}
	}
	return b.MapFS.Open(name)
}

func TestMissingContentsAreNoted(t *testing.T) {
	p, err := project.Open(bare{tree(map[string]string{"Dockerfile": "", "go.mod": ""})}, "Dockerfile", ".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Read("go.mod"); !errors.Is(err, project.ErrNotKept) {
		t.Errorf("got %v, want %v", err, project.ErrNotKept)
	}
	if _, err := p.Read("nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %v", err, fs.ErrNotExist)
	}
	if diff := cmp.Diff([]string{"go.mod"}, p.Missing); diff != "" {
		t.Error(diff)
	}
}

func TestReadStopsAtTheLimit(t *testing.T) {
	p := open(t, map[string]string{"big": strings.Repeat("x", project.MaxReadSize+1)}, "Dockerfile", ".")
	if _, err := p.Read("big"); !errors.Is(err, project.ErrTooLarge) {
		t.Errorf("got %v, want %v", err, project.ErrTooLarge)
	}
}

// said leaves out where the fields of a consumer stand.
var said = cmpopts.IgnoreUnexported(project.Service{})

func TestServices(t *testing.T) {
	compose := `
services:
  web:
    build: ./app
    command: ["npm", "run", "dev"]
    volumes:
      - ./app:/app
      - type: volume
        source: data
        target: /data
    user: "1000"
    ports: ["3000:3000"]
    healthcheck:
      test: curl -f localhost
  other:
    build:
      context: .
      dockerfile: tools/Dockerfile
      target: dev
  db:
    image: postgres
`
	p := open(t, map[string]string{"app/Dockerfile": "", "tools/Dockerfile": "", "docker-compose.yml": compose}, "app/Dockerfile", "app")
	want := []project.Service{{
		Kind: project.Compose, Builds: true,
		File: "docker-compose.yml", Line: 3, Name: "web", Context: "app", Dockerfile: "app/Dockerfile",
		Command: "npm run dev", Volumes: []string{"./app:/app", "data:/data"}, Ports: []string{"3000:3000"},
		User: "1000", Health: "curl -f localhost",
	}}
	if diff := cmp.Diff(want, p.Services(), said); diff != "" {
		t.Error(diff)
	}
	q, err := p.In(".")
	if err != nil {
		t.Fatal(err)
	}
	q.Dockerfile = "tools/Dockerfile"
	if s := q.Services(); len(s) != 1 || s[0].Target != "dev" {
		t.Errorf("got %+v", s)
	}
}

// A compose file that compose refuses says nothing, and stops nothing.
func TestBrokenComposeSaysNothing(t *testing.T) {
	for _, text := range []string{"services: [", "services:\n  web: 3\n", "\x00", "a: &a [*a, *a]\nservices: *a\n"} {
		p := open(t, map[string]string{"Dockerfile": "", "compose.yaml": text}, "Dockerfile", ".")
		if got := p.Services(); len(got) != 0 {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
