package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app"
)

func TestLaneGetsItsEvents(t *testing.T) {
	everyDatabase(t, func(t *testing.T, database string) {
		lanes := make(chan app.Lane, 10)
		q := open(t, app.QueueOptions{Database: database, Handle: func(_ context.Context, l app.Lane) error {
			lanes <- l
			return nil
		}})
		d, e := opened("one", 5)
		accept(t, q, d, e)
		d, e = command("two", 5, 99)
		e.Repo = "shop-renamed"
		accept(t, q, d, e)
		start(t, q)
		lane := receive(t, lanes)
		idle(t, q)
		if lane.RepoID != 7 || lane.Number != 5 || lane.Owner != "octo" || lane.Repo != "shop-renamed" || lane.InstallationID != 3 || lane.Wanted != 2 {
			t.Errorf("lane is %+v", lane)
		}
		if got := ids(lane.Events); got != "one two" {
			t.Fatalf("events are %q", got)
		}
		if c := lane.Events[1]; c.CommentID != 99 || c.Comment != "/multistage help" || c.Why != app.WhyCommand {
			t.Errorf("command is %+v", c)
		}
		if s := stats(t, q); s.Waiting != 0 || s.Failed != 0 || len(lanes) != 0 {
			t.Errorf("after the run: %+v, %d more runs", s, len(lanes))
		}
	})
}

// Ten deliveries while a job runs lead to one more run, with all ten.
func TestTenDeliveriesOneMoreRun(t *testing.T) {
	everyDatabase(t, func(t *testing.T, database string) {
		started, goOn := make(chan app.Lane, 20), make(chan struct{})
		q := open(t, app.QueueOptions{Database: database, Handle: func(_ context.Context, l app.Lane) error {
			started <- l
			<-goOn
			return nil
		}})
		start(t, q)
		d, e := opened("first", 1)
		accept(t, q, d, e)
		first := receive(t, started)
		for i := range 10 {
			d, e := opened(fmt.Sprintf("more-%d", i), 1)
			accept(t, q, d, e)
		}
		close(goOn)
		idle(t, q)
		if len(started) != 1 {
			t.Fatalf("%d more runs, want 1", len(started))
		}
		second := <-started
		if ids(first.Events) != "first" || len(second.Events) != 10 || second.Wanted != 11 {
			t.Errorf("runs had %q and then %q (wanted %d)", ids(first.Events), ids(second.Events), second.Wanted)
		}
	})
}

// A push stops the run of the older head; its events are in the next run too.
func TestNewerHeadSupersedes(t *testing.T) {
	everyDatabase(t, func(t *testing.T, database string) {
		started := make(chan app.Lane, 5)
		var runs atomic.Int32
		q := open(t, app.QueueOptions{Database: database, MaxAttempts: 1, Handle: func(ctx context.Context, l app.Lane) error {
			started <- l
			if runs.Add(1) == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}})
		start(t, q)
		d, e := command("c", 1, 4)
		accept(t, q, d, e)
		receive(t, started)
		d, e = opened("no-new-head", 1)
		accept(t, q, d, e)
		d, e = push("push", 1)
		accept(t, q, d, e)
		second := receive(t, started)
		idle(t, q)
		if got := ids(second.Events); got != "c no-new-head push" {
			t.Errorf("second run had %q", got)
		}
		if s := stats(t, q); s.Waiting != 0 || s.Failed != 0 || runs.Load() != 2 {
			t.Errorf("%d runs, then %+v", runs.Load(), s)
		}
	})
}

// A thousand deliveries over twenty pull requests, 16 workers, every kind of failure: none
// is lost, and a lane never runs twice at a time.
func TestThousandDeliveries(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, database string) {
		const pulls = 20
		deliveries := 1000
		if raceDetector {
			deliveries = 100 // SQLite, C made into Go, is some thirty times slower with it
		}
		var mu sync.Mutex
		done := make(map[string]bool)
		var busy [pulls]atomic.Int32
		var overlaps, runs atomic.Int32
		q := open(t, app.QueueOptions{Database: database, Workers: 16, MaxAttempts: 1000, Handle: func(ctx context.Context, l app.Lane) error {
			runs.Add(1)
			if busy[l.Number].Add(1) > 1 {
				overlaps.Add(1)
			}
			defer busy[l.Number].Add(-1)
			select {
			case <-time.After(time.Duration(rand.IntN(4)) * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
			switch rand.IntN(12) {
			case 0:
				return errors.New("injected")
			case 1:
				panic("injected")
			}
			mu.Lock()
			defer mu.Unlock()
			for _, e := range l.Events {
				done[e.Delivery] = true
			}
			return nil
		}})
		start(t, q)
		var wg sync.WaitGroup
		for sender := range 4 {
			wg.Go(func() {
				for i := sender; i < deliveries; i += 4 {
					d, e := push(fmt.Sprintf("d-%d", i), int64(i%pulls))
					if e.Number == 0 {
						e.Number = pulls / 2 // lane 0 is another matter
					}
					if i%3 == 0 {
						e.Action = "opened"
					}
					accept(t, q, d, e)
				}
			})
		}
		wg.Wait()
		for s := stats(t, q); s.Waiting > 0; s = stats(t, q) {
			idle(t, q)
			if within(t).Err() != nil {
				t.Fatal("never done")
			}
			time.Sleep(20 * time.Millisecond)
		}
		mu.Lock()
		defer mu.Unlock()
		if s := stats(t, q); len(done) != deliveries || s.Failed != 0 || overlaps.Load() != 0 {
			t.Errorf("%d of %d done, %d failed, %d overlaps", len(done), deliveries, s.Failed, overlaps.Load())
		}
		t.Logf("%d runs", runs.Load())
	})
}

func TestRepeatedDelivery(t *testing.T) {
	t.Parallel()
	var fail atomic.Bool
	runs := make(chan string, 10)
	q := open(t, app.QueueOptions{MaxAttempts: 2, Handle: func(_ context.Context, l app.Lane) error {
		runs <- ids(l.Events)
		if fail.Load() {
			return errors.New("no luck")
		}
		return nil
	}})
	d, e := opened("guid", 1)
	accept(t, q, d, e)
	accept(t, q, d, e) // waiting: the same work
	start(t, q)
	idle(t, q)
	if err := q.Accept(within(t), d, e); !errors.Is(err, app.ErrDone) {
		t.Errorf("a done delivery: %v", err)
	}
	if got := receive(t, runs); got != "guid" || len(runs) != 0 {
		t.Errorf("first run had %q, then %d more", got, len(runs))
	}

	fail.Store(true)
	d, e = opened("fails", 1)
	accept(t, q, d, e)
	idle(t, q)
	if s := stats(t, q); s.Failed != 1 || len(runs) != 2 {
		t.Fatalf("%+v after %d runs", s, len(runs))
	}
	if known, err := q.Known(within(t), "fails"); known || err != nil {
		t.Errorf("given up, but known: %v, %v", known, err)
	}
	fail.Store(false)
	accept(t, q, d, e) // delivered again under the same ID
	idle(t, q)
	if s := stats(t, q); s.Failed != 0 || s.Waiting != 0 {
		t.Errorf("after the second delivery: %+v", s)
	}
	if known, err := q.Known(within(t), "fails"); !known || err != nil {
		t.Errorf("done, but not known: %v, %v", known, err)
	}
}

// With webhooks of the repository and of the App the same comment comes twice.
func TestCommandUnderTwoIDs(t *testing.T) {
	acknowledged := make(chan int64, 5)
	runs := make(chan string, 5)
	q := open(t, app.QueueOptions{
		Handle:      func(_ context.Context, l app.Lane) error { runs <- ids(l.Events); return nil },
		Acknowledge: func(_ context.Context, e app.Event) error { acknowledged <- e.CommentID; return nil },
	})
	start(t, q)
	d, e := command("a", 1, 42)
	accept(t, q, d, e)
	idle(t, q)
	d, e = command("b", 1, 42)
	if err := q.Accept(within(t), d, e); !errors.Is(err, app.ErrDone) {
		t.Errorf("second ID: %v", err)
	}
	idle(t, q)
	if len(runs) != 1 || len(acknowledged) != 1 {
		t.Errorf("%d runs, %d acknowledgements", len(runs), len(acknowledged))
	}
}

// An acknowledgement does not wait behind lanes, and its failure does not touch them.
func TestAcknowledgeOutsideTheLane(t *testing.T) {
	t.Parallel()
	acknowledged, release := make(chan app.Event, 5), make(chan struct{})
	var tries atomic.Int32
	q := open(t, app.QueueOptions{
		Workers: 1,
		Handle:  func(context.Context, app.Lane) error { <-release; return nil },
		Acknowledge: func(_ context.Context, e app.Event) error {
			switch tries.Add(1) {
			case 1:
				panic("once")
			default:
				acknowledged <- e
				return nil
			}
		},
	})
	start(t, q)
	d, e := opened("busy", 1)
	accept(t, q, d, e)
	d, e = command("c", 2, 8)
	accept(t, q, d, e)
	if got := receive(t, acknowledged); got.CommentID != 8 || got.Number != 2 {
		t.Errorf("acknowledged %+v", got)
	}
	if s := stats(t, q); s.Waiting != 2 {
		t.Errorf("lanes went on: %+v", s)
	}
	close(release)
	idle(t, q)
	if s := stats(t, q); s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}

func TestOneProcessOnSQLite(t *testing.T) {
	database := sqliteFile(t)
	handle := func(context.Context, app.Lane) error { return nil }
	q := open(t, app.QueueOptions{Database: database, Handle: handle})
	if _, err := app.OpenQueue(context.Background(), app.QueueOptions{Database: database, Handle: handle}); !errors.Is(err, app.ErrLocked) {
		t.Fatalf("second queue: %v", err)
	}
	q.Close()
	open(t, app.QueueOptions{Database: database, Handle: handle})
}

func TestOpenQueueErrors(t *testing.T) {
	handle := func(context.Context, app.Lane) error { return nil }
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, bytes.Repeat([]byte("not a database\n"), 100), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]app.QueueOptions{
		"no handler":     {Database: sqliteFile(t)},
		"no folder":      {Database: "sqlite:" + filepath.Join(t.TempDir(), "none", "x.db"), Handle: handle},
		"not a database": {Database: "sqlite:" + text, Handle: handle},
		"in memory":      {Database: "sqlite::memory:", Handle: handle},
		"another kind":   {Database: "mysql://root:hunter2@db/x", Handle: handle},
		"bad address":    {Database: "postgres://u:hunter2@%zz/x", Handle: handle},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := app.OpenQueue(within(t), o)
			if err == nil {
				q.Close()
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// An event of a check suite of a fork's pull request names only a commit.
func TestPullRequestsFoundByHead(t *testing.T) {
	runs := make(chan app.Lane, 10)
	q := open(t, app.QueueOptions{
		Handle: func(_ context.Context, l app.Lane) error { runs <- l; return nil },
		Find: func(_ context.Context, l app.Lane, sha string) ([]int64, error) {
			if l.RepoID != 7 || l.Repo != "shop" || sha != strings.Repeat("a", 40) {
				return nil, &app.Permanent{Err: fmt.Errorf("asked for %+v, %s", l, sha)}
			}
			return []int64{11, 12}, nil
		},
	})
	start(t, q)
	d, e := push("suite", 0)
	d.Event, e.Name, e.Action, e.Why = "check_suite", "check_suite", "rerequested", app.WhyRerun
	accept(t, q, d, e)
	idle(t, q)
	got := map[int64]app.Why{}
	for range 2 {
		l := receive(t, runs)
		got[l.Number] = l.Events[0].Why
	}
	if got[11] != app.WhyRerun || got[12] != app.WhyRerun || len(runs) != 0 {
		t.Errorf("ran %v and %d more", got, len(runs))
	}
}

func TestWritable(t *testing.T) {
	q := open(t, app.QueueOptions{Handle: func(context.Context, app.Lane) error { return nil }})
	for range 2 {
		if err := q.Writable(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	q.Close()
	if err := q.Writable(within(t)); err == nil {
		t.Error("a closed database is writable")
	}
}

func BenchmarkAccept(b *testing.B) {
	q := open(b, app.QueueOptions{Handle: func(context.Context, app.Lane) error { return nil }})
	for i := 0; b.Loop(); i++ {
		d, e := opened(fmt.Sprintf("guid-%d", i), int64(1+i%20))
		if err := q.Accept(context.Background(), d, e); err != nil {
			b.Fatal(err)
		}
	}
}
