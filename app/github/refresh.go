package github

import (
	"context"
	"fmt"
	"slices"

	"github.com/multistage-app/multistage/review"
)

// Refresh reads again what is posted, and holds that the head is the one of the snapshot:
// one call, after something that took long. The error is ErrHeadMoved where it is another,
// or the pull request was closed. The next [Installation.Publish] does not read the head
// once more.
//
// A review that was posted just now may not be there for all of GitHub yet; it would be
// posted a second time, so it is waited for.
func (i *Installation) Refresh(ctx context.Context, s *Snapshot, postedReview int64) error {
	c, err := i.open(ctx, Read)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		now, p, err := i.first(ctx, c, s.Number)
		if err != nil {
			return fmt.Errorf("reading %s/%s#%d again: %w", i.Repo.Owner, i.Repo.Name, s.Number, err)
		}
		if now.Head.SHA != s.Head.SHA || now.Open != s.Open {
			return fmt.Errorf("from %s to %s: %w", s.Head.SHA, now.Head.SHA, ErrHeadMoved)
		}
		if postedReview != 0 && !slices.ContainsFunc(now.Posted, func(p review.Posted) bool { return p.ID == postedReview }) {
			if try == 3 {
				return fmt.Errorf("the review %d that was posted is not there", postedReview)
			}
			if err := sleep(ctx, i.app.opts.RetryDelay<<try); err != nil {
				return err
			}
			continue
		}
		if now.commits(p); now.rootTree != "" {
			s.Checks, s.Unfinished = merged(now.Checks, s.Checks), now.Unfinished
		}
		s.Posted, s.Suggested, s.suggestedTree = now.Posted, now.Suggested, now.suggestedTree
		s.sure = true
		return nil
	}
}

// merged are the check runs of now, and those of before that GitHub does not show yet.
func merged(now, before []review.PostedCheck) []review.PostedCheck {
	for _, c := range before {
		if !slices.ContainsFunc(now, func(n review.PostedCheck) bool { return n.ID == c.ID }) {
			now = append(now, c)
		}
	}
	return now
}
