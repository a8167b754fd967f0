// Package rewritetest runs golden stories: one txtar file per reason why a file is
// changed, or left alone.
//
// The archive's comment says why the story exists. Its files are the repository,
// apart from those under want/, which are the outcome:
//
//	want/Dockerfile   the rewrite, byte for byte
//	want/verdict      code and evidence, where there is no rewrite
//	want/findings     one finding a line
//	want/hardened     the hardening patch's outcome, where the story asks for it
//	want/files/…      other files that the rewrite adds or changes
//
// The Dockerfile of the story is the archive's file of that name, or the first
// whose name is a Dockerfile's. "go test -update" writes want/ anew; read it.
package rewritetest

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

var update = flag.Bool("update", false, "write the outcomes of the golden stories")

// Run runs every story of a folder.
func Run(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories in %s", dir)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { run(t, file) })
	}
}

func run(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(strings.TrimSpace(string(archive.Comment))) == 0 {
		t.Fatalf("%s: the story does not say why it exists", file)
	}
	story := Read(archive)
	result := rewrite.Rewrite(story.Dockerfile, story.Source, story.FS, story.Options)
	got := outcome(result)
	if _, ok := story.Want["hardened"]; ok {
		got["hardened"] = hardened(result)
	}
	if *update {
		write(t, file, archive, got)
		return
	}
	if diff := cmp.Diff(story.Want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", file, diff)
	}
	if result.Verdict == plan.Rewritten {
		again(t, story, result)
	}
	if h := result.Hardening; h != nil {
		if second := rewrite.Rewrite(story.Dockerfile, h.After, story.FS, story.Options); second.Hardening != nil {
			t.Errorf("the hardened file is hardened again: %s", second.Hardening.Changes)
		}
	}
}

// again sees that a second run over the outcome says multi-stage.
func again(t *testing.T, story Story, first rewrite.Result) {
	second := rewrite.Rewrite(story.Dockerfile, first.Dockerfile(), story.FS, story.Options)
	if second.Code != plan.MultiStage {
		t.Errorf("a second run says %s (%s), want %s", second.Code, second.Reason, plan.MultiStage)
	}
}

// Story is one archive, taken apart.
type Story struct {
	Dockerfile string // path
	Source     []byte
	FS         fs.FS
	Options    rewrite.Options
	Want       map[string]string
}

// Read takes an archive apart. A line "options: with=lint,security context=app"
// in its comment sets options.
func Read(archive *txtar.Archive) Story {
	story := Story{Want: map[string]string{}}
	tree := fstest.MapFS{}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "want/"); ok {
			story.Want[name] = string(f.Data)
			continue
		}
		if strings.HasPrefix(f.Name, failures) {
			continue
		}
		mode := fs.FileMode(0o644)
		if strings.HasPrefix(string(f.Data), "#!") {
			mode = 0o755
		}
		tree[f.Name] = &fstest.MapFile{Data: f.Data, Mode: mode}
		if story.Dockerfile == "" && rewrite.IsDockerfileName(f.Name) || f.Name == "Dockerfile" {
			story.Dockerfile, story.Source = f.Name, f.Data
		}
	}
	story.FS = tree
	story.Options = options(string(archive.Comment))
	return story
}

func options(comment string) rewrite.Options {
	var o rewrite.Options
	for _, line := range strings.Split(comment, "\n") {
		line, ok := strings.CutPrefix(line, "options:")
		if !ok {
			continue
		}
		for _, field := range strings.Fields(line) {
			key, value, _ := strings.Cut(field, "=")
			switch key {
			case "with":
				o.With = strings.Split(value, ",")
			case "context":
				o.Context = value
			}
		}
	}
	return o
}

// outcome is a result as the files of want/.
func outcome(r rewrite.Result) map[string]string {
	got := map[string]string{}
	if r.Verdict == plan.Rewritten {
		got["Dockerfile"] = string(r.Dockerfile())
		for _, f := range r.Files[1:] {
			got["files/"+f.Path] = string(f.After)
		}
	} else {
		got["verdict"] = fmt.Sprintf("%s: %s\n", r.Code, r.Reason)
	}
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s:%d: %s: %s\n", f.Path, f.Line, f.Rule.Name, f.Message)
	}
	if b.Len() > 0 {
		got["findings"] = b.String()
	}
	return got
}

// hardened is the file that a hardening patch makes, after a line for each change.
func hardened(r rewrite.Result) string {
	if r.Hardening == nil {
		return "nothing to harden\n"
	}
	var b strings.Builder
	for _, c := range r.Hardening.Changes {
		fmt.Fprintf(&b, "%s\n", c)
	}
	return b.String() + "\n" + string(r.Hardening.After)
}

// write puts the outcome into the story's file.
func write(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	var kept []txtar.File
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "want/") {
			kept = append(kept, f)
		}
	}
	for _, name := range append([]string{"Dockerfile", "verdict", "hardened", "repairs"}, append(extra(got), "findings")...) {
		if text, ok := got[name]; ok {
			kept = append(kept, txtar.File{Name: "want/" + name, Data: []byte(text)})
		}
	}
	archive.Files = kept
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func extra(got map[string]string) []string {
	var names []string
	for name := range got {
		if strings.HasPrefix(name, "files/") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}
