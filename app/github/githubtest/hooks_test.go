package githubtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// inbox is a webhook that keeps what it gets and answers with a status.
type inbox struct {
	mu     sync.Mutex
	status int
	got    []*http.Request
	bodies [][]byte
	events []any
	url    string
}

const secret = "It's a Secret to Everybody"

func newInbox(t *testing.T) *inbox {
	in := &inbox{status: 202}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := github.ValidateSignature(r.Header.Get("X-Hub-Signature-256"), body, []byte(secret)); err != nil {
			t.Errorf("signature: %v", err)
		}
		event, err := github.ParseWebHook(r.Header.Get("X-GitHub-Event"), body)
		if err != nil {
			t.Errorf("%s: %v", r.Header.Get("X-GitHub-Event"), err)
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		in.got, in.bodies, in.events = append(in.got, r), append(in.bodies, body), append(in.events, event)
		w.WriteHeader(in.status)
		io.WriteString(w, "thanks")
	}))
	t.Cleanup(srv.Close)
	in.url = srv.URL
	return in
}

func (in *inbox) answer(status int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.status = status
}

// names lists the events that came, as event.action.
func (in *inbox) names() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	var out []string
	for i, r := range in.got {
		var p struct{ Action string }
		json.Unmarshal(in.bodies[i], &p)
		out = append(out, strings.TrimSuffix(r.Header.Get("X-GitHub-Event")+"."+p.Action, "."))
	}
	return out
}

func TestWebhooks(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	in := newInbox(t)
	w.SetWebhook(in.url, secret)
	w.Ping()
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	next, err := w.Push(shop, "docker", githubtest.Change{Author: "mona", Files: map[string]string{"Dockerfile": "FROM b\n"}})
	w.check(err)
	w.must(w.Push(shop, "unrelated", githubtest.Change{Files: map[string]string{"x": "y"}}))
	w.must(w.Comment(shop, p.Number, "mona", "/multistage apply"))
	run, _, err := w.client.Checks.CreateCheckRun(ctx, "acme", "shop", github.CreateCheckRunOptions{Name: "multistage", HeadSHA: next, ExternalID: github.String("v1:1"),
		Conclusion: github.String("neutral"), Actions: []*github.CheckRunAction{{Label: "Apply", Description: "Apply it", Identifier: "apply"}}})
	w.check(err)
	w.check(w.RequestAction(shop, run.GetID(), "apply", "mona"))
	w.check(w.Rerequest(shop, run.GetID(), "mona"))
	w.check(w.SetDraft(shop, p.Number, true, "mona"))
	w.check(w.SetDraft(shop, p.Number, false, "mona"))
	w.check(w.ClosePull(shop, p.Number, "mona"))
	w.check(w.ReopenPull(shop, p.Number, "mona"))
	if len(in.names()) != 0 {
		t.Fatal("webhooks went out before DeliverAll")
	}
	w.check(w.DeliverAll(ctx))
	want := []string{"ping", "pull_request.opened", "pull_request.synchronize", "issue_comment.created", "check_run.created", "check_run.completed",
		"check_run.requested_action", "check_run.rerequested", "pull_request.converted_to_draft", "pull_request.ready_for_review",
		"pull_request.closed", "pull_request.reopened"}
	if got := in.names(); !slices.Equal(got, want) {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
	sync := in.events[2].(*github.PullRequestEvent)
	if sync.GetNumber() != p.Number || sync.GetPullRequest().GetHead().GetSHA() != next || sync.GetBefore() != p.HeadSHA || sync.GetAfter() != next ||
		sync.GetInstallation().GetID() != w.inst.ID || sync.GetRepo().GetFullName() != shop || sync.GetSender().GetLogin() != "mona" {
		t.Errorf("%v", sync)
	}
	comment := in.events[3].(*github.IssueCommentEvent)
	if !comment.GetIssue().IsPullRequest() || comment.GetIssue().GetNumber() != p.Number || comment.GetComment().GetBody() != "/multistage apply" ||
		comment.GetComment().GetUser().GetLogin() != "mona" || comment.GetInstallation().GetID() != w.inst.ID {
		t.Errorf("%v", comment)
	}
	if strings.Contains(string(in.bodies[3]), next) {
		t.Error("an issue_comment knows the head: GitHub's does not")
	}
	action := in.events[6].(*github.CheckRunEvent)
	if action.GetRequestedAction().Identifier != "apply" || action.GetCheckRun().GetExternalID() != "v1:1" || action.GetCheckRun().GetHeadSHA() != next ||
		action.GetCheckRun().PullRequests[0].GetNumber() != p.Number || action.GetSender().GetLogin() != "mona" {
		t.Errorf("%v", action)
	}
	header := in.got[1].Header
	for name, want := range map[string]string{"Content-Type": "application/json", "X-GitHub-Hook-Installation-Target-ID": "1",
		"X-GitHub-Hook-Installation-Target-Type": "integration"} {
		if header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, header.Get(name), want)
		}
	}
	if len(header.Get("X-GitHub-Delivery")) != 36 {
		t.Errorf("X-GitHub-Delivery %q", header.Get("X-GitHub-Delivery"))
	}
}

func TestNoEventWithoutTheApp(t *testing.T) {
	w := newWorld(t, githubtest.Options{App: githubtest.AppOptions{Events: []string{"pull_request"}}})
	w.must(w.AddRepository(githubtest.RepositoryOptions{Name: "other/shop", Files: files}))
	w.must(w.Push("other/shop", "b", githubtest.Change{Files: map[string]string{"x": "y"}}))
	w.must(w.OpenPull(githubtest.PullOptions{Repository: "other/shop", Head: "b", Title: "T"}))
	if n := w.Waiting(); n != 0 {
		t.Errorf("%d deliveries of a repository without the App", n)
	}
	w.must(w.AddRepository(githubtest.RepositoryOptions{Name: "other/chosen", Files: files}))
	w.must(w.Install("other", "other/chosen"))
	w.DropWaiting()
	w.check(w.ClosePull("other/shop", 1, "other"))
	if n := w.Waiting(); n != 0 {
		t.Errorf("%d deliveries of a repository that was not selected", n)
	}
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.must(w.Comment(shop, p.Number, "mona", "hello"))
	if n := w.Waiting(); n != 1 {
		t.Errorf("%d deliveries wait, want the opened pull request alone", n)
	}
}

// GitHub does not retry. What failed is asked for again, under the same GUID.
func TestRedelivery(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	in := newInbox(t)
	w.SetWebhook(in.url, secret)
	in.answer(503)
	w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	if err := w.DeliverAll(ctx); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("DeliverAll: %v", err)
	}
	w.check(w.DeliverAll(ctx))
	if n := len(in.names()); n != 1 {
		t.Fatalf("%d requests, want 1", n)
	}
	app := w.appClient()
	failed, _, err := app.Apps.ListHookDeliveries(ctx, nil)
	w.check(err)
	if len(failed) != 1 || failed[0].GetStatusCode() != 503 || failed[0].GetEvent() != "pull_request" || failed[0].GetAction() != "opened" {
		t.Fatalf("%v", failed)
	}
	in.answer(202)
	app.Apps.RedeliverHookDelivery(ctx, failed[0].GetID())
	deadline := time.Now().Add(10 * time.Second)
	for len(in.names()) < 2 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	again, err := w.Redeliver(ctx, failed[0].GetID())
	w.check(err)
	if again.StatusCode != 202 || !again.Redelivery || again.AnswerBody != "thanks" {
		t.Errorf("%+v", again)
	}
	guids := map[string]bool{}
	for _, r := range in.got {
		guids[r.Header.Get("X-GitHub-Delivery")] = true
	}
	if len(in.got) != 3 || len(guids) != 1 {
		t.Errorf("%d requests with %d GUIDs, want 3 with 1", len(in.got), len(guids))
	}
	full, _, err := app.Apps.GetHookDelivery(ctx, again.ID)
	w.check(err)
	if payload, err := full.ParseRequestPayload(); err != nil || payload.(*github.PullRequestEvent).GetAction() != "opened" {
		t.Errorf("payload: %v %v", payload, err)
	}
}

func TestDeliveryPages(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.SetWebhook(accepting(t), secret)
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	for i := range 6 {
		w.must(w.Comment(shop, p.Number, "mona", fmt.Sprint(i)))
	}
	w.check(w.DeliverAll(ctx))
	seen := map[int64]bool{}
	opts := &github.ListCursorOptions{PerPage: 3}
	pages := 0
	for last := int64(1 << 60); ; {
		got, resp, err := w.appClient().Apps.ListHookDeliveries(ctx, opts)
		w.check(err)
		pages++
		for _, d := range got {
			if d.GetID() >= last {
				t.Errorf("delivery %d after %d", d.GetID(), last)
			}
			last = d.GetID()
			seen[last] = true
		}
		if opts.Cursor = resp.Cursor; resp.Cursor == "" {
			break
		}
	}
	if len(seen) != 7 || pages != 3 {
		t.Errorf("%d deliveries on %d pages, want 7 on 3", len(seen), pages)
	}
}

func TestAutomatic(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	in := newInbox(t)
	w.SetAutomatic(true)
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.SetWebhook(in.url, secret)
	w.must(w.Comment(shop, p.Number, "mona", "hello"))
	deadline := time.Now().Add(10 * time.Second)
	for len(in.names()) < 2 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if got := in.names(); !slices.Equal(got, []string{"pull_request.opened", "issue_comment.created"}) {
		t.Error(got)
	}
}

func TestDeliverAllGivesUp(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	if err := w.DeliverAll(ctx); err == nil {
		t.Error("no address, no error")
	}
	w.SetWebhook("http://127.0.0.1:1/", secret)
	w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	if err := w.DeliverAll(ctx); err == nil || !strings.Contains(err.Error(), "failed to connect") {
		t.Errorf("nobody listens: %v", err)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if err := w.DeliverAll(done); err == nil {
		t.Error("a cancelled context delivers")
	}
}

// Each key of our payloads is in one of GitHub's examples of the same event,
// where there are some of the same action, with the same type.
func TestPayloadsAreGitHubs(t *testing.T) {
	var published []struct {
		Name     string
		Examples []map[string]any
	}
	if err := json.Unmarshal(readFixture(t, "webhooks/index.json"), &published); err != nil {
		t.Fatal(err)
	}
	types := map[string]map[string]map[string]bool{} // event.action, path, types
	for _, event := range published {
		for _, example := range event.Examples {
			action, _ := example["action"].(string)
			for _, name := range []string{event.Name, event.Name + "." + action} {
				if types[name] == nil {
					types[name] = map[string]map[string]bool{}
				}
				notes("", example, types[name])
			}
		}
	}
	w := newWorld(t, githubtest.Options{App: githubtest.AppOptions{Events: []string{"pull_request", "issue_comment", "check_run", "pull_request_review"}}})
	story(w)
	seen := map[string]bool{}
	for _, d := range w.Deliveries() {
		name := strings.TrimSuffix(d.Event+"."+d.Action, ".")
		known := types[name]
		if known == nil {
			known = types[d.Event] // no example of this action
		}
		seen[name] = true
		var payload map[string]any
		w.check(json.Unmarshal(d.Payload, &payload))
		ours := map[string]map[string]bool{}
		notes("", payload, ours)
		for _, path := range slices.Sorted(maps.Keys(ours)) {
			theirs := known[path]
			if theirs == nil {
				theirs = types[d.Event][path] // the examples of one action are few: an App's repository, an organisation's
			}
			if theirs == nil && slices.ContainsFunc(withoutExample, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
				continue
			}
			if theirs == nil {
				t.Errorf("%s: %s is in no example", name, path)
				continue
			}
			for kind := range ours[path] {
				if !theirs[kind] && kind != "null" && !(len(theirs) == 1 && theirs["null"]) {
					t.Errorf("%s: %s is %s, in the examples %v", name, path, kind, slices.Sorted(maps.Keys(theirs)))
				}
			}
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d kinds of events: %v", len(seen), slices.Sorted(maps.Keys(seen)))
	}
}

// withoutExample is what the examples cannot show: their comments are all on
// issues that are no pull requests, and none is by an App. The keys are those of
// the REST answers, which are held against the description of those.
var withoutExample = []string{"/issue/pull_request", "/comment/performed_via_github_app/"}

// notes writes down the type of every value by its path. Members of lists share one.
func notes(path string, v any, into map[string]map[string]bool) {
	kind := "null"
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		for k, x := range v {
			notes(path+"/"+k, x, into)
		}
	case []any:
		kind = "array"
		for _, x := range v {
			notes(path+"/*", x, into)
		}
	case string:
		kind = "string"
	case float64:
		kind = "number"
	case bool:
		kind = "boolean"
	}
	if into[path] == nil {
		into[path] = map[string]bool{}
	}
	into[path][kind] = true
}

// story makes every event at least once.
func story(w *world) {
	w.Ping()
	w.must(w.AddRepository(githubtest.RepositoryOptions{Name: "mona/own", Files: files}))
	w.must(w.Install("mona", "mona/own"))
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.must(w.Push(shop, "docker", githubtest.Change{Author: "mona", Files: map[string]string{"Dockerfile": "FROM b\n"}}))
	comment, err := w.Comment(shop, p.Number, "mona", "hello")
	w.check(err)
	w.check(w.EditComment(shop, comment.ID, "mona", "hello!"))
	w.check(w.DeleteComment(shop, comment.ID, "mona"))
	_, _, err = w.client.Issues.CreateComment(ctx, "acme", "shop", p.Number, &github.IssueComment{Body: github.String("Done.")})
	w.check(err)
	run, _, err := w.client.Checks.CreateCheckRun(ctx, "acme", "shop", github.CreateCheckRunOptions{Name: "multistage", HeadSHA: w.state(p.Number).HeadSHA,
		Conclusion: github.String("neutral"), Output: &github.CheckRunOutput{Title: github.String("T"), Summary: github.String("S")},
		Actions: []*github.CheckRunAction{{Label: "Apply", Description: "Apply it", Identifier: "apply"}}})
	w.check(err)
	w.check(w.RequestAction(shop, run.GetID(), "apply", "mona"))
	w.check(w.Rerequest(shop, run.GetID(), "mona"))
	w.check(w.SetLabels(shop, p.Number, "mona", "a"))
	w.check(w.SetLabels(shop, p.Number, "mona"))
	w.check(w.SetDraft(shop, p.Number, true, "mona"))
	w.check(w.SetDraft(shop, p.Number, false, "mona"))
	id, err := w.SubmitReview(shop, p.Number, "mona", "APPROVE", "Fine.")
	w.check(err)
	w.check(w.DismissReview(shop, p.Number, id, "mona"))
	w.check(w.ClosePull(shop, p.Number, "mona"))
	w.check(w.ReopenPull(shop, p.Number, "mona"))
}
