package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
)

// Errors that a caller tells apart. They are wrapped with what was asked.
var (
	// ErrHeadMoved: the head is no longer the one that was read, so nothing was
	// written. The push that moved it has an event of its own.
	ErrHeadMoved = errors.New("the pull request's head moved")

	// ErrGone: the installation, the repository or the pull request is not there, or
	// the installation is suspended. Trying again does not help.
	ErrGone = errors.New("not there, or the App has no access to it")

	// ErrPermission: the installation did not grant what the call needs. See
	// [PermissionError] for which.
	ErrPermission = errors.New("permission not granted to the App")

	// ErrFork: the head is in another repository, which is not written to.
	ErrFork = errors.New("the head is in a fork")

	// ErrNothingToApply: there is no suggested-change commit for this head.
	ErrNothingToApply = errors.New("there is no suggested commit for this head")

	// ErrRefused: the repository's rules do not allow the write, such as a ruleset that
	// restricts who creates or updates refs.
	ErrRefused = errors.New("the repository's rules do not allow it")
)

// errNotYet is ErrGone for a pull request: one that was opened a moment ago may not be
// there for all of GitHub yet.
var errNotYet = fmt.Errorf("no such pull request: %w", ErrGone)

// RateLimited is the error of a call that GitHub, or the memory of its last answer,
// does not allow now. Nothing more may be asked for the installation before Until:
// https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
type RateLimited struct {
	Until     time.Time
	Secondary bool // the limit on bursts, not that of the hour
}

func (r *RateLimited) Error() string {
	kind := "primary"
	if r.Secondary {
		kind = "secondary"
	}
	return fmt.Sprintf("GitHub's %s rate limit is reached until %s", kind, r.Until.UTC().Format(time.RFC3339))
}

// PermissionError says which permission an installation lacks. It is ErrPermission.
type PermissionError struct {
	Permission string // in the App's manifest: contents, pull_requests, checks
	Level      string // read or write
}

func (p *PermissionError) Error() string {
	return fmt.Sprintf("the installation has not granted %s: %s (an owner accepts it in the installation's settings)",
		p.Permission, p.Level)
}

// Is makes it ErrPermission.
func (p *PermissionError) Is(target error) bool { return target == ErrPermission }

// secretForm finds what must not reach a log: GitHub's tokens, JWTs, and the token in
// an archive's address (https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/).
var secretForm = regexp.MustCompile(`gh[a-z]_[A-Za-z0-9_]{8,}|github_pat_\w+|eyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:token=)[^&\s"]+`)

// redacted is an error whose text has no secrets.
type redacted struct{ err error }

func (r redacted) Error() string { return secretForm.ReplaceAllString(r.err.Error(), "…") }
func (r redacted) Unwrap() error { return r.err }

// failed is the error of a call, in our own kinds; what says what was asked.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	if limit := (*RateLimited)(nil); errors.As(err, &limit) {
		return fmt.Errorf("%s: %w", what, limit)
	}
	// go-github refuses a call by itself when the last answer said that nothing remains.
	if limit := (*github.RateLimitError)(nil); errors.As(err, &limit) {
		return fmt.Errorf("%s: %w", what, &RateLimited{Until: limit.Rate.Reset.Time})
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", what, redacted{err})
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("%s: %w: %w", what, kind, redacted{err})
	}
	return fmt.Errorf("%s: %w", what, redacted{err})
}

// kindOf is the sentinel for an answer's status; nil for none. A 404 is also GitHub's
// answer for what the token may not see.
func kindOf(err error) error {
	if errors.Is(err, ErrPermission) || errors.Is(err, ErrGone) {
		return nil
	}
	switch status(err) {
	case http.StatusNotFound, http.StatusGone, http.StatusUnavailableForLegalReasons:
		return ErrGone
	case http.StatusForbidden:
		return ErrPermission
	}
	return nil
}

// status is the HTTP status of an error, 0 where it has none.
func status(err error) int {
	if answer := (*github.ErrorResponse)(nil); errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.StatusCode
	}
	if token := (*ghinstallation.HTTPError)(nil); errors.As(err, &token) && token.Response != nil {
		return token.Response.StatusCode
	}
	return 0
}
