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
		data, err := os.ReadFile(config.Policy)
		if err != nil {
			return nil, fmt.Errorf("reading the source policy: %w", err)
		}
		c.policy = &spb.Policy{}
		if err := json.Unmarshal(data, c.policy); err != nil {
			return nil, fmt.Errorf("%s is no source policy of BuildKit: %w", config.Policy, err)
		}
	}
	var err error
	if c.buildkit, err = client.New(context.Background(), config.Host); err != nil {
		return nil, fmt.Errorf("%q is no address of a BuildKit daemon: %w", config.Host, err)
	}
	return c, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.buildkit.Close() }

// Timing of the watch over a daemon.
const (
	pingTimeout  = 10 * time.Second
	watchEvery   = 10 * time.Second
	watchTimeout = 45 * time.Second // a daemon that unpacks a large image answers late
)

// Ping asks the daemon whether it is there. The error is an [Unavailable].
func (c *Client) Ping(ctx context.Context) error {
	pinged, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	_, err := c.buildkit.Info(pinged)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return interrupted(ctx)
	case pinged.Err() != nil:
		return &Unavailable{Reason: DaemonHangs, Detail: fmt.Sprintf("the BuildKit daemon at %s does not answer within %s", c.config.Host, pingTimeout)}
	}
	return &Unavailable{Reason: DaemonAbsent, Detail: "no BuildKit daemon answers at " + c.config.Host, Err: err}
}

// watch gives a context that ends where the daemon stops answering, with the
// [Unavailable] as its cause. A container's Wait does not return by itself when the
// daemon dies.
func (c *Client) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(watchEvery)
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
	pinged, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	_, err := c.buildkit.Info(pinged)
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case pinged.Err() != nil:
		return &Unavailable{Reason: DaemonHangs, Detail: fmt.Sprintf("the BuildKit daemon stopped answering for %s", watchTimeout)}
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
	if l.ContextBytes == 0 {
		l.ContextBytes = 2 << 30
	}
	if l.ContextFiles == 0 {
		l.ContextFiles = 200_000
	}
	return l
}
