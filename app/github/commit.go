package github

import (
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/review"
)

// commit makes the suggested-change commit and hangs it on its ref. A commit that is
// there already, with the same tree on the same parent, is taken: a run that ended
// after the ref makes no second one.
func (p *publisher) commit(ctx context.Context, want review.Commit) error {
	if p.s.Fork() {
		return fmt.Errorf("making the commit: %w", ErrFork)
	}
	if want.Parent != p.s.Head.SHA {
		return fmt.Errorf("making the commit on %s: %w", want.Parent, ErrHeadMoved)
	}
	root, err := p.commitTree(ctx, want.Changes)
	if err != nil {
		return err
	}
	if have := p.s.Suggested; have != nil && have.Parent == want.Parent && p.s.suggestedTree == root {
		p.done.Commit = have.SHA
		return nil
	}
	// No author and no committer: GitHub then signs for the App, and the commit is
	// verified (https://docs.github.com/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots).
	made, _, err := p.c.Git.CreateCommit(ctx, p.owner(), p.repo(), &github.Commit{
		Message: github.String(want.Message), Tree: &github.Tree{SHA: github.String(root)},
		Parents: []*github.Commit{{SHA: github.String(want.Parent)}},
	}, nil)
	if err != nil {
		return failed("making the commit", err)
	}
	if v := made.GetVerification(); !v.GetVerified() {
		p.i.app.opts.Logger.Warn().Str("sha", made.GetSHA()).Str("reason", v.GetReason()).
			Msg("GitHub did not sign the commit")
	}
	if err := p.head(ctx); err != nil {
		return err
	}
	if err := p.ref(ctx, want.Ref, made.GetSHA()); err != nil {
		return err
	}
	p.done.Commit = made.GetSHA()
	return nil
}

// commitTree makes the tree of the head with the changes in it.
func (p *publisher) commitTree(ctx context.Context, changes []review.CommitChange) (string, error) {
	var entries []*github.TreeEntry
	for _, change := range changes {
		if !fs.ValidPath(change.Path) || change.Path == "." || strings.HasPrefix(change.Path, ".github/workflows/") {
			return "", fmt.Errorf("%q is no path that a commit may change", change.Path)
		}
		entry := &github.TreeEntry{Path: github.String(change.Path), Mode: github.String(tree.GitMode(change.Mode)), Type: github.String("blob")}
		if utf8.Valid(change.Content) {
			entry.Content = github.String(string(change.Content))
		} else if err := p.commitBlob(ctx, entry, change); err != nil {
			return "", err
		}
		entries = append(entries, entry)
	}
	base := p.s.rootTree
	if base == "" {
		commit, _, err := p.c.Git.GetCommit(ctx, p.owner(), p.repo(), p.s.Head.SHA)
		if err != nil {
			return "", failed("reading the head", err)
		}
		base = commit.GetTree().GetSHA()
	}
	made, _, err := p.c.Git.CreateTree(ctx, p.owner(), p.repo(), base, entries)
	if err != nil {
		return "", failed("making the commit's tree", err)
	}
	return made.GetSHA(), nil
}

// commitBlob sends a content that is not UTF-8 by itself: in a tree it would be changed.
func (p *publisher) commitBlob(ctx context.Context, entry *github.TreeEntry, change review.CommitChange) error {
	blob, _, err := p.c.Git.CreateBlob(ctx, p.owner(), p.repo(), &github.Blob{
		Encoding: github.String("base64"), Content: github.String(base64.StdEncoding.EncodeToString(change.Content))})
	if err != nil {
		return failed("sending "+change.Path, err)
	}
	entry.SHA = blob.SHA
	return nil
}

// ref points our ref at the commit, whether or not it is there: what the snapshot saw
// decides which is tried first. It is ours alone, so it is moved by force.
func (p *publisher) ref(ctx context.Context, name, sha string) error {
	ref := &github.Reference{Ref: github.String(name), Object: &github.GitObject{SHA: github.String(sha)}}
	create := func() error { _, _, err := p.c.Git.CreateRef(ctx, p.owner(), p.repo(), ref); return err }
	update := func() error { _, _, err := p.c.Git.UpdateRef(ctx, p.owner(), p.repo(), ref, true); return err }
	first, second, missed := create, update, "already exists"
	if p.s.Suggested != nil {
		first, second, missed = update, create, "does not exist"
	}
	err := first()
	if status(err) == http.StatusUnprocessableEntity && strings.Contains(err.Error(), missed) {
		err = second()
	}
	return refError("pointing "+name+" at the commit", err)
}

// refError tells a refusal by the repository's rules: rulesets and branch protection
// answer 422 or 403 with texts of many kinds, and 409 for what another rule holds.
func refError(what string, err error) error {
	switch s := status(err); {
	case s == http.StatusUnprocessableEntity || s == http.StatusConflict:
		return fmt.Errorf("%s: %w: %w", what, ErrRefused, redacted{err})
	case s == http.StatusForbidden:
		return fmt.Errorf("%s: %w: %w: %w", what, ErrRefused, ErrPermission, redacted{err})
	}
	return failed(what, err)
}

// Apply moves the head branch to a commit whose parent is the head, by fast-forward. The
// error is ErrHeadMoved where it is none any more, ErrFork for a head in another
// repository, ErrRefused where the branch is protected.
func (i *Installation) Apply(ctx context.Context, s *Snapshot, commit string) error {
	what := fmt.Sprintf("moving %s to %s", s.Head.Ref, commit)
	switch {
	case s.Fork():
		return fmt.Errorf("%s: %w", what, ErrFork)
	case !s.Open:
		return fmt.Errorf("%s: the pull request is closed: %w", what, ErrHeadMoved)
	case commit == "":
		return fmt.Errorf("moving %s: %w", s.Head.Ref, ErrNothingToApply)
	case s.Suggested != nil && s.Suggested.SHA == commit && s.Suggested.Parent != s.Head.SHA:
		return fmt.Errorf("%s: its parent is an older head: %w", what, ErrHeadMoved)
	}
	c, err := i.open(ctx, Write)
	if err != nil {
		return err
	}
	_, _, err = c.Git.UpdateRef(ctx, i.Repo.Owner, i.Repo.Name, &github.Reference{
		Ref: github.String("refs/heads/" + s.Head.Ref), Object: &github.GitObject{SHA: github.String(commit)}}, false)
	if status(err) == http.StatusUnprocessableEntity && strings.Contains(strings.ToLower(err.Error()), "fast forward") {
		return fmt.Errorf("%s: %w: %w", what, ErrHeadMoved, redacted{err})
	}
	return refError(what, err)
}
