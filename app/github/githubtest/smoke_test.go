package githubtest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// walk is one walk over every operation.
type walk struct {
	*world
	p      githubtest.Pull
	c, app *github.Client
}

func (w walk) ok(_ any, _ *github.Response, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
}

// Each answer is held against GitHub's description at least once. What the
// answers mean is tested elsewhere.
func TestEveryOperation(t *testing.T) {
	world := newWorld(t, githubtest.Options{})
	world.SetWebhook(accepting(t), "secret")
	p := world.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM golang:1.26\nRUN go build\n"}})
	w := walk{world, p, world.client, world.appClient()}
	w.apps()
	w.pulls()
	w.reviews()
	w.remarks()
	w.gitData()
	if _, err := w.c.Apps.RevokeInstallationToken(ctx); err != nil {
		t.Error(err)
	}
	called := map[string]bool{}
	for _, call := range w.Calls() {
		called[call.Method+" "+call.Path] = true
	}
	for _, operation := range githubtest.Operations() {
		if !called[operation] {
			t.Errorf("%s is not held against the description", operation)
		}
	}
}

func (w walk) apps() {
	w.check(w.DeliverAll(ctx))
	sent := w.Deliveries()
	last := sent[len(sent)-1].ID
	w.ok(w.app.Apps.GetHookDelivery(ctx, last))
	if _, _, err := w.app.Apps.RedeliverHookDelivery(ctx, last); !errors.As(err, new(*github.AcceptedError)) {
		w.t.Errorf("redelivery: %v, want 202", err)
	}
	w.ok(w.app.Apps.Get(ctx, ""))
	w.ok(w.app.Apps.ListInstallations(ctx, nil))
	w.ok(w.app.Apps.GetInstallation(ctx, w.inst.ID))
	w.ok(w.app.Apps.FindRepositoryInstallation(ctx, "acme", "shop"))
	w.ok(w.app.Apps.GetHookConfig(ctx))
	w.ok(w.app.Apps.ListHookDeliveries(ctx, nil))
	w.ok(w.c.Apps.ListRepos(ctx, nil))
	w.ok(w.c.RateLimit.Get(ctx))
	w.ok(w.c.Users.Get(ctx, "multistage[bot]"))
	w.ok(w.c.Repositories.Get(ctx, "acme", "shop"))
	w.ok(w.c.Repositories.GetPermissionLevel(ctx, "acme", "shop", "mona"))
}

func (w walk) pulls() {
	w.ok(w.c.PullRequests.List(ctx, "acme", "shop", nil))
	w.ok(w.c.PullRequests.Get(ctx, "acme", "shop", w.p.Number))
	w.ok(w.c.PullRequests.ListFiles(ctx, "acme", "shop", w.p.Number, nil))
	w.ok(w.c.PullRequests.Edit(ctx, "acme", "shop", w.p.Number, &github.PullRequest{Title: github.String("New title")}))
	w.must(w.Push(shop, "other", githubtest.Change{Files: map[string]string{"x": "y"}}))
	w.ok(w.c.PullRequests.Create(ctx, "acme", "shop", &github.NewPullRequest{Title: github.String("Stacked"), Head: github.String("docker"),
		Base: github.String("other"), Draft: github.Bool(true)}))
	for _, path := range []string{"README.md", "lib"} {
		if _, _, _, err := w.c.Repositories.GetContents(ctx, "acme", "shop", path, nil); err != nil {
			w.t.Error(err)
		}
	}
	w.ok(w.c.Repositories.GetArchiveLink(ctx, "acme", "shop", github.Tarball, &github.RepositoryContentGetOptions{Ref: w.p.HeadSHA}, 0))
}

func (w walk) reviews() {
	number, sha := w.p.Number, w.p.HeadSHA
	review, _, err := w.c.PullRequests.CreateReview(ctx, "acme", "shop", number, &github.PullRequestReviewRequest{
		CommitID: &sha, Body: github.String("Look."), Event: github.String("COMMENT"),
		Comments: []*github.DraftReviewComment{{Path: github.String("Dockerfile"), Body: github.String("Here."),
			StartLine: github.Int(1), Line: github.Int(2), Side: github.String("RIGHT"), StartSide: github.String("RIGHT")}},
	})
	w.check(err)
	w.ok(w.c.PullRequests.ListReviews(ctx, "acme", "shop", number, nil))
	w.ok(w.c.PullRequests.GetReview(ctx, "acme", "shop", number, review.GetID()))
	w.ok(w.c.PullRequests.UpdateReview(ctx, "acme", "shop", number, review.GetID(), "Look again."))
	remarks, _, err := w.c.PullRequests.ListComments(ctx, "acme", "shop", number, nil)
	w.check(err)
	w.ok(w.c.PullRequests.EditComment(ctx, "acme", "shop", remarks[0].GetID(), &github.PullRequestComment{Body: github.String("Here, please.")}))
	w.ok(w.c.PullRequests.CreateComment(ctx, "acme", "shop", number, &github.PullRequestComment{Path: github.String("Dockerfile"),
		Body: github.String("One line."), CommitID: &sha, Line: github.Int(1), Side: github.String("RIGHT")}))
	reply, err := w.c.NewRequest("POST", fmt.Sprintf("repos/acme/shop/pulls/%d/comments/%d/replies", number, remarks[0].GetID()),
		map[string]string{"body": "And here."}) // go-github's own call for this is not what the description wants
	w.check(err)
	_, err = w.c.Do(ctx, reply, nil)
	w.check(err)
}

func (w walk) remarks() {
	comment, _, err := w.c.Issues.CreateComment(ctx, "acme", "shop", w.p.Number, &github.IssueComment{Body: github.String("Hello.")})
	w.check(err)
	w.ok(w.c.Issues.ListComments(ctx, "acme", "shop", w.p.Number, nil))
	w.ok(w.c.Issues.GetComment(ctx, "acme", "shop", comment.GetID()))
	w.ok(w.c.Issues.EditComment(ctx, "acme", "shop", comment.GetID(), &github.IssueComment{Body: github.String("Hello!")}))
	w.ok(w.c.Reactions.CreateIssueCommentReaction(ctx, "acme", "shop", comment.GetID(), "eyes"))
	w.ok(w.c.Reactions.ListIssueCommentReactions(ctx, "acme", "shop", comment.GetID(), nil))
	run, _, err := w.c.Checks.CreateCheckRun(ctx, "acme", "shop", github.CreateCheckRunOptions{Name: "multistage", HeadSHA: w.p.HeadSHA})
	w.check(err)
	w.ok(w.c.Checks.GetCheckRun(ctx, "acme", "shop", run.GetID()))
	w.ok(w.c.Checks.UpdateCheckRun(ctx, "acme", "shop", run.GetID(), github.UpdateCheckRunOptions{Name: "multistage", Conclusion: github.String("neutral"),
		Output: &github.CheckRunOutput{Title: github.String("Nothing"), Summary: github.String("Nothing to say.")}}))
	w.ok(w.c.Checks.ListCheckRunsForRef(ctx, "acme", "shop", w.p.HeadSHA, nil))
}

func (w walk) gitData() {
	blob, _, err := w.c.Git.CreateBlob(ctx, "acme", "shop", &github.Blob{Content: github.String("aGk="), Encoding: github.String("base64")})
	w.check(err)
	w.ok(w.c.Git.GetBlob(ctx, "acme", "shop", blob.GetSHA()))
	tree, _, err := w.c.Git.CreateTree(ctx, "acme", "shop", w.p.HeadSHA, []*github.TreeEntry{
		{Path: github.String("Dockerfile"), Mode: github.String("100644"), Type: github.String("blob"), SHA: blob.SHA}})
	w.check(err)
	w.ok(w.c.Git.GetTree(ctx, "acme", "shop", tree.GetSHA(), true))
	commit, _, err := w.c.Git.CreateCommit(ctx, "acme", "shop", &github.Commit{Message: github.String("New"), Tree: tree,
		Parents: []*github.Commit{{SHA: &w.p.HeadSHA}}}, nil)
	w.check(err)
	w.ok(w.c.Git.GetCommit(ctx, "acme", "shop", commit.GetSHA()))
	ref := &github.Reference{Ref: github.String("refs/multistage/pull/1"), Object: &github.GitObject{SHA: commit.SHA}}
	w.ok(w.c.Git.CreateRef(ctx, "acme", "shop", ref))
	w.ok(w.c.Git.GetRef(ctx, "acme", "shop", "refs/multistage/pull/1"))
	w.ok(w.c.Git.ListMatchingRefs(ctx, "acme", "shop", &github.ReferenceListOptions{Ref: "multistage"}))
	w.ok(w.c.Git.UpdateRef(ctx, "acme", "shop", ref, false))
	if _, err := w.c.Git.DeleteRef(ctx, "acme", "shop", "refs/multistage/pull/1"); err != nil {
		w.t.Error(err)
	}
}
