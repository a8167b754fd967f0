package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/review"
)

// Published is what a publish made; a zero field was not made.
type Published struct {
	Commit     string // SHA of the suggested-change commit
	ReviewID   int64
	ReviewURL  string
	CheckRunID int64

	// BodyOnly: GitHub took no inline comment, so the review has none.
	BodyOnly bool
}

// publisher carries out the changes for one head.
type publisher struct {
	i    *Installation
	c    *client
	s    *Snapshot
	done Published

	sure bool // the head was read again since the design, for what is said of it
}

// Publish applies what review.Diff gave for a snapshot, in order. The head is read again
// before the commit's ref and before the first thing that is said; when it moved, or
// the pull request was closed, nothing is written for it any more and the error is
// ErrHeadMoved. A check run alone, after a snapshot that read no repository, or that
// says that something is being built, is not worth that call: it is about its own
// commit, whatever the head is. Neither is it repeated after [Installation.Refresh].
//
// It may be ended at any moment and run again on a new snapshot: the commit hangs on one
// ref, a review of ours is known by its marker and a check run by its external ID.
// The error is ErrRefused where rules of the repository do not allow the ref; nothing was
// said then, so that the caller can say it without a commit.
func (i *Installation) Publish(ctx context.Context, s *Snapshot, changes []review.Change) (Published, error) {
	if len(changes) == 0 {
		return Published{}, nil
	}
	access := Report
	for _, change := range changes {
		if _, ok := change.(review.CreateCommit); ok {
			access = Write
		}
	}
	c, err := i.open(ctx, access)
	if err != nil {
		return Published{}, err
	}
	p := &publisher{i: i, c: c, s: s, sure: s.sure}
	s.sure = false
	for _, change := range changes {
		if err := p.apply(ctx, change); err != nil {
			return p.done, fmt.Errorf("publishing on %s/%s#%d: %w", i.Repo.Owner, i.Repo.Name, s.Number, err)
		}
	}
	return p.done, nil
}

func (p *publisher) apply(ctx context.Context, change review.Change) error {
	if commit, ok := change.(review.CreateCommit); ok {
		return p.commit(ctx, commit.Commit)
	}
	create, check := change.(review.CreateCheckRun)
	if !p.sure && !(check && (p.s.Tree == nil || create.Check.InProgress)) {
		if err := p.head(ctx); err != nil {
			return err
		}
		p.sure = true
	}
	switch change := change.(type) {
	case review.CreateReview:
		return p.review(ctx, change)
	case review.EditReview:
		_, _, err := p.c.PullRequests.UpdateReview(ctx, p.owner(), p.repo(), p.s.Number, change.ID, clip(change.Body, maxBody))
		return failed("editing the review", err)
	case review.EditComment:
		_, _, err := p.c.PullRequests.EditComment(ctx, p.owner(), p.repo(), change.ID,
			&github.PullRequestComment{Body: github.String(clip(change.Body, maxBody))})
		return failed("editing a comment", err)
	case review.MinimizeComment:
		return p.minimize(ctx, change.NodeID)
	case review.CreateCheckRun:
		return p.createCheck(ctx, change)
	case review.UpdateCheckRun:
		return p.updateCheck(ctx, change.ID, change.Check)
	}
	return fmt.Errorf("unknown change %T", change)
}

func (p *publisher) owner() string { return p.i.Repo.Owner }
func (p *publisher) repo() string  { return p.i.Repo.Name }

// head reads the pull request again, one call. The pull request and not its branch:
// that of a fork is in another repository, and it may be closed.
func (p *publisher) head(ctx context.Context) error {
	pull, _, err := p.c.PullRequests.Get(ctx, p.owner(), p.repo(), p.s.Number)
	if err != nil {
		return failed("reading the head again", err)
	}
	switch {
	case pull.GetHead().GetSHA() != p.s.Head.SHA:
		return fmt.Errorf("from %s to %s: %w", p.s.Head.SHA, pull.GetHead().GetSHA(), ErrHeadMoved)
	case pull.GetState() != "open" && p.s.Open:
		return fmt.Errorf("the pull request was closed: %w", ErrHeadMoved)
	}
	return nil
}

// maxBody is the longest body that GitHub takes, in characters; we count bytes. The
// review keeps below it, so cutting is the last resort.
const maxBody = 65_536

// review posts the review. GitHub refuses the whole of it for one bad place, without
// saying which; it then goes without inline comments rather than not at all.
func (p *publisher) review(ctx context.Context, change review.CreateReview) error {
	request := &github.PullRequestReviewRequest{CommitID: github.String(change.SHA), Event: github.String("COMMENT"),
		Body: github.String(clip(change.Body, maxBody))}
	for _, c := range change.Comments {
		draft := &github.DraftReviewComment{Path: github.String(c.Path), Body: github.String(clip(c.Body, maxBody)),
			Line: github.Int(c.Line), Side: github.String("RIGHT")}
		if c.StartLine > 0 && c.StartLine < c.Line {
			draft.StartLine, draft.StartSide = github.Int(c.StartLine), github.String("RIGHT")
		}
		request.Comments = append(request.Comments, draft)
	}
	posted, _, err := p.c.PullRequests.CreateReview(ctx, p.owner(), p.repo(), p.s.Number, request)
	if status(err) == http.StatusUnprocessableEntity && len(request.Comments) > 0 {
		p.i.app.opts.Logger.Warn().Err(redacted{err}).Int("github_pr_num", p.s.Number).
			Msg("GitHub refused the inline comments, posting the review without them")
		if err := p.head(ctx); err != nil { // a head that moved is another reason for a 422
			return err
		}
		p.done.BodyOnly, request.Comments = true, nil
		posted, _, err = p.c.PullRequests.CreateReview(ctx, p.owner(), p.repo(), p.s.Number, request)
	}
	if err != nil {
		return failed("posting the review", err)
	}
	p.done.ReviewID, p.done.ReviewURL = posted.GetID(), posted.GetHTMLURL()
	return nil
}

const minimizeMutation = `mutation Minimize($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } }
}
`

// minimize hides what is outdated. A comment that is gone, or that we may not hide, is
// no reason to stop.
func (p *publisher) minimize(ctx context.Context, node string) error {
	var answer struct{}
	err := failed("minimising", p.c.graphql(ctx, minimizeMutation, map[string]any{"id": node}, &answer))
	if errors.Is(err, ErrGone) || errors.Is(err, ErrPermission) {
		p.i.app.opts.Logger.Warn().Err(err).Int("github_pr_num", p.s.Number).Msg("an outdated comment stays as it is")
		return nil
	}
	return err
}

// clip cuts a text to so many bytes, between characters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	const cut = "\n\n… (cut)"
	n -= len(cut)
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strings.TrimRight(text[:n], " \n") + cut
}
