package githubtest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Change is a commit that a person pushes.
type Change struct {
	// Author is a login; the owner of the repository when empty.
	Author  string
	Message string
	// From is the branch, tag or SHA that a new branch begins at, the default
	// branch when empty. With an existing branch it makes a forced push.
	From string
	// Files are written, by their paths.
	Files map[string]string
	// Modes are git modes of Files that are not 100644: 100755, 120000.
	Modes map[string]string
	// Remove lists paths that go.
	Remove []string
}

// Push puts a commit on a branch, as a person with git would, and gives its SHA.
// Pull requests that have the branch as their head hear of it.
func (s *Server) Push(repository, branch string, c Change) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return "", err
	}
	before := r.ref("refs/heads/" + branch)
	from := before
	switch {
	case c.From != "":
		sha, ok := r.resolve(c.From)
		if !ok {
			return "", fmt.Errorf("githubtest: %s has no %q", repository, c.From)
		}
		from = sha
	case before == "":
		from = r.ref("refs/heads/" + r.DefaultBranch)
	}
	sha, err := r.commit(branch, from, c)
	if err != nil {
		return "", fmt.Errorf("githubtest: push to %s %s: %w", repository, branch, err)
	}
	return sha, s.moved(r, "refs/heads/"+branch, s.user(r.authorOf(c), "User"))
}

// MoveBranch sets a branch to a commit that is there already: a forced push, or
// a new branch.
func (s *Server) MoveBranch(repository, branch, sha, login string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return err
	}
	if _, err := r.run("update-ref", "refs/heads/"+branch, sha); err != nil {
		return fmt.Errorf("githubtest: %w", err)
	}
	return s.moved(r, "refs/heads/"+branch, s.user(login, "User"))
}

// authorOf is the login of a change's author.
func (r *repository) authorOf(c Change) string {
	if c.Author == "" {
		return r.Owner
	}
	return c.Author
}

// commit writes a commit on top of a parent ("" for none) and moves the branch to it.
func (r *repository) commit(branch, parent string, c Change) (string, error) {
	tree, err := r.changedTree(parent, c)
	if err != nil {
		return "", err
	}
	var parents []string
	if parent != "" {
		parents = []string{parent}
	}
	u := r.server.user(r.authorOf(c), "User")
	who := identity{Name: u.Login, Email: u.email(), Date: r.server.now()}
	message := c.Message
	if message == "" {
		message = "Update " + strings.Join(slices.Sorted(maps.Keys(c.Files)), ", ")
	}
	sha, err := r.commitTree(tree, message, parents, who, who)
	if err != nil {
		return "", err
	}
	_, err = r.run("update-ref", "refs/heads/"+branch, sha)
	return sha, err
}

// changedTree writes the tree that a change makes of a commit's.
func (r *repository) changedTree(parent string, c Change) (string, error) {
	paths := slices.Sorted(maps.Keys(c.Files))
	contents := make([][]byte, len(paths))
	for i, p := range paths {
		contents[i] = []byte(c.Files[p])
	}
	blobs, err := r.writeBlobs(contents)
	if err != nil {
		return "", err
	}
	var entries []treeEntry
	for _, p := range c.Remove {
		entries = append(entries, treeEntry{Path: p})
	}
	for i, p := range paths {
		mode := c.Modes[p]
		if mode == "" {
			mode = "100644"
		}
		entries = append(entries, treeEntry{Mode: mode, SHA: blobs[i], Path: p})
	}
	return r.writeTree(parent, entries)
}

// writeBlobs stores blobs in one process and gives their SHAs in the same order.
func (r *repository) writeBlobs(contents [][]byte) ([]string, error) {
	if len(contents) == 0 {
		return nil, nil
	}
	var in bytes.Buffer
	for i, data := range contents {
		fmt.Fprintf(&in, "blob\nmark :%d\ndata %d\n%s\n", i+1, len(data), data)
	}
	for i := range contents {
		fmt.Fprintf(&in, "get-mark :%d\n", i+1)
	}
	out, err := r.server.git.run(r.Dir, in.Bytes(), nil, "fast-import", "--quiet")
	if err != nil {
		return nil, err
	}
	shas := strings.Fields(string(out))
	if len(shas) != len(contents) {
		return nil, fmt.Errorf("git fast-import: %d blobs for %d files", len(shas), len(contents))
	}
	return shas, nil
}
