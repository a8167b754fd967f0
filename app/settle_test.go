package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app"
)

func TestHowARunEnds(t *testing.T) {
	once := func(err error) func(context.Context, app.Lane) error {
		var failed atomic.Bool
		return func(context.Context, app.Lane) error {
			if failed.CompareAndSwap(false, true) {
				return err
			}
			return nil
		}
	}
	tests := map[string]struct {
		handle  func(context.Context, app.Lane) error
		failed  int
		log     string
		noError bool
	}{
		"error, then done":  {handle: once(errors.New("flaky")), log: `"outcome":"retried"`},
		"wait in the past":  {handle: once(&app.Wait{Until: time.Now().Add(-time.Hour), Reason: "limit"}), log: `"outcome":"waited"`, noError: true},
		"wrapped wait":      {handle: once(fmt.Errorf("publish: %w", &app.Wait{Until: time.Now(), Reason: "limit"})), log: `"outcome":"waited"`, noError: true},
		"permanent":         {handle: func(context.Context, app.Lane) error { return &app.Permanent{Err: errors.New("gone")} }, failed: 1, log: `"outcome":"discarded"`},
		"error every time":  {handle: func(context.Context, app.Lane) error { return errors.New("broken") }, failed: 1, log: `"outcome":"discarded"`},
		"panic every time":  {handle: func(context.Context, app.Lane) error { panic("kaboom") }, failed: 1, log: "settle_test.go:"},
		"over its deadline": {handle: func(ctx context.Context, _ app.Lane) error { <-ctx.Done(); return ctx.Err() }, failed: 1, log: "over the deadline of 50ms"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lockedBuffer
			q := open(t, app.QueueOptions{MaxAttempts: 2, Deadline: 50 * time.Millisecond, Handle: test.handle, Logger: zerolog.New(&log)})
			start(t, q)
			d, e := opened("d", 1)
			accept(t, q, d, e)
			idle(t, q)
			if s := stats(t, q); s.Failed != test.failed || s.Waiting != 0 {
				t.Errorf("%+v, want %d failed", s, test.failed)
			}
			logged(t, &log, test.log)
			if test.noError && strings.Contains(log.String(), `"level":"error"`) {
				t.Errorf("waiting is no error:\n%s", log.String())
			}
			// Another delivery of the pull request works.
			d, e = opened("next", 1)
			accept(t, q, d, e)
			idle(t, q)
			if s := stats(t, q); s.Waiting != 0 {
				t.Errorf("the next delivery waits: %+v", s)
			}
		})
	}
}

// logged waits for the line that a run writes once its end is stored.
func logged(t *testing.T, log *lockedBuffer, want string) {
	t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(log.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("log has no %s:\n%s", want, log.String())
		}
	}
}

// A panic is logged with its stack once for each time that it happens, by us alone.
func TestPanicIsLoggedOnce(t *testing.T) {
	var log lockedBuffer
	q := open(t, app.QueueOptions{MaxAttempts: 1, Handle: func(context.Context, app.Lane) error { panic("kaboom") }, Logger: zerolog.New(&log)})
	start(t, q)
	d, e := opened("d", 1)
	accept(t, q, d, e)
	idle(t, q)
	if n := strings.Count(log.String(), `"stack":`); n != 1 {
		t.Errorf("%d stacks in the log:\n%s", n, log.String())
	}
}

// A job that waits for a later time does not hold its worker, and a new delivery wakes it.
func TestWaitFreesTheWorkerAndWakes(t *testing.T) {
	runs := make(chan app.Lane, 10)
	var limited atomic.Bool
	limited.Store(true)
	q := open(t, app.QueueOptions{Workers: 1, Handle: func(_ context.Context, l app.Lane) error {
		runs <- l
		if l.Number == 1 && limited.Load() {
			return &app.Wait{Until: time.Now().Add(time.Hour), Reason: "rate limit"}
		}
		return nil
	}})
	start(t, q)
	d, e := opened("limited", 1)
	accept(t, q, d, e)
	receive(t, runs)
	idle(t, q)
	if s := stats(t, q); s.Jobs["scheduled"] != 1 || s.Waiting != 1 {
		t.Fatalf("%+v", s)
	}
	d, e = opened("other", 2)
	accept(t, q, d, e)
	if l := receive(t, runs); l.Number != 2 {
		t.Errorf("ran %+v", l)
	}
	limited.Store(false)
	d, e = opened("wakes", 1)
	accept(t, q, d, e)
	if l := receive(t, runs); ids(l.Events) != "limited wakes" {
		t.Errorf("ran %+v", l)
	}
	idle(t, q)
	if s := stats(t, q); s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}

// A new delivery does not wait for the back-off of an older failure.
func TestNewDeliveryWakesAFailedJob(t *testing.T) {
	runs := make(chan app.Lane, 10)
	var broken atomic.Bool
	broken.Store(true)
	q := open(t, app.QueueOptions{Backoff: func(int) time.Duration { return time.Hour }, Handle: func(_ context.Context, l app.Lane) error {
		runs <- l
		if broken.Load() {
			return errors.New("GitHub is down")
		}
		return nil
	}})
	start(t, q)
	d, e := opened("one", 1)
	accept(t, q, d, e)
	receive(t, runs)
	idle(t, q)
	if s := stats(t, q); s.Jobs["retryable"] != 1 {
		t.Fatalf("%+v", s)
	}
	broken.Store(false)
	d, e = opened("two", 1)
	accept(t, q, d, e)
	if l := receive(t, runs); ids(l.Events) != "one two" {
		t.Errorf("ran %q", ids(l.Events))
	}
}

func TestDrain(t *testing.T) {
	database := sqliteFile(t)
	for name, heeds := range map[string]bool{"a run ends in time": false, "a run is cancelled": true} {
		t.Run(name, func(t *testing.T) {
			started := make(chan struct{}, 5)
			var ended atomic.Bool
			q := open(t, app.QueueOptions{Database: database, Workers: 1, MaxAttempts: 1, Handle: func(ctx context.Context, _ app.Lane) error {
				started <- struct{}{}
				if heeds {
					<-ctx.Done()
					return ctx.Err()
				}
				time.Sleep(30 * time.Millisecond)
				ended.Store(true)
				return nil
			}})
			if err := q.Start(context.Background()); err != nil {
				t.Fatal(err)
			}
			d, e := opened(name+"-1", 1)
			accept(t, q, d, e)
			receive(t, started)
			d, e = opened(name+"-2", 2)
			accept(t, q, d, e)
			grace := patience
			if heeds {
				grace = 20 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(context.Background(), grace)
			defer cancel()
			if err := q.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			s := stats(t, q)
			q.Close()
			if len(started) != 0 || ended.Load() == heeds {
				t.Errorf("%d started while draining, the first ended: %v", len(started), ended.Load())
			}
			if want := map[bool]int{false: 1, true: 2}[heeds]; s.Waiting != want || s.Failed != 0 || s.Jobs["running"] != 0 {
				t.Errorf("left in the queue: %+v, want %d waiting", s, want)
			}
			// The next process does the rest.
			q = open(t, app.QueueOptions{Database: database, MaxAttempts: 1, Handle: func(context.Context, app.Lane) error { return nil }})
			start(t, q)
			idle(t, q)
			if s := stats(t, q); s.Waiting != 0 || s.Failed != 0 {
				t.Errorf("after the next start: %+v", s)
			}
			if err := q.Drain(within(t)); err != nil {
				t.Error(err)
			}
			q.Close()
		})
	}
}
