package githubtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AppOptions registers the App. Every field has a default.
type AppOptions struct {
	ID    int64  // 1 when 0
	Slug  string // "multistage" when empty; the bot is Slug + "[bot]"
	Name  string // "Multistage" when empty
	Owner string // the account that registered it; "multistage-app" when empty
	// Key signs the App's JWTs; nil for a new one of 2048 bits.
	Key *rsa.PrivateKey
	// Permissions as in the App's manifest; nil for those of app.yml.
	Permissions map[string]string
	// Events that it subscribed to; nil for pull_request, issue_comment and check_run.
	Events []string
}

// App is the registered App, to be compared with.
type App struct {
	ID          int64
	Slug, Name  string
	Bot         User
	Permissions map[string]string
	Events      []string
}

// app is the registered App.
type app struct {
	App
	owner   *user
	bot     *user
	key     *rsa.PrivateKey
	created time.Time
}

// register makes the App, its owner and its bot.
func (s *Server) register(o AppOptions) error {
	if o.ID == 0 {
		o.ID = 1
	}
	if o.Slug == "" {
		o.Slug = "multistage"
	}
	if o.Name == "" {
		o.Name = "Multistage"
	}
	if o.Owner == "" {
		o.Owner = "multistage-app"
	}
	if o.Permissions == nil {
		o.Permissions = map[string]string{"metadata": "read", "contents": "write",
			"pull_requests": "write", "checks": "write", "issues": "read"}
	}
	if o.Events == nil {
		o.Events = []string{"pull_request", "issue_comment", "check_run"}
	}
	if o.Key == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return fmt.Errorf("githubtest: %w", err)
		}
		o.Key = key
	}
	bot := s.user(o.Slug+"[bot]", "Bot")
	s.app = &app{owner: s.user(o.Owner, "Organization"), bot: bot, key: o.Key, created: s.now()}
	s.app.App = App{ID: o.ID, Slug: o.Slug, Name: o.Name, Bot: bot.User,
		Permissions: maps.Clone(o.Permissions), Events: slices.Clone(o.Events)}
	return nil
}

// App is the registered App.
func (s *Server) App() App {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.app.App
	a.Permissions, a.Events = maps.Clone(a.Permissions), slices.Clone(a.Events)
	return a
}

// checkJWT verifies an App's token: RS256, issued by this App, not expired, and
// no longer than ten minutes ahead
// (https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app).
func (s *Server) checkJWT(text string) error {
	parts := strings.Split(text, ".")
	var raw [3][]byte
	for i, p := range parts[:min(len(parts), 3)] {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil || len(parts) != 3 {
			return badJWT("A JSON web token could not be decoded")
		}
		raw[i] = b
	}
	var header struct{ Alg string }
	var claims struct {
		Iss      any
		Iat, Exp float64
	}
	if json.Unmarshal(raw[0], &header) != nil || json.Unmarshal(raw[1], &claims) != nil || header.Alg != "RS256" {
		return badJWT("A JSON web token could not be decoded")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&s.app.key.PublicKey, crypto.SHA256, sum[:], raw[2]) != nil {
		return badJWT("A JSON web token could not be decoded")
	}
	issuer := fmt.Sprint(claims.Iss)
	if n, ok := claims.Iss.(float64); ok {
		issuer = strconv.FormatInt(int64(n), 10)
	}
	now := float64(s.opts.Now().Unix())
	switch {
	case issuer != strconv.FormatInt(s.app.ID, 10):
		return &apiError{status: http.StatusNotFound, message: "Integration not found"}
	case claims.Exp <= now:
		return badJWT("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case claims.Exp > now+600:
		return badJWT("'Expiration time' claim ('exp') is too far in the future")
	case claims.Iat > now+60:
		return badJWT("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	}
	return nil
}

func badJWT(message string) error {
	return &apiError{status: http.StatusUnauthorized, message: message}
}

// getApp is GET /app.
func (s *Server) getApp(c *call) (any, error) {
	o := s.appJSON()
	o["installations_count"] = len(s.installations)
	return o, nil
}

// appJSON is the App as check runs and GET /app show it.
func (s *Server) appJSON() object {
	a := s.app
	return object{
		"id": a.ID, "slug": a.Slug, "node_id": nodeID("A", a.ID), "client_id": "Iv1.githubtest",
		"owner": s.userJSON(a.owner), "name": a.Name, "description": "", "external_url": s.htmlURL,
		"html_url": s.htmlURL + "/apps/" + a.Slug, "created_at": stamp(a.created), "updated_at": stamp(a.created),
		"permissions": a.Permissions, "events": a.Events,
	}
}

// getHookConfig is GET /app/hook/config.
func (s *Server) getHookConfig(c *call) (any, error) {
	url, _ := s.hooks.target()
	return object{"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url}, nil
}
