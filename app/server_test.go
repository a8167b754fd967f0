package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app"
)

const secret app.Secret = "a secret of the test"

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func post(t *testing.T, address, guid, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+address+"/webhook", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", "pull_request")
	r.Header.Set("X-GitHub-Delivery", guid)
	r.Header.Set("X-Hub-Signature-256", app.Sign(secret, []byte(body)))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// startProcess starts queue, webhook and server as multistage serve does, on free ports.
func startProcess(t *testing.T, database string, handle func(context.Context, app.Lane) error) (p *app.Process, health *app.Health, end func() error) {
	t.Helper()
	metrics := app.NewMetrics()
	q, err := app.OpenQueue(context.Background(), app.QueueOptions{Database: database, Metrics: metrics, Handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	hook, err := app.NewWebhook(app.WebhookOptions{Secrets: []app.Secret{secret}, Route: app.Router{}.Route, Accept: q.Accept, Metrics: metrics})
	if err != nil {
		t.Fatal(err)
	}
	health = &app.Health{Check: q.Writable}
	server, err := app.Listen(context.Background(), app.ServerOptions{Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0",
		Webhook: hook, Health: health, Metrics: metrics, Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	p = &app.Process{Server: server, Queue: q, Grace: patience, Logger: zerolog.Nop()}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return p, health, func() error {
		cancel()
		return receive(t, ended)
	}
}

const pullOpened = `{"action":"opened","installation":{"id":3},"repository":{"id":7,"name":"shop","owner":{"login":"octo"}},
	"sender":{"login":"ann","type":"User"},"pull_request":{"number":5,"head":{"sha":"0123456789abcdef0123456789abcdef01234567"}}}`

func TestProcess(t *testing.T) {
	database := sqliteFile(t)
	var running atomic.Bool
	finish := make(chan struct{})
	p, _, end := startProcess(t, database, func(context.Context, app.Lane) error {
		running.Store(true)
		<-finish
		running.Store(false)
		return nil
	})
	webhook, ops := "http://"+p.Server.Addr(), "http://"+p.Server.OpsAddr()
	for url, want := range map[string]struct {
		status int
		text   string
	}{
		webhook + "/":        {200, "Multistage"},
		webhook + "/webhook": {405, "POST"},
		webhook + "/healthz": {404, ""},
		webhook + "/metrics": {404, ""},
		webhook + "/x":       {404, ""},
		ops + "/":            {404, ""},
		ops + "/webhook":     {404, ""},
		ops + "/healthz":     {200, "ok"},
		ops + "/readyz":      {200, "ready"},
	} {
		if status, text := get(t, url); status != want.status || !strings.Contains(text, want.text) {
			t.Errorf("%s: %d %q", url, status, text)
		}
	}
	if status, text := post(t, p.Server.Addr(), "guid-1", pullOpened); status != 202 || text != "stored\n" {
		t.Fatalf("delivery: %d %q", status, text)
	}
	for !running.Load() {
		time.Sleep(time.Millisecond)
	}
	_, figures := get(t, ops+"/metrics")
	for _, line := range []string{
		`multistage_webhook_deliveries_total{action="opened",event="pull_request",outcome="stored"} 1`,
		`multistage_queue_depth{state="running"} 1`, `multistage_queue_depth{state="available"} 0`,
		`multistage_queue_deliveries{state="waiting"} 1`, "multistage_queue_oldest_seconds ", "multistage_build_info{", "multistage_panics_total 0",
	} {
		if !strings.Contains(figures, line) {
			t.Errorf("no %s in the figures", line)
		}
	}
	// The end waits for the run; the operator sees it coming; GitHub is not heard any more.
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	for {
		if status, text := get(t, ops+"/readyz"); status == 503 && strings.Contains(text, "draining") {
			break
		}
	}
	for {
		conn, err := net.Dial("tcp", p.Server.Addr())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	if status, _ := get(t, ops+"/healthz"); status != 200 {
		t.Errorf("/healthz while draining: %d", status)
	}
	close(finish)
	if err := receive(t, ended); err != nil || running.Load() {
		t.Errorf("ended with %v, running %v", err, running.Load())
	}
	if _, err := net.Dial("tcp", p.Server.OpsAddr()); err == nil {
		t.Error("the operator's listener is still open")
	}
	q := open(t, app.QueueOptions{Database: database, Handle: func(context.Context, app.Lane) error { return nil }})
	if s := stats(t, q); s.Waiting != 0 {
		t.Errorf("the run was not kept: %+v", s)
	}
}

func TestProcessWithoutCredentials(t *testing.T) {
	missing := app.Config{}.Missing()
	server, err := app.Listen(context.Background(), app.ServerOptions{Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0",
		Webhook: app.Unconfigured(missing), Health: &app.Health{Missing: missing}, Metrics: app.NewMetrics(), Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- (&app.Process{Server: server, Logger: zerolog.Nop()}).Run(ctx) }()
	if status, text := post(t, server.Addr(), "guid", pullOpened); status != 503 || !strings.Contains(text, "MULTISTAGE_WEBHOOK_SECRETS") {
		t.Errorf("webhook: %d %q", status, text)
	}
	if status, _ := get(t, "http://"+server.OpsAddr()+"/healthz"); status != 200 {
		t.Errorf("/healthz: %d", status)
	}
	if status, text := get(t, "http://"+server.OpsAddr()+"/readyz"); status != 503 || !strings.Contains(text, "MULTISTAGE_APP_ID") {
		t.Errorf("/readyz: %d %q", status, text)
	}
	cancel()
	if err := receive(t, ended); err != nil {
		t.Error(err)
	}
}

func TestHealth(t *testing.T) {
	var broken atomic.Bool
	checks := 0
	health := &app.Health{Check: func(context.Context) error {
		checks++
		if broken.Load() {
			return errors.New("disk full")
		}
		return nil
	}}
	for range 5 {
		if err := health.Ready(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if checks != 1 {
		t.Errorf("%d checks for five probes at once", checks)
	}
	broken.Store(true)
	second := &app.Health{Check: health.Check}
	if err := second.Ready(context.Background()); err == nil || err.Error() != "disk full" {
		t.Errorf("ready: %v", err)
	}
	health.Drain()
	if err := health.Ready(context.Background()); !errors.Is(err, app.ErrDraining) {
		t.Errorf("while draining: %v", err)
	}
}

func TestListenTwice(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	o := app.ServerOptions{Listen: "127.0.0.1:0", OpsListen: taken.Addr().String(), Webhook: app.Unconfigured(nil), Health: &app.Health{}, Metrics: app.NewMetrics()}
	if _, err := app.Listen(context.Background(), o); err == nil || !strings.Contains(err.Error(), "MULTISTAGE_OPS_LISTEN") {
		t.Errorf("a taken port: %v", err)
	}
}
