package githubtest

import (
	"path"
	"strings"
)

// GitHub's limits for the contents endpoint
// (https://docs.github.com/rest/repos/contents#get-repository-content).
const (
	maxContentsJSON = 1 << 20 // beyond it the content is empty, with encoding "none"
	maxDirectory    = 1000    // entries listed
)

// getContents is GET /repos/{owner}/{repo}/contents/{path}.
func (s *Server) getContents(c *call) (any, error) {
	commit, ok := c.repo.resolve(orElse(c.FormValue("ref"), c.repo.DefaultBranch))
	if !ok {
		return nil, &apiError{status: 404, message: "No commit found for the ref " + c.FormValue("ref")}
	}
	return s.contents(c, commit, strings.Trim(c.PathValue("path"), "/"), 0)
}

// contents answers with a file, a folder or what a link points to.
func (s *Server) contents(c *call, commit, at string, depth int) (any, error) {
	entry, err := c.repo.entryAt(commit, at)
	if err != nil {
		return nil, err
	}
	if entry.Type == "tree" {
		entries, err := c.repo.lsTree(entry.SHA, false)
		if err != nil {
			return nil, err
		}
		return list(entries[:min(len(entries), maxDirectory)], func(e treeEntry) object {
			return c.repo.contentJSON(commit, path.Join(at, e.Path), e)
		}), nil
	}
	o := c.repo.contentJSON(commit, entry.Path, entry)
	if entry.Type == "commit" {
		o["type"], o["submodule_git_url"] = "submodule", "git://github.com/"+c.repo.Name+".git"
		return o, nil
	}
	blob, err := c.repo.object(entry.SHA)
	if err != nil {
		return nil, err
	}
	if entry.Mode == "120000" {
		target := path.Join(path.Dir(at), string(blob.Data))
		if e, err := c.repo.entryAt(commit, target); err == nil && e.Type == "blob" && depth < 5 {
			return s.contents(c, commit, target, depth+1)
		}
		o["type"], o["target"] = "symlink", string(blob.Data)
		return o, nil
	}
	if c.wantsRaw() {
		c.raw = blob.Data
		return nil, nil
	}
	o["encoding"], o["content"] = "base64", wrapped(blob.Data)
	if len(blob.Data) > maxContentsJSON {
		o["encoding"], o["content"] = "none", ""
	}
	return o, nil
}

// entryAt finds a path in a commit; "" is its root.
func (r *repository) entryAt(commit, at string) (treeEntry, error) {
	if at == "" {
		tree, err := r.line("rev-parse", commit+"^{tree}")
		return treeEntry{Type: "tree", Mode: "040000", SHA: tree}, err
	}
	if at == ".." || strings.HasPrefix(at, "../") {
		return treeEntry{}, errNotFound
	}
	out, err := r.run("--literal-pathspecs", "ls-tree", "-z", "-l", "--", commit, at)
	if err != nil || len(out) == 0 {
		return treeEntry{}, errNotFound
	}
	entries := parseTree(out)
	return entries[0], nil
}

// contentJSON is the part that files and folders have in common.
func (r *repository) contentJSON(commit, at string, e treeEntry) object {
	kind := map[string]string{"blob": "file", "tree": "dir", "commit": "submodule"}[e.Type]
	if e.Mode == "120000" {
		kind = "symlink"
	}
	escaped := escapePath(at)
	self := r.at("contents", escaped) + "?ref=" + commit
	html := r.html() + "/blob/" + commit + "/" + escaped
	var git, download any = r.at("git", e.Type+"s", e.SHA), nil
	switch e.Type {
	case "blob":
		download = r.html() + "/raw/" + commit + "/" + escaped
	case "commit":
		git = nil
	}
	return object{"type": kind, "size": e.Size, "name": path.Base(at), "path": at, "sha": e.SHA, "url": self, "git_url": git,
		"html_url": html, "download_url": download, "_links": object{"self": self, "git": git, "html": html}}
}
