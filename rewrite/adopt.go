package rewrite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"

	"github.com/multistage-app/multistage/rewrite/contract"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// ErrUnchanged says that a rewrite is the original, byte for byte.
var ErrUnchanged = errors.New("the rewrite is the same as the original: there is nothing to prove")

// Adopt makes a Result of a rewrite that somebody wrote or edited by hand, and holds
// its contract against the original's as that of a designed one. path is that of the
// original in the tree, source its content, after the rewrite's; the build context is
// found as [Rewrite] finds it.
//
// There is no plan that names what changes. A row of the contract that differs has a
// Change where design allows it without one: a user other than root in place of root,
// the exec form of the same words, NODE_ENV=production, a HEALTHCHECK where there was
// none, what the base image alone gave, and variables of the build that no start
// command uses. [Result.Broken] are the others; the caller fails the rewrite for them.
//
// New warnings of BuildKit's checks are findings, and so is a rewrite with one stage,
// which is proven all the same. The Result has no Plan and cannot be repaired.
//
// An error says that there is nothing to prove: the rewrite cannot be parsed (with
// file and line, where path is the name of both), BuildKit would not build it, it is
// [ErrUnchanged], or the original or the tree cannot be read.
func Adopt(path string, source, after []byte, tree fs.FS, options Options) (Result, error) {
	r := Result{Path: path, Context: options.Context}
	file, err := dockerfile.Parse(path, source)
	if err != nil {
		return r, fmt.Errorf("the original cannot be parsed: %w", err)
	}
	rewritten, err := dockerfile.Parse(path, after)
	if err != nil {
		return r, fmt.Errorf("the rewrite cannot be parsed: %w", err)
	}
	if bytes.Equal(source, after) {
		return r, ErrUnchanged
	}
	proj, err := open(tree, file, options)
	if err != nil {
		return r, fmt.Errorf("the repository cannot be read: %w", err)
	}
	in := newInput(file, proj, options)
	r.Source, r.Context, r.Verdict = file, proj.Context, plan.Rewritten
	if r.Contract, err = adoptContract(in, rewritten, after); err != nil {
		return r, err
	}
	r.Files = []FileChange{{Path: path, Mode: mode(proj, path), Before: source, After: after}}
	facts, err := adoptFacts(in, rewritten, after)
	if err != nil {
		return r, err
	}
	told := r
	told.Plan = &plan.Plan{Facts: facts}
	r.Findings = findings(in, told)
	r.Missing = proj.Missing
	return r, nil
}

// Broken are the promises that the rewrite does not keep: rows that differ and that no
// named change explains. A rewrite that Rewrite or Repair designed has none.
func (r Result) Broken() []Promise {
	var out []Promise
	for _, row := range r.Contract {
		if row.Before != row.After && row.Change == nil {
			out = append(out, row)
		}
	}
	return out
}

// adoptContract compares what the two final images promise, with a change for each
// difference that is allowed.
func adoptContract(in *plan.Input, rewritten *dockerfile.File, after []byte) ([]Promise, error) {
	before, err := contract.Of(in.File.Path, in.File.Source)
	if err != nil {
		return nil, fmt.Errorf("BuildKit would not build the original: %w", err)
	}
	now, err := contract.Of(in.File.Path, after)
	if err != nil {
		return nil, fmt.Errorf("BuildKit would not build the rewrite: %w", err)
	}
	rows := compare(in, setByRewrite(now), before, now)
	a := allowance{in: in, before: before, after: now, base: finalBase(rewritten)}
	for i := range rows {
		row := &rows[i]
		if row.Before == row.After {
			continue
		}
		if why := a.allows(*row); why != "" {
			row.Change = &plan.Change{Field: row.Field, Key: row.Key, Before: row.Before, After: row.After, Evidence: plan.Evidence{Text: why}}
		}
	}
	return rows, nil
}

// setByRewrite names the variables that the rewrite sets itself, so that they are
// compared too. What a new base gives does not count.
func setByRewrite(now contract.Contract) *plan.Plan {
	p := &plan.Plan{}
	for _, key := range names(now.Env) {
		if given, ok := now.Base[key]; !ok || given != now.Env[key] {
			p.Changes = append(p.Changes, plan.Change{Field: plan.FieldEnv, Key: key})
		}
	}
	return p
}

// adoptFacts are what a reader should know of a rewrite that was made by hand.
func adoptFacts(in *plan.Input, rewritten *dockerfile.File, after []byte) ([]plan.Fact, error) {
	var facts []plan.Fact
	warnings, err := newWarnings(in.File.Path, in.File.Source, after)
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		facts = append(facts, plan.Fact{Rule: "buildkit-check", Detail: w.URL,
			Evidence: plan.Evidence{Text: fmt.Sprintf("line %d of the rewrite: %s (%s)", w.Line, w.Detail, w.Rule)}})
	}
	if notSingle(rewritten, rewritten.Stages[len(rewritten.Stages)-1]) == nil {
		facts = append(facts, plan.Fact{Rule: "one-stage-rewrite", Evidence: plan.Evidence{Text: "the last stage takes nothing from another stage"}})
	}
	return facts, nil
}
