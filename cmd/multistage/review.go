package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/app/local"
	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
)

type reviewFlags struct {
	base, head string
	commit     bool
}

func newReview() *cobra.Command {
	var flags reviewFlags
	cmd := &cobra.Command{
		Use:   "review [DIR]",
		Short: "Print what the App would say about a branch",
		Long: `Do the pull request's job on a git repository on this machine: find the
Dockerfiles that changed between base and head, design their multi-stage
versions, and print the review as the App would post it.

The head is HEAD by default, never the work tree. The base is where the head left
its upstream, origin's default branch or main. Nothing is written, unless
--commit asks for the suggested-change commit: it hangs on
refs/multistage/<branch>, and HEAD, index and work tree stay as they are.

Exit status: 0 nothing to say; 3 there are findings; 2 wrong usage, no git or no
repository; 1 failure.`,
		Example: `  multistage review
  multistage review --base origin/main --head feature ~/src/shop
  multistage review --commit && git cherry-pick refs/multistage/feature`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return reviewLocal(cmd, dir, flags)
		},
	}
	cmd.Flags().StringVar(&flags.base, "base", "", "`REV` to compare with (default: where the head's branch began)")
	cmd.Flags().StringVar(&flags.head, "head", "HEAD", "`REV` to review")
	cmd.Flags().BoolVar(&flags.commit, "commit", false, "make the suggested-change commit on refs/multistage/<branch>")
	return cmd
}

func reviewLocal(cmd *cobra.Command, dir string, flags reviewFlags) error {
	ctx := cmd.Context()
	repo, err := local.Open(ctx, dir)
	if err != nil {
		return exitError{exitUsage, err}
	}
	pr, err := repo.Snapshot(ctx, flags.base, flags.head)
	if err != nil {
		return exitError{exitUsage, err}
	}
	wanted, err := compose(pr)
	if err != nil {
		return err
	}
	if !show(cmd.OutOrStdout(), wanted) {
		fmt.Fprintf(cmd.ErrOrStderr(), "nothing to say: no single-stage Dockerfile changed between %.12s and %.12s\n", pr.Base.SHA, pr.Head.SHA)
		return nil
	}
	if err := commit(ctx, cmd.ErrOrStderr(), repo, pr, wanted, flags.commit); err != nil {
		return err
	}
	return exitError{code: exitFindings}
}

// compose is the App's own way from a snapshot to a review. Somebody asked for it,
// so what only a pull request has, such as being a draft, does not matter.
func compose(pr review.PullRequest) (review.Review, error) {
	cfg, err := config.Parse(pr.ConfigPath, pr.Config)
	if err != nil {
		return review.Review{}, exitError{exitUsage, err}
	}
	cfg.Asked = true
	subjects, err := app.Examine(pr, cfg, nil)
	if err != nil {
		return review.Review{}, err
	}
	return review.Compose(pr, subjects, cfg), nil
}

// show prints a review and reports whether there was one.
func show(w io.Writer, r review.Review) bool {
	if r.Body == "" && r.Check == nil {
		return false
	}
	if r.Body != "" {
		fmt.Fprintln(w, r.Body)
	}
	for _, c := range r.Comments {
		start := c.StartLine
		if start == 0 {
			start = c.Line
		}
		fmt.Fprintf(w, "\n--- comment on %s, lines %d to %d ---\n\n%s\n", c.Path, start, c.Line, c.Body)
	}
	if c := r.Check; c != nil {
		fmt.Fprintf(w, "\n--- check run %s: %s ---\n\n%s\n\n%s\n", c.Name, c.Conclusion, c.Title, c.Summary)
	}
	return true
}

func commit(ctx context.Context, w io.Writer, repo *local.Repository, pr review.PullRequest, r review.Review, wanted bool) error {
	switch {
	case !wanted:
		return nil
	case r.Commit == nil:
		fmt.Fprintln(w, "no commit: no file was rewritten")
		return nil
	}
	sha, ref, err := repo.Commit(ctx, r.Commit, pr.Head.Ref)
	if errors.Is(err, context.Canceled) {
		return err
	}
	if err != nil {
		return fmt.Errorf("making the suggested-change commit: %w", err)
	}
	fmt.Fprintf(w, "commit %.12s on %s\n  take it: git cherry-pick %s\n", sha, ref, ref)
	return nil
}
