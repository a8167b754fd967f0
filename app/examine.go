package app

import (
	"fmt"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// fetchRounds is how often the designer may ask for contents that the snapshot had
// by name only.
const fetchRounds = 2

// Examine designs every Dockerfile that the pull request changes. Fetch brings
// contents that the snapshot had by name only into its tree; nil where the tree
// has everything. Its error ends the examination.
func Examine(pr review.PullRequest, cfg config.Config, fetch func(paths []string) error) ([]review.Subject, error) {
	var subjects []review.Subject
	for _, f := range pr.Files {
		if f.Content == nil || f.Status == review.Removed || !cfg.Includes(f.Path) {
			continue
		}
		result, err := examineFile(pr, f, cfg.Options(), fetch)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, review.Subject{File: f, Result: result})
	}
	return subjects, nil
}

// examineFile designs one Dockerfile, and again with what it missed.
func examineFile(pr review.PullRequest, f review.File, options rewrite.Options, fetch func([]string) error) (rewrite.Result, error) {
	for round := 0; ; round++ {
		result := rewrite.Rewrite(f.Path, f.Content, pr.Tree, options)
		if len(result.Missing) == 0 || fetch == nil {
			return result, nil
		}
		if round == fetchRounds {
			return tooLarge(result), nil
		}
		if err := fetch(result.Missing); err != nil {
			return result, fmt.Errorf("fetching what %s needs: %w", f.Path, err)
		}
	}
}

// tooLarge refuses a design that would still rest on contents nobody read.
func tooLarge(r rewrite.Result) rewrite.Result {
	return rewrite.Result{
		Path: r.Path, Context: r.Context, Source: r.Source, Language: r.Language,
		Verdict: plan.TreeTooLarge.Verdict(), Code: plan.TreeTooLarge,
		Reason: plan.Evidence{Path: r.Missing[0], Text: "the design depends on this file, which is beyond what is read"},
	}
}
