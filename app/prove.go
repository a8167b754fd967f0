package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app/buildkit"
	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// prove brings every rewrite its proof, or the reason why there is none. What takes long
// is announced before: by a check run in progress where only what is proven is offered,
// else by the review as it is without figures.
func (r *run) prove(ctx context.Context) error {
	todo := r.unproven()
	if len(todo) == 0 {
		return nil
	}
	if !review.Answered(r.snap.PullRequest) {
		if err := r.announce(ctx, todo); err != nil {
			return err
		}
	}
	session, cancel := r.proofs.session(ctx)
	defer cancel()
	dir, remove, err := r.proofs.folder.make()
	defer remove()
	if err == nil {
		err = r.inst.Checkout(session, r.snap, dir, github.CheckoutLimits{})
	}
	if absent, err := r.noCheckout(session, err); err != nil {
		return err
	} else if absent.Why != "" {
		for _, n := range todo {
			r.subjects[n].Absent = absent
		}
		todo = nil
	}
	for _, n := range todo {
		if err := r.proveOne(session, &r.subjects[n], dir); err != nil {
			return err
		}
	}
	return r.inst.Refresh(ctx, r.snap, r.published.ReviewID)
}

// proveOne proves one rewrite and remembers the proof.
func (r *run) proveOne(ctx context.Context, s *review.Subject, dir string) error {
	key := proofKey(r.snap.PullRequest, s.Result)
	originals := originalsIn(r.proofs.WorkDir)
	if r.again(s.File.Path, time.Time{}) {
		originals = "" // what the original showed is found anew as well
	}
	result, found, absent, err := r.proofs.prove(ctx, buildkit.Job{
		Repository: r.cacheName(), Dir: dir, Result: s.Result, Rebuild: true,
		Originals: originals,
	})
	if err != nil {
		return err
	}
	s.Result, s.Proof, s.Absent = result, found, absent
	if found != nil {
		r.proofs.known.put(key, knownProof{result, found, time.Now()})
	}
	return nil
}

// cacheName is the repository whose caches a build uses: a fork has its own, so that it
// cannot put anything into those of the repository that it was made from.
func (r *run) cacheName() string {
	head := r.snap.Head
	if head.Owner == "" || head.Repo == "" { // the fork was deleted
		return fmt.Sprintf("%s/%s/%s/pull/%d", r.proofs.Host, r.snap.Owner, r.snap.Repo, r.number)
	}
	return r.proofs.Host + "/" + head.Owner + "/" + head.Repo
}

// unproven gives the subjects that have to be built, and says of the others why not.
// A file that somebody asked for comes before the others.
func (r *run) unproven() []int {
	var order []int
	for n, s := range r.subjects {
		if s.Result.Verdict == plan.Rewritten && len(s.Result.Files) > 0 {
			order = append(order, n)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return boolInt(r.named(r.subjects[b].File.Path)) - boolInt(r.named(r.subjects[a].File.Path))
	})
	may := r.mayBuild()
	var todo []int
	for at, n := range order {
		s := &r.subjects[n]
		known, ok := r.proofs.known.get(proofKey(r.snap.PullRequest, s.Result))
		switch {
		case ok && !(may && r.again(s.File.Path, known.at)):
			s.Result, s.Proof = known.result, known.proof
		case at >= maxProofs:
			s.Absent = review.Absence{Why: review.Unavailable, Detail: fmt.Sprintf("only the first %d Dockerfiles of a pull request are proven", maxProofs)}
		case !may:
			s.Absent = review.Absence{Why: review.ForkWaits}
		default:
			s.Absent = review.Absence{Why: review.Pending}
			todo = append(todo, n)
		}
	}
	return todo
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// builds are the requests to build that their senders may make.
func (r *run) builds() []request {
	return slices.DeleteFunc(slices.Clone(r.asked), func(q request) bool {
		return !q.builds || q.command.Err != nil || !q.allowed(r.snap.PullRequest)
	})
}

// named reports whether somebody asked for the proof of exactly this file.
func (r *run) named(path string) bool {
	return slices.ContainsFunc(r.builds(), func(q request) bool { return q.command.Path == path })
}

// again reports whether somebody asked for the proof of a file after it was made.
func (r *run) again(path string, made time.Time) bool {
	return slices.ContainsFunc(r.builds(), func(q request) bool {
		return (q.command.Path == "" || q.command.Path == path) && made.Before(q.event.Received)
	})
}

// mayBuild reports whether the head may be built: that of a fork only when somebody with
// write permission asked for it, and for this head.
func (r *run) mayBuild() bool {
	return !r.snap.Fork() || slices.ContainsFunc(r.builds(), func(q request) bool { return q.role.MayWrite() && r.meant(q.event) })
}

// meant reports whether whoever caused an event can only have meant the head as it is
// now, and not one that was there when they looked. The event of a check run names its
// commit. A comment names none: it counts where we had said something on this head before
// it was written, and nobody took commits away since then, by which an older head could
// have come back. All times are GitHub's, in whole seconds; of two in the same second
// neither is the earlier one.
func (r *run) meant(e Event) bool {
	if e.HeadSHA != "" {
		return e.HeadSHA == r.snap.Head.SHA
	}
	answered := r.snap.Answered
	return !answered.IsZero() && answered.Before(e.Created) && r.snap.ForcedPush.Before(answered)
}

// announce says that something is being built.
func (r *run) announce(ctx context.Context, todo []int) error {
	if !r.proofs.Required {
		return r.publish(ctx, func() review.Review {
			first := review.Compose(r.snap.PullRequest, r.subjects, r.cfg)
			first.Check = nil // it is completed once, when there is a result
			return first
		})
	}
	var building []review.Subject
	for _, n := range todo {
		building = append(building, r.subjects[n])
	}
	wanted := review.Building(r.snap.PullRequest, building, r.cfg)
	if err := r.publish(ctx, func() review.Review { return wanted }); err != nil {
		return err
	}
	if id := r.published.CheckRunID; id != 0 && wanted.Check != nil {
		r.building = &review.PostedCheck{ID: id, ExternalID: wanted.Check.ExternalID}
		r.snap.Checks = append(r.snap.Checks, *r.building)
	}
	return nil
}

// noCheckout says why the files could not be written. An error of GitHub ends the run,
// which is tried again.
func (r *run) noCheckout(ctx context.Context, err error) (review.Absence, error) {
	var file *fs.PathError
	var link *os.LinkError
	switch {
	case err == nil:
		return review.Absence{}, nil
	case ctx.Err() != nil:
		return r.proofs.absence(ctx, err)
	case errors.Is(err, project.ErrTooLarge):
		return r.proofs.absence(ctx, &buildkit.Unavailable{Reason: buildkit.TooLarge, Detail: "the repository is too large to build it here", Err: err})
	case errors.As(err, &file), errors.As(err, &link):
		return r.proofs.absence(ctx, &buildkit.Unavailable{Reason: buildkit.DiskFull, Detail: "the server has no room for the files", Err: err})
	}
	return review.Absence{}, err
}

// endTimeout bounds the last words of a run that was stopped.
const endTimeout = 10 * time.Second

// abandon completes the check run in progress of a run whose head is not the head any
// more, or whose pull request was closed. It gives the run's error back.
func (r *run) abandon(ctx context.Context, err error) error {
	moved := errors.Is(err, github.ErrHeadMoved) || errors.Is(context.Cause(ctx), errSuperseded)
	if err == nil || r.building == nil || !moved {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if failed := r.finish(ctx, *r.building); failed != nil {
		zerolog.Ctx(ctx).Warn().Err(failed).Msg("a check run is left in progress; the next run completes it")
	}
	return err
}

// finishOthers completes check runs that were left in progress by runs before this one.
func (r *run) finishOthers(ctx context.Context) error {
	for _, posted := range r.snap.Unfinished {
		if posted.ID == r.published.CheckRunID {
			continue
		}
		if err := r.finish(ctx, posted); err != nil {
			return err
		}
	}
	return nil
}

// finish completes a check run that will have no result.
func (r *run) finish(ctx context.Context, posted review.PostedCheck) error {
	return r.inst.Finish(ctx, posted.ID, review.CheckRun{
		Name: review.CheckName, ExternalID: posted.ExternalID, Conclusion: review.Neutral,
		Title: "Not built: the pull request has changed", Summary: "The pull request changed, or was closed, before this commit was proven.",
	})
}
