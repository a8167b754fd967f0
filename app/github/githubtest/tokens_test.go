package githubtest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

func TestJWT(t *testing.T) {
	w := newWorld(t, githubtest.Options{App: githubtest.AppOptions{ID: 7}})
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	w.check(err)
	now := time.Now()
	claims := func(iss string, iat, exp time.Time) jwt.RegisteredClaims {
		return jwt.RegisteredClaims{Issuer: iss, IssuedAt: jwt.NewNumericDate(iat), ExpiresAt: jwt.NewNumericDate(exp)}
	}
	for _, test := range []struct {
		name   string
		method jwt.SigningMethod
		key    any
		claims jwt.RegisteredClaims
		want   int
	}{
		{"good", jwt.SigningMethodRS256, w.PrivateKey(), claims("7", now, now.Add(9*time.Minute)), 200},
		{"another key", jwt.SigningMethodRS256, other, claims("7", now, now.Add(time.Minute)), 401},
		{"another algorithm", jwt.SigningMethodRS512, w.PrivateKey(), claims("7", now, now.Add(time.Minute)), 401},
		{"none", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims("7", now, now.Add(time.Minute)), 401},
		{"another App", jwt.SigningMethodRS256, w.PrivateKey(), claims("8", now, now.Add(time.Minute)), 404},
		{"expired", jwt.SigningMethodRS256, w.PrivateKey(), claims("7", now.Add(-time.Hour), now.Add(-time.Second)), 401},
		{"too long", jwt.SigningMethodRS256, w.PrivateKey(), claims("7", now, now.Add(11*time.Minute)), 401},
		{"from the future", jwt.SigningMethodRS256, w.PrivateKey(), claims("7", now.Add(5*time.Minute), now.Add(9*time.Minute)), 401},
	} {
		text, err := jwt.NewWithClaims(test.method, test.claims).SignedString(test.key)
		w.check(err)
		if got := get(t, w.URL()+"/app", text).StatusCode; got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	for _, text := range []string{"a.b.c", "a.b.c.d", "..", "x", ""} {
		if got := get(t, w.URL()+"/app", text).StatusCode; got != 401 {
			t.Errorf("%q: %d, want 401", text, got)
		}
	}
}

// get asks with a token and closes the answer.
func get(t *testing.T, url, token string) *http.Response {
	t.Helper()
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

func TestTokenScope(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.must(w.AddRepository(githubtest.RepositoryOptions{Name: "acme/private", Files: files}))
	w.must(w.AddRepository(githubtest.RepositoryOptions{Name: "acme/public", Public: true, Files: files}))
	repo, err := w.Repository(shop)
	w.check(err)
	c := w.as(&github.InstallationTokenOptions{RepositoryIDs: []int64{repo.ID},
		Permissions: &github.InstallationPermissions{Contents: github.String("read"), PullRequests: github.String("write")}})
	blob := &github.Blob{Content: github.String("x"), Encoding: github.String("utf-8")}

	_, _, err = c.Repositories.Get(ctx, "acme", "shop")
	w.check(err)
	_, _, err = c.Git.CreateBlob(ctx, "acme", "shop", blob)
	refused(t, err, 403, "Resource not accessible by integration")
	_, _, err = c.Checks.ListCheckRunsForRef(ctx, "acme", "shop", "main", nil)
	refused(t, err, 403, "Resource not accessible by integration")
	_, _, err = c.Repositories.Get(ctx, "acme", "private")
	refused(t, err, 404, "Not Found")
	_, _, _, err = c.Repositories.GetContents(ctx, "acme", "public", "README.md", nil)
	w.check(err)
	_, _, err = w.as(&github.InstallationTokenOptions{RepositoryIDs: []int64{repo.ID}}).Git.CreateBlob(ctx, "acme", "public", blob)
	refused(t, err, 403, "Resource not accessible by integration")

	_, _, err = w.appClient().Apps.CreateInstallationToken(ctx, w.inst.ID, &github.InstallationTokenOptions{
		Permissions: &github.InstallationPermissions{Administration: github.String("write")}})
	refused(t, err, 422, "permissions requested are not granted")
	_, _, err = w.appClient().Apps.CreateInstallationToken(ctx, w.inst.ID, &github.InstallationTokenOptions{RepositoryIDs: []int64{99999}})
	refused(t, err, 422, "at least one repository that does not exist")
}

func TestTokenExpires(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	made, _, err := w.appClient().Apps.CreateInstallationToken(ctx, w.inst.ID, &github.InstallationTokenOptions{})
	w.check(err)
	url := w.URL() + "/repos/" + shop
	if got := get(t, url, made.GetToken()).StatusCode; got != 200 {
		t.Fatalf("new token: %d", got)
	}
	w.Advance(59 * time.Minute)
	if got := get(t, url, made.GetToken()).StatusCode; got != 200 {
		t.Errorf("after 59 minutes: %d, want 200", got)
	}
	w.Advance(time.Minute)
	if got := get(t, url, made.GetToken()).StatusCode; got != 401 {
		t.Errorf("after an hour: %d, want 401", got)
	}
}

func TestInstallationChanges(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.check(w.Grant(w.inst.ID, map[string]string{"metadata": "read", "contents": "read"}))
	_, _, err := w.client.PullRequests.List(ctx, "acme", "shop", nil)
	refused(t, err, 403, "Resource not accessible by integration")
	w.check(w.Suspend(w.inst.ID, true))
	_, _, err = w.client.Repositories.Get(ctx, "acme", "shop")
	refused(t, err, 403, "suspended")
	w.check(w.Suspend(w.inst.ID, false))
	_, _, err = w.client.Repositories.Get(ctx, "acme", "shop")
	w.check(err)
}

func TestPermissionEndpoint(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.AddUser("stranger")
	w.must(w.AddRepository(githubtest.RepositoryOptions{Name: "acme/public", Public: true, Files: files}))
	for _, test := range []struct{ repo, login, role, permission, name string }{
		{"shop", "mona", "read", "read", "read"},
		{"shop", "mona", "triage", "read", "triage"},
		{"shop", "mona", "write", "write", "write"},
		{"shop", "mona", "maintain", "write", "maintain"},
		{"shop", "mona", "admin", "admin", "admin"},
		{"shop", "acme", "", "admin", "admin"},
		{"shop", "stranger", "", "none", "none"},
		{"public", "stranger", "", "read", "read"}, // everybody reads what is public
	} {
		if test.role != "" {
			w.check(w.SetPermission("acme/"+test.repo, test.login, test.role))
		}
		got, _, err := w.client.Repositories.GetPermissionLevel(ctx, "acme", test.repo, test.login)
		w.check(err)
		if got.GetPermission() != test.permission || got.GetUser().GetRoleName() != test.name {
			t.Errorf("%+v: got %s, %s", test, got.GetPermission(), got.GetUser().GetRoleName())
		}
	}
	_, _, err := w.client.Repositories.GetPermissionLevel(ctx, "acme", "shop", "nobody")
	refused(t, err, 404, "nobody is not a user")
	if err := w.SetPermission(shop, "mona", "king"); err == nil || !strings.Contains(err.Error(), "king") {
		t.Errorf("unknown role: %v", err)
	}
}

func TestHeadersAndETag(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	_, first, err := w.client.Repositories.Get(ctx, "acme", "shop")
	w.check(err)
	for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Used", "X-RateLimit-Resource",
		"ETag", "X-GitHub-Request-Id"} {
		if first.Header.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
	req, err := w.client.NewRequest("GET", "repos/acme/shop", nil)
	w.check(err)
	req.Header.Set("If-None-Match", first.Header.Get("ETag"))
	resp, _ := w.client.Do(ctx, req, nil)
	if resp.StatusCode != http.StatusNotModified {
		t.Errorf("the same ETag: %d, want 304", resp.StatusCode)
	}
	if resp.Rate.Remaining != first.Rate.Remaining-1 {
		t.Errorf("remaining went from %d to %d", first.Rate.Remaining, resp.Rate.Remaining)
	}
	calls := w.Calls()
	if last := calls[len(calls)-1]; last.Path != "/repos/{owner}/{repo}" || last.Status != 304 || last.Token != "installation" {
		t.Errorf("recorded %+v", last)
	}
	if !slices.ContainsFunc(calls, func(c githubtest.Call) bool { return c.Token == "app" && c.Method == "POST" && c.Status == 201 }) {
		t.Error("the token's creation is not recorded")
	}
	w.Reset()
	if n := len(w.Calls()); n != 0 {
		t.Errorf("%d calls after Reset", n)
	}
}
