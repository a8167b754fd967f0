package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/app/buildkit"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// prover proves one rewrite: [buildkit.Client.Prove], or a stand-in in tests.
type prover func(context.Context, buildkit.Config, buildkit.Job) (rewrite.Result, *proof.Proof, error)

// proveWithDaemon asks the daemon that the configuration names.
func proveWithDaemon(ctx context.Context, config buildkit.Config, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
	client, err := buildkit.New(config)
	if err != nil {
		return job.Result, nil, exitError{exitUsage, err}
	}
	defer client.Close()
	if err := client.Ping(ctx); err != nil {
		return job.Result, nil, err
	}
	return client.Prove(ctx, job)
}

// proofFlags are what design --verify and verify have in common.
type proofFlags struct {
	host      string
	args, env []string
	noRebuild bool
	progress  string
	timeout   time.Duration
	probe     string
}

func (f *proofFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	addHost(cmd, &f.host)
	flags.StringArrayVar(&f.args, "build-arg", nil, "`KEY=VALUE` for both builds; may be repeated")
	flags.StringArrayVar(&f.env, "env", nil, "`KEY=VALUE` in both containers; may be repeated")
	flags.BoolVar(&f.noRebuild, "no-rebuild", false, "do not measure what a one-line change of a source file costs")
	flags.StringVar(&f.progress, "progress", "auto", "`MODE` of the progress on standard error: auto, plain or none")
	flags.DurationVar(&f.timeout, "timeout", time.Hour, "the longest that a whole proof may take")
	flags.StringVar(&f.probe, "probe", "", "static Linux multistage, a `FILE`, that is started in the containers (default: this program)")
}

// addHost adds the flag that names the daemon.
func addHost(cmd *cobra.Command, host *string) {
	cmd.Flags().StringVar(host, "buildkit-host", os.Getenv("BUILDKIT_HOST"), "`ADDRESS` of the BuildKit daemon (BUILDKIT_HOST)")
	// The default is what the environment says; help should not print it.
	cmd.Flags().Lookup("buildkit-host").DefValue = ""
}

func (f *proofFlags) check() error {
	switch f.progress {
	case "auto", "plain", "none":
	default:
		return usage("--progress %s is not known: use auto, plain or none", f.progress)
	}
	if f.timeout <= 0 {
		return usage("--timeout %s is no time: use a duration such as 20m", f.timeout)
	}
	if _, err := keyValues("--build-arg", f.args); err != nil {
		return err
	}
	_, err := keyValues("--env", f.env)
	return err
}

var reKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// keyValues reads the values of a flag that takes KEY=VALUE.
func keyValues(flag string, given []string) (map[string]string, error) {
	values := map[string]string{}
	for _, kv := range given {
		k, v, ok := strings.Cut(kv, "=")
		if !ok || !reKey.MatchString(k) {
			return nil, usage("%s %s is not KEY=VALUE", flag, kv)
		}
		values[k] = v
	}
	return values, nil
}

func (f *proofFlags) config() buildkit.Config {
	return buildkit.Config{Host: f.host, Probe: f.probe, Limits: buildkit.Limits{Proof: f.timeout}}
}

// job is the proof of a rewrite in the repository of its Dockerfile.
func (f *proofFlags) job(in *input, result rewrite.Result) buildkit.Job {
	args, _ := keyValues("--build-arg", f.args) // checked before
	return buildkit.Job{
		Repository: in.root.Name(), Dir: in.root.Name(), Result: result,
		BuildArgs: args, Env: f.env, Rebuild: !f.noRebuild,
	}
}

// run proves a rewrite with progress on standard error. A rewrite that breaks the
// contract is disproven without a build.
func (f *proofFlags) run(cmd *cobra.Command, prove prover, in *input, result rewrite.Result) (rewrite.Result, *proof.Proof, error) {
	if p := buildkit.BrokenContract(result); p != nil {
		return result, p, nil
	}
	if f.host == "" {
		return result, nil, noDaemon()
	}
	progress := newProgress(cmd.ErrOrStderr(), f.progress)
	defer progress.close()
	job := f.job(in, result)
	job.Progress = progress.event
	result, p, err := prove(cmd.Context(), f.config(), job)
	if err != nil {
		return result, nil, err
	}
	if p == nil {
		return result, nil, errors.New("the proof came to no outcome")
	}
	return result, p, nil
}

// noDaemon is what is said where no daemon is named.
func noDaemon() error {
	return &buildkit.Unavailable{
		Reason: buildkit.DaemonAbsent,
		Detail: "a proof needs a BuildKit daemon, and neither --buildkit-host nor BUILDKIT_HOST names one",
	}
}

const startDaemon = `with Docker at hand, this starts a daemon and names it:
  docker run --rm -d --name buildkitd --privileged moby/buildkit
  export BUILDKIT_HOST=docker-container://buildkitd`

// advice is what to do about each reason for which nothing can be said.
var advice = map[buildkit.Reason]string{
	buildkit.DaemonAbsent: startDaemon,
	buildkit.DaemonDied:   "see the daemon's own log, start it again, and repeat the command",
	buildkit.DaemonHangs:  "see the daemon's own log; where it is only busy, repeat the command later",
	buildkit.DiskFull:     "make room on the daemon's disk, for example with 'buildctl prune', and repeat the command",
	buildkit.Timeout:      "--timeout gives a proof more time; what was built is in the daemon's cache",
	buildkit.TooLarge:     "a .dockerignore keeps out of the build context what the build does not need",
	buildkit.Network:      "see whether the daemon reaches the registries and package servers that the Dockerfile names, and repeat the command",
	buildkit.OutOfMemory:  "give the daemon more memory; a --timeout or fewer builds at once change nothing here",
	buildkit.LogClipped:   "start the daemon with these two settings and repeat the command",
	buildkit.NoProbe:      "name a static Linux multistage for the daemon's processor (make build makes one) with --probe",
	buildkit.Denied:       "the source policy decides which images may be used",
}

// unavailable gives an error that is no verdict its exit status and what to do about
// it.
func unavailable(err error) error {
	var u *buildkit.Unavailable
	if !errors.As(err, &u) {
		return err
	}
	text := "nothing was proven: " + strings.Join(cleanLines(u.Error()), "\n")
	if hint := advice[u.Reason]; hint != "" {
		text += "\n" + hint
	}
	return exitError{exitFailure, errors.New(text)}
}

// withdraw makes a refusal of a rewrite whose proof failed: it is not offered.
func withdraw(r rewrite.Result, p *proof.Proof) rewrite.Result {
	r.Code = plan.ProofFailed
	if p.Outcome == proof.OriginalBroken {
		r.Code = plan.BrokenOriginal
	}
	r.Verdict, r.Files, r.Plan, r.Contract = r.Code.Verdict(), nil, nil, nil
	r.Reason = plan.Evidence{Text: fmt.Sprintf("the proof came to %q", p.Outcome)}
	if f := p.Failure; f != nil {
		r.Reason = plan.Evidence{Text: string(f.Step) + ": " + clean(f.Cause)}
		if p.Outcome == proof.OriginalBroken {
			r.Reason.Line = f.Line
		}
	}
	return r
}
