package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// MaxBody is the largest body of a delivery in bytes: GitHub does not deliver larger ones.
// https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
const MaxBody = 25 << 20

// maxBodies is how many bodies are held in memory at a time: anybody can send a body,
// its signature is known only when all of it is there.
const maxBodies = 16

// bodyWait is how long a delivery waits for its turn, and acceptWait how long it
// waits to be stored. GitHub hangs up after 10 s in all:
// https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
const (
	bodyWait   = 2 * time.Second
	acceptWait = 6 * time.Second
)

// Why a request was not taken, besides its signature (signature.go).
var (
	ErrMethod    = errors.New("a webhook is a POST")
	ErrMediaType = errors.New("content type is not application/json: choose it in the webhook's settings")
	ErrHeader    = fmt.Errorf("%w: X-GitHub-Event or X-GitHub-Delivery is missing or misshapen", ErrMalformed)
	ErrTooLarge  = errors.New("body is over 25 MiB")
	ErrBody      = errors.New("body could not be read")
	ErrBusy      = errors.New("too many deliveries at a time")
	ErrStore     = errors.New("delivery could not be stored")
)

// WebhookOptions are the parts of a [Webhook].
type WebhookOptions struct {
	Secrets []Secret                                     // any of them may have signed; none may be empty
	Route   func(Delivery) (Event, error)                // see [Router.Route]
	Accept  func(context.Context, Delivery, Event) error // see [Queue.Accept]

	// Installation hears of changes to an installation, or is nil. It is called
	// before the answer, so it must not wait.
	Installation func(Event)

	Logger  zerolog.Logger
	Metrics *Metrics

	maxBody   int64 // 0 is MaxBody
	maxBodies int   // 0 is maxBodies
	bodyWait  time.Duration
}

// A Webhook takes GitHub's deliveries. It answers
//
//   - 202 when the delivery is stored, or asks nothing of us; the text says which
//   - 400 when it is malformed, 401 when its signature is not right
//   - 405, 413 and 415 for another method, a body over 25 MiB, another media type
//   - 503 when it cannot be stored now, so that GitHub records a failure, which is
//     asked for again later (see [Reconciler])
//
// A delivery is in the database before the answer is 202.
type Webhook struct {
	WebhookOptions
	bodies chan struct{}
}

// NewWebhook returns a webhook, or [ErrNoSecret].
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	if err := checkSecrets(o.Secrets); err != nil {
		return nil, err
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if o.maxBody == 0 {
		o.maxBody = MaxBody
	}
	if o.maxBodies == 0 {
		o.maxBodies = maxBodies
	}
	if o.bodyWait == 0 {
		o.bodyWait = bodyWait
	}
	return &Webhook{WebhookOptions: o, bodies: make(chan struct{}, o.maxBodies)}, nil
}

// Unconfigured is the webhook of a server without credentials: 503, and what is missing.
func Unconfigured(missing []string) http.Handler {
	text := "multistage has no credentials yet; missing: " + strings.Join(missing, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, text, http.StatusServiceUnavailable)
	})
}

// ServeHTTP takes one delivery.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	d, e, err := h.take(w, r)
	if err == nil {
		err = h.act(r.Context(), d, e)
	}
	status, text, outcome := answer(err)
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")

	h.Metrics.webhook(eventLabel(d.Event), actionLabel(e.Action), outcome, time.Since(start))
	h.log(d, e, status, err)
}

// take reads a request and routes it. The body's place in memory is given up before
// the delivery waits for the database.
func (h *Webhook) take(w http.ResponseWriter, r *http.Request) (Delivery, Event, error) {
	if r.Method != http.MethodPost {
		return Delivery{}, Event{}, ErrMethod
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return Delivery{}, Event{}, ErrMediaType
	}
	id, event := r.Header.Get("X-GitHub-Delivery"), r.Header.Get("X-GitHub-Event")
	if !deliveryForm.MatchString(id) || !eventForm.MatchString(event) {
		return Delivery{}, Event{}, ErrHeader
	}
	d := Delivery{ID: id, Event: event, Received: time.Now().UTC()}
	signature, err := parseSignature(r.Header.Get("X-Hub-Signature-256"), r.Header.Get("X-Hub-Signature"))
	if err != nil {
		return d, Event{}, err
	}
	release, err := h.hold(r.Context())
	if err != nil {
		return d, Event{}, err
	}
	defer release()
	body, err := h.read(w, r)
	if err != nil {
		return d, Event{}, err
	}
	if err := verify(h.Secrets, body, signature); err != nil {
		return d, Event{}, err
	}
	d.Payload = body
	e, err := h.Route(d)
	d.Payload = nil
	return d, e, err
}

var (
	deliveryForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	eventForm    = regexp.MustCompile(`^[a-z_]{1,64}$`)
)

// hold waits for a place among the bodies in memory.
func (h *Webhook) hold(ctx context.Context) (release func(), err error) {
	timer := time.NewTimer(h.bodyWait)
	defer timer.Stop()
	select {
	case h.bodies <- struct{}{}:
		return func() { <-h.bodies }, nil
	case <-timer.C:
		return nil, ErrBusy
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBody, ctx.Err())
	}
}

// read reads the body up to the cap. The connection of a larger one is closed.
func (h *Webhook) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > h.maxBody {
		w.Header().Set("Connection", "close")
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, ErrTooLarge
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	}
	return body, nil
}

// act stores the delivery. The request's end does not stop it: GitHub may hang up
// while the database is about to commit.
func (h *Webhook) act(ctx context.Context, d Delivery, e Event) error {
	if e.Why == WhyInstallation {
		if h.Installation != nil {
			h.Installation(e)
		}
		return Ignored("nothing to store for " + e.Name)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptWait)
	defer cancel()
	err := h.Accept(ctx, d, e)
	if err != nil && !errors.Is(err, ErrDone) {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return err
}

// answer is the one place that turns an error into a status, a text for the sender
// and a word for the metric. The text never holds more than our own words.
func answer(err error) (status int, text, outcome string) {
	var ignored Ignored
	switch {
	case err == nil:
		return http.StatusAccepted, "stored", "stored"
	case errors.As(err, &ignored):
		return http.StatusAccepted, ignored.Error(), "ignored"
	case errors.Is(err, ErrDone):
		return http.StatusAccepted, "ignored: " + ErrDone.Error(), "duplicate"
	case errors.Is(err, ErrMethod):
		return http.StatusMethodNotAllowed, ErrMethod.Error(), "refused"
	case errors.Is(err, ErrMediaType):
		return http.StatusUnsupportedMediaType, ErrMediaType.Error(), "refused"
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge, ErrTooLarge.Error(), "refused"
	case errors.Is(err, ErrHeader):
		return http.StatusBadRequest, ErrHeader.Error(), "malformed"
	case errors.Is(err, ErrMalformed), errors.Is(err, ErrBody):
		return http.StatusBadRequest, "malformed delivery", "malformed"
	case errors.Is(err, ErrBusy):
		return http.StatusServiceUnavailable, ErrBusy.Error(), "busy"
	case errors.Is(err, ErrStore):
		return http.StatusServiceUnavailable, ErrStore.Error(), "failed"
	}
	return http.StatusUnauthorized, err.Error(), "unauthorized"
}

// log writes a line for what the operator has to know of: never a body.
func (h *Webhook) log(d Delivery, e Event, status int, err error) {
	level := zerolog.DebugLevel
	switch {
	case status == http.StatusServiceUnavailable:
		level = zerolog.ErrorLevel
	case status >= http.StatusBadRequest:
		level = zerolog.WarnLevel
	case err == nil:
		level = zerolog.InfoLevel
	}
	line := h.Logger.WithLevel(level).Int("status", status)
	if e.Delivery != "" {
		line = line.EmbedObject(e)
	} else if d.ID != "" {
		line = line.Str(LogKeyEventType, d.Event).Str(LogKeyDeliveryID, d.ID)
	}
	line.AnErr("reason", err).Msg("delivery")
}
