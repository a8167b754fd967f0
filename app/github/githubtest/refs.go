package githubtest

import (
	"strings"
)

// getRef is GET /repos/{owner}/{repo}/git/ref/{ref}; the path has no "refs/".
func (s *Server) getRef(c *call) (any, error) {
	name := "refs/" + c.PathValue("ref")
	sha := c.repo.ref(name)
	if sha == "" {
		return nil, errNotFound
	}
	return c.repo.refJSON(name, sha, "")
}

// matchingRefs is GET /repos/{owner}/{repo}/git/matching-refs/{ref}: all whose
// name begins so.
func (s *Server) matchingRefs(c *call) (any, error) {
	out, err := c.repo.line("for-each-ref", "--format=%(refname) %(objectname) %(objecttype)")
	if err != nil {
		return nil, err
	}
	found := []any{}
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) != 3 || !strings.HasPrefix(fields[0], "refs/"+c.PathValue("ref")) {
			continue
		}
		ref, err := c.repo.refJSON(fields[0], fields[1], fields[2])
		if err != nil {
			return nil, err
		}
		found = append(found, ref)
	}
	return page(c, found), nil
}

// refJSON is a ref. The type is looked up unless it is given.
func (r *repository) refJSON(name, sha, kind string) (any, error) {
	if kind == "" {
		o, err := r.object(sha)
		if err != nil {
			return nil, err
		}
		kind = o.Type
	}
	return object{"ref": name, "node_id": nodeID("REF", r.ID) + strings.ReplaceAll(name, "/", "_"), "url": r.at("git", escapePath(name)),
		"object": object{"type": kind, "sha": sha, "url": r.at("git", kind+"s", sha)}}, nil
}

// createRef is POST /repos/{owner}/{repo}/git/refs. Names outside of refs/heads
// and refs/tags are allowed.
func (s *Server) createRef(c *call) (any, error) {
	var body struct{ Ref, SHA string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(body.Ref, "refs/") || strings.Count(body.Ref, "/") < 2 {
		return nil, unprocessable("Reference name must start with 'refs/' and have at least two slashes")
	}
	if _, err := c.repo.run("check-ref-format", body.Ref); err != nil || strings.HasPrefix(body.Ref, "refs/pull/") {
		return nil, unprocessable("Reference name is not valid")
	}
	if c.repo.ref(body.Ref) != "" {
		return nil, unprocessable("Reference already exists")
	}
	if err := c.repo.mayPoint(body.Ref, body.SHA); err != nil {
		return nil, err
	}
	if _, err := c.repo.run("update-ref", body.Ref, body.SHA, strings.Repeat("0", 40)); err != nil {
		return nil, unprocessable("Reference update failed")
	}
	if err := s.moved(c.repo, body.Ref, s.app.bot); err != nil {
		return nil, err
	}
	c.created(c.repo.at("git", escapePath(body.Ref)))
	return c.repo.refJSON(body.Ref, body.SHA, "")
}

// mayPoint checks that a ref can point to an object: branches hold commits only.
func (r *repository) mayPoint(ref, sha string) error {
	o, err := r.object(sha)
	if !isSHA(sha) || err != nil {
		return unprocessable("Object does not exist")
	}
	if strings.HasPrefix(ref, "refs/heads/") && o.Type != "commit" {
		return unprocessable("Reference cannot be updated: object is not a commit")
	}
	return nil
}

// updateRef is PATCH /repos/{owner}/{repo}/git/refs/{ref}. Without force only a
// fast-forward goes through.
func (s *Server) updateRef(c *call) (any, error) {
	var body struct {
		SHA   string
		Force bool
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	name := "refs/" + c.PathValue("ref")
	before := c.repo.ref(name)
	if before == "" {
		return nil, unprocessable("Reference does not exist")
	}
	if err := c.repo.mayPoint(name, body.SHA); err != nil {
		return nil, err
	}
	if !body.Force && !c.repo.isAncestor(before, body.SHA) {
		return nil, unprocessable("Update is not a fast forward")
	}
	if _, err := c.repo.run("update-ref", name, body.SHA, before); err != nil {
		return nil, unprocessable("Reference update failed")
	}
	if err := s.moved(c.repo, name, s.app.bot); err != nil {
		return nil, err
	}
	return c.repo.refJSON(name, body.SHA, "")
}

// deleteRef is DELETE /repos/{owner}/{repo}/git/refs/{ref}. A pull request
// whose head branch goes is closed.
func (s *Server) deleteRef(c *call) (any, error) {
	name := "refs/" + c.PathValue("ref")
	if c.repo.ref(name) == "" {
		return nil, unprocessable("Reference does not exist")
	}
	if _, err := c.repo.run("update-ref", "-d", name); err != nil {
		return nil, err
	}
	c.status = 204
	return nil, s.moved(c.repo, name, s.app.bot)
}
