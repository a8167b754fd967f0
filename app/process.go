package app

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"
)

// DefaultGrace is how long runs get to end when the process is asked to. A container's
// own grace must be longer.
const DefaultGrace = 25 * time.Second

// A Process is the parts of multistage serve that run side by side.
type Process struct {
	Server     *Server
	Queue      *Queue      // nil without credentials
	Reconciler *Reconciler // nil: failed deliveries are not asked for
	Grace      time.Duration
	Logger     zerolog.Logger
}

// Run runs until ctx ends or a listener fails. Then it ends in order: not ready and no
// new deliveries, runs up to Grace, the rest left in the queue, the database closed,
// the operator's listener last.
func (p *Process) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer p.Server.Close()
	if p.Queue != nil {
		defer p.Queue.Close()
		if err := p.Queue.Start(ctx); err != nil {
			return err
		}
	}
	served := make(chan error, 1)
	go func() { served <- p.Server.Serve() }()
	reconciled := make(chan struct{})
	go func() {
		defer close(reconciled)
		if p.Reconciler != nil {
			p.Reconciler.Run(ctx)
		}
	}()
	p.Logger.Info().Str("webhook", p.Server.Addr()).Str("ops", p.Server.OpsAddr()).Msg("serving")

	var failure error
	select {
	case <-ctx.Done():
	case failure = <-served:
	}
	cancel()
	err := p.end(context.WithoutCancel(ctx))
	<-reconciled
	return errors.Join(failure, err)
}

func (p *Process) end(ctx context.Context) error {
	grace := p.Grace
	if grace <= 0 {
		grace = DefaultGrace
	}
	p.Logger.Info().Dur("grace", grace).Msg("ending")
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := p.Server.StopAccepting(ctx)
	if p.Queue != nil {
		err = errors.Join(err, p.Queue.Drain(ctx))
	}
	return err
}
