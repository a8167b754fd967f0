package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/review"
)

// answer carries out the requests and answers them, one comment for each comment
// that asked. Requests from the check run are answered only where they fail: what
// they do shows by itself.
func (r *run) answer(ctx context.Context) error {
	var replies []string
	for i, q := range r.asked {
		reply, err := r.carryOut(ctx, q)
		if err != nil {
			return err
		}
		if reply != "" {
			replies = append(replies, strings.TrimSpace(reply))
		}
		if i+1 < len(r.asked) && r.asked[i+1].event.Delivery == q.event.Delivery {
			continue
		}
		if err := r.reply(ctx, q.event, replies); err != nil {
			return err
		}
		replies = nil
	}
	return nil
}

// reply answers one event. The answer to the same event is edited, never repeated.
func (r *run) reply(ctx context.Context, e Event, replies []string) error {
	if len(replies) == 0 {
		return nil
	}
	key := fmt.Sprintf("comment-%d", e.CommentID)
	if e.CommentID == 0 {
		key = "delivery-" + e.Delivery
	}
	_, err := r.inst.Comment(ctx, r.number, github.Answer{
		Key: key, Body: strings.Join(replies, "\n\n"), Since: e.Received.Add(-time.Hour),
	})
	return err
}

// carryOut does what one request asks for and words the answer, "" for none.
func (r *run) carryOut(ctx context.Context, q request) (string, error) {
	fromCheck := q.event.Why != WhyCommand
	switch {
	case q.command.Err != nil:
		return review.ReplyError(q.command), nil
	case !q.allowed(r.snap.PullRequest):
		return review.ReplyDenied(q.event.Sender, "write", r.snap.Owner+"/"+r.snap.Repo), nil
	case q.command.Verb == review.Help:
		return review.ReplyHelp(), nil
	case q.command.Verb == review.Now && (fromCheck || r.published.ReviewID != 0):
		return "", nil // the review is the answer
	case q.command.Verb == review.Now:
		return review.ReplyReviewed(r.looked()), nil
	case q.command.Verb == review.Verify:
		return r.verified(q, fromCheck), nil
	}
	reply, done, err := r.apply(ctx, q.command.Path)
	if done && fromCheck {
		return "", err
	}
	return reply, err
}

func (r *run) looked() string {
	if r.title == "" {
		return "no Dockerfile changed"
	}
	return r.title
}

// verified words what became of a request for a proof. From the check run it is answered
// only where nothing was built.
func (r *run) verified(q request, fromCheck bool) string {
	path := q.command.Path
	asked := slices.DeleteFunc(slices.Clone(r.subjects), func(s review.Subject) bool {
		return path != "" && path != s.File.Path || s.Proof == nil && s.Absent.Why == ""
	})
	proven := slices.ContainsFunc(asked, func(s review.Subject) bool { return s.Proof != nil })
	switch {
	case !q.builds:
		return review.ReplyVerifyOff()
	case r.snap.Fork() && !r.meant(q.event):
		return review.ReplyVerifyMoved(r.snap.Head.Ref)
	case len(asked) == 0:
		return review.ReplyNothingToVerify(path)
	case fromCheck:
		return ""
	case !proven:
		return review.ReplyVerifyUnavailable(asked[0].Absent.Detail)
	}
	return review.ReplyVerified(r.looked(), r.reviewed)
}

// apply moves the head branch to the suggested-change commit. It reports whether it
// did; an error is one to try again.
func (r *run) apply(ctx context.Context, path string) (reply string, done bool, err error) {
	pr := r.snap.PullRequest
	switch {
	case pr.Fork():
		return review.ReplyFork(), false, nil
	case r.cfg.CommitOff:
		return review.ReplyCommitOff("the configuration has commit: off"), false, nil
	case !r.snap.MayCommit:
		return review.ReplyCommitOff("the App may not write to this branch: it needs contents: write, and rules that allow its ref"), false, nil
	case pr.Suggested != nil && pr.Suggested.SHA == pr.Head.SHA:
		// Applied by a run that was ended before it could answer, or pressed twice.
		return review.ReplyApplied(pr.Head.SHA, pr.Head.Ref, candidates(pr)), true, nil
	}
	commit := review.CommitOf(pr, r.subjects, r.cfg, path)
	if commit == nil {
		return review.ReplyNothingToApply(path), false, nil
	}
	sha, err := r.commit(ctx, commit)
	if err == nil {
		err = r.inst.Apply(ctx, r.snap, sha)
	}
	switch {
	case errors.Is(err, github.ErrHeadMoved):
		return review.ReplyHeadMoved(pr.Head.Ref), false, nil
	case errors.Is(err, github.ErrRefused), errors.Is(err, github.ErrPermission):
		return review.ReplyCommitOff("the branch's rules do not allow the App to write to it"), false, nil
	case err != nil:
		return "", false, err
	}
	var paths []string
	for _, c := range commit.Changes {
		paths = append(paths, c.Path)
	}
	return review.ReplyApplied(sha, pr.Head.Ref, paths), true, nil
}

// commit is the commit on the head as it was read: the one that the review points
// at where it is the same, else a new one.
func (r *run) commit(ctx context.Context, commit *review.Commit) (string, error) {
	if s := r.snap.Suggested; s != nil && s.Parent == r.snap.Head.SHA && strings.TrimSpace(s.Message) == strings.TrimSpace(commit.Message) {
		return s.SHA, nil
	}
	done, err := r.inst.Publish(ctx, r.snap, []review.Change{review.CreateCommit{Commit: *commit}})
	return done.Commit, err
}

// candidates are the Dockerfiles that the pull request changes.
func candidates(pr review.PullRequest) []string {
	var paths []string
	for _, f := range pr.Files {
		if f.SHA != "" && f.Status != review.Removed {
			paths = append(paths, f.Path)
		}
	}
	return paths
}
