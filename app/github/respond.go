package github

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"
)

// Role is what a person may do in the repository.
type Role struct {
	Level string // admin, write, read or none: what the role comes to, custom ones too
	Name  string // the role's own name: maintain, triage, or a custom one
}

// MayWrite reports whether the person may push.
func (r Role) MayWrite() bool { return r.Level == "admin" || r.Level == "write" }

// MayTriage reports whether the person may do more than everybody: in a public repository
// everybody may read.
func (r Role) MayTriage() bool { return r.MayWrite() || r.Name == "triage" }

// Permission asks what a person may do, for metadata: read. Neither the authorship of the
// pull request nor author_association tells: private members show as CONTRIBUTOR.
// Somebody who does not exist has no permission.
func (i *Installation) Permission(ctx context.Context, login string) (Role, error) {
	c, err := i.open(ctx, Read)
	if err != nil {
		return Role{}, err
	}
	p, _, err := c.Repositories.GetPermissionLevel(ctx, i.Repo.Owner, i.Repo.Name, login)
	if err != nil {
		return Role{}, failed("asking for the permission of "+login, err)
	}
	// go-github 60 has role_name only where it is below user.
	return Role{Level: p.GetPermission(), Name: p.GetUser().GetRoleName()}, nil
}

// React acknowledges a comment on the pull request: eyes, rocket, +1, confused. It keeps
// no distance to other writes, for a person waits. Callers go on without it.
func (i *Installation) React(ctx context.Context, commentID int64, content string) error {
	ctx = context.WithValue(ctx, urgentKey{}, true)
	c, err := i.open(ctx, Report)
	if err != nil {
		return err
	}
	_, _, err = c.Reactions.CreateIssueCommentReaction(ctx, i.Repo.Owner, i.Repo.Name, commentID, content)
	return failed("reacting to the comment", err)
}

// Answer is a comment on the pull request that is made once.
type Answer struct {
	Key   string    // what it answers, such as the command's comment; letters, digits, - _ . :
	Body  string    // markdown
	Since time.Time // an earlier answer to Key was made after this; zero looks at all comments
}

// maxCommentPages bounds the search for an earlier answer, a hundred comments each.
const maxCommentPages = 10

// Comment answers, or edits the answer that it gave before: one comment for each Key,
// however often it is called. It gives the comment's number.
func (i *Installation) Comment(ctx context.Context, number int, a Answer) (int64, error) {
	ctx = context.WithValue(ctx, urgentKey{}, true)
	c, err := i.open(ctx, Report)
	if err != nil {
		return 0, err
	}
	marker := "<!-- multistage:answer " + a.Key + " -->"
	body := clip(a.Body, maxBody-len(marker)-2) + "\n\n" + marker
	earlier, err := i.answer(ctx, c, number, a.Since, marker)
	if err != nil {
		return 0, err
	}
	comment := &github.IssueComment{Body: github.String(body)}
	switch {
	case earlier == nil:
		comment, _, err = c.Issues.CreateComment(ctx, i.Repo.Owner, i.Repo.Name, number, comment)
	case sameText(earlier.GetBody(), body):
		return earlier.GetID(), nil
	default:
		comment, _, err = c.Issues.EditComment(ctx, i.Repo.Owner, i.Repo.Name, earlier.GetID(), comment)
	}
	return comment.GetID(), failed("commenting", err)
}

// answer finds our comment with the marker. A marker in anybody else's is worth nothing.
func (i *Installation) answer(ctx context.Context, c *client, number int, since time.Time, marker string) (*github.IssueComment, error) {
	who, err := i.app.Identity(ctx)
	if err != nil {
		return nil, err
	}
	o := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: pageSize}}
	if !since.IsZero() {
		o.Since = &since
	}
	for range maxCommentPages {
		comments, resp, err := c.Issues.ListComments(ctx, i.Repo.Owner, i.Repo.Name, number, o)
		if err != nil {
			return nil, failed("looking for an earlier answer", err)
		}
		for _, comment := range comments {
			if comment.GetUser().GetLogin() == who.Login && strings.Contains(comment.GetBody(), marker) {
				return comment, nil
			}
		}
		if o.Page = resp.NextPage; o.Page == 0 {
			return nil, nil
		}
	}
	return nil, nil
}

// sameText compares bodies as GitHub gives them back.
func sameText(a, b string) bool {
	return strings.TrimSpace(strings.ReplaceAll(a, "\r\n", "\n")) == strings.TrimSpace(b)
}

// FindPulls finds the open pull requests with a head, for an event that names none: the
// list in a check suite is empty where the head is in a fork. It looks at the three
// hundred that changed last.
func (i *Installation) FindPulls(ctx context.Context, sha string) ([]int, error) {
	c, err := i.open(ctx, Read)
	if err != nil {
		return nil, err
	}
	var found []int
	o := &github.PullRequestListOptions{State: "open", Sort: "updated", Direction: "desc", ListOptions: github.ListOptions{PerPage: pageSize}}
	for range 3 {
		pulls, resp, err := c.PullRequests.List(ctx, i.Repo.Owner, i.Repo.Name, o)
		if err != nil {
			return nil, failed("looking for the pull request of "+sha, err)
		}
		for _, p := range pulls {
			if p.GetHead().GetSHA() == sha {
				found = append(found, p.GetNumber())
			}
		}
		if o.Page = resp.NextPage; o.Page == 0 {
			break
		}
	}
	return found, nil
}

// Delivery is one attempt of GitHub to deliver a webhook
// (https://docs.github.com/rest/apps/webhooks#list-deliveries-for-an-app-webhook).
type Delivery struct {
	ID            int64  // of the attempt
	GUID          string // of the delivery: X-GitHub-Delivery, the same for every attempt
	Event, Action string
	Delivered     time.Time
	OK            bool // our answer was 2xx
	Redelivery    bool
}

// maxDeliveryPages bounds the list of attempts, a hundred each.
const maxDeliveryPages = 100

// Deliveries lists the attempts since a time, newest first, those that failed and those
// that did not.
func (a *App) Deliveries(ctx context.Context, since time.Time) ([]Delivery, error) {
	var all []Delivery
	o := &github.ListCursorOptions{PerPage: pageSize}
	for range maxDeliveryPages {
		list, resp, err := a.client.Apps.ListHookDeliveries(ctx, o)
		if err != nil {
			return nil, failed("listing the webhook's deliveries", err)
		}
		for _, d := range list {
			at := d.GetDeliveredAt().Time
			if at.Before(since) {
				return all, nil
			}
			code := d.GetStatusCode()
			all = append(all, Delivery{ID: d.GetID(), GUID: d.GetGUID(), Event: d.GetEvent(), Action: d.GetAction(),
				Delivered: at, OK: code >= 200 && code < 300, Redelivery: d.GetRedelivery()})
		}
		if o.Cursor = resp.Cursor; o.Cursor == "" || len(list) == 0 {
			return all, nil
		}
	}
	return all, fmt.Errorf("listing the webhook's deliveries: more than %d since %s", maxDeliveryPages*pageSize, since.UTC().Format(time.RFC3339))
}

// Redeliver asks GitHub for an attempt again.
func (a *App) Redeliver(ctx context.Context, id int64) error {
	_, _, err := a.client.Apps.RedeliverHookDelivery(ctx, id)
	if accepted := (*github.AcceptedError)(nil); errors.As(err, &accepted) {
		return nil // GitHub's 202, which go-github takes for an error
	}
	return failed("asking for a delivery again", err)
}
