package golang_test

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

// FuzzDesign: whatever stands in the four files, a design does not panic, is the
// same each time, passes the checks that a rewrite is held to, and is called
// multi-stage when it is looked at again.
func FuzzDesign(f *testing.F) {
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
		f.Add(string(rewritetest.Read(archive).Source), part["go.mod"], part["main.go"], part["Makefile"])
	}
	f.Fuzz(func(t *testing.T, dockerfile, mod, main, makefile string) {
		tree := fstest.MapFS{
			"Dockerfile": {Data: []byte(dockerfile)}, "go.mod": {Data: []byte(mod)}, "main.go": {Data: []byte(main)},
			"Makefile": {Data: []byte(makefile)}, "web/index.html": {}, "entrypoint.sh": {Data: []byte(makefile)},
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
