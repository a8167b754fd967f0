package githubtest

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// thread is a thread of review comments on lines of the difference.
type thread struct {
	anchor
	ID       int64
	NodeID   string
	pull     *pull
	commit   string // that the anchor's lines are of
	comments []*reviewComment
	resolved *user
}

// reviewComment is one comment of a thread.
type reviewComment struct {
	ID               int64
	NodeID           string
	thread           *thread
	review           *review
	author           *user
	body             string
	created, updated time.Time
	minimized        string
}

// startThread puts the first comment of a review on its lines.
func (s *Server) startThread(r *review, a anchor, body string) *thread {
	t := &thread{anchor: a, ID: s.id(), pull: r.pull, commit: r.commit}
	t.NodeID = s.node("PRRT", t.ID, t)
	r.pull.threads = append(r.pull.threads, t)
	s.addComment(t, r, r.author, body)
	return t
}

// addComment puts a comment at the end of a thread.
func (s *Server) addComment(t *thread, r *review, by *user, body string) *reviewComment {
	c := &reviewComment{ID: s.id(), thread: t, review: r, author: by, body: body, created: s.now(), updated: s.now()}
	c.NodeID = s.node("PRRC", c.ID, c)
	t.comments = append(t.comments, c)
	return c
}

// reviewComments lists all comments of all threads, oldest first.
func (p *pull) reviewComments() []*reviewComment {
	var all []*reviewComment
	for _, t := range p.threads {
		all = append(all, t.comments...)
	}
	slices.SortFunc(all, func(a, b *reviewComment) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// findReviewComment finds a comment of a pull request by its number.
func (p *pull) findReviewComment(id int64) *reviewComment {
	for _, c := range p.reviewComments() {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// listReviewComments is GET /repos/{owner}/{repo}/pulls/{pull_number}/comments.
func (s *Server) listReviewComments(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return list(page(c, p.reviewComments()), s.reviewCommentJSON), nil
}

// createReviewComment is POST /repos/{owner}/{repo}/pulls/{pull_number}/comments: a
// review of its own with one comment. With in_reply_to all but the body is ignored.
func (s *Server) createReviewComment(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var body struct {
		draftComment
		CommitID  string `json:"commit_id"`
		InReplyTo int64  `json:"in_reply_to"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.InReplyTo != 0 {
		return s.reply(c, p, body.InReplyTo, body.Body)
	}
	anchors, refusals, err := p.anchors(body.CommitID, []draftComment{body.draftComment})
	if err != nil {
		return nil, err
	}
	if len(refusals) > 0 {
		return nil, invalid("PullRequestReviewComment", "pull_request_review_thread.line", "custom", refusals[0])
	}
	t := s.startThread(s.addReview(p, s.app.bot, body.CommitID, "", "COMMENTED"), anchors[0], body.Body)
	c.created(p.repo.at("pulls", "comments", t.comments[0].ID))
	return s.reviewCommentJSON(t.comments[0]), nil
}

// createReply is POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies.
// Replies to replies are not possible: the number is that of a thread's first comment.
func (s *Server) createReply(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var body struct{ Body string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	return s.reply(c, p, c.number("comment_id"), body.Body)
}

// reply puts a comment of the App under a thread's first comment.
func (s *Server) reply(c *call, p *pull, id int64, body string) (any, error) {
	to := p.findReviewComment(id)
	switch {
	case to == nil || to != to.thread.comments[0]:
		return nil, errNotFound
	case body == "":
		return nil, invalid("PullRequestReviewComment", "body", "missing_field", "")
	case bodyTooLong(body):
		return nil, invalid("PullRequestReviewComment", "body", "unprocessable", tooLong)
	}
	r := s.addReview(p, s.app.bot, to.thread.commit, "", "COMMENTED")
	made := s.addComment(to.thread, r, s.app.bot, body)
	c.created(p.repo.at("pulls", "comments", made.ID))
	return s.reviewCommentJSON(made), nil
}

// updateReviewComment is PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}.
func (s *Server) updateReviewComment(c *call) (any, error) {
	var found *reviewComment
	for _, p := range c.repo.pulls {
		if at := p.findReviewComment(c.number("comment_id")); at != nil {
			found = at
		}
	}
	var body struct{ Body string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	switch {
	case found == nil:
		return nil, errNotFound
	case found.author != s.app.bot:
		return nil, errNotAccessible
	case body.Body == "" || bodyTooLong(body.Body):
		return nil, invalid("PullRequestReviewComment", "body", "unprocessable", tooLong)
	}
	found.body, found.updated = body.Body, s.now()
	return s.reviewCommentJSON(found), nil
}

// reviewCommentJSON is a review comment. An outdated one has no line and no
// position but the original ones.
func (s *Server) reviewCommentJSON(c *reviewComment) object {
	t, p := c.thread, c.thread.pull
	url := p.repo.at("pulls", "comments", c.ID)
	html := p.html() + "#discussion_r" + strconv.FormatInt(c.ID, 10)
	o := object{
		"id": c.ID, "node_id": c.NodeID, "url": url, "html_url": html, "pull_request_url": p.url(), "pull_request_review_id": c.review.ID,
		"diff_hunk": t.DiffHunk, "path": t.Path, "commit_id": t.commit, "original_commit_id": t.commit, "user": s.userJSON(c.author),
		"body": c.body, "created_at": stamp(c.created), "updated_at": stamp(c.updated), "author_association": p.repo.association(c.author),
		"side": t.Side, "start_side": nil, "start_line": nil, "original_line": t.Line, "original_start_line": nil,
		"original_position": t.Position, "subject_type": "line",
		"_links": object{"self": object{"href": url}, "html": object{"href": html}, "pull_request": object{"href": p.url()}},
	}
	if t.StartLine > 0 {
		o["start_side"], o["original_start_line"] = t.StartSide, t.StartLine
	}
	if c != t.comments[0] {
		o["in_reply_to_id"] = t.comments[0].ID
	}
	if line, start, ok := p.now(t); ok {
		o["line"], o["position"], o["commit_id"] = line, t.Position, p.headSHA
		if start > 0 {
			o["start_line"] = start
		}
	}
	return o
}
