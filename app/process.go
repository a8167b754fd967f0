package app

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app/buildkit"
)

// DefaultGrace is how long runs get to end when the process is asked to. A container's
// own grace must be longer.
const DefaultGrace = 25 * time.Second

// A Process is the parts of multistage serve that run side by side.
type Process struct {
	Server     *Server
	Queue      *Queue      // nil without credentials
	Reconciler *Reconciler // nil: failed deliveries are not asked for
	Proofs     *Proofs     // nil: nothing is built
	Grace      time.Duration
	Logger     zerolog.Logger

	daemon *buildkit.Client // nil where something else proves
}

// Run runs until ctx ends or a listener fails. Then it ends in order: not ready and no
// new deliveries, proofs cancelled, other runs up to Grace, the rest left in the queue,
// the database closed, the operator's listener last.
func (p *Process) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer p.Server.Close()
	defer p.close()
	if p.Queue != nil {
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
	if p.Proofs != nil {
		p.Proofs.Stop()
	}
	if p.Queue != nil {
		err = errors.Join(err, p.Queue.Drain(ctx))
	}
	return err
}

// close closes the database and what proves.
func (p *Process) close() {
	if p.Queue != nil {
		p.Queue.Close()
	}
	p.closeProofs()
}
