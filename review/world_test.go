package review_test

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
)

// world is as much of GitHub as Diff needs.
type world struct {
	pr       review.PullRequest
	subjects []review.Subject
	cfg      config.Config
	next     int64
}

func newWorld(subjects ...review.Subject) *world {
	return &world{pr: pullRequest(subjects...), subjects: subjects, next: 1}
}

func (w *world) id() int64 { w.next++; return w.next }

// push moves the head, with other Dockerfiles.
func (w *world) push(subjects ...review.Subject) {
	w.pr.Head.SHA = fmt.Sprintf("%040x", w.id())
	w.pr.Checks = nil
	w.pr.Files = nil
	old := map[string]string{}
	for _, s := range w.subjects {
		old[s.File.Path] = s.File.SHA
	}
	for _, s := range subjects {
		w.pr.Files = append(w.pr.Files, s.File)
		if old[s.File.Path] == s.File.SHA {
			delete(old, s.File.Path)
		}
	}
	for i := range w.pr.Posted {
		for j := range w.pr.Posted[i].Comments {
			if c := &w.pr.Posted[i].Comments[j]; old[c.Path] != "" {
				c.Line, c.StartLine = 0, 0 // outdated
			}
		}
	}
	w.subjects = subjects
}

// diff is what is to be done now.
func (w *world) diff() []review.Change {
	return review.Diff(w.pr, review.Compose(w.pr, w.subjects, w.cfg))
}

// apply does to the world what app/github does to GitHub.
func (w *world) apply(changes []review.Change) {
	for _, c := range changes {
		switch c := c.(type) {
		case review.CreateCommit:
			w.pr.Suggested = &review.PostedCommit{SHA: fmt.Sprint(w.id()), Parent: c.Commit.Parent, Message: strings.TrimSpace(c.Commit.Message)}
		case review.CreateReview:
			p := review.Posted{ID: w.id(), Body: crlf(c.Body), SHA: c.SHA}
			p.NodeID = fmt.Sprintf("R%d", p.ID)
			for _, k := range c.Comments {
				id := w.id()
				p.Comments = append(p.Comments, review.PostedComment{ID: id, NodeID: fmt.Sprintf("C%d", id), Path: k.Path,
					StartLine: k.StartLine, Line: k.Line, Body: crlf(k.Body)})
			}
			w.pr.Posted = append([]review.Posted{p}, w.pr.Posted...) // any order
		case review.EditReview:
			w.each(func(p *review.Posted) {
				if p.ID == c.ID {
					p.Body = crlf(c.Body)
				}
			})
		case review.EditComment:
			w.each(func(p *review.Posted) {
				for i := range p.Comments {
					if p.Comments[i].ID == c.ID {
						p.Comments[i].Body = c.Body
					}
				}
			})
		case review.MinimizeComment:
			w.each(func(p *review.Posted) {
				p.Minimized = p.Minimized || p.NodeID == c.NodeID
				for i := range p.Comments {
					p.Comments[i].Minimized = p.Comments[i].Minimized || p.Comments[i].NodeID == c.NodeID
				}
			})
		case review.CreateCheckRun:
			w.pr.Checks = append(w.pr.Checks, review.PostedCheck{ID: w.id(), ExternalID: c.Check.ExternalID})
		case review.UpdateCheckRun:
			for i := range w.pr.Checks {
				if w.pr.Checks[i].ID == c.ID {
					w.pr.Checks[i].ExternalID = c.Check.ExternalID
				}
			}
		default:
			panic(c)
		}
	}
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func (w *world) each(f func(*review.Posted)) {
	for i := range w.pr.Posted {
		f(&w.pr.Posted[i])
	}
}

// run does a job and names the changes.
func (w *world) run() string {
	changes := w.diff()
	w.apply(changes)
	return kinds(changes)
}

func kinds(changes []review.Change) string {
	var out []string
	for _, c := range changes {
		name := strings.TrimPrefix(fmt.Sprintf("%T", c), "review.")
		if c, ok := c.(review.MinimizeComment); ok {
			name += ":" + c.NodeID[:1]
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}
