package buildkit

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

// A fixture is a small project with a single-stage Dockerfile, and its rewrite.
type fixture struct {
	name   string
	dir    string
	result rewrite.Result
}

// job proves the fixture's rewrite with the caches of its own repository.
func (f *fixture) job() Job {
	return Job{Repository: "projects/" + f.name, Dir: f.dir, Result: f.result}
}

// readFixture puts an archive's files on disk and has its Dockerfile rewritten. The
// archive's files are the project, or where it is one of the demonstration's stories,
// the ones of the default branch with the pull request's over them.
func readFixture(t testing.TB, path string) *fixture {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.Files {
		name := strings.TrimPrefix(strings.TrimPrefix(f.Name, "main/"), "branch/")
		if name != "pull" {
			files[name] = string(f.Data)
		}
	}
	f := &fixture{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), dir: folder(t, files)}
	for name, text := range files {
		if strings.HasPrefix(text, "#!") {
			if err := os.Chmod(filepath.Join(f.dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.result = rewrite.Rewrite("Dockerfile", []byte(files["Dockerfile"]), os.DirFS(f.dir), rewrite.Options{})
	if f.result.Verdict != plan.Rewritten {
		t.Fatalf("%s is not rewritten: %s: %s", f.name, f.result.Code, f.result.Reason.Text)
	}
	return f
}

// projectPaths are the archives of all fixtures.
func projectPaths(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/projects/*.txtar")
	if err != nil || len(paths) < 6 {
		t.Fatalf("%d projects, %v", len(paths), err)
	}
	const stories = "../../cmd/demo/stories/"
	return append(paths, stories+"1-go.txtar", stories+"2-npm.txtar")
}

// managers says which project stands for a package manager. The mark is in a file's
// name, or in the Dockerfile, and shows that it does.
var managers = []struct{ language, manager, mark, project string }{
	{"go", "modules", "go.mod", "noticeboard"},
	{"go", "modules with cgo", `import "C"`, "labelmill"},
	{"go", "vendor", "vendor/modules.txt", "dredger"},
	{"go", "workspace", "go.work", "convoy"},
	{"node", "npm", "package-lock.json", "ferry-lines"},
	{"node", "npm with workspaces", `"workspaces"`, "chandlery"},
	{"node", "npm, a page by Vite", `"vite"`, "seamark"},
	{"node", "yarn 1", "# yarn lockfile v1", "tidebook"},
	{"node", "yarn 4 with node_modules", "nodeLinker: node-modules", "pilot-roster"},
	{"node", "yarn 4 without node_modules", ".yarnrc.yml", "mooring"},
	{"node", "pnpm", "pnpm-lock.yaml", "bollard"},
	{"node", "bun", "bun.lock", "winch"},
	{"python", "pip", "requirements.txt", "ledger"},
	{"python", "pip with setuptools", "setuptools.build_meta", "knotted"},
	{"python", "Poetry", "poetry.lock", "berthplan"},
	{"python", "Pipenv", "Pipfile.lock", "gauge"},
	{"python", "PDM", "pdm.lock", "logline"},
	{"python", "uv", "uv sync", "harbourmaster"},
	{"java", "Maven", "pom.xml", "lanternlist"},
	{"rust", "Cargo", "Cargo.lock", "foghorn"},
	{"rust", "Cargo with a workspace", "[workspace]", "lightlist"},
}

// TestManagers sees that each language and package manager has a project, which
// [TestProjects] proves. It designs those that a proof would need too much for.
func TestManagers(t *testing.T) {
	for _, m := range managers {
		t.Run(m.project, func(t *testing.T) {
			path := filepath.Join("testdata", "projects", m.project+".txtar")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if f := readFixture(t, path); f.result.Language != m.language || !strings.Contains(string(text), m.mark) {
				t.Errorf("it stands for %s of %s: the language is %q, and it must have %q", m.manager, m.language, f.result.Language, m.mark)
			}
		})
	}
	t.Run("designed", func(t *testing.T) { rewritetest.Run(t, "testdata/designs") })
	t.Log("designed and not proven: Gradle, Gradle by its wrapper")
}

// testClient proves with the daemon that tests use.
func testClient(t testing.TB, limits Limits) *Client {
	t.Helper()
	daemon(t)
	return clientOf(t, os.Getenv("BUILDKIT_HOST"), limits)
}

func clientOf(t testing.TB, host string, limits Limits) *Client {
	t.Helper()
	c, err := New(Config{Host: host, Probe: multistage(t), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestProjects proves the rewrite of every project, and every one a second time.
func TestProjects(t *testing.T) {
	c := testClient(t, Limits{Start: 20 * time.Second})
	var mu sync.Mutex
	rows := map[string]string{}
	t.Run("all", func(t *testing.T) {
		for _, path := range projectPaths(t) {
			f := readFixture(t, path)
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				row := prove(t, c, f)
				mu.Lock()
				defer mu.Unlock()
				rows[f.name] = row
			})
		}
	})
	var table strings.Builder
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		table.WriteString(rows[name])
	}
	t.Logf("original → rewrite: MB unpacked, MB compressed, steps of a rebuild, seconds of the proof\n%s", table.String())
}

func prove(t *testing.T, c *Client, f *fixture) string {
	job := f.job()
	job.Rebuild = strings.HasPrefix(f.name, "2-") || f.name == "noticeboard" // without a cache, Go takes long
	began := time.Now()
	result, p, err := c.Prove(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	if !p.Proven() {
		t.Fatalf("%s: %+v\n%s\n%s", p.Outcome, p.Failure, p.Original.Start.Log, result.Dockerfile())
	}
	if len(p.Rounds) > 0 {
		t.Errorf("the first design needed repairs: %+v", p.Rounds)
	}
	plausible(t, p)
	changed(t, p, job.Rebuild)
	again, err := second(t, c, job)
	if err != nil {
		t.Fatal(err)
	}
	if img := again.Rewrite; !again.Proven() || img.Cached != img.Steps || img.Steps == 0 {
		t.Errorf("the second proof is %s with %d of %d steps of the rewrite from the cache", again.Outcome, img.Cached, img.Steps)
	}
	if img := again.Original; img.Cached != img.Steps || img.Steps == 0 {
		t.Errorf("%d of %d steps of the original came from the cache the second time", img.Cached, img.Steps)
	}
	a, b := p.Original, p.Rewrite
	mb := func(n int64) float64 { return float64(n) / 1e6 }
	return fmt.Sprintf("%-14s %7.1f → %6.1f   %6.1f → %5.1f   %s → %s   %5.1f   %s %v\n", f.name,
		mb(a.Sizes.Unpacked), mb(b.Sizes.Unpacked), mb(a.Sizes.Compressed), mb(b.Sizes.Compressed),
		rebuildOf(a), rebuildOf(b), took.Seconds(), b.Start.State, b.Start.Ports)
}

// second proves the same again, without a measure of a change.
func second(t *testing.T, c *Client, job Job) (*proof.Proof, error) {
	job.Rebuild = false
	_, p, err := c.Prove(t.Context(), job)
	return p, err
}

// plausible holds the figures of a proof against what they must be for any project.
func plausible(t *testing.T, p *proof.Proof) {
	t.Helper()
	a, b := p.Original, p.Rewrite
	for _, img := range []proof.Image{a, b} {
		if !img.Built || img.Steps == 0 || img.Sizes.Unpacked == 0 || img.Sizes.Compressed == 0 || img.Contents.Files == 0 {
			t.Errorf("figures are missing: built %v, %d steps, %+v, %d files; notes %q", img.Built, img.Steps, img.Sizes, img.Contents.Files, p.Notes)
		}
		if img.Sizes.Compressed >= img.Sizes.Unpacked {
			t.Errorf("compressed it is larger: %+v", img.Sizes)
		}
	}
	if b.Sizes.Unpacked >= a.Sizes.Unpacked || b.Sizes.Compressed >= a.Sizes.Compressed {
		t.Errorf("the rewrite is not smaller: %+v, the original %+v", b.Sizes, a.Sizes)
	}
	if !slices.Equal(a.Start.Ports, b.Start.Ports) || a.Start.State != b.Start.State {
		t.Errorf("%s %v, the original %s %v", b.Start.State, b.Start.Ports, a.Start.State, a.Start.Ports)
	}
	if len(p.Causes) == 0 || len(p.Checks) < 3 {
		t.Errorf("%d causes and %d checks", len(p.Causes), len(p.Checks))
	}
	for _, check := range p.Checks {
		if !check.Passed {
			t.Errorf("proven with a check that failed: %+v", check)
		}
	}
	for _, target := range p.Targets {
		if !target.Built {
			t.Errorf("the stage %s does not build: %s", target.Name, target.Tail)
		}
	}
}

// changed holds what a changed line costs against what was asked for.
func changed(t *testing.T, p *proof.Proof, asked bool) {
	t.Helper()
	a, b := p.Original.Rebuild, p.Rewrite.Rebuild
	switch {
	case !asked && a == nil && b == nil:
	case !asked || a == nil || b == nil:
		t.Errorf("a rebuild, which was asked for: %v: %+v, %+v; notes %q", asked, a, b, p.Notes)
	case a.Path != b.Path || a.Steps == 0 || b.Steps == 0:
		t.Errorf("a rebuild of %+v, the original %+v", b, a)
	}
}

func rebuildOf(img proof.Image) string {
	if img.Rebuild == nil {
		return "-"
	}
	return fmt.Sprint(img.Rebuild.Steps)
}
