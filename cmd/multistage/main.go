// Command multistage is the GitHub App and its tools for the command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/app/buildkit/probe"
)

// Exit codes, the same for every command.
const (
	exitOK       = 0
	exitFailure  = 1 // something that should have worked did not
	exitUsage    = 2 // wrong arguments, or input that cannot be read
	exitFindings = 3 // an answer other than "all is done": see each command
)

// version is set by the linker.
var version = "dev"

// exitError carries an exit code; a nil Err prints nothing more.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// usage marks an error as the caller's.
func usage(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "probe" { // see newProbe
		os.Exit(probe.Main(os.Args[2:], os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run is the whole program, for main and for the tests.
func run(ctx context.Context, args []string) int {
	return execute(ctx, newRoot(proveWithDaemon), args)
}

// execute runs the program with one set of arguments.
func execute(ctx context.Context, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var exit exitError
	if !errors.As(err, &exit) {
		exit = exitError{exitFailure, err}
	}
	if text := exit.Error(); text != "" {
		fmt.Fprintln(root.ErrOrStderr(), "multistage: "+text)
	}
	return exit.code
}

func newRoot(prove prover) *cobra.Command {
	root := &cobra.Command{
		Use:   "multistage",
		Short: "Design the multi-stage version of a single-stage Dockerfile",
		Long: `Multistage designs the multi-stage version of a single-stage Dockerfile from
the repository around it. As a GitHub App it answers in the pull request; the
same designer is here as a command.

  multistage design              print the multi-stage version of ./Dockerfile
  multistage design --format diff services/api/Dockerfile
  multistage verify              build and start both, compare and measure them
  multistage explain plain-interpreted
  multistage review --base main  what the App would say about this branch`,
		Version:           version,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w\nSee '%s --help'", err, cmd.CommandPath())
	})
	root.AddCommand(newServe(), newDesign(prove), newVerify(prove), newReview(), newExplain(), newHealth(),
		newProbe(), newCorpus(prove),
		newLater("doctor", "Check credentials, permissions, webhook, BuildKit and database"))
	return root
}

// atMost is cobra.MaximumNArgs with an exit code of its own.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usage("%s takes at most %d argument(s), got %d\nSee '%s --help'", cmd.Name(), n, len(args), cmd.CommandPath())
		}
		return nil
	}
}
