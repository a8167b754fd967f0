package rewritetest

import (
	"fmt"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// failures is the folder of a story's failures, in the order in which they happen.
const failures = "failure/"

// RunRepairs runs every story of a folder in which a rewrite fails its proof. Beside
// the repository's files such a story has
//
//	failure/1, failure/2, …  "key: value" lines (step, kind, subject, line), an empty
//	                         line and the end of the log; a kind that is left out
//	                         is what Diagnose says of the log
//	want/Dockerfile          the rewrite after the last repair
//	want/repairs             what was changed, or "no repair", one line a failure
func RunRepairs(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories in %s", dir)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runRepair(t, file) })
	}
}

func runRepair(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(strings.TrimSpace(string(archive.Comment))) == 0 {
		t.Fatalf("%s: the story does not say why it exists", file)
	}
	story := Read(archive)
	result := rewrite.Rewrite(story.Dockerfile, story.Source, story.FS, story.Options)
	if result.Verdict != plan.Rewritten {
		t.Fatalf("%s: there is no rewrite: %s: %s", file, result.Code, result.Reason)
	}
	var said strings.Builder
	for _, f := range Failures(archive) {
		next, ok := rewrite.Repair(result, f)
		if !ok {
			said.WriteString("no repair\n")
			continue
		}
		fmt.Fprintln(&said, next.Repairs[len(next.Repairs)-1])
		result = next
	}
	got := map[string]string{"Dockerfile": string(result.Dockerfile()), "repairs": said.String()}
	if *update {
		write(t, file, archive, got)
		return
	}
	if diff := cmp.Diff(story.Want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", file, diff)
	}
	again(t, story, result)
}

// Failures are those of a story, in order.
func Failures(archive *txtar.Archive) []proof.Failure {
	var names []string
	text := map[string]string{}
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, failures) {
			names = append(names, f.Name)
			text[f.Name] = string(f.Data)
		}
	}
	sort.Strings(names)
	var list []proof.Failure
	for _, name := range names {
		list = append(list, failure(text[name]))
	}
	return list
}

func failure(text string) proof.Failure {
	f := proof.Failure{Step: proof.StepStart}
	head, log, _ := strings.Cut(text, "\n\n")
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "step":
			f.Step = proof.Step(value)
		case "kind":
			f.Kind = proof.Kind(value)
		case "subject":
			f.Subject = value
		case "line":
			f.Line, _ = strconv.Atoi(value)
		}
	}
	f.Tail = log
	if f.Kind == "" {
		f.Kind, f.Subject = rewrite.Diagnose(log)
	}
	return f
}
