package githubtest

import (
	"maps"
	"slices"
)

// always are the events that an App gets without subscribing.
var always = []string{"installation", "ping"}

// event puts a webhook into the line, if the App is on the repository and
// subscribed to the event. A repository of nil is for events without one.
func (s *Server) event(name, action string, r *repository, inst *installation, by *user, payload object) {
	if r != nil {
		if inst = s.installationOf(r.owner); inst == nil || !inst.covers(r) || inst.suspended {
			return
		}
		payload["repository"] = s.repositoryPayload(r)
		payload["installation"] = object{"id": inst.ID, "node_id": nodeID("IIN", inst.ID)}
		if r.owner.Type == "Organization" {
			payload["organization"] = s.organizationPayload(r.owner)
		}
	}
	if !slices.Contains(always, name) && !slices.Contains(s.app.Events, name) {
		return
	}
	if action != "" {
		payload["action"] = action
	}
	if by != nil {
		payload["sender"] = s.userJSON(by)
	}
	d := &Delivery{ID: s.id(), GUID: newGUID(), Event: name, Action: action, Payload: encode(payload)}
	if inst != nil {
		d.Installation = inst.ID
	}
	if r != nil {
		d.Repository = r.ID
	}
	s.hooks.add(d)
}

// notInPayloads are keys of a repository that the examples of webhooks do not have.
var notInPayloads = []string{"has_discussions", "allow_forking"}

// repositoryPayload is a repository as webhooks carry it.
func (s *Server) repositoryPayload(r *repository) object {
	o := s.repositoryJSON(r)
	for _, key := range notInPayloads {
		delete(o, key)
	}
	return o
}

// organizationPayload is the organisation that the repository belongs to.
func (s *Server) organizationPayload(u *user) object {
	at := s.apiURL + "/orgs/" + u.Login
	o := s.userJSON(u)
	return object{"login": u.Login, "id": u.ID, "node_id": o["node_id"], "url": at, "repos_url": at + "/repos", "events_url": at + "/events",
		"hooks_url": at + "/hooks", "issues_url": at + "/issues", "members_url": at + "/members{/member}",
		"public_members_url": at + "/public_members{/member}", "avatar_url": o["avatar_url"], "description": ""}
}

// sendPull sends a pull_request event.
func (s *Server) sendPull(p *pull, action string, by *user, extra object) {
	shown, err := s.pullJSON(p)
	if err != nil {
		shown = s.pullSimple(p) // the branches have nothing in common any more
	}
	s.stripBranches(shown)
	payload := object{"number": p.Number, "pull_request": shown}
	maps.Copy(payload, extra)
	s.event("pull_request", action, p.repo, nil, by, payload)
}

// stripBranches takes out of a pull request's two repositories what webhooks do not carry.
func (s *Server) stripBranches(pull object) {
	for _, end := range []string{"head", "base"} {
		for _, key := range notInPayloads {
			delete(pull[end].(object)["repo"].(object), key)
		}
	}
}

// sendComment sends an issue_comment event. It says nothing of the pull request's head.
func (s *Server) sendComment(c *issueComment, action string, by *user, extra object) {
	payload := object{"issue": s.issueJSON(c.pull), "comment": s.issueCommentJSON(c)}
	maps.Copy(payload, extra)
	s.event("issue_comment", action, c.pull.repo, nil, by, payload)
}

// issueJSON is a pull request as an issue.
func (s *Server) issueJSON(p *pull) object {
	at := p.repo.at("issues", p.Number)
	return object{
		"url": at, "repository_url": p.repo.url(), "labels_url": at + "/labels{/name}", "comments_url": at + "/comments",
		"events_url": at + "/events", "html_url": p.html(), "id": p.ID, "node_id": p.NodeID, "number": p.Number, "title": p.Title,
		"user": s.userJSON(p.author), "labels": list(p.Labels, p.repo.labelJSON), "state": p.state(), "locked": false, "assignee": nil,
		"assignees": []object{}, "milestone": nil, "comments": len(p.conversation()), "created_at": stamp(p.created),
		"updated_at": stamp(p.updated), "closed_at": stamp(p.closedAt), "author_association": p.repo.association(p.author),
		"active_lock_reason": nil, "body": orNull(p.Body), "performed_via_github_app": nil,
		"pull_request": object{"url": p.url(), "html_url": p.html(), "diff_url": p.html() + ".diff", "patch_url": p.html() + ".patch"},
	}
}

// sendReview sends a pull_request_review event.
func (s *Server) sendReview(r *review, action string, by *user) {
	shown := s.pullSimple(r.pull)
	s.stripBranches(shown)
	s.event("pull_request_review", action, r.pull.repo, nil, by, object{"review": s.reviewJSON(r), "pull_request": shown})
}

// sendCheckRun sends a check_run event.
func (s *Server) sendCheckRun(r *checkRun, action string, by *user, extra object) {
	shown := s.checkRunJSON(r)
	branch := any(nil)
	for _, p := range r.repo.numbered() {
		if p.headSHA == r.HeadSHA && p.head == p.repo {
			branch = p.headRef
		}
	}
	suite := object{"id": r.suite, "node_id": nodeID("CS", r.suite), "head_branch": branch, "head_sha": r.HeadSHA, "status": r.Status,
		"conclusion": orNull(r.Conclusion), "url": r.repo.at("check-suites", r.suite), "before": nil, "after": nil,
		"pull_requests": shown["pull_requests"], "app": s.appPayload(), "created_at": stamp(r.StartedAt), "updated_at": stamp(r.StartedAt)}
	shown["check_suite"], shown["app"] = suite, s.appPayload()
	payload := object{"check_run": shown}
	maps.Copy(payload, extra)
	s.event("check_run", action, r.repo, nil, by, payload)
}

// appPayload is the App without what webhooks do not carry.
func (s *Server) appPayload() object {
	o := s.appJSON()
	delete(o, "client_id")
	return o
}

// sendInstallation sends an installation event.
func (s *Server) sendInstallation(i *installation, action string, by *user) {
	shown := s.installationJSON(i)
	shown["created_at"], shown["updated_at"] = i.created.Unix(), i.created.Unix()
	repositories := list(s.installed(i), func(r *repository) object {
		return object{"id": r.ID, "node_id": nodeID("R", r.ID), "name": r.name(), "full_name": r.Name, "private": !r.Public}
	})
	s.event("installation", action, nil, i, by, object{"installation": shown, "repositories": repositories})
}

// Ping sends the event that GitHub sends when a webhook is set up.
func (s *Server) Ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	url, _ := s.hooks.target()
	at := stamp(s.app.created)
	s.event("ping", "", nil, nil, nil, object{"zen": "Keep it logically awesome.", "hook_id": s.app.ID, "hook": object{
		"type": "App", "id": s.app.ID, "name": "web", "active": true, "events": s.app.Events, "app_id": s.app.ID,
		"config":     object{"content_type": "json", "insecure_ssl": "0", "url": url},
		"updated_at": at, "created_at": at,
	}})
}
