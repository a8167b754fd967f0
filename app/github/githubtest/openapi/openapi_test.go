package openapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/multistage-app/multistage/app/github/githubtest/openapi"
)

var description = sync.OnceValues(func() (*openapi.Validator, error) {
	return openapi.Load(filepath.Join("..", "..", "..", "..", ".cache", "openapi", "api.github.com.json"))
})

func TestLoadNamesTheCommand(t *testing.T) {
	_, err := openapi.Load(filepath.Join(t.TempDir(), "none.json"))
	if err == nil || !strings.Contains(err.Error(), `run "make fixtures" first`) {
		t.Errorf("%v", err)
	}
}

func TestWrap(t *testing.T) {
	v, err := description()
	if err != nil {
		t.Fatal(err)
	}
	const (
		refs    = "/repos/o/r/git/refs/heads/a/b"
		ref     = `{"ref":"refs/heads/a/b","node_id":"x","url":"http://x/y","object":{"type":"commit","sha":"1234567890123456789012345678901234567890","url":"http://x/y"}}`
		blobs   = "/repos/o/r/git/blobs"
		reviews = "/repos/o/r/pulls/1/reviews"
	)
	for _, test := range []struct {
		name, method, path, request string
		status                      int
		answer                      string
		want                        []string // texts of the errors, in order
	}{
		{"good", "PATCH", refs, `{"sha":"x"}`, 200, ref, nil},
		{"good, made", "POST", blobs, `{"content":"x"}`, 201, `{"sha":"x","url":"http://x/y"}`, nil},
		{"request misses a key", "PATCH", refs, `{"force":true}`, 200, ref, []string{"request PATCH"}},
		{"request has an unknown key", "POST", blobs, `{"content":"x","enc":"utf-8"}`, 201, `{"sha":"x","url":"http://x/y"}`, []string{"/enc is not in GitHub's description"}},
		{"answer misses a key", "POST", reviews, `{"body":"x","event":"COMMENT"}`, 200, `{"id":1}`, []string{"node_id"}},
		{"answer has an unknown key", "POST", blobs, `{"content":"x"}`, 201, `{"sha":"x","url":"http://x/y","size":1}`, []string{"/size is not in GitHub's description"}},
		{"answer has a wrong type", "POST", blobs, `{"content":"x"}`, 201, `{"sha":1,"url":"http://x/y"}`, []string{"/sha"}},
		{"success that is not listed", "POST", blobs, `{"content":"x"}`, 200, `{}`, []string{"status is not supported"}},
		{"any failure may be", "POST", blobs, `{"content":"x"}`, 502, `oops`, nil},
		{"a listed failure has its shape", "POST", reviews, `{"body":"x","event":"COMMENT"}`, 422, `{"message":"x"}`, []string{"answer 422"}},
		{"null instead of options", "POST", "/app/installations/1/access_tokens", `null`, 201, `{"token":"x","expires_at":"x"}`, []string{"request POST"}},
		{"no such operation", "GET", "/none", "", 200, `{}`, []string{"request GET /none"}},
		{"not in the description", "POST", "/graphql", `{"query":"x"}`, 200, `{"data":{}}`, nil},
	} {
		var got []error
		h := v.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); string(body) != test.request {
				t.Errorf("%s: the handler reads %q", test.name, body)
			}
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(test.status)
			io.WriteString(w, test.answer)
		}), func(err error) { got = append(got, err) })
		r := httptest.NewRequest(test.method, "http://any.example"+test.path, strings.NewReader(test.request))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.status || w.Body.String() != test.answer {
			t.Errorf("%s: the answer was changed: %d %s", test.name, w.Code, w.Body)
		}
		ok := len(got) == len(test.want)
		for i := range got {
			ok = ok && strings.Contains(got[i].Error(), test.want[i])
		}
		if !ok {
			t.Errorf("%s: %v, want %q", test.name, got, test.want)
		}
	}
}

// A handler that ends the connection does so through the validator as well.
func TestWrapAborts(t *testing.T) {
	v, err := description()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(v.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		func(err error) { t.Error(err) }))
	defer srv.Close()
	if resp, err := http.Get(srv.URL + "/rate_limit"); err == nil {
		t.Errorf("an answer: %d", resp.StatusCode)
	}
}
