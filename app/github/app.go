package github

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"
	"github.com/rs/zerolog"
	"golang.org/x/sync/singleflight"

	"github.com/multistage-app/multistage/app/tree"
)

// Options is how an [App] reaches GitHub. AppID and PrivateKey are needed.
type Options struct {
	AppID      int64
	PrivateKey []byte // PEM, RSA
	BaseURL    string // REST API; empty is https://api.github.com, GHES has https://HOST/api/v3
	GraphQLURL string // empty derives it from BaseURL
	RootCAs    *x509.CertPool

	// Transport is the connection below everything; nil makes one with RootCAs. What is
	// given does not get RootCAs.
	Transport http.RoundTripper

	// Pace is the distance of writes for one installation. 0 is a second, as GitHub
	// asks (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests);
	// negative is none.
	Pace time.Duration

	// RetryDelay is waited before the second try of a call that only reads, doubled for
	// the third; 0 is half a second.
	RetryDelay time.Duration

	CacheBytes int64      // trees and sources kept; 0 is 256 MiB
	OnCall     func(Call) // told of every request; may be called by several goroutines at once
	Now        func() time.Time
	Logger     zerolog.Logger
}

// App is the GitHub App with its credentials. It is safe for concurrent use, and
// meant to live as long as the process.
type App struct {
	opts    Options
	api     *url.URL // with a slash at the end
	graphql string
	base    http.RoundTripper
	client  *github.Client // with the App's own credentials

	clients *cache[*client]  // installation, repository, access
	trees   *cache[*tree.FS] // repository, object
	seen    *cache[[]string] // pull request → its candidates
	grants  *cache[grant]    // installation → what its owner granted
	flight  singleflight.Group

	mu       sync.Mutex
	gates    map[int64]*gate // installation; 0 for the App itself
	identity *Identity
}

const (
	defaultBaseURL    = "https://api.github.com/"
	defaultPace       = time.Second
	defaultRetryDelay = 500 * time.Millisecond
	defaultCacheBytes = 256 << 20
	maxClients        = 1000
	maxGrants         = 10_000
	maxSeen           = 10_000
	userAgent         = "multistage"
)

// New makes the App. It asks GitHub nothing.
func New(o Options) (*App, error) {
	o.setDefaults()
	api, err := url.Parse(strings.TrimRight(o.BaseURL, "/") + "/")
	if err != nil || api.Host == "" {
		return nil, fmt.Errorf("%q is no address of GitHub's REST API", o.BaseURL)
	}
	a := &App{
		opts: o, api: api, graphql: o.GraphQLURL, base: o.Transport,
		clients: newCache[*client](maxClients), trees: newCache[*tree.FS](o.CacheBytes),
		seen: newCache[[]string](maxSeen), grants: newCache[grant](maxGrants),
		gates: map[int64]*gate{},
	}
	if a.graphql == "" {
		a.graphql = graphQLURL(api)
	}
	tr, err := ghinstallation.NewAppsTransport(a.transport(0), o.AppID, o.PrivateKey)
	if err != nil {
		return nil, err
	}
	a.client = a.newClient(tr)
	return a, nil
}

func (o *Options) setDefaults() {
	if o.BaseURL == "" {
		o.BaseURL = defaultBaseURL
	}
	if o.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
		t.MaxIdleConnsPerHost = 16
		o.Transport = t
	}
	if o.Pace == 0 {
		o.Pace = defaultPace
	}
	if o.RetryDelay <= 0 {
		o.RetryDelay = defaultRetryDelay
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = defaultCacheBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// graphQLURL is where GraphQL is served: on GitHub Enterprise Server beside REST and not
// below it (https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql).
func graphQLURL(api *url.URL) string {
	u := *api
	u.Path = strings.TrimSuffix(u.Path, "v3/") + "graphql"
	return u.String()
}

// transport is the traffic of one installation, 0 for the App itself.
func (a *App) transport(installation int64) *transport {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.gates[installation]
	if g == nil {
		g = &gate{now: a.opts.Now}
		a.gates[installation] = g
	}
	return &transport{base: a.base, api: a.api, gate: g, pace: a.opts.Pace, delay: a.opts.RetryDelay, onCall: a.opts.OnCall}
}

func (a *App) newClient(tr http.RoundTripper) *github.Client {
	c := github.NewClient(&http.Client{Transport: tr})
	c.BaseURL, c.UserAgent = a.api, userAgent
	return c
}

// Identity is who the App is, as GitHub shows it.
type Identity struct {
	ID    int64  // of the App
	Slug  string // in addresses
	Name  string
	Login string // of its bot: Slug + "[bot]"

	Permissions map[string]string // that the App asks for: contents → write
	Events      []string          // that it is subscribed to
}

// Identity asks who the App is, once in the life of the process.
func (a *App) Identity(ctx context.Context) (Identity, error) {
	a.mu.Lock()
	known := a.identity
	a.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	app, _, err := a.client.Apps.Get(ctx, "")
	if err != nil {
		return Identity{}, failed("asking GitHub who the App is", err)
	}
	if app.GetSlug() == "" {
		return Identity{}, errors.New("asking GitHub who the App is: the answer has no slug")
	}
	id := Identity{ID: app.GetID(), Slug: app.GetSlug(), Name: app.GetName(), Login: app.GetSlug() + "[bot]",
		Permissions: permissionMap(app.Permissions), Events: app.Events}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.identity = &id
	return id, nil
}

// Repo names a repository. Tokens are for its number, addresses have its names.
type Repo struct {
	ID          int64
	Owner, Name string
}

// Installation is the App in one account, opened for one repository. It is cheap: no
// call is made before one is needed. It is safe for concurrent use.
type Installation struct {
	app  *App
	ID   int64
	Repo Repo
}

// Installation opens a repository that the installation has access to.
func (a *App) Installation(id int64, repo Repo) *Installation {
	return &Installation{app: a, ID: id, Repo: repo}
}
