package githubtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RepositoryOptions says what a new repository has in it.
type RepositoryOptions struct {
	Name string // owner/name; the owner is made as an organisation when it is not there
	// Public repositories are readable with any token; others are a 404 for a
	// token that was not made for them.
	Public bool
	// DefaultBranch is main when empty and there is no Source.
	DefaultBranch string
	// Source is a git repository on this machine that is copied with its
	// branches and tags. It is only read.
	Source string
	// Files is the first commit of a repository without a Source.
	Files map[string]string
	// Modes are git modes of Files that are not 100644.
	Modes map[string]string
}

// Repository is a repository, as [Server.Repository] shows it.
type Repository struct {
	ID            int64
	Owner, Name   string // Name is owner/name
	DefaultBranch string
	Public        bool
	Parent        string // of a fork, as owner/name
	Dir           string // the bare repository on disk
}

// repository is a repository with everything that hangs on it.
type repository struct {
	Repository
	server   *Server
	owner    *user
	parent   *repository
	roles    map[string]string // by login in lower case
	created  time.Time
	number   int // the last pull request's
	pulls    map[int]*pull
	comments map[int64]*issueComment
	runs     []*checkRun
	suites   map[string]int64 // check suite of a SHA
	diffs    map[string][]diffFile
	bases    map[string]string
	trunc    int      // trees are cut after this many entries, 0 for never
	hidden   []string // paths whose patch is left out
}

// roles lists what a collaborator can be, from least to most.
var roles = []string{"none", "read", "triage", "write", "maintain", "admin"}

// AddRepository makes a repository from a copy of another or from files.
func (s *Server) AddRepository(o RepositoryOptions) (Repository, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.newRepository(o.Name, o.Public)
	if err != nil {
		return Repository{}, err
	}
	if o.Source != "" {
		err = r.copyFrom(o)
	} else {
		err = r.fill(o)
	}
	if err != nil {
		return Repository{}, fmt.Errorf("githubtest: repository %s: %w", o.Name, err)
	}
	s.repos[key(o.Name)] = r
	return r.Repository, nil
}

// newRepository makes the folder and the record of a repository.
func (s *Server) newRepository(name string, public bool) (*repository, error) {
	owner, short, ok := strings.Cut(name, "/")
	if !ok || owner == "" || short == "" || strings.ContainsAny(short, "/\\") || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("githubtest: repository name %q is not owner/name", name)
	}
	if s.repos[key(name)] != nil {
		return nil, fmt.Errorf("githubtest: repository %s exists already", name)
	}
	dir := filepath.Join(s.git.root, owner, short+".git")
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("githubtest: %w", err)
	}
	u := s.user(owner, "Organization")
	return &repository{
		Repository: Repository{ID: s.id(), Owner: u.Login, Name: name, Public: public, DefaultBranch: "main", Dir: dir},
		server:     s, owner: u, created: s.now(),
		roles: map[string]string{}, pulls: map[int]*pull{}, comments: map[int64]*issueComment{},
		suites: map[string]int64{}, diffs: map[string][]diffFile{}, bases: map[string]string{},
	}, nil
}

// copyFrom copies a repository of this machine.
func (r *repository) copyFrom(o RepositoryOptions) error {
	source, err := filepath.Abs(o.Source)
	if err != nil {
		return err
	}
	if _, err := r.server.git.run("/", nil, nil, "clone", "--quiet", "--bare", "--no-hardlinks", source, r.Dir); err != nil {
		return err
	}
	head, err := r.line("symbolic-ref", "--short", "HEAD")
	if err != nil {
		return err
	}
	r.DefaultBranch = head
	if o.DefaultBranch != "" {
		r.DefaultBranch = o.DefaultBranch
		_, err = r.run("symbolic-ref", "HEAD", "refs/heads/"+o.DefaultBranch)
	}
	return err
}

// fill makes the first commit from the caller's files.
func (r *repository) fill(o RepositoryOptions) error {
	if o.DefaultBranch != "" {
		r.DefaultBranch = o.DefaultBranch
	}
	if _, err := r.server.git.run("/", nil, nil, "init", "--quiet", "--bare", "--initial-branch="+r.DefaultBranch, r.Dir); err != nil {
		return err
	}
	_, err := r.commit(r.DefaultBranch, "", Change{Message: "Initial commit", Author: r.Owner, Files: o.Files, Modes: o.Modes})
	return err
}

// Fork copies a repository to another account, under the same name, as the
// site's button does.
func (s *Server) Fork(name, account string) (Repository, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent, err := s.find(name)
	if err != nil {
		return Repository{}, err
	}
	fork, err := s.newRepository(account+"/"+parent.name(), parent.Public)
	if err != nil {
		return Repository{}, err
	}
	if err := fork.copyFrom(RepositoryOptions{Source: parent.Dir}); err != nil {
		return Repository{}, err
	}
	fork.parent, fork.Parent = parent, parent.Name
	s.repos[key(fork.Name)] = fork
	return fork.Repository, nil
}

// Repository shows a repository by its owner/name.
func (s *Server) Repository(name string) (Repository, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(name)
	if err != nil {
		return Repository{}, err
	}
	return r.Repository, nil
}

// SetPermission makes a person a collaborator: none, read, triage, write,
// maintain or admin. An owner is admin without it.
func (s *Server) SetPermission(name, login, role string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(name)
	if err != nil {
		return err
	}
	if !slices.Contains(roles, role) {
		return fmt.Errorf("githubtest: role %q is none of %s", role, strings.Join(roles, ", "))
	}
	s.user(login, "User")
	r.roles[key(login)] = role
	return nil
}

// TruncateTrees cuts the listing of trees after n entries and marks it as
// truncated; 0 stops that. GitHub does it after 100,000 entries or 7 MB.
func (s *Server) TruncateTrees(name string, n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(name)
	if err != nil {
		return err
	}
	r.trunc = n
	return nil
}

// find looks a repository up by owner/name.
func (s *Server) find(name string) (*repository, error) {
	if r := s.repos[key(name)]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("githubtest: no repository %q", name)
}

// name is the part after the slash.
func (r *repository) name() string { return r.Name[len(r.Owner)+1:] }

// url is the repository in the API.
func (r *repository) url() string { return r.server.apiURL + "/repos/" + r.Name }

// html is the repository's page.
func (r *repository) html() string { return r.server.htmlURL + "/" + r.Name }

// role is what a person may do here.
func (r *repository) role(u *user) string {
	switch role, ok := r.roles[key(u.Login)]; {
	case u == r.owner:
		return "admin"
	case ok:
		return role
	case r.Public:
		return "read"
	}
	return "none"
}

// canWrite tells whether a person may push.
func (r *repository) canWrite(u *user) bool {
	return slices.Index(roles, r.role(u)) >= slices.Index(roles, "write")
}

// association is the person's author_association. GitHub's is unreliable for
// members whose membership is private; nobody should decide by it.
func (r *repository) association(u *user) string {
	switch {
	case u == r.owner:
		return "OWNER"
	case r.roles[key(u.Login)] != "":
		return "COLLABORATOR"
	}
	return "NONE"
}

// getRepository is GET /repos/{owner}/{repo}.
func (s *Server) getRepository(c *call) (any, error) {
	o := s.repositoryJSON(c.repo)
	o["network_count"], o["subscribers_count"] = 0, 0
	if p := c.repo.parent; p != nil {
		o["parent"], o["source"] = s.repositoryJSON(p), s.repositoryJSON(p)
	}
	return o, nil
}

// getPermission is GET /repos/{owner}/{repo}/collaborators/{username}/permission.
// The old permission field knows neither triage nor maintain; role_name does.
func (s *Server) getPermission(c *call) (any, error) {
	u := s.users[key(c.PathValue("username"))]
	if u == nil {
		return nil, &apiError{status: 404, message: c.PathValue("username") + " is not a user"}
	}
	role := c.repo.role(u)
	permission := role
	switch role {
	case "triage":
		permission = "read"
	case "maintain":
		permission = "write"
	}
	who := s.userJSON(u)
	rank := slices.Index(roles, role)
	who["role_name"] = role
	who["permissions"] = object{"pull": rank >= 1, "triage": rank >= 2, "push": rank >= 3, "maintain": rank >= 4, "admin": rank >= 5}
	return object{"permission": permission, "role_name": role, "user": who}, nil
}

// repositoryURLs are the addresses that a repository carries, by their endings.
var repositoryURLs = map[string]string{
	"archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
	"branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
	"commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}", "contents_url": "/contents/{+path}",
	"contributors_url": "/contributors", "deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
	"forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}",
	"hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
	"issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}", "languages_url": "/languages",
	"merges_url": "/merges", "milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}",
	"pulls_url": "/pulls{/number}", "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
	"subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
}

func (s *Server) repositoryJSON(r *repository) object {
	visibility := "private"
	if r.Public {
		visibility = "public"
	}
	at := stamp(r.created)
	o := object{
		"id": r.ID, "node_id": nodeID("R", r.ID), "name": r.name(), "full_name": r.Name, "owner": s.userJSON(r.owner),
		"private": !r.Public, "visibility": visibility, "fork": r.parent != nil, "url": r.url(), "html_url": r.html(),
		"description": nil, "homepage": nil, "language": nil, "license": nil, "mirror_url": nil,
		"git_url": "git://github.com/" + r.Name + ".git", "ssh_url": "git@github.com:" + r.Name + ".git",
		"clone_url": r.html() + ".git", "svn_url": r.html(), "default_branch": r.DefaultBranch,
		"forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "size": 0,
		"open_issues": len(r.pulls), "open_issues_count": len(r.pulls), "topics": []string{}, "is_template": false,
		"has_issues": true, "has_projects": true, "has_wiki": true, "has_pages": false, "has_downloads": true, "has_discussions": false,
		"archived": false, "disabled": false, "allow_forking": true, "web_commit_signoff_required": false,
		"created_at": at, "updated_at": at, "pushed_at": at,
	}
	for name, ending := range repositoryURLs {
		o[name] = r.url() + ending
	}
	return o
}

// url numbers a thing below the repository.
func (r *repository) at(parts ...any) string {
	out := r.url()
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			out += "/" + p
		case int:
			out += "/" + strconv.Itoa(p)
		case int64:
			out += "/" + strconv.FormatInt(p, 10)
		}
	}
	return out
}
