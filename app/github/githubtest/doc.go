// Package githubtest is a stateful GitHub over real bare git repositories,
// behind HTTP: what the App talks to in the tests and in the demo.
//
// It keeps to what GitHub's own OpenAPI description, GraphQL schema and example
// payloads say; its tests hold it against all three. Nothing is stored but the
// git repositories: everything else lives in memory and ends with [Server.Close].
// All methods of [Server] may be called from several goroutines.
//
// The state goes in by methods that do what a person does on the site, the App
// comes over HTTP, and the end state is read with [Server.Pull], [Server.File],
// [Server.Refs] and [Server.Commits]:
//
//	gh, err := githubtest.New(githubtest.Options{Dir: dir})
//	defer gh.Close()
//	gh.AddUser("mona")
//	gh.AddRepository(githubtest.RepositoryOptions{
//		Name:  "acme/shop",
//		Files: map[string]string{"go.mod": "module shop\n"},
//	})
//	gh.SetPermission("acme/shop", "mona", "write")
//	gh.Install("acme")                 // or Install("acme", "acme/shop")
//
//	gh.Push("acme/shop", "docker", githubtest.Change{
//		Author: "mona", Message: "Add a Dockerfile",
//		Files:  map[string]string{"Dockerfile": "FROM golang:1.26\n"},
//	})
//	pull, err := gh.OpenPull(githubtest.PullOptions{
//		Repository: "acme/shop", Head: "docker", Base: "main", Author: "mona", Title: "Add a Dockerfile",
//	})
//
//	gh.SetWebhook("http://127.0.0.1:8080/webhook", "secret")
//	err = gh.DeliverAll(ctx)           // or gh.SetAutomatic(true)
//
//	pull, err = gh.Pull("acme/shop", pull.Number)
//	// pull.Reviews, pull.ReviewComments, pull.IssueComments, pull.CheckRuns, pull.Commits
//
// A login that has no account yet gets one where a method names it; the account
// of a repository's name becomes an organisation.
//
// The App is registered with [Options.App]; its key is [Server.PrivateKey] and its
// identifier [Server.App]. REST is served at the root of [Server.URL] (go-github:
// BaseURL = URL + "/"; ghinstallation: BaseURL = URL), GraphQL at URL + "/graphql", and
// archives at a second host, [Server.DownloadURL], which records the headers that it
// was sent ([Server.Downloads]).
//
// Failures are ordered with [Server.Fail]; [Server.Calls] says what was asked.
//
// A test puts GitHub's description around the API, so that neither the App nor the
// stand-in says what GitHub would not:
//
//	v, err := openapi.Load(".cache/openapi/api.github.com.json")
//	githubtest.Options{Wrap: func(h http.Handler) http.Handler {
//		return v.Wrap(h, func(err error) { t.Error(err) })
//	}}
//
// As on GitHub the App also hears of what it did itself: its own comments and its
// own check runs come back as events.
package githubtest
