package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// event is one entry of a conversation: a review with its comments, a comment, or
// commits that arrived.
type event struct {
	ID       int64 // the stand-in numbers everything in the order in which it arises
	At       time.Time
	Review   *githubtest.Review
	Comments []githubtest.ReviewComment // of the review
	Comment  *githubtest.IssueComment
	Commits  []githubtest.Commit
	First    bool // the commits that the pull request was opened with
}

// timeline is the conversation of a pull request, oldest first.
func (w *world) timeline(p githubtest.Pull) []event {
	events := w.arrivals(p)
	for i := range p.Reviews {
		r := &p.Reviews[i]
		e := event{ID: r.ID, At: r.Submitted, Review: r}
		for _, c := range p.ReviewComments {
			if c.ReviewID == r.ID {
				e.Comments = append(e.Comments, c)
			}
		}
		events = append(events, e)
	}
	for i := range p.IssueComments {
		c := &p.IssueComments[i]
		events = append(events, event{ID: c.ID, At: c.Created, Comment: c})
	}
	slices.SortFunc(events, func(a, b event) int { return cmp.Compare(a.ID, b.ID) })
	return events
}

// arrivals are the commits by when they came. A commit may be older than its
// arrival: the webhooks tell when the branch moved.
func (w *world) arrivals(p githubtest.Pull) []event {
	var events []event
	left := p.Commits
	for _, d := range w.gh.Deliveries() {
		if d.Event != "pull_request" || d.Action != "opened" && d.Action != "synchronize" || d.Redelivery {
			continue
		}
		var payload struct {
			Number     int
			After      string
			Repository struct {
				FullName string `json:"full_name"`
			}
			PullRequest struct{ Head struct{ SHA string } } `json:"pull_request"`
		}
		if json.Unmarshal(d.Payload, &payload) != nil || payload.Number != p.Number || payload.Repository.FullName != p.Repository {
			continue
		}
		head := cmp.Or(payload.After, payload.PullRequest.Head.SHA)
		n := 1 + slices.IndexFunc(left, func(c githubtest.Commit) bool { return c.SHA == head })
		if n == 0 {
			continue // a forced push took these commits away
		}
		events = append(events, event{ID: d.ID, At: d.Sent, Commits: left[:n], First: d.Action == "opened"})
		left = left[n:]
	}
	return events
}

// lineRange says which lines a comment stands on: now, or once the text has
// changed, where it stood.
func lineRange(c githubtest.ReviewComment) string {
	start, end := c.StartLine, c.Line
	if c.Outdated {
		start, end = c.OriginalStartLine, c.OriginalLine
	}
	if start == 0 || start == end {
		return fmt.Sprintf("line %d", end)
	}
	return fmt.Sprintf("lines %d to %d", start, end)
}

// emoji shows a reaction.
func emoji(content string) string {
	switch content {
	case "+1":
		return "👍"
	case "-1":
		return "👎"
	case "laugh":
		return "😄"
	case "confused":
		return "😕"
	case "heart":
		return "❤️"
	case "hooray":
		return "🎉"
	case "rocket":
		return "🚀"
	case "eyes":
		return "👀"
	}
	return content
}
