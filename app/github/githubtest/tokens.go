package githubtest

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenLife is how long an installation token is good for.
const tokenLife = time.Hour

// hourlyLimit is the primary rate limit of an installation and of an App.
const hourlyLimit = 5000

// token is an installation access token.
type token struct {
	value        string
	installation *installation
	repositories []*repository // nil for all of the installation
	permissions  map[string]string
	expires      time.Time
}

// rate counts the calls of one caller in the current hour.
type rate struct {
	used  int
	reset time.Time
}

// createToken is POST /app/installations/{installation_id}/access_tokens.
func (s *Server) createToken(c *call) (any, error) {
	inst := s.installations[c.number("installation_id")]
	if inst == nil {
		return nil, errNotFound
	}
	if inst.suspended {
		return nil, &apiError{status: http.StatusForbidden, message: "This installation has been suspended"}
	}
	var body struct {
		Repositories  []string
		RepositoryIDs []int64 `json:"repository_ids"`
		Permissions   map[string]string
	}
	if err := c.decode(&body); err != nil && c.ContentLength != 0 {
		return nil, err
	}
	t := &token{installation: inst, permissions: maps.Clone(inst.permissions), expires: s.now().Add(tokenLife)}
	for _, r := range s.installed(inst) {
		if slices.Contains(body.RepositoryIDs, r.ID) || slices.Contains(body.Repositories, r.name()) {
			t.repositories = append(t.repositories, r)
		}
	}
	if len(t.repositories) != len(body.Repositories)+len(body.RepositoryIDs) {
		return nil, unprocessable("There is at least one repository that does not exist or is not accessible to the parent installation.")
	}
	if len(body.Permissions) > 0 {
		for name, level := range body.Permissions {
			if !reaches(inst.permissions[name], level) {
				return nil, unprocessable("The permissions requested are not granted to this installation.")
			}
		}
		t.permissions = maps.Clone(body.Permissions)
		t.permissions["metadata"] = "read"
	}
	t.value = "ghs_" + randomHex(18)
	s.tokens[t.value] = t
	c.status = http.StatusCreated
	answer := object{"token": t.value, "expires_at": t.expires.Format(time.RFC3339),
		"permissions": t.permissions, "repository_selection": inst.selection()}
	if t.repositories != nil {
		answer["repository_selection"] = "selected"
		answer["repositories"] = list(t.repositories, s.repositoryJSON)
	}
	return answer, nil
}

// revokeToken is DELETE /installation/token.
func (s *Server) revokeToken(c *call) (any, error) {
	delete(s.tokens, c.token.value)
	c.status = http.StatusNoContent
	return nil, nil
}

// ExpireTokens makes every token that was given out invalid.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// authenticate finds out who calls.
func (s *Server) authenticate(c *call) (caller, error) {
	auth := c.Header.Get("Authorization")
	scheme, value, ok := strings.Cut(auth, " ")
	if !ok || !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") {
		if auth == "" {
			return byAnyone, &apiError{status: http.StatusUnauthorized, message: "Requires authentication"}
		}
		return byAnyone, errBadCredentials
	}
	if strings.Contains(value, ".") {
		return byApp, s.checkJWT(value)
	}
	t := s.tokens[value]
	if t == nil || !s.now().Before(t.expires) {
		return byAnyone, errBadCredentials
	}
	if t.installation.suspended {
		return byAnyone, &apiError{status: http.StatusForbidden, message: "This installation has been suspended"}
	}
	c.token = t
	return byInstallation, nil
}

// allows checks that a token reaches a repository with one of the permissions
// listed as "name:level name:level".
func (t *token) allows(r *repository, needs string) error {
	readable := t.covers(r)
	if !readable && !r.Public {
		return errNotFound
	}
	for need := range strings.FieldsSeq(needs) {
		name, level, _ := strings.Cut(need, ":")
		if readable && reaches(t.permissions[name], level) {
			return nil
		}
		if !readable && level == "read" && (name == "metadata" || name == "contents") {
			return nil // what is public can be read with any token
		}
	}
	return errNotAccessible
}

// covers tells whether the token was made for the repository.
func (t *token) covers(r *repository) bool {
	if t.repositories != nil {
		return slices.Contains(t.repositories, r)
	}
	return t.installation.covers(r)
}

// reaches tells whether a granted level is enough: admin over write over read.
func reaches(granted, wanted string) bool {
	rank := map[string]int{"read": 1, "write": 2, "admin": 3}
	return rank[wanted] > 0 && rank[granted] >= rank[wanted]
}

// count counts the call against the caller's limit and sets the headers that
// every answer carries.
func (s *Server) count(c *call, who caller) {
	name, resource := "app", "core"
	switch who {
	case byAnyone:
		name = "nobody"
	case byInstallation:
		name = "installation " + strconv.FormatInt(c.token.installation.ID, 10)
	}
	if c.URL.Path == "/graphql" {
		name, resource = name+" graphql", "graphql"
	}
	r := s.rate(name)
	if c.URL.Path != "/rate_limit" {
		r.used++
	}
	c.header.Set("X-RateLimit-Limit", strconv.Itoa(hourlyLimit))
	c.header.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, hourlyLimit-r.used)))
	c.header.Set("X-RateLimit-Used", strconv.Itoa(r.used))
	c.header.Set("X-RateLimit-Reset", strconv.FormatInt(r.reset.Unix(), 10))
	c.header.Set("X-RateLimit-Resource", resource)
}

// rate is the counter of a caller; it starts again every hour.
func (s *Server) rate(name string) *rate {
	r := s.rates[name]
	if r == nil || s.now().After(r.reset) {
		r = &rate{reset: s.now().Add(time.Hour)}
		s.rates[name] = r
	}
	return r
}

// getRateLimit is GET /rate_limit.
func (s *Server) getRateLimit(c *call) (any, error) {
	name := "app"
	if c.token != nil {
		name = "installation " + strconv.FormatInt(c.token.installation.ID, 10)
	}
	show := func(name string) object {
		r := s.rate(name)
		return object{"limit": hourlyLimit, "used": r.used, "remaining": max(0, hourlyLimit-r.used), "reset": r.reset.Unix()}
	}
	core := show(name)
	return object{"rate": core, "resources": object{"core": core, "search": show(name + " search"), "graphql": show(name + " graphql")}}, nil
}

// randomHex makes a secret of n bytes.
func randomHex(n int) string {
	b := make([]byte, n)
	io.ReadFull(rand.Reader, b)
	return hex.EncodeToString(b)
}
