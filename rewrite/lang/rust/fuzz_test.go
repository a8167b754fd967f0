package rust_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

// FuzzRewrite: whatever stands in the files, a design does not panic, is the same
// each time, passes the checks that a rewrite is held to, and is called multi-stage
// when it is looked at again.
func FuzzRewrite(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		part := map[string]string{}
		for _, file := range archive.Files {
			part[file.Name] = string(file.Data)
		}
		f.Add(string(rewritetest.Read(archive).Source), part["Cargo.toml"], part["Cargo.lock"], part["src/main.rs"], part["docker-compose.yml"])
	}
	f.Fuzz(func(t *testing.T, dockerfile, manifest, lock, main, compose string) {
		tree := fstest.MapFS{
			"Dockerfile": {Data: []byte(dockerfile)}, "Cargo.toml": {Data: []byte(manifest)}, "Cargo.lock": {Data: []byte(lock)},
			"src/main.rs": {Data: []byte(main)}, "docker-compose.yml": {Data: []byte(compose)}, ".cargo/config.toml": {Data: []byte(lock)},
			"static/site.css": {}, "entrypoint.sh": {Data: []byte(main)}, "crates/a/Cargo.toml": {Data: []byte(manifest)},
		}
		first := rewrite.Rewrite("Dockerfile", []byte(dockerfile), tree, rewrite.Options{})
		if first.Code == plan.ProofFailed {
			t.Errorf("the plan does not hold: %s", first.Reason)
		}
		if first.Verdict != plan.Rewritten {
			return
		}
		again := rewrite.Rewrite("Dockerfile", []byte(dockerfile), tree, rewrite.Options{})
		if !bytes.Equal(first.Dockerfile(), again.Dockerfile()) {
			t.Error("two runs differ")
		}
		second := rewrite.Rewrite("Dockerfile", first.Dockerfile(), tree, rewrite.Options{})
		if second.Code != plan.MultiStage {
			t.Errorf("a second run says %s (%s)", second.Code, second.Reason)
		}
	})
}

// BenchmarkDesign designs one of the stories with files to follow.
func BenchmarkDesign(b *testing.B) {
	data, err := os.ReadFile("testdata/assets.txtar")
	if err != nil {
		b.Fatal(err)
	}
	story := rewritetest.Read(txtar.Parse(data))
	b.ReportAllocs()
	for b.Loop() {
		rewrite.Rewrite(story.Dockerfile, story.Source, story.FS, story.Options)
	}
}
