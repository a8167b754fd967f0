package probe

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEveryPatternTakesItsExampleOut(t *testing.T) {
	for _, p := range patterns {
		if got := p.remove([]byte(p.example)); bytes.Equal(got, []byte(p.example)) {
			t.Errorf("%s: %q stays as it is", p.name, p.example)
		}
	}
}

func TestNormalise(t *testing.T) {
	for _, test := range []struct{ name, a, b string }{
		{"gunicorn", "[2024-01-02 03:04:05 +0000] [7] [INFO] Booting worker with pid: 7", "[2025-11-12 13:14:15 +0000] [12] [INFO] Booting worker with pid: 12"},
		{"node", "(node:7) Warning: x", "(node:41) Warning: x"},
		{"Vite", `<script src="/assets/index-DiwrgTda.js">`, `<script src="/assets/index-B3x_9aQz.js">`},
		{"Next.js", `/_next/static/aB3dE6gH9kLmN/_buildManifest.js`, `/_next/static/zY8xW7vU6tSrQ/_buildManifest.js`},
		{"uptime", `{"status":"ok","uptime":12.3456}`, `{"status":"ok","uptime":3.98765}`},
		{"address", "listening on http://127.0.0.1:41231/", "listening on http://127.0.0.1:40001/"},
		{"date of HTTP", "Tue, 02 Jan 2024 03:04:05 GMT", "Wed, 13 Nov 2024 23:04:05 GMT"},
		{"date of JavaScript", "Tue Jan 02 2024 03:04:05 GMT+0000 (Coordinated Universal Time)", "Wed Nov 13 2024 13:04:05 GMT+0000 (Coordinated Universal Time)"},
		{"syslog", "Jan  2 03:04:05 app: ready", "Nov 12 13:14:15 app: ready"},
		{"durations", "ready in 350 ms, 1.2s in all", "ready in 1204 ms, 3.9s in all"},
		{"nonce", `<script nonce="abc">`, `<script nonce="x-y">`},
		{"pointer", "<App object at 0x7f0c2a>", "<App object at 0x55aa01>"},
		{"Spring", "2024-01-02T03:04:05.678Z  INFO 1 --- [main] a.B : Started B in 2.345 seconds (process running for 2.9)",
			"2025-04-03T13:14:15.001Z  INFO 1 --- [main] a.B : Started B in 3.871 seconds (process running for 2.9)"},
	} {
		if a, b := Normalise([]byte(test.a)), Normalise([]byte(test.b)); !bytes.Equal(a, b) {
			t.Errorf("%s: %q and %q", test.name, a, b)
		}
	}
}

func TestNormaliseKeepsWhatMatters(t *testing.T) {
	for _, text := range []string{
		"Error: Cannot find module 'express'", "Internal Server Error", `{"status":"ok","count":3}`, "v1.22.4",
		"libssl.so.3: cannot open shared object file", "/app/node_modules/express/index.js", "hello-world-application",
		"/static/style.css", "application.component.js", "error 404", "GLIBC_2.34 not found", "port 8080",
	} {
		if got := string(Normalise([]byte(text))); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	for _, p := range patterns {
		f.Add([]byte(p.example))
	}
	f.Add([]byte("Zdeadbee1 03:04:05Zdeadbee1 2024-01-02T0x12345"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 64<<10 {
			return
		}
		once := Normalise(bytes.Clone(text))
		if twice := Normalise(bytes.Clone(once)); !bytes.Equal(once, twice) {
			t.Errorf("%q becomes %q and then %q", text, once, twice)
		}
		if len(once) > len(text) {
			t.Errorf("%q becomes longer: %q", text, once)
		}
	})
}

func FuzzAssets(f *testing.F) {
	f.Add(`<link rel="stylesheet" href="/a.css"><script src=b.js></script><img src='data:x'>`)
	f.Fuzz(func(t *testing.T, page string) {
		paths := assets([]byte(page))
		if len(paths) > maxAssets {
			t.Errorf("%d assets", len(paths))
		}
		for _, p := range paths {
			if !strings.HasPrefix(p, "/") {
				t.Errorf("%q leaves the origin, from %q", p, page)
			}
		}
	})
}

func FuzzClip(f *testing.F) {
	f.Add([]byte("añb"), 2)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		if n < 0 || n > 1000 {
			return
		}
		if got := clip(text, n); !utf8.ValidString(got) || utf8.RuneCountInString(got) > n {
			t.Errorf("%q cut to %d is %q", text, n, got)
		}
	})
}

func BenchmarkNormalise(b *testing.B) {
	page := bytes.Repeat([]byte(`<div class="card"><a href="/items/12">Item 12</a> 2024-01-02T03:04:05Z</div>`+"\n"), 256<<10/80)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		Normalise(bytes.Clone(page))
	}
}
