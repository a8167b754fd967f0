package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/review"
)

// maxFilePages are the pages of a hundred files that GitHub lists at most: 3,000 files
// (https://docs.github.com/rest/pulls/pulls#list-pull-requests-files).
const maxFilePages = 30

// first reads what fits in the first call, with a call more for each further hundred
// files. Commits are left to [Snapshot.commits].
func (i *Installation) first(ctx context.Context, c *client, number int) (*Snapshot, *gqlPull, error) {
	text, variables := query(snapshotQuery, i.guesses(number))
	maps.Copy(variables, map[string]any{
		"owner": i.Repo.Owner, "name": i.Repo.Name, "number": number, "app": i.app.opts.AppID,
		"config": configPath, "default": "HEAD:" + configPath, "suggested": review.CommitRef(number),
	})
	var answer snapshotAnswer
	if err := c.read(ctx, text, variables, &answer); err != nil {
		return nil, nil, failed("the first query", err)
	}
	if answer.Repository == nil || answer.Repository.PullRequest == nil {
		return nil, nil, fmt.Errorf("the pull request: %w", errNotYet)
	}
	p := answer.Repository.PullRequest
	if answer.Repository.DatabaseID != i.Repo.ID {
		return nil, nil, fmt.Errorf("the name %s/%s is another repository's now: %w", i.Repo.Owner, i.Repo.Name, ErrGone)
	}
	if err := i.moreFiles(ctx, c, number, p); err != nil {
		return nil, nil, err
	}
	if err := i.moreReviews(ctx, c, number, p); err != nil {
		return nil, nil, err
	}
	s := i.describe(number, p)
	if err := i.configuration(ctx, c, s, answer); err != nil {
		return nil, nil, err
	}
	may, err := i.Granted(ctx, "contents", "write")
	if err != nil {
		return nil, nil, err
	}
	s.MayCommit = may && s.Open && !s.Fork()
	if sug := answer.Repository.Suggested; sug != nil && sug.OID != "" {
		s.Suggested = &review.PostedCommit{SHA: sug.OID, Message: sug.Message}
		if len(sug.Parents.Nodes) == 1 {
			s.Suggested.Parent = sug.Parents.Nodes[0].OID
		}
		s.suggestedTree = sug.Tree.OID
	}
	return s, p, nil
}

// describe is the answer in review's words.
func (i *Installation) describe(number int, p *gqlPull) *Snapshot {
	s := &Snapshot{PullRequest: review.PullRequest{
		Owner: i.Repo.Owner, Repo: i.Repo.Name, RepoID: i.Repo.ID, Number: number,
		Title: p.Title, Draft: p.IsDraft, Open: p.State == "OPEN",
		Head:    review.Branch{SHA: p.HeadRefOID, Ref: p.HeadRefName},
		Base:    review.Branch{SHA: p.BaseRefOID, Ref: p.BaseRefName, RepoID: i.Repo.ID, Owner: i.Repo.Owner, Repo: i.Repo.Name},
		Partial: p.ChangedFiles > len(p.Files.Nodes),
	}}
	if p.Author != nil {
		s.Author, s.AuthorIsBot = p.Author.Login, p.Author.Typename == "Bot"
	}
	if h := p.HeadRepository; h != nil { // null once the fork is deleted: still a fork
		s.Head.RepoID, s.Head.Owner, s.Head.Repo = h.DatabaseID, h.Owner.Login, h.Name
	}
	for _, l := range p.Labels.Nodes {
		s.Labels = append(s.Labels, l.Name)
	}
	for _, f := range p.Files.Nodes {
		s.Files = append(s.Files, review.File{Path: f.Path, Status: changeType(f.ChangeType)})
	}
	for _, push := range p.TimelineItems.Nodes {
		s.ForcedPush = push.CreatedAt
	}
	s.Posted = posted(p)
	return s
}

// changeType is GraphQL's word in those of REST; a copy is a new file.
func changeType(word string) review.Status {
	switch word {
	case "ADDED", "COPIED":
		return review.Added
	case "DELETED":
		return review.Removed
	case "RENAMED":
		return review.Renamed
	}
	return review.Modified
}

// moreFiles brings the names beyond the first hundred.
func (i *Installation) moreFiles(ctx context.Context, c *client, number int, p *gqlPull) error {
	for range maxFilePages - 1 {
		if !p.Files.PageInfo.HasNextPage {
			return nil
		}
		var answer snapshotAnswer
		err := c.read(ctx, filesQuery, map[string]any{"owner": i.Repo.Owner, "name": i.Repo.Name,
			"number": number, "after": p.Files.PageInfo.EndCursor}, &answer)
		if err != nil {
			return failed("listing the changed files", err)
		}
		if answer.Repository == nil || answer.Repository.PullRequest == nil {
			return fmt.Errorf("listing the changed files: %w", ErrGone)
		}
		more := answer.Repository.PullRequest
		if more.HeadRefOID != p.HeadRefOID {
			return fmt.Errorf("listing the changed files: %w", ErrHeadMoved)
		}
		p.Files.PageInfo, p.Files.Nodes = more.Files.PageInfo, append(p.Files.Nodes, more.Files.Nodes...)
	}
	return nil
}

// maxReviewPages bounds the search for reviews of ours among those of others.
const maxReviewPages = 20

// moreReviews brings the reviews before the last fifty, for one of ours may be there.
func (i *Installation) moreReviews(ctx context.Context, c *client, number int, p *gqlPull) error {
	for range maxReviewPages {
		if !p.Reviews.PageInfo.HasPreviousPage {
			return nil
		}
		text, variables := query(reviewsQuery, i.guesses(number))
		maps.Copy(variables, map[string]any{"owner": i.Repo.Owner, "name": i.Repo.Name,
			"number": number, "before": p.Reviews.PageInfo.StartCursor, "app": i.app.opts.AppID})
		var answer snapshotAnswer
		if err := c.read(ctx, text, variables, &answer); err != nil {
			return failed("listing the reviews", err)
		}
		if answer.Repository == nil || answer.Repository.PullRequest == nil {
			return fmt.Errorf("listing the reviews: %w", ErrGone)
		}
		older := answer.Repository.PullRequest.Reviews
		p.Reviews.PageInfo, p.Reviews.Nodes = older.PageInfo, append(older.Nodes, p.Reviews.Nodes...)
	}
	return errors.New("listing the reviews: there are more than a thousand")
}

// configuration is the base branch's file, else the organisation's. A file that GraphQL
// cuts, or does not take for text, is read as a blob.
func (i *Installation) configuration(ctx context.Context, c *client, s *Snapshot, answer snapshotAnswer) error {
	var own *gqlBlob
	if base := answer.Repository.PullRequest.BaseRef; base != nil && base.Target != nil && base.Target.File != nil {
		own = base.Target.File.Object
	}
	if own != nil && own.OID != "" {
		s.ConfigPath = configPath
		content, err := i.blobText(ctx, c, own)
		s.Config = content
		return err
	}
	if d := answer.Defaults; d != nil && d.Object != nil && d.Object.Text != nil && !d.Object.IsTruncated {
		s.ConfigPath = i.Repo.Owner + "/.github: " + configPath
		s.Config = []byte(*d.Object.Text)
	}
	return nil
}

func (i *Installation) blobText(ctx context.Context, c *client, b *gqlBlob) ([]byte, error) {
	if b.Text != nil && !b.IsTruncated {
		return []byte(*b.Text), nil
	}
	return i.blob(ctx, c, b.OID)
}

// posted are the reviews that this App wrote, oldest first. GitHub says so of itself: a
// marker in anybody else's text is worth nothing.
func posted(p *gqlPull) []review.Posted {
	var all []review.Posted
	for _, r := range p.Reviews.Nodes {
		if !r.ViewerDidAuthor || r.State == "PENDING" {
			continue
		}
		post := review.Posted{ID: int64(r.FullDatabaseID), NodeID: r.ID, Body: r.Body,
			Minimized: r.IsMinimized, Dismissed: r.State == "DISMISSED"}
		if r.Commit != nil {
			post.SHA = r.Commit.OID
		}
		for _, t := range p.ReviewThreads.Nodes {
			for _, c := range t.Comments.Nodes {
				if !c.ViewerDidAuthor || c.PullRequestReview == nil || c.PullRequestReview.ID != r.ID {
					continue
				}
				post.Discussed = post.Discussed || t.Comments.TotalCount > 1
				post.Comments = append(post.Comments, review.PostedComment{
					ID: int64(c.FullDatabaseID), NodeID: c.ID, ThreadID: t.ID, Path: c.Path,
					Line: c.Line, StartLine: c.StartLine, Body: c.Body, Resolved: t.IsResolved, Minimized: c.IsMinimized,
				})
			}
		}
		all = append(all, post)
	}
	return all
}

// commits reads the head's commit, our check runs on it, and the last of those on the
// pull request's other commits that holds for the head too. Of commits that a forced push
// took away, those with a review of ours are known.
func (s *Snapshot) commits(p *gqlPull) {
	var all []*gqlCommit
	for _, r := range p.Reviews.Nodes {
		if r.ViewerDidAuthor && r.Commit != nil {
			all = append(all, r.Commit)
		}
	}
	for n := range p.Commits.Nodes {
		all = append(all, &p.Commits.Nodes[n].Commit)
	}
	at := slices.IndexFunc(all, func(c *gqlCommit) bool { return c.OID == s.Head.SHA })
	if at < 0 {
		return
	}
	head := all[at]
	s.rootTree = head.Tree.OID
	for _, run := range s.runs(head) {
		s.check(run)
	}
	candidates := s.candidates()
	for _, f := range candidates {
		f.SHA = head.files[f.Path]
	}
	for _, c := range all {
		if c.OID == s.Head.SHA {
			continue
		}
		same := len(s.Checks) == 0 && c.has(candidates)
		for _, run := range s.runs(c) {
			s.unfinished(run)
			if check := run.review(); check != nil && same {
				s.Previous = check
			}
		}
	}
}

// completed is the status of a check run that has a conclusion.
const completed = "COMPLETED"

// check takes a check run of ours on the head. One that is not completed, as it was left
// by a run that ended or as somebody asked for it again, answers nothing, whatever it
// shows: its external ID is then that of one that waits.
func (s *Snapshot) check(run gqlCheckRun) {
	posted := review.PostedCheck{ID: run.DatabaseID, ExternalID: run.ExternalID}
	if run.Status != completed {
		posted.ExternalID = run.ExternalID[:strings.LastIndex(run.ExternalID, ":")+1] + "wait-unfinished"
	}
	s.Checks = append(s.Checks, posted)
	if s.Answered.IsZero() || run.StartedAt.Before(s.Answered) {
		s.Answered = run.StartedAt
	}
	s.unfinished(run)
}

// unfinished notes a check run that is in progress.
func (s *Snapshot) unfinished(run gqlCheckRun) {
	posted := review.PostedCheck{ID: run.DatabaseID, ExternalID: run.ExternalID}
	if run.Status != completed && !slices.Contains(s.Unfinished, posted) {
		s.Unfinished = append(s.Unfinished, posted)
	}
}

// has reports whether every candidate has the same blob at the commit.
func (c *gqlCommit) has(candidates []*review.File) bool {
	return !slices.ContainsFunc(candidates, func(f *review.File) bool { return f.SHA == "" || c.files[f.Path] != f.SHA })
}

// ours reports whether an external ID is one of this pull request's: another can have the
// same head.
func (s *Snapshot) ours(externalID string) bool {
	number, ok := review.CheckPullRequest(externalID)
	return ok && number == s.Number
}

// runs are our check runs on a commit, oldest first.
func (s *Snapshot) runs(c *gqlCommit) []gqlCheckRun {
	var runs []gqlCheckRun
	if c.CheckSuites == nil {
		return nil
	}
	for _, suite := range c.CheckSuites.Nodes {
		for _, run := range suite.CheckRuns.Nodes {
			if s.ours(run.ExternalID) {
				runs = append(runs, run)
			}
		}
	}
	slices.SortFunc(runs, func(a, b gqlCheckRun) int { return cmp.Compare(a.DatabaseID, b.DatabaseID) })
	return runs
}

// review is a completed check run in review's words, nil for one that is not.
func (r gqlCheckRun) review() *review.CheckRun {
	if r.Status != completed {
		return nil
	}
	return &review.CheckRun{Name: r.Name, ExternalID: r.ExternalID, Title: r.Title, Summary: r.Summary, Text: r.Text,
		Conclusion: review.Conclusion(strings.ToLower(r.Conclusion))}
}
