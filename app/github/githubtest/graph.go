package githubtest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxBlobText is where GraphQL cuts the text of a blob.
const maxBlobText = 512 << 10

// queryRoot is what a query begins with.
func (s *Server) queryRoot(c *call) *gqlObject {
	return &gqlObject{"Query", map[string]any{
		"viewer": s.actor(s.app.bot, "User"),
		"rateLimit": gqlField(func(map[string]any) (any, error) {
			r := s.rate("installation " + strconv.FormatInt(c.token.installation.ID, 10) + " graphql")
			return &gqlObject{"RateLimit", map[string]any{"cost": 1, "limit": hourlyLimit, "used": r.used,
				"remaining": max(0, hourlyLimit-r.used), "resetAt": stamp(r.reset)}}, nil
		}),
		"repository": gqlField(func(args map[string]any) (any, error) {
			name := fmt.Sprint(args["owner"], "/", args["name"])
			r := s.repos[key(name)]
			if r == nil || errors.Is(c.token.allows(r, "metadata:read"), errNotFound) {
				return nil, &gqlError{"NOT_FOUND", "Could not resolve to a Repository with the name '" + name + "'."}
			}
			return s.repositoryNode(c, r), nil
		}),
		"node": gqlField(func(args map[string]any) (any, error) {
			id, _ := args["id"].(string)
			return s.nodeOf(c, id)
		}),
	}}
}

// nodeOf finds an object by its node identifier.
func (s *Server) nodeOf(c *call, id string) (*gqlObject, error) {
	missing := &gqlError{"NOT_FOUND", "Could not resolve to a node with the global id of '" + id + "'"}
	p, found := pullOf(s.nodes[id])
	if p == nil || c.token.allows(p.repo, "pull_requests:read") != nil {
		return nil, missing
	}
	switch x := found.(type) {
	case *pull:
		return s.pullNode(c, x), nil
	case *review:
		return s.reviewNode(x), nil
	case *thread:
		return s.threadNode(x), nil
	case *reviewComment:
		return s.reviewCommentNode(x), nil
	case *issueComment:
		return s.issueCommentNode(x), nil
	}
	return nil, missing
}

// pullOf is the pull request that an object belongs to.
func pullOf(x any) (*pull, any) {
	switch x := x.(type) {
	case *pull:
		return x, x
	case *review:
		return x.pull, x
	case *thread:
		return x.pull, x
	case *reviewComment:
		return x.thread.pull, x
	case *issueComment:
		return x.pull, x
	}
	return nil, nil
}

// mutationRoot is what a mutation begins with.
func (s *Server) mutationRoot(c *call) *gqlObject {
	minimize := func(field string) gqlField {
		return func(args map[string]any) (any, error) {
			in, _ := args["input"].(map[string]any)
			id, _ := in["subjectId"].(string)
			reason, _ := in["classifier"].(string)
			p, _ := pullOf(s.nodes[id])
			if p == nil {
				return nil, &gqlError{"NOT_FOUND", "Could not resolve to a node with the global id of '" + id + "'"}
			}
			if c.token.allows(p.repo, "pull_requests:write issues:write") != nil {
				return nil, gqlForbidden
			}
			if err := s.minimize(id, reason); err != nil {
				return nil, &gqlError{"UNPROCESSABLE", "Could not minimize comment"}
			}
			shown, err := s.nodeOf(c, id)
			return &gqlObject{strings.ToUpper(field[:1]) + field[1:], map[string]any{
				"clientMutationId": in["clientMutationId"], "minimizedComment": shown, "unminimizedComment": shown}}, err
		}
	}
	resolve := func(kind string, by *user) gqlField {
		return func(args map[string]any) (any, error) {
			in, _ := args["input"].(map[string]any)
			id, _ := in["threadId"].(string)
			t, ok := s.nodes[id].(*thread)
			if !ok {
				return nil, &gqlError{"NOT_FOUND", "Could not resolve to a node with the global id of '" + id + "'"}
			}
			// GitHub wants contents: write for this, not pull_requests: write.
			if c.token.allows(t.pull.repo, "contents:write") != nil {
				return nil, gqlForbidden
			}
			t.resolved = by
			return &gqlObject{kind, map[string]any{"clientMutationId": in["clientMutationId"], "thread": s.threadNode(t)}}, nil
		}
	}
	return &gqlObject{"Mutation", map[string]any{
		"minimizeComment":       minimize("minimizeCommentPayload"),
		"unminimizeComment":     minimize("unminimizeCommentPayload"),
		"resolveReviewThread":   resolve("ResolveReviewThreadPayload", s.app.bot),
		"unresolveReviewThread": resolve("UnresolveReviewThreadPayload", nil),
	}}
}

// actor is an account. A bot's login has no "[bot]" in GraphQL.
func (s *Server) actor(u *user, kind string) *gqlObject {
	if u == nil {
		return nil
	}
	login := u.Login
	if kind == "" {
		kind = u.Type
		login = strings.TrimSuffix(login, "[bot]")
	}
	shown := s.userJSON(u)
	return &gqlObject{kind, map[string]any{"login": login, "databaseId": u.ID, "id": shown["node_id"], "url": shown["html_url"]}}
}

// repositoryNode is a repository.
func (s *Server) repositoryNode(c *call, r *repository) *gqlObject {
	return &gqlObject{"Repository", map[string]any{
		"id": nodeID("R", r.ID), "databaseId": r.ID, "name": r.name(), "nameWithOwner": r.Name, "isPrivate": !r.Public, "isFork": r.parent != nil,
		"owner": s.actor(r.owner, ""), "url": r.html(),
		"defaultBranchRef": gqlField(func(map[string]any) (any, error) { return r.refNode("refs/heads/" + r.DefaultBranch) }),
		"ref": gqlField(func(args map[string]any) (any, error) {
			name := fmt.Sprint(args["qualifiedName"])
			if !strings.HasPrefix(name, "refs/") {
				name = "refs/heads/" + name
			}
			return r.refNode(name)
		}),
		"object": gqlField(func(args map[string]any) (any, error) {
			if c.token.allows(r, "contents:read") != nil {
				return nil, gqlForbidden
			}
			expression, _ := args["expression"].(string)
			if oid, ok := args["oid"].(string); ok {
				expression = oid
			}
			return r.objectNode(expression)
		}),
		"pullRequest": gqlField(func(args map[string]any) (any, error) {
			if c.token.allows(r, "pull_requests:read") != nil {
				return nil, gqlForbidden
			}
			p := r.pulls[count(args["number"])]
			if p == nil {
				return nil, &gqlError{"NOT_FOUND", fmt.Sprintf("Could not resolve to a PullRequest with the number of %v.", args["number"])}
			}
			return s.pullNode(c, p), s.syncPull(p, p.author)
		}),
	}}
}

// refNode is a ref, null where there is none.
func (r *repository) refNode(name string) (any, error) {
	sha := r.ref(name)
	if sha == "" {
		return nil, nil
	}
	at := strings.LastIndex(name, "/") + 1
	if rest, ok := strings.CutPrefix(name, "refs/heads/"); ok {
		at = len(name) - len(rest)
	}
	target, err := r.objectNode(sha)
	return &gqlObject{"Ref", map[string]any{"id": nodeID("REF", r.ID) + name, "name": name[at:], "prefix": name[:at], "target": target}}, err
}

// objectNode is a git object, null where there is none.
func (r *repository) objectNode(expression string) (any, error) {
	if strings.HasPrefix(expression, "-") {
		return nil, nil
	}
	o, err := r.expression(expression)
	if errors.Is(err, errNoObject) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	fields := map[string]any{"id": nodeID("B", r.ID) + o.SHA[:8], "oid": o.SHA, "abbreviatedOid": o.SHA[:7]}
	switch o.Type {
	case "commit":
		return &gqlObject{"Commit", fields}, r.commitFields(o.SHA, fields)
	case "tree":
		return &gqlObject{"Tree", fields}, nil
	}
	binary := strings.ContainsRune(string(o.Data), 0) || !utf8.Valid(o.Data)
	fields["byteSize"], fields["isBinary"], fields["isTruncated"] = len(o.Data), binary, len(o.Data) > maxBlobText
	fields["text"] = string(o.Data[:min(len(o.Data), maxBlobText)])
	if binary {
		fields["text"] = nil
	}
	return &gqlObject{"Blob", fields}, nil
}

// commitNode is a commit by its SHA.
func (r *repository) commitNode(sha string) gqlField {
	return func(map[string]any) (any, error) { return r.objectNode(sha) }
}
