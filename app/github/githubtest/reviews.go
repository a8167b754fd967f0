package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Limits of a comment's body: what the error says, and what was measured in bytes.
const (
	maxBodyChars = 65_536
	maxBodyBytes = 262_144
)

// review is a review of a pull request.
type review struct {
	ID        int64
	NodeID    string
	pull      *pull
	author    *user
	body      string
	state     string // COMMENTED, APPROVED, CHANGES_REQUESTED, DISMISSED, PENDING
	commit    string
	submitted time.Time
	minimized string // the classifier, "" when not
}

// bodyTooLong tells whether GitHub would refuse a body.
func bodyTooLong(body string) bool {
	return utf8.RuneCountInString(body) > maxBodyChars || len(body) > maxBodyBytes
}

// createReview is POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews: the
// review with all its comments, or nothing.
func (s *Server) createReview(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var body struct {
		CommitID    string `json:"commit_id"`
		Body, Event string
		Comments    []draftComment
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	commit := orElse(body.CommitID, p.headSHA)
	anchors, refusals, err := p.anchors(commit, body.Comments)
	if err != nil {
		return nil, err
	}
	states := map[string]string{"": "PENDING", "COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}
	state, ok := states[body.Event]
	switch {
	case !ok:
		refusals = append(refusals, "Variable $event of type PullRequestReviewEvent was provided invalid value")
	case bodyTooLong(body.Body):
		refusals = append(refusals, tooLong)
	case body.Body == "" && (body.Event == "REQUEST_CHANGES" || body.Event == "COMMENT" && len(body.Comments) == 0):
		refusals = append(refusals, blankBody)
	case body.Event == "APPROVE" && p.author == s.app.bot:
		refusals = append(refusals, "Can not approve your own pull request")
	case body.Event == "REQUEST_CHANGES" && p.author == s.app.bot:
		refusals = append(refusals, "Can not request changes on your own pull request")
	}
	if len(refusals) > 0 {
		return nil, unprocessable("Unprocessable Entity", slices.Compact(refusals)...)
	}
	r := s.addReview(p, s.app.bot, commit, body.Body, state)
	for i, a := range anchors {
		s.startThread(r, a, body.Comments[i].Body)
	}
	s.sendReview(r, "submitted", s.app.bot)
	return s.reviewJSON(r), nil
}

// anchors places all comments of a review, or says what is wrong with them.
func (p *pull) anchors(commit string, drafts []draftComment) ([]anchor, []string, error) {
	commits, err := p.commits()
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(commits, commit) {
		return nil, []string{otherHead}, nil
	}
	files, err := p.files(commit)
	if err != nil {
		return nil, nil, err
	}
	var anchors []anchor
	var refusals []string
	for _, d := range drafts {
		a, refusal := place(files, d)
		switch {
		case d.Body == "":
			refusal = blankBody
		case bodyTooLong(d.Body):
			refusal = tooLong
		}
		if refusal != "" {
			refusals = append(refusals, refusal)
		}
		anchors = append(anchors, a)
	}
	return anchors, refusals, nil
}

// addReview stores a review.
func (s *Server) addReview(p *pull, by *user, commit, body, state string) *review {
	r := &review{ID: s.id(), pull: p, author: by, body: body, state: state, commit: commit, submitted: s.now()}
	r.NodeID = s.node("PRR", r.ID, r)
	p.reviews = append(p.reviews, r)
	return r
}

// review finds the review in the path.
func (c *call) review() (*review, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	for _, r := range p.reviews {
		if r.ID == c.number("review_id") {
			return r, nil
		}
	}
	return nil, errNotFound
}

// getReview is GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}.
func (s *Server) getReview(c *call) (any, error) {
	r, err := c.review()
	if err != nil {
		return nil, err
	}
	return s.reviewJSON(r), nil
}

// updateReview is PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}.
func (s *Server) updateReview(c *call) (any, error) {
	r, err := c.review()
	if err != nil {
		return nil, err
	}
	var body struct{ Body string }
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	switch {
	case r.author != s.app.bot:
		return nil, errNotAccessible
	case bodyTooLong(body.Body):
		return nil, unprocessable("Unprocessable Entity", tooLong)
	case body.Body == "":
		return nil, unprocessable("Unprocessable Entity", blankBody)
	}
	r.body = body.Body
	s.sendReview(r, "edited", s.app.bot)
	return s.reviewJSON(r), nil
}

// listReviews is GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews, oldest first.
func (s *Server) listReviews(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return list(page(c, p.reviews), s.reviewJSON), nil
}

func (s *Server) reviewJSON(r *review) object {
	html := r.pull.html() + "#pullrequestreview-" + strconv.FormatInt(r.ID, 10)
	o := object{
		"id": r.ID, "node_id": r.NodeID, "user": s.userJSON(r.author), "body": r.body, "state": r.state, "html_url": html,
		"pull_request_url": r.pull.url(), "commit_id": r.commit, "author_association": r.pull.repo.association(r.author),
		"_links": object{"html": object{"href": html}, "pull_request": object{"href": r.pull.url()}},
	}
	if r.state != "PENDING" {
		o["submitted_at"] = stamp(r.submitted)
	}
	return o
}

// DismissReview dismisses a review as a person with write permission does. A
// review that only comments cannot be dismissed, on GitHub neither.
func (s *Server) DismissReview(repository string, number int, id int64, login string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.findPull(repository, number)
	if err != nil {
		return err
	}
	for _, r := range p.reviews {
		if r.ID != id {
			continue
		}
		if r.state == "COMMENTED" || r.state == "PENDING" {
			return &apiError{status: http.StatusUnprocessableEntity, message: "Can not dismiss a commented pull request review"}
		}
		r.state = "DISMISSED"
		s.sendReview(r, "dismissed", s.user(login, "User"))
		return nil
	}
	return fmt.Errorf("githubtest: no review %d", id)
}

// SubmitReview is a review without comments by a person: COMMENT, APPROVE or REQUEST_CHANGES.
func (s *Server) SubmitReview(repository string, number int, login, event, body string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.findPull(repository, number)
	if err != nil {
		return 0, err
	}
	states := map[string]string{"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}
	state, ok := states[event]
	if !ok {
		return 0, fmt.Errorf("githubtest: review event %q", event)
	}
	r := s.addReview(p, s.user(login, "User"), p.headSHA, body, state)
	s.sendReview(r, "submitted", r.author)
	return r.ID, nil
}
