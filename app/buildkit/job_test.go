package buildkit

import (
	"context"
	"errors"
	"io"
	gofs "io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// folder writes files into a new folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSourceFile(t *testing.T) {
	for _, test := range []struct {
		name, want string
		files      map[string]string
	}{
		{"where the program starts", "main.go", map[string]string{"main.go": "x", "api.go": "x", "go.mod": "x"}},
		{"below other files", "cmd/server/main.go", map[string]string{"cmd/server/main.go": "x", "internal/deep/store/api.go": "x"}},
		{"no test, no configuration", "src/server.ts", map[string]string{"vite.config.ts": "x", "app.test.ts": "x", "src/server.ts": "x"}},
		{"nothing of others", "", map[string]string{"node_modules/a/index.js": "x", "vendor/main.go": "x", ".next/app.js": "x"}},
		{"nothing that .dockerignore leaves out", "lib.py", map[string]string{".dockerignore": "app.py\n", "app.py": "x", "lib.py": "x"}},
		{"no source at all", "", map[string]string{"index.html": "x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.files["Dockerfile"] = "FROM a\n"
			job := &Job{Dir: folder(t, test.files), Result: rewrite.Result{Path: "Dockerfile", Context: "."}}
			if got := sourceFile(job); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// contextFiles lists a context as the daemon would get it.
func contextFiles(t *testing.T, src source) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := src.context.Walk(context.Background(), "", func(path string, entry gofs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		f, err := src.context.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		data, err := io.ReadAll(f)
		if info, ierr := entry.Info(); ierr == nil && info.Sys().(*fstypes.Stat).Size != int64(len(data)) {
			t.Errorf("%s: the size is not that of its content", path)
		}
		got[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestContexts(t *testing.T) {
	dir := folder(t, map[string]string{
		"web/Dockerfile": "FROM a\n", "web/Dockerfile.dockerignore": "old", "web/index.js": "run()", "other.txt": "x",
	})
	job := &Job{Dir: dir, Result: rewrite.Result{Path: "web/Dockerfile", Context: "web", Files: []rewrite.FileChange{
		{Path: "web/Dockerfile", Before: []byte("FROM a\n"), After: []byte("FROM b\n")},
		{Path: "web/conf/nginx.conf", After: []byte("listen")},
		{Path: "web/Dockerfile.dockerignore", After: []byte("new")},
	}}}
	limits := Limits{}.withDefaults()
	before, err := job.original(limits)
	if err != nil {
		t.Fatal(err)
	}
	after, err := job.rewritten(limits)
	if err != nil {
		t.Fatal(err)
	}
	if got := contextFiles(t, before); len(got) != 3 || got["index.js"] != "run()" || string(before.ignore) != "old" {
		t.Errorf("original: %v, %q", got, before.ignore)
	}
	if got := contextFiles(t, after); len(got) != 4 || got["conf/nginx.conf"] != "listen" || string(after.ignore) != "new" {
		t.Errorf("rewrite: %v, %q", got, after.ignore)
	}
	after.context = &touched{FS: after.context, path: "index.js", data: []byte("run() // changed")}
	if got := contextFiles(t, after); got["index.js"] != "run() // changed" || len(got) != 4 {
		t.Errorf("touched: %v", got)
	}
	limits.ContextBytes = 3
	if before, err = job.original(limits); err != nil {
		t.Fatal(err)
	}
	f, err := before.context.Open("index.js")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var over *Unavailable
	if _, err = io.ReadAll(f); !errors.As(err, &over) || over.Reason != TooLarge {
		t.Errorf("a file beyond the limit was read on: %v", err)
	}
}

func TestOriginalsAreKeptByContent(t *testing.T) {
	files := map[string]string{"Dockerfile": "FROM a\n", "a.txt": "1"}
	dir := folder(t, files)
	key := func() string {
		job := &Job{Dir: dir, Result: rewrite.Result{Path: "Dockerfile", Context: ".", Files: []rewrite.FileChange{{Before: []byte("FROM a\n")}}}}
		src, err := job.original(Limits{}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		key, err := originalKey(context.Background(), src)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	first := key()
	if key() != first {
		t.Error("the same content has two keys")
	}
	kept := filepath.Join(t.TempDir(), "originals")
	if _, ok := recall(kept, first); ok {
		t.Error("something was recalled that nobody kept")
	}
	if err := keep(kept, first, original{Image: proof.Image{Built: true, Seconds: 3}}); err != nil {
		t.Fatal(err)
	}
	if o, ok := recall(kept, first); !ok || !o.Image.Built || o.Image.Seconds != 3 {
		t.Errorf("recalled %v %v", o, ok)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("2"), 0o644); err != nil {
		t.Fatal(err)
	}
	if key() == first {
		t.Error("a changed file has the same key")
	}
}

func TestStages(t *testing.T) {
	got := stages(rewrite.Result{Path: "Dockerfile", Files: []rewrite.FileChange{{
		After: []byte("FROM a AS builder\nFROM builder AS test\nRUN t\nFROM b\nCOPY --from=builder /x /x\n"),
	}}})
	if want := []stage{{"builder", false}, {"test", true}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCompareConfigs(t *testing.T) {
	base := config{}
	base.Cmd, base.User, base.WorkingDir = []string{"/app"}, "root", "/srv/"
	base.Env = []string{"PORT=80", "PORT=8080", "PATH=/bin"}
	base.ExposedPorts = map[string]struct{}{"8080/tcp": {}}
	rows := []rewrite.Promise{{Field: plan.FieldCommand}, {Field: plan.FieldUser}, {Field: plan.FieldWorkdir},
		{Field: plan.FieldEnv, Key: "PORT"}, {Field: plan.FieldExpose, Key: "8080/tcp"}}
	for _, test := range []struct {
		name    string
		change  func(*config)
		subject string
	}{
		{"the same in other words", func(c *config) {
			c.Entrypoint, c.Cmd, c.User, c.WorkingDir, c.Env = []string{"/app"}, nil, "0", "/srv", []string{"PORT=8080", "PATH=/usr/bin"}
		}, ""},
		{"a port of the new base beside it", func(c *config) { c.ExposedPorts = map[string]struct{}{"8080/tcp": {}, "80/tcp": {}} }, ""},
		{"another command", func(c *config) { c.Cmd = []string{"/app", "-v"} }, "CMD"},
		{"another user", func(c *config) { c.User = "1000" }, "USER"},
		{"another folder", func(c *config) { c.WorkingDir = "/" }, "WORKDIR"},
		{"another variable", func(c *config) { c.Env = []string{"PORT=80"} }, "ENV PORT"},
		{"another port", func(c *config) { c.ExposedPorts = nil }, "EXPOSE 8080/tcp"},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := base
			test.change(&changed)
			f := compareConfigs(rewrite.Result{Contract: rows}, base, changed)
			if (f == nil) != (test.subject == "") || f != nil && f.Subject != test.subject {
				t.Errorf("got %+v, want %q", f, test.subject)
			}
		})
	}
	named := []rewrite.Promise{{Field: plan.FieldUser, Change: &plan.Change{}}}
	changed := base
	changed.User = "65532"
	if f := compareConfigs(rewrite.Result{Contract: named}, base, changed); f != nil {
		t.Errorf("a named change fails: %+v", f)
	}
}

func TestBuildArgumentsOfOthersCaches(t *testing.T) {
	for _, name := range []string{"BUILDKIT_CACHE_MOUNT_NS", "BUILDKIT_SYNTAX"} {
		if err := (&Job{BuildArgs: map[string]string{name: "x"}}).checkArgs(); err == nil {
			t.Errorf("%s may be set", name)
		}
	}
	if err := (&Job{BuildArgs: map[string]string{"VERSION": "1"}}).checkArgs(); err != nil {
		t.Error(err)
	}
}

func TestRebuildKnown(t *testing.T) {
	file := "FROM golang:1.26\nWORKDIR /src\nCOPY go.mod ./\nRUN go mod download\nCOPY . .\nRUN go build\nCMD [\"/src/app\"]\n"
	dir := folder(t, map[string]string{"Dockerfile": file, "go.mod": "module x\n", "main.go": "package main\n"})
	job := &Job{Dir: dir, Result: rewrite.Result{Path: "Dockerfile", Context: "."}}
	second := func(n int) timing {
		t := timing{ran: map[int]time.Duration{}, steps: n - 1}
		for i := 2; i <= n; i++ {
			t.ran[i] = time.Duration(i) * time.Second
		}
		return t
	}
	got := rebuildKnown(job, []byte(file), second(6), "main.go")
	if got == nil || got.Steps != 2 || got.Seconds != 5+6 || got.Path != "main.go" {
		t.Errorf("a source: %+v", got)
	}
	if got = rebuildKnown(job, []byte(file), second(6), "go.mod"); got == nil || got.Steps != 4 || got.Seconds != 3+4+5+6 {
		t.Errorf("a manifest: %+v", got)
	}
	if got = rebuildKnown(job, []byte(file), second(7), "main.go"); got != nil {
		t.Errorf("steps that are numbered otherwise: %+v", got)
	}
	cached := second(6)
	delete(cached.ran, 2)
	if got = rebuildKnown(job, []byte(file), cached, "main.go"); got == nil || got.Steps != 2 {
		t.Errorf("a step before from the cache: %+v", got)
	}
	delete(cached.ran, 6)
	if got = rebuildKnown(job, []byte(file), cached, "main.go"); got != nil {
		t.Errorf("a step that runs again from the cache: %+v", got)
	}
	if got = rebuildKnown(job, []byte("FROM a AS b\n"+file), second(6), "main.go"); got != nil {
		t.Errorf("several stages: %+v", got)
	}
}
