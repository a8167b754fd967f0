package githubtest

import (
	"slices"
	"strconv"
	"strings"
)

// pullNode is a pull request.
func (s *Server) pullNode(c *call, p *pull) *gqlObject {
	state := "OPEN"
	if p.closed {
		state = "CLOSED"
	}
	return &gqlObject{"PullRequest", map[string]any{
		"id": p.NodeID, "fullDatabaseId": strconv.FormatInt(p.ID, 10), "number": p.Number, "title": p.Title, "body": p.Body, "url": p.html(),
		"state": state, "closed": p.closed, "merged": false, "isDraft": p.Draft, "author": s.actor(p.author, ""),
		"headRefName": p.headRef, "headRefOid": gqlField(func(map[string]any) (any, error) { return p.headSHA, nil }),
		"baseRefName": p.baseRef, "baseRefOid": gqlField(func(map[string]any) (any, error) { return p.baseSHA(), nil }),
		"isCrossRepository": p.head != p.repo, "maintainerCanModify": p.maintainer,
		"headRepository": s.repositoryNode(c, p.head), "baseRepository": s.repositoryNode(c, p.repo),
		"createdAt": stamp(p.created), "updatedAt": stamp(p.updated),
		"changedFiles": gqlField(func(map[string]any) (any, error) {
			files, err := p.files(p.headSHA)
			return len(files), err
		}),
		"files": gqlField(p.filesNode), "commits": gqlField(p.commitsNode),
		"baseRef": gqlField(func(map[string]any) (any, error) { return p.repo.refNode("refs/heads/" + p.baseRef) }),
		"labels":  connection("LabelConnection", "labels", func(map[string]any) []string { return p.Labels }, p.repo.labelNode),
		"reviews": connection("PullRequestReviewConnection", "reviews", func(args map[string]any) []*review {
			return chosenReviews(p.reviews, args)
		}, s.reviewNode),
		"comments": connection("IssueCommentConnection", "comments", func(map[string]any) []*issueComment { return p.conversation() }, s.issueCommentNode),
		"reviewThreads": connection("PullRequestReviewThreadConnection", "reviewThreads",
			func(map[string]any) []*thread { return p.threads }, s.threadNode),
		"timelineItems": connection("PullRequestTimelineItemsConnection", "timelineItems",
			func(map[string]any) []forcedPush { return p.forced }, s.forcedPushNode),
	}}
}

// forcedPushNode is a push to the head branch that took commits away.
func (s *Server) forcedPushNode(f forcedPush) *gqlObject {
	return &gqlObject{"HeadRefForcePushedEvent", map[string]any{
		"id": nodeID("HRFPE", f.id), "actor": s.actor(f.by, "User"), "createdAt": stamp(f.at)}}
}

// chosenReviews filters by the arguments author and states.
func chosenReviews(all []*review, args map[string]any) []*review {
	author, _ := args["author"].(string)
	states, _ := args["states"].([]any)
	return slices.DeleteFunc(slices.Clone(all), func(r *review) bool {
		return author != "" && strings.TrimSuffix(r.author.Login, "[bot]") != strings.TrimSuffix(author, "[bot]") ||
			len(states) > 0 && !slices.Contains(states, any(r.state))
	})
}

func (r *repository) labelNode(name string) *gqlObject {
	o := r.labelJSON(name)
	return &gqlObject{"Label", map[string]any{"id": o["node_id"], "name": name, "color": o["color"], "description": nil}}
}

// remark is what reviews and comments have in common.
func (s *Server) remark(kind, node string, id int64, by *user, body, minimized, url string, created any) *gqlObject {
	return &gqlObject{kind, map[string]any{
		"id": node, "databaseId": id, "fullDatabaseId": strconv.FormatInt(id, 10), "body": body, "author": s.actor(by, ""), "url": url,
		"isMinimized": minimized != "", "minimizedReason": orNull(strings.ReplaceAll(strings.ToLower(minimized), "_", "-")),
		"viewerDidAuthor": by == s.app.bot, "createdAt": created,
	}}
}

// reviewNode is a review.
func (s *Server) reviewNode(r *review) *gqlObject {
	o := s.remark("PullRequestReview", r.NodeID, r.ID, r.author, r.body, r.minimized, s.reviewJSON(r)["html_url"].(string), stamp(r.submitted))
	o.fields["state"], o.fields["submittedAt"], o.fields["commit"] = r.state, stamp(r.submitted), r.pull.repo.commitNode(r.commit)
	o.fields["comments"] = connection("PullRequestReviewCommentConnection", "comments", func(map[string]any) []*reviewComment {
		return slices.DeleteFunc(r.pull.reviewComments(), func(c *reviewComment) bool { return c.review != r })
	}, s.reviewCommentNode)
	return o
}

// threadNode is a thread of review comments.
func (s *Server) threadNode(t *thread) *gqlObject {
	line, start, ok := t.pull.now(t)
	return &gqlObject{"PullRequestReviewThread", map[string]any{
		"id": t.NodeID, "isResolved": t.resolved != nil, "isOutdated": !ok, "path": t.Path, "line": lineOrNull(line), "startLine": lineOrNull(start),
		"resolvedBy": s.actor(t.resolved, "User"),
		"comments": connection("PullRequestReviewCommentConnection", "comments",
			func(map[string]any) []*reviewComment { return t.comments }, s.reviewCommentNode),
	}}
}

// reviewCommentNode is a review comment.
func (s *Server) reviewCommentNode(c *reviewComment) *gqlObject {
	t := c.thread
	line, start, ok := t.pull.now(t)
	o := s.remark("PullRequestReviewComment", c.NodeID, c.ID, c.author, c.body, c.minimized,
		s.reviewCommentJSON(c)["html_url"].(string), stamp(c.created))
	for k, v := range map[string]any{"path": t.Path, "line": lineOrNull(line), "startLine": lineOrNull(start), "originalLine": t.Line,
		"outdated": !ok, "originalCommit": t.pull.repo.commitNode(t.commit),
		"pullRequestReview": gqlField(func(map[string]any) (any, error) { return s.reviewNode(c.review), nil })} {
		o.fields[k] = v
	}
	return o
}

// issueCommentNode is a comment of the conversation.
func (s *Server) issueCommentNode(c *issueComment) *gqlObject {
	o := s.remark("IssueComment", c.NodeID, c.ID, c.author, c.body, c.minimized, s.issueCommentJSON(c)["html_url"].(string), stamp(c.created))
	o.fields["updatedAt"] = stamp(c.updated)
	return o
}

// lineOrNull is a line number, null for 0.
func lineOrNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}
