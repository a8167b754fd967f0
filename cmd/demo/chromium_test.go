package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// chromiumNames are the names under which distributions install it.
var chromiumNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// browser is a headless Chromium with one page, spoken to over two pipes in the
// DevTools protocol: JSON messages with a NUL after each
// (https://chromedevtools.github.io/devtools-protocol/).
type browser struct {
	t        *testing.T
	to       *os.File
	messages chan message
	session  string
	id       int
	problems []string // what the console complained of
}

// message is an answer or an event.
type message struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// openBrowser starts Chromium. Without one the test is skipped, in CI it fails.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	name := ""
	for _, n := range chromiumNames {
		if path, err := exec.LookPath(n); err == nil && name == "" {
			name = path
		}
	}
	switch {
	case name == "" && os.Getenv("CI") == "true":
		t.Fatal("no Chromium is installed, and CI has to see the page: install the package chromium")
	case name == "":
		t.Skip("the page was not looked at: no Chromium is installed (package chromium)")
	}
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirsToo, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "demo-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
		"--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+dir,
		"--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, theirsToo} // 3 and 4 in the child
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	theirsToo.Close()
	b := &browser{t: t, to: to, messages: make(chan message, 1000)}
	go b.read(from)
	t.Cleanup(func() {
		to.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func (b *browser) read(from *os.File) {
	defer close(b.messages)
	r := bufio.NewReader(from)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) == nil {
			b.messages <- m
		}
	}
}

// call sends a command and waits for its answer.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.id++
	command := map[string]any{"id": b.id, "method": method}
	if params != nil {
		command["params"] = params
	}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	text, err := json.Marshal(command)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	m := b.wait(method, func(m message) bool { return m.ID == b.id })
	if m.Error != nil {
		b.t.Fatalf("%s: %s", method, m.Error.Message)
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
	}
}

// wait reads messages up to the one that is meant and notes what goes wrong meanwhile.
func (b *browser) wait(what string, is func(message) bool) message {
	b.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case m, ok := <-b.messages:
			if !ok {
				b.t.Fatalf("%s: Chromium ended", what)
			}
			switch m.Method {
			case "Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.loadingFailed":
				b.problems = append(b.problems, string(m.Params))
			}
			if is(m) {
				return m
			}
		case <-late:
			b.t.Fatalf("%s: no answer in a minute", what)
		}
	}
}

// open loads a page.
func (b *browser) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.loaded()
}

func (b *browser) loaded() {
	b.t.Helper()
	b.wait("loading", func(m message) bool { return m.Method == "Page.loadEventFired" })
}

// eval gives the value of an expression in the page.
func (b *browser) eval(expression string, result any) {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "userGesture": true}, &answer)
	if answer.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, answer.ExceptionDetails.Text)
	}
	if result != nil {
		if err := json.Unmarshal(answer.Result.Value, result); err != nil {
			b.t.Fatalf("%s: %v", expression, err)
		}
	}
}

// text is what a person reads on the page.
func (b *browser) text() string {
	b.t.Helper()
	var text string
	b.eval("document.body.innerText", &text)
	return text
}

// submit presses the button that has the words on it, and waits for the next page.
func (b *browser) submit(words string) {
	b.t.Helper()
	var found bool
	b.eval(fmt.Sprintf("(() => { const b = [...document.querySelectorAll('button')].find(b => b.innerText === %q); if (b) setTimeout(() => b.click()); return !!b })()", words), &found)
	if !found {
		b.t.Fatalf("no button %q on:\n%s", words, b.text())
	}
	b.loaded()
}

// screen is a size of the window and a colour scheme.
type screen struct {
	width, height int
	scheme        string // light or dark
}

func (b *browser) show(s screen) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": s.width, "height": s.height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": s.scheme}}}, nil)
}

// picture is the page as PNG, the window or all of it.
func (b *browser) picture(whole bool) []byte {
	b.t.Helper()
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": whole}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// clean fails the test where the console complained.
func (b *browser) clean() {
	b.t.Helper()
	if len(b.problems) > 0 {
		b.t.Errorf("Chromium complains:\n%s", strings.Join(b.problems, "\n"))
	}
	b.problems = nil
}
