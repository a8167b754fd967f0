package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
)

// A Bot answers pull requests.
type Bot struct {
	GitHub *github.App
	Proofs *Proofs // nil: nothing is built
}

// Handle does what the events of a lane ask for: it opens the installation, takes a
// snapshot of the pull request, designs each changed single-stage Dockerfile, proves
// what it designed, composes the review, publishes what differs, and carries out the
// commands. It may be ended between any two steps and called again.
func (b *Bot) Handle(ctx context.Context, lane Lane) error {
	inst := b.installation(lane)
	asked, err := b.requests(ctx, inst, lane)
	if err != nil {
		return failure(ctx, err)
	}
	run := &run{inst: inst, proofs: b.Proofs, number: int(lane.Number), asked: asked}
	if err := run.abandon(ctx, run.review(ctx)); err != nil {
		return failure(ctx, err)
	}
	return failure(ctx, run.answer(ctx))
}

// Acknowledge shows the author of a command that it was seen. That the reaction
// cannot be made stops nothing.
func (b *Bot) Acknowledge(ctx context.Context, e Event) error {
	if len(review.ParseCommands(e.Comment)) == 0 {
		return nil
	}
	inst := b.GitHub.Installation(e.InstallationID, github.Repo{ID: e.RepoID, Owner: e.Owner, Name: e.Repo})
	if err := inst.React(ctx, e.CommentID, "eyes"); err != nil {
		zerolog.Ctx(ctx).Info().Err(err).Msg("the command was not acknowledged by a reaction")
	}
	return nil
}

// Find gives the pull requests whose head is a commit, for an event that names none.
func (b *Bot) Find(ctx context.Context, lane Lane, headSHA string) ([]int64, error) {
	found, err := b.installation(lane).FindPulls(ctx, headSHA)
	numbers := make([]int64, len(found))
	for i, n := range found {
		numbers[i] = int64(n)
	}
	return numbers, failure(ctx, err)
}

func (b *Bot) installation(lane Lane) *github.Installation {
	return b.GitHub.Installation(lane.InstallationID, github.Repo{ID: lane.RepoID, Owner: lane.Owner, Name: lane.Repo})
}

// run is one run of a lane.
type run struct {
	inst   *github.Installation
	proofs *Proofs // nil: nothing is built
	number int
	asked  []request

	snap      *github.Snapshot
	cfg       config.Config
	subjects  []review.Subject
	published github.Published
	building  *review.PostedCheck // the check run in progress that this run made
	title     string              // of the check run
	reviewed  bool                // the pull request has a review to show
}

// review brings the pull request up to what should be said of its head.
func (r *run) review(ctx context.Context) error {
	if err := r.snapshot(ctx); err != nil {
		return err
	}
	wanted, err := r.compose(ctx)
	if err != nil {
		return err
	}
	if wanted.Check != nil {
		r.title = wanted.Check.Title
	}
	first := true
	err = r.publish(ctx, func() review.Review {
		if !first { // without the commit
			wanted = review.Compose(r.snap.PullRequest, r.subjects, r.cfg)
		}
		first, r.reviewed = false, wanted.Body != ""
		return wanted
	})
	if err != nil {
		return err
	}
	return r.finishOthers(ctx)
}

// publish brings the pull request up to what compose says, which is asked again where the
// commit cannot be made.
func (r *run) publish(ctx context.Context, compose func() review.Review) error {
	wanted := compose()
	done, err := r.inst.Publish(ctx, r.snap, review.Diff(r.snap.PullRequest, wanted))
	if errors.Is(err, github.ErrRefused) || errors.Is(err, github.ErrPermission) && wanted.Commit != nil {
		// The repository's rules allow no ref of ours: say it without the commit.
		zerolog.Ctx(ctx).Warn().Err(err).Msg("the suggested-change commit cannot be made")
		r.snap.MayCommit = false
		done, err = r.inst.Publish(ctx, r.snap, review.Diff(r.snap.PullRequest, compose()))
	}
	if done.ReviewID == 0 {
		done.ReviewID, done.ReviewURL = r.published.ReviewID, r.published.ReviewURL
	}
	r.published = done
	return err
}

// snapshot reads the pull request as far as there may be something new to say.
func (r *run) snapshot(ctx context.Context) (err error) {
	r.snap, err = r.inst.Snapshot(ctx, r.number, github.SnapshotOptions{Enough: r.enough})
	return err
}

// enough reports whether the repository need not be read.
func (r *run) enough(s *github.Snapshot) bool {
	cfg, err := r.config(s.PullRequest)
	switch {
	case err != nil:
		return true
	case cfg.Asked, r.wants(s.PullRequest, review.Apply):
		return false
	}
	return review.Skipped(s.PullRequest, cfg) != "" || said(s)
}

// said reports whether all is said of these Dockerfiles: a check run on this head
// answers for them, or one on a head before that has to be repeated. The check run
// is the last thing that a run writes.
func said(s *github.Snapshot) bool {
	return review.Answered(s.PullRequest) || s.Previous != nil && review.IsAnswer(s.Previous.ExternalID)
}

// config is the repository's configuration, with what this run is asked for.
func (r *run) config(pr review.PullRequest) (config.Config, error) {
	cfg, err := config.Parse(pr.ConfigPath, pr.Config)
	cfg.Asked = r.wants(pr, review.Now) || r.proofs != nil && r.wants(pr, review.Verify)
	cfg.Required = r.proofs != nil && r.proofs.Required
	return cfg, err
}

// wants reports whether somebody who may asks for it.
func (r *run) wants(pr review.PullRequest, verb review.Verb) bool {
	return slices.ContainsFunc(r.asked, func(q request) bool {
		return q.command.Err == nil && q.command.Verb == verb && q.allowed(pr)
	})
}

// compose says what the pull request should show.
func (r *run) compose(ctx context.Context) (review.Review, error) {
	var err error
	pr := r.snap.PullRequest
	if r.cfg, err = r.config(pr); err != nil {
		return review.Misconfigured(pr, err), nil
	}
	if pr.Tree == nil && review.Skipped(pr, r.cfg) == "" && said(r.snap) {
		return review.Repeat(pr, r.snap.Previous), nil
	}
	r.subjects, err = Examine(pr, r.cfg, func(paths []string) error { return r.inst.Fetch(ctx, pr, paths) })
	if err != nil {
		return review.Review{}, err
	}
	if r.proofs != nil && review.Skipped(pr, r.cfg) == "" {
		if err := r.prove(ctx); err != nil {
			return review.Review{}, err
		}
	}
	return review.Compose(r.snap.PullRequest, r.subjects, r.cfg), nil
}

// headMoveDelay is waited before a pull request is read again whose head moved: the
// push has an event of its own, which usually comes first.
const headMoveDelay = 2 * time.Second

// failure turns GitHub's errors into what the queue does about them.
func failure(ctx context.Context, err error) error {
	var limit *github.RateLimited
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &limit):
		return &Wait{Until: limit.Until, Reason: err.Error()}
	case errors.Is(err, github.ErrHeadMoved):
		return &Wait{Until: time.Now().Add(headMoveDelay), Reason: err.Error()}
	case errors.Is(err, github.ErrGone), errors.Is(err, github.ErrPermission):
		return &Permanent{Err: fmt.Errorf("nothing can be done here: %w", err)}
	}
	return err
}
