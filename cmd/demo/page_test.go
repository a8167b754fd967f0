package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// openWorld is the demo with the stories answered, and its page.
func openWorld(t *testing.T) (*world, *page) {
	t.Helper()
	w, err := startWorld(context.Background(), io.Discard, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.openStories(); err != nil {
		t.Fatal(err)
	}
	p, err := startPage(context.Background(), w, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	if err := w.settle(context.Background()); err != nil {
		t.Fatal(err)
	}
	return w, p
}

// screens are what people read the page on.
var screens = []screen{
	{1280, 800, "light"}, {1280, 800, "dark"}, {390, 844, "light"}, {390, 844, "dark"},
}

// fits fails where the page is wider than the window.
func (b *browser) fits(what string) {
	b.t.Helper()
	var widths []int
	b.eval("[document.documentElement.scrollWidth, document.documentElement.clientWidth]", &widths)
	if widths[0] > widths[1] {
		b.t.Errorf("%s is %d wide in a window of %d", what, widths[0], widths[1])
	}
}

// snap keeps pictures where DEMO_PICTURES names a folder, for people to look at.
func (b *browser) snap(name string) {
	if dir := os.Getenv("DEMO_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), b.picture(true), 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
}

func wants(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not on the page:\n%s", w, text)
		}
	}
}

// A person looks at everything, comments the command, and sees the commit arrive.
func TestPageInChromium(t *testing.T) {
	b := openBrowser(t)
	w, p := openWorld(t)
	goPull, npmPull := p.url+pullPath(w.state(t, 0)), p.url+pullPath(w.state(t, 1))
	for i, s := range screens {
		b.show(s)
		for name, address := range map[string]string{"list": p.url + "/", "go": goPull, "npm": npmPull, "alone": p.url + pullPath(w.state(t, 2)), "files": goPull + "/files"} {
			b.open(address)
			b.fits(name)
			b.snap(fmt.Sprintf("%s-%d-%s", name, s.width, s.scheme))
		}
		var color string
		b.eval("getComputedStyle(document.body).backgroundColor", &color)
		if dark := color == "rgb(13, 17, 23)"; dark != (s.scheme == "dark") {
			t.Errorf("screen %d: the background is %s", i, color)
		}
	}
	b.show(screens[0])
	b.open(goPull)
	text := b.text()
	wants(t, text, "Add a Dockerfile for the kiosk", "multistage[bot]", "reviewed at", "Commit suggestion", "AS builder", "Apply to branch", "Suggested-change commit")
	if strings.Contains(text, "multistage:v1") {
		t.Error("the App's marker is visible")
	}

	b.eval("document.querySelector('select[name=as]').value = 'guest'; document.querySelector('textarea').value = '/multistage apply'", nil)
	b.submit("Comment")
	wants(t, b.text(), "guest", "Nothing was done: this needs write permission")

	b.eval("document.querySelector('textarea').value = '/multistage apply'", nil)
	b.submit("Comment")
	wants(t, b.text(), "The branch moved:", "Verified", "Applied to", "👀", "hidden as outdated", "already multi-stage", "2 commits")
	b.fits("the applied pull request")
	b.snap("applied-1280-light")
	var link string
	b.eval("[...document.querySelectorAll('.arrival a.sha')].pop().href", &link)
	b.open(link)
	wants(t, b.text(), "multistage: split Dockerfile into stages", "FROM golang:1.26 AS builder", "Verified")
	b.snap("commit-1280-light")

	b.open(npmPull)
	b.submit("Commit suggestion")
	wants(t, b.text(), "Update Dockerfile", "already multi-stage")
	if head := w.state(t, 1); len(head.Commits) != 2 || head.Commits[1].Author != writer {
		t.Errorf("commits after the suggestion: %+v", head.Commits)
	}
	b.clean()
}

// The button of the check run does what the command does.
func TestButton(t *testing.T) {
	w, p := openWorld(t)
	before := w.state(t, 1)
	want, err := w.suggested(before)
	if err != nil {
		t.Fatal(err)
	}
	run := runsOf(before, before.HeadSHA)[0]
	resp := p.post(t, pullPath(before)+"/check", url.Values{"as": {"you"}, "run": {fmt.Sprint(run.ID)}, "action": {run.Actions[0].Identifier}})
	if after := w.state(t, 1); resp.StatusCode != http.StatusOK || after.HeadSHA != want {
		t.Errorf("%s, the head is %s and not %s", resp.Status, after.HeadSHA, want)
	}
}

func (w *world) state(t *testing.T, i int) githubtest.Pull {
	t.Helper()
	p, err := w.gh.Pull(w.pulls[i].Repository, w.pulls[i].Number)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *page) post(t *testing.T, path string, form url.Values, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) *http.Response {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Only this machine's browser, on this page, may do anything.
func TestStrangers(t *testing.T) {
	w, p := openWorld(t)
	if host, _, _ := net.SplitHostPort(p.host); host != "127.0.0.1" {
		t.Errorf("the page listens on %s", host)
	}
	comment := url.Values{"as": {"you"}, "body": {"/multistage apply"}}
	path := pullPath(w.state(t, 0)) + "/comment"
	for name, headers := range map[string][]string{
		"another site":            {"Sec-Fetch-Site", "cross-site"},
		"another port":            {"Sec-Fetch-Site", "same-site"},
		"another site, older way": {"Origin", "http://evil.example"},
	} {
		if resp := p.post(t, path, comment, headers...); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	req, err := http.NewRequest(http.MethodGet, p.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	if resp := do(t, req); resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another name of this machine: %s", resp.Status)
	}
	for _, form := range []url.Values{{"as": {"multistage[bot]"}, "body": {"hello"}}, {"as": {"you"}, "body": {" \r\n"}}} {
		if resp := p.post(t, path, form); resp.StatusCode < 400 || resp.StatusCode >= 500 {
			t.Errorf("%v: %s", form, resp.Status)
		}
	}
	if n := len(w.state(t, 0).IssueComments); n != 0 {
		t.Errorf("%d comments were made", n)
	}
	resp, err := http.Get(p.url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "script-src") || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy: %s", csp)
	}
}

// TestPicture makes the README's picture where DEMO_PICTURE names a file.
func TestPicture(t *testing.T) {
	file := os.Getenv("DEMO_PICTURE")
	if file == "" {
		t.Skip("DEMO_PICTURE names no file: make picture does")
	}
	b := openBrowser(t)
	w, p := openWorld(t)
	b.show(screen{1200, 1000, "light"})
	b.open(p.url + pullPath(w.state(t, 0)))
	var bottom float64 // of the table of what the image promises
	b.eval("document.querySelectorAll('.review table')[1].getBoundingClientRect().bottom", &bottom)
	b.show(screen{1200, int(bottom) + 24, "light"})
	if err := os.WriteFile(file, b.picture(false), 0o644); err != nil {
		t.Fatal(err)
	}
}
