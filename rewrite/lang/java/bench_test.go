package java_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

// BenchmarkDesign designs a typical repository: a wrapper, tests, and as many classes
// of three kilobytes as the name says.
func BenchmarkDesign(b *testing.B) {
	data, err := os.ReadFile("testdata/gradle-wrapper.txtar")
	if err != nil {
		b.Fatal(err)
	}
	for _, classes := range []int{1, 50, 200} {
		story := rewritetest.Read(txtar.Parse(data))
		tree := story.FS.(fstest.MapFS)
		for i := range classes {
			body := strings.Repeat(fmt.Sprintf("    String name() { return \"orders.of.%d\"; }\n", i), 65)
			name := fmt.Sprintf("src/main/java/org/example/C%d.java", i)
			tree[name] = &fstest.MapFile{Data: fmt.Appendf(nil, "package org.example;\n\nclass C%d {\n%s}\n", i, body), Mode: 0o644}
		}
		b.Run(fmt.Sprint(classes), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rewrite.Rewrite(story.Dockerfile, story.Source, tree, story.Options)
			}
		})
	}
}
