package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// ServerOptions are the parts of a [Server].
type ServerOptions struct {
	Listen    string       // for GitHub; port 0 takes a free one
	OpsListen string       // for the operator
	Webhook   http.Handler // a [*Webhook] or [Unconfigured]
	Health    *Health
	Metrics   *Metrics
	Logger    zerolog.Logger
}

// A Server is the two listeners: one for GitHub, with /webhook and a page that says
// what this is, and one for the operator, with /healthz, /readyz and /metrics. Anything
// else is 404.
type Server struct {
	health   *Health
	logger   zerolog.Logger
	public   *http.Server
	ops      *http.Server
	publicAt net.Listener
	opsAt    net.Listener
}

// Listen opens both listeners; nothing is answered before [Server.Serve].
func Listen(ctx context.Context, o ServerOptions) (*Server, error) {
	s := &Server{health: o.Health, logger: o.Logger}
	var listen net.ListenConfig
	var err error
	if s.publicAt, err = listen.Listen(ctx, "tcp", o.Listen); err != nil {
		return nil, fmt.Errorf("listen for webhooks (MULTISTAGE_LISTEN): %w", err)
	}
	if s.opsAt, err = listen.Listen(ctx, "tcp", o.OpsListen); err != nil {
		_ = s.publicAt.Close()
		return nil, fmt.Errorf("listen for the operator (MULTISTAGE_OPS_LISTEN): %w", err)
	}
	public, ops := http.NewServeMux(), http.NewServeMux()
	public.Handle("/webhook", o.Webhook)
	public.HandleFunc("GET /{$}", welcome)
	ops.HandleFunc("GET /healthz", o.Health.Live)
	ops.HandleFunc("GET /readyz", o.Health.ServeReady)
	ops.Handle("GET /metrics", o.Metrics.Handler())
	s.public, s.ops = newHTTPServer(public, o.Logger), newHTTPServer(ops, o.Logger)
	return s, nil
}

// newHTTPServer returns a server whose clients cannot hold it: a body of 25 MiB has 20 s.
func newHTTPServer(handler http.Handler, logger zerolog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          stdlog.New(httpLog{logger}, "", 0),
	}
}

// httpLog takes net/http's own lines, which are about clients that misbehave.
type httpLog struct{ logger zerolog.Logger }

func (l httpLog) Write(line []byte) (int, error) {
	l.logger.Debug().Msg(string(line))
	return len(line), nil
}

// Addr is where the webhook listens, such as 127.0.0.1:41234.
func (s *Server) Addr() string { return s.publicAt.Addr().String() }

// OpsAddr is where the operator's listener listens.
func (s *Server) OpsAddr() string { return s.opsAt.Addr().String() }

// Serve answers on both listeners until [Server.Close] or a listener fails, and then
// returns that error.
func (s *Server) Serve() error {
	failed := make(chan error, 2)
	go func() { failed <- s.public.Serve(s.publicAt) }()
	go func() { failed <- s.ops.Serve(s.opsAt) }()
	for range 2 {
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
	}
	return nil
}

// StopAccepting makes the server not ready and closes the webhook's listener, after the
// requests that have begun. The operator's listener goes on.
func (s *Server) StopAccepting(ctx context.Context) error {
	s.health.Drain()
	return s.public.Shutdown(ctx)
}

// Close closes both listeners at once.
func (s *Server) Close() {
	_ = s.public.Close()
	_ = s.ops.Close()
}

func welcome(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "Multistage, a GitHub App for Dockerfiles.\nGitHub delivers to /webhook; there is nothing else to see here.")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}
