package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// listenerOf is the listener of a test server.
func listenerOf(t *testing.T, address net.Addr) Listener {
	t.Helper()
	return Listener{Port: address.(*net.TCPAddr).Port, Network: "tcp", Loopback: true, address: "127.0.0.1"}
}

func site(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><link rel=stylesheet href="/style.css"><link rel="canonical" href="/never">
<script src="assets/app.js"></script><script src="https://example.com/x.js"></script><img src='/gone.png'>%d`, time.Now().UnixNano())
	case "/style.css":
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, "p{}")
	case "/assets/app.js":
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, "go()")
	case "/old":
		http.Redirect(w, r, "http://"+r.Host+"/new", http.StatusMovedPermanently)
	case "/binary":
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write([]byte{0, 1, 2})
	default:
		http.NotFound(w, r)
	}
}

func TestAskPort(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(site))
	defer server.Close()
	l := listenerOf(t, server.Listener.Addr())
	ask := func() []Answer { return askPort(context.Background(), l, []string{"/", "/old", "/binary"}) }
	got := ask()
	var lines []string
	for _, a := range got {
		lines = append(lines, fmt.Sprintf("%s %s %d %s %s %d", a.Protocol, a.Path, a.Status, a.Type, a.Location, a.Length))
	}
	want := []string{
		fmt.Sprintf("http / 200 text/html  %d", got[0].Length), "http /old 301 text/html http://#/new " + fmt.Sprint(got[1].Length),
		"http /binary 200 application/octet-stream  3", "http /style.css 200 text/css  3",
		"http /assets/app.js 200 text/javascript  4", "http /gone.png 404 text/plain  19",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if again := ask(); again[0].Digest != got[0].Digest || got[0].Digest == got[3].Digest {
		t.Errorf("digest %s, a moment later %s", got[0].Digest, again[0].Digest)
	}
}

func TestProtocols(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.HandlerFunc(site))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	greeting, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer greeting.Close()
	go func() {
		for {
			conn, err := greeting.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "220 mail ready\r\n")
			conn.Close()
		}
	}()
	for _, test := range []struct {
		name    string
		address net.Addr
		want    string
	}{{"TLS", secure.Listener.Addr(), "https"}, {"a greeting", greeting.Addr(), "other"}} {
		got := askPort(context.Background(), listenerOf(t, test.address), []string{"/"})
		if len(got) == 0 || got[0].Protocol != test.want {
			t.Errorf("%s: %+v, want %s", test.name, got, test.want)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		line := bytes.Repeat([]byte("words and words "), 1024)
		for r.Context().Err() == nil {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	got := askPort(context.Background(), listenerOf(t, server.Listener.Addr()), nil)
	if len(got) != 1 || got[0].Length != maxBody || len(got[0].Body) != keptBody {
		t.Errorf("read %d bytes, keeps %d", got[0].Length, len(got[0].Body))
	}
}

func TestAskReports(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(site))
	defer server.Close()
	port := listenerOf(t, server.Listener.Addr()).Port
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PROBE_TEST_EXIT", "7")
	var out bytes.Buffer
	Ask(context.Background(), Request{
		Settle: 50 * time.Millisecond, Health: []string{"CMD", self, "-test.run=^TestHelper$"},
		Proc: proc(t, map[string]string{"self/net/tcp": head + listening(port), "1/status": "SigBlk:\t0\nSigCgt:\t4000\n"}),
	}, &out)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var reports []Report
	for _, line := range lines {
		var r Report
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	first, last := reports[0], reports[len(reports)-1]
	if first.Done || !first.Waited || len(first.Listeners) != 1 || first.Listeners[0].Port != port {
		t.Errorf("first report %+v", first)
	}
	if !last.Done || len(last.Answers) != 4 || last.Signals != 0x4000 || last.Health == nil || last.Health.ExitCode != 7 || !strings.Contains(last.Health.Output, "not well") {
		t.Errorf("last report %+v, health %+v", last, last.Health)
	}
}

// TestHelper is the HEALTHCHECK's command of the tests.
func TestHelper(t *testing.T) {
	switch os.Getenv("PROBE_TEST_EXIT") {
	case "7":
		fmt.Println("not well")
		os.Exit(7)
	case "hang":
		time.Sleep(time.Minute)
	}
}

func TestRunOnce(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PROBE_TEST_EXIT", "hang")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ends"), []byte("#!/bin/sh\nexit 4\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		argv []string
		want int
	}{
		{"is in the folder where it is run", []string{"./ends"}, 4},
		{"does not end", []string{self, "-test.run=^TestHelper$"}, -1},
		{"is not there", []string{"no-such-command-here"}, 127},
		{"is no file", []string{"/no/such/file"}, 127},
		{"cannot be executed", []string{t.TempDir()}, 126},
	} {
		if got := runOnce(context.Background(), test.argv, dir, 500*time.Millisecond); got.ExitCode != test.want {
			t.Errorf("%s: %+v, want %d", test.name, got, test.want)
		}
	}
}

func TestHealthArgs(t *testing.T) {
	shell := []string{"/bin/bash", "-c"}
	for _, test := range []struct{ test, want []string }{
		{nil, nil}, {[]string{"NONE"}, nil}, {[]string{"CMD"}, nil},
		{[]string{"CMD", "curl", "-f"}, []string{"curl", "-f"}},
		{[]string{"CMD-SHELL", "curl || exit 1"}, []string{"/bin/bash", "-c", "curl || exit 1"}},
	} {
		if got := healthArgs(test.test, shell); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.test, got, test.want)
		}
	}
}

func TestMainNeverFailsWhereItAsks(t *testing.T) {
	for _, args := range [][]string{{"ask", "--request", "no JSON"}, {"ask", "--nonsense"}} {
		if code := Main(args, io.Discard, io.Discard); code != 0 {
			t.Errorf("%q: exit %d", args, code)
		}
	}
	var errors bytes.Buffer
	if code := Main([]string{"exec"}, io.Discard, &errors); code != 126 || !strings.HasPrefix(errors.String(), CannotStart) {
		t.Errorf("exec without a command: exit %d, %q", code, &errors)
	}
}
