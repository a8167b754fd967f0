package review_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

var update = flag.Bool("update", false, "write the want/ files of the stories")

// TestStories composes the review of each pull request in testdata. The comment
// of an archive says why the story exists; its files are
//
//	pr                  "key: value" lines that differ from an ordinary pull request
//	before/PATH         a Dockerfile as the pull request has it
//	after/PATH          the rewrite of it, or another file that comes with it
//	patch/PATH          GitHub's patch; without it the file is new
//	result/PATH.json    what the designer said, see facts
//	posted/N            a body that was posted before
//	.github/multistage.yml
//	want/…              what the pull request shows; nothing where there is none
func TestStories(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no stories", err)
	}
	silent := 0
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			story, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			pr, subjects, cfg, cfgErr := read(t, story)
			r := review.Compose(pr, subjects, cfg)
			if cfgErr != nil {
				r = review.Misconfigured(pr, cfgErr)
			}
			if r.Body == "" {
				silent++
			}
			checkLimits(t, r)
			checkStory(t, name, story, shows(r))
		})
	}
	if !*update && silent*2 < len(names) {
		t.Errorf("%d of %d stories post no review: half is the aim", silent, len(names))
	}
}

// checkStory compares, or writes.
func checkStory(t *testing.T, name string, story *txtar.Archive, got []txtar.File) {
	t.Helper()
	var kept, want []txtar.File
	for _, f := range story.Files {
		if strings.HasPrefix(f.Name, "want/") {
			want = append(want, f)
		} else {
			kept = append(kept, f)
		}
	}
	if *update {
		story.Files = append(kept, got...)
		if err := os.WriteFile(name, txtar.Format(story), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text := func(files []txtar.File) map[string]string {
		m := map[string]string{}
		for _, f := range files {
			m[f.Name] = string(f.Data)
		}
		return m
	}
	if diff := cmp.Diff(text(want), text(got)); diff != "" {
		t.Error(diff)
	}
}

// shows is what people and GitHub see of a review.
func shows(r review.Review) []txtar.File {
	var files []txtar.File
	add := func(name, text string) {
		if text != "" {
			files = append(files, txtar.File{Name: "want/" + name, Data: []byte(strings.TrimSuffix(text, "\n") + "\n")})
		}
	}
	add("body", r.Body)
	for i, c := range r.Comments {
		add(fmt.Sprintf("comment-%d", i+1), fmt.Sprintf("%s:%d-%d\n%s", c.Path, c.StartLine, c.Line, c.Body))
	}
	if c := r.Check; c != nil {
		text := fmt.Sprintf("%s: %s\n\n%s\n", c.Conclusion, c.Title, c.Summary)
		for _, a := range c.Annotations {
			text += fmt.Sprintf("annotation %s:%d: %s: %s: %s\n", a.Path, a.StartLine, a.Level, a.Title, a.Message)
		}
		for _, a := range c.Actions {
			text += fmt.Sprintf("button %q (%s): %s\n", a.Label, a.Identifier, a.Description)
		}
		add("check", text)
		add("check-text", c.Text)
	}
	if c := r.Commit; c != nil {
		text := c.Ref + " on " + c.Parent + "\n\n" + c.Message + "\n"
		for _, f := range c.Changes {
			text += fmt.Sprintf("%v %s, %d bytes\n", f.Mode, f.Path, len(f.Content))
		}
		add("commit", text)
	}
	if r.Keep {
		add("keep", "posted reviews stay")
	}
	return files
}

// checkLimits holds a review against GitHub's limits.
func checkLimits(t *testing.T, r review.Review) {
	t.Helper()
	if len(r.Body) > review.MaxBody || len(r.Comments) > 100 {
		t.Errorf("%d bytes, %d comments", len(r.Body), len(r.Comments))
	}
	if r.Check == nil {
		return
	}
	c := r.Check
	if len(c.Summary) > review.MaxBody || len(c.Text) > review.MaxBody || len(c.Title) > review.MaxCheckTitle ||
		len(c.Annotations) > review.MaxAnnotations || len(c.Actions) > review.MaxActions {
		t.Errorf("the check run is too large: %+v", c)
	}
	for _, a := range c.Actions {
		if len(a.Label) > review.MaxActionLabel || len(a.Description) > review.MaxActionDescription || len(a.Identifier) > review.MaxActionIdentifier {
			t.Errorf("the button is too large: %+v", a)
		}
	}
	if n, ok := review.CheckPullRequest(c.ExternalID); !ok || n != 12 {
		t.Errorf("external ID %q is of pull request %d", c.ExternalID, n)
	}
}

// facts is a rewrite.Result in a short form.
type facts struct {
	Code     plan.Code
	Reason   plan.Evidence
	Remedy   string
	Context  string
	Stages   []struct{ Name, Role, Base, Purpose string }
	Contract []struct {
		Field              plan.Field
		Key, Before, After string
		Because            *plan.Evidence
	}
	Dropped []struct {
		Text    string
		Because plan.Evidence
	}
	Findings []struct {
		Rule    string
		Section rewrite.Section
		Line    int
		Path    string
		Title   string
		Message string
		Also    []plan.Evidence
	}
	Saving plan.Saving
	Files  []plan.File
	Proof  *proof.Proof
	Absent review.Absence
	// Hardening has the lines of the changes; the outcome is after/PATH.
	Hardening []plan.Evidence
}

func read(t *testing.T, story *txtar.Archive) (review.PullRequest, []review.Subject, config.Config, error) {
	t.Helper()
	files := map[string][]byte{}
	for _, f := range story.Files {
		files[f.Name] = f.Data
	}
	pr := pullRequest()
	pr.Config = files[config.Path]
	cfg, cfgErr := config.Parse(config.Path, pr.Config)
	var subjects []review.Subject
	for _, f := range story.Files {
		if path, ok := strings.CutPrefix(f.Name, "before/"); ok {
			subjects = append(subjects, readSubject(t, files, path))
			pr.Files = append(pr.Files, subjects[len(subjects)-1].File)
		}
		if strings.HasPrefix(f.Name, "posted/") {
			pr.Posted = append(pr.Posted, review.Posted{ID: int64(len(pr.Posted) + 1), Body: string(f.Data), Dismissed: true})
		}
	}
	setUp(t, &pr, &cfg, string(files["pr"]))
	return pr, subjects, cfg, cfgErr
}

func setUp(t *testing.T, pr *review.PullRequest, cfg *config.Config, lines string) {
	t.Helper()
	for _, l := range strings.Split(strings.TrimSpace(lines), "\n") {
		key, value, _ := strings.Cut(l, ": ")
		switch key {
		case "":
		case "title":
			pr.Title = value
		case "author":
			pr.Author = value
		case "labels":
			pr.Labels = strings.Split(value, ", ")
		case "is":
			for _, v := range strings.Split(value, ", ") {
				switch v {
				case "a fork":
					pr.Head.RepoID, pr.MayCommit = 2, false
				case "a draft":
					pr.Draft = true
				case "by a bot":
					pr.AuthorIsBot = true
				case "closed":
					pr.Open = false
				case "partial":
					pr.Partial = true
				case "read-only":
					pr.MayCommit = false
				case "required":
					cfg.Required = true
				case "asked for":
					cfg.Asked = true
				default:
					t.Fatalf("pr is %q?", v)
				}
			}
		default:
			t.Fatalf("pr has %q", key)
		}
	}
}

func readSubject(t *testing.T, files map[string][]byte, path string) review.Subject {
	t.Helper()
	var f facts
	d := json.NewDecoder(bytes.NewReader(files["result/"+path+".json"]))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatalf("result/%s.json: %v", path, err)
	}
	before := string(files["before/"+path])
	s := subject(path, before, string(files["after/"+path]))
	if patch, ok := files["patch/"+path]; ok {
		s.File.Status, s.File.Hunks = review.Modified, review.Hunks(string(patch))
	}
	s.Proof, s.Absent = f.Proof, f.Absent
	r := &s.Result
	r.Context, r.Remedy, r.Reason = f.Context, f.Remedy, f.Reason
	if f.Code != "" {
		r.Code, r.Verdict, r.Files, r.Plan = f.Code, f.Code.Verdict(), nil, nil
	}
	if len(f.Hardening) > 0 {
		r.Hardening = &rewrite.Hardening{After: files["after/"+path], Changes: f.Hardening}
	}
	for _, c := range f.Contract {
		p := rewrite.Promise{Field: c.Field, Key: c.Key, Before: c.Before, After: c.After}
		if c.Because != nil {
			p.Change = &plan.Change{Field: c.Field, Key: c.Key, Before: c.Before, After: c.After, Evidence: *c.Because}
		}
		r.Contract = append(r.Contract, p)
	}
	for _, x := range f.Findings {
		if x.Path == "" {
			x.Path = path
		}
		r.Findings = append(r.Findings, rewrite.Finding{
			Rule: rewrite.Rule{Name: x.Rule, Section: x.Section, Level: rewrite.Warning, Title: x.Title},
			Path: x.Path, Line: x.Line, Message: x.Message, Evidence: x.Also,
		})
	}
	if r.Plan != nil {
		readPlan(r, f, before)
		for _, o := range f.Files {
			r.Files = append(r.Files, rewrite.FileChange{Path: o.Path, Mode: 0o644, After: files["after/"+o.Path]})
		}
	}
	return s
}

func readPlan(r *rewrite.Result, f facts, before string) {
	roles := map[string]plan.Role{"build": plan.Build, "runtime": plan.Runtime, "test": plan.Test}
	r.Plan.Saving, r.Plan.Files = f.Saving, f.Files
	for _, s := range f.Stages {
		r.Plan.Stages = append(r.Plan.Stages, plan.Stage{Name: s.Name, Role: roles[s.Role], Base: s.Base, Purpose: s.Purpose})
	}
	for _, d := range f.Dropped {
		at := strings.Index(before, d.Text)
		r.Plan.Dropped = append(r.Plan.Dropped, plan.Dropped{Span: dockerfile.Span{Start: at, End: at + len(d.Text)}, Evidence: d.Because})
	}
}
