package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// A Lane is the work of one pull request, in order: River has no order by key, so this
// is ours. Each delivery adds one to wanted; a run reads wanted, and where it has grown
// by the run's end there is one more run, however many deliveries came.
type Lane struct {
	RepoID int64
	Number int64 // pull request

	Owner, Repo    string // names at the time of the newest delivery
	InstallationID int64

	Wanted int64

	// Events are the deliveries that no run has done yet, oldest first. When Handle
	// returns nil they are done, in the transaction that ends the run. Each is given to
	// Handle at least once; after a crash once more.
	Events []Event
}

type laneKey struct{ repoID, number int64 }

func (e Event) key() laneKey { return laneKey{e.RepoID, e.Number} }

// laneArgs is the job of a lane. It holds nothing but the key, for a job is unique by its
// arguments.
type laneArgs struct {
	RepoID int64 `json:"repo_id"`
	Number int64 `json:"pr"`
}

func (laneArgs) Kind() string { return "lane" }

func (laneArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: laneQueue, MaxAttempts: riverAttempts,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: waitingStates}}
}

type laneWorker struct {
	river.WorkerDefaults[laneArgs]
	q *Queue
}

// NextRetry spreads retries by a fifth, for the jobs of one outage all fail together.
func (w *laneWorker) NextRetry(job *river.Job[laneArgs]) time.Time {
	backoff := w.q.Backoff(job.Attempt)
	return time.Now().Add(backoff + time.Duration(rand.Int64N(int64(backoff)/5+1)))
}

// Work runs a lane once.
func (w *laneWorker) Work(ctx context.Context, job *river.Job[laneArgs]) error {
	start := time.Now()
	lane, err := w.q.readLane(ctx, job.Args)
	if err != nil {
		return fmt.Errorf("read lane: %w", err)
	}
	run, release, free := w.q.running.enter(ctx, laneKey{lane.RepoID, lane.Number}, lane.Wanted)
	if !free {
		// A run that does not heed its deadline is still on it.
		return river.JobSnooze(minWait)
	}
	logger := w.q.Logger.With().EmbedObject(lane).Int64("job", job.ID).Int("attempt", job.Attempt).Logger()
	err = w.q.handle(logger.WithContext(run), lane)
	cause := context.Cause(run)
	release()

	settled := &settlement{q: w.q, job: job, lane: lane, err: err, cause: cause}
	err = settled.settle(ctx)
	line := logger.Info()
	if settled.outcome == outcomeRetried || settled.outcome == outcomeDiscarded {
		line = logger.Error()
	}
	line.AnErr("reason", settled.err).Str("outcome", settled.outcome).Int("events", len(lane.Events)).
		Dur("duration", time.Since(start)).Msg("lane")
	w.q.Metrics.job("lane", settled.outcome, time.Since(start))
	return err
}

// handle calls the handler and turns a panic into an error, logged here once with its stack.
func (q *Queue) handle(ctx context.Context, lane Lane) (err error) {
	defer func() {
		if value := recover(); value != nil {
			p := &PanicError{Value: value, Stack: string(debug.Stack())}
			q.Metrics.panicked()
			q.Logger.Error().EmbedObject(lane).Str("stack", p.Stack).Msg(p.Error())
			err = p
		}
	}()
	if lane.Number == 0 {
		return q.findPullRequests(ctx, lane)
	}
	return q.Handle(ctx, lane)
}

// findPullRequests passes the events of the repository's lane 0 on to the pull requests
// whose head they name.
func (q *Queue) findPullRequests(ctx context.Context, lane Lane) error {
	if q.Find == nil {
		return nil
	}
	for _, e := range lane.Events {
		numbers, err := q.Find(ctx, lane, e.HeadSHA)
		if err != nil {
			return fmt.Errorf("find the pull requests with head %s: %w", e.HeadSHA, err)
		}
		for _, number := range numbers {
			id := e.Delivery
			e.Number = number
			err := q.Accept(ctx, Delivery{ID: fmt.Sprintf("%s#%d", id, number)}, e)
			if err != nil && !errors.Is(err, ErrDone) {
				return err
			}
		}
	}
	return nil
}

func (q *Queue) readLane(ctx context.Context, key laneArgs) (Lane, error) {
	lane := Lane{RepoID: key.RepoID, Number: key.Number}
	err := q.store.tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, q.store.sql(`SELECT wanted, owner, repo, installation_id FROM lane WHERE repo_id = $1 AND pr = $2`),
			key.RepoID, key.Number).Scan(&lane.Wanted, &lane.Owner, &lane.Repo, &lane.InstallationID)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, q.store.sql(`SELECT event FROM delivery
			WHERE repo_id = $1 AND pr = $2 AND state = 'waiting' AND seq <= $3 ORDER BY seq`), key.RepoID, key.Number, lane.Wanted)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			var e Event
			if err := json.Unmarshal([]byte(text), &e); err != nil {
				return fmt.Errorf("stored event: %w", err)
			}
			lane.Events = append(lane.Events, e)
		}
		return rows.Err()
	})
	return lane, err
}

// running knows the lanes that run in this process.
type running struct {
	mu    sync.Mutex
	lanes map[laneKey]runningLane
}

type runningLane struct {
	wanted int64
	cancel context.CancelCauseFunc
}

func newRunning() *running { return &running{lanes: make(map[laneKey]runningLane)} }

// enter takes a lane, unless it is taken. The context ends when the lane is superseded.
func (r *running) enter(ctx context.Context, key laneKey, wanted int64) (run context.Context, release func(), free bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.lanes[key]; taken {
		return nil, nil, false
	}
	run, cancel := context.WithCancelCause(ctx)
	r.lanes[key] = runningLane{wanted, cancel}
	return run, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.lanes, key)
		cancel(errReleased)
	}, true
}

// supersede cancels a run that has read less than wanted.
func (r *running) supersede(key laneKey, wanted int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lane, ok := r.lanes[key]; ok && lane.wanted < wanted {
		lane.cancel(errSuperseded)
	}
}

type acknowledgeWorker struct {
	river.WorkerDefaults[acknowledgeArgs]
	q *Queue
}

func (*acknowledgeWorker) Timeout(*river.Job[acknowledgeArgs]) time.Duration {
	return acknowledgeTimeout
}

// Work acknowledges a command. It is best effort: after a few attempts it is left.
func (w *acknowledgeWorker) Work(ctx context.Context, job *river.Job[acknowledgeArgs]) error {
	start := time.Now()
	e := job.Args.Event
	logger := w.q.Logger.With().EmbedObject(e).Int64("job", job.ID).Int("attempt", job.Attempt).Logger()
	outcome := outcomeDone
	err := w.q.acknowledge(logger.WithContext(ctx), e)
	var wait *Wait
	var permanent *Permanent
	switch {
	case errors.As(err, &wait):
		outcome, err = outcomeWaited, river.JobSnooze(wait.duration(time.Now()))
	case errors.As(err, &permanent):
		outcome, err = outcomeDiscarded, river.JobCancel(permanent)
	case err != nil:
		outcome = outcomeRetried
		logger.Warn().Err(err).Msg("command not acknowledged")
	default:
		err = w.q.acknowledged(ctx, e)
	}
	w.q.Metrics.job("acknowledge", outcome, time.Since(start))
	return err
}

func (q *Queue) acknowledge(ctx context.Context, e Event) (err error) {
	defer func() {
		if value := recover(); value != nil {
			q.Metrics.panicked()
			p := &PanicError{Value: value, Stack: string(debug.Stack())}
			q.Logger.Error().EmbedObject(e).Str("stack", p.Stack).Msg(p.Error())
			err = p
		}
	}()
	if q.Acknowledge == nil {
		return nil
	}
	return q.Acknowledge(ctx, e)
}

func (q *Queue) acknowledged(ctx context.Context, e Event) error {
	_, err := q.store.db.ExecContext(ctx, q.store.sql(`UPDATE delivery SET acknowledged = 1 WHERE guid = $1`), e.Delivery)
	return err
}
