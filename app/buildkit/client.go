package buildkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/moby/buildkit/client"
	_ "github.com/moby/buildkit/client/connhelper/dockercontainer" // docker-container:// addresses
	spb "github.com/moby/buildkit/sourcepolicy/pb"
)

// Client talks to one daemon. Its methods may be called from several goroutines.
type Client struct {
	config   Config
	buildkit *client.Client
	policy   *spb.Policy // nil allows every source
}

// New makes a client and reads the source policy. It does not connect yet: see
// [Client.Ping].
func New(config Config) (*Client, error) {
	config.Limits = config.Limits.withDefaults()
	c := &Client{config: config}
	if config.Policy != "" {
		var err error
		if c.policy, err = readPolicy(config.Policy); err != nil {
			return nil, err
		}
	}
	var err error
	if c.buildkit, err = client.New(context.Background(), config.Host); err != nil {
		return nil, fmt.Errorf("%q is no address of a BuildKit daemon: %w", config.Host, err)
	}
	return c, nil
}

// readPolicy reads a source policy as buildx does. A misspelt key is an error: a rule
// that denies nothing must not look like one that does.
func readPolicy(name string) (*spb.Policy, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading the source policy: %w", err)
	}
	defer f.Close()
	decoder := json.NewDecoder(f)
	decoder.DisallowUnknownFields()
	policy := &spb.Policy{}
	if err := decoder.Decode(policy); err != nil {
		return nil, fmt.Errorf("%s is no source policy of BuildKit: %w", name, err)
	}
	return policy, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.buildkit.Close() }

// The most that is waited for the first answer of a daemon, and between two questions.
// Later ones have [Limits.Silence]: a daemon that unpacks a large image answers late.
const (
	pingTimeout = 10 * time.Second
	watchEvery  = 10 * time.Second
)

// Ping asks the daemon whether it is there. The error is an [Unavailable].
func (c *Client) Ping(ctx context.Context) error {
	limit := min(pingTimeout, c.config.Limits.Silence)
	pinged, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, err := c.buildkit.Info(pinged)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return interrupted(ctx)
	case pinged.Err() != nil:
		return &Unavailable{Reason: DaemonHangs, Detail: fmt.Sprintf("the BuildKit daemon at %s does not answer within %s", c.config.Host, limit)}
	}
	return &Unavailable{Reason: DaemonAbsent, Detail: "no BuildKit daemon answers at " + c.config.Host, Err: err}
}

// watch gives a context that ends where the daemon stops answering, with the
// [Unavailable] as its cause. A container's Wait does not return by itself when the
// daemon dies.
func (c *Client) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(min(watchEvery, c.config.Limits.Silence))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if gone := c.alive(ctx); gone != nil {
				cancel(gone)
				return
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// alive says what is wrong with a daemon that was there before, nil for nothing.
func (c *Client) alive(ctx context.Context) error {
	pinged, cancel := context.WithTimeout(ctx, c.config.Limits.Silence)
	defer cancel()
	_, err := c.buildkit.Info(pinged)
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case pinged.Err() != nil:
		return &Unavailable{Reason: DaemonHangs, Detail: fmt.Sprintf("the BuildKit daemon stopped answering for %s", c.config.Limits.Silence)}
	}
	return &Unavailable{Reason: DaemonDied, Detail: "the BuildKit daemon went away during the proof", Err: err}
}

// interrupted is the [Unavailable] of a context that ended.
func interrupted(ctx context.Context) error {
	var u *Unavailable
	if errors.As(context.Cause(ctx), &u) {
		return u
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Unavailable{Reason: Timeout, Detail: "the time for the proof is over"}
	}
	return &Unavailable{Reason: Cancelled, Detail: "the proof was cancelled", Err: ctx.Err()}
}

// within bounds a part of the work by a limit of its own, which is no verdict on what
// was running.
func within(ctx context.Context, limit time.Duration, what string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, limit, &Unavailable{
		Reason: Timeout, Detail: fmt.Sprintf("%s took longer than %s, which is the limit here", what, limit),
	})
}

// withDefaults fills what is zero.
func (l Limits) withDefaults() Limits {
	if l.Build == 0 {
		l.Build = 20 * time.Minute
	}
	if l.Start == 0 {
		l.Start = time.Minute
	}
	if l.Proof == 0 {
		l.Proof = time.Hour
	}
	if l.Silence == 0 {
		l.Silence = 45 * time.Second
	}
	if l.ContextBytes == 0 {
		l.ContextBytes = 2 << 30
	}
	if l.ContextFiles == 0 {
		l.ContextFiles = 200_000
	}
	return l
}
