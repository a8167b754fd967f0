package github

import (
	"context"
	"errors"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/review"
)

// createCheck creates a check run; the annotations that do not fit follow.
func (p *publisher) createCheck(ctx context.Context, change review.CreateCheckRun) error {
	check, output := change.Check, outputOf(change.Check)
	rest := splitAnnotations(output)
	o := github.CreateCheckRunOptions{Name: check.Name, HeadSHA: change.SHA, ExternalID: github.String(check.ExternalID), Output: output, Actions: actionsOf(check)}
	o.Status, o.Conclusion, o.CompletedAt = p.stateOf(check)
	run, _, err := p.c.Checks.CreateCheckRun(ctx, p.owner(), p.repo(), o)
	if err != nil {
		return p.checkError(err)
	}
	p.done.CheckRunID = run.GetID()
	return p.annotate(ctx, run.GetID(), check, rest)
}

// updateCheck replaces what a check run shows.
func (p *publisher) updateCheck(ctx context.Context, id int64, check review.CheckRun) error {
	output := outputOf(check)
	rest := splitAnnotations(output)
	o := github.UpdateCheckRunOptions{Name: check.Name, ExternalID: github.String(check.ExternalID), Output: output, Actions: actionsOf(check)}
	o.Status, o.Conclusion, o.CompletedAt = p.stateOf(check)
	_, _, err := p.c.Checks.UpdateCheckRun(ctx, p.owner(), p.repo(), id, o)
	if err != nil {
		return p.checkError(err)
	}
	p.done.CheckRunID = id
	return p.annotate(ctx, id, check, rest)
}

// stateOf is a check run's state in GitHub's words: completed when, and how, or in
// progress.
func (p *publisher) stateOf(check review.CheckRun) (state, conclusion *string, completed *github.Timestamp) {
	if check.InProgress {
		return github.String("in_progress"), nil, nil
	}
	return github.String("completed"), github.String(string(check.Conclusion)), p.now()
}

// annotate adds further annotations: GitHub takes fifty at once and appends.
func (p *publisher) annotate(ctx context.Context, id int64, check review.CheckRun, rest []*github.CheckRunAnnotation) error {
	for len(rest) > 0 {
		output := outputOf(check)
		output.Annotations = rest
		rest = splitAnnotations(output)
		if _, _, err := p.c.Checks.UpdateCheckRun(ctx, p.owner(), p.repo(), id,
			github.UpdateCheckRunOptions{Name: check.Name, Output: output}); err != nil {
			return failed("adding annotations", err)
		}
	}
	return nil
}

// checkError lets an installation without checks: write go without check runs.
func (p *publisher) checkError(err error) error {
	err = failed("the check run", err)
	if !errors.Is(err, ErrPermission) {
		return err
	}
	p.i.app.opts.Logger.Warn().Err(err).Int64("github_installation_id", p.i.ID).
		Msg("no check run: the installation has not granted checks: write")
	return nil
}

func (p *publisher) now() *github.Timestamp {
	return &github.Timestamp{Time: p.i.app.opts.Now().UTC().Truncate(time.Second)}
}

// maxOutput is GitHub's limit for each text of a check run, in bytes.
const maxOutput = 65_535

func outputOf(check review.CheckRun) *github.CheckRunOutput {
	output := &github.CheckRunOutput{Title: github.String(check.Title), Summary: github.String(clip(check.Summary, maxOutput))}
	if check.Text != "" {
		output.Text = github.String(clip(check.Text, maxOutput))
	}
	for _, a := range check.Annotations {
		output.Annotations = append(output.Annotations, &github.CheckRunAnnotation{
			Path: github.String(a.Path), StartLine: github.Int(a.StartLine), EndLine: github.Int(max(a.StartLine, a.EndLine)),
			AnnotationLevel: github.String(string(a.Level)), Title: github.String(a.Title), Message: github.String(a.Message),
		})
	}
	return output
}

// splitAnnotations leaves as many as fit in one request and gives the rest.
func splitAnnotations(output *github.CheckRunOutput) []*github.CheckRunAnnotation {
	all := output.Annotations
	output.Annotations = all[:min(len(all), review.MaxAnnotations)]
	return all[len(output.Annotations):]
}

func actionsOf(check review.CheckRun) []*github.CheckRunAction {
	var actions []*github.CheckRunAction
	for _, a := range check.Actions[:min(len(check.Actions), review.MaxActions)] {
		actions = append(actions, &github.CheckRunAction{Label: a.Label, Description: a.Description, Identifier: a.Identifier})
	}
	return actions
}

// Finish completes a check run of ours, whatever the head is: one that a run left in
// progress. One that is gone, or that we may not write to, is left.
func (i *Installation) Finish(ctx context.Context, id int64, check review.CheckRun) error {
	c, err := i.open(ctx, Report)
	if err != nil {
		return err
	}
	p := &publisher{i: i, c: c}
	if err := p.updateCheck(ctx, id, check); !errors.Is(err, ErrGone) {
		return err
	}
	return nil
}
