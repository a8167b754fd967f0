package githubtest_test

import (
	"slices"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

func TestConversation(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	first, err := w.Comment(shop, p.Number, "mona", "first")
	w.check(err)
	second, err := w.Comment(shop, p.Number, "mona", "second")
	w.check(err)
	w.check(w.EditComment(shop, second.ID, "mona", "changed"))
	w.check(w.Minimize(second.NodeID, "SPAM"))
	w.check(w.DeleteComment(shop, first.ID, "mona"))
	got := w.state(p.Number).IssueComments
	if len(got) != 1 || got[0].ID != second.ID || got[0].Body != "changed" || got[0].Minimized != "SPAM" {
		t.Errorf("%+v", got)
	}
	if err := w.Minimize(first.NodeID, "SPAM"); err == nil {
		t.Error("a deleted comment was minimised")
	}
	if _, err := w.Comment(shop, p.Number, "mona", ""); err == nil {
		t.Error("an empty comment was taken")
	}
}

func TestThread(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p, id := w.suggest("docker", "FROM a\n", 0, 1, "Why?")
	reply, err := w.Reply(shop, p.Number, id, "mona", "Because.")
	w.check(err)
	w.check(w.ResolveThread(shop, p.Number, id, "mona", true))
	edit := &github.PullRequestComment{Body: github.String("Why not?")}
	_, _, err = w.client.PullRequests.EditComment(ctx, "acme", "shop", id, edit)
	w.check(err)
	_, _, err = w.client.PullRequests.EditComment(ctx, "acme", "shop", reply.ID, edit)
	refused(t, err, 403, "Resource not accessible")
	got := w.state(p.Number).ReviewComments
	if len(got) != 2 || got[1].InReplyTo != id || got[1].ID != reply.ID || got[1].Author != "mona" || got[0].Body != "Why not?" || got[1].Body != "Because." || !got[0].Resolved || got[0].ThreadID != got[1].ThreadID {
		t.Errorf("%+v", got)
	}
	w.check(w.ResolveThread(shop, p.Number, id, "mona", false))
	if w.state(p.Number).ReviewComments[0].Resolved {
		t.Error("still resolved")
	}
}

func TestBranches(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.must(w.Push(shop, "release", githubtest.Change{Files: map[string]string{"release": "1\n"}}))
	p := w.pull("docker", githubtest.Change{From: "main", Files: map[string]string{"Dockerfile": "FROM a\n"}})
	if p.BaseRef != "main" || len(p.Files) != 1 {
		t.Fatalf("%+v", p)
	}
	w.DropWaiting()
	w.check(w.SetBase(shop, p.Number, "release", "mona"))
	if err := w.SetBase(shop, p.Number, "none", "mona"); err == nil {
		t.Error("a base that is not there was taken")
	}
	second, err := w.Push(shop, "docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM b\n"}})
	w.check(err)
	w.check(w.MoveBranch(shop, "docker", p.HeadSHA, "mona"))
	after := w.state(p.Number)
	if after.BaseRef != "release" || after.HeadSHA != p.HeadSHA || w.Waiting() != 3 {
		t.Errorf("base %s, head %s, %d deliveries wait", after.BaseRef, after.HeadSHA, w.Waiting())
	}
	refs, err := w.Refs(shop)
	w.check(err)
	if refs["refs/heads/docker"] != p.HeadSHA || refs["refs/pull/1/head"] != p.HeadSHA || refs["refs/heads/main"] == "" {
		t.Errorf("%v", refs)
	}
	if c, err := w.Commit(shop, second); err != nil || !slices.Equal(c.Parents, []string{p.HeadSHA}) || c.Author != "acme" {
		t.Errorf("%+v %v", c, err)
	}
	// A closed pull request keeps its head; reopened, it takes the branch's.
	w.check(w.ClosePull(shop, p.Number, "mona"))
	w.check(w.MoveBranch(shop, "docker", second, "mona"))
	if got := w.state(p.Number).HeadSHA; got != p.HeadSHA {
		t.Errorf("closed, the head moved to %s", got)
	}
	w.check(w.ReopenPull(shop, p.Number, "mona"))
	if got := w.state(p.Number); got.HeadSHA != second || got.State != "open" {
		t.Errorf("reopened at %s", got.HeadSHA)
	}
}

func TestOpenPullRefused(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	create := func(head, base string) error {
		_, _, err := w.client.PullRequests.Create(ctx, "acme", "shop", &github.NewPullRequest{Title: github.String("T"), Head: &head, Base: &base})
		return err
	}
	main, err := w.Commit(shop, "main")
	w.check(err)
	w.check(w.MoveBranch(shop, "same", main.SHA, "mona"))
	refused(t, create("docker", "main"), 422, "already exists")
	refused(t, create("same", "main"), 422, "No commits between main and same")
	refused(t, create("none", "main"), 422, "head")
	refused(t, create("docker", "none"), 422, "base")
	refused(t, create("nobody:docker", "main"), 422, "head")
	w.check(w.ClosePull(shop, p.Number, "mona"))
	w.check(create("docker", "main"))
}

// The older way to place a comment: lines counted from the first hunk on.
func TestPosition(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("change", githubtest.Change{Files: map[string]string{"lib/lib.go": changed()}})
	for _, test := range []struct {
		position, line int
		side           string
	}{
		{1, 2, "RIGHT"}, {4, 5, "LEFT"}, {5, 5, "RIGHT"}, {8, 8, "RIGHT"},
		{10, 27, "RIGHT"}, {13, 30, "LEFT"}, // 9 is the header of the second hunk
	} {
		_, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", p.Number, &github.PullRequestReviewRequest{
			Event: github.String("COMMENT"), Comments: []*github.DraftReviewComment{
				{Path: github.String("lib/lib.go"), Body: github.String("x"), Position: &test.position}}})
		w.check(err)
		all := w.state(p.Number).ReviewComments
		if got := all[len(all)-1]; got.Line != test.line || got.Side != test.side {
			t.Errorf("position %d: line %d %s, want %d %s", test.position, got.Line, got.Side, test.line, test.side)
		}
	}
	for _, position := range []int{0, 9, 1000} {
		_, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", p.Number, &github.PullRequestReviewRequest{
			Event: github.String("COMMENT"), Comments: []*github.DraftReviewComment{
				{Path: github.String("lib/lib.go"), Body: github.String("x"), Position: &position}}})
		refused(t, err, 422, "could not be resolved")
	}
}

func TestHTMLURL(t *testing.T) {
	w := newWorld(t, githubtest.Options{HTMLURL: "http://pages.example"})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	if p.HTMLURL != "http://pages.example/acme/shop/pull/1" {
		t.Error(p.HTMLURL)
	}
	w.SetHTMLURL("http://other.example")
	got, _, err := w.client.PullRequests.Get(ctx, "acme", "shop", p.Number)
	w.check(err)
	if got.GetHTMLURL() != "http://other.example/acme/shop/pull/1" {
		t.Error(got.GetHTMLURL())
	}
}

func TestExpireTokens(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	_, _, err := w.client.Repositories.Get(ctx, "acme", "shop")
	w.check(err)
	w.ExpireTokens()
	_, _, err = w.client.Repositories.Get(ctx, "acme", "shop")
	refused(t, err, 401, "Bad credentials")
}
