package python_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

func TestStories(t *testing.T) { rewritetest.Run(t, "testdata") }

// A story's name says whether its file is left alone, so that an outcome that was
// written anew cannot turn one kind into the other unseen.
func TestStoriesAreWhatTheirNamesSay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := "want/Dockerfile"
		if strings.HasPrefix(filepath.Base(file), "left-") {
			want = "want/verdict"
		}
		found := false
		for _, f := range txtar.Parse(data).Files {
			found = found || f.Name == want
			if f.Name == "want/verdict" && strings.HasPrefix(string(f.Data), "proof-failed") {
				t.Errorf("%s: the checks withdraw the plan: %s", file, f.Data)
			}
		}
		if !found {
			t.Errorf("%s has no %s", file, want)
		}
	}
}
