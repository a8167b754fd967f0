package review_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// filled has s in every place where a pull request's text can come into a review.
func filled(s string) review.Subject {
	x := subject("Dockerfile", single, multi)
	x.File.Path, x.Result.Path, x.Result.Context = "d/"+s, "d/"+s, "d"
	e := plan.Evidence{Path: s, Line: 2, Text: s}
	x.Result.Contract = []rewrite.Promise{
		{Field: plan.FieldEnv, Key: s, Before: s, After: s},
		{Field: plan.FieldLabel, Key: s, Before: s, After: s, Change: &plan.Change{Field: plan.FieldLabel, Key: s, Evidence: e}},
	}
	x.Result.Plan = &plan.Plan{
		Stages:  []plan.Stage{{Name: "builder", Purpose: s}, {Name: "production", Purpose: s, Role: plan.Runtime}},
		Dropped: []plan.Dropped{{Span: dockerfile.Span{Start: 0, End: 10}, Evidence: e}},
		Files:   []plan.File{{Path: s, Reason: e}},
		Saving:  plan.Saving{BeforeMax: 9e8, AfterMax: 1e7, Grounds: []plan.Evidence{e}},
	}
	x.Result.Files = append(x.Result.Files, rewrite.FileChange{Path: s, Mode: 0o644, After: []byte(s)})
	for _, sec := range rewrite.Sections {
		x.Result.Findings = append(x.Result.Findings, rewrite.Finding{Rule: rewrite.Rule{Name: s, Section: sec, Title: s}, Path: s, Line: 3, Message: s, Evidence: []plan.Evidence{{Text: "also " + s}}})
	}
	x.Proof = hostileProof(s)
	return x
}

// TestComposeIsInert parses whole reviews and check runs: whatever the pull request
// says, they have the shape that they have for a harmless text.
func TestComposeIsInert(t *testing.T) {
	for _, s := range hostile {
		x := filled(s)
		other := left("e/"+s, single, plan.UnknownBase, 1, s)
		other.Result.Remedy = s
		pr := pullRequest(x, other)
		r := review.Compose(pr, []review.Subject{x, other}, config.Config{})
		if r.Body == "" {
			t.Fatalf("%q: no body", s)
		}
		checkShape(t, s, r.Body)
		checkShape(t, s, r.Check.Summary)
		quiet := review.Compose(pr, []review.Subject{x}, config.Config{ReviewOff: true})
		checkShape(t, s, quiet.Check.Text)
	}
}

// ours is the HTML that we write.
var ours = map[string]bool{"<details>": true, "</details>": true, "<summary>The change as a patch</summary>": true, "<summary>What was compared</summary>": true,
	"<summary>The last lines of the log</summary>": true, "<code>": true, "</code>": true}

func checkShape(t *testing.T, s, body string) {
	t.Helper()
	kinds, prose := tree(body)
	for _, k := range []ast.NodeKind{ast.KindLink, ast.KindImage, ast.KindAutoLink, ast.KindBlockquote, ast.KindCodeBlock, extast.KindStrikethrough} {
		if kinds[k] > 0 {
			t.Errorf("%q makes a %s", s, k)
		}
	}
	if m := reference.FindString(prose); m != "" {
		t.Errorf("%q: the review refers to %q", s, m)
	}
	src := []byte(body)
	_ = ast.Walk(markdown.Parser().Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		var html string
		switch n := n.(type) {
		case *ast.RawHTML:
			html = string(n.Segments.Value(src))
		case *ast.HTMLBlock:
			html = string(n.Lines().Value(src))
		case *ast.Heading:
			if n.Level < 3 {
				t.Errorf("%q makes a heading", s)
			}
		case *extast.TableRow:
			if cells := n.ChildCount(); cells != 3 && cells != 5 {
				t.Errorf("%q makes a row of %d cells", s, cells)
			}
		}
		for _, line := range strings.Split(strings.TrimSpace(html), "\n") {
			if line != "" && !ours[line] && len(review.ParseMarkers(line)) != 1 {
				t.Errorf("%q makes HTML: %q", s, line)
			}
		}
		return ast.WalkContinue, nil
	})
}

func FuzzCompose(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		x := filled(s)
		r := review.Compose(pullRequest(x), []review.Subject{x}, config.Config{})
		checkLimits(t, r)
		checkShape(t, s, r.Body)
	})
}

// TestManyDockerfiles describes ten, and names the others.
func TestManyDockerfiles(t *testing.T) {
	var subjects []review.Subject
	for i := range 200 {
		s := subject(fmt.Sprintf("service-%03d/Dockerfile", i), single, multi)
		s.Result.Findings = make([]rewrite.Finding, 100)
		for j := range s.Result.Findings {
			s.Result.Findings[j] = rewrite.Finding{Rule: rewrite.Rule{Name: "x", Section: rewrite.Security}, Path: s.File.Path, Line: j + 1, Message: strings.Repeat("word ", 100)}
		}
		subjects = append(subjects, s)
	}
	pr := pullRequest(subjects...)
	r := review.Compose(pr, subjects, config.Config{})
	checkLimits(t, r)
	if len(r.Markers) != review.MaxFiles || len(r.Comments) != review.MaxFiles || len(r.Commit.Changes) != review.MaxFiles {
		t.Errorf("%d markers, %d comments, %d changes", len(r.Markers), len(r.Comments), len(r.Commit.Changes))
	}
	if diff := cmp.Diff(r.Markers, review.ParseMarkers(r.Body)); diff != "" {
		t.Errorf("markers of a body that was cut: %s", diff)
	}
	if !strings.Contains(r.Body, "The rest is left out") {
		t.Error("it was cut and does not say so")
	}
	for i := range subjects {
		subjects[i].Result.Findings = nil
	}
	r = review.Compose(pr, subjects, config.Config{})
	for _, want := range []string{"190 Dockerfiles more can be redesigned too and are not described here", "`service-049/Dockerfile` and 150 more", "/multistage apply PATH"} {
		if !strings.Contains(r.Body, want) {
			t.Errorf("the body does not say %q", want)
		}
	}
	if r.Check.Title != "200 of 200 Dockerfiles can be multi-stage" {
		t.Errorf("title %q", r.Check.Title)
	}
}

// TestComposeIsDeterministic runs it twice.
func TestComposeIsDeterministic(t *testing.T) {
	x := filled("text")
	pr := pullRequest(x)
	one, two := review.Compose(pr, []review.Subject{x}, config.Config{}), review.Compose(pr, []review.Subject{x}, config.Config{})
	if diff := cmp.Diff(one, two); diff != "" {
		t.Error(diff)
	}
}

func TestComposeNothing(t *testing.T) {
	if r := review.Compose(pullRequest(), nil, config.Config{}); !cmp.Equal(r, review.Review{}) {
		t.Errorf("%+v", r)
	}
	removed := subject("Dockerfile", single, multi)
	removed.File.Status = review.Removed
	if r := compose(removed); !cmp.Equal(r, review.Review{}) {
		t.Errorf("a removed file: %+v", r)
	}
	same := subject("Dockerfile", single, single)
	if r := compose(same); r.Body != "" || r.Commit != nil || len(r.Comments) != 0 {
		t.Errorf("a rewrite that changes nothing: %+v", r)
	}
}

// TestCommitOf makes the commit for one file, and says when there is none.
func TestCommitOf(t *testing.T) {
	one, two := subject("a/Dockerfile", single, multi), subject("b/Dockerfile", single, multi)
	two.File.Mode = 0o755
	all := []review.Subject{one, two}
	pr := pullRequest(all...)
	c := review.CommitOf(pr, all, config.Config{}, "b/Dockerfile")
	if c == nil || len(c.Changes) != 1 || c.Changes[0].Path != "b/Dockerfile" || c.Changes[0].Mode != 0o755 || c.Parent != pr.Head.SHA || c.Ref != "refs/multistage/pull/12" {
		t.Fatalf("%+v", c)
	}
	if !strings.HasPrefix(c.Message, "multistage: split Dockerfile into stages (#12)\n\n") || !strings.Contains(c.Message, "\nMultistage-Source: "+two.File.SHA+"\n") {
		t.Errorf("%s", c.Message)
	}
	if c := review.CommitOf(pr, all, config.Config{}, ""); len(c.Changes) != 2 {
		t.Errorf("%+v", c)
	}
	shared := []review.Subject{one, two}
	for i, text := range []string{"a\n", "b\n"} {
		shared[i].Result.Files = append(shared[i].Result.Files, rewrite.FileChange{Path: ".dockerignore", Mode: 0o644, After: []byte(text)})
	}
	workflow := subject(".github/workflows/Dockerfile", single, multi)
	fork, readOnly := pr, pr
	fork.Head.RepoID = 2
	readOnly.MayCommit = false
	for name, c := range map[string]*review.Commit{
		"unknown path":         review.CommitOf(pr, all, config.Config{}, "c/Dockerfile"),
		"fork":                 review.CommitOf(fork, all, config.Config{}, ""),
		"no permission":        review.CommitOf(readOnly, all, config.Config{}, ""),
		"configuration":        review.CommitOf(pr, all, config.Config{CommitOff: true}, ""),
		"excluded":             review.CommitOf(pr, all, config.Config{Exclude: []string{"*"}}, ""),
		"shared file conflict": review.CommitOf(pr, shared, config.Config{}, ""),
		"workflow's folder":    review.CommitOf(pr, []review.Subject{workflow}, config.Config{}, ""),
	} {
		if c != nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TestNotOpenedYet is a branch on disk: it has no number to speak of.
func TestNotOpenedYet(t *testing.T) {
	s := subject("Dockerfile", single, multi)
	pr := pullRequest(s)
	pr.Number = 0
	r := review.Compose(pr, []review.Subject{s}, config.Config{})
	if strings.Contains(r.Body+r.Commit.Message, "#0") || !strings.Contains(r.Body, "refs/multistage/pull/NUMBER") {
		t.Errorf("%s\n%s", r.Body, r.Commit.Message)
	}
}

func ExampleCompose() {
	s := subject("Dockerfile", single, multi)
	r := review.Compose(pullRequest(s), []review.Subject{s}, config.Config{})
	line, _, _ := strings.Cut(r.Body, "\n")
	fmt.Println(line)
	fmt.Println(r.Check.Conclusion, r.Check.Title)
	// Output:
	// `Dockerfile`: 2 stages instead of one; `production` starts from `gcr.io/distroless/static-debian12:nonroot` and takes `/server` from `builder`.
	// neutral The Dockerfile can be multi-stage
}

func TestMisconfigured(t *testing.T) {
	pr := pullRequest(subject("Dockerfile", single, multi))
	r := review.Misconfigured(pr, fmt.Errorf("<b> @octocat"))
	checkShape(t, "error", r.Check.Summary)
	if r.Check.Conclusion != review.Failure || !r.Keep {
		t.Errorf("%+v", r)
	}
	if r := review.Misconfigured(pullRequest(), fmt.Errorf("x")); r.Check != nil {
		t.Errorf("without a Dockerfile: %+v", r.Check)
	}
}

func TestCheckPullRequest(t *testing.T) {
	for id, want := range map[string]int{"v1:12:0123abcd": 12, "v1:0:ab": 0, "v1:-3:ab": 0, "v2:12:ab": 0, "v1:12": 0, "": 0, "v1:12:a b": 0, "v1: 12:ab": 0} {
		if n, ok := review.CheckPullRequest(id); ok != (want > 0) || ok && n != want {
			t.Errorf("%q: %d, %v", id, n, ok)
		}
	}
}
