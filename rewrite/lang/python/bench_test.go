package python_test

import (
	"os"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

// A typical repository is designed in a few milliseconds.
func BenchmarkDesign(b *testing.B) {
	data, err := os.ReadFile("testdata/run-and-build-packages-in-one-run.txtar")
	if err != nil {
		b.Fatal(err)
	}
	story := rewritetest.Read(txtar.Parse(data))
	b.ReportAllocs()
	for b.Loop() {
		rewrite.Rewrite("Dockerfile", story.Source, story.FS, rewrite.Options{})
	}
}
