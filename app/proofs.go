package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app/buildkit"
	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// Prover proves one rewrite, as [buildkit.Client.Prove] does.
type Prover func(context.Context, buildkit.Job) (rewrite.Result, *proof.Proof, error)

// maxProofs is how many Dockerfiles of a pull request are proven.
const maxProofs = 5

// ProofOptions are what a server proves with.
type ProofOptions struct {
	Prove    Prover
	Required bool          // nothing is offered before it is proven
	WorkDir  string        // for the files that are built, and for what originals showed
	Host     string        // of the repositories: github.com
	Parallel int           // proofs at a time; 0 is 2
	Timeout  time.Duration // for all proofs of a pull request together, with the wait for a turn; 0 is an hour
	Metrics  *Metrics
}

// Proofs build what the bot offers, a few at a time.
type Proofs struct {
	ProofOptions
	folder *workFolder
	turns  chan struct{}
	known  *knownProofs

	stopping context.Context
	stop     context.CancelFunc
}

const (
	defaultParallel = 2
	defaultTimeout  = time.Hour
)

// NewProofs makes the work folder. Close removes it.
func NewProofs(o ProofOptions) (*Proofs, error) {
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	folder, err := openWorkFolder(o.WorkDir)
	if err != nil {
		return nil, err
	}
	p := &Proofs{ProofOptions: o, folder: folder, turns: make(chan struct{}, o.Parallel), known: newKnownProofs()}
	p.stopping, p.stop = context.WithCancel(context.Background())
	return p, nil
}

// Stop ends the proofs that run, and lets none begin: their jobs stay in the queue.
func (p *Proofs) Stop() { p.stop() }

// Close removes the work folder.
func (p *Proofs) Close() {
	p.stop()
	p.folder.close()
}

// errTooSlow ends proofs that take longer than the setting allows.
var errTooSlow = errors.New("over the time for proofs")

// session is a context for the proofs of one pull request.
func (p *Proofs) session(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, errTooSlow)
	release := context.AfterFunc(p.stopping, cancel)
	return ctx, func() { release(); cancel() }
}

// prove waits for a turn and proves one rewrite. What the daemon could not do is an
// [review.Absence], with no error; an error says that the run is to end.
func (p *Proofs) prove(ctx context.Context, job buildkit.Job) (rewrite.Result, *proof.Proof, review.Absence, error) {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		absent, err := p.absence(ctx, ctx.Err())
		return job.Result, nil, absent, err
	}
	start := time.Now()
	result, found, err := p.call(ctx, job)
	outcome := ""
	switch {
	case ctx.Err() != nil && !errors.Is(context.Cause(ctx), errTooSlow):
		found, outcome = nil, string(buildkit.Cancelled)
	case err == nil && found == nil:
		err = errors.New("the prover gave neither a proof nor a reason")
	case err == nil:
		outcome = string(found.Outcome)
	}
	if outcome == "" {
		outcome = "error"
		if why := (*buildkit.Unavailable)(nil); errors.As(err, &why) {
			outcome = string(why.Reason)
		}
	}
	p.Metrics.proof(outcome, time.Since(start))
	if found != nil && err == nil {
		return result, found, review.Absence{}, nil
	}
	absent, err := p.absence(ctx, err)
	return job.Result, nil, absent, err
}

// call turns a panic into an error: the same file would panic at every try.
func (p *Proofs) call(ctx context.Context, job buildkit.Job) (result rewrite.Result, found *proof.Proof, err error) {
	defer func() {
		if value := recover(); value != nil {
			p.Metrics.panicked()
			caught := &PanicError{Value: value, Stack: string(debug.Stack())}
			zerolog.Ctx(ctx).Error().Str("stack", caught.Stack).Msg(caught.Error())
			found, err = nil, caught
		}
	}()
	return p.Prove(ctx, job)
}

// absence words why there is no proof. The error is that of a context that ended: for a
// newer head, the deadline of the run, or because the process ends, which is a [Wait].
func (p *Proofs) absence(ctx context.Context, err error) (review.Absence, error) {
	absent := review.Absence{Why: review.Unavailable}
	why := (*buildkit.Unavailable)(nil)
	switch {
	case p.stopping.Err() != nil:
		return absent, &Wait{Until: time.Now(), Reason: "the process ends"}
	case errors.Is(context.Cause(ctx), errTooSlow):
		absent.Detail = fmt.Sprintf("it took longer than the %s that this server gives to the proofs of a pull request", p.Timeout)
	case ctx.Err() != nil:
		return absent, ctx.Err()
	case errors.As(err, &why):
		absent.Detail = cmp.Or(inPublic[why.Reason], why.Detail)
	default:
		absent.Detail = "something went wrong on the server, whose log says more"
	}
	zerolog.Ctx(ctx).Warn().Err(err).Msg("nothing was proven: " + absent.Detail)
	return absent, nil
}

// inPublic words the reasons whose details name the daemon's address, which is nobody's
// business on a pull request.
var inPublic = map[buildkit.Reason]string{
	buildkit.DaemonAbsent: "this server's BuildKit daemon does not answer",
	buildkit.DaemonDied:   "this server's BuildKit daemon went away",
	buildkit.DaemonHangs:  "this server's BuildKit daemon does not answer any more",
}

// maxKnown is how many proofs are remembered.
const maxKnown = 500

// knownProofs are proofs that this process made, so that a command does not build again
// what was just built.
type knownProofs struct {
	mu    sync.Mutex
	by    map[string]knownProof
	order []string
}

type knownProof struct {
	result rewrite.Result
	proof  *proof.Proof
	at     time.Time
}

func newKnownProofs() *knownProofs { return &knownProofs{by: map[string]knownProof{}} }

func (k *knownProofs) get(key string) (knownProof, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.by[key]
	return p, ok
}

func (k *knownProofs) put(key string, p knownProof) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.by[key]; !ok {
		k.order = append(k.order, key)
	}
	k.by[key] = p
	if len(k.order) > maxKnown {
		delete(k.by, k.order[0])
		k.order = k.order[1:]
	}
}

// proofKey names a design of a file at a head.
func proofKey(pr review.PullRequest, r rewrite.Result) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %s %q %q", pr.RepoID, pr.Head.RepoID, pr.Head.SHA, r.Path, r.Context)
	for _, f := range r.Files {
		fmt.Fprintf(h, " %q %v %q %q", f.Path, f.Mode, f.Before, f.After)
	}
	return hex.EncodeToString(h.Sum(nil))
}
