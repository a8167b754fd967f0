package githubtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// pull finds the pull request in the path.
func (c *call) pull() (*pull, error) {
	p := c.repo.pulls[int(c.number("pull_number"))]
	if p == nil {
		return nil, errNotFound
	}
	return p, c.s.syncPull(p, p.author)
}

// getPull is GET /repos/{owner}/{repo}/pulls/{pull_number}.
func (s *Server) getPull(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return s.pullJSON(p)
}

// listPulls is GET /repos/{owner}/{repo}/pulls, newest first.
func (s *Server) listPulls(c *call) (any, error) {
	state := orElse(c.FormValue("state"), "open")
	var found []*pull
	for _, n := range slices.Backward(slices.Sorted(maps.Keys(c.repo.pulls))) {
		p := c.repo.pulls[n]
		if err := s.syncPull(p, p.author); err != nil {
			return nil, err
		}
		head, base := c.FormValue("head"), c.FormValue("base")
		if (state == "all" || state == p.state()) && (base == "" || base == p.baseRef) &&
			(head == "" || head == p.head.Owner+":"+p.headRef) {
			found = append(found, p)
		}
	}
	return list(page(c, found), s.pullSimple), nil
}

// createPull is POST /repos/{owner}/{repo}/pulls.
func (s *Server) createPull(c *call) (any, error) {
	var body struct {
		Title, Head, Base, Body string
		Draft                   bool
		Maintainer              bool `json:"maintainer_can_modify"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Title == "" {
		return nil, invalid("PullRequest", "title", "missing_field", "")
	}
	if bodyTooLong(body.Body) {
		return nil, invalid("PullRequest", "body", "custom", "body is too long (maximum is 65536 characters)")
	}
	p, err := s.openPull(c.repo, PullOptions{Head: body.Head, Base: body.Base, Title: body.Title, Body: body.Body,
		Draft: body.Draft, MaintainerCanModify: body.Maintainer}, s.app.bot)
	if err != nil {
		return nil, err
	}
	c.created(p.url())
	return s.pullJSON(p)
}

// updatePull is PATCH /repos/{owner}/{repo}/pulls/{pull_number}.
func (s *Server) updatePull(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var body struct{ Title, Body, State, Base *string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Body != nil && bodyTooLong(*body.Body) {
		return nil, invalid("PullRequest", "body", "custom", "body is too long (maximum is 65536 characters)")
	}
	if body.Title != nil {
		p.Title = *body.Title
	}
	if body.Body != nil {
		p.Body = *body.Body
	}
	if body.Base != nil {
		if c.repo.ref("refs/heads/"+*body.Base) == "" {
			return nil, invalid("PullRequest", "base", "invalid", "")
		}
		p.baseRef = *body.Base
	}
	p.updated = s.now()
	if body.State != nil {
		s.setClosed(p, *body.State == "closed", s.app.bot)
	}
	return s.pullJSON(p)
}

// url is the pull request in the API.
func (p *pull) url() string { return p.repo.at("pulls", p.Number) }

// html is the pull request's page.
func (p *pull) html() string { return fmt.Sprintf("%s/pull/%d", p.repo.html(), p.Number) }

// pullJSON is the long form, as GET of one pull request and the webhooks have it.
func (s *Server) pullJSON(p *pull) (object, error) {
	files, err := p.files(p.headSHA)
	if err != nil {
		return nil, err
	}
	commits, err := p.commits()
	if err != nil {
		return nil, err
	}
	o := s.pullSimple(p)
	additions, deletions := 0, 0
	for _, f := range files {
		additions, deletions = additions+f.Added, deletions+f.Removed
	}
	for k, v := range (object{
		"merged": false, "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown", "merged_by": nil,
		"comments": len(p.conversation()), "review_comments": len(p.reviewComments()), "maintainer_can_modify": p.maintainer,
		"commits": len(commits), "additions": additions, "deletions": deletions, "changed_files": len(files),
	}) {
		o[k] = v
	}
	return o, nil
}

// pullSimple is the short form, as in lists.
func (s *Server) pullSimple(p *pull) object {
	issue := p.repo.at("issues", p.Number)
	u := p.url()
	statuses := p.repo.at("statuses", p.headSHA)
	link := func(to string) object { return object{"href": to} }
	return object{
		"id": p.ID, "node_id": p.NodeID, "number": p.Number, "url": u, "html_url": p.html(), "diff_url": p.html() + ".diff",
		"patch_url": p.html() + ".patch", "issue_url": issue, "commits_url": u + "/commits", "review_comments_url": u + "/comments",
		"review_comment_url": p.repo.at("pulls", "comments{/number}"), "comments_url": issue + "/comments", "statuses_url": statuses,
		"state": p.state(), "locked": false, "active_lock_reason": nil, "title": p.Title, "body": orNull(p.Body), "user": s.userJSON(p.author),
		"labels": list(p.Labels, p.repo.labelJSON), "milestone": nil, "draft": p.Draft, "assignee": nil, "assignees": []object{},
		"requested_reviewers": []object{}, "requested_teams": []object{}, "auto_merge": nil, "merge_commit_sha": nil, "merged_at": nil,
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closedAt),
		"author_association": p.repo.association(p.author),
		"head":               s.branchJSON(p.head, p.headRef, p.headSHA), "base": s.branchJSON(p.repo, p.baseRef, p.baseSHA()),
		"_links": object{"self": link(u), "html": link(p.html()), "issue": link(issue), "comments": link(issue + "/comments"),
			"review_comments": link(u + "/comments"), "review_comment": link(p.repo.at("pulls", "comments{/number}")),
			"commits": link(u + "/commits"), "statuses": link(statuses)},
	}
}

// branchJSON is one end of a pull request.
func (s *Server) branchJSON(r *repository, ref, sha string) object {
	return object{"label": r.Owner + ":" + ref, "ref": ref, "sha": sha, "user": s.userJSON(r.owner), "repo": s.repositoryJSON(r)}
}

// pullMinimal is the form that check runs have.
func (s *Server) pullMinimal(p *pull) object {
	end := func(r *repository, ref, sha string) object {
		return object{"ref": ref, "sha": sha, "repo": object{"id": r.ID, "url": r.url(), "name": r.name()}}
	}
	return object{"id": p.ID, "number": p.Number, "url": p.url(),
		"head": end(p.head, p.headRef, p.headSHA), "base": end(p.repo, p.baseRef, p.baseSHA())}
}

// labelJSON is a label by its name. Its number is made of the name: labels have
// no state of their own here.
func (r *repository) labelJSON(name string) object {
	var id int64 = 7
	for _, b := range []byte(r.Name + name) {
		id = (id*31 + int64(b)) % 1_000_000_007
	}
	return object{"id": id, "node_id": nodeID("LA", id), "url": r.at("labels", strings.ReplaceAll(name, " ", "%20")), "name": name,
		"description": nil, "color": "ededed", "default": false}
}

// numbered sorts the pull requests of a repository by their number.
func (r *repository) numbered() []*pull {
	return slices.SortedFunc(maps.Values(r.pulls), func(a, b *pull) int { return cmp.Compare(a.Number, b.Number) })
}
