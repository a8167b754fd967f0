package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// PullOptions says what pull request a person opens.
type PullOptions struct {
	Repository string // the base, owner/name
	// Head is a branch of the repository, or owner:branch of a fork.
	Head  string
	Base  string // the default branch when empty
	Title string
	Body  string
	// Author is a login; the owner of the head repository when empty.
	Author string
	Draft  bool
	Labels []string
	// MaintainerCanModify is "Allow edits by maintainers"; of meaning for forks only.
	MaintainerCanModify bool
}

// pull is a pull request.
type pull struct {
	ID               int64
	NodeID           string
	Number           int
	Title, Body      string
	Draft            bool
	Labels           []string
	repo, head       *repository
	headRef, baseRef string
	headSHA          string
	heads            []string // every head that it had
	author           *user
	maintainer       bool
	closed           bool
	created, updated time.Time
	closedAt         time.Time
	reviews          []*review
	threads          []*thread
	forced           []forcedPush
}

// forcedPush is a push to the head branch that took commits away.
type forcedPush struct {
	id int64
	by *user
	at time.Time
}

// OpenPull opens a pull request and sends pull_request.opened.
func (s *Server) OpenPull(o PullOptions) (Pull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(o.Repository)
	if err != nil {
		return Pull{}, err
	}
	p, err := s.openPull(r, o, nil)
	if err != nil {
		return Pull{}, fmt.Errorf("githubtest: pull request of %s into %s: %w", o.Head, o.Repository, err)
	}
	return s.pullState(p)
}

// openPull makes a pull request. The author is the one of the options unless given.
func (s *Server) openPull(r *repository, o PullOptions, author *user) (*pull, error) {
	if o.Base == "" {
		o.Base = r.DefaultBranch
	}
	head, ref := r, o.Head
	if owner, branch, ok := strings.Cut(o.Head, ":"); ok {
		ref = branch
		if head = s.headRepository(r, owner); head == nil {
			return nil, invalid("PullRequest", "head", "invalid", "")
		}
	}
	sha := head.ref("refs/heads/" + ref)
	base := r.ref("refs/heads/" + o.Base)
	switch {
	case sha == "":
		return nil, invalid("PullRequest", "head", "invalid", "")
	case base == "":
		return nil, invalid("PullRequest", "base", "invalid", "")
	}
	for _, p := range r.pulls {
		if !p.closed && p.head == head && p.headRef == ref && p.baseRef == o.Base {
			return nil, invalid("PullRequest", "", "custom", "A pull request already exists for "+head.Owner+":"+ref+".")
		}
	}
	if author == nil {
		author = s.user(orElse(o.Author, head.Owner), "User")
	}
	r.number++
	p := &pull{ID: s.id(), Number: r.number, Title: o.Title, Body: o.Body, Draft: o.Draft, Labels: slices.Clone(o.Labels),
		repo: r, head: head, headRef: ref, baseRef: o.Base, author: author, maintainer: o.MaintainerCanModify && head != r,
		created: s.now(), updated: s.now()}
	if err := p.take(sha); err != nil {
		return nil, err
	}
	switch r.mergeBase(base, sha) {
	case sha:
		return nil, invalid("PullRequest", "", "custom", "No commits between "+o.Base+" and "+ref)
	case "":
		return nil, invalid("PullRequest", "", "custom", "The "+ref+" branch has no history in common with "+o.Base)
	}
	p.NodeID = s.node("PR", p.ID, p)
	r.pulls[p.Number] = p
	s.sendPull(p, "opened", author, nil)
	return p, nil
}

// headRepository finds the repository of an owner that a pull request into r may come from.
func (s *Server) headRepository(r *repository, owner string) *repository {
	for _, other := range s.repos {
		if key(other.Owner) == key(owner) && (other == r || other.parent == r) {
			return other
		}
	}
	return nil
}

// take makes a commit the head: its objects come into the base repository, where
// refs/pull/N/head points to it.
func (p *pull) take(sha string) error {
	ref := fmt.Sprintf("refs/pull/%d/head", p.Number)
	var err error
	if p.head == p.repo {
		_, err = p.repo.run("update-ref", ref, sha)
	} else {
		_, err = p.repo.run("fetch", "--quiet", "--no-tags", "--force", p.head.Dir, "refs/heads/"+p.headRef+":"+ref)
	}
	if err != nil {
		return err
	}
	p.headSHA = sha
	p.heads = append(p.heads, sha)
	return nil
}

// Sync looks at every open pull request's head branch and takes what was pushed
// to the bare repository by other means than this package, a git command for example.
func (s *Server) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.repos {
		for _, p := range r.pulls {
			if err := s.syncPull(p, p.author); err != nil {
				return err
			}
		}
	}
	return nil
}

// moved follows a ref that has changed: the pull requests with it as head are
// synchronised, or closed when it is gone.
func (s *Server) moved(r *repository, ref string, by *user) error {
	branch, ok := strings.CutPrefix(ref, "refs/heads/")
	if !ok {
		return nil
	}
	for _, base := range s.repos {
		for _, p := range base.pulls {
			if p.head == r && p.headRef == branch {
				if err := s.syncPull(p, by); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// syncPull takes the head branch's commit if it is another than before.
func (s *Server) syncPull(p *pull, by *user) error {
	if p.closed {
		return nil
	}
	sha := p.head.ref("refs/heads/" + p.headRef)
	if sha == "" {
		s.setClosed(p, true, by)
		return nil
	}
	if sha == p.headSHA {
		return nil
	}
	before := p.headSHA
	if err := p.take(sha); err != nil {
		return err
	}
	if !p.repo.isAncestor(before, sha) {
		p.forced = append(p.forced, forcedPush{s.id(), by, s.now()})
	}
	p.updated = s.now()
	s.sendPull(p, "synchronize", by, object{"before": before, "after": sha})
	return nil
}

// setClosed closes or reopens a pull request and sends the event.
func (s *Server) setClosed(p *pull, closed bool, by *user) {
	if p.closed == closed {
		return
	}
	p.closed, p.updated, p.closedAt = closed, s.now(), time.Time{}
	action := "reopened"
	if closed {
		action, p.closedAt = "closed", s.now()
	}
	s.sendPull(p, action, by, nil)
}

// baseSHA is where the base branch is now.
func (p *pull) baseSHA() string { return p.repo.ref("refs/heads/" + p.baseRef) }

// files is the difference that the pull request makes at a commit of it.
func (p *pull) files(commit string) ([]diffFile, error) {
	base := p.repo.mergeBase(p.baseSHA(), commit)
	if base == "" {
		return nil, fmt.Errorf("%s has no commit in common with %s", commit, p.baseRef)
	}
	return p.repo.diff(base, commit, 3)
}

// commits lists the pull request's own commits, oldest first.
func (p *pull) commits() ([]string, error) {
	out, err := p.repo.line("rev-list", "--reverse", "--topo-order", p.headSHA, "^"+p.baseSHA())
	return strings.Fields(out), err
}

// state is "open" or "closed".
func (p *pull) state() string {
	if p.closed {
		return "closed"
	}
	return "open"
}

// orElse is the first text that is not empty.
func orElse(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
