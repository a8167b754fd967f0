package githubtest

import (
	"net/http"
	"net/url"
	"strings"
)

// caller says who may use a route.
type caller int

const (
	byInstallation caller = iota
	byApp
	byAnyone
)

// route is one operation of the REST API. The pattern is that of http.ServeMux; a
// wildcard over several segments ({ref}) is {ref} in GitHub's description.
type route struct {
	pattern string
	by      caller
	// needs lists permissions of which one is enough, as "contents:write".
	needs  string
	handle func(*Server, *call) (any, error)
}

// routes is the part of the API that the stand-in has. The permissions are those of
// https://docs.github.com/rest/authentication/permissions-required-for-github-apps.
var routes = []route{
	{"GET /app", byApp, "", (*Server).getApp},
	{"GET /app/installations", byApp, "", (*Server).listInstallations},
	{"GET /app/installations/{installation_id}", byApp, "", (*Server).getInstallation},
	{"POST /app/installations/{installation_id}/access_tokens", byApp, "", (*Server).createToken},
	{"GET /app/hook/config", byApp, "", (*Server).getHookConfig},
	{"GET /app/hook/deliveries", byApp, "", (*Server).listDeliveries},
	{"GET /app/hook/deliveries/{delivery_id}", byApp, "", (*Server).getDelivery},
	{"POST /app/hook/deliveries/{delivery_id}/attempts", byApp, "", (*Server).attemptDelivery},
	{"GET /repos/{owner}/{repo}/installation", byApp, "", (*Server).repositoryInstallation},
	{"GET /rate_limit", byAnyone, "", (*Server).getRateLimit},
	{"GET /users/{username}", byAnyone, "", (*Server).getUser},
	{"GET /installation/repositories", byInstallation, "", (*Server).listInstallationRepositories},
	{"DELETE /installation/token", byInstallation, "", (*Server).revokeToken},

	{"GET /repos/{owner}/{repo}", byInstallation, "metadata:read", (*Server).getRepository},
	{"GET /repos/{owner}/{repo}/collaborators/{username}/permission", byInstallation, "metadata:read", (*Server).getPermission},

	{"GET /repos/{owner}/{repo}/pulls", byInstallation, "pull_requests:read", (*Server).listPulls},
	{"POST /repos/{owner}/{repo}/pulls", byInstallation, "pull_requests:write", (*Server).createPull},
	{"GET /repos/{owner}/{repo}/pulls/{pull_number}", byInstallation, "pull_requests:read", (*Server).getPull},
	{"PATCH /repos/{owner}/{repo}/pulls/{pull_number}", byInstallation, "pull_requests:write", (*Server).updatePull},
	{"GET /repos/{owner}/{repo}/pulls/{pull_number}/files", byInstallation, "pull_requests:read", (*Server).listFiles},

	{"GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", byInstallation, "pull_requests:read", (*Server).listReviews},
	{"POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews", byInstallation, "pull_requests:write", (*Server).createReview},
	{"GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", byInstallation, "pull_requests:read", (*Server).getReview},
	{"PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", byInstallation, "pull_requests:write", (*Server).updateReview},
	{"GET /repos/{owner}/{repo}/pulls/{pull_number}/comments", byInstallation, "pull_requests:read", (*Server).listReviewComments},
	{"POST /repos/{owner}/{repo}/pulls/{pull_number}/comments", byInstallation, "pull_requests:write", (*Server).createReviewComment},
	{"PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}", byInstallation, "pull_requests:write", (*Server).updateReviewComment},
	{"POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies", byInstallation, "pull_requests:write", (*Server).createReply},

	{"GET /repos/{owner}/{repo}/issues/{issue_number}/comments", byInstallation, "issues:read pull_requests:read", (*Server).listIssueComments},
	{"POST /repos/{owner}/{repo}/issues/{issue_number}/comments", byInstallation, "issues:write pull_requests:write", (*Server).createIssueComment},
	{"GET /repos/{owner}/{repo}/issues/comments/{comment_id}", byInstallation, "issues:read pull_requests:read", (*Server).getIssueComment},
	{"PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", byInstallation, "issues:write pull_requests:write", (*Server).updateIssueComment},
	{"GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", byInstallation, "issues:read pull_requests:read", (*Server).listReactions},
	{"POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", byInstallation, "issues:write pull_requests:write", (*Server).createReaction},

	{"GET /repos/{owner}/{repo}/git/blobs/{file_sha}", byInstallation, "contents:read", (*Server).getBlob},
	{"POST /repos/{owner}/{repo}/git/blobs", byInstallation, "contents:write", (*Server).createBlob},
	{"GET /repos/{owner}/{repo}/git/trees/{tree_sha}", byInstallation, "contents:read", (*Server).getTree},
	{"POST /repos/{owner}/{repo}/git/trees", byInstallation, "contents:write", (*Server).createTree},
	{"GET /repos/{owner}/{repo}/git/commits/{commit_sha}", byInstallation, "contents:read", (*Server).getCommit},
	{"POST /repos/{owner}/{repo}/git/commits", byInstallation, "contents:write", (*Server).createCommit},
	{"GET /repos/{owner}/{repo}/git/ref/{ref}", byInstallation, "contents:read", (*Server).getRef},
	{"GET /repos/{owner}/{repo}/git/matching-refs/{ref}", byInstallation, "contents:read", (*Server).matchingRefs},
	{"POST /repos/{owner}/{repo}/git/refs", byInstallation, "contents:write", (*Server).createRef},
	{"PATCH /repos/{owner}/{repo}/git/refs/{ref}", byInstallation, "contents:write", (*Server).updateRef},
	{"DELETE /repos/{owner}/{repo}/git/refs/{ref}", byInstallation, "contents:write", (*Server).deleteRef},
	{"GET /repos/{owner}/{repo}/contents/{path}", byInstallation, "contents:read", (*Server).getContents},
	{"GET /repos/{owner}/{repo}/tarball/{ref}", byInstallation, "contents:read", (*Server).getTarball},

	{"POST /repos/{owner}/{repo}/check-runs", byInstallation, "checks:write", (*Server).createCheckRun},
	{"GET /repos/{owner}/{repo}/check-runs/{check_run_id}", byInstallation, "checks:read", (*Server).getCheckRun},
	{"PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", byInstallation, "checks:write", (*Server).updateCheckRun},
	{"GET /repos/{owner}/{repo}/commits/{ref}/check-runs", byInstallation, "checks:read", (*Server).listCheckRuns},
}

// handler puts the API together: calls are recorded, ordered failures come
// first, then the caller's wrapper, then the routes.
func (s *Server) handler() http.Handler {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rt := find(r)
		switch {
		case rt != nil:
			s.serve(*rt, w, r)
		case r.URL.Path == "/graphql" && r.Method == http.MethodPost:
			s.serveGraphQL(w, r)
		default:
			writeError(w, errNotFound)
		}
	})
	if s.opts.Wrap != nil {
		h = s.opts.Wrap(h)
	}
	return s.record(s.fail(h))
}

// find picks the route of a request and sets its path values. The mux of net/http
// cannot: /issues/comments/{id} and /issues/{number}/comments are a conflict to it.
func find(r *http.Request) *route {
	for i := range routes {
		method, pattern, _ := strings.Cut(routes[i].pattern, " ")
		if method == r.Method && match(pattern, r) {
			return &routes[i]
		}
	}
	return nil
}

// match compares a request's path with a pattern and sets the path values.
func match(pattern string, r *http.Request) bool {
	want := strings.Split(pattern[1:], "/")
	got := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i, part := range want {
		if i >= len(got) {
			return false
		}
		value := got[i]
		if i == len(want)-1 && (part == "{ref}" || part == "{path}") {
			value = strings.Join(got[i:], "/")
			got = got[:i+1]
		}
		value, err := url.PathUnescape(value)
		if err != nil {
			return false
		}
		switch {
		case strings.HasPrefix(part, "{"):
			r.SetPathValue(part[1:len(part)-1], value)
		case part != value:
			return false
		}
	}
	return len(got) == len(want)
}

// serve answers one call of a route. The whole server is locked meanwhile: what
// a caller sees is one state.
func (s *Server) serve(rt route, w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{Request: r, s: s, header: http.Header{}}
	value, err := func() (any, error) {
		if err := s.admit(rt, c); err != nil {
			return nil, err
		}
		return rt.handle(s, c)
	}()
	c.answer(w, value, err)
}

// admit checks who calls, finds the repository, and checks the permission.
func (s *Server) admit(rt route, c *call) error {
	who, err := s.authenticate(c)
	s.count(c, who)
	if err != nil {
		return err
	}
	switch {
	case rt.by == byApp && who != byApp:
		return &apiError{status: http.StatusUnauthorized, message: "A JSON web token could not be decoded"}
	case rt.by == byInstallation && who != byInstallation:
		return errNotAccessible
	}
	name := c.PathValue("repo")
	if name == "" {
		return nil
	}
	c.repo = s.repos[key(c.PathValue("owner")+"/"+name)]
	if c.repo == nil {
		return errNotFound
	}
	if rt.by != byInstallation {
		return nil
	}
	c.header.Set("X-Accepted-GitHub-Permissions", strings.ReplaceAll(strings.ReplaceAll(rt.needs, ":", "="), " ", "; "))
	return c.token.allows(c.repo, rt.needs)
}
