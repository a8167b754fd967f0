package app

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/multistage-app/multistage/app/buildkit"
)

// newProofs connects the bot with what proves: the daemon that the settings name. Without
// one, or with the proofs off, it is nil.
func (p *Process) newProofs(ctx context.Context, cfg Config, metrics *Metrics) (*Proofs, error) {
	switch {
	case cfg.Verify == VerifyOff || cfg.Verify == "":
		return nil, nil
	case cfg.Prove == nil && cfg.BuildKitHost == "":
		p.Logger.Warn().Msg("nothing is proven: BUILDKIT_HOST names no daemon")
		return nil, nil
	}
	prove := cfg.Prove
	if prove == nil {
		client, err := buildkit.New(buildkit.Config{Host: cfg.BuildKitHost, Policy: cfg.SourcePolicy,
			Limits: buildkit.Limits{Proof: cfg.ProofTimeout, Memory: cfg.ProofMemory}})
		if err != nil {
			return nil, fmt.Errorf("the BuildKit daemon (BUILDKIT_HOST): %w", err)
		}
		p.daemon, prove = client, client.Prove
		if err := buildkit.Forget(originalsIn(cfg.WorkDir), time.Now().Add(-originalsAge)); err != nil {
			p.Logger.Warn().Err(err).Msg("old results of originals cannot be removed")
		}
		go p.ping(ctx, client, cfg.BuildKitHost)
	}
	proofs, err := NewProofs(ProofOptions{
		Prove: prove, Required: cfg.Verify == VerifyRequired, WorkDir: cmp.Or(cfg.WorkDir, os.TempDir()), Host: webHost(cfg.GitHubURL),
		Parallel: cfg.Proofs, Timeout: cfg.ProofTimeout, Metrics: metrics,
	})
	if err != nil && p.daemon != nil {
		_ = p.daemon.Close()
	}
	return proofs, err
}

// originalsAge is how long it is kept what an original showed.
const originalsAge = 30 * 24 * time.Hour

// originalsIn is the folder for what originals showed.
func originalsIn(workDir string) string { return filepath.Join(workDir, "originals") }

// pingTimeout bounds the question at the start.
const pingTimeout = 20 * time.Second

// ping says in the log whether the daemon is there. It may come later: each proof asks
// again, and the server is ready without it.
func (p *Process) ping(ctx context.Context, client *buildkit.Client, host string) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := client.Ping(ctx); err != nil {
		p.Logger.Warn().Err(err).Str("buildkit_host", host).Msg("the BuildKit daemon does not answer; until it does, nothing is proven")
		return
	}
	p.Logger.Info().Str("buildkit_host", host).Msg("the BuildKit daemon answers")
}

// closeProofs ends what proves.
func (p *Process) closeProofs() {
	if p.Proofs != nil {
		p.Proofs.Close()
	}
	if p.daemon != nil {
		_ = p.daemon.Close()
	}
}

// webHost is the host that people see of GitHub whose REST API is at an address.
func webHost(api string) string {
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || u.Host == "api.github.com" {
		return "github.com"
	}
	return u.Host
}
