package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
)

// Access is what a token may do. A run needs one token to read, and one more, Report or
// Write, where it has something to say.
type Access int

// The accesses.
const (
	Read   Access = iota // the snapshot
	Report               // review, check run, comments, reactions
	Write                // also commits and refs
)

// permission is one that an access asks for; an optional one is left out where it is not
// granted, and what needs it is left undone.
type permission struct {
	name, level string
	optional    bool
}

// permissions is the least that each access does with
// (https://docs.github.com/rest/authentication/permissions-required-for-github-apps).
var permissions = map[Access][]permission{
	Read: {
		{"contents", "read", false},      // blobs, tree, archive, configuration
		{"pull_requests", "read", false}, // files, reviews
		{"checks", "read", true},         // our own check runs
	},
	Report: {
		{"pull_requests", "write", false},
		{"checks", "write", true},
	},
	Write: {
		{"contents", "write", false},
		{"pull_requests", "write", false},
		{"checks", "write", true},
	},
}

// grant is what the owner of an installation granted.
type grant struct {
	permissions map[string]string
	until       time.Time
}

// grantAge is how long a grant is taken for true. An owner who accepts new permissions
// sees them in use after that at the latest.
const grantAge = time.Hour

// has reports whether a level is granted.
func (g grant) has(name, level string) bool {
	have := g.permissions[name]
	return have == level || have == "write" && level == "read" || have == "admin"
}

// granted asks what the installation's owner granted: a token with more is refused as
// a whole. The call is the App's own, not the installation's.
func (a *App) granted(ctx context.Context, id int64) (grant, error) {
	key := fmt.Sprint(id)
	if g, ok := a.grants.get(key); ok && a.opts.Now().Before(g.until) {
		return g, nil
	}
	inst, _, err := a.client.Apps.GetInstallation(ctx, id)
	if err != nil {
		return grant{}, failed(fmt.Sprintf("asking for the permissions of installation %d", id), err)
	}
	if inst.SuspendedAt != nil {
		return grant{}, fmt.Errorf("installation %d is suspended: %w", id, ErrGone)
	}
	g := grant{permissions: permissionMap(inst.Permissions), until: a.opts.Now().Add(grantAge)}
	a.grants.put(key, g, 1)
	return g, nil
}

// permissionMap is go-github's structure with one field each as a map.
func permissionMap(p *github.InstallationPermissions) map[string]string {
	m := map[string]string{}
	if data, err := json.Marshal(p); err == nil {
		json.Unmarshal(data, &m) // null leaves the map as it is
	}
	return m
}

// Granted reports whether the installation's owner granted a permission, such as
// contents: write.
func (i *Installation) Granted(ctx context.Context, name, level string) (bool, error) {
	g, err := i.app.granted(ctx, i.ID)
	return g.has(name, level), err
}

// client talks for one installation, repository and access.
type client struct {
	*github.Client
	http *http.Client
	url  string // of GraphQL
	gate *gate
}

// open is the client with at most these permissions. The error is a [PermissionError]
// where one that is needed is not granted.
func (i *Installation) open(ctx context.Context, access Access) (*client, error) {
	a := i.app
	g, err := a.granted(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	asked := map[string]string{"metadata": "read"}
	key := fmt.Sprintf("%d %d %d", i.ID, i.Repo.ID, access)
	for _, p := range permissions[access] {
		if g.has(p.name, p.level) {
			asked[p.name] = p.level
			key += " " + p.name
		} else if !p.optional {
			return nil, &PermissionError{Permission: p.name, Level: p.level}
		}
	}
	if c, ok := a.clients.get(key); ok {
		return c, nil
	}
	s := &session{app: a, installation: i.ID, forget: func() { a.grants.drop(fmt.Sprint(i.ID)); a.clients.drop(key) }}
	s.options = &github.InstallationTokenOptions{RepositoryIDs: []int64{i.Repo.ID}, Permissions: &github.InstallationPermissions{}}
	data, err := json.Marshal(asked)
	if err == nil {
		err = json.Unmarshal(data, s.options.Permissions)
	}
	if err != nil {
		return nil, err
	}
	tr := a.transport(i.ID)
	s.below = tr
	if err := s.renew(nil); err != nil {
		return nil, err
	}
	c := &client{Client: a.newClient(s), http: &http.Client{Transport: s}, url: a.graphql, gate: tr.gate}
	a.clients.put(key, c, 1)
	return c, nil
}

// session puts the installation's token into requests. ghinstallation renews it when it
// is old; the session makes a new one when GitHub refuses it early.
type session struct {
	app          *App
	installation int64
	below        http.RoundTripper
	options      *github.InstallationTokenOptions
	forget       func() // what the installation granted is no longer so

	mu      sync.Mutex
	current *ghinstallation.Transport
}

// renew starts with a new token, unless somebody did since old was used. Each gets an
// AppsTransport of its own: ghinstallation writes to it without a lock.
func (s *session) renew(old *ghinstallation.Transport) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != old {
		return nil
	}
	tr, err := ghinstallation.New(s.below, s.app.opts.AppID, s.installation, s.app.opts.PrivateKey)
	if err != nil {
		return err
	}
	tr.BaseURL, tr.InstallationTokenOptions = strings.TrimRight(s.app.api.String(), "/"), s.options
	s.current = tr
	return nil
}

// RoundTrip implements http.RoundTripper. A request that was refused for its token was
// not carried out, so it is sent once more, also when it writes.
func (s *session) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 0; ; try++ {
		s.mu.Lock()
		tr := s.current
		s.mu.Unlock()
		if err := s.token(req.Context(), tr); err != nil {
			if req.Body != nil {
				req.Body.Close()
			}
			return nil, err
		}
		resp, err := tr.RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusUnauthorized || try > 0 {
			return resp, err
		}
		again, err := replay(req)
		if err != nil {
			return resp, nil
		}
		resp.Body.Close()
		if err := s.renew(tr); err != nil {
			return nil, err
		}
		req = again
	}
}

// tokenTimeout bounds the call for a token. ghinstallation holds a lock meanwhile.
const tokenTimeout = 20 * time.Second

// token brings a token, for all that wait for it at once: one caller's end does not end
// it for the others.
func (s *session) token(ctx context.Context, tr *ghinstallation.Transport) error {
	result := s.app.flight.DoChan(fmt.Sprintf("%p", tr), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTimeout)
		defer cancel()
		_, err := tr.Token(ctx)
		return nil, s.tokenError(err)
	})
	select {
	case r := <-result:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tokenError says why there is no token. ghinstallation leaves the body open.
func (s *session) tokenError(err error) error {
	answer := (*ghinstallation.HTTPError)(nil)
	if !errors.As(err, &answer) || answer.Response == nil {
		return err
	}
	body, _ := io.ReadAll(io.LimitReader(answer.Response.Body, maxErrorBody))
	answer.Response.Body.Close()
	what := fmt.Sprintf("asking for a token of installation %d", s.installation)
	switch text := strings.ToLower(string(body)); answer.Response.StatusCode {
	case http.StatusNotFound, http.StatusForbidden:
		return fmt.Errorf("%s: %w: %w", what, ErrGone, err)
	case http.StatusUnprocessableEntity:
		s.forget()
		if strings.Contains(text, "permission") {
			return fmt.Errorf("%s: %w: %w", what, ErrPermission, err)
		}
		return fmt.Errorf("%s: %w: %w", what, ErrGone, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
