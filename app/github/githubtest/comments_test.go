package githubtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

func TestIssueComments(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	body := func(s string) *github.IssueComment { return &github.IssueComment{Body: &s} }
	_, _, err := w.client.Issues.CreateComment(ctx, "acme", "shop", p.Number, body(strings.Repeat("x", 65537)))
	refused(t, err, 422, "maximum is 65536 characters")
	_, _, err = w.client.Issues.CreateComment(ctx, "acme", "shop", 99, body("x"))
	refused(t, err, 404, "")
	asked, err := w.Comment(shop, p.Number, "mona", "/multistage")
	w.check(err)
	_, _, err = w.client.Issues.EditComment(ctx, "acme", "shop", asked.ID, body("mine now"))
	refused(t, err, 403, "Resource not accessible")

	for i, want := range []int{201, 200, 201} {
		_, resp, err := w.client.Reactions.CreateIssueCommentReaction(ctx, "acme", "shop", asked.ID, []string{"eyes", "eyes", "rocket"}[i])
		w.check(err)
		if resp.StatusCode != want {
			t.Errorf("reaction %d: %d, want %d", i, resp.StatusCode, want)
		}
	}
	answer, _, err := w.client.Issues.CreateComment(ctx, "acme", "shop", p.Number, body("Done."))
	w.check(err)
	_, _, err = w.client.Issues.EditComment(ctx, "acme", "shop", answer.GetID(), body("Done!"))
	w.check(err)
	got := w.state(p.Number).IssueComments
	if len(got) != 2 || got[0].Body != "/multistage" || got[1].Body != "Done!" || got[1].Author != "multistage[bot]" ||
		!slices.Equal(got[0].Reactions, []githubtest.Reaction{{Author: "multistage[bot]", Content: "eyes"}, {Author: "multistage[bot]", Content: "rocket"}}) {
		t.Errorf("%+v", got)
	}
	listed, resp, err := w.client.Issues.ListComments(ctx, "acme", "shop", p.Number, &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 1}})
	w.check(err)
	if len(listed) != 1 || resp.NextPage != 2 || resp.LastPage != 2 {
		t.Errorf("%d comments, next page %d", len(listed), resp.NextPage)
	}
}

// checks makes check runs on a pull request.
type checks struct {
	*world
	p githubtest.Pull
}

func newChecks(t *testing.T) checks {
	w := newWorld(t, githubtest.Options{})
	return checks{w, w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})}
}

func (c checks) create(o github.CreateCheckRunOptions) (*github.CheckRun, error) {
	if o.HeadSHA == "" {
		o.HeadSHA = c.p.HeadSHA
	}
	o.Name = "multistage"
	run, _, err := c.client.Checks.CreateCheckRun(ctx, "acme", "shop", o)
	return run, err
}

func output(summary string, annotations int) *github.CheckRunOutput {
	o := &github.CheckRunOutput{Title: github.String("T"), Summary: &summary}
	for range annotations {
		o.Annotations = append(o.Annotations, &github.CheckRunAnnotation{Path: github.String("Dockerfile"), StartLine: github.Int(1),
			EndLine: github.Int(1), AnnotationLevel: github.String("notice"), Message: github.String("m")})
	}
	return o
}

func action(label, description, id string) []*github.CheckRunAction {
	return []*github.CheckRunAction{{Label: label, Description: description, Identifier: id}}
}

func TestCheckRunLimits(t *testing.T) {
	c := newChecks(t)
	c.wrong = true
	long := strings.Repeat("x", 65536)
	for name, o := range map[string]github.CreateCheckRunOptions{
		"unknown commit":   {HeadSHA: strings.Repeat("1", 40)},
		"long summary":     {Output: output(long, 0)},
		"bytes count":      {Output: output(strings.Repeat("€", 30000), 0)},
		"no summary":       {Output: output("", 0)},
		"no conclusion":    {Status: github.String("completed")},
		"51 annotations":   {Output: output("s", 51)},
		"4 actions":        {Actions: slices.Repeat(action("a", "b", "c"), 4)},
		"long label":       {Actions: action(long[:21], "b", "c")},
		"long description": {Actions: action("a", long[:41], "c")},
		"long identifier":  {Actions: action("a", "b", long[:21])},
	} {
		if _, err := c.create(o); status(err) != 422 {
			t.Errorf("%s: %v, want 422", name, err)
		}
	}
	if n := len(c.state(c.p.Number).CheckRuns); n != 0 {
		t.Errorf("%d check runs were made", n)
	}
	c.wrong = false
	if _, err := c.create(github.CreateCheckRunOptions{Output: output(long[:65535], 50), Actions: slices.Repeat(action(long[:20], long[:40], long[:20]), 3)}); err != nil {
		t.Errorf("all at the limit: %v", err)
	}
}

func TestCheckRuns(t *testing.T) {
	c := newChecks(t)
	run, err := c.create(github.CreateCheckRunOptions{Status: github.String("in_progress"), ExternalID: github.String("v1:1"), Output: output("s", 50)})
	c.check(err)
	_, _, err = c.client.Checks.UpdateCheckRun(ctx, "acme", "shop", run.GetID(), github.UpdateCheckRunOptions{Name: "multistage",
		Status: github.String("completed"), Conclusion: github.String("neutral"), Output: output("done", 2)})
	c.check(err)
	got := c.state(c.p.Number).CheckRuns
	if len(got) != 1 || got[0].Status != "completed" || got[0].Conclusion != "neutral" || got[0].Output.Summary != "done" ||
		len(got[0].Output.Annotations) != 52 || got[0].CompletedAt.IsZero() || got[0].ExternalID != "v1:1" {
		t.Errorf("%+v", got)
	}
	second, err := c.create(github.CreateCheckRunOptions{Conclusion: github.String("success")})
	c.check(err)
	for filter, want := range map[string]int{"latest": 1, "all": 2} {
		list, _, err := c.client.Checks.ListCheckRunsForRef(ctx, "acme", "shop", c.p.HeadSHA, &github.ListCheckRunsOptions{Filter: &filter})
		c.check(err)
		if list.GetTotal() != want || list.CheckRuns[0].GetID() != second.GetID() {
			t.Errorf("filter %s: %d runs, want %d", filter, list.GetTotal(), want)
		}
	}
	if n := len(second.PullRequests); n != 1 {
		t.Errorf("the check run names %d pull requests, want 1", n)
	}
}
