package app

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func openTestQueue(t *testing.T, o QueueOptions) *Queue {
	t.Helper()
	if o.Database == "" {
		o.Database = "sqlite:" + filepath.Join(t.TempDir(), "with space & #1%.db")
	}
	if o.Handle == nil {
		o.Handle = func(context.Context, Lane) error { return nil }
	}
	o.Backoff = func(int) time.Duration { return time.Millisecond }
	q, err := OpenQueue(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

func execute(t *testing.T, q *Queue, statement string, args ...any) {
	t.Helper()
	if _, err := q.store.db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}

func testEvent(id string, number int64) (Delivery, Event) {
	return Delivery{ID: id}, Event{Received: time.Now(), Name: "pull_request", Action: "opened", Why: WhyChanged,
		RepoID: 7, Owner: "octo", Repo: "shop", InstallationID: 3, Number: number}
}

func acceptTest(t *testing.T, q *Queue, id string, number int64) {
	t.Helper()
	d, e := testEvent(id, number)
	if err := q.Accept(context.Background(), d, e); err != nil {
		t.Fatal(err)
	}
}

func startTest(t *testing.T, q *Queue) {
	t.Helper()
	if err := q.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Drain(context.Background()) })
}

func idleTest(t *testing.T, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := q.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// The file is as safe as the 202 says: WAL with a full sync, one connection.
func TestSQLitePragmas(t *testing.T) {
	q := openTestQueue(t, QueueOptions{})
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000"} {
		var got string
		if err := q.store.db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pragma, got, err, want)
		}
	}
	if n := q.store.db.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d connections", n)
	}
}

// A database that cannot be written takes no delivery and makes the server not ready; when
// it can, all is well.
func TestReadOnlyDatabase(t *testing.T) {
	q := openTestQueue(t, QueueOptions{})
	execute(t, q, "PRAGMA query_only = 1")
	d, e := testEvent("one", 1)
	if err := q.Accept(context.Background(), d, e); err == nil {
		t.Error("accepted")
	}
	if err := q.Writable(context.Background()); err == nil {
		t.Error("writable")
	}
	execute(t, q, "PRAGMA query_only = 0")
	acceptTest(t, q, "one", 1)
	if err := q.Writable(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestNewerDatabase(t *testing.T) {
	o := QueueOptions{Database: "sqlite:" + filepath.Join(t.TempDir(), "x.db")}
	q := openTestQueue(t, o)
	execute(t, q, `INSERT INTO multistage_schema (version) VALUES (1000)`)
	q.Close()
	o.Handle = func(context.Context, Lane) error { return nil }
	_, err := OpenQueue(context.Background(), o)
	if err == nil || !strings.Contains(err.Error(), "newer multistage") {
		t.Errorf("got %v", err)
	}
	// The failure left no lock behind.
	if _, err := OpenQueue(context.Background(), o); errors.Is(err, ErrLocked) {
		t.Error(err)
	}
}

func TestPrune(t *testing.T) {
	q := openTestQueue(t, QueueOptions{})
	now := time.Now()
	for guid, age := range map[string]time.Duration{"done": 9, "old done": 11, "failed": 11, "old failed": 31, "waiting": 0} {
		acceptTest(t, q, guid, 1)
		state := strings.TrimPrefix(guid, "old ")
		execute(t, q, `UPDATE delivery SET state = ?1, finished_at = ?2 WHERE guid = ?3`,
			state, now.Add(-age*24*time.Hour).UnixMilli(), guid)
	}
	execute(t, q, `UPDATE delivery SET received_at = 0, finished_at = 0 WHERE guid = 'waiting'`)
	if err := q.prune(context.Background(), now); err != nil {
		t.Fatal(err)
	}
	var left string
	if err := q.store.db.QueryRow(`SELECT group_concat(guid, ', ') FROM (SELECT guid FROM delivery ORDER BY guid)`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != "done, failed, waiting" {
		t.Errorf("left are %s", left)
	}
}

// A run that took so long that its job was given to another does not end that one's job.
func TestJobTakenFromARun(t *testing.T) {
	var runs atomic.Int32
	var q *Queue
	q = openTestQueue(t, QueueOptions{Handle: func(context.Context, Lane) error {
		if runs.Add(1) == 1 {
			_, err := q.store.db.Exec(`UPDATE river_job SET attempt = attempt + 1`)
			return err
		}
		return nil
	}})
	startTest(t, q)
	acceptTest(t, q, "one", 1)
	idleTest(t, q)
	if s, err := q.Stats(context.Background()); err != nil || runs.Load() != 2 || s.Waiting != 0 || s.Failed != 0 {
		t.Errorf("%d runs, %+v, %v", runs.Load(), s, err)
	}
}

// Deliveries that wait without a job get one at the next start.
func TestMend(t *testing.T) {
	done := make(chan Lane, 5)
	q := openTestQueue(t, QueueOptions{Handle: func(_ context.Context, l Lane) error { done <- l; return nil }})
	acceptTest(t, q, "one", 1)
	acceptTest(t, q, "two", 2)
	execute(t, q, `DELETE FROM river_job WHERE id = (SELECT MIN(id) FROM river_job)`)
	startTest(t, q)
	idleTest(t, q)
	if len(done) != 2 {
		t.Errorf("%d runs, want 2", len(done))
	}
}

// A run that does not heed its deadline does not stop the other lanes.
func TestStuckRun(t *testing.T) {
	release := make(chan struct{})
	done := make(chan struct{}, 1)
	q := openTestQueue(t, QueueOptions{Workers: 1, Deadline: time.Millisecond, stuckAfter: 10 * time.Millisecond,
		Handle: func(_ context.Context, l Lane) error {
			if l.Number == 1 {
				<-release
			} else {
				done <- struct{}{}
			}
			return nil
		}})
	startTest(t, q)
	acceptTest(t, q, "stuck", 1)
	acceptTest(t, q, "other", 2)
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("the other lane waits for the stuck one")
	}
	close(release)
	idleTest(t, q)
	if s, err := q.Stats(context.Background()); err != nil || s.Waiting != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// What a done event said is not kept; what a failed one said is.
func TestStoredText(t *testing.T) {
	q := openTestQueue(t, QueueOptions{MaxAttempts: 1, Handle: func(_ context.Context, l Lane) error {
		if l.Number == 2 {
			return errors.New("no luck")
		}
		return nil
	}})
	startTest(t, q)
	acceptTest(t, q, "fine", 1)
	acceptTest(t, q, "fails", 2)
	idleTest(t, q)
	for guid, want := range map[string]string{"fine": "done||0", "fails": "failed|no luck|1"} {
		var got string
		err := q.store.db.QueryRow(`SELECT state || '|' || reason || '|' || (event <> '') FROM delivery WHERE guid = ?1`, guid).Scan(&got)
		if err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", guid, got, err, want)
		}
	}
	var discarded string
	if err := q.store.db.QueryRow(`SELECT json_extract(json(errors), '$[0].error') FROM river_job WHERE state = 'discarded'`).Scan(&discarded); err != nil || discarded != "no luck" {
		t.Errorf("the discarded job says %q (%v)", discarded, err)
	}
}

func TestWaitBounds(t *testing.T) {
	now := time.Now()
	for until, want := range map[time.Duration]time.Duration{
		-time.Hour: minWait, 0: minWait, time.Minute: time.Minute, 100 * time.Hour: maxWait,
	} {
		if got := (&Wait{Until: now.Add(until)}).duration(now); got != want {
			t.Errorf("until %s: %s, want %s", until, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	var total time.Duration
	last := time.Duration(0)
	for attempt := 0; attempt < MaxAttempts; attempt++ {
		d := Backoff(attempt)
		if d < 2*time.Second || d > time.Hour || d < last {
			t.Errorf("after attempt %d: %s", attempt, d)
		}
		last, total = d, total+d
	}
	if total < 4*time.Hour || total > 8*time.Hour {
		t.Errorf("all attempts take %s", total)
	}
	if Backoff(1<<30) != time.Hour {
		t.Error("no bound")
	}
}

// A queue can be opened again with the same figures.
func TestMetricsOfAReopenedQueue(t *testing.T) {
	m := NewMetrics()
	for range 2 {
		q := openTestQueue(t, QueueOptions{Metrics: m})
		if _, err := m.Registry.Gather(); err != nil {
			t.Error(err)
		}
		q.Close()
	}
}

func TestSplitDatabase(t *testing.T) {
	for database, want := range map[string]string{
		"sqlite:multistage.db":     "sqlite multistage.db",
		"sqlite:/var/lib/x.db":     "sqlite /var/lib/x.db",
		"sqlite:///var/lib/x.db":   "sqlite /var/lib/x.db",
		"postgres://u:p@h/d":       "postgres postgres://u:p@h/d",
		"postgresql:///d?host=/s":  "postgres postgresql:///d?host=/s",
		"sqlite:":                  " ",
		"sqlite:file::memory:":     " ",
		"multistage.db":            " ",
		"postgres://u:p@%zz/d":     " ",
		"postgres://u:p@/nowhere?": " ",
	} {
		kind, name, err := splitDatabase(database)
		if got := kind + " " + name; got != want || (err != nil) != (want == " ") {
			t.Errorf("%s: %q, %v", database, got, err)
		}
	}
}
