package buildkit

import (
	"strings"
	"testing"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// page is a start that listens and answers with one page.
func page(port string, change ...func(*proof.Start)) proof.Start {
	s := proof.Start{State: proof.Listening, Seconds: 1, Ports: []string{port}, Stopped: "exit 0", Answers: []proof.Answer{
		{Port: port, Path: "/", Protocol: "http", Status: 200, Type: "text/html", Length: 40, Digest: "a", Body: "<h1>Welcome to the shop</h1>"},
		{Port: port, Path: "/assets/index-DiwrgTda.js", Protocol: "http", Status: 200, Type: "text/javascript", Length: 9, Digest: "b"},
		{Port: port, Path: "/style.css", Protocol: "http", Status: 200, Type: "text/css", Length: 9, Digest: "c"},
	}}
	for _, fn := range change {
		fn(&s)
	}
	return s
}

func answer(path string, fn func(*proof.Answer)) func(*proof.Start) {
	return func(s *proof.Start) {
		for i := range s.Answers {
			if s.Answers[i].Path == path {
				fn(&s.Answers[i])
			}
		}
	}
}

func ended(code int, err string) proof.Start {
	return proof.Start{State: proof.Exited, ExitCode: code, Error: err, Log: err}
}

func health(code int) func(*proof.Start) {
	return func(s *proof.Start) { s.Health = &proof.Health{ExitCode: code, Output: "curl: not found"} }
}

func TestCompareStarts(t *testing.T) {
	second := func(s proof.Start) *proof.Start { return &s }
	running := proof.Start{State: proof.Running}
	refused := proof.Start{State: proof.NotStartable, Error: `exec: "serve": executable file not found in $PATH`}
	for _, test := range []struct {
		name              string
		original, rewrite proof.Start
		again             *proof.Start
		cause             string // "" for none
		kind              proof.Kind
		subject           string
	}{
		{name: "the same", original: page("80/tcp"), rewrite: page("80/tcp")},
		{name: "both run", original: running, rewrite: running},
		{name: "both refused", original: refused, rewrite: refused},
		{name: "a bundle of another hash", original: page("80/tcp"), rewrite: page("80/tcp", answer("/assets/index-DiwrgTda.js", func(a *proof.Answer) {
			a.Path, a.Digest = "/assets/index-B3x_9aQz.js", "other"
		}))},
		{name: "another status", original: page("8080/tcp"), rewrite: page("8080/tcp", answer("/", func(a *proof.Answer) { a.Status, a.Type = 500, "text/plain" })),
			cause: "GET / on 8080/tcp answers 500 text/plain instead of 200 text/html", kind: proof.WrongAnswer, subject: "8080/tcp GET /"},
		{name: "a lost file", original: page("80/tcp"), rewrite: page("80/tcp", answer("/style.css", func(a *proof.Answer) { a.Status, a.Type = 404, "text/plain" })),
			cause: "GET /style.css on 80/tcp answers 404 text/plain instead of 200 text/css", kind: proof.WrongAnswer, subject: "80/tcp GET /style.css"},
		{name: "a bundle that is not there", original: page("80/tcp"), rewrite: page("80/tcp", answer("/assets/index-DiwrgTda.js", func(a *proof.Answer) { a.Status, a.Type = 404, "text/plain" })),
			cause: "GET /assets/index-DiwrgTda.js on 80/tcp answers 404 text/plain instead of 200 text/javascript", kind: proof.WrongAnswer, subject: "80/tcp GET /assets/index-DiwrgTda.js"},
		{name: "another content", original: page("80/tcp"), rewrite: page("80/tcp", answer("/", func(a *proof.Answer) { a.Digest, a.Body = "x", "<h1>Welcome to nginx</h1>" })),
			cause: `GET / on 80/tcp answers 200 text/html as the original does, with another content: "<h1>Welcome to nginx</h1>" instead of "<h1>Welcome to the shop</h1>"`, kind: proof.WrongAnswer, subject: "80/tcp GET /"},
		{name: "content that varies in the original", original: page("80/tcp"), rewrite: page("80/tcp", answer("/", func(a *proof.Answer) { a.Digest = "x" })),
			again: second(page("80/tcp", answer("/", func(a *proof.Answer) { a.Digest = "y" })))},
		{name: "content varies, status does not", original: page("80/tcp"), rewrite: page("80/tcp", answer("/", func(a *proof.Answer) { a.Digest, a.Status = "x", 500 })),
			again: second(page("80/tcp", answer("/", func(a *proof.Answer) { a.Digest = "y" }))),
			cause: "GET / on 80/tcp answers 500 text/html instead of 200 text/html", kind: proof.WrongAnswer, subject: "80/tcp GET /"},
		{name: "as the original's second start", original: ended(1, "Error: busy"), rewrite: page("80/tcp"), again: second(page("80/tcp"))},
		{name: "a flaky original does not excuse another end", original: ended(1, "Error: busy"), rewrite: ended(1, "Error: Cannot find module 'x'"), again: second(page("80/tcp")),
			cause: "it ends with exit 1: Error: Cannot find module 'x'; the original ends with the same code: Error: busy"},
		{name: "no port", original: page("3000/tcp"), rewrite: running,
			cause: "nothing listens on 3000/tcp, the original does", kind: proof.WrongPort, subject: "3000/tcp"},
		{name: "another port", original: page("3000/tcp"), rewrite: page("8080/tcp"),
			cause: "nothing listens on 3000/tcp, the original does", kind: proof.WrongPort, subject: "3000/tcp"},
		{name: "a port too many", original: page("3000/tcp"), rewrite: page("3000/tcp", func(s *proof.Start) { s.Ports = append(s.Ports, "9229/tcp") }),
			cause: "it listens on 9229/tcp as well, the original does not", kind: proof.WrongPort, subject: "9229/tcp"},
		{name: "the loopback address alone", original: page("3000/tcp"), rewrite: page("3000/tcp", func(s *proof.Start) { s.Loopback = []string{"3000/tcp"} }),
			cause: "3000/tcp listens on the loopback address alone, in the original on all", kind: proof.WrongPort, subject: "3000/tcp"},
		{name: "ports that the kernel chose", original: page("41000/tcp"), rewrite: page("42000/tcp"), again: second(page("43000/tcp"))},
		{name: "a high port of its own", original: page("50051/tcp"), rewrite: page("50052/tcp"), again: second(page("50051/tcp")),
			cause: "nothing listens on 50051/tcp, the original does", kind: proof.WrongPort, subject: "50051/tcp"},
		{name: "another protocol", original: page("443/tcp", func(s *proof.Start) { s.Answers = s.Answers[:1]; s.Answers[0].Protocol = "https" }), rewrite: page("443/tcp"),
			cause: "443/tcp speaks HTTP instead of HTTPS", kind: proof.WrongAnswer, subject: "443/tcp GET /"},
		{name: "HTTP no more", original: page("80/tcp"), rewrite: page("80/tcp", func(s *proof.Start) { s.Answers = []proof.Answer{{Port: "80/tcp", Protocol: "other"}} }),
			cause: "80/tcp speaks another protocol than HTTP instead of HTTP", kind: proof.WrongAnswer, subject: "80/tcp GET /"},
		{name: "a redirect elsewhere", original: page("80/tcp", answer("/", func(a *proof.Answer) { a.Status, a.Location = 302, "/login" })), rewrite: page("80/tcp", answer("/", func(a *proof.Answer) { a.Status, a.Location = 302, "/setup" })),
			cause: "GET / on 80/tcp redirects to /setup instead of /login", kind: proof.WrongAnswer, subject: "80/tcp GET /"},
		{name: "it dies", original: page("3000/tcp"), rewrite: ended(1, "Error: Cannot find module 'express'"),
			cause: "it ends with exit 1: Error: Cannot find module 'express'; the original listens on 3000/tcp"},
		{name: "it cannot be started", original: page("3000/tcp"), rewrite: refused,
			cause: `it cannot be started: exec: "serve": executable file not found in $PATH; the original listens on 3000/tcp`},
		{name: "both die of the same", original: ended(1, "[2024-01-02 03:04:05] Error: connect ECONNREFUSED 127.0.0.1:5432"), rewrite: ended(1, "[2024-01-02 03:04:09] Error: connect ECONNREFUSED 127.0.0.1:5432")},
		{name: "both die, of the same package elsewhere", original: ended(1, "/usr/local/lib/python3.12/site-packages/app/x.py:3: error: no database"), rewrite: ended(1, "/opt/venv/lib/python3.12/site-packages/app/x.py:4: error: no database")},
		{name: "both die, of something else", original: ended(1, "Error: DATABASE_URL is not set"), rewrite: ended(1, "Error: Cannot find module 'pg'"),
			cause: "it ends with exit 1: Error: Cannot find module 'pg'; the original ends with the same code: Error: DATABASE_URL is not set"},
		{name: "both die, with other codes", original: ended(1, "Error: x"), rewrite: ended(127, "sh: 1: node: not found"),
			cause: "it ends with exit 127: sh: 1: node: not found; the original ends with exit 1: Error: x"},
		{name: "both end well", original: ended(0, ""), rewrite: ended(0, "")},
		{name: "HEALTHCHECK passes in the original alone", original: page("80/tcp", health(0)), rewrite: page("80/tcp", health(1)),
			cause: "its HEALTHCHECK fails with exit 1, the original's passes: curl: not found"},
		{name: "HEALTHCHECK that is new fails", original: page("80/tcp"), rewrite: page("80/tcp", health(127)),
			cause: "its HEALTHCHECK fails with exit 127, the original has none: curl: not found"},
		{name: "HEALTHCHECK that is new passes", original: page("80/tcp"), rewrite: page("80/tcp", health(0))},
		{name: "HEALTHCHECK fails in both", original: page("80/tcp", health(1)), rewrite: page("80/tcp", health(1))},
		{name: "it stops worse: no failure", original: page("80/tcp"), rewrite: page("80/tcp", func(s *proof.Start) { s.Stopped = "killed" })},
	} {
		t.Run(test.name, func(t *testing.T) {
			checks, failure := compareStarts(test.original, test.rewrite, test.again)
			if (failure == nil) != (test.cause == "") || failure != nil && failure.Cause != test.cause {
				t.Fatalf("failure %+v\nwant %q", failure, test.cause)
			}
			if failure != nil && test.kind != "" && (failure.Kind != test.kind || failure.Subject != test.subject) {
				t.Errorf("kind %s of %q, want %s of %q", failure.Kind, failure.Subject, test.kind, test.subject)
			}
			passed := len(checks) > 0
			for _, c := range checks {
				passed = passed && (c.Passed || c.Name == "stops when told to")
			}
			if passed != (test.cause == "") {
				t.Errorf("checks %+v", checks)
			}
		})
	}
}

func TestWhatVariesIsSaid(t *testing.T) {
	again := page("80/tcp", answer("/", func(a *proof.Answer) { a.Digest = "y" }))
	checks, _ := compareStarts(page("80/tcp"), page("80/tcp", answer("/", func(a *proof.Answer) { a.Digest = "x" })), &again)
	for _, c := range checks {
		if c.Name == "answers on 80/tcp" && strings.Contains(c.Detail, "varies from run to run in the original as well") {
			return
		}
	}
	t.Errorf("no check says that the content varies: %+v", checks)
}

func TestAWorseStopIsSeen(t *testing.T) {
	checks, failure := compareStarts(page("80/tcp"), page("80/tcp", func(s *proof.Start) { s.Stopped = "killed" }), nil)
	last := checks[len(checks)-1]
	if failure != nil || last.Passed || last.Detail != "it must be killed, the original ends with exit 0" {
		t.Errorf("failure %v, last check %+v", failure, last)
	}
}

func TestFirstError(t *testing.T) {
	for _, test := range []struct{ name, log, want string }{
		{"Node", "starting\nnode:internal/modules/cjs/loader:1228\n  throw err;\n  ^\n\nError: Cannot find module 'express'\nRequire stack:\n- /app/server.js\n    at Module._resolveFilename (node:internal)\n\nNode.js v20.1.0\n", "Error: Cannot find module 'express'"},
		{"Node with a code", "TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension \".ts\" for /app/a.ts\n    at x\n", `TypeError [ERR_UNKNOWN_FILE_EXTENSION]: Unknown file extension ".ts" for /app/a.ts`},
		{"Python", "INFO: x\nTraceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import flask\nModuleNotFoundError: No module named 'flask'\n", "ModuleNotFoundError: No module named 'flask'"},
		{"Python, handling another", "Traceback (most recent call last):\n  File \"a\"\nKeyError: 'X'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b\"\ndjango.core.exceptions.ImproperlyConfigured: SECRET_KEY must not be empty\n", "django.core.exceptions.ImproperlyConfigured: SECRET_KEY must not be empty"},
		{"Go", "2024/01/02 starting\npanic: runtime error: index out of range\n\ngoroutine 1 [running]:\n", "panic: runtime error: index out of range"},
		{"Java", "Exception in thread \"main\" java.lang.RuntimeException: x\n\tat a.B.main(B.java:3)\nCaused by: java.io.FileNotFoundException: /etc/app.yml\n\tat c\n", "Caused by: java.io.FileNotFoundException: /etc/app.yml"},
		{"no jar", "Error: Unable to access jarfile app.jar\n", "Error: Unable to access jarfile app.jar"},
		{"Rust", "thread 'main' panicked at src/main.rs:4:10:\ncalled `Result::unwrap()` on an `Err` value: NotFound\nnote: run with `RUST_BACKTRACE=1`\n", "thread 'main' panicked at src/main.rs:4:10: called `Result::unwrap()` on an `Err` value: NotFound"},
		{"library", "/app: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory\n", "/app: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory"},
		{"Ruby", "<internal:/usr/lib/ruby>:136:in `require': cannot load such file -- sinatra (LoadError)\n\tfrom app.rb:1\n", "<internal:/usr/lib/ruby>:136:in `require': cannot load such file -- sinatra (LoadError)"},
		{"shell", "+ start\n/entrypoint.sh: line 3: gosu: command not found\n", "/entrypoint.sh: line 3: gosu: command not found"},
		{"nginx", "nginx: [warn] x\nnginx: [emerg] host not found in upstream \"api\"\n", "nginx: [emerg] host not found in upstream \"api\""},
		{"colours", "\x1b[31mError: no\x1b[0m\n", "Error: no"},
		{"nothing that is known", "hello\nbye\n\n", "bye"},
		{"nothing", "", ""},
	} {
		if got := firstError(test.log); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestNotStarted(t *testing.T) {
	for _, test := range []struct {
		name, text string
		code       int
		want       string
	}{
		{"no command", `runc run failed: unable to start container process: exec: "x": executable file not found in $PATH`, 1, `exec: "x": executable file not found in $PATH`},
		{"no interpreter", "exec /app: no such file or directory", 1, "exec /app: no such file or directory"},
		{"another architecture", "exec /app: exec format error", 1, "exec /app: exec format error"},
		{"no user", "unable to find user web: no matching entries in passwd file", 1, "unable to find user web: no matching entries in passwd file"},
		{"by the probe", "multistage probe: cannot start: exec: \"x\": executable file not found in $PATH", 127, `exec: "x": executable file not found in $PATH`},
		{"an application that says so of another", "starting\nready\nworker\nexec /app/tool: no such file or directory", 1, ""},
		{"an application that ends well", "exec /app: no such file or directory", 0, ""},
		{"another error", "Error: x", 1, ""},
	} {
		if got, ok := notStarted(test.code, test.text); got != test.want || ok != (test.want != "") {
			t.Errorf("%s: %q, %v; want %q", test.name, got, ok, test.want)
		}
	}
}
