package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/review"
)

// Commit writes the suggested-change commit and points refs/multistage/<branch> at
// it. HEAD, the index and the work tree stay as they are. It returns the commit's
// name and the ref's.
func (r *Repository) Commit(ctx context.Context, c *review.Commit, branch string) (sha, ref string, err error) {
	ref = "refs/multistage/" + branch
	if _, err := r.git(ctx, nil, "check-ref-format", ref); err != nil {
		return "", "", fmt.Errorf("%s cannot be a ref: %w", ref, err)
	}
	written, err := r.writeTree(ctx, c)
	if err != nil {
		return "", "", err
	}
	out, err := r.gitInput(ctx, r.identity(ctx), []byte(c.Message), "commit-tree", written, "-p", c.Parent, "-F", "-")
	if err != nil {
		return "", "", err
	}
	sha = line(out)
	_, err = r.git(ctx, nil, "update-ref", "-m", "multistage: suggested change", ref, sha)
	return sha, ref, err
}

// writeTree is the parent's tree with the changes, by way of an index of its own.
func (r *Repository) writeTree(ctx context.Context, c *review.Commit) (string, error) {
	dir, err := os.MkdirTemp("", "multistage-index-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	if _, err := r.git(ctx, env, "read-tree", c.Parent); err != nil {
		return "", err
	}
	var lines strings.Builder
	for _, change := range c.Changes {
		out, err := r.gitInput(ctx, nil, change.Content, "hash-object", "-w", "-t", "blob", "--no-filters", "--stdin")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&lines, "%s %s\t%s\x00", tree.GitMode(change.Mode), line(out), change.Path)
	}
	if _, err := r.gitInput(ctx, env, []byte(lines.String()), "update-index", "-z", "--index-info"); err != nil {
		return "", err
	}
	out, err := r.git(ctx, env, "write-tree")
	return line(out), err
}

// identity fills in an author where the user has set none.
func (r *Repository) identity(ctx context.Context) []string {
	if _, err := r.git(ctx, nil, "var", "GIT_COMMITTER_IDENT"); err == nil {
		return nil
	}
	var env []string
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		env = append(env, "GIT_"+who+"_NAME=multistage", "GIT_"+who+"_EMAIL=multistage@localhost")
	}
	return env
}
