package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/multistage-app/multistage/review"
)

// A Delivery is one webhook request whose signature was right.
type Delivery struct {
	ID       string // X-GitHub-Delivery; the same when GitHub delivers again
	Event    string // X-GitHub-Event
	Payload  []byte // the body
	Received time.Time
}

// An Event is the part of a [Delivery] that we act on: which pull request, and why.
// It is what the queue stores. Nothing else of the payload is kept: the rest can
// hold private code, and GitHub keeps it for redelivery.
type Event struct {
	Delivery string    `json:"delivery"` // ID of the delivery
	Received time.Time `json:"received"`

	Name   string `json:"name"` // GitHub's event and action
	Action string `json:"action"`
	Why    Why    `json:"why"`

	RepoID         int64  `json:"repo_id"`
	Owner          string `json:"owner"`
	Repo           string `json:"repo"`
	InstallationID int64  `json:"installation_id"`

	// Number is the pull request, or 0 where the payload does not name it and it has
	// to be found by HeadSHA: a check suite of a pull request from a fork.
	Number  int64  `json:"number"`
	HeadSHA string `json:"head_sha,omitempty"` // as the payload has it, which can be old

	Sender    string `json:"sender"` // login of who caused it
	SenderBot bool   `json:"sender_bot,omitempty"`

	CommentID int64     `json:"comment_id,omitempty"` // a command's comment
	Comment   string    `json:"comment,omitempty"`    // its text
	Created   time.Time `json:"created,omitzero"`     // when it was written, by GitHub's clock
	Button    string    `json:"button,omitempty"`     // identifier of the button
}

// ErrMalformed marks a delivery that GitHub would not send.
var ErrMalformed = errors.New("malformed delivery")

// Ignored is the error for a delivery that asks nothing of us; it says why.
type Ignored string

func (i Ignored) Error() string { return "ignored: " + string(i) }

// A Router tells what a delivery asks.
type Router struct {
	// AppID is the App's number. Check runs and suites of other Apps are ignored; 0
	// takes those of any App.
	AppID int64

	// IsCommand tells whether a comment holds a command. Nil looks for a line that
	// starts with /multistage, which may say yes too often (in a code block), never
	// too rarely.
	IsCommand func(comment string) bool
}

// Route makes the [Event] of a delivery. The error is an [Ignored] where there is
// nothing to do, or wraps [ErrMalformed].
func (r Router) Route(d Delivery) (Event, error) {
	if eventLabel(d.Event) != d.Event {
		if !json.Valid(d.Payload) {
			return Event{}, fmt.Errorf("%w: the body is not JSON", ErrMalformed)
		}
		return Event{}, Ignored("we do not act on this event")
	}
	var p payload
	if err := json.Unmarshal(d.Payload, &p); err != nil {
		return Event{}, fmt.Errorf("%w: the body is not the JSON of %s: %w", ErrMalformed, d.Event, err)
	}
	s, ok := subscription(d.Event, p.Action)
	if !ok {
		return Event{}, Ignored("we do not act on " + eventLabel(d.Event) + " " + actionLabel(p.Action))
	}
	e := Event{
		Delivery: d.ID, Received: d.Received, Name: d.Event, Action: p.Action, Why: s.Why,
		RepoID: p.Repository.ID, Owner: p.Repository.Owner.Login, Repo: p.Repository.Name,
		InstallationID: p.Installation.ID,
		Sender:         p.Sender.Login, SenderBot: p.Sender.Type == "Bot",
	}
	if e.InstallationID <= 0 {
		return Event{}, Ignored("it comes from a webhook of a repository or organisation, not from the App's")
	}
	if s.Why == WhyInstallation {
		return e, nil
	}
	if e.RepoID <= 0 || !nameForm.MatchString(e.Owner) || !nameForm.MatchString(e.Repo) {
		return Event{}, fmt.Errorf("%w: %s names no repository", ErrMalformed, d.Event)
	}
	if err := r.pullRequest(&e, p); err != nil {
		return Event{}, err
	}
	return e, nil
}

// nameForm is the form of an owner's or a repository's name. Both become part of
// addresses and log lines.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// pullRequest adds what the event is about.
func (r Router) pullRequest(e *Event, p payload) error {
	switch e.Name {
	case "pull_request":
		if e.Action == "edited" && p.Changes.Base == nil {
			return Ignored("title or description edited, not the base")
		}
		if e.SenderBot && (e.Action == "labeled" || e.Action == "unlabeled") {
			return Ignored("a bot's label")
		}
		e.Number, e.HeadSHA = p.PullRequest.Number, p.PullRequest.Head.SHA
	case "issue_comment":
		if err := r.isCommand(p); err != nil {
			return err
		}
		e.Number, e.CommentID, e.Comment, e.Created = p.Issue.Number, p.Comment.ID, p.Comment.Body, p.Comment.CreatedAt
	case "check_run":
		if r.AppID != 0 && p.CheckRun.App.ID != r.AppID {
			return Ignored("another App's check run")
		}
		e.Number, e.HeadSHA, e.Button = checkNumber(p.CheckRun, e.RepoID), p.CheckRun.HeadSHA, p.RequestedAction.Identifier
		return e.findable()
	case "check_suite":
		if r.AppID != 0 && p.CheckSuite.App.ID != r.AppID {
			return Ignored("another App's check suite")
		}
		e.Number, e.HeadSHA = checkNumber(p.CheckSuite, e.RepoID), p.CheckSuite.HeadSHA
		return e.findable()
	}
	if e.Number <= 0 {
		return fmt.Errorf("%w: %s names no pull request", ErrMalformed, e.Name)
	}
	return nil
}

func (r Router) isCommand(p payload) error {
	isCommand := r.IsCommand
	if isCommand == nil {
		isCommand = commandLine.MatchString
	}
	switch {
	case p.Issue.PullRequest == nil:
		return Ignored("a comment on an issue, not on a pull request")
	case p.Sender.Type == "Bot":
		return Ignored("a bot's comment")
	case !isCommand(p.Comment.Body):
		return Ignored("no command in the comment")
	case p.Comment.ID <= 0:
		return fmt.Errorf("%w: issue_comment without the comment's id", ErrMalformed)
	}
	return nil
}

var commandLine = regexp.MustCompile(`(?mi)^[ \t]*/multistage\b`)

var shaForm = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// findable holds that an event without a pull request has a head to find it by.
func (e *Event) findable() error {
	if e.Number <= 0 && !shaForm.MatchString(e.HeadSHA) {
		return fmt.Errorf("%w: %s names neither a pull request nor a commit", ErrMalformed, e.Name)
	}
	return nil
}

// checkNumber is the pull request of a check run or suite, or 0 where it names none
// or several of them.
func checkNumber(c payloadCheck, repoID int64) int64 {
	if number, ok := review.CheckPullRequest(c.ExternalID); ok {
		return int64(number)
	}
	var found int64
	for _, pull := range c.PullRequests {
		// The head can be in a pull request of a fork's own repository too.
		if pull.Base.Repo.ID != repoID || pull.Number <= 0 {
			continue
		}
		if found != 0 {
			return 0
		}
		found = pull.Number
	}
	return found
}
