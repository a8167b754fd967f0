package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// How a run of a job ended: the label of the metric and the word in the log.
const (
	outcomeDone       = "done"
	outcomeRetried    = "retried"    // failed, and tried again later
	outcomeWaited     = "waited"     // asked to be run at a later time
	outcomeSuperseded = "superseded" // stopped for a newer delivery
	outcomeStopped    = "stopped"    // stopped because the process ends
	outcomeDiscarded  = "discarded"  // given up
)

// settleTimeout bounds the transaction that ends a run. It has a context of its own: the
// run's may be over.
const settleTimeout = 15 * time.Second

// A settlement decides what becomes of a job whose run has ended.
type settlement struct {
	q     *Queue
	job   *river.Job[laneArgs]
	lane  Lane
	err   error // of the handler
	cause error // of the end of the run's context

	outcome string
}

// settle returns what the worker returns to River: nil once the job is finished in our
// own transaction, a snooze, or the error to try again after.
//
// River itself never finishes a lane's job: between the worker's return and River's
// own write, a delivery could find the job still running, add no other, and be lost
// with it.
func (s *settlement) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	var wait *Wait
	var permanent *Permanent
	switch {
	case s.err == nil:
		s.outcome = outcomeDone
		return s.finish(ctx, stateDone)
	case errors.Is(s.cause, errSuperseded):
		s.outcome = outcomeSuperseded
		return river.JobSnooze(0)
	case s.cause != nil && !errors.Is(s.cause, context.DeadlineExceeded):
		s.outcome = outcomeStopped
		return river.JobSnooze(0)
	case errors.As(s.err, &wait):
		s.outcome = outcomeWaited
		return river.JobSnooze(wait.duration(time.Now()))
	case errors.As(s.err, &permanent), s.job.Attempt >= s.q.MaxAttempts:
		s.outcome = outcomeDiscarded
		return s.finish(ctx, stateFailed)
	}
	if s.cause != nil {
		s.err = fmt.Errorf("over the deadline of %s: %w", s.q.Deadline, s.err)
	}
	s.outcome = outcomeRetried
	if s.grown(ctx) {
		// A delivery that came during the run does not wait for this one's back-off.
		return river.JobSnooze(0)
	}
	return s.err
}

func (s *settlement) grown(ctx context.Context) bool {
	var wanted int64
	err := s.q.store.db.QueryRowContext(ctx, s.q.store.sql(`SELECT wanted FROM lane WHERE repo_id = $1 AND pr = $2`),
		s.lane.RepoID, s.lane.Number).Scan(&wanted)
	return err == nil && wanted > s.lane.Wanted
}

// finish ends the lane's events and the job in one transaction. Where a delivery came
// during the run, there is a new job after it.
func (s *settlement) finish(ctx context.Context, state string) error {
	err := s.q.store.tx(ctx, func(tx *sql.Tx) error {
		var wanted int64
		// An update that changes nothing, to lock the lane as Accept does.
		err := tx.QueryRowContext(ctx, s.q.store.sql(`UPDATE lane SET wanted = wanted WHERE repo_id = $1 AND pr = $2 RETURNING wanted`),
			s.lane.RepoID, s.lane.Number).Scan(&wanted)
		if err != nil {
			return err
		}
		if err := s.finishEvents(ctx, tx, state); err != nil {
			return err
		}
		if err := s.finishJob(ctx, tx, state); err != nil {
			return err
		}
		if wanted == s.lane.Wanted {
			return nil
		}
		_, err = s.q.client.InsertTx(ctx, tx, s.job.Args, nil)
		return err
	})
	if err != nil {
		s.outcome = outcomeRetried
		s.err = errors.Join(s.err, fmt.Errorf("end the run: %w", err))
		return s.err
	}
	if state == stateDone {
		for _, e := range s.lane.Events {
			s.q.Metrics.age(time.Since(e.Received))
		}
	}
	return nil
}

// finishEvents keeps the text of a failed event, for whoever looks into it, and not of
// one that is done.
func (s *settlement) finishEvents(ctx context.Context, tx *sql.Tx, state string) error {
	reason := ""
	if s.err != nil {
		reason = clip(s.err.Error(), 2000)
	}
	_, err := tx.ExecContext(ctx, s.q.store.sql(`UPDATE delivery
		SET state = $1, reason = $2, finished_at = $3, event = CASE WHEN $4 = 1 THEN '' ELSE event END
		WHERE repo_id = $5 AND pr = $6 AND state = 'waiting' AND seq <= $7`),
		state, reason, time.Now().UnixMilli(), boolean(state == stateDone), s.lane.RepoID, s.lane.Number, s.lane.Wanted)
	return err
}

func (s *settlement) finishJob(ctx context.Context, tx *sql.Tx, state string) error {
	// On Postgres the job may have been given to another process after its rescue time.
	var ours int
	err := tx.QueryRowContext(ctx, s.q.store.sql(`SELECT COUNT(*) FROM river_job WHERE id = $1 AND state = 'running' AND attempt = $2`),
		s.job.ID, s.job.Attempt).Scan(&ours)
	if err != nil {
		return err
	}
	if ours == 0 {
		return errors.New("the job was taken from this run, which took too long")
	}
	now := time.Now().UTC()
	params := riverdriver.JobSetStateCompleted(s.job.ID, now, nil)
	if state == stateFailed {
		text, err := json.Marshal(rivertype.AttemptError{At: now, Attempt: s.job.Attempt, Error: s.err.Error()})
		if err != nil {
			return err
		}
		params = riverdriver.JobSetStateDiscarded(s.job.ID, now, text, nil)
	}
	_, err = s.q.store.driver.UnwrapExecutor(tx).JobSetStateIfRunningMany(ctx, &riverdriver.JobSetStateIfRunningManyParams{
		ID: []int64{params.ID}, Attempt: []*int{params.Attempt}, ErrData: [][]byte{params.ErrData},
		FinalizedAt: []*time.Time{params.FinalizedAt}, MetadataDoMerge: []bool{false}, MetadataUpdates: [][]byte{nil},
		ScheduledAt: []*time.Time{params.ScheduledAt}, State: []rivertype.JobState{params.State},
	})
	return err
}

func clip(text string, most int) string {
	if len(text) > most {
		return text[:most]
	}
	return text
}

func boolean(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
