package project_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite/project"
)

// Each archive of testdata is a repository; want is what its consumers say, a line
// for each.
func TestConsumers(t *testing.T) {
	files, err := filepath.Glob("testdata/consumers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSpace(string(archive.Comment)) == "" {
				t.Error("the archive does not say why it exists")
			}
			want, tree := "", map[string]string{"Dockerfile": "FROM scratch\n"}
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				tree[f.Name] = string(f.Data)
			}
			var got strings.Builder
			for _, s := range open(t, tree, "Dockerfile", ".").Consumers() {
				got.WriteString(describe(s) + "\n")
			}
			if os.Getenv("UPDATE") != "" {
				archive.Files = append(without(archive.Files, "want"), txtar.File{Name: "want", Data: []byte(got.String())})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func without(files []txtar.File, name string) []txtar.File {
	var out []txtar.File
	for _, f := range files {
		if f.Name != name {
			out = append(out, f)
		}
	}
	return out
}

// describe is a consumer on one line: what is empty is left out.
func describe(s project.Service) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: %s %s", s.File, s.Line, s.Kind, s.Name)
	for _, f := range []struct {
		name  string
		value any
	}{
		{"image", s.Image}, {"context", s.Context}, {"target", s.Target}, {"args", s.Args}, {"entrypoint", s.Entrypoint}, {"command", s.Command},
		{"workdir", s.Workdir}, {"volumes", s.Volumes}, {"ports", s.Ports}, {"env", s.Env}, {"user", s.User}, {"health", s.Health},
		{"read-only", s.ReadOnly}, {"non-root", s.NonRoot}, {"sync", s.Sync},
	} {
		if text := fmt.Sprint(f.value); text != "" && text != "[]" && text != "false" {
			fmt.Fprintf(&b, " %s=%q", f.name, text)
		}
	}
	if s.Target != "" {
		fmt.Fprintf(&b, " (target at line %d)", s.At("target").Line)
	}
	return b.String()
}

// Names of one image in two files.
func TestImageNames(t *testing.T) {
	const manifest = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: %s\n        - name: proxy\n          image: example.org/proxy\n"
	tests := []struct {
		built, started string
		same           bool
	}{
		{"ghcr.io/acme/shop:1", "ghcr.io/acme/shop:2", true},
		{"shop", "registry.example.org:5000/shop:2", true},
		{"acme/shop", "ghcr.io/acme/shop@sha256:0000", true},
		{"${REGISTRY}/shop:${TAG}", "example.org/shop:3", true},
		{"${REGISTRY:-acme}/shop", "acme/shop", true},
		{"acme/shop", "other/shop", false},
		{"shop", "shop-worker", false},
		{"${IMAGE}", "shop", false},
	}
	for _, tt := range tests {
		p := open(t, map[string]string{
			"Dockerfile":      "",
			"compose.yml":     "services:\n  web:\n    build: .\n    image: " + tt.built + "\n",
			"k8s/deploy.yaml": fmt.Sprintf(manifest, tt.started),
		}, "Dockerfile", ".")
		if got := len(p.Consumers()) == 2; got != tt.same {
			t.Errorf("%s and %s: same %v, want %v", tt.built, tt.started, got, tt.same)
		}
	}
}

// What is set aside bounds nothing, and is a consumer still of the project itself.
func TestAside(t *testing.T) {
	p := open(t, map[string]string{"Dockerfile": "", "compose.yml": "services:\n  a:\n    build: .\n  b:\n    build: .\n"}, "Dockerfile", ".")
	q := p.Aside(p.Services()[:1])
	if got := q.Services(); len(got) != 1 || got[0].Name != "b" {
		t.Errorf("got %+v", got)
	}
	if got := p.Services(); len(got) != 2 {
		t.Errorf("got %+v", got)
	}
}

// Nothing in a file that says how an image is used may crash, hang or grow.
func TestHostileConsumers(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for i := 'b'; i < 'p'; i++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*%c, ", i-1), 9))
	}
	texts := map[string]string{
		"aliases":    bomb + "services:\n  web:\n    build: .\n    command: *o\n    volumes: *o\n    environment: *o\n",
		"merges":     "x: &x\n  <<: *x\n  build: .\nservices:\n  web:\n    <<: [*x, *x]\n",
		"self":       "services: &s\n  web:\n    build: .\n    extends: {service: web}\n  other: *s\n",
		"flow":       "services: " + strings.Repeat("[", 100_000),
		"maps":       "services: " + strings.Repeat("{a: ", 50_000),
		"dashes":     "services:\n" + strings.Repeat("- ", 100_000),
		"questions":  strings.Repeat("? ", 100_000),
		"indents":    deep(2000),
		"includes":   "include: [compose.yml, compose.override.yml, ../../../etc/passwd]\nservices: {web: {build: ../../..}}\n",
		"long lines": "services:\n  web:\n    build: .\n    command: " + strings.Repeat("a ", 100_000) + "\n",
	}
	for name, text := range texts {
		p := open(t, map[string]string{
			"Dockerfile": "", "compose.yml": text, "compose.override.yml": text, "docker-bake.json": text, "docker-bake.hcl": text,
			".github/workflows/ci.yml": "# docker\n" + text, ".gitlab-ci.yml": "# docker\n" + text, "Makefile": "x:\n\tdocker run " + text,
			"package.json": "{\"scripts\": {\"x\": \"docker \"}}" + text, "skaffold.yaml": "# artifacts\n" + text, "k8s/a.yaml": "kind: Pod\n# containers:\n" + text,
			"chart/Chart.yaml": "name: x\n", "chart/values.yaml": text, "chart/templates/a.yaml": "kind: Pod\n# containers:\n{{ toYaml .Values | indent 99 }}\n" + strings.Repeat("{{ if ", 10_000) + text,
		}, "Dockerfile", ".")
		if got := len(p.Consumers()); got > 600 {
			t.Errorf("%s: %d consumers", name, got)
		}
	}
}

func deep(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

func FuzzConsumers(f *testing.F) {
	f.Add("services:\n  web:\n    build: {context: a, dockerfile: b}\n    volumes: [a:b]\n")
	f.Add("target \"web\" {\n  inherits = [\"_base\"]\n  tags = [\"${TAG}\"]\n}\n")
	f.Add("jobs:\n  a:\n    steps:\n      - run: docker build -t x --target y .\n")
	f.Add("build:\n\tdocker run --rm -v $(PWD):/src $(IMAGE) sh -c 'a && b'\n")
	f.Add("kind: Pod\nspec:\n  containers:\n    - name: a\n      image: \"{{ .Values.image.repository }}:{{ .Values.tag | default .Chart.AppVersion }}\"\n")
	f.Add("# nothing but docker in a comment\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 8<<10 {
			return
		}
		p, err := project.Open(tree(map[string]string{
			"Dockerfile": "", "compose.yml": text, "docker-bake.hcl": text, ".github/workflows/ci.yml": text, ".gitlab-ci.yml": text, "Makefile": text,
			"package.json": text, "skaffold.yaml": text, "chart/Chart.yaml": "", "chart/values.yaml": "image: {repository: acme/web}\n", "chart/templates/web.yaml": text,
		}), "Dockerfile", ".")
		if err != nil {
			t.Fatal(err)
		}
		p.Consumers()
	})
}
