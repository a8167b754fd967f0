package java_test

import (
	"os"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

// BenchmarkDesign designs a typical repository.
func BenchmarkDesign(b *testing.B) {
	data, err := os.ReadFile("testdata/gradle-wrapper.txtar")
	if err != nil {
		b.Fatal(err)
	}
	story := rewritetest.Read(txtar.Parse(data))
	b.ReportAllocs()
	for b.Loop() {
		rewrite.Rewrite(story.Dockerfile, story.Source, story.FS, story.Options)
	}
}
