package local

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
)

// Snapshot reads the changes from base to head as a pull request. An empty head is
// HEAD; an empty base is where the head left its upstream, origin's default branch
// or main. The work tree is not looked at.
func (r *Repository) Snapshot(ctx context.Context, base, head string) (review.PullRequest, error) {
	if head == "" {
		head = "HEAD"
	}
	headSHA, err := r.commit(ctx, head)
	if err != nil {
		return review.PullRequest{}, err
	}
	baseSHA, err := r.base(ctx, base, head, headSHA)
	if err != nil {
		return review.PullRequest{}, err
	}
	pr := review.PullRequest{
		Owner: "local", Repo: path.Base(r.Dir), Open: true, MayCommit: true,
		Head: review.Branch{SHA: headSHA, Ref: r.branch(ctx, head)},
		Base: review.Branch{SHA: baseSHA, Ref: base},
	}
	if pr.Files, err = r.files(ctx, baseSHA, headSHA); err != nil {
		return pr, err
	}
	if pr.Config, err = r.show(ctx, baseSHA, config.Path); err == nil {
		pr.ConfigPath = config.Path
	}
	pr.Tree, err = r.tree(ctx, headSHA)
	return pr, err
}

// base is the commit where the head's branch began.
func (r *Repository) base(ctx context.Context, base, head, headSHA string) (string, error) {
	if base != "" {
		sha, err := r.commit(ctx, base)
		if err != nil {
			return "", err
		}
		return r.mergeBase(ctx, sha, headSHA)
	}
	for _, candidate := range []string{head + "@{upstream}", "origin/HEAD", "main", "master"} {
		sha, err := r.commit(ctx, candidate)
		if err != nil || sha == headSHA && candidate != "origin/HEAD" {
			continue
		}
		if sha, err = r.mergeBase(ctx, sha, headSHA); err == nil {
			return sha, nil
		}
	}
	return "", ErrNoBase
}

func (r *Repository) mergeBase(ctx context.Context, a, b string) (string, error) {
	out, err := r.git(ctx, nil, "merge-base", a, b)
	if err != nil {
		return "", fmt.Errorf("%.12s and %.12s have no commit in common", a, b)
	}
	return line(out), nil
}

// branch is a revision's branch name, or its short commit where it is none.
func (r *Repository) branch(ctx context.Context, rev string) string {
	if out, err := r.git(ctx, nil, "rev-parse", "--abbrev-ref", rev); err == nil && line(out) != "HEAD" && line(out) != "" {
		return line(out)
	}
	out, err := r.git(ctx, nil, "rev-parse", "--short", rev)
	if err != nil {
		return rev
	}
	return line(out)
}

// files are the changed files, with hunks and contents of those that could be
// Dockerfiles.
func (r *Repository) files(ctx context.Context, base, head string) ([]review.File, error) {
	out, err := r.git(ctx, nil, "diff-tree", "-r", "-z", "-M", "--raw", "--no-abbrev", base, head)
	if err != nil {
		return nil, err
	}
	files, err := parseRaw(out)
	if err != nil {
		return nil, err
	}
	for i := range files {
		f := &files[i]
		if f.Status == review.Removed || !rewrite.IsDockerfileName(f.Path) || f.Mode&fs.ModeType != 0 {
			continue
		}
		if f.Content, err = r.blob(ctx, f.SHA); err != nil {
			return nil, err
		}
		if f.Hunks, err = r.hunks(ctx, base, head, f); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// parseRaw reads git's raw format with -z: ":mode mode sha sha status", path, and
// for a rename the new path. See git-diff-tree(1), RAW OUTPUT FORMAT.
func parseRaw(out []byte) ([]review.File, error) {
	var files []review.File
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		meta := strings.Fields(strings.TrimPrefix(fields[i], ":"))
		if len(meta) != 5 {
			return nil, fmt.Errorf("git diff-tree: cannot read %q", fields[i])
		}
		f := review.File{Path: fields[i+1], SHA: meta[3], Mode: tree.Mode(meta[1]), Status: review.Modified}
		switch meta[4][0] {
		case 'A':
			f.Status = review.Added
		case 'D':
			f.Status = review.Removed
		case 'R', 'C':
			if i+2 >= len(fields) {
				return nil, fmt.Errorf("git diff-tree: a rename without its new name")
			}
			f.Status, f.PreviousPath, f.Path = review.Renamed, f.Path, fields[i+2]
			i++
		}
		files = append(files, f)
	}
	return files, nil
}

// hunks are those of one file's patch.
func (r *Repository) hunks(ctx context.Context, base, head string, f *review.File) ([]review.Hunk, error) {
	args := []string{"diff-tree", "-p", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "-U3", base, head, "--", ":(literal)" + f.Path}
	if f.PreviousPath != "" {
		args = append(args, ":(literal)"+f.PreviousPath)
	}
	out, err := r.git(ctx, nil, args...)
	if err != nil {
		return nil, err
	}
	i := bytes.Index(out, []byte("\n@@ "))
	if i < 0 {
		f.PatchMissing = f.Status == review.Added && len(f.Content) > 0
		return nil, nil
	}
	return review.Hunks(string(out[i+1:])), nil
}

// blob reads an object; one byte beyond the limit of a Dockerfile is enough.
func (r *Repository) blob(ctx context.Context, sha string) ([]byte, error) {
	out, err := r.git(ctx, nil, "cat-file", "blob", sha)
	if len(out) > dockerfile.MaxBytes+1 {
		out = out[:dockerfile.MaxBytes+1]
	}
	return out, err
}

func (r *Repository) show(ctx context.Context, commit, name string) ([]byte, error) {
	return r.git(ctx, nil, "cat-file", "blob", commit+":"+name)
}

// tree lists the commit; contents are read when they are asked for.
func (r *Repository) tree(ctx context.Context, commit string) (*tree.FS, error) {
	out, err := r.git(ctx, nil, "ls-tree", "-r", "-z", "-l", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	var entries []tree.Entry
	for _, row := range strings.Split(string(out), "\x00") {
		meta, name, ok := strings.Cut(row, "\t")
		fields := strings.Fields(meta)
		if !ok || len(fields) != 4 {
			continue
		}
		size, _ := strconv.ParseInt(fields[3], 10, 64) // "-" for a submodule
		entries = append(entries, tree.Entry{Path: name, Mode: fields[0], SHA: fields[2], Size: size})
	}
	t := tree.New(commit, entries)
	t.Load = func(sha string) ([]byte, error) {
		return r.git(ctx, nil, "cat-file", "blob", sha)
	}
	return t, nil
}
