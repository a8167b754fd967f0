package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/review"
)

// New puts the process together: it opens the listeners and the database and asks
// GitHub nothing. Without credentials it is a process whose webhook says what is
// missing.
func New(ctx context.Context, cfg Config, logger zerolog.Logger) (*Process, error) {
	metrics := NewMetrics()
	p := &Process{Logger: logger}
	health := &Health{Missing: cfg.Missing()}
	webhook := Unconfigured(health.Missing)
	if len(health.Missing) == 0 {
		hub, err := newGitHub(cfg, logger, metrics)
		if err != nil {
			return nil, err
		}
		if err := p.work(ctx, cfg, hub, metrics); err != nil {
			return nil, err
		}
		health.Check = p.Queue.Writable
		if webhook, err = NewWebhook(WebhookOptions{
			Secrets: cfg.WebhookSecrets, Accept: p.Queue.Accept, Logger: logger, Metrics: metrics,
			Route: Router{AppID: cfg.AppID, IsCommand: isCommand}.Route,
		}); err != nil {
			p.close()
			return nil, err
		}
	}
	server, err := Listen(ctx, ServerOptions{
		Listen: cfg.Listen, OpsListen: cfg.OpsListen, Webhook: webhook, Health: health, Metrics: metrics, Logger: logger,
	})
	if err != nil {
		p.close()
	}
	p.Server = server
	return p, err
}

// lanes are how many pull requests are worked on at a time, apart from those that wait
// for their proofs.
const lanes = 4

// work opens the queue with the bot behind it.
func (p *Process) work(ctx context.Context, cfg Config, hub *github.App, metrics *Metrics) (err error) {
	bot := &Bot{GitHub: hub}
	options := QueueOptions{
		Database: string(cfg.Database), Logger: p.Logger, Metrics: metrics, Workers: lanes,
		Handle: bot.Handle, Acknowledge: bot.Acknowledge, Find: bot.Find,
	}
	if p.Proofs, err = p.newProofs(ctx, cfg, metrics); err != nil {
		return err
	}
	if bot.Proofs = p.Proofs; bot.Proofs != nil {
		options.Deadline = defaultDeadline + cfg.ProofTimeout
		options.Workers = lanes * (1 + cfg.Proofs)
	}
	if p.Queue, err = OpenQueue(ctx, options); err != nil {
		p.closeProofs()
		return err
	}
	p.Reconciler = &Reconciler{
		List: deliveries(hub), Redeliver: hub.Redeliver, Known: p.Queue.Known, Logger: p.Logger, Metrics: metrics,
	}
	return nil
}

// deliveries lists GitHub's attempts for the reconciler.
func deliveries(hub *github.App) func(context.Context, time.Time) ([]HookDelivery, error) {
	return func(ctx context.Context, since time.Time) ([]HookDelivery, error) {
		attempts, err := hub.Deliveries(ctx, since)
		list := make([]HookDelivery, len(attempts))
		for i, a := range attempts {
			list[i] = HookDelivery{ID: a.ID, GUID: a.GUID, Event: a.Event, Action: a.Action, Delivered: a.Delivered, OK: a.OK}
		}
		return list, err
	}
}

func isCommand(comment string) bool { return len(review.ParseCommands(comment)) > 0 }

func newGitHub(cfg Config, logger zerolog.Logger, metrics *Metrics) (*github.App, error) {
	options := github.Options{
		AppID: cfg.AppID, PrivateKey: []byte(cfg.PrivateKey), BaseURL: cfg.GitHubURL,
		OnCall: countCalls(metrics), Logger: logger, Pace: cfg.Pace,
	}
	if cfg.GitHubCA != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("reading the system's certificates: %w", err)
		}
		pem, err := os.ReadFile(cfg.GitHubCA)
		if err != nil {
			return nil, fmt.Errorf("reading GitHub's certificates: %w", err)
		}
		pool.AppendCertsFromPEM(pem)
		options.RootCAs = pool
	}
	return github.New(options)
}

// countCalls counts the requests to GitHub.
func countCalls(metrics *Metrics) func(github.Call) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "multistage", Name: "github_requests_total", Help: "Requests to GitHub; status 0 is no answer.",
	}, []string{"method", "route", "status"})
	metrics.Registry.MustRegister(requests)
	return func(c github.Call) {
		requests.WithLabelValues(c.Method, c.Route, strconv.Itoa(c.Status)).Inc()
	}
}
