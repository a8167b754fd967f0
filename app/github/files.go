package github

import (
	"context"
	"fmt"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/review"
)

// pageSize is the most files in one answer.
const pageSize = 100

// maxAlone is how many files are asked for by themselves because GitHub left their
// patches out.
const maxAlone = 5

// patches brings blobs, former names and hunks of the candidates from REST's list, which
// GraphQL's has not. Pages without a candidate are not asked for.
func (i *Installation) patches(ctx context.Context, c *client, s *Snapshot, candidates []*review.File) error {
	l := &lister{i: i, c: c, number: s.Number, at: map[string]int{}, files: map[string]*github.CommitFile{}, asked: map[int]bool{}}
	for n, f := range s.Files {
		l.at[f.Path] = n
	}
	for _, f := range candidates {
		if err := l.find(ctx, f.Path, len(s.Files)); err != nil {
			return err
		}
	}
	for n := range s.Files {
		f := &s.Files[n]
		if listed := l.files[f.Path]; listed != nil {
			fill(f, listed)
		}
	}
	alone := 0
	for _, f := range candidates {
		if l.files[f.Path].GetPatch() != "" || alone == maxAlone {
			continue
		}
		alone++
		if err := l.alone(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// fill takes over what REST says of a file.
func fill(f *review.File, listed *github.CommitFile) {
	f.SHA, f.PreviousPath = listed.GetSHA(), listed.GetPreviousFilename()
	f.Hunks = review.Hunks(listed.GetPatch())
	// A rename that changes nothing has no patch; what else has none was left out, or
	// is not text, and a patch that cannot be read is as good as none.
	f.PatchMissing = len(f.Hunks) == 0 && f.Status != review.Removed &&
		!(f.Status == review.Renamed && listed.GetChanges() == 0 && listed.GetPatch() == "")
}

// lister reads pages of REST's list of files.
type lister struct {
	i      *Installation
	c      *client
	number int
	files  map[string]*github.CommitFile
	at     map[string]int // place in the list
	asked  map[int]bool
}

// find reads the page that the file is on in GraphQL's order, or else the others.
func (l *lister) find(ctx context.Context, path string, total int) error {
	first := l.at[path]/pageSize + 1
	if err := l.page(ctx, first); err != nil || l.files[path] != nil {
		return err
	}
	for page := 1; page <= (total+pageSize-1)/pageSize; page++ {
		if err := l.page(ctx, page); err != nil || l.files[path] != nil {
			return err
		}
	}
	return fmt.Errorf("%s is not in the list of files: %w", path, ErrHeadMoved)
}

func (l *lister) page(ctx context.Context, page int) error {
	if l.asked[page] {
		return nil
	}
	l.asked[page] = true
	files, err := l.list(ctx, github.ListOptions{Page: page, PerPage: pageSize})
	if err != nil {
		return err
	}
	for n, f := range files {
		l.files[f.GetFilename()] = f
		l.at[f.GetFilename()] = (page-1)*pageSize + n
	}
	return nil
}

func (l *lister) list(ctx context.Context, o github.ListOptions) ([]*github.CommitFile, error) {
	files, _, err := l.c.PullRequests.ListFiles(ctx, l.i.Repo.Owner, l.i.Repo.Name, l.number, &o)
	if err != nil {
		return nil, failed("listing the changed files", err)
	}
	return files, nil
}

// alone asks for one file by itself: GitHub leaves patches out, with counts of 0, once an
// answer is long, and gives them on a shorter page.
func (l *lister) alone(ctx context.Context, f *review.File) error {
	files, err := l.list(ctx, github.ListOptions{Page: l.at[f.Path] + 1, PerPage: 1})
	if err != nil {
		return err
	}
	if len(files) != 1 || files[0].GetFilename() != f.Path {
		return fmt.Errorf("%s is no longer where it was in the list of files: %w", f.Path, ErrHeadMoved)
	}
	fill(f, files[0])
	return nil
}
