package githubtest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// issueComment is a comment in the conversation of a pull request.
type issueComment struct {
	ID               int64
	NodeID           string
	pull             *pull
	author           *user
	body             string
	created, updated time.Time
	minimized        string
	reactions        []*reaction
}

// reaction is a reaction to a comment.
type reaction struct {
	ID      int64
	user    *user
	content string
	created time.Time
}

// conversation lists the comments of a pull request, oldest first.
func (p *pull) conversation() []*issueComment {
	var all []*issueComment
	for _, id := range slices.Sorted(maps.Keys(p.repo.comments)) {
		if c := p.repo.comments[id]; c.pull == p {
			all = append(all, c)
		}
	}
	return all
}

// issue finds the pull request behind the issue number in the path.
func (c *call) issue() (*pull, error) {
	p := c.repo.pulls[int(c.number("issue_number"))]
	if p == nil {
		return nil, errNotFound
	}
	return p, nil
}

// listIssueComments is GET /repos/{owner}/{repo}/issues/{issue_number}/comments.
func (s *Server) listIssueComments(c *call) (any, error) {
	p, err := c.issue()
	if err != nil {
		return nil, err
	}
	all := p.conversation()
	if since, err := time.Parse(time.RFC3339, c.FormValue("since")); err == nil {
		all = slices.DeleteFunc(all, func(x *issueComment) bool { return x.updated.Before(since) })
	}
	return list(page(c, all), s.issueCommentJSON), nil
}

// createIssueComment is POST /repos/{owner}/{repo}/issues/{issue_number}/comments.
func (s *Server) createIssueComment(c *call) (any, error) {
	p, err := c.issue()
	if err != nil {
		return nil, err
	}
	var body struct{ Body string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if err := checkBody(body.Body); err != nil {
		return nil, err
	}
	made := s.addIssueComment(p, s.app.bot, body.Body)
	c.created(made.url())
	return s.issueCommentJSON(made), nil
}

// checkBody refuses the body of a comment that is empty or too long.
func checkBody(body string) error {
	switch {
	case body == "":
		return invalid("IssueComment", "data", "unprocessable", "Body cannot be blank")
	case bodyTooLong(body):
		return invalid("IssueComment", "data", "unprocessable", tooLong)
	}
	return nil
}

// addIssueComment stores a comment and sends issue_comment.created.
func (s *Server) addIssueComment(p *pull, by *user, body string) *issueComment {
	c := &issueComment{ID: s.id(), pull: p, author: by, body: body, created: s.now(), updated: s.now()}
	c.NodeID = s.node("IC", c.ID, c)
	p.repo.comments[c.ID] = c
	p.updated = s.now()
	s.sendComment(c, "created", by, nil)
	return c
}

// issueComment finds the comment in the path.
func (c *call) issueComment() (*issueComment, error) {
	found := c.repo.comments[c.number("comment_id")]
	if found == nil {
		return nil, errNotFound
	}
	return found, nil
}

// getIssueComment is GET /repos/{owner}/{repo}/issues/comments/{comment_id}.
func (s *Server) getIssueComment(c *call) (any, error) {
	found, err := c.issueComment()
	if err != nil {
		return nil, err
	}
	return s.issueCommentJSON(found), nil
}

// updateIssueComment is PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}.
func (s *Server) updateIssueComment(c *call) (any, error) {
	found, err := c.issueComment()
	if err != nil {
		return nil, err
	}
	var body struct{ Body string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if found.author != s.app.bot {
		return nil, errNotAccessible
	}
	if err := checkBody(body.Body); err != nil {
		return nil, err
	}
	before := found.body
	found.body, found.updated = body.Body, s.now()
	s.sendComment(found, "edited", s.app.bot, object{"changes": object{"body": object{"from": before}}})
	return s.issueCommentJSON(found), nil
}

func (c *issueComment) url() string { return c.pull.repo.at("issues", "comments", c.ID) }

func (s *Server) issueCommentJSON(c *issueComment) object {
	o := object{
		"id": c.ID, "node_id": c.NodeID, "url": c.url(), "html_url": c.pull.html() + "#issuecomment-" + strconv.FormatInt(c.ID, 10),
		"issue_url": c.pull.repo.at("issues", c.pull.Number), "user": s.userJSON(c.author), "body": c.body,
		"created_at": stamp(c.created), "updated_at": stamp(c.updated), "author_association": c.pull.repo.association(c.author),
		"performed_via_github_app": nil,
	}
	if c.author == s.app.bot {
		o["performed_via_github_app"] = s.appJSON()
	}
	return o
}

// reactionNames are the reactions that GitHub has.
var reactionNames = []string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}

// createReaction is POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions:
// 201 for a new one, 200 with the old one for a repeated one.
func (s *Server) createReaction(c *call) (any, error) {
	found, err := c.issueComment()
	if err != nil {
		return nil, err
	}
	var body struct{ Content string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if !slices.Contains(reactionNames, body.Content) {
		return nil, invalid("Reaction", "content", "invalid", "")
	}
	for _, r := range found.reactions {
		if r.user == s.app.bot && r.content == body.Content {
			return s.reactionJSON(r), nil
		}
	}
	r := &reaction{ID: s.id(), user: s.app.bot, content: body.Content, created: s.now()}
	found.reactions = append(found.reactions, r)
	c.status = http.StatusCreated
	return s.reactionJSON(r), nil
}

// listReactions is GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions.
func (s *Server) listReactions(c *call) (any, error) {
	found, err := c.issueComment()
	if err != nil {
		return nil, err
	}
	all := slices.Clone(found.reactions)
	if want := c.FormValue("content"); want != "" {
		all = slices.DeleteFunc(all, func(r *reaction) bool { return r.content != want })
	}
	slices.SortFunc(all, func(a, b *reaction) int { return cmp.Compare(a.ID, b.ID) })
	return list(page(c, all), s.reactionJSON), nil
}

func (s *Server) reactionJSON(r *reaction) object {
	return object{"id": r.ID, "node_id": nodeID("REA", r.ID), "user": s.userJSON(r.user), "content": r.content, "created_at": stamp(r.created)}
}
