package buildkit

import (
	"context"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// build is what one build cost.
type build struct {
	seconds       float64
	steps, cached int
	timing        timing
}

// solve builds one target within the session; "" is the last stage. The error is a
// [broken] or an [Unavailable].
func (s *session) solve(ctx context.Context, target string) (*gateway.Result, build, error) {
	what := "the build of the " + s.source.label
	if target != "" {
		what += "'s stage " + target
	}
	ctx, cancel := within(ctx, s.client.config.Limits.Build, what)
	defer cancel()
	start := time.Now()
	result, err := s.gw.Solve(ctx, gateway.SolveRequest{
		Frontend: "dockerfile.v0", FrontendOpt: s.client.options(s.source, target), Evaluate: true,
	})
	took := build{seconds: time.Since(start).Seconds()}
	s.settle(ctx)
	took.steps, took.cached = s.log.counts()
	took.timing = s.log.timing()
	if err != nil {
		return nil, took, s.explain(ctx, err)
	}
	return result, took, nil
}

// settle lets the status of a build that has ended come in: the daemon sends it on a
// stream of its own, a tenth of a second apart.
func (s *session) settle(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(settleTime):
	}
}

const settleTime = 200 * time.Millisecond
