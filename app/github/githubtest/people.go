package githubtest

import (
	"fmt"
	"slices"
	"time"
)

// Comment writes a comment in the conversation, as a person on the page does, and
// sends issue_comment.created.
func (s *Server) Comment(repository string, number int, login, body string) (IssueComment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.findPull(repository, number)
	if err != nil {
		return IssueComment{}, err
	}
	if err := checkBody(body); err != nil {
		return IssueComment{}, err
	}
	return s.addIssueComment(p, s.user(login, "User"), body).state(), nil
}

// Reply answers in the thread of a review comment.
func (s *Server) Reply(repository string, number int, comment int64, login, body string) (ReviewComment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.findPull(repository, number)
	if err != nil {
		return ReviewComment{}, err
	}
	to := p.findReviewComment(comment)
	if to == nil {
		return ReviewComment{}, fmt.Errorf("githubtest: no review comment %d", comment)
	}
	u := s.user(login, "User")
	return s.addComment(to.thread, s.addReview(p, u, to.thread.commit, "", "COMMENTED"), u, body).state(), nil
}

// ClosePull closes a pull request and sends pull_request.closed.
func (s *Server) ClosePull(repository string, number int, login string) error {
	return s.edit(repository, number, func(p *pull) { s.setClosed(p, true, s.user(login, "User")) })
}

// ReopenPull opens a closed pull request again. What was pushed meanwhile becomes its head.
func (s *Server) ReopenPull(repository string, number int, login string) error {
	return s.edit(repository, number, func(p *pull) {
		if sha := p.head.ref("refs/heads/" + p.headRef); p.closed && sha != "" && sha != p.headSHA {
			if p.take(sha) != nil {
				return
			}
		}
		s.setClosed(p, false, s.user(login, "User"))
	})
}

// SetDraft makes a pull request a draft or ready, and sends converted_to_draft or
// ready_for_review.
func (s *Server) SetDraft(repository string, number int, draft bool, login string) error {
	return s.edit(repository, number, func(p *pull) {
		if p.Draft == draft {
			return
		}
		p.Draft, p.updated = draft, s.now()
		action := "ready_for_review"
		if draft {
			action = "converted_to_draft"
		}
		s.sendPull(p, action, s.user(login, "User"), nil)
	})
}

// SetLabels replaces the labels, and sends labeled or unlabeled for each difference.
func (s *Server) SetLabels(repository string, number int, login string, labels ...string) error {
	return s.edit(repository, number, func(p *pull) {
		by, before := s.user(login, "User"), p.Labels
		p.Labels, p.updated = slices.Clone(labels), s.now()
		for _, l := range labels {
			if !slices.Contains(before, l) {
				s.sendPull(p, "labeled", by, object{"label": p.repo.labelJSON(l)})
			}
		}
		for _, l := range before {
			if !slices.Contains(labels, l) {
				s.sendPull(p, "unlabeled", by, object{"label": p.repo.labelJSON(l)})
			}
		}
	})
}

// SetBase changes the branch that a pull request goes into, and sends edited.
func (s *Server) SetBase(repository string, number int, branch, login string) error {
	var problem error
	err := s.edit(repository, number, func(p *pull) {
		if p.repo.ref("refs/heads/"+branch) == "" {
			problem = fmt.Errorf("githubtest: %s has no branch %q", repository, branch)
			return
		}
		before, sha := p.baseRef, p.baseSHA()
		p.baseRef, p.updated = branch, s.now()
		s.sendPull(p, "edited", s.user(login, "User"), object{"changes": object{"base": object{
			"ref": object{"from": before}, "sha": object{"from": sha}}}})
	})
	if err != nil {
		return err
	}
	return problem
}

// edit changes a pull request under the lock.
func (s *Server) edit(repository string, number int, f func(*pull)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.findPull(repository, number)
	if err != nil {
		return err
	}
	f(p)
	return nil
}

// Minimize hides a review or a comment, by its node identifier, as a person does:
// the reason is OUTDATED, RESOLVED, OFF_TOPIC, SPAM, ABUSE or DUPLICATE; "" shows it again.
func (s *Server) Minimize(node, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.minimize(node, reason)
}

// minimize hides what a node identifier names.
func (s *Server) minimize(node, reason string) error {
	switch x := s.nodes[node].(type) {
	case *review:
		x.minimized = reason
	case *reviewComment:
		x.minimized = reason
	case *issueComment:
		x.minimized = reason
	default:
		return fmt.Errorf("githubtest: nothing to minimise has the node identifier %q", node)
	}
	return nil
}

// ResolveThread resolves the thread of a review comment as a person does, or
// takes that back.
func (s *Server) ResolveThread(repository string, number int, comment int64, login string, resolved bool) error {
	var problem error
	err := s.edit(repository, number, func(p *pull) {
		c := p.findReviewComment(comment)
		switch {
		case c == nil:
			problem = fmt.Errorf("githubtest: no review comment %d", comment)
		case resolved:
			c.thread.resolved = s.user(login, "User")
		default:
			c.thread.resolved = nil
		}
	})
	if err != nil {
		return err
	}
	return problem
}

// DeleteComment deletes a comment of the conversation, as its author or a
// maintainer can, and sends issue_comment.deleted.
func (s *Server) DeleteComment(repository string, id int64, login string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return err
	}
	c := r.comments[id]
	if c == nil {
		return fmt.Errorf("githubtest: no comment %d", id)
	}
	s.sendComment(c, "deleted", s.user(login, "User"), nil)
	delete(r.comments, id)
	delete(s.nodes, c.NodeID)
	return nil
}

// EditComment changes a comment's text as a person does, and sends issue_comment.edited.
func (s *Server) EditComment(repository string, id int64, login, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return err
	}
	c := r.comments[id]
	if c == nil {
		return fmt.Errorf("githubtest: no comment %d", id)
	}
	if err := checkBody(body); err != nil {
		return err
	}
	before := c.body
	c.body, c.updated = body, s.now()
	s.sendComment(c, "edited", s.user(login, "User"), object{"changes": object{"body": object{"from": before}}})
	return nil
}

// Rerequest presses "Re-run" on a check run and sends check_run.rerequested. The
// run goes back to queued.
func (s *Server) Rerequest(repository string, id int64, login string) error {
	return s.onCheckRun(repository, id, func(run *checkRun) error {
		run.Status, run.Conclusion, run.CompletedAt = "queued", "", time.Time{}
		s.sendCheckRun(run, "rerequested", s.user(login, "User"), nil)
		return nil
	})
}

// RequestAction presses a button of a check run and sends check_run.requested_action.
func (s *Server) RequestAction(repository string, id int64, identifier, login string) error {
	return s.onCheckRun(repository, id, func(run *checkRun) error {
		if !slices.ContainsFunc(run.Actions, func(a Action) bool { return a.Identifier == identifier }) {
			return fmt.Errorf("githubtest: check run %d has no action %q", id, identifier)
		}
		s.sendCheckRun(run, "requested_action", s.user(login, "User"), object{"requested_action": object{"identifier": identifier}})
		return nil
	})
}

// onCheckRun works on a check run under the lock.
func (s *Server) onCheckRun(repository string, id int64, f func(*checkRun) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return err
	}
	for _, run := range r.runs {
		if run.ID == id {
			return f(run)
		}
	}
	return fmt.Errorf("githubtest: no check run %d", id)
}
