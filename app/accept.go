package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// States of a delivery. A delivery is in one of them from before its 202 on.
const (
	stateWaiting = "waiting" // for a run of its lane
	stateDone    = "done"
	stateFailed  = "failed" // given up; delivered again, it waits again
)

// Accept stores a delivery and wakes its lane, in one transaction: after nil it is not
// lost any more. The error is [ErrDone] for a delivery that is done already. One that is
// known and not done is taken again, for GitHub delivers again under the same ID.
func (q *Queue) Accept(ctx context.Context, d Delivery, e Event) error {
	if e.RepoID <= 0 || e.Number < 0 || d.ID == "" {
		return fmt.Errorf("%w: no repository or no ID", ErrMalformed)
	}
	e.Delivery = d.ID
	var wanted int64
	err := q.store.tx(ctx, func(tx *sql.Tx) (err error) {
		wanted, err = q.accept(ctx, tx, e)
		return err
	})
	if err != nil {
		return err
	}
	if s, ok := subscription(e.Name, e.Action); ok && s.Supersedes {
		q.running.supersede(e.key(), wanted)
	}
	return nil
}

// accept locks the lane first, as settle does: on Postgres that puts the two in order.
func (q *Queue) accept(ctx context.Context, tx *sql.Tx, e Event) (wanted int64, err error) {
	err = tx.QueryRowContext(ctx, q.store.sql(`
		INSERT INTO lane (repo_id, pr, wanted, owner, repo, installation_id) VALUES ($1, $2, 0, $3, $4, $5)
		ON CONFLICT (repo_id, pr) DO UPDATE
		SET owner = excluded.owner, repo = excluded.repo, installation_id = excluded.installation_id
		RETURNING wanted`),
		e.RepoID, e.Number, e.Owner, e.Repo, e.InstallationID).Scan(&wanted)
	if err != nil {
		return 0, err
	}
	known, err := q.known(ctx, tx, e)
	if err != nil {
		return 0, err
	}
	switch known.state {
	case stateDone:
		q.Metrics.duplicate("delivery")
		return 0, ErrDone
	case stateWaiting:
		// A run will do it; only the job is made sure of.
		q.Metrics.duplicate("delivery")
		return wanted, q.wake(ctx, tx, e)
	}
	wanted++
	if err := q.storeEvent(ctx, tx, known, e, wanted); err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, q.store.sql(`UPDATE lane SET wanted = $3 WHERE repo_id = $1 AND pr = $2`), e.RepoID, e.Number, wanted)
	if err != nil {
		return 0, err
	}
	if err := q.wake(ctx, tx, e); err != nil {
		return 0, err
	}
	return wanted, q.acknowledgeLater(ctx, tx, known, e)
}

// A knownDelivery is what the table has for an event: nothing, when guid is empty.
type knownDelivery struct {
	guid, state  string
	acknowledged bool
}

// known looks an event up by its delivery, and a command by its comment too: with
// webhooks on several levels the same comment comes under different IDs.
func (q *Queue) known(ctx context.Context, tx *sql.Tx, e Event) (knownDelivery, error) {
	var k knownDelivery
	err := tx.QueryRowContext(ctx, q.store.sql(`SELECT guid, state, acknowledged <> 0 FROM delivery
		WHERE guid = $1 OR (repo_id = $2 AND pr = $3 AND comment_id = $4 AND comment_id <> 0)
		ORDER BY CASE state WHEN 'done' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END LIMIT 1`),
		e.Delivery, e.RepoID, e.Number, e.CommentID).Scan(&k.guid, &k.state, &k.acknowledged)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return k, err
}

func (q *Queue) storeEvent(ctx context.Context, tx *sql.Tx, known knownDelivery, e Event, seq int64) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if known.guid != "" {
		_, err = tx.ExecContext(ctx, q.store.sql(`UPDATE delivery
			SET state = 'waiting', seq = $2, event = $3, received_at = $4, reason = '', finished_at = 0 WHERE guid = $1`),
			known.guid, seq, string(text), e.Received.UnixMilli())
		return err
	}
	_, err = tx.ExecContext(ctx, q.store.sql(`INSERT INTO delivery
		(guid, repo_id, pr, seq, comment_id, state, event, reason, acknowledged, received_at, finished_at)
		VALUES ($1, $2, $3, $4, $5, 'waiting', $6, '', 0, $7, 0)`),
		e.Delivery, e.RepoID, e.Number, seq, e.CommentID, string(text), e.Received.UnixMilli())
	return err
}

// wake makes sure that the lane has a job, and that the job does not sleep. A job that is
// running is left: it sees that wanted has grown.
func (q *Queue) wake(ctx context.Context, tx *sql.Tx, e Event) error {
	result, err := q.client.InsertTx(ctx, tx, laneArgs{RepoID: e.RepoID, Number: e.Number}, nil)
	if err != nil || !result.UniqueSkippedAsDuplicate {
		return err
	}
	q.Metrics.duplicate("lane")
	switch result.Job.State {
	case rivertype.JobStateRetryable, rivertype.JobStateScheduled:
		_, err = q.client.JobRetryTx(ctx, tx, result.Job.ID)
	}
	return err
}

// acknowledgeLater inserts the job that acknowledges a command, once for each command.
func (q *Queue) acknowledgeLater(ctx context.Context, tx *sql.Tx, known knownDelivery, e Event) error {
	if e.Why != WhyCommand || q.Acknowledge == nil || known.acknowledged {
		return nil
	}
	_, err := q.client.InsertTx(ctx, tx, acknowledgeArgs{Delivery: e.Delivery, Event: e}, nil)
	return err
}

// Known tells whether a delivery is stored, done or not, and not given up.
func (q *Queue) Known(ctx context.Context, delivery string) (bool, error) {
	var n int
	err := q.store.db.QueryRowContext(ctx, q.store.sql(
		`SELECT COUNT(*) FROM delivery WHERE guid = $1 AND state <> 'failed'`), delivery).Scan(&n)
	return n > 0, err
}

// acknowledgeArgs is the job that acknowledges a command. It carries the event itself, so
// that it does not depend on the lane, which may be done with it first.
type acknowledgeArgs struct {
	Delivery string `json:"delivery" river:"unique"`
	Event    Event  `json:"event"`
}

func (acknowledgeArgs) Kind() string { return "acknowledge" }

func (acknowledgeArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: acknowledgeQueue, MaxAttempts: 5,
		UniqueOpts: river.UniqueOpts{ByArgs: true}}
}
