package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

// A HookDelivery is one attempt of GitHub to deliver, as it lists them:
// https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
type HookDelivery struct {
	ID        int64  // of the attempt
	GUID      string // of the delivery: the same for every attempt
	Event     string
	Action    string
	Delivered time.Time
	OK        bool // our answer was 2xx
}

// Bounds of the reconciliation. GitHub delivers again for 3 days:
// https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
const (
	reconcileEvery   = 5 * time.Minute
	reconcileReach   = 3 * 24 * time.Hour
	reconcileOverlap = 15 * time.Minute
	maxDeliveries    = 4 // attempts, GitHub's first included, after which a delivery is left
	settleDelay      = 30 * time.Second
)

// A Reconciler asks GitHub again for the deliveries that failed: those that came while
// the process was down or answered 503. GitHub does not do so by itself.
type Reconciler struct {
	// List returns the attempts since a time, failed or not, in any order.
	List func(ctx context.Context, since time.Time) ([]HookDelivery, error)

	// Redeliver asks for an attempt again. GitHub's 202 is success.
	Redeliver func(ctx context.Context, id int64) error

	// Known tells whether a delivery has arrived after all; see [Queue.Known].
	Known func(ctx context.Context, guid string) (bool, error)

	Logger  zerolog.Logger
	Metrics *Metrics
	Every   time.Duration // 0 is 5 minutes

	since time.Time      // reached by the last pass that went through
	asked map[string]ask // by delivery, since the process began
}

type ask struct {
	times int
	last  time.Time
}

// Run makes a pass at once and then one every so often, until ctx ends. A pass that fails
// is logged, and the next one starts where it did.
func (r *Reconciler) Run(ctx context.Context) {
	every := r.Every
	if every <= 0 {
		every = reconcileEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := r.Pass(ctx, time.Now()); err != nil && ctx.Err() == nil {
			r.Logger.Warn().Err(err).Msg("failed deliveries could not be asked for; trying again later")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Pass asks for every delivery that no attempt brought here, at most four attempts each.
func (r *Reconciler) Pass(ctx context.Context, now time.Time) error {
	since := r.since
	if oldest := now.Add(-reconcileReach); since.Before(oldest) {
		since = oldest
	}
	attempts, err := r.List(ctx, since)
	if err != nil {
		return err
	}
	for _, last := range failedDeliveries(attempts, now) {
		known, err := r.Known(ctx, last.GUID)
		if err != nil {
			return err
		}
		if known || !r.mayAsk(last.GUID, now) {
			continue
		}
		if err := r.Redeliver(ctx, last.ID); err != nil {
			return err
		}
		if r.Metrics != nil {
			r.Metrics.asked()
		}
		r.Logger.Info().Str(LogKeyDeliveryID, last.GUID).Str(LogKeyEventType, last.Event).
			Time("delivered", last.Delivered).Msg("failed delivery asked for again")
	}
	r.since = now.Add(-reconcileOverlap)
	return nil
}

// mayAsk counts what this process asked for. The attempts that GitHub lists do that too,
// but only those since the last pass; after a start the list reaches back all the way.
func (r *Reconciler) mayAsk(guid string, now time.Time) bool {
	if r.asked == nil {
		r.asked = make(map[string]ask)
	}
	maps.DeleteFunc(r.asked, func(_ string, a ask) bool { return now.Sub(a.last) > reconcileReach })
	times := r.asked[guid].times + 1
	if times >= maxDeliveries {
		return false
	}
	r.asked[guid] = ask{times, now}
	return true
}

// failedDeliveries returns the newest attempt of each delivery that we would act on and
// that no attempt brought here, oldest delivery first. An attempt of this moment is
// left for the next pass: another may be on its way.
func failedDeliveries(attempts []HookDelivery, now time.Time) []HookDelivery {
	byGUID := make(map[string][]HookDelivery)
	for _, a := range attempts {
		byGUID[a.GUID] = append(byGUID[a.GUID], a)
	}
	var failed []HookDelivery
	for _, group := range byGUID {
		last := slices.MaxFunc(group, func(a, b HookDelivery) int { return a.Delivered.Compare(b.Delivered) })
		_, wanted := subscription(last.Event, last.Action)
		arrived := slices.ContainsFunc(group, func(a HookDelivery) bool { return a.OK })
		if wanted && !arrived && len(group) < maxDeliveries && now.Sub(last.Delivered) > settleDelay {
			failed = append(failed, last)
		}
	}
	slices.SortFunc(failed, func(a, b HookDelivery) int { return a.Delivered.Compare(b.Delivered) })
	return failed
}
