package buildkit

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// maxRounds is how often a rewrite is repaired and proven again.
const maxRounds = 3

// Prove builds, opens, starts and measures the original and the rewrite. Where the
// rewrite fails in a way that can be repaired, it proves the repaired one, three
// rounds at most: the Result that it gives back is the one that the Proof speaks of.
//
// An error says that nothing was proven either way, and is an [Unavailable] where the
// daemon, its disk, the network or a limit is the reason.
func (c *Client) Prove(ctx context.Context, job Job) (rewrite.Result, *proof.Proof, error) {
	if len(job.Result.Files) == 0 {
		return job.Result, nil, errors.New("there is no rewrite to prove")
	}
	if err := job.checkArgs(); err != nil {
		return job.Result, nil, err
	}
	if p := BrokenContract(job.Result); p != nil {
		return job.Result, p, nil
	}
	if err := c.Ping(ctx); err != nil {
		return job.Result, nil, err
	}
	ctx, cancel := within(ctx, c.config.Limits.Proof, "the proof")
	defer cancel()
	ctx, stop := c.watch(ctx)
	defer stop()
	job.Progress = serial(job.Progress)
	p := &prover{client: c, job: job, proof: &proof.Proof{}}
	if err := p.run(ctx); err != nil {
		var u *Unavailable
		if !errors.As(err, &u) && ctx.Err() != nil {
			err = interrupted(ctx)
		}
		return p.job.Result, nil, err
	}
	p.conclude()
	return p.job.Result, p.proof, nil
}

// serial calls a function from one goroutine at a time.
func serial(notify func(Event)) func(Event) {
	if notify == nil {
		return nil
	}
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		notify(e)
	}
}

// prover is one proof while it is made.
type prover struct {
	client   *Client
	job      Job
	original original
	key      string // of the original among those that are kept; "" where none are
	timing   timing // of the original's build
	proof    *proof.Proof
}

func (p *prover) run(ctx context.Context) error {
	if err := p.seeOriginal(ctx); err != nil {
		return err
	}
	p.proof.Original = p.original.Image
	if p.original.Failure != nil {
		return nil
	}
	for {
		p.proof.Checks = []proof.Check{buildCheck("the original builds", p.original.Image)}
		if err := p.try(ctx); err != nil {
			return err
		}
		if p.proof.Failure == nil {
			return p.measure(ctx)
		}
		if !p.repair() {
			return nil
		}
	}
}

// repair changes the rewrite from what the failure says; false where nothing is left
// to try.
func (p *prover) repair() bool {
	if len(p.proof.Rounds) == maxRounds {
		return false
	}
	repaired, ok := rewrite.Repair(p.job.Result, *p.proof.Failure)
	if !ok {
		return false
	}
	round := proof.Round{Failure: *p.proof.Failure}
	if n := len(repaired.Repairs); n > 0 {
		round.Repair = repaired.Repairs[n-1]
	}
	p.proof.Rounds = append(p.proof.Rounds, round)
	p.proof.Failure, p.proof.Targets, p.proof.Rewrite = nil, nil, proof.Image{}
	p.job.Result = repaired
	return true
}

// conclude sums up.
func (p *prover) conclude() {
	switch {
	case p.original.Failure != nil:
		p.proof.Outcome, p.proof.Failure = proof.OriginalBroken, p.original.Failure
	case p.proof.Failure != nil:
		p.proof.Outcome = proof.Disproven
	default:
		p.proof.Outcome = proof.Proven
	}
}

// seeOriginal builds, opens and starts the original, or recalls what it showed.
func (p *prover) seeOriginal(ctx context.Context) error {
	if p.job.Originals != "" {
		src, err := p.job.original(p.client.config.Limits)
		if err != nil {
			return err
		}
		if p.key, err = originalKey(ctx, src); err != nil {
			return fmt.Errorf("reading the build context: %w", err)
		}
		var known bool
		if p.original, known = recall(p.job.Originals, p.key); known {
			return nil
		}
	}
	err := p.openOriginal(ctx, func(ctx context.Context, s *session, img *image) (err error) {
		p.original.Config, p.timing = img.config, img.timing
		if p.original.Files, err = s.inspect(ctx, img); err != nil {
			return err
		}
		p.original.Image.Start, err = s.start(ctx, img, askOriginal(img.config, p.job.Env, p.client.config.Limits.Start))
		return err
	})
	var failed *broken
	if errors.As(err, &failed) {
		p.original.Failure = &failed.failure
	} else if err != nil {
		return err
	}
	return keep(p.job.Originals, p.key, p.original)
}

// openOriginal builds the original and calls fn with its image.
func (p *prover) openOriginal(ctx context.Context, fn func(context.Context, *session, *image) error) error {
	src, err := p.job.original(p.client.config.Limits)
	if err != nil {
		return err
	}
	return p.client.open(ctx, src, func(ctx context.Context, s *session) error {
		img, seen, err := s.image(ctx)
		if err != nil {
			return err
		}
		if !p.original.Image.Built {
			p.original.Image = seen
		}
		return fn(ctx, s, img)
	})
}

// try builds, opens and starts the rewrite, and compares.
func (p *prover) try(ctx context.Context) error {
	src, err := p.job.rewritten(p.client.config.Limits)
	if err != nil {
		return err
	}
	err = p.client.open(ctx, src, func(ctx context.Context, s *session) error {
		img, seen, err := s.image(ctx)
		if err != nil {
			return err
		}
		p.proof.Rewrite = seen
		p.note(buildCheck("the rewrite builds", seen))
		return p.compare(ctx, s, img)
	})
	var failed *broken
	if errors.As(err, &failed) {
		p.fail(&failed.failure)
		return nil
	}
	return err
}

// compare holds the rewrite's image against what the original showed.
func (p *prover) compare(ctx context.Context, s *session, img *image) error {
	if f := compareConfigs(p.job.Result, p.original.Config, img.config); f != nil {
		p.fail(f)
		return nil
	}
	seen, err := s.inspect(ctx, img)
	if err != nil {
		return err
	}
	checks, failure := seen.Against(p.original.Files)
	p.note(checks...)
	if failure == nil {
		checks, failure, err = p.startBoth(ctx, s, img)
		if err != nil {
			return err
		}
		p.note(checks...)
	}
	if failure == nil {
		p.proof.Targets, failure, err = s.targets(ctx)
	}
	p.fail(failure)
	return err
}

// startBoth starts the rewrite and compares it with the original's start. Where they
// differ both are started once more: what differs between two runs of the original
// says nothing, and a rewrite may have been unlucky once.
func (p *prover) startBoth(ctx context.Context, s *session, img *image) ([]proof.Check, *proof.Failure, error) {
	original := p.original.Image.Start
	question := askRewrite(img.config, p.job.Env, p.client.config.Limits.Start, original)
	start, err := s.start(ctx, img, question)
	if err != nil {
		return nil, nil, err
	}
	p.proof.Rewrite.Start = start
	checks, failure := compareStarts(original, start, nil)
	if failure == nil {
		return checks, nil, nil
	}
	var again proof.Start
	err = p.openOriginal(ctx, func(ctx context.Context, s *session, img *image) (err error) {
		again, err = s.start(ctx, img, askOriginal(img.config, p.job.Env, p.client.config.Limits.Start))
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if checks, failure = compareStarts(original, start, &again); failure == nil {
		return checks, nil, nil
	}
	if start, err = s.start(ctx, img, question); err != nil {
		return nil, nil, err
	}
	if secondChecks, second := compareStarts(original, start, &again); second == nil {
		p.proof.Rewrite.Start = start
		return append(secondChecks, proof.Check{Name: "the first of two starts behaved otherwise", Detail: failure.Cause}), nil, nil
	}
	return checks, failure, nil
}

// measure adds what is only worth measuring where the rewrite is proven.
func (p *prover) measure(ctx context.Context) error {
	before, after := &p.original.Image, &p.proof.Rewrite
	old, err := p.job.original(p.client.config.Limits)
	if err != nil {
		return err
	}
	rewritten, err := p.job.rewritten(p.client.config.Limits)
	if err != nil {
		return err
	}
	p.size(ctx, old, before)
	p.size(ctx, rewritten, after)
	if file := sourceFile(&p.job); p.job.Rebuild && file != "" {
		if known := rebuildKnown(&p.job, old.file, p.timing, file); known != nil && before.Rebuild == nil {
			before.Rebuild = known
		}
		p.touch(ctx, old, file, before)
		p.touch(ctx, rewritten, file, after)
	}
	p.proof.Original = *before
	p.proof.Causes = causes(before.Contents.Groups, after.Contents.Groups)
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return keep(p.job.Originals, p.key, p.original)
}

// size measures the compressed size of an image; a daemon that cannot say it leaves
// the figure out.
func (p *prover) size(ctx context.Context, src source, img *proof.Image) {
	if img.Sizes.Compressed > 0 || ctx.Err() != nil {
		return
	}
	size, err := p.client.compressed(ctx, src)
	if err != nil {
		p.proof.Notes = append(p.proof.Notes, fmt.Sprintf("the compressed size of the %s was not measured: %s", src.label, firstLine(err.Error())))
		return
	}
	img.Sizes.Compressed = size
}

// touch measures a rebuild; one that does not work leaves the figure out.
func (p *prover) touch(ctx context.Context, src source, file string, img *proof.Image) {
	if img.Rebuild != nil || ctx.Err() != nil {
		return
	}
	measured, err := p.client.rebuild(ctx, src, file)
	if err != nil {
		p.proof.Notes = append(p.proof.Notes, fmt.Sprintf("a rebuild of the %s after a change of %s was not measured: %s", src.label, file, firstLine(err.Error())))
		return
	}
	img.Rebuild = measured
}

func (p *prover) note(checks ...proof.Check) { p.proof.Checks = append(p.proof.Checks, checks...) }

func (p *prover) fail(f *proof.Failure) {
	if f != nil {
		p.proof.Failure = f
	}
}

// start starts an image within the session.
func (s *session) start(ctx context.Context, img *image, ask startRequest) (proof.Start, error) {
	defer s.log.say("starting the image")()
	start, err := startImage(ctx, s.gw, img, s.probe, ask)
	if err != nil {
		return start, s.explain(ctx, err)
	}
	return start, nil
}
