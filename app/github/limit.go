package github

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// secondaryWait is how long to wait at least where a secondary limit names no time. It
// doubles with each answer of that kind, to at most maxSecondaryWait.
const (
	secondaryWait    = time.Minute
	maxSecondaryWait = time.Hour
	maxErrorBody     = 64 << 10
)

// gate is the traffic of one installation, whatever token it uses: nothing is sent
// before a limit is over, and writes keep a distance.
type gate struct {
	now func() time.Time

	mu        sync.Mutex
	until     time.Time // no call before
	secondary bool
	strikes   int       // secondary limits in a row
	next      time.Time // no write before
}

// open answers nil, or the limit that still holds.
func (g *gate) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) {
		return &RateLimited{Until: g.until, Secondary: g.secondary}
	}
	return nil
}

// pace waits until a write keeps its distance to the one before.
func (g *gate) pace(ctx context.Context, distance time.Duration) error {
	if distance <= 0 {
		return nil
	}
	g.mu.Lock()
	now := g.now()
	at := g.next
	if at.Before(now) {
		at = now
	}
	g.next = at.Add(distance)
	g.mu.Unlock()
	return sleep(ctx, at.Sub(now))
}

// sleep waits, or answers the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// check reads an answer for a rate limit. go-github misses a 429, and takes the reset
// of the hour for the wait of a secondary limit, so that it is done before it. The
// body of the answer can still be read afterwards.
func (g *gate) check(resp *http.Response) error {
	if resp.StatusCode < http.StatusBadRequest {
		g.mu.Lock()
		g.strikes = 0
		g.mu.Unlock()
		return nil
	}
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	resp.Body.Close()
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	limit := g.classify(resp.StatusCode, resp.Header, string(body))
	if limit == nil {
		return nil
	}
	return limit
}

// classify tells a rate limit from another refusal, in GitHub's order: retry-after, then
// the hour's reset where nothing remains, then at least a minute. It notes the limit.
func (g *gate) classify(status int, h http.Header, body string) *RateLimited {
	body = strings.ToLower(body)
	secondary := strings.Contains(body, "secondary rate limit") || strings.Contains(body, "abuse detection") ||
		strings.Contains(body, "secondary-rate-limits") || strings.Contains(body, "abuse-rate-limits")
	after, hasAfter := number(h, "Retry-After")
	reset, hasReset := number(h, "X-RateLimit-Reset")
	spent := h.Get("X-RateLimit-Remaining") == "0"
	if status == http.StatusForbidden && !secondary && !hasAfter && !spent {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	limit := &RateLimited{Secondary: true}
	switch {
	case hasAfter:
		limit.Until = g.now().Add(time.Duration(after) * time.Second)
	case spent && hasReset && !secondary:
		limit.Until, limit.Secondary = time.Unix(reset, 0), false
	default:
		wait := min(secondaryWait<<min(g.strikes, 6), maxSecondaryWait)
		limit.Until = g.now().Add(wait + rand.N(wait/4))
		g.strikes++
	}
	if limit.Until.After(g.until) {
		g.until, g.secondary = limit.Until, limit.Secondary
	}
	return limit
}

// number is a header's whole number.
func number(h http.Header, name string) (int64, bool) {
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	return n, err == nil && n >= 0
}
