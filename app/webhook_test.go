package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"
)

const (
	newSecret Secret = "correct horse battery staple"
	oldSecret Secret = "hunter2"
)

const openedBody = `{"action":"opened","number":5,"installation":{"id":3},
	"repository":{"id":7,"name":"shop","owner":{"login":"octo"}},"sender":{"login":"ann","type":"User"},
	"pull_request":{"number":5,"head":{"sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}}`

// deliver is a signed delivery of a body, as GitHub sends it.
func deliver(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", "pull_request")
	r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	r.Header.Set("X-Hub-Signature-256", Sign(newSecret, []byte(body)))
	return r
}

// accepted is a store that remembers, and fails when told.
type accepted struct {
	mu     sync.Mutex
	events []Event
	err    error
}

func (a *accepted) accept(_ context.Context, _ Delivery, e Event) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.events = append(a.events, e)
	}
	return a.err
}

func (a *accepted) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.events)
}

func newTestWebhook(t testing.TB, change func(*WebhookOptions)) (*Webhook, *accepted) {
	t.Helper()
	store := &accepted{}
	o := WebhookOptions{Secrets: []Secret{newSecret, oldSecret}, Route: Router{}.Route, Accept: store.accept, maxBody: 4096}
	if change != nil {
		change(&o)
	}
	h, err := NewWebhook(o)
	if err != nil {
		t.Fatal(err)
	}
	return h, store
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWebhook(t *testing.T) {
	huge := `{"action":"` + strings.Repeat("x", 5000) + `"}`
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := map[string]struct {
		body   string
		change func(*http.Request)
		status int
		text   string // in the answer
		stored int
	}{
		"taken":                  {status: 202, text: "stored", stored: 1},
		"signed with the older":  {change: header("X-Hub-Signature-256", Sign(oldSecret, []byte(openedBody))), status: 202, text: "stored", stored: 1},
		"with a charset":         {change: header("Content-Type", "application/json; charset=utf-8"), status: 202, text: "stored", stored: 1},
		"wrong secret":           {change: header("X-Hub-Signature-256", Sign("guess", []byte(openedBody))), status: 401, text: ErrSignature.Error()},
		"signature of another":   {change: header("X-Hub-Signature-256", Sign(newSecret, []byte(openedBody+" "))), status: 401, text: ErrSignature.Error()},
		"signed with nothing":    {change: header("X-Hub-Signature-256", Sign("", []byte(openedBody))), status: 401, text: ErrSignature.Error()},
		"no signature":           {change: func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") }, status: 401, text: ErrNoSignature.Error()},
		"SHA-1 only":             {change: sha1Only, status: 401, text: ErrSHA1Only.Error()},
		"SHA-1 in its place":     {change: header("X-Hub-Signature-256", "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6"), status: 401, text: ErrSignatureForm.Error()},
		"signature cut short":    {change: header("X-Hub-Signature-256", "sha256=abcd"), status: 401, text: ErrSignatureForm.Error()},
		"signature without a=b":  {change: header("X-Hub-Signature-256", strings.Repeat("a", 64)), status: 401, text: ErrSignatureForm.Error()},
		"huge":                   {body: huge, status: 413, text: ErrTooLarge.Error()},
		"huge, length unknown":   {body: huge, change: func(r *http.Request) { r.ContentLength = -1 }, status: 413, text: ErrTooLarge.Error()},
		"form":                   {change: header("Content-Type", "application/x-www-form-urlencoded"), status: 415, text: ErrMediaType.Error()},
		"no media type":          {change: func(r *http.Request) { r.Header.Del("Content-Type") }, status: 415, text: ErrMediaType.Error()},
		"GET":                    {change: func(r *http.Request) { r.Method = http.MethodGet }, status: 405, text: ErrMethod.Error()},
		"no event":               {change: func(r *http.Request) { r.Header.Del("X-GitHub-Event") }, status: 400, text: ErrHeader.Error()},
		"event of another form":  {change: header("X-GitHub-Event", "pull request\n"), status: 400, text: ErrHeader.Error()},
		"no delivery":            {change: func(r *http.Request) { r.Header.Del("X-GitHub-Delivery") }, status: 400, text: ErrHeader.Error()},
		"malformed":              {body: `{"action":`, status: 400, text: "malformed delivery"},
		"empty":                  {body: ` `, status: 400, text: "malformed delivery"},
		"of another form":        {body: `{"action":7}`, status: 400, text: "malformed delivery"},
		"deeply nested":          {body: strings.Repeat("[", 4000), status: 400, text: "malformed delivery"},
		"unknown event":          {change: header("X-GitHub-Event", "branch_protection_rule"), status: 202, text: "ignored"},
		"unknown and malformed":  {body: `}`, change: header("X-GitHub-Event", "sub_issues"), status: 400, text: "malformed delivery"},
		"ping":                   {body: `{"zen":"Keep it logically awesome."}`, change: header("X-GitHub-Event", "ping"), status: 202, text: "ignored"},
		"action of no interest":  {body: strings.Replace(openedBody, "opened", "assigned", 1), status: 202, text: "ignored"},
		"without a pull request": {body: strings.ReplaceAll(openedBody, `"number":5`, `"number":0`), status: 400, text: "malformed delivery"},
	}
	h, store := newTestWebhook(t, nil)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before := store.count()
			body := test.body
			if body == "" {
				body = openedBody
			}
			r := deliver(body)
			if test.change != nil {
				test.change(r)
			}
			w := serve(h, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.text) {
				t.Errorf("answered %d %q, want %d with %q", w.Code, w.Body, test.status, test.text)
			}
			if got := store.count() - before; got != test.stored {
				t.Errorf("%d stored, want %d", got, test.stored)
			}
			if w.Code == 405 && w.Header().Get("Allow") != "POST" {
				t.Errorf("Allow is %q", w.Header().Get("Allow"))
			}
			if w := serve(h, deliver(openedBody)); w.Code != 202 {
				t.Errorf("the next delivery: %d %s", w.Code, w.Body)
			}
		})
	}
}

func sha1Only(r *http.Request) {
	r.Header.Del("X-Hub-Signature-256")
	r.Header.Set("X-Hub-Signature", "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6")
}

// The example of GitHub's own page on validating deliveries.
func TestSign(t *testing.T) {
	const want = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	if got := Sign("It's a Secret to Everybody", []byte("Hello, World!")); got != want {
		t.Errorf("Sign = %s, want %s", got, want)
	}
}

func TestWebhookNeedsSecrets(t *testing.T) {
	for name, secrets := range map[string][]Secret{
		"none": nil, "empty": {""}, "blank": {" \n"}, "one of them empty": {newSecret, ""},
	} {
		if _, err := NewWebhook(WebhookOptions{Secrets: secrets}); !errors.Is(err, ErrNoSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWebhookStore(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
		text   string
	}{
		"database down": {errors.New("disk I/O error at /var/lib/secret"), 503, ErrStore.Error()},
		"done already":  {fmt.Errorf("accept: %w", ErrDone), 202, "ignored: " + ErrDone.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			h, store := newTestWebhook(t, nil)
			store.err = test.err
			if w := serve(h, deliver(openedBody)); w.Code != test.status || w.Body.String() != test.text+"\n" {
				t.Errorf("answered %d %q", w.Code, w.Body)
			}
			store.err = nil
			if w := serve(h, deliver(openedBody)); w.Code != 202 || store.count() != 1 {
				t.Errorf("the next delivery: %d %s, %d stored", w.Code, w.Body, store.count())
			}
		})
	}
}

// The answer is 202 only after the store has the delivery, also if GitHub hangs up.
func TestWebhookStoresAfterHangUp(t *testing.T) {
	h, _ := newTestWebhook(t, func(o *WebhookOptions) {
		o.Accept = func(ctx context.Context, _ Delivery, _ Event) error { return ctx.Err() }
	})
	ctx, hangUp := context.WithCancel(context.Background())
	hangUp()
	// The place among the bodies is free, so the request gets as far as the store either
	// way; a select takes a ready case at random, hence the tries.
	for range 50 {
		w := serve(h, deliver(openedBody).WithContext(ctx))
		if w.Code == 503 {
			t.Fatalf("the store's context ended with the request: %s", w.Body)
		}
		if w.Code == 202 {
			return
		}
	}
	t.Error("no request got to the store")
}

func TestWebhookHoldsFewBodies(t *testing.T) {
	h, store := newTestWebhook(t, func(o *WebhookOptions) { o.maxBodies, o.bodyWait = 2, 10*time.Millisecond })
	var slow []*io.PipeWriter
	var wg sync.WaitGroup
	for range 2 {
		reader, writer := io.Pipe()
		slow = append(slow, writer)
		r := deliver(openedBody)
		r.Body, r.ContentLength = reader, int64(len(openedBody))
		wg.Go(func() {
			if w := serve(h, r); w.Code != 202 {
				t.Errorf("a slow delivery: %d %s", w.Code, w.Body)
			}
		})
	}
	for len(h.bodies) < 2 {
		time.Sleep(time.Millisecond)
	}
	if w := serve(h, deliver(openedBody)); w.Code != 503 || w.Body.String() != ErrBusy.Error()+"\n" {
		t.Errorf("a third delivery: %d %s", w.Code, w.Body)
	}
	for _, writer := range slow {
		_, _ = io.WriteString(writer, openedBody)
		_ = writer.Close()
	}
	wg.Wait()
	if w := serve(h, deliver(openedBody)); w.Code != 202 || store.count() != 3 {
		t.Errorf("the next delivery: %d %s; %d stored", w.Code, w.Body, store.count())
	}
}

func TestWebhookBodyBreaksOff(t *testing.T) {
	h, store := newTestWebhook(t, nil)
	r := deliver(openedBody)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(openedBody[:20]), brokenReader{}))
	if w := serve(h, r); w.Code != 400 || store.count() != 0 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if w := serve(h, deliver(openedBody)); w.Code != 202 {
		t.Errorf("the next delivery: %d %s", w.Code, w.Body)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestWebhookInstallation(t *testing.T) {
	var heard []Event
	h, store := newTestWebhook(t, func(o *WebhookOptions) {
		o.Installation = func(e Event) { heard = append(heard, e) }
	})
	body := `{"action":"new_permissions_accepted","installation":{"id":3},"sender":{"login":"ann","type":"User"}}`
	r := deliver(body)
	r.Header.Set("X-GitHub-Event", "installation")
	if w := serve(h, r); w.Code != 202 || store.count() != 0 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if len(heard) != 1 || heard[0].InstallationID != 3 || heard[0].Action != "new_permissions_accepted" {
		t.Errorf("heard %+v", heard)
	}
}

// What a sender makes up becomes no label of a metric, and no body is logged.
func TestWebhookMetricsAndLog(t *testing.T) {
	var log bytes.Buffer
	h, _ := newTestWebhook(t, func(o *WebhookOptions) { o.Logger = zerolog.New(&log) })
	serve(h, deliver(openedBody))
	for i := range 3 {
		body := fmt.Sprintf(`{"action":"made-up-%d"}`, i)
		r := deliver(body)
		r.Header.Set("X-GitHub-Event", "made_up_"+strings.Repeat("x", i))
		serve(h, r)
		serve(h, deliver(body))
	}
	if n := testutil.CollectAndCount(h.Metrics.deliveries); n != 3 {
		t.Errorf("%d series, want 3", n)
	}
	if n := testutil.ToFloat64(h.Metrics.deliveries.WithLabelValues("pull_request", "opened", "stored")); n != 1 {
		t.Errorf("%v stored", n)
	}
	for _, key := range []string{LogKeyEventType, LogKeyDeliveryID, LogKeyInstallationID, LogKeyRepositoryOwner, LogKeyRepositoryName, LogKeyPRNum} {
		if !strings.Contains(log.String(), `"`+key+`":`) {
			t.Errorf("no %s in the log", key)
		}
	}
	if strings.Contains(log.String(), "aaaaaaaa") {
		t.Errorf("a body is in the log: %s", log.String())
	}
}

func TestUnconfigured(t *testing.T) {
	w := serve(Unconfigured(Config{}.Missing()), deliver(openedBody))
	for _, want := range []string{"MULTISTAGE_APP_ID", "MULTISTAGE_PRIVATE_KEY", "MULTISTAGE_WEBHOOK_SECRETS"} {
		if w.Code != 503 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("answered %d %q without %s", w.Code, w.Body, want)
		}
	}
}

// FuzzRoute holds that a payload that is signed but odd gives an event that can be stored,
// or one of the two errors, and nothing else.
func FuzzRoute(f *testing.F) {
	for _, s := range subscriptions {
		f.Add(s.Event, strings.Replace(openedBody, "opened", s.Action, 1))
	}
	f.Add("issue_comment", `{"action":"created","installation":{"id":1},"repository":{"id":1,"name":"a","owner":{"login":"b"}},"issue":{"number":1,"pull_request":{}},"comment":{"id":1,"body":"/multistage"}}`)
	f.Add("check_run", `{"action":"rerequested","installation":{"id":1},"repository":{"id":1,"name":"a","owner":{"login":"b"}},"check_run":{"external_id":"v1:9:x"}}`)
	f.Add("ping", `null`)
	f.Fuzz(func(t *testing.T, event, body string) {
		e, err := Router{}.Route(Delivery{ID: "d", Event: event, Payload: []byte(body)})
		var ignored Ignored
		switch {
		case err == nil:
			if e.InstallationID <= 0 || e.Number < 0 || e.Why == "" {
				t.Errorf("event %+v", e)
			}
			if e.Why != WhyInstallation && (e.RepoID <= 0 || !nameForm.MatchString(e.Owner) || !nameForm.MatchString(e.Repo)) {
				t.Errorf("event %+v", e)
			}
			if e.Why != WhyInstallation && e.Number == 0 && !shaForm.MatchString(e.HeadSHA) {
				t.Errorf("event %+v can never be found", e)
			}
		case !errors.Is(err, ErrMalformed) && !errors.As(err, &ignored):
			t.Errorf("error %v", err)
		}
	})
}
