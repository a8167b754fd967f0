package main

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/app/buildkit"
)

type corpusFlags struct {
	host         string
	jobs         int
	only         string
	fresh        bool
	originals    string
	perRepo      int
	noRebuild    bool
	timeout      time.Duration
	format       string
	progress     string
	selected     *regexp.Regexp
	buildTimeout time.Duration
}

// newCorpus is hidden: it is for those who work on the designer.
func newCorpus(prove prover) *cobra.Command {
	var flags corpusFlags
	cmd := &cobra.Command{
		Use:    "corpus DIR",
		Hidden: true,
		Short:  "Design and prove every Dockerfile of a folder of repositories",
		Long: `Design and prove every Dockerfile of a folder of repositories, several at a time,
and print what became of each, failures first, and figures per language.

DIR/manifest.jsonl names the files, one JSON object a line: id, repo (owner/name),
dockerfile, context, kind (positive, negative, odd), expected_outcome, language;
the trees are at DIR/repos/<owner>+<name>. Without a manifest every repository
below DIR counts, a folder with a .git or a direct child, with every file in it
that is named as a Dockerfile.

Each result is a line of DIR/results/<version>.jsonl, written as it comes. A second
run takes from there, and from the files of other versions, what has the same
Dockerfile and the same rewrite: only what a changed designer writes otherwise is
built again, and DIR/results/originals keeps what the originals showed. After a
change of the proof itself use --fresh. What failed for want of a daemon, of room,
of a network or of time is no verdict, is counted apart and tried again. So is what
was under way at an interrupt.

Of a file without a rewrite, --originals decides whether the original is built
alone, to know whether a refused file builds at all: auto does so for those of kind
positive, and where nobody judged for the refused ones; all and none say it all.
Coverage is the rewritten part of the originals that build and are positives.
Originals that are based on Alpine are marked, and counted apart.

Exit status: 0 every rewrite is proven and expected; 3 some are not; 2 wrong usage or
an unreadable DIR; 1 interrupted, no daemon, or results without a verdict.`,
		Example: `  multistage corpus ~/corpus
  multistage corpus --only '^go-' --fresh --jobs 1 ~/corpus
  multistage corpus --format markdown ~/corpus > corpus.md`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("corpus takes the folder with the repositories\nSee '%s --help'", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return corpus(cmd, prove, args[0], flags)
		},
	}
	addHost(cmd, &flags.host)
	f := cmd.Flags()
	f.IntVar(&flags.jobs, "jobs", max(1, runtime.NumCPU()/2), "how many proofs at a time")
	f.StringVar(&flags.only, "only", "", "`PATTERN`, a regular expression, of id, repo/dockerfile or language")
	f.BoolVar(&flags.fresh, "fresh", false, "find every result anew")
	f.StringVar(&flags.originals, "originals", "auto", "build originals without a rewrite: auto, all or none")
	f.IntVar(&flags.perRepo, "per-repository", 20, "without a manifest, the most Dockerfiles of one repository")
	f.BoolVar(&flags.noRebuild, "no-rebuild", false, "do not measure what a one-line change of a source file costs")
	f.DurationVar(&flags.timeout, "timeout", 30*time.Minute, "the longest that one file may take")
	f.DurationVar(&flags.buildTimeout, "build-timeout", 15*time.Minute, "the longest that one build may take")
	f.StringVar(&flags.format, "format", "text", "`FORMAT` of standard output: text, markdown or json")
	f.StringVar(&flags.progress, "progress", "auto", "`MODE` of the progress on standard error: auto, plain or none")
	return cmd
}

func (f *corpusFlags) check() (err error) {
	switch f.format {
	case "text", "markdown", "json":
	default:
		return usage("--format %s is not known: use text, markdown or json", f.format)
	}
	switch f.originals {
	case "auto", "all", "none":
	default:
		return usage("--originals %s is not known: use auto, all or none", f.originals)
	}
	switch f.progress {
	case "auto", "plain", "none":
	default:
		return usage("--progress %s is not known: use auto, plain or none", f.progress)
	}
	if f.jobs < 1 || f.perRepo < 1 || f.timeout <= 0 || f.buildTimeout <= 0 {
		return usage("--jobs, --per-repository, --timeout and --build-timeout must be more than 0")
	}
	if f.selected, err = regexp.Compile(f.only); err != nil {
		return usage("--only: %w", err)
	}
	return nil
}

func corpus(cmd *cobra.Command, prove prover, dir string, flags corpusFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	entries, problems, err := readCorpus(dir, flags.perRepo)
	if err != nil {
		return asUsage(err)
	}
	if entries = selectEntries(entries, flags.selected); len(entries) == 0 {
		for _, p := range problems {
			fmt.Fprintln(cmd.ErrOrStderr(), "left out: "+p)
		}
		return usage("%s has no Dockerfile to look at", dir)
	}
	if flags.host == "" {
		return unavailable(noDaemon())
	}
	log, err := openResults(dir, engineName(version))
	if err != nil {
		return asUsage(err)
	}
	run := &corpusRun{prove: prove, flags: flags, dir: dir, log: log,
		live: newCorpusLive(cmd.ErrOrStderr(), flags.progress, len(entries), flags.jobs)}
	results, stopped := run.all(cmd.Context(), entries)
	run.live.close()
	if err := log.close(); err != nil {
		return err
	}
	r := newCorpusReport(results, problems)
	if err := r.write(cmd.OutOrStdout(), flags.format); err != nil {
		return err
	}
	return corpusExit(cmd, r, stopped, len(entries)-len(results))
}

// corpusExit gives a run its exit status; stopped is why it ended early.
func corpusExit(cmd *cobra.Command, r *corpusReport, stopped error, left int) error {
	if left > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d of the files were not looked at; the next run goes on with them\n", left)
	}
	switch {
	case cmd.Context().Err() != nil:
		return exitError{exitFailure, errors.New("interrupted")}
	case stopped != nil:
		return unavailable(stopped)
	case r.failed() > 0 || len(r.Mismatches) > 0:
		return exitError{code: exitFindings}
	case r.withoutVerdict() > 0:
		return exitError{code: exitFailure}
	}
	return nil
}

func asUsage(err error) error {
	var exit exitError
	if errors.As(err, &exit) {
		return err
	}
	return exitError{exitUsage, err}
}

func selectEntries(entries []corpusEntry, pattern *regexp.Regexp) []corpusEntry {
	var kept []corpusEntry
	for _, e := range entries {
		if pattern.MatchString(e.ID) || pattern.MatchString(e.Repo+"/"+e.Dockerfile) || pattern.MatchString(e.Language) {
			kept = append(kept, e)
		}
	}
	return kept
}

// stopsAll reports whether what one proof met would meet every other.
func stopsAll(err error) bool {
	var u *buildkit.Unavailable
	return errors.As(err, &u) && (u.Reason == buildkit.DaemonAbsent || u.Reason == buildkit.DiskFull || u.Reason == buildkit.NoProbe)
}
