package githubtest

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Options says how a [Server] starts. Only Dir is needed.
type Options struct {
	// Dir is the folder that the bare repositories live under. It is the
	// caller's: Close does not remove it.
	Dir string
	// Listener serves the API, nil for a free port of 127.0.0.1.
	Listener net.Listener
	// DownloadListener serves archives, as codeload.github.com does, nil for a
	// free port of 127.0.0.1.
	DownloadListener net.Listener
	// HTMLURL is the base of html_url, without a slash at the end; empty for URL().
	HTMLURL string
	// App is the one App that is registered.
	App AppOptions
	// Now is the clock, nil for time.Now. See also [Server.Advance].
	Now func() time.Time
	// Automatic sends each webhook as soon as it arises; see [Server.SetAutomatic].
	Automatic bool
	// Wrap is put around the API's handler, inside of the failures that
	// [Server.Fail] orders: the place for the validator of package openapi.
	Wrap func(http.Handler) http.Handler
}

// Server is a GitHub. Make one with [New].
type Server struct {
	opts     Options
	git      *git
	schema   *ast.Schema
	api      *http.Server
	download *http.Server
	apiURL   string
	codeload string

	mu            sync.Mutex
	offset        time.Duration
	htmlURL       string
	lastID        int64
	app           *app
	users         map[string]*user
	repos         map[string]*repository
	installations map[int64]*installation
	tokens        map[string]*token
	rates         map[string]*rate
	verified      map[string]time.Time
	nodes         map[string]any
	archives      map[string]archive

	hooks   hooks
	orders  orders
	journal journal
}

// New starts a GitHub on two listeners of 127.0.0.1. It fails when the git
// command is not there or the folder cannot be written.
func New(opts Options) (*Server, error) {
	if opts.Dir == "" {
		return nil, errors.New("githubtest: Options.Dir is empty: name a folder for the repositories")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("githubtest: %w", err)
	}
	s := &Server{
		opts:          opts,
		lastID:        1000,
		users:         map[string]*user{},
		repos:         map[string]*repository{},
		installations: map[int64]*installation{},
		tokens:        map[string]*token{},
		rates:         map[string]*rate{},
		verified:      map[string]time.Time{},
		nodes:         map[string]any{},
		archives:      map[string]archive{},
	}
	if s.schema, err = loadSchema(); err != nil {
		return nil, fmt.Errorf("githubtest: %w", err)
	}
	if s.git, err = newGit(dir); err != nil {
		return nil, err
	}
	if err := s.register(opts.App); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	s.hooks.start(s, opts.Automatic)
	return s, nil
}

// listen opens the two listeners and serves them.
func (s *Server) listen() error {
	api, err := listener(s.opts.Listener)
	if err != nil {
		return err
	}
	download, err := listener(s.opts.DownloadListener)
	if err != nil {
		api.Close()
		return err
	}
	s.apiURL, s.codeload = "http://"+api.Addr().String(), "http://"+download.Addr().String()
	s.htmlURL = s.opts.HTMLURL
	if s.htmlURL == "" {
		s.htmlURL = s.apiURL
	}
	s.api = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	s.download = &http.Server{Handler: http.HandlerFunc(s.serveDownload), ReadHeaderTimeout: 10 * time.Second}
	go s.api.Serve(api)
	go s.download.Serve(download)
	return nil
}

// listener is the given one, or a free port of 127.0.0.1.
func listener(given net.Listener) (net.Listener, error) {
	if given != nil {
		return given, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("githubtest: %w", err)
	}
	return l, nil
}

// Close stops both listeners and the sender of webhooks. The repositories stay
// on disk.
func (s *Server) Close() error {
	s.hooks.stop()
	return errors.Join(s.api.Close(), s.download.Close(), os.RemoveAll(s.git.scratch))
}

// URL is the base of the REST API, without a slash at the end. GraphQL is at
// URL() + "/graphql".
func (s *Server) URL() string { return s.apiURL }

// DownloadURL is the base of the host that archives are loaded from.
func (s *Server) DownloadURL() string { return s.codeload }

// SetHTMLURL changes the base of html_url, for a page that shows the pull requests.
func (s *Server) SetHTMLURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.htmlURL = base
}

// PrivateKey is the key that the App signs its JWTs with.
func (s *Server) PrivateKey() *rsa.PrivateKey { return s.app.key }

// Advance moves the clock of the server forward: tokens expire, new objects
// get later times. JWTs are still checked against the clock of [Options].
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// now is the server's time, in whole seconds as in GitHub's answers.
func (s *Server) now() time.Time {
	return s.opts.Now().Add(s.offset).UTC().Truncate(time.Second)
}

// id makes an identifier that no other object has.
func (s *Server) id() int64 {
	s.lastID++
	return s.lastID
}

// node makes the node identifier of an object and remembers which object it names.
func (s *Server) node(prefix string, id int64, of any) string {
	name := nodeID(prefix, id)
	s.nodes[name] = of
	return name
}
