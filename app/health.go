package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// ErrDraining is why a server that is about to end is not ready.
var ErrDraining = errors.New("draining")

// readyTimeout bounds a check, and readyFor is how long an answer serves: every probe of
// a cluster together costs one write.
const (
	readyTimeout = 2 * time.Second
	readyFor     = 2 * time.Second
)

// Health answers whether the process lives and whether it takes deliveries.
type Health struct {
	// Check tells why the server is not ready, such as [Queue.Writable]; nil is ready.
	Check func(context.Context) error

	// Missing are the settings without which nothing can be done; see [Config.Missing].
	Missing []string

	mu       sync.Mutex
	draining bool
	checked  time.Time
	err      error
}

// Drain makes the server not ready from now on.
func (h *Health) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// Ready returns why the server is not ready, or nil.
func (h *Health) Ready(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.draining:
		return ErrDraining
	case len(h.Missing) > 0:
		return errors.New("missing: " + strings.Join(h.Missing, ", "))
	case h.Check == nil:
		return nil
	case time.Since(h.checked) < readyFor:
		return h.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
	defer cancel()
	h.err = h.Check(ctx)
	h.checked = time.Now()
	return h.err
}

// Live serves /healthz: the process answers, whatever its state.
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "ok")
}

// ServeReady serves /readyz: 200, or 503 with the reason. The reason is for the operator,
// so it belongs on the private listener.
func (h *Health) ServeReady(w http.ResponseWriter, r *http.Request) {
	if err := h.Ready(r.Context()); err != nil {
		plain(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
		return
	}
	plain(w, http.StatusOK, "ready")
}
