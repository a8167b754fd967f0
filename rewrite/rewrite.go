// Package rewrite designs the multi-stage version of a single-stage Dockerfile.
//
// [Rewrite] is a function from bytes to bytes: no network, no clock, no
// environment. It parses the file, decides whether it is ours to touch, asks a
// language package for a plan, renders the plan out of the author's own bytes,
// and checks the outcome against the contract of the original.
package rewrite

import (
	"errors"
	"io/fs"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/lang"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// Rewrite designs the multi-stage version of the Dockerfile at path, whose
// content is source, in the repository fsys. It is deterministic, and it never
// fails: what cannot be designed is a verdict with a reason. Where the Result
// names Missing files, the caller brings their contents and asks again.
func Rewrite(path string, source []byte, fsys fs.FS, options Options) Result {
	result := Result{Path: path, Context: options.Context}
	file, err := dockerfile.Parse(path, source)
	result.Source = file
	if refusal := screen(file, err); refusal != nil {
		return result.refuse(refusal)
	}
	proj, err := open(fsys, file, options)
	if err != nil {
		return result.refuse(&plan.Refusal{Code: plan.TreeTooLarge, Evidence: plan.Evidence{Text: err.Error()}})
	}
	result = design(result, file, proj, options)
	result.Missing = proj.Missing
	return result
}

// open lists the repository and finds the build context.
func open(fsys fs.FS, file *dockerfile.File, options Options) (*project.Project, error) {
	proj, err := project.Open(fsys, file.Path, ".")
	if err != nil {
		return nil, err
	}
	context := options.Context
	if context == "" {
		context = findContext(proj, file)
	}
	if context == proj.Context {
		return proj, nil
	}
	return proj.In(context)
}

// design answers for a file that can be read, in a repository that can.
func design(result Result, file *dockerfile.File, proj *project.Project, options Options) Result {
	result.Context = proj.Context
	if refusal := notSingle(file, file.Stages[len(file.Stages)-1]); refusal != nil {
		return result.refuse(refusal)
	}
	in := newInput(file, proj, options)
	if refusal := detect(in); refusal != nil {
		return result.finish(in, nil, refusal)
	}
	language, ok := choose(in)
	if !ok {
		return result.finish(in, nil, unsupported(in))
	}
	result.Language = language.Name
	in, p, refusal := designFor(language, in)
	return result.finish(in, p, refusal)
}

// choose is the first language that claims the file.
func choose(in *plan.Input) (plan.Language, bool) {
	for _, l := range lang.All {
		if l.Claims(in) {
			return l, true
		}
	}
	return plan.Language{}, false
}

// finish renders and checks a plan, or takes the refusal, and adds the findings.
func (r Result) finish(in *plan.Input, p *plan.Plan, refusal *plan.Refusal) Result {
	if p != nil {
		after := render(in, p)
		promises, err := check(in, p, after)
		if err == nil {
			return r.accept(in, p, after, promises)
		}
		refusal = &plan.Refusal{Code: plan.ProofFailed, Evidence: plan.Evidence{Text: err.Error()}}
	}
	r = r.refuse(refusal)
	r.Findings = findings(in, r)
	r.Hardening = harden(in, r.Code)
	return r
}

func (r Result) accept(in *plan.Input, p *plan.Plan, after []byte, promises []Promise) Result {
	r.Verdict = plan.Rewritten
	r.Plan, r.Contract, r.input = p, promises, in
	r.Files = []FileChange{{Path: in.File.Path, Mode: mode(in.Project, in.File.Path), Before: in.File.Source, After: after}}
	for _, f := range p.Files {
		change := FileChange{Path: f.Path, Mode: mode(in.Project, f.Path), After: []byte(f.Content)}
		if before, err := in.Project.Read(f.Path); err == nil {
			change.Before = before
		}
		r.Files = append(r.Files, change)
	}
	r.Findings = findings(in, r)
	return r
}

func (r Result) refuse(refusal *plan.Refusal) Result {
	r.Code, r.Reason, r.Remedy = refusal.Code, refusal.Evidence, refusal.Remedy
	r.Verdict = refusal.Code.Verdict()
	return r
}

// mode is a file's permission bits; a new file is an ordinary one.
func mode(proj *project.Project, path string) fs.FileMode {
	if entry, ok := proj.Stat(path); ok && entry.Mode&0o111 != 0 {
		return 0o755
	}
	return 0o644
}

// screen refuses what cannot be read, and what is not a Dockerfile in Docker's
// own syntax.
func screen(file *dockerfile.File, err error) *plan.Refusal {
	switch {
	case err != nil && looksLikeTemplate(file.Source):
		return &plan.Refusal{Code: plan.Template, Evidence: plan.Evidence{Text: "it holds placeholders of a template language"}}
	case errors.Is(err, dockerfile.ErrNoInstructions):
		return &plan.Refusal{Code: plan.NotADockerfile, Evidence: plan.Evidence{Text: "it holds no instruction"}}
	case err != nil:
		return &plan.Refusal{Code: plan.Unparsable, Evidence: plan.Evidence{Text: err.Error()}}
	}
	return screenSyntax(file)
}
