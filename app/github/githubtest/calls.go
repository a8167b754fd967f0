package githubtest

import (
	"net/http"
	"strings"
	"time"
)

// Call is one call of the API.
type Call struct {
	Time   time.Time
	Method string
	// Path is the operation's template in GitHub's words, such as
	// /repos/{owner}/{repo}/pulls/{pull_number}, or the path for what is unknown.
	Path string
	URL  string // the path and query that were asked for
	// Status is 0 where the connection was closed instead of an answer.
	Status int
	// Token is "app" for a JWT, "installation", or "none".
	Token string
	// Failed tells that the answer was one ordered by [Server.Fail].
	Failed bool
}

// journal is what was asked.
type journal struct {
	calls     []Call
	downloads []Download
}

// Calls lists the calls since the start or the last [Server.Reset], in the order of their ends.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.journal.calls...)
}

// Reset forgets calls, downloads and ordered failures. The state stays.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = journal{}
	s.orders.list = nil
}

// record writes every call down.
func (s *Server) record(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = atRoot(r)
		call := Call{Method: r.Method, Path: r.URL.Path, URL: r.URL.RequestURI(), Token: tokenKind(r)}
		if rt := find(r); rt != nil {
			_, call.Path, _ = strings.Cut(rt.pattern, " ")
		}
		seen := &recorder{ResponseWriter: w}
		defer func() {
			call.Status, call.Failed = seen.status, seen.failed
			s.mu.Lock()
			defer s.mu.Unlock()
			call.Time = s.now()
			s.journal.calls = append(s.journal.calls, call)
		}()
		w.Header().Set("X-GitHub-Request-Id", strings.ToUpper(randomHex(10)))
		w.Header().Set("X-GitHub-Media-Type", "github.v3; format=json")
		h.ServeHTTP(seen, r)
	})
}

// atRoot takes the prefix off that GitHub Enterprise Server has before its paths:
// /api/v3 for REST, /api for GraphQL.
func atRoot(r *http.Request) *http.Request {
	prefix := ""
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/v3/"):
		prefix = "/api/v3"
	case r.URL.Path == "/api/graphql":
		prefix = "/api"
	default:
		return r
	}
	moved := r.Clone(r.Context())
	moved.URL.Path = strings.TrimPrefix(r.URL.Path, prefix)
	moved.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, prefix)
	moved.RequestURI = moved.URL.RequestURI()
	return moved
}

// tokenKind tells what a call identified itself with.
func tokenKind(r *http.Request) string {
	_, value, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case !ok:
		return "none"
	case strings.Contains(value, "."):
		return "app"
	}
	return "installation"
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	failed bool
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}
