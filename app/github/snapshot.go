package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/rewrite"
)

// configPath is the configuration's path on the base branch, and in the organisation's
// .github repository.
const configPath = ".github/multistage.yml"

// SnapshotOptions is how much of a pull request is wanted.
type SnapshotOptions struct {
	// Enough is asked once, if there is a candidate, before its repository is read: with
	// the head, the configuration, what is posted and the names of the files. Blobs
	// (File.SHA) are there too, unless nothing of ours is posted. Where it is true the
	// snapshot ends there, without Tree, hunks and contents. Nil reads everything.
	Enough func(*Snapshot) bool
}

// Snapshot is a pull request at one head, with what [Installation.Publish] has to know.
type Snapshot struct {
	review.PullRequest

	// Previous is our last completed check run on another commit of the pull request
	// where every candidate had the blob that it has now: what is to be said of a head
	// that moved while the Dockerfiles did not. It has no annotations and no actions,
	// which are not asked for. Nil where there is none, or the head has one.
	Previous *review.CheckRun

	// Answered is when we first said something on the head, by GitHub's clock, and
	// ForcedPush when commits were last taken away from the pull request. Zero is never,
	// or not known.
	Answered   time.Time
	ForcedPush time.Time

	// Unfinished are our check runs that are in progress: of a run that was ended before
	// it could complete them, on the head or on a commit before.
	Unfinished []review.PostedCheck

	sure          bool   // the head was read again just now
	rootTree      string // of the head; "" until known
	suggestedTree string // of Suggested
}

// Snapshot reads a pull request, one call for each hundred changed files where none could
// be a Dockerfile. The package comment has the number of calls. A head that moves
// meanwhile is read again once; then the error is ErrHeadMoved. A pull request that is not
// there is asked for three times, as it may be new; then the error is ErrGone.
func (i *Installation) Snapshot(ctx context.Context, number int, o SnapshotOptions) (*Snapshot, error) {
	s, err := i.snapshot(ctx, number, o)
	for try := 0; try < 2 && errors.Is(err, errNotYet); try++ {
		if err := sleep(ctx, i.app.opts.RetryDelay<<(try+1)); err != nil {
			return nil, err
		}
		s, err = i.snapshot(ctx, number, o)
	}
	if errors.Is(err, ErrHeadMoved) {
		s, err = i.snapshot(ctx, number, o)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s/%s#%d: %w", i.Repo.Owner, i.Repo.Name, number, err)
	}
	return s, nil
}

func (i *Installation) snapshot(ctx context.Context, number int, o SnapshotOptions) (*Snapshot, error) {
	c, err := i.open(ctx, Read)
	if err != nil {
		return nil, err
	}
	s, p, err := i.first(ctx, c, number)
	if err != nil {
		return nil, err
	}
	if len(s.candidates()) == 0 || !s.Open {
		s.commits(p)
		s.Previous = nil
		return s, nil
	}
	if !i.remember(s) && len(s.Posted) > 0 {
		// Something was said, but of other blobs than were asked for: once more.
		if s, p, err = i.first(ctx, c, number); err != nil {
			return nil, err
		}
	}
	s.commits(p)
	if s.rootTree == "" {
		if err := i.headCommit(ctx, c, s); err != nil {
			return nil, err
		}
	}
	if o.Enough != nil && o.Enough(s) {
		return s, nil
	}
	candidates := s.candidates()
	if err := i.patches(ctx, c, s, candidates); err != nil {
		return nil, err
	}
	return s, i.repository(ctx, c, s, candidates)
}

// candidates are the changed files that could be Dockerfiles by their names. They point
// into s.Files.
func (s *Snapshot) candidates() []*review.File {
	var found []*review.File
	for i, f := range s.Files {
		if f.Status != review.Removed && rewrite.IsDockerfileName(f.Path) {
			found = append(found, &s.Files[i])
		}
	}
	return found
}

// maxGuesses is how many blobs the first query asks for.
const maxGuesses = 20

func (i *Installation) seenKey(number int) string { return fmt.Sprintf("%d#%d", i.Repo.ID, number) }

// remember notes the candidates, so that the next query asks for their blobs, and reports
// whether the one before did.
func (i *Installation) remember(s *Snapshot) bool {
	asked := i.guesses(s.Number)
	var paths []string
	known := true
	for _, f := range s.candidates() {
		known = known && slices.Contains(asked, f.Path)
		if len(paths) < maxGuesses {
			paths = append(paths, f.Path)
		}
	}
	i.app.seen.put(i.seenKey(s.Number), paths, 1)
	return known || slices.Equal(paths, asked)
}

// guesses are the candidates of the last run, or the usual one.
func (i *Installation) guesses(number int) []string {
	if paths, ok := i.app.seen.get(i.seenKey(number)); ok && len(paths) > 0 {
		return paths
	}
	return []string{"Dockerfile"}
}

// maxDockerfile is the largest candidate that is read, in bytes: large enough to say of
// it that it is too large.
const maxDockerfile = 16 << 20

// repository reads the head's tree and archive, and the candidates' contents. The tree is
// the truth for names, modes and blobs: where it differs from the list of files, the
// head moved between the two.
func (i *Installation) repository(ctx context.Context, c *client, s *Snapshot, candidates []*review.File) error {
	t, err := i.treeOf(ctx, c, s)
	if err != nil {
		return err
	}
	s.Tree = t
	for n := range s.Files {
		f := &s.Files[n]
		info, err := t.Lstat(f.Path)
		if err != nil || f.Status == review.Removed {
			continue
		}
		f.Mode = info.Mode()
		if sha, ok := t.SHA(f.Path); ok && f.SHA != "" && f.SHA != sha {
			return fmt.Errorf("%s has another blob: %w", f.Path, ErrHeadMoved)
		} else if ok {
			f.SHA = sha
		}
	}
	blobs := 0
	for _, f := range candidates {
		info, err := t.Lstat(f.Path)
		if err != nil && !t.Partial {
			return fmt.Errorf("%s is not in the tree: %w", f.Path, ErrHeadMoved)
		}
		if err == nil && (!info.Mode().IsRegular() || info.Size() > maxDockerfile) {
			continue
		}
		content, ok := t.Kept(f.Path)
		if !ok && blobs == maxFetch {
			continue
		}
		if !ok {
			blobs++
			if content, err = i.blob(ctx, c, f.SHA); err != nil {
				return fmt.Errorf("%s: %w", f.Path, err)
			}
			t.Keep(f.Path, content)
		}
		f.Content = content
	}
	return nil
}

// treeOf is the tree of the head with the archive's contents, from the cache where this
// process has read it before.
func (i *Installation) treeOf(ctx context.Context, c *client, s *Snapshot) (*tree.FS, error) {
	key := fmt.Sprintf("%d %s", i.Repo.ID, s.rootTree)
	if t, ok := i.app.trees.get(key); ok {
		return t, nil
	}
	t, err := i.list(ctx, c, s.rootTree)
	if err != nil {
		return nil, err
	}
	if !t.Partial {
		if err := i.archive(ctx, c, s.Head.SHA, t); err != nil {
			return nil, err
		}
	}
	i.app.trees.put(key, t, t.Cost())
	return t, nil
}

// headCommit reads the head and its check runs where the first query has not: of more than
// 250 commits GitHub lists the first.
func (i *Installation) headCommit(ctx context.Context, c *client, s *Snapshot) error {
	commit, _, err := c.Git.GetCommit(ctx, i.Repo.Owner, i.Repo.Name, s.Head.SHA)
	if err != nil {
		return failed("reading the head", err)
	}
	s.rootTree = commit.GetTree().GetSHA()
	runs, _, err := c.Checks.ListCheckRunsForRef(ctx, i.Repo.Owner, i.Repo.Name, s.Head.SHA,
		&github.ListCheckRunsOptions{AppID: &i.app.opts.AppID, ListOptions: github.ListOptions{PerPage: pageSize}})
	if err := failed("reading the head's check runs", err); err != nil {
		if errors.Is(err, ErrPermission) {
			return nil
		}
		return err
	}
	for _, run := range runs.CheckRuns {
		if s.ours(run.GetExternalID()) {
			s.check(gqlCheckRun{DatabaseID: run.GetID(), ExternalID: run.GetExternalID(),
				Status: strings.ToUpper(run.GetStatus()), StartedAt: run.GetStartedAt().Time})
		}
	}
	return nil
}
