package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

type verifyFlags struct {
	context string
	with    []string
	rewrite string
	format  string
	proof   proofFlags
}

func newVerify(prove prover) *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Prove a rewrite by building and starting both",
		Long: `Prove the multi-stage version of a Dockerfile with a BuildKit daemon: build the
original and the rewrite from the same files, look into both images, start both
without a network, compare what they do, and measure both. FILE is ./Dockerfile
by default; - is standard input and needs --context. The build context is found
as 'multistage design' finds it.

The rewrite is the designer's own, or with --rewrite one that was written or
edited by hand. It must keep what the original image promises (command, user,
ports, volumes, environment): where it does not, it fails the step "contract", and
nothing is built. A designed rewrite that fails in a way that is known is repaired,
three times at most; the table says how.

Progress goes to standard error, the outcome to standard output: the verdict, then
both images side by side. With --format json it is the document of 'multistage
design --format json' with the proof in it, at exit 0, 1 and 3. Where no verdict
was possible it says why under "unavailable".

What is built and started is code of the repository. It runs inside the daemon
alone, gets no secret and no agent, and starts without a network; its RUNs have the
daemon's network. Without a daemon:
  docker run --rm -d --name buildkitd --privileged moby/buildkit
  export BUILDKIT_HOST=docker-container://buildkitd

Exit status: 0 proven; 3 not proven (the rewrite fails, the original does not
build, or there is no rewrite: the reason is on standard error); 2 wrong usage or
unreadable input; 1 nothing could be said (no daemon, no room, no network, no time).`,
		Example: `  multistage verify
  multistage verify --env DATABASE_URL=postgres://localhost/shop services/api/Dockerfile
  multistage design > Dockerfile.new && multistage verify --rewrite Dockerfile.new
  multistage verify --format json --progress none | jq .proof.outcome`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := "Dockerfile"
			if len(args) == 1 {
				file = args[0]
			}
			return verify(cmd, prove, file, flags)
		},
	}
	cmd.Flags().StringVar(&flags.context, "context", "", "build context, a `DIR` (default: found from compose files and COPY sources)")
	cmd.Flags().StringSliceVar(&flags.with, "with", nil, "extra `STAGES`: lint, integration-test, e2e, security, development")
	cmd.Flags().StringVar(&flags.rewrite, "rewrite", "", "prove this `FILE` instead of the designer's rewrite; - is standard input")
	cmd.Flags().StringVar(&flags.format, "format", "text", "`FORMAT` of standard output: text or json")
	flags.proof.add(cmd)
	return cmd
}

func (f *verifyFlags) check(file string) error {
	if f.format != "text" && f.format != "json" {
		return usage("--format %s is not known: use text or json", f.format)
	}
	if f.rewrite == "-" && file == "-" {
		return usage("only one of FILE and --rewrite can be standard input")
	}
	if f.rewrite != "" && len(f.with) > 0 {
		return usage("--with is for the designer: a rewrite of your own has its stages already")
	}
	if err := knownStages(f.with); err != nil {
		return err
	}
	return f.proof.check()
}

func verify(cmd *cobra.Command, prove prover, file string, flags verifyFlags) error {
	if err := flags.check(file); err != nil {
		return err
	}
	in, err := locate(cmd.InOrStdin(), file, flags.context)
	if err != nil {
		return err
	}
	defer in.root.Close()
	result, err := flags.toProve(cmd, in)
	if err != nil {
		return err
	}
	if result.Verdict != plan.Rewritten {
		if flags.format == "json" {
			if err := writeProofJSON(cmd.OutOrStdout(), result, nil, nil); err != nil {
				return err
			}
		}
		report(cmd.ErrOrStderr(), result)
		return exitError{code: exitFindings}
	}
	if flags.rewrite != "" {
		reportFindings(cmd.ErrOrStderr(), result)
	}
	result, p, failed := flags.proof.run(cmd, prove, in, result)
	if err := flags.show(cmd, result, p, failed); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return unavailable(failed)
	case !p.Proven():
		return exitError{code: exitFindings}
	}
	return nil
}

// toProve is the designer's rewrite, or the one that was brought.
func (f *verifyFlags) toProve(cmd *cobra.Command, in *input) (rewrite.Result, error) {
	options := rewrite.Options{Context: in.context, With: f.with}
	if f.rewrite == "" {
		return rewrite.Rewrite(in.path, in.source, in.root.FS(), options), nil
	}
	after, err := readRewrite(cmd, f.rewrite)
	if err != nil {
		return rewrite.Result{}, exitError{exitUsage, err}
	}
	result, err := rewrite.Adopt(in.path, in.source, after, in.root.FS(), options)
	if err != nil {
		return result, exitError{exitUsage, fmt.Errorf("%s: %w", f.rewrite, err)}
	}
	return result, nil
}

// show writes the outcome to standard output; in text, that there is none is left to
// the error.
func (f *verifyFlags) show(cmd *cobra.Command, r rewrite.Result, p *proof.Proof, failed error) error {
	w := cmd.OutOrStdout()
	switch {
	case f.format == "json":
		return writeProofJSON(w, r, p, failed)
	case p == nil:
		return nil
	}
	t := proofTable{w: w}
	if f.rewrite != "-" {
		t.rewrite = f.rewrite
	}
	if file, ok := w.(*os.File); ok && isTerminal(file) {
		t.paint = painter{on: os.Getenv("NO_COLOR") == ""}
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			t.width = width
		}
	}
	t.write(r, p)
	return nil
}
