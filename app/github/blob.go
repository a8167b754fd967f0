package github

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/rewrite/project"
)

// maxFetch is how many files one [Installation.Fetch] reads, a call each.
const maxFetch = 20

// list reads the repository's tree, one call. GitHub cuts the list beyond 100,000 entries
// or 7 MB (https://docs.github.com/rest/git/trees#get-a-tree).
func (i *Installation) list(ctx context.Context, c *client, sha string) (*tree.FS, error) {
	listed, _, err := c.Git.GetTree(ctx, i.Repo.Owner, i.Repo.Name, sha, true)
	if err != nil {
		return nil, failed("reading the tree "+sha, err)
	}
	return newTree(sha, listed), nil
}

func newTree(sha string, listed *github.Tree) *tree.FS {
	entries := make([]tree.Entry, len(listed.Entries))
	for n, e := range listed.Entries {
		entries[n] = tree.Entry{Path: e.GetPath(), Mode: e.GetMode(), SHA: e.GetSHA(), Size: int64(e.GetSize())}
	}
	t := tree.New(sha, entries)
	t.Partial = t.Partial || listed.GetTruncated()
	return t
}

// blob reads a content by its name, one call. It is held against the name, so that
// what is read is what git has.
func (i *Installation) blob(ctx context.Context, c *client, sha string) ([]byte, error) {
	b, _, err := c.Git.GetBlob(ctx, i.Repo.Owner, i.Repo.Name, sha)
	if err != nil {
		return nil, failed("reading the blob "+sha, err)
	}
	content, err := decode(b)
	if err == nil && tree.BlobSHA(content, sha) != sha {
		err = errors.New("the content has another name")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the blob %s: %w", sha, err)
	}
	return content, nil
}

// decode is a blob's content as GitHub encodes it: base64 with line ends.
func decode(b *github.Blob) ([]byte, error) {
	switch b.GetEncoding() {
	case "base64":
		return base64.StdEncoding.DecodeString(strings.ReplaceAll(b.GetContent(), "\n", ""))
	case "utf-8":
		return []byte(b.GetContent()), nil
	}
	return nil, fmt.Errorf("unknown encoding %q", b.GetEncoding())
}

// Fetch brings files into the tree of a snapshot that it has by name only, one call each.
// The error wraps project.ErrTooLarge where there are too many, or one is too large,
// and nothing is asked then. A path that the tree has not is passed over.
func (i *Installation) Fetch(ctx context.Context, pr review.PullRequest, paths []string) error {
	t, ok := pr.Tree.(*tree.FS)
	if !ok {
		return errors.New("the pull request has no tree of a snapshot")
	}
	var missing []string
	for _, name := range paths {
		n, err := t.Lstat(name)
		if err != nil || n.IsDir() {
			continue
		}
		if _, have := t.Kept(name); have {
			continue
		}
		if n.Size() > project.MaxReadSize {
			return fmt.Errorf("%s has %d bytes: %w", name, n.Size(), project.ErrTooLarge)
		}
		missing = append(missing, name)
	}
	if len(missing) > maxFetch {
		return fmt.Errorf("%d files are needed that were not kept: %w", len(missing), project.ErrTooLarge)
	}
	if len(missing) == 0 {
		return nil
	}
	c, err := i.open(ctx, Read)
	if err != nil {
		return err
	}
	for _, name := range missing {
		sha, _ := t.SHA(name)
		content, err := i.blob(ctx, c, sha)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t.Keep(name, content)
	}
	return nil
}
