package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Exit codes, as those of multistage.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// usageError is an error of the caller's.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

type options struct {
	once       bool
	repo       string
	head, base string
	port       int
	log        bool
	styled     bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	terminal := term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, terminal)
	stop()
	os.Exit(code)
}

// run is the whole program, for main and for the tests. Without a terminal nobody
// would see the page, so it runs the story and ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, terminal bool) int {
	cmd := newCommand(ctx, terminal)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	err := cmd.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "demo: "+err.Error())
		return exitUsage
	case errors.Is(err, errChecks):
		return exitFailure // the list has said which
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "demo: interrupted")
		return exitFailure
	}
	fmt.Fprintln(stderr, "demo: "+err.Error())
	return exitFailure
}

func newCommand(ctx context.Context, terminal bool) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the App at work on this machine, without an account",
		Long: `Start the App and a stand-in for GitHub on this machine, open three pull
requests that add a Dockerfile, and show what the App answers: here in the
terminal, and on a page that reads like a pull request. On the page you can press
"Commit suggestion", or comment "/multistage apply" and see the commit arrive.

The three are a Go server and a TypeScript service, which get several stages, and
a small script that is rightly left alone. With --repo it is one pull request of a
git repository of yours, which is only read: the commits are copied.

Everything is on 127.0.0.1 and in a temporary folder that goes with the command.
Ctrl-C ends it. Where input or output is no terminal it is the same as --once.`,
		Example: `  make demo
  make demo DEMO=--once
  make demo DEMO='--repo ~/src/shop --head add-dockerfile --base main'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("%q is no argument: a repository is given as --repo %s", args[0], args[0])}
			}
			return nil
		},
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.styled = terminal && os.Getenv("NO_COLOR") == ""
			o.once = o.once || !terminal
			return demo(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{fmt.Errorf("%w\nSee 'demo --help'", err)} })
	f := cmd.Flags()
	f.BoolVar(&o.once, "once", false, "run the story and \"/multistage apply\", check the end state, exit 0 or 1")
	f.StringVar(&o.repo, "repo", "", "show the pull request of a git repository in `DIR`, which is only read")
	f.StringVar(&o.head, "head", "", "`BRANCH` or commit of --repo to review (default HEAD)")
	f.StringVar(&o.base, "base", "", "`BRANCH` or commit that the head goes into (default: where the head's branch began)")
	f.IntVar(&o.port, "port", 0, "port of the page on 127.0.0.1 (default: a free one)")
	f.BoolVar(&o.log, "log", false, "print the App's log on standard error")
	return cmd
}

// demo is what the command does, from top to bottom.
func demo(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	if o.repo == "" && (o.head != "" || o.base != "") {
		return usageError{errors.New("--head and --base belong to --repo: name a repository too")}
	}
	t := &terminal{w: stdout, styled: o.styled}
	t.say("starting a stand-in for GitHub and the App, both on this machine")
	w, err := startWorld(ctx, stderr, o.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if o.repo != "" {
		err = w.openRepository(ctx, o.repo, o.base, o.head)
	} else {
		err = w.openStories()
	}
	if err != nil {
		return err
	}
	page, err := startPage(ctx, w, net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if err != nil {
		return err
	}
	defer page.close()
	t.say("the webhooks are on their way, and the App reads and answers")
	if err := w.settle(ctx); err != nil {
		return err
	}
	if o.once {
		return runOnce(ctx, w, t)
	}
	if err := t.conversations(w); err != nil {
		return err
	}
	t.last("Comment, commit and look around at " + page.url + " (Ctrl-C ends it)")
	select {
	case <-ctx.Done():
		return nil
	case err := <-w.ended:
		w.ended <- err
		return fmt.Errorf("the App ended: %w", err)
	}
}
