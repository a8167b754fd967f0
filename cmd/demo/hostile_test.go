package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// hostile is what somebody writes who wants to have the page for himself.
const hostile = `<script>document.title = "mine"</script>

</details></div></div></article></main>

<img src=x onerror="document.title = 'mine'"> <form action="/x"><button>Comment</button></form>

<style>body { display: none }</style>

[click](javascript:document.title='mine') ![pixel](http://evil.example/pixel.png)

<details>
<summary></details></summary>

<iframe src="http://evil.example/"></iframe>
`

// hostileWorld adds a pull request of such a person.
func hostileWorld(t *testing.T) (*world, *page) {
	t.Helper()
	w, p := openWorld(t)
	title := `"><script>document.title = "mine"</script>`
	s := story{
		Repository: "northpier/bait", Branch: "x", Author: "mallory", Title: title, Body: hostile,
		Main:    map[string]string{"README.md": "# bait\n"},
		Changed: map[string]string{"Dockerfile": "FROM alpine:3.22\n" + hostile, `<img src=x onerror=alert(1)>.txt`: hostile},
	}
	if err := w.act(t.Context(), func() error { return w.openStory(s) }); err != nil {
		t.Fatal(err)
	}
	if err := w.act(t.Context(), func() error {
		_, err := w.gh.Comment(s.Repository, 1, "mallory", hostile)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.gh.Push(s.Repository, "x", githubtest.Change{Author: "mallory", Message: title + "\n\n" + hostile, Files: map[string]string{"a": hostile}}); err != nil {
		t.Fatal(err)
	}
	if err := w.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w, p
}

// addresses are all pages on which the hostile text stands.
func addresses(t *testing.T, w *world, p *page) []string {
	pull := w.state(t, len(w.pulls)-1)
	return []string{p.url + "/", p.url + pullPath(pull), p.url + pullPath(pull) + "/files", p.url + "/" + pull.Repository + "/commit/" + pull.HeadSHA}
}

func TestHostileText(t *testing.T) {
	w, p := hostileWorld(t)
	for _, address := range addresses(t, w, p) {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		text := body(t, resp)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", address, resp.Status)
		}
		for _, bad := range []string{"<script", "<style", "<iframe", "<img src=x", `href="javascript:`, `src="http`, `action="/x"`} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %s", address, bad)
			}
		}
	}
}

func TestHostileTextInChromium(t *testing.T) {
	b := openBrowser(t)
	w, p := hostileWorld(t)
	b.show(screens[2])
	for i, address := range addresses(t, w, p) {
		b.open(address)
		b.fits(address)
		var title string
		if b.eval("document.title", &title); title == "mine" {
			t.Errorf("%s: a script ran", address)
		}
		if i != 1 {
			continue
		}
		// The page is whole: the form stands where it belongs, inside of nothing that folds.
		var form bool
		b.eval(`!!document.querySelector("main > .columns > .talk > form.answer textarea") && !document.querySelector("details form.answer")`, &form)
		if !form {
			t.Error("the text has broken out of its box")
		}
	}
	b.clean()
}
