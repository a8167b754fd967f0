package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Pull is everything of a pull request, as a copy: to be compared with, or shown.
type Pull struct {
	Repository                  string
	Number                      int
	ID                          int64
	NodeID                      string
	Title, Body, Author         string
	State                       string // open or closed
	Draft                       bool
	Labels                      []string
	HeadRepository              string
	HeadRef, HeadSHA            string
	BaseRef, BaseSHA, MergeBase string
	MaintainerCanModify         bool
	HTMLURL                     string
	Created                     time.Time

	Reviews        []Review
	ReviewComments []ReviewComment
	IssueComments  []IssueComment
	CheckRuns      []CheckRun // of every head that the pull request had
	Commits        []Commit   // oldest first
	Files          []File
}

// Review is a review.
type Review struct {
	ID           int64
	NodeID       string
	Author, Body string
	State        string // COMMENTED, APPROVED, CHANGES_REQUESTED, DISMISSED, PENDING
	CommitID     string
	Minimized    string // the classifier, such as OUTDATED; "" when it is shown
	Submitted    time.Time
}

// ReviewComment is a comment on lines of the difference. Line and StartLine are at
// the head, 0 where the comment is outdated; the original ones are at CommitID.
type ReviewComment struct {
	ID, ReviewID, InReplyTo         int64
	NodeID, ThreadID                string
	Author, Body                    string
	Path, Side                      string
	Line, StartLine                 int
	OriginalLine, OriginalStartLine int
	CommitID, DiffHunk              string
	Outdated, Resolved              bool
	Minimized                       string
	Created                         time.Time
}

// IssueComment is a comment in the conversation.
type IssueComment struct {
	ID           int64
	NodeID       string
	Author, Body string
	Minimized    string
	Reactions    []Reaction
	Created      time.Time
	Updated      time.Time
}

// Reaction is a reaction to a comment.
type Reaction struct{ Author, Content string }

// CheckRun is a check run.
type CheckRun struct {
	ID                     int64
	Name, HeadSHA          string
	Status                 string // queued, in_progress or completed
	Conclusion             string
	ExternalID             string
	DetailsURL             string
	Output                 Output
	Actions                []Action
	StartedAt, CompletedAt time.Time
}

// Commit is a commit.
type Commit struct {
	SHA, Tree, Message string
	Parents            []string
	Author, Email      string
	Committer          string
	Date               time.Time
	Verified           bool
}

// File is a changed file of a pull request.
type File struct {
	Path, PreviousPath string
	Status             string // added, modified, removed, renamed
	Mode               string
	SHA                string
	Additions          int
	Deletions          int
	Patch              string // "" for a binary file
}

// Pull shows a pull request with all that hangs on it.
func (s *Server) Pull(repository string, number int) (Pull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.findPull(repository, number)
	if err != nil {
		return Pull{}, err
	}
	return s.pullState(p)
}

// Pulls shows all pull requests of a repository, by number.
func (s *Server) Pulls(repository string) ([]Pull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return nil, err
	}
	var all []Pull
	for _, p := range r.numbered() {
		shown, err := s.pullState(p)
		if err != nil {
			return nil, err
		}
		all = append(all, shown)
	}
	return all, nil
}

// findPull finds a pull request and takes what was pushed to its head meanwhile.
func (s *Server) findPull(repository string, number int) (*pull, error) {
	r, err := s.find(repository)
	if err != nil {
		return nil, err
	}
	p := r.pulls[number]
	if p == nil {
		return nil, fmt.Errorf("githubtest: %s has no pull request %d", repository, number)
	}
	return p, s.syncPull(p, p.author)
}

// pullState copies a pull request.
func (s *Server) pullState(p *pull) (Pull, error) {
	base := p.baseSHA()
	out := Pull{
		Repository: p.repo.Name, Number: p.Number, ID: p.ID, NodeID: p.NodeID, Title: p.Title, Body: p.Body, Author: p.author.Login,
		State: p.state(), Draft: p.Draft, Labels: slices.Clone(p.Labels), HeadRepository: p.head.Name, HeadRef: p.headRef, HeadSHA: p.headSHA,
		BaseRef: p.baseRef, BaseSHA: base, MergeBase: p.repo.mergeBase(base, p.headSHA), MaintainerCanModify: p.maintainer,
		HTMLURL: p.html(), Created: p.created,
	}
	for _, r := range p.reviews {
		out.Reviews = append(out.Reviews, Review{r.ID, r.NodeID, r.author.Login, r.body, r.state, r.commit, r.minimized, r.submitted})
	}
	for _, c := range p.reviewComments() {
		out.ReviewComments = append(out.ReviewComments, c.state())
	}
	for _, c := range p.conversation() {
		out.IssueComments = append(out.IssueComments, c.state())
	}
	for _, run := range p.repo.runs {
		if slices.Contains(p.heads, run.HeadSHA) {
			shown := run.CheckRun
			shown.Output.Annotations, shown.Actions = slices.Clone(run.Output.Annotations), slices.Clone(run.Actions)
			out.CheckRuns = append(out.CheckRuns, shown)
		}
	}
	var err error
	if out.Files, err = p.fileStates(); err != nil {
		return Pull{}, err
	}
	commits, err := p.commits()
	if err != nil {
		return Pull{}, err
	}
	for _, sha := range commits {
		shown, err := s.commitState(p.repo, sha)
		if err != nil {
			return Pull{}, err
		}
		out.Commits = append(out.Commits, shown)
	}
	return out, nil
}

// fileStates copies the changed files.
func (p *pull) fileStates() ([]File, error) {
	files, err := p.files(p.headSHA)
	if err != nil {
		return nil, err
	}
	var out []File
	for _, f := range files {
		shown := File{Path: f.Path, Status: statuses[f.Status], Mode: f.Mode, SHA: f.SHA, Additions: f.Added, Deletions: f.Removed, Patch: f.Patch}
		if f.OldPath != f.Path {
			shown.PreviousPath = f.OldPath
		}
		out = append(out, shown)
	}
	return out, nil
}

// state copies a comment.
func (c *reviewComment) state() ReviewComment {
	t := c.thread
	line, start, ok := t.pull.now(t)
	out := ReviewComment{
		ID: c.ID, ReviewID: c.review.ID, NodeID: c.NodeID, ThreadID: t.NodeID, Author: c.author.Login, Body: c.body, Path: t.Path, Side: t.Side,
		Line: line, StartLine: start, OriginalLine: t.Line, OriginalStartLine: t.StartLine, CommitID: t.commit, DiffHunk: t.DiffHunk,
		Outdated: !ok, Resolved: t.resolved != nil, Minimized: c.minimized, Created: c.created,
	}
	if c != t.comments[0] {
		out.InReplyTo = t.comments[0].ID
	}
	return out
}

// state copies a comment.
func (c *issueComment) state() IssueComment {
	out := IssueComment{ID: c.ID, NodeID: c.NodeID, Author: c.author.Login, Body: c.body, Minimized: c.minimized, Created: c.created, Updated: c.updated}
	for _, r := range c.reactions {
		out.Reactions = append(out.Reactions, Reaction{r.user.Login, r.content})
	}
	return out
}

// commitState copies a commit.
func (s *Server) commitState(r *repository, sha string) (Commit, error) {
	raw, err := r.commitOf(sha)
	if err != nil {
		return Commit{}, err
	}
	_, verified := s.verified[sha]
	return Commit{SHA: sha, Tree: raw.Tree, Message: raw.Message, Parents: raw.Parents, Author: raw.Author.Name, Email: raw.Author.Email,
		Committer: raw.Committer.Name, Date: raw.Author.Date, Verified: verified}, nil
}

// Commit shows a commit of a repository by branch, tag or SHA.
func (s *Server) Commit(repository, revision string) (Commit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return Commit{}, err
	}
	sha, ok := r.resolve(revision)
	if !ok {
		return Commit{}, fmt.Errorf("githubtest: %s has no %q", repository, revision)
	}
	return s.commitState(r, sha)
}

// Refs lists the refs of a repository with their objects, all of them.
func (s *Server) Refs(repository string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return nil, err
	}
	out, err := r.line("for-each-ref", "--format=%(refname) %(objectname)")
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(out) {
		if name, sha, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			refs[name] = sha
		}
	}
	return refs, nil
}

// File reads a file at a branch, tag or SHA, and gives its mode.
func (s *Server) File(repository, revision, path string) (content []byte, mode string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repository)
	if err != nil {
		return nil, "", err
	}
	sha, ok := r.resolve(revision)
	if !ok {
		return nil, "", fmt.Errorf("githubtest: %s has no %q", repository, revision)
	}
	entry, err := r.entryAt(sha, path)
	if err != nil {
		return nil, "", fmt.Errorf("githubtest: %s at %s has no %s", repository, revision, path)
	}
	blob, err := r.object(entry.SHA)
	return blob.Data, entry.Mode, err
}
