package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Bounds of one call.
const (
	callTimeout = time.Minute // for the answer's headers and its body, each try
	maxTries    = 3           // of what can be asked twice
	maxAnswer   = 32 << 20    // bytes of a body
)

// Call is one request that was answered or failed, for the metrics.
type Call struct {
	Method string
	Route  string // with what varies taken out: /repos/{owner}/{repo}/pulls/{id}
	Status int    // 0 where there was no answer
	Took   time.Duration

	// Remaining is what is left of the hour's limit, -1 where the answer does not say.
	Remaining int64
}

// transport is the last round tripper before the connection, below the one that puts
// the token in. It keeps to limits, tries again what can be asked twice, tells of
// every call, and bounds the answer.
type transport struct {
	base   http.RoundTripper
	api    *url.URL // only this host is spoken to: requests carry a token
	gate   *gate
	pace   time.Duration
	delay  time.Duration // before the second try
	onCall func(Call)
}

// queryKey marks a POST that only reads, as a GraphQL query; urgentKey a write that a
// person waits for, which keeps no distance.
type (
	queryKey  struct{}
	urgentKey struct{}
)

// RoundTrip implements http.RoundTripper. The error of a rate limit is [*RateLimited].
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != t.api.Host || req.URL.Scheme != t.api.Scheme {
		return nil, fmt.Errorf("refusing to send a token to %s://%s", req.URL.Scheme, req.URL.Host)
	}
	if err := t.gate.open(); err != nil {
		return nil, err
	}
	ctx := req.Context()
	reads := req.Method == http.MethodGet || ctx.Value(queryKey{}) != nil
	if !reads && ctx.Value(urgentKey{}) == nil && !strings.HasSuffix(req.URL.Path, "/access_tokens") {
		if err := t.gate.pace(ctx, t.pace); err != nil {
			return nil, err
		}
	}
	for try := 1; ; try++ {
		resp, err := t.once(req)
		again := reads && try < maxTries && ctx.Err() == nil && retryable(resp, err)
		if !again {
			return resp, err
		}
		if resp != nil {
			resp.Body.Close()
		}
		wait := t.delay << (try - 1)
		if err := sleep(ctx, wait/2+rand.N(wait/2+1)); err != nil {
			return nil, err
		}
		if req, err = replay(req); err != nil {
			return nil, err
		}
	}
}

// retryable tells a failure that may pass: of the connection, or of the server.
func retryable(resp *http.Response, err error) bool {
	if limit := (*RateLimited)(nil); errors.As(err, &limit) {
		return false
	}
	return err != nil || resp.StatusCode >= http.StatusInternalServerError
}

// replay is the request with its body from the start.
func replay(req *http.Request) (*http.Request, error) {
	again := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return again, nil
	}
	if req.GetBody == nil {
		return nil, errors.New("the request's body cannot be sent again")
	}
	body, err := req.GetBody()
	again.Body = body
	return again, err
}

// once sends the request and reads the answer's status.
func (t *transport) once(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), callTimeout)
	started := time.Now()
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	call := Call{Method: req.Method, Route: route(strings.TrimPrefix(req.URL.Path, strings.TrimRight(t.api.Path, "/"))), Remaining: -1}
	call.Took = time.Since(started)
	if err == nil {
		call.Status = resp.StatusCode
		if left, ok := number(resp.Header, "X-RateLimit-Remaining"); ok {
			call.Remaining = left
		}
	}
	if t.onCall != nil {
		t.onCall(call)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &bounded{ReadCloser: resp.Body, left: maxAnswer, cancel: cancel}
	if err := t.gate.check(resp); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// bounded is a body of limited length. Closing it ends the call's time.
type bounded struct {
	io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

var errAnswerTooLarge = fmt.Errorf("GitHub's answer has more than %d bytes", maxAnswer)

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errAnswerTooLarge
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}

func (b *bounded) Close() error {
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}
