package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/app"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the GitHub App",
		Long: `Run the GitHub App: webhooks come in on one address, and health and metrics are
served on another. The queue is a SQLite file, or Postgres where several
processes share the work. Every setting is an environment variable; those that
are no secret are flags too.

` + settingsTable(app.Settings()) + `
Without credentials the server answers /healthz, gives 503 on the webhook and
says what is missing. On SIGTERM it takes no more deliveries, ends the step it is
in, and leaves the rest in the queue.`,
		Args: atMost(0),
	}
	flags := map[string]*string{}
	for _, s := range app.Settings() {
		if s.Flag != "" {
			flags[s.Flag] = cmd.Flags().String(s.Flag, "", s.Help+" ("+s.Env+")")
		}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		given := map[string]string{}
		for name, value := range flags {
			if cmd.Flags().Changed(name) {
				given[name] = *value
			}
		}
		return serve(cmd.Context(), cmd.ErrOrStderr(), given)
	}
	return cmd
}

func serve(ctx context.Context, w io.Writer, flags map[string]string) error {
	cfg, err := app.ParseConfig(os.Environ(), flags)
	if err != nil {
		return exitError{exitUsage, err}
	}
	logger := zerolog.New(w).Level(cfg.LogLevel).With().Timestamp().Logger()
	if missing := cfg.Missing(); len(missing) > 0 {
		logger.Warn().Strs("missing", missing).Msg("no credentials: deliveries are refused until they are set")
	}
	process, err := app.New(ctx, cfg, logger)
	if err != nil {
		return err
	}
	return process.Run(ctx)
}

// settingsTable is the help's table of settings.
func settingsTable(settings []app.Setting) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range settings {
		help := s.Help
		if s.Default != "" {
			help += " [" + s.Default + "]"
		}
		fmt.Fprintf(w, "  %s\t%s\n", s.Env, help)
	}
	w.Flush()
	return b.String()
}

const healthTimeout = 5 * time.Second

func newHealth() *cobra.Command {
	return &cobra.Command{
		Use:   "health [URL]",
		Short: "Ask a running server whether it is ready",
		Long: `Ask /readyz of a running server, for a container's health check. URL is the
operator's address; by default it is that of MULTISTAGE_OPS_LISTEN on this
machine.

Exit status: 0 ready; 1 not ready or not there; 2 wrong usage.`,
		Example: `  multistage health
  multistage health http://127.0.0.1:8081`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			url := opsURL(os.Getenv("MULTISTAGE_OPS_LISTEN"))
			if len(args) == 1 {
				url = args[0]
			}
			return health(cmd.Context(), cmd.OutOrStdout(), strings.TrimRight(url, "/"))
		},
	}
}

// opsURL is where a server on this machine answers that listens on an address.
func opsURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		port = "8081"
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func health(ctx context.Context, w io.Writer, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return usage("%q is no address of a server: %w", url, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the server cannot be reached: %w", err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, resp.Status, strings.TrimSpace(string(text)))
	}
	fmt.Fprintln(w, strings.TrimSpace(string(text)))
	return nil
}

// newLater is a command that is planned and not built.
func newLater(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short + " (not built yet)",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, a := range args {
				if a == "-h" || a == "--help" {
					return cmd.Help()
				}
			}
			return fmt.Errorf("%s is not built yet", cmd.CommandPath())
		},
	}
}
