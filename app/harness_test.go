package app_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app"
)

// patience is how long a test waits for what it expects; only a failing test takes it.
const patience = 60 * time.Second

func sqliteFile(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "multistage.db")
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// open opens a queue that retries at once and is drained when the test ends.
func open(t testing.TB, o app.QueueOptions) *app.Queue {
	t.Helper()
	if o.Database == "" {
		o.Database = sqliteFile(t)
	}
	if o.Backoff == nil {
		o.Backoff = func(int) time.Duration { return 5 * time.Millisecond }
	}
	q, err := app.OpenQueue(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

func start(t testing.TB, q *app.Queue) {
	t.Helper()
	if err := q.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Drain(within(t)); err != nil {
			t.Error(err)
		}
	})
}

// push is a synchronize of a pull request in a repository.
func push(id string, number int64) (app.Delivery, app.Event) {
	return app.Delivery{ID: id, Event: "pull_request"}, app.Event{
		Received: time.Now(), Name: "pull_request", Action: "synchronize", Why: app.WhyChanged,
		RepoID: 7, Owner: "octo", Repo: "shop", InstallationID: 3, Number: number, HeadSHA: strings.Repeat("a", 40),
	}
}

// opened is an event that does not supersede a run.
func opened(id string, number int64) (app.Delivery, app.Event) {
	d, e := push(id, number)
	e.Action = "opened"
	return d, e
}

func command(id string, number, comment int64) (app.Delivery, app.Event) {
	d, e := push(id, number)
	d.Event, e.Name, e.Action, e.Why = "issue_comment", "issue_comment", "created", app.WhyCommand
	e.CommentID, e.Comment = comment, "/multistage help"
	return d, e
}

func accept(t testing.TB, q *app.Queue, d app.Delivery, e app.Event) {
	t.Helper()
	if err := q.Accept(within(t), d, e); err != nil {
		t.Fatal(err)
	}
}

func idle(t testing.TB, q *app.Queue) {
	t.Helper()
	if err := q.Idle(within(t)); err != nil {
		t.Fatal(err)
	}
}

func stats(t testing.TB, q *app.Queue) app.Stats {
	t.Helper()
	s, err := q.Stats(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func receive[T any](t testing.TB, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatal("nothing happened")
	}
	return v
}

func ids(events []app.Event) string {
	var s []string
	for _, e := range events {
		s = append(s, e.Delivery)
	}
	return strings.Join(s, " ")
}

// everyDatabase runs a test on SQLite, and on Postgres where TEST_POSTGRES
// names an empty database.
func everyDatabase(t *testing.T, test func(t *testing.T, database string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteFile(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgres(t)) })
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
