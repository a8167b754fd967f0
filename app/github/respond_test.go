package github_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app/github"
)

func TestPermissionReactionAndAnswer(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.AddUser("triager")
	w.AddUser("stranger")
	w.check(w.SetPermission(shop, "triager", "triage"))
	p := w.pull("docker", docker(nil))
	for login, want := range map[string][2]bool{"mona": {true, true}, "triager": {false, true}, "stranger": {false, false}} {
		role, err := w.open().Permission(ctx, login)
		w.check(err)
		if role.MayWrite() != want[0] || role.MayTriage() != want[1] {
			t.Errorf("%s: %+v", login, role)
		}
	}
	command, err := w.Comment(shop, p.Number, "mona", "/multistage help")
	w.check(err)
	w.check(w.open().React(ctx, command.ID, "eyes"))
	_, err = w.Comment(shop, p.Number, "mona", "<!-- multistage:answer c1 --> not yours")
	w.check(err)
	a := github.Answer{Key: "c1", Body: "Here is help."}
	first, err := w.open().Comment(ctx, p.Number, a)
	w.check(err)
	for _, body := range []string{"Here is help.", "Other help."} { // again, and with other words
		a.Body = body
		again, err := w.open().Comment(ctx, p.Number, a)
		w.check(err)
		if again != first {
			t.Errorf("comment %d, want %d again", again, first)
		}
	}
	end := w.state(p.Number)
	if len(end.IssueComments) != 3 || !strings.HasPrefix(end.IssueComments[2].Body, "Other help.") {
		t.Errorf("%+v", end.IssueComments)
	}
	if r := end.IssueComments[0].Reactions; len(r) != 1 || r[0].Content != "eyes" || r[0].Author != w.App().Bot.Login {
		t.Errorf("%+v", r)
	}
}

func TestDeliveriesAreListedAndAskedForAgain(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.SetWebhook("http://127.0.0.1:1/webhook", "secret") // nobody listens
	w.DropWaiting()
	w.pull("docker", docker(nil))
	w.DeliverAll(ctx) // fails, as it has to
	list, err := w.app.Deliveries(ctx, time.Now().Add(-time.Hour))
	w.check(err)
	if len(list) == 0 || list[0].OK || list[0].GUID == "" || list[0].Event == "" {
		t.Fatalf("%+v", list)
	}
	w.check(w.app.Redeliver(ctx, list[0].ID))
	none, err := w.app.Deliveries(ctx, time.Now().Add(time.Hour))
	if err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}

func TestPullRequestsOfAHeadAreFound(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.pull("other", docker(map[string]string{"x": "y"}))
	found, err := w.open().FindPulls(context.Background(), p.HeadSHA)
	w.check(err)
	if len(found) != 1 || found[0] != p.Number {
		t.Errorf("%v", found)
	}
}
