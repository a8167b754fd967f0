package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/multistage-app/multistage/app"
)

// hooks is GitHub's list of attempts, and what it was asked for.
type hooks struct {
	attempts []app.HookDelivery
	asked    []int64
	since    []time.Time
	known    map[string]bool
	err      error
	answer   func(id int64) bool // whether an attempt that was asked for succeeds
	now      time.Time
}

func (h *hooks) reconciler() *app.Reconciler {
	return &app.Reconciler{
		Metrics: app.NewMetrics(),
		List: func(_ context.Context, since time.Time) ([]app.HookDelivery, error) {
			h.since = append(h.since, since)
			var list []app.HookDelivery
			for _, a := range h.attempts {
				if !a.Delivered.Before(since) {
					list = append(list, a)
				}
			}
			return list, h.err
		},
		Redeliver: func(_ context.Context, id int64) error {
			h.asked = append(h.asked, id)
			i := slices.IndexFunc(h.attempts, func(a app.HookDelivery) bool { return a.ID == id })
			again := h.attempts[i]
			again.ID, again.Delivered = int64(1000+len(h.attempts)), h.now
			again.OK = h.answer != nil && h.answer(id)
			h.attempts = append(h.attempts, again)
			return nil
		},
		Known: func(_ context.Context, guid string) (bool, error) { return h.known[guid], nil },
	}
}

func attempt(id int64, guid string, at time.Time, ok bool) app.HookDelivery {
	return app.HookDelivery{ID: id, GUID: guid, Event: "pull_request", Action: "opened", Delivered: at, OK: ok}
}

func TestReconcile(t *testing.T) {
	now := time.Date(2025, 3, 4, 5, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	other := attempt(9, "no interest", ago(time.Hour), false)
	other.Event, other.Action = "push", ""
	h := &hooks{now: now, known: map[string]bool{"here": true}, answer: func(int64) bool { return true }, attempts: []app.HookDelivery{
		attempt(1, "lost", ago(2*time.Hour), false),
		attempt(2, "lost twice", ago(3*time.Hour), false),
		attempt(3, "lost twice", ago(1*time.Hour), false),
		attempt(4, "recovered", ago(3*time.Hour), false),
		attempt(5, "recovered", ago(2*time.Hour), true),
		attempt(6, "fine", ago(time.Hour), true),
		attempt(7, "here", ago(time.Hour), false),
		attempt(8, "just now", ago(time.Second), false),
		attempt(10, "too old", ago(4*24*time.Hour), false),
		other,
	}}
	r := h.reconciler()
	if err := r.Pass(context.Background(), now); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(h.asked); got != "[1 3]" {
		t.Errorf("asked for %s, want the oldest first: [1 3]", got)
	}
	if n, err := testutil.GatherAndCount(r.Metrics.Registry, "multistage_reconcile_redelivered_total"); n != 1 || err != nil {
		t.Errorf("%d series, %v", n, err)
	}
	// The next pass begins a little before this one and asks for what was too new.
	h.now = now.Add(5 * time.Minute)
	if err := r.Pass(context.Background(), h.now); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(h.asked); got != "[1 3 8]" {
		t.Errorf("asked for %s", got)
	}
	if h.since[0] != now.Add(-3*24*time.Hour) || h.since[1].Before(now.Add(-time.Hour)) || h.since[1].After(now) {
		t.Errorf("lists began at %s", h.since)
	}
}

// A delivery that fails every time is left after four attempts in all, also across starts.
func TestReconcileGivesUp(t *testing.T) {
	for name, restart := range map[string]bool{"one process": false, "a process each time": true} {
		t.Run(name, func(t *testing.T) {
			h := &hooks{now: time.Date(2025, 3, 4, 5, 0, 0, 0, time.UTC)}
			h.attempts = []app.HookDelivery{attempt(1, "cursed", h.now.Add(-time.Hour), false)}
			r := h.reconciler()
			for range 50 {
				if restart {
					r = h.reconciler()
				}
				h.now = h.now.Add(5 * time.Minute)
				if err := r.Pass(context.Background(), h.now); err != nil {
					t.Fatal(err)
				}
			}
			if len(h.asked) != 3 {
				t.Errorf("asked %d times, want 3", len(h.asked))
			}
		})
	}
}

// A pass that fails is made up for by the next.
func TestReconcileFails(t *testing.T) {
	h := &hooks{now: time.Date(2025, 3, 4, 5, 0, 0, 0, time.UTC), err: errors.New("502"), answer: func(int64) bool { return true }}
	h.attempts = []app.HookDelivery{attempt(1, "lost", h.now.Add(-time.Hour), false)}
	r := h.reconciler()
	if err := r.Pass(context.Background(), h.now); err == nil {
		t.Fatal("no error")
	}
	h.err = nil
	if err := r.Pass(context.Background(), h.now.Add(time.Hour)); err != nil || len(h.asked) != 1 {
		t.Errorf("asked for %v, %v", h.asked, err)
	}
}

// Run ends with its context, and goes on after a failure.
func TestReconcileRuns(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	passes := 0
	r := &app.Reconciler{Every: time.Millisecond, List: func(context.Context, time.Time) ([]app.HookDelivery, error) {
		if passes++; passes == 3 {
			cancel()
		}
		return nil, errors.New("502")
	}}
	r.Run(ctx)
	if passes < 3 {
		t.Errorf("%d passes", passes)
	}
}
