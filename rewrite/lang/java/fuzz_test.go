package java_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

// Any Dockerfile over any of the stories' projects gets an answer, the same one
// twice, and a rewrite is multi-stage for a second run. A plan that the checks
// withdraw is a defect of the design: it is reported by name.
func FuzzRewrite(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no stories")
	}
	var stories []rewritetest.Story
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		story := rewritetest.Read(txtar.Parse(data))
		stories = append(stories, story)
		f.Add(i, story.Source)
	}
	f.Fuzz(func(t *testing.T, n int, source []byte) {
		if n < 0 {
			n = -(n + 1)
		}
		story := stories[n%len(stories)]
		first := rewrite.Rewrite("Dockerfile", source, story.FS, rewrite.Options{})
		again := rewrite.Rewrite("Dockerfile", source, story.FS, rewrite.Options{})
		if string(first.Dockerfile()) != string(again.Dockerfile()) || first.Code != again.Code {
			t.Fatalf("two runs differ: %s (%s) and %s (%s)", first.Code, first.Reason, again.Code, again.Reason)
		}
		broken := strings.Contains(first.Reason.Text, "BuildKit would not build") // nor the original
		if first.Code == plan.ProofFailed && first.Language == "java" && !broken {
			t.Errorf("the checks withdraw the plan: %s", first.Reason)
		}
		if first.Verdict != plan.Rewritten {
			return
		}
		if second := rewrite.Rewrite("Dockerfile", first.Dockerfile(), story.FS, rewrite.Options{}); second.Code != plan.MultiStage {
			t.Errorf("a second run says %s", second.Code)
		}
	})
}
