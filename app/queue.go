package app

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"
)

// QueueOptions are the parts of a [Queue].
type QueueOptions struct {
	Database string // as MULTISTAGE_DATABASE: sqlite:FILE or postgres://…
	Logger   zerolog.Logger
	Metrics  *Metrics // may be nil

	// Deadline is the longest that a run of a lane may take; 0 is 15 minutes. Its context
	// ends then, and the run counts as failed.
	Deadline time.Duration

	// Workers is how many lanes run at a time; 0 is 4.
	Workers int

	// Handle runs a lane. It returns nil when everything that the lane's events ask for
	// is done, a [*Wait], a [*Permanent], or another error to be tried again. It may be
	// stopped between any two steps and called again with the same events, so each
	// step must be one that can be repeated. zerolog.Ctx gives its logger.
	Handle func(context.Context, Lane) error

	// Acknowledge tells the author of a command that it was seen, apart from the lane's
	// work and soon; nil does nothing.
	Acknowledge func(context.Context, Event) error

	// Find returns the pull requests of a repository whose head is a commit, for an event
	// that does not name its pull request. Nil finds none.
	Find func(ctx context.Context, lane Lane, headSHA string) ([]int64, error)

	MaxAttempts int                             // 0 is [MaxAttempts]
	Backoff     func(attempt int) time.Duration // nil is [Backoff]

	stuckAfter time.Duration // past the deadline; 0 is stuckAfter
}

// A Queue keeps deliveries until they are done, across any end of the process, and
// runs them: one lane for each pull request, one run of a lane at a time.
type Queue struct {
	QueueOptions
	store   *store
	client  *river.Client[*sql.Tx]
	running *running
	stop    context.CancelFunc // of the goroutine that prunes
}

// Queues of River: acknowledgements have one of their own, so that they do not wait
// behind the lanes.
const (
	laneQueue        = "lanes"
	acknowledgeQueue = "acknowledgements"
)

const (
	defaultDeadline    = 15 * time.Minute
	acknowledgeTimeout = 30 * time.Second
	stuckAfter         = 30 * time.Second // past the deadline
	riverAttempts      = 30_000           // River never gives up: we do, in settle
)

// OpenQueue opens the queue's database, brings its tables up to date and gives back
// what a killed process was working on. Nothing runs before [Queue.Start]. The error
// wraps [ErrLocked] when another process has the file.
func OpenQueue(ctx context.Context, o QueueOptions) (*Queue, error) {
	if o.Handle == nil {
		return nil, errors.New("a queue needs a Handle")
	}
	o.Deadline = cmp.Or(o.Deadline, defaultDeadline)
	o.Workers = cmp.Or(o.Workers, 4)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, MaxAttempts)
	o.stuckAfter = cmp.Or(o.stuckAfter, stuckAfter)
	if o.Backoff == nil {
		o.Backoff = Backoff
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	store, err := openStore(ctx, o.Database)
	if err != nil {
		return nil, err
	}
	q := &Queue{QueueOptions: o, store: store, running: newRunning(), stop: func() {}}
	jobs, err := store.recover(ctx)
	if err == nil {
		q.client, err = river.NewClient(store.driver, q.riverConfig())
	}
	if err != nil {
		store.close()
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	if jobs > 0 {
		o.Logger.Warn().Int64("jobs", jobs).Msg("the last process ended in the middle of jobs; they run again")
	}
	o.Metrics.watch(q)
	return q, nil
}

func (q *Queue) riverConfig() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &laneWorker{q: q})
	river.AddWorker(workers, &acknowledgeWorker{q: q})
	return &river.Config{
		Logger: slog.New(zerolog.NewSlogHandler(q.Logger.Level(max(q.Logger.GetLevel(), zerolog.WarnLevel)))),
		Queues: map[string]river.QueueConfig{
			laneQueue:        {MaxWorkers: q.Workers},
			acknowledgeQueue: {MaxWorkers: 4},
		},
		Workers:              workers,
		JobTimeout:           q.Deadline,
		JobStuckThreshold:    q.stuckAfter,
		JobStuckHandler:      q.stuck,
		RescueStuckJobsAfter: q.Deadline + stuckAfter + time.Minute,
		MaxAttempts:          riverAttempts,
		// Indexes of some thousand rows need no rebuilding every night.
		ReindexerIndexNames: []string{},
	}
}

// silent is the log of River's migrations, which tell every table at each start.
func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// stuck gives a run that does not heed its deadline a worker more, so that a few of
// them do not stop all lanes. Its own lane waits (see running).
func (q *Queue) stuck(_ context.Context, p river.JobStuckHandlerParams) river.JobStuckHandlerResult {
	q.Metrics.stuck()
	q.Logger.Error().Str("kind", p.Kind).Int64("job", p.ID).Int("stuck", p.TotalStuckJobs).
		Msg("job does not end at its deadline")
	return river.JobStuckHandlerResult{AddWorkerSlot: p.TotalStuckJobs <= 2*q.Workers}
}

// Start runs what is in the queue and what comes. The end of ctx does not stop it: that
// is [Queue.Drain].
func (q *Queue) Start(ctx context.Context) error {
	ctx, q.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := q.mend(ctx); err != nil {
		return fmt.Errorf("look for deliveries without a job: %w", err)
	}
	go q.pruneEvery(ctx, time.Hour)
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	return nil
}

// hardStop is how long runs whose context was cancelled get to return.
const hardStop = 10 * time.Second

// Drain starts nothing more and lets what runs end until ctx does. Then it cancels what
// still runs; that stays in the queue, without an attempt counted, for the next
// start. Deliveries are still accepted, and kept.
func (q *Queue) Drain(ctx context.Context) error {
	q.stop()
	if q.client.Stop(ctx) == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), hardStop)
	defer cancel()
	if err := q.client.StopAndCancel(hard); err != nil {
		return fmt.Errorf("a job does not end: %w", err)
	}
	return nil
}

// Close closes the database. Call it after [Queue.Drain].
func (q *Queue) Close() {
	q.stop()
	q.Metrics.unwatch(q)
	q.store.close()
}

// Idle waits until no job is running or about to run. Jobs that wait for a later time
// do not count.
func (q *Queue) Idle(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var busy int
		err := q.store.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM river_job WHERE state IN ('available', 'pending', 'running')`).Scan(&busy)
		if err != nil || busy == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Stats is the state of the queue at a moment.
type Stats struct {
	Jobs    map[string]int // unfinished jobs of lanes by River's state: available, running, retryable, scheduled
	Waiting int            // deliveries that are stored and not done
	Failed  int            // deliveries that were given up
	Oldest  time.Duration  // age of the oldest waiting delivery
}

// Stats counts.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{Jobs: make(map[string]int)}
	for _, state := range waitingStates {
		stats.Jobs[string(state)] = 0
	}
	rows, err := q.store.db.QueryContext(ctx, q.store.sql(`SELECT state, COUNT(*) FROM river_job WHERE kind = $1
		AND state IN ('available', 'pending', 'running', 'retryable', 'scheduled') GROUP BY state`), laneArgs{}.Kind())
	if err != nil {
		return stats, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return stats, err
		}
		stats.Jobs[state] = n
	}
	if err := rows.Err(); err != nil {
		return stats, err
	}
	var oldest int64
	err = q.store.db.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM delivery WHERE state = 'waiting'),
		(SELECT COUNT(*) FROM delivery WHERE state = 'failed'),
		(SELECT COALESCE(MIN(received_at), 0) FROM delivery WHERE state = 'waiting')`).Scan(&stats.Waiting, &stats.Failed, &oldest)
	if oldest > 0 {
		stats.Oldest = max(0, time.Since(time.UnixMilli(oldest)))
	}
	return stats, err
}

// waitingStates are the states in which a lane has a job: at most one.
var waitingStates = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
	rivertype.JobStateScheduled, rivertype.JobStateRetryable,
}

// Writable writes a row, which is what readiness rests on: a full disk or a read-only
// database can still be read.
func (q *Queue) Writable(ctx context.Context) error {
	_, err := q.store.db.ExecContext(ctx, q.store.sql(`INSERT INTO heartbeat (id, beaten_at) VALUES (1, $1)
		ON CONFLICT (id) DO UPDATE SET beaten_at = excluded.beaten_at`), time.Now().UnixMilli())
	return err
}

// mend gives a job to every lane that has deliveries waiting and none. The transactions of
// Accept and settle leave no such lane; a hand in the database could.
func (q *Queue) mend(ctx context.Context) error {
	return q.store.tx(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT DISTINCT repo_id, pr FROM delivery WHERE state = 'waiting'`)
		if err != nil {
			return err
		}
		var lanes []laneArgs
		for rows.Next() {
			var lane laneArgs
			if err := rows.Scan(&lane.RepoID, &lane.Number); err != nil {
				_ = rows.Close()
				return err
			}
			lanes = append(lanes, lane)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		for _, lane := range lanes {
			result, err := q.client.InsertTx(ctx, tx, lane, nil)
			if err != nil {
				return err
			}
			if !result.UniqueSkippedAsDuplicate {
				q.Logger.Warn().Int64("repo_id", lane.RepoID).Int64(LogKeyPRNum, lane.Number).Msg("deliveries were waiting without a job")
			}
		}
		return nil
	})
}

// How long finished deliveries are kept: longer than GitHub delivers them again (3 days,
// 7 on GitHub Enterprise Server), for a repeated one is known by its row.
const (
	keepDone   = 10 * 24 * time.Hour
	keepFailed = 30 * 24 * time.Hour
)

func (q *Queue) pruneEvery(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := q.prune(ctx, time.Now()); err != nil && ctx.Err() == nil {
				q.Logger.Warn().Err(err).Msg("old deliveries could not be deleted")
			}
		case <-ctx.Done():
			return
		}
	}
}

func (q *Queue) prune(ctx context.Context, now time.Time) error {
	_, err := q.store.db.ExecContext(ctx, q.store.sql(`DELETE FROM delivery
		WHERE (state = 'done' AND finished_at < $1) OR (state = 'failed' AND finished_at < $2)`),
		now.Add(-keepDone).UnixMilli(), now.Add(-keepFailed).UnixMilli())
	return err
}
