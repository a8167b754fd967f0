package githubtest

import (
	"strconv"
	"strings"
)

// User is an account: a person, an organisation or an App's bot.
type User struct {
	ID    int64
	Login string
	Type  string // User, Organization or Bot
}

// user is an account.
type user struct{ User }

// key is how names are looked up: GitHub does not tell upper from lower case.
func key(name string) string { return strings.ToLower(name) }

// AddUser makes a person, or gives the account that already has the name.
func (s *Server) AddUser(login string) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user(login, "User").User
}

// AddOrganization makes an organisation, or gives the account that already has the name.
func (s *Server) AddOrganization(login string) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user(login, "Organization").User
}

// user finds an account or makes it.
func (s *Server) user(login, kind string) *user {
	u := s.users[key(login)]
	if u == nil {
		u = &user{User{ID: s.id(), Login: login, Type: kind}}
		s.users[key(login)] = u
	}
	return u
}

// email is the address that commits made on the site carry.
func (u *user) email() string {
	return strconv.FormatInt(u.ID, 10) + "+" + u.Login + "@users.noreply.github.com"
}

// getUser is GET /users/{username}.
func (s *Server) getUser(c *call) (any, error) {
	u := s.users[key(c.PathValue("username"))]
	if u == nil {
		return nil, errNotFound
	}
	o := s.userJSON(u)
	for _, k := range []string{"company", "location", "email", "hireable", "bio"} {
		o[k] = nil
	}
	o["name"], o["blog"], o["user_view_type"] = u.Login, "", "public"
	for _, k := range []string{"public_repos", "public_gists", "followers", "following"} {
		o[k] = 0
	}
	o["created_at"], o["updated_at"] = stamp(s.app.created), stamp(s.app.created)
	return o, nil
}

// userJSON is the short form of an account that most answers carry.
func (s *Server) userJSON(u *user) object {
	at := s.apiURL + "/users/" + strings.NewReplacer("[", "%5B", "]", "%5D").Replace(u.Login)
	prefix := map[string]string{"User": "U", "Organization": "O", "Bot": "BOT"}[u.Type]
	return object{
		"login": u.Login, "id": u.ID, "node_id": nodeID(prefix, u.ID), "type": u.Type, "site_admin": false,
		"avatar_url": s.htmlURL + "/avatars/" + strconv.FormatInt(u.ID, 10), "gravatar_id": "",
		"url": at, "html_url": s.htmlURL + "/" + strings.NewReplacer("[", "%5B", "]", "%5D").Replace(u.Login),
		"followers_url": at + "/followers", "following_url": at + "/following{/other_user}",
		"gists_url": at + "/gists{/gist_id}", "starred_url": at + "/starred{/owner}{/repo}",
		"subscriptions_url": at + "/subscriptions", "organizations_url": at + "/orgs", "repos_url": at + "/repos",
		"events_url": at + "/events{/privacy}", "received_events_url": at + "/received_events",
	}
}
