package githubtest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Installation is the App in one account.
type Installation struct {
	ID      int64
	Account string
	// Repositories are the selected ones as owner/name; empty for all of the account.
	Repositories []string
	Permissions  map[string]string
}

// installation is the App in one account.
type installation struct {
	ID          int64
	account     *user
	selected    []*repository // nil for all
	permissions map[string]string
	suspended   bool
	created     time.Time
}

// Install puts the App into an account: on the named repositories (owner/name),
// or on all that the account has and will have. It sends installation.created.
func (s *Server) Install(account string, repositories ...string) (Installation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := s.users[key(account)]
	if owner == nil {
		return Installation{}, fmt.Errorf("githubtest: no account %q", account)
	}
	if s.installationOf(owner) != nil {
		return Installation{}, fmt.Errorf("githubtest: %s has the App already", account)
	}
	inst := &installation{ID: s.id(), account: owner, permissions: maps.Clone(s.app.Permissions), created: s.now()}
	for _, name := range repositories {
		r, err := s.find(name)
		if err != nil {
			return Installation{}, err
		}
		inst.selected = append(inst.selected, r)
	}
	s.installations[inst.ID] = inst
	s.sendInstallation(inst, "created", owner)
	return Installation{ID: inst.ID, Account: owner.Login, Repositories: repositories, Permissions: maps.Clone(inst.permissions)}, nil
}

// Grant replaces the permissions that an installation has accepted, for an
// owner who has not yet accepted new ones. Tokens that exist keep theirs.
func (s *Server) Grant(id int64, permissions map[string]string) error {
	return s.change(id, func(i *installation) { i.permissions = maps.Clone(permissions) })
}

// Suspend suspends an installation, or takes it back: its tokens stop working.
func (s *Server) Suspend(id int64, suspended bool) error {
	return s.change(id, func(i *installation) { i.suspended = suspended })
}

func (s *Server) change(id int64, f func(*installation)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	inst := s.installations[id]
	if inst == nil {
		return fmt.Errorf("githubtest: no installation %d", id)
	}
	f(inst)
	return nil
}

// installationOf finds an account's installation.
func (s *Server) installationOf(account *user) *installation {
	for _, inst := range s.installations {
		if inst.account == account {
			return inst
		}
	}
	return nil
}

// covers tells whether the installation has the repository.
func (i *installation) covers(r *repository) bool {
	return r.owner == i.account && (i.selected == nil || slices.Contains(i.selected, r))
}

// installed lists the repositories of an installation.
func (s *Server) installed(i *installation) []*repository {
	var all []*repository
	for _, name := range slices.Sorted(maps.Keys(s.repos)) {
		if r := s.repos[name]; i.covers(r) {
			all = append(all, r)
		}
	}
	return all
}

// selection is "all" or "selected".
func (i *installation) selection() string {
	if i.selected == nil {
		return "all"
	}
	return "selected"
}

// getInstallation is GET /app/installations/{installation_id}.
func (s *Server) getInstallation(c *call) (any, error) {
	inst := s.installations[c.number("installation_id")]
	if inst == nil {
		return nil, errNotFound
	}
	return s.installationJSON(inst), nil
}

// listInstallations is GET /app/installations.
func (s *Server) listInstallations(c *call) (any, error) {
	var all []*installation
	for _, id := range slices.Sorted(maps.Keys(s.installations)) {
		all = append(all, s.installations[id])
	}
	return list(page(c, all), s.installationJSON), nil
}

// repositoryInstallation is GET /repos/{owner}/{repo}/installation.
func (s *Server) repositoryInstallation(c *call) (any, error) {
	inst := s.installationOf(c.repo.owner)
	if inst == nil || !inst.covers(c.repo) {
		return nil, errNotFound
	}
	return s.installationJSON(inst), nil
}

// listInstallationRepositories is GET /installation/repositories.
func (s *Server) listInstallationRepositories(c *call) (any, error) {
	all := c.token.repositories
	if all == nil {
		all = s.installed(c.token.installation)
	}
	return object{"total_count": len(all), "repository_selection": c.token.installation.selection(),
		"repositories": list(page(c, all), s.repositoryJSON)}, nil
}

func (s *Server) installationJSON(i *installation) object {
	var suspended any
	if i.suspended {
		suspended = stamp(s.now())
	}
	id := strconv.FormatInt(i.ID, 10)
	return object{
		"id": i.ID, "account": s.userJSON(i.account), "repository_selection": i.selection(),
		"access_tokens_url": s.apiURL + "/app/installations/" + id + "/access_tokens",
		"repositories_url":  s.apiURL + "/installation/repositories",
		"html_url":          s.htmlURL + "/settings/installations/" + id,
		"app_id":            s.app.ID, "app_slug": s.app.Slug, "target_id": i.account.ID, "target_type": i.account.Type,
		"permissions": i.permissions, "events": s.app.Events, "created_at": stamp(i.created), "updated_at": stamp(i.created),
		"single_file_name": nil, "suspended_by": nil, "suspended_at": suspended,
	}
}
