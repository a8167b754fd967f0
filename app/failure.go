package app

import (
	"errors"
	"fmt"
	"time"
)

// Wait is the error of a job that cannot go on before a time, such as when GitHub's
// rate limit is used up. The job gives back its worker and is tried again then; it
// does not count as an attempt.
type Wait struct {
	Until  time.Time
	Reason string
}

func (w *Wait) Error() string {
	return fmt.Sprintf("waiting until %s: %s", w.Until.UTC().Format(time.RFC3339), w.Reason)
}

// Permanent is the error of a job that will never succeed, such as for a repository
// that is gone. The job is discarded at once.
type Permanent struct{ Err error }

func (p *Permanent) Error() string { return p.Err.Error() }

// Unwrap returns the cause.
func (p *Permanent) Unwrap() error { return p.Err }

// PanicError is the error of a job that panicked.
type PanicError struct {
	Value any
	Stack string
}

func (p *PanicError) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// ErrDone is the error of [Queue.Accept] for a delivery, or a command, that is done.
var ErrDone = errors.New("this delivery is done already")

// Causes of a job's context being cancelled.
var (
	errSuperseded = errors.New("a newer delivery changes what this run reads")
	errReleased   = errors.New("the run is over")
)

// Waits are kept within bounds: a time in the past would make the job spin, one
// far ahead would leave the pull request alone for days.
const (
	minWait = time.Second
	maxWait = 2 * time.Hour
)

func (w *Wait) duration(now time.Time) time.Duration {
	return min(max(w.Until.Sub(now), minWait), maxWait)
}

// Backoff is the time before the next attempt of a job that failed attempt times:
// 2 s, doubled each time, at most an hour. With [MaxAttempts] a job goes on for
// some five hours, longer than most outages of GitHub.
func Backoff(attempt int) time.Duration {
	const first, most = 2 * time.Second, time.Hour
	if attempt < 1 {
		return first
	}
	if attempt > 11 {
		return most
	}
	return min(first<<(attempt-1), most)
}

// MaxAttempts is how often a job is tried before it is discarded.
const MaxAttempts = 16
