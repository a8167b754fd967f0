package githubtest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// hookTimeout is how long GitHub waits for the answer to a delivery
// (https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks).
const hookTimeout = 10 * time.Second

// Delivery is one webhook that was sent, or waits to be.
type Delivery struct {
	ID           int64
	GUID         string // the same for a delivery and its repetitions
	Event        string
	Action       string
	Installation int64
	Repository   int64
	Payload      []byte
	Redelivery   bool
	// Sent is zero while the delivery waits.
	Sent     time.Time
	Duration time.Duration
	// StatusCode is 0 where there was no answer.
	StatusCode int
	Status     string // "OK", or what went wrong
	Headers    http.Header
	Answer     http.Header
	AnswerBody string
}

// hooks sends webhooks. Nothing is sent twice of itself: GitHub does not retry.
type hooks struct {
	mu        sync.Mutex
	url       string
	secret    string
	automatic bool
	all       []*Delivery
	waiting   []*Delivery
	wake      chan struct{}
	done      chan struct{}
	ctx       context.Context
	cancel    context.CancelFunc
	repeats   sync.WaitGroup // repetitions that the API asked for
	sending   sync.Mutex     // one delivery at a time, in order
	server    *Server
}

// start starts the goroutine of the automatic mode.
func (h *hooks) start(s *Server, automatic bool) {
	ctx, cancel := context.WithCancel(context.Background())
	h.mu.Lock()
	h.server, h.automatic, h.ctx, h.cancel = s, automatic, ctx, cancel
	h.wake, h.done = make(chan struct{}, 1), make(chan struct{})
	h.mu.Unlock()
	go func() {
		defer close(h.done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-h.wake:
			}
			for h.isAutomatic() && h.sendNext(ctx) != nil {
			}
		}
	}()
}

// stop ends the goroutine and what it is sending.
func (h *hooks) stop() {
	h.cancel()
	<-h.done
	h.repeats.Wait()
}

func (h *hooks) isAutomatic() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.automatic && h.url != ""
}

// target is where webhooks go and what they are signed with.
func (h *hooks) target() (url, secret string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.url, h.secret
}

// SetWebhook says where webhooks go and what they are signed with, the newest
// secret when there are several. Until then they wait.
func (s *Server) SetWebhook(url, secret string) {
	s.hooks.mu.Lock()
	s.hooks.url, s.hooks.secret = url, secret
	s.hooks.mu.Unlock()
	s.hooks.nudge()
}

// SetAutomatic sends each webhook as soon as it arises, in order, from a
// goroutine; or, with false, on [Server.DeliverAll] only.
func (s *Server) SetAutomatic(on bool) {
	s.hooks.mu.Lock()
	s.hooks.automatic = on
	s.hooks.mu.Unlock()
	s.hooks.nudge()
}

func (h *hooks) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// add puts a delivery at the end of the line.
func (h *hooks) add(d *Delivery) {
	h.mu.Lock()
	h.all = append(h.all, d)
	h.waiting = append(h.waiting, d)
	h.mu.Unlock()
	h.nudge()
}

// DeliverAll sends what waits, in order, and returns when every delivery was
// answered. The error joins those that were not answered with a 2xx.
func (s *Server) DeliverAll(ctx context.Context) error {
	if url, _ := s.hooks.target(); url == "" {
		return errors.New("githubtest: no webhook address: call SetWebhook first")
	}
	var failed []error
	for ctx.Err() == nil {
		d := s.hooks.sendNext(ctx)
		if d == nil {
			return errors.Join(failed...)
		}
		if d.StatusCode < 200 || d.StatusCode > 299 {
			failed = append(failed, fmt.Errorf("githubtest: delivery %s of %s: %d %s", d.GUID, d.Event, d.StatusCode, d.Status))
		}
	}
	return errors.Join(append(failed, ctx.Err())...)
}

// DropWaiting forgets the deliveries that wait, for a test that begins later.
func (s *Server) DropWaiting() {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	s.hooks.waiting = nil
}

// Waiting says how many deliveries have not been sent yet.
func (s *Server) Waiting() int {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	return len(s.hooks.waiting)
}

// Redeliver sends a delivery again, under the same GUID, and waits for the answer.
func (s *Server) Redeliver(ctx context.Context, id int64) (Delivery, error) {
	d := s.hooks.again(id, s.nextID())
	if d == nil {
		return Delivery{}, fmt.Errorf("githubtest: no delivery %d", id)
	}
	s.hooks.send(ctx, d)
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	return *d, nil
}

// again makes the repetition of a delivery.
func (h *hooks) again(id, newID int64) *Delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.all {
		if d.ID == id {
			copied := Delivery{ID: newID, GUID: d.GUID, Event: d.Event, Action: d.Action, Installation: d.Installation,
				Repository: d.Repository, Payload: d.Payload, Redelivery: true}
			h.all = append(h.all, &copied)
			return &copied
		}
	}
	return nil
}

// Deliveries lists all deliveries, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	out := make([]Delivery, 0, len(s.hooks.all))
	for _, d := range s.hooks.all {
		out = append(out, *d)
	}
	return out
}

// sendNext sends the oldest delivery that waits, nil for none.
func (h *hooks) sendNext(ctx context.Context) *Delivery {
	h.sending.Lock()
	defer h.sending.Unlock()
	h.mu.Lock()
	if len(h.waiting) == 0 {
		h.mu.Unlock()
		return nil
	}
	d := h.waiting[0]
	h.waiting = h.waiting[1:]
	h.mu.Unlock()
	h.send(ctx, d)
	return d
}

// send posts a delivery and records the answer.
func (h *hooks) send(ctx context.Context, d *Delivery) {
	ctx, cancel := context.WithTimeout(ctx, hookTimeout)
	defer cancel()
	url, secret := h.target()
	header := h.header(d, secret)
	start := time.Now()
	status, text, answer, body := post(ctx, url, header, d.Payload)
	sent := h.server.time()
	h.mu.Lock()
	defer h.mu.Unlock()
	d.Headers, d.Sent, d.Duration = header, sent, time.Since(start)
	d.StatusCode, d.Status, d.Answer, d.AnswerBody = status, text, answer, body
}

// header is what GitHub sends with a delivery.
func (h *hooks) header(d *Delivery, secret string) http.Header {
	app := strconv.FormatInt(h.server.app.ID, 10)
	header := http.Header{}
	for k, v := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/githubtest", "X-GitHub-Event": d.Event,
		"X-GitHub-Delivery": d.GUID, "X-GitHub-Hook-ID": app, "X-GitHub-Hook-Installation-Target-ID": app,
		"X-GitHub-Hook-Installation-Target-Type": "integration",
	} {
		header.Set(k, v)
	}
	if secret != "" {
		header.Set("X-Hub-Signature-256", "sha256="+Sign(d.Payload, secret))
	}
	return header
}

// Sign is the hexadecimal HMAC-SHA256 of a payload, as in X-Hub-Signature-256.
func Sign(payload []byte, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(payload)
	return hex.EncodeToString(mac.Sum(nil))
}

// post sends one request and gives the answer's status, GitHub's word for it,
// the headers and the beginning of the body.
func post(ctx context.Context, url string, header http.Header, payload []byte) (int, string, http.Header, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return 0, "invalid HTTP response", nil, ""
	}
	req.Header = header.Clone()
	resp, err := http.DefaultClient.Do(req)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 0, "timed out", nil, ""
	case err != nil:
		return 0, "failed to connect to host", nil, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	status := "OK"
	if resp.StatusCode > 299 {
		status = "Invalid HTTP Response: " + strconv.Itoa(resp.StatusCode)
	}
	return resp.StatusCode, status, resp.Header, string(body)
}

// newGUID names a delivery.
func newGUID() string { return uuid.NewString() }

// nextID and time are id and now for a caller that does not hold the lock.
func (s *Server) nextID() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id()
}

func (s *Server) time() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}
