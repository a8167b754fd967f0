package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/multistage-app/multistage/app/buildkit"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// corpusRun is one run over a corpus.
type corpusRun struct {
	prove prover
	flags corpusFlags
	dir   string
	log   *resultLog
	live  *corpusLive
}

// all looks at every entry, several at a time. stopped is why it ended early; the
// results are those that there are, in the order of the entries.
func (c *corpusRun) all(ctx context.Context, entries []corpusEntry) (results []corpusResult, stopped error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	found := make([]*corpusResult, len(entries))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(c.flags.jobs, len(entries)) {
		workers.Go(func() {
			for i := range next {
				r, err := c.one(ctx, entries[i])
				if err != nil {
					cancel(err)
					return
				}
				found[i] = &r
			}
		})
	}
feeding:
	for i := range entries {
		select {
		case next <- i:
		case <-ctx.Done():
			break feeding
		}
	}
	close(next)
	workers.Wait()
	for _, r := range found {
		if r != nil {
			results = append(results, *r)
		}
	}
	return results, context.Cause(ctx)
}

// one looks at one entry. An error ends the run.
func (c *corpusRun) one(ctx context.Context, e corpusEntry) (corpusResult, error) {
	if err := ctx.Err(); err != nil {
		return corpusResult{}, err
	}
	c.live.begin(e.ID)
	began := time.Now()
	r := corpusResult{corpusEntry: e, Engine: c.log.engine, When: began.UTC().Truncate(time.Second)}
	known, err := c.look(ctx, &r)
	if err != nil {
		c.live.forget(e.ID)
		return r, err
	}
	if !known {
		r.Seconds = time.Since(began).Seconds()
		if err := c.log.add(r); err != nil {
			return r, err
		}
	}
	c.live.end(r, known)
	return r, nil
}

// look designs an entry and finds out what is to be known about it; known is true for
// what was found before.
func (c *corpusRun) look(ctx context.Context, r *corpusResult) (known bool, err error) {
	result, source, err := designEntry(r.corpusEntry)
	r.Key = resultKey(r.corpusEntry, source, result, "")
	if err != nil {
		r.Error = clean(err.Error())
		return false, nil
	}
	r.design(result)
	job, wanted := c.job(r.corpusEntry, source, result)
	r.Key = resultKey(r.corpusEntry, source, result, fmt.Sprintf("proof %t, rebuild %t", wanted, job.Rebuild))
	if !c.flags.fresh {
		if before, ok, err := c.log.known(r.Key); err != nil || ok {
			before.corpusEntry = r.corpusEntry // judgements may have changed since
			*r = before
			return ok, err
		}
	}
	if !wanted {
		return false, nil
	}
	proven, p, err := c.guarded(ctx, job)
	switch {
	case err == nil && p != nil:
		if result.Verdict == plan.Rewritten {
			r.design(proven)
		}
		r.Proof = newProofDocument(p)
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case stopsAll(err):
		return false, err
	case err == nil:
		r.Error = "the proof came to no outcome"
	default:
		if r.Unavailable = newUnavailableDocument(err); r.Unavailable == nil {
			r.Error = clean(err.Error())
		}
	}
	return false, nil
}

// design notes what the designer says.
func (r *corpusResult) design(result rewrite.Result) {
	r.Verdict, r.Code, r.Designed = result.Verdict, result.Code, result.Language
	if result.Verdict != plan.Rewritten {
		r.Reason = clean(result.Reason.String())
	}
	r.Alpine = onAlpine(result)
	if r.Context == "" {
		r.Context = result.Context
	}
}

// onAlpine reports whether the original's last stage is based on Alpine.
func onAlpine(result rewrite.Result) bool {
	if result.Source == nil || len(result.Source.Stages) == 0 {
		return false
	}
	stage := result.Source.Stages[len(result.Source.Stages)-1]
	base, known := image.Resolve(stage.Base)
	return known && base.Family == image.Alpine || strings.Contains(strings.ToLower(stage.Base), "alpine")
}

// designEntry reads an entry's file and designs it. A panic is an error: one file must
// not end the run.
func designEntry(e corpusEntry) (result rewrite.Result, source []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the designer panics: %v", r)
		}
	}()
	root, err := os.OpenRoot(e.dir)
	if err != nil {
		return result, nil, err
	}
	defer root.Close()
	if source, err = readFrom(root, e.Dockerfile); err != nil {
		return result, nil, err
	}
	return rewrite.Rewrite(e.Dockerfile, source, root.FS(), rewrite.Options{Context: e.Context}), source, nil
}

func readFrom(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, dockerfile.MaxBytes+1))
}

// job is the proof of an entry. Without a rewrite it is that of the original against
// itself, where the original is wanted: that says whether it builds.
func (c *corpusRun) job(e corpusEntry, source []byte, result rewrite.Result) (job buildkit.Job, wanted bool) {
	job = buildkit.Job{
		Repository: "corpus/" + e.Repo, Dir: e.dir, Result: result, Rebuild: !c.flags.noRebuild,
		Originals: filepath.Join(c.dir, resultsDir, "originals"),
	}
	if result.Verdict == plan.Rewritten {
		return job, true
	}
	if !c.flags.wantsOriginal(e, result) {
		return job, false
	}
	job.Rebuild = false
	job.Result = rewrite.Result{Path: result.Path, Context: result.Context, Source: result.Source,
		Files: []rewrite.FileChange{{Path: result.Path, Mode: 0o644, Before: source, After: source}}}
	if job.Result.Context == "" {
		job.Result.Context = "."
	}
	return job, true
}

// wantsOriginal reports whether the original of a file without a rewrite is built.
// What is no Dockerfile cannot be.
func (f *corpusFlags) wantsOriginal(e corpusEntry, result rewrite.Result) bool {
	switch result.Code {
	case plan.NotADockerfile, plan.Template, plan.Unparsable, plan.Windows:
		return false
	}
	switch {
	case f.originals != "auto":
		return f.originals == "all"
	case e.Kind != "":
		return e.Kind == "positive"
	}
	return result.Verdict == plan.Refused
}

// grace is what a proof has to end once its time is over.
const grace = time.Minute

// guarded proves with a limit of time. A proof that does not end is left behind, so
// that it does not hold up the others.
func (c *corpusRun) guarded(ctx context.Context, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
	ctx, cancel := context.WithTimeout(ctx, c.flags.timeout+grace/2)
	defer cancel()
	type outcome struct {
		result rewrite.Result
		proof  *proof.Proof
		err    error
	}
	ended := make(chan outcome, 1)
	go func() {
		o := outcome{result: job.Result}
		defer func() {
			if r := recover(); r != nil {
				o.proof, o.err = nil, fmt.Errorf("the proof panics: %v", r)
			}
			ended <- o
		}()
		config := buildkit.Config{Host: c.flags.host, Limits: buildkit.Limits{Proof: c.flags.timeout, Build: c.flags.buildTimeout}}
		o.result, o.proof, o.err = c.prove(ctx, config, job)
	}()
	select {
	case o := <-ended:
		return o.result, o.proof, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-ended:
		return o.result, o.proof, o.err
	case <-time.After(grace):
		return job.Result, nil, &buildkit.Unavailable{Reason: buildkit.Timeout,
			Detail: fmt.Sprintf("the proof did not end %s after its time was over", grace)}
	}
}
