package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app/buildkit"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

func TestReadManifest(t *testing.T) {
	repos := writeTree(t, t.TempDir(), map[string]string{"a+b/Dockerfile": "FROM x\n", "a+c/Dockerfile": "FROM x\n"})
	good := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"repo":"a/b","dockerfile":"Dockerfile","more":{"x":[1]}}`, id)
	}
	lines := []string{
		good("one"), "", "  ", "not json", `["a"]`, `{"id":7}`,
		good("one"), // twice
		good("../up"), good(""), good("x\\u001b[31m"),
		`{"id":"r1","repo":"../../etc","dockerfile":"Dockerfile"}`,
		`{"id":"r2","repo":"a","dockerfile":"Dockerfile"}`,
		`{"id":"r3","repo":"a/none","dockerfile":"Dockerfile"}`,
		`{"id":"d1","repo":"a/b","dockerfile":"../../../etc/passwd"}`,
		`{"id":"d2","repo":"a/b","dockerfile":"/etc/passwd"}`,
		`{"id":"d3","repo":"a/b","dockerfile":""}`,
		`{"id":"c1","repo":"a/b","dockerfile":"Dockerfile","context":"../a+c"}`,
		`{"id":"h1","repo":"a/b","dockerfile":"Dockerfile","at_head":false}`,
		`{"id":"` + strings.Repeat("x", maxManifestLine) + `"}`,
		"\xff\xfe\x00", good("two"),
		good("last"), // without a line end
	}
	entries, problems, err := readManifest(strings.NewReader(strings.Join(lines, "\n")), repos)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.ID)
		if e.dir != filepath.Join(repos, "a+b") || e.Context != "." {
			t.Errorf("%s is at %q, context %q", e.ID, e.dir, e.Context)
		}
	}
	if got := strings.Join(ids, " "); got != "one two last" {
		t.Errorf("read: %s", got)
	}
	if want := len(lines) - 3 - 2; len(problems) != want {
		t.Errorf("%d problems, want %d:\n%s", len(problems), want, strings.Join(problems, "\n"))
	}
	for _, p := range problems {
		if len(p) > 400 || p != clean(p) {
			t.Errorf("a problem is told as %q", p)
		}
	}
}

func FuzzReadManifest(f *testing.F) {
	f.Add([]byte(`{"id":"a","repo":"a/b","dockerfile":"Dockerfile"}`))
	f.Add([]byte("{\n\x00"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, _, err := readManifest(strings.NewReader(string(data)), dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.dir, dir+string(filepath.Separator)) {
				t.Errorf("%q leads out of the corpus", e.dir)
			}
		}
	})
}

func TestFindCorpus(t *testing.T) {
	dir := writeTree(t, t.TempDir(), map[string]string{
		"plain/Dockerfile":                  "FROM x\n",
		"plain/api/Dockerfile.prod":         "FROM x\n",
		"plain/node_modules/dep/Dockerfile": "FROM x\n",
		"plain/Dockerfile.md":               "about it\n",
		"group/one/.git/HEAD":               "ref: x\n",
		"group/one/Dockerfile":              "FROM x\n",
		"group/two/.git/HEAD":               "ref: x\n",
		"group/two/a.Dockerfile":            "FROM x\n",
		"results/originals/Dockerfile":      "FROM x\n",
		".hidden/Dockerfile":                "FROM x\n",
		"Dockerfile":                        "FROM x\n",
	})
	entries, problems, err := readCorpus(dir, 20)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	if got := strings.Join(ids, " "); got != "group/one/Dockerfile group/two/a.Dockerfile plain/Dockerfile plain/api/Dockerfile.prod" {
		t.Errorf("found: %s", got)
	}
	entries, problems, _ = readCorpus(dir, 1)
	if len(entries) != 3 || len(problems) != 1 || !strings.Contains(problems[0], "1 more") {
		t.Errorf("with one for each repository: %d entries, %q", len(entries), problems)
	}
	if _, _, err := readCorpus(filepath.Join(dir, "group", "one"), 1); err == nil {
		t.Error("a repository itself is taken for a folder of them")
	}
}

// project is a corpus of two Go servers and a database.
func project(t *testing.T) string {
	dir := t.TempDir()
	server(t, filepath.Join(dir, "repos", "pier+one"))
	server(t, filepath.Join(dir, "repos", "pier+two"))
	return writeTree(t, dir, map[string]string{
		"repos/pier+db/Dockerfile": "FROM postgres:16\nCOPY init.sql /docker-entrypoint-initdb.d/\n",
		"repos/pier+db/init.sql":   "",
		"manifest.jsonl": `{"id":"one","repo":"pier/one","dockerfile":"Dockerfile","kind":"positive","expected_outcome":"convert","language":"go"}
{"id":"two","repo":"pier/two","dockerfile":"Dockerfile","kind":"negative","language":"go"}
{"id":"db","repo":"pier/db","dockerfile":"Dockerfile","kind":"negative","language":"none"}
`,
	})
}

// counting proves everything and counts.
func counting(n *atomic.Int32) prover {
	return func(_ context.Context, _ buildkit.Config, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
		n.Add(1)
		return job.Result, provenProof(), nil
	}
}

func resultFiles(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, resultsDir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A second run finds nothing anew; what changed, was torn off or was no verdict does.
func TestCorpusResumes(t *testing.T) {
	t.Setenv("BUILDKIT_HOST", "unix:///nowhere")
	dir := project(t)
	var n atomic.Int32
	run := func(what string, want int32, code int, args ...string) string {
		t.Helper()
		n.Store(0)
		got, stdout, stderr := call(t, counting(&n), "", append([]string{"corpus", dir}, args...)...)
		if n.Load() != want || got != code {
			t.Errorf("%s: %d proofs, want %d; exit %d, want %d\n%s%s", what, n.Load(), want, got, code, stdout, stderr)
		}
		return stdout
	}
	// "two" is judged to be single-stage: that is a mismatch.
	out := run("the first", 2, exitFindings)
	for _, want := range []string{"Other verdicts than expected", "two  negative  a rewrite", "312.4 MB → 14.2 MB", "acceptable repackaged"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	run("the same again", 0, exitFindings)
	run("one of them", 0, exitOK, "--only", "^one$")
	run("one of them anew", 1, exitOK, "--only", "^one$", "--fresh")

	files := resultFiles(t, dir)
	if len(files) != 1 {
		t.Fatalf("results are in %q", files)
	}
	// As a power cut leaves it: the last line, which is "one" anew, is not whole.
	data, _ := os.ReadFile(files[0])
	if err := os.WriteFile(files[0], data[:len(data)-20], 0o644); err != nil {
		t.Fatal(err)
	}
	run("after a torn line", 0, exitFindings) // the first "one" is still there
	data, _ = os.ReadFile(files[0])
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("line %d is not whole: %s", i+1, line)
		}
	}

	// A file of another version counts too, and is taken over.
	if err := os.Rename(files[0], filepath.Join(dir, resultsDir, "v0.1.jsonl")); err != nil {
		t.Fatal(err)
	}
	run("with another version's results", 0, exitFindings)
	if len(resultFiles(t, dir)) != 2 {
		t.Error("this version has no results of its own")
	}

	changed := strings.Replace(serverDockerfile, "8080", "8081", 1)
	writeTree(t, dir, map[string]string{"repos/pier+one/Dockerfile": changed})
	run("after a change", 1, exitFindings)
	run("and again", 0, exitFindings)
}

// What is no verdict is kept, counted apart and tried again.
func TestCorpusInfrastructure(t *testing.T) {
	t.Setenv("BUILDKIT_HOST", "unix:///nowhere")
	dir := project(t)
	failing := always(nil, &buildkit.Unavailable{Reason: buildkit.Network, Detail: "the registry is away"})
	code, stdout, _ := call(t, failing, "", "corpus", "--only", "one", dir)
	if code != exitFailure || !strings.Contains(stdout, "network: the registry is away") || !strings.Contains(stdout, "no verdict") {
		t.Errorf("exit %d:\n%s", code, stdout)
	}
	var n atomic.Int32
	if code, _, _ := call(t, counting(&n), "", "corpus", "--only", "one", dir); code != exitOK || n.Load() != 1 {
		t.Errorf("exit %d after %d proofs", code, n.Load())
	}
	// Without a daemon there is no use in going on.
	absent := func(ctx context.Context, c buildkit.Config, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
		n.Add(1)
		return job.Result, nil, &buildkit.Unavailable{Reason: buildkit.DaemonAbsent, Detail: "nobody there"}
	}
	n.Store(0)
	code, _, stderr := call(t, absent, "", "corpus", "--fresh", "--jobs", "1", dir)
	if code != exitFailure || n.Load() != 1 || !strings.Contains(stderr, "3 of the files were not looked at") {
		t.Errorf("exit %d after %d proofs: %s", code, n.Load(), stderr)
	}
	// A panic is one file's failure.
	panics := func(context.Context, buildkit.Config, buildkit.Job) (rewrite.Result, *proof.Proof, error) {
		panic("oh")
	}
	code, stdout, _ = call(t, panics, "", "corpus", "--fresh", dir)
	if code != exitFailure && code != exitFindings || strings.Count(stdout, "the proof panics: oh") != 2 {
		t.Errorf("exit %d:\n%s", code, stdout)
	}
}

// An interrupt keeps what is done.
func TestCorpusInterrupt(t *testing.T) {
	t.Setenv("BUILDKIT_HOST", "unix:///nowhere")
	dir := project(t)
	ctx, cancel := context.WithCancel(t.Context())
	prove := func(ctx context.Context, _ buildkit.Config, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
		if strings.HasSuffix(job.Repository, "one") {
			return job.Result, provenProof(), nil
		}
		cancel()
		<-ctx.Done()
		return job.Result, nil, &buildkit.Unavailable{Reason: buildkit.Cancelled, Detail: "cancelled"}
	}
	root := newRoot(prove)
	var out, errs strings.Builder
	root.SetOut(&out)
	root.SetErr(&errs)
	code := execute(ctx, root, []string{"corpus", "--jobs", "1", dir})
	if code != exitFailure || !strings.Contains(errs.String(), "interrupted") || !strings.Contains(errs.String(), "2 of the files") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
	if !strings.Contains(out.String(), "one (pier/one/Dockerfile)") {
		t.Errorf("what was done is not told:\n%s", out.String())
	}
	var n atomic.Int32
	call(t, counting(&n), "", "corpus", dir)
	if n.Load() != 1 {
		t.Errorf("%d proofs after the interrupt, want 1", n.Load())
	}
}

// Of a file without a rewrite the original is built alone, where it is wanted.
func TestCorpusOriginals(t *testing.T) {
	t.Setenv("BUILDKIT_HOST", "unix:///nowhere")
	for _, c := range []struct {
		kind, originals string
		want            int32
	}{{"positive", "auto", 1}, {"negative", "auto", 0}, {"negative", "all", 1}, {"positive", "none", 0}} {
		dir := project(t)
		writeTree(t, dir, map[string]string{"manifest.jsonl": fmt.Sprintf(
			`{"id":"db","repo":"pier/db","dockerfile":"Dockerfile","kind":%q}`+"\n", c.kind)})
		var n atomic.Int32
		prove := func(ctx context.Context, config buildkit.Config, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
			if f := job.Result.Files; len(f) != 1 || string(f[0].Before) != string(f[0].After) || len(f[0].After) == 0 {
				t.Errorf("the job is not of the original: %+v", f)
			}
			return counting(&n)(ctx, config, job)
		}
		_, stdout, _ := call(t, prove, "", "corpus", "--originals", c.originals, dir)
		if n.Load() != c.want || strings.Contains(stdout, "builds") != (c.want == 1) {
			t.Errorf("%+v: %d proofs\n%s", c, n.Load(), stdout)
		}
	}
}

func TestCorpusSummary(t *testing.T) {
	image := func(compressed int64) imageDocument { return imageDocument{Built: true, Compressed: compressed} }
	proven := func(language string, alpine bool, after int64) corpusResult {
		return corpusResult{corpusEntry: corpusEntry{Language: language, Kind: "positive"}, Alpine: alpine, Verdict: "rewrite",
			Proof: &proofDocument{Outcome: proof.Proven, Original: image(1000), Rewrite: image(after)}}
	}
	disproven := proven("go", false, 0)
	disproven.Proof = &proofDocument{Outcome: proof.Disproven, Original: image(0), Failure: &failureDocument{Step: proof.StepStart, Cause: "it dies"}}
	broken := proven("go", false, 0)
	broken.Proof = &proofDocument{Outcome: proof.OriginalBroken}
	away := corpusResult{corpusEntry: corpusEntry{Language: "go", Kind: "positive"}, Verdict: "rewrite",
		Unavailable: &unavailableDocument{Reason: buildkit.Network}}
	refused := corpusResult{corpusEntry: corpusEntry{Language: "go", Kind: "positive"}, Verdict: "refused", Code: "start-unknown",
		Proof: &proofDocument{Outcome: proof.Proven, Original: image(1000), Rewrite: image(1000)}}
	silent := corpusResult{corpusEntry: corpusEntry{Language: "go", Kind: "negative"}, Verdict: "acceptable"}
	all := []corpusResult{silent, proven("go", false, 100), refused, broken, proven("go", false, 300), away, disproven, proven("go", true, 900), proven("node", false, 500)}
	report := newCorpusReport(all, nil)
	if report.Results[0].class() != classDisproven || report.Results[1].class() != classNoVerdict || report.Results[len(all)-1].class() != classProven {
		t.Error("failures do not come first")
	}
	if report.failed() != 1 || report.withoutVerdict() != 1 || len(report.Mismatches) != 1 {
		t.Errorf("failed %d, without %d, mismatches %v", report.failed(), report.withoutVerdict(), report.Mismatches)
	}
	var got []string
	for _, row := range report.summary().rows {
		got = append(got, strings.Join(row, " | "))
	}
	want := []string{
		// files, rewritten, positives, that build, covered, coverage, proven, not proven, correct, saving, no verdict
		"go | 7 | 5 | 6 | 4 | 3 | 75 % | 2 | 1 | 66.6 % | 80 % | 1",
		"go on Alpine | 1 | 1 | 1 | 1 | 1 | 100 % | 1 | 0 | 100 % | 10 % | 0",
		"node | 1 | 1 | 1 | 1 | 1 | 100 % | 1 | 0 | 100 % | 50 % | 0",
		"all | 8 | 6 | 7 | 5 | 4 | 80 % | 3 | 1 | 75 % | 70 % | 1",
		"all on Alpine | 1 | 1 | 1 | 1 | 1 | 100 % | 1 | 0 | 100 % | 10 % | 0",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Nothing that a repository or a build says is markup.
func TestCorpusMarkdown(t *testing.T) {
	r := corpusResult{corpusEntry: corpusEntry{ID: "a|b", Repo: "r", Dockerfile: "<img>"}, Verdict: "refused", Code: "start-unknown",
		Reason: "see [here](http://x) @mona `rm` | <b>"}
	var b strings.Builder
	if err := newCorpusReport([]corpusResult{r}, []string{"# heading"}).write(&b, "markdown"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<img>", "<b>", "[here]", "@mona", "a|b", "- # heading"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%q came through:\n%s", bad, b.String())
		}
	}
}

func TestCorpusLive(t *testing.T) {
	now := at(0)
	l := &corpusLive{total: 5, began: at(0), now: func() time.Time { return now }, counts: map[string]int{}, running: map[string]time.Time{}, quiet: true}
	for _, id := range []string{"a", "b", "c"} {
		l.begin(id)
	}
	now = at(60)
	l.end(corpusResult{corpusEntry: corpusEntry{ID: "a"}, Verdict: "acceptable"}, true)
	l.end(corpusResult{corpusEntry: corpusEntry{ID: "b"}, Verdict: "rewrite", Proof: &proofDocument{Outcome: proof.Proven}}, false)
	if got := l.line(); got != "2/5 · 1 no rewrite · 1 proven · about 3m00s left · c 1m00s" {
		t.Errorf("the line is %q", got)
	}
}

func TestEngineName(t *testing.T) {
	if got := engineName("v1.2.0-3-gabc"); got != "v1.2.0-3-gabc" {
		t.Errorf("a version of a commit becomes %q", got)
	}
	if got := engineName("v1.2.0-dirty"); !strings.HasPrefix(got, "v1.2.0-dirty-") {
		t.Errorf("a dirty version becomes %q", got)
	}
}
