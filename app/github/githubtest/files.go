package githubtest

import (
	"slices"
	"strings"
)

// GitHub's limits for the files of a pull request
// (https://docs.github.com/repositories/creating-and-managing-repositories/repository-limits).
const (
	maxFiles     = 3000   // listed at all
	maxPageLines = 20_000 // lines of diff in one answer: patches beyond are left out, with counts of 0
	maxPatch     = 500_000
)

// statuses translates git's letters.
var statuses = map[byte]string{'A': "added", 'M': "modified", 'D': "removed", 'R': "renamed", 'C': "copied", 'T': "changed"}

// HidePatches leaves out the patch of these paths in every list of files, as
// GitHub does with what is too large; the counts are 0 then. No paths stop that.
func (s *Server) HidePatches(repository string, paths ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return err
	}
	r.hidden = paths
	return nil
}

// listFiles is GET /repos/{owner}/{repo}/pulls/{pull_number}/files.
func (s *Server) listFiles(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	files, err := p.files(p.headSHA)
	if err != nil {
		return nil, err
	}
	files = page(c, files[:min(len(files), maxFiles)])
	lines := 0
	out := make([]object, 0, len(files))
	for i := range files {
		f := &files[i]
		lines += strings.Count(f.Patch, "\n") + 1
		hide := lines > maxPageLines || len(f.Patch) > maxPatch || slices.Contains(c.repo.hidden, f.Path)
		out = append(out, p.fileJSON(f, hide))
	}
	return out, nil
}

// fileJSON is one changed file.
func (p *pull) fileJSON(f *diffFile, hide bool) object {
	sha := f.SHA
	if f.Status == 'D' {
		sha = f.OldSHA
	}
	path := escapePath(f.Path)
	o := object{
		"sha": sha, "filename": f.Path, "status": statuses[f.Status],
		"additions": f.Added, "deletions": f.Removed, "changes": f.Added + f.Removed,
		"blob_url":     p.repo.html() + "/blob/" + p.headSHA + "/" + path,
		"raw_url":      p.repo.html() + "/raw/" + p.headSHA + "/" + path,
		"contents_url": p.repo.at("contents", path) + "?ref=" + p.headSHA,
	}
	if f.Status == 'R' {
		o["previous_filename"] = f.OldPath
	}
	switch {
	case hide:
		o["additions"], o["deletions"], o["changes"] = 0, 0, 0
	case f.Patch != "":
		o["patch"] = f.Patch
	}
	return o
}
