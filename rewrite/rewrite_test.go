package rewrite_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

func TestStories(t *testing.T) { rewritetest.Run(t, "testdata") }

// Codes whose cause is no text in a story, with the test that shows them here.
var shownInGo = map[plan.Code]string{
	plan.TreeTooLarge: "TestTreeTooLarge",
	plan.ProofFailed:  "TestABrokenPlanIsWithdrawn",
}

func TestEveryCodeIsExplainedAndShown(t *testing.T) {
	shown := map[plan.Code]bool{}
	for code := range shownInGo {
		shown[code] = true
	}
	err := filepath.WalkDir(".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".txtar") {
			return err
		}
		archive, err := txtar.ParseFile(name)
		if err != nil {
			return err
		}
		for _, f := range archive.Files {
			if f.Name == "want/verdict" {
				code, _, _ := strings.Cut(string(f.Data), ":")
				shown[plan.Code(code)] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.Codes {
		if len(c.Explain) < 60 || c.Title == "" {
			t.Errorf("%s has no explanation", c.Code)
		}
		if !shown[c.Code] {
			t.Errorf("%s has no golden story", c.Code)
		}
		delete(shown, c.Code)
	}
	for code := range shown {
		t.Errorf("a story shows %q, which is no code", code)
	}
}

// elsewhere are rules whose stories are no findings of a first design, and the test
// that has them.
var elsewhere = map[string]string{
	"repaired":            "TestRepairs",
	"one-stage-rewrite":   "TestAdopt",
	"virtual-environment": "no design says it yet: it is the name that Python's may use",
}

// A rule has its own words, and a golden story in which it is found.
func TestRulesAreDocumented(t *testing.T) {
	found := rulesOfStories(t)
	seen := map[string]bool{}
	for _, r := range rewrite.Rules {
		if seen[r.Name] || r.Title == "" || len(r.Why) < 60 || r.Section == "" || r.Level == "" {
			t.Errorf("%s: named twice, or without title, section, level or reason", r.Name)
		}
		if r.Before == "" || r.After == "" || r.Before == r.After {
			t.Errorf("%s: does not show before and after", r.Name)
		}
		if !found[r.Name] && elsewhere[r.Name] == "" {
			t.Errorf("%s: no golden story finds it", r.Name)
		}
		seen[r.Name] = true
	}
}

// rulesOfStories are the rules that the golden stories' findings name.
func rulesOfStories(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, pattern := range []string{"testdata/*.txtar", "lang/*/testdata/*.txtar"} {
		stories, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range stories {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range archive.Files {
				for _, line := range strings.Split(string(f.Data), "\n") {
					if parts := strings.SplitN(line, ": ", 3); f.Name == "want/findings" && len(parts) == 3 {
						found[parts[1]] = true
					}
				}
			}
		}
	}
	return found
}

// A finding names a rule that explain knows.
func TestStoriesNameKnownRules(t *testing.T) {
	stories, err := filepath.Glob("lang/*/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stories {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if f.Name != "want/findings" {
				continue
			}
			for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				parts := strings.SplitN(line, ": ", 3)
				if len(parts) < 3 {
					continue // the second line of a message
				}
				if _, ok := rewrite.RuleNamed(parts[1]); !ok {
					t.Errorf("%s: %s is no rule", name, parts[1])
				}
			}
		}
	}
}

func TestTreeTooLarge(t *testing.T) {
	tree := fstest.MapFS{"Dockerfile": {Data: []byte("FROM golang:1.24\nCOPY . .\nCMD [\"x\"]\n")}}
	for i := range 101_000 {
		tree["f/"+string(rune('a'+i%26))+"/"+strings.Repeat("x", i/26%7)+itoa(i)] = &fstest.MapFile{}
	}
	got := rewrite.Rewrite("Dockerfile", tree["Dockerfile"].Data, tree, rewrite.Options{})
	if got.Code != plan.TreeTooLarge {
		t.Errorf("got %s (%s), want %s", got.Code, got.Reason, plan.TreeTooLarge)
	}
}

func itoa(i int) string {
	digits := []byte{}
	for ; i > 0; i /= 10 {
		digits = append(digits, byte('0'+i%10))
	}
	return string(digits)
}

func TestIsDockerfileName(t *testing.T) {
	yes := []string{"Dockerfile", "dockerfile", "a/b/Dockerfile.prod", "api.Dockerfile", "Containerfile", "docker/app.dockerfile", "foo..bar/Dockerfile"}
	no := []string{"Dockerfile.md", ".dockerignore", "Dockerfile.dockerignore", ".github/workflows/Dockerfile", "main.go", "dockerfiles/readme", "Dockerfile.d/x"}
	for _, name := range yes {
		if !rewrite.IsDockerfileName(name) {
			t.Errorf("%s is one", name)
		}
	}
	for _, name := range no {
		if rewrite.IsDockerfileName(name) {
			t.Errorf("%s is none", name)
		}
	}
}

// FuzzRewrite holds the properties of every answer, whatever the file says.
func FuzzRewrite(f *testing.F) {
	stories, _ := filepath.Glob("testdata/*.txtar")
	more, _ := filepath.Glob("lang/*/testdata/*.txtar")
	for _, name := range append(stories, more...) {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(txtar.Format(archive))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		story := rewritetest.Read(txtar.Parse(data))
		if story.Dockerfile == "" || !valid(story.FS) {
			return
		}
		first := rewrite.Rewrite(story.Dockerfile, story.Source, story.FS, story.Options)
		second := rewrite.Rewrite(story.Dockerfile, story.Source, story.FS, story.Options)
		if string(first.Dockerfile()) != string(second.Dockerfile()) || first.Code != second.Code {
			t.Fatalf("two runs differ: %s and %s", first.Code, second.Code)
		}
		if first.Code == plan.ProofFailed {
			t.Logf("withdrawn: %s", first.Reason)
		}
		if first.Verdict != plan.Rewritten {
			return
		}
		again := rewrite.Rewrite(story.Dockerfile, first.Dockerfile(), story.FS, story.Options)
		if again.Code != plan.MultiStage {
			t.Fatalf("a run over the outcome says %s (%s):\n%s", again.Code, again.Reason, first.Dockerfile())
		}
	})
}

// valid keeps trees that io/fs can hold: fuzzed names may be folders and files at
// once, or leave the tree.
func valid(tree fs.FS) bool {
	m := tree.(fstest.MapFS)
	for name := range m {
		if !fs.ValidPath(name) || name == "." {
			return false
		}
		for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
			if _, ok := m[dir]; ok {
				return false
			}
		}
	}
	return true
}
