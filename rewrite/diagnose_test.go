package rewrite_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// logs are invented; each shows one row of the table.
var logs = []struct {
	log     string
	kind    proof.Kind
	subject string
}{
	// The dynamic linker.
	{"/srv/tool: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory", proof.MissingLibrary, "libpq.so.5"},
	{"Error: libvips-cpp.so.42: cannot open shared object file: No such file or directory\n    at process.func [as dlopen]", proof.MissingLibrary, "libvips-cpp.so.42"},
	{"ImportError: libGL.so.1: cannot open shared object file: No such file or directory", proof.MissingLibrary, "libGL.so.1"},
	{"java.lang.UnsatisfiedLinkError: /tmp/native1.so: libgomp.so.1: cannot open shared object file: No such file or directory", proof.MissingLibrary, "libgomp.so.1"},
	{"Exception in thread \"main\" java.lang.UnsatisfiedLinkError: no sodium in java.library.path: /usr/java/packages/lib", proof.MissingLibrary, "libsodium.so"},
	{"Error loading shared library libstdc++.so.6: No such file or directory (needed by /app/shelf)", proof.MissingLibrary, "libstdc++.so.6"},
	{"Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /app/node_modules/a/b.node)", proof.WrongLibc, "ld-linux-x86-64.so.2"},
	{"Error: libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory", proof.WrongLibc, "libc.musl-x86_64.so.1"},
	{"Error relocating /app/shelf: __fprintf_chk: symbol not found", proof.WrongLibc, "/app/shelf"},
	{"/srv/tool: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /srv/tool)", proof.LibcVersion, "GLIBC_2.38"},
	{"/srv/tool: /usr/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /srv/tool)", proof.LibcVersion, "GLIBCXX_3.4.32"},
	{"runc run failed: unable to start container process: exec /srv/tool: no such file or directory", proof.WrongLibc, "/srv/tool"},
	{"/entry.sh: line 4: /srv/tool: cannot execute: required file not found", proof.WrongLibc, "/srv/tool"},
	{"sh: ./entry.sh: /bin/bash: bad interpreter: No such file or directory", proof.MissingCommand, "/bin/bash"},
	{"prisma:warn Prisma failed to detect the libssl/openssl version to use, and may not work as expected.", proof.MissingCommand, "openssl"},

	// Languages and package managers.
	{"Error: Cannot find module 'express'\nRequire stack:\n- /app/server.js\n    at node:internal/modules/cjs/loader:1145:15\n  code: 'MODULE_NOT_FOUND',\n}\n\nNode.js v20.1.0", proof.MissingModule, "express"},
	{"Error: Cannot find module '/app/dist/main.js'", proof.MissingFile, "/app/dist/main.js"},
	{"Error: Cannot find module './routes'\nRequire stack:\n- /app/server.js", proof.MissingFile, "./routes"},
	{"Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@tills/core' imported from /app/index.mjs", proof.MissingModule, "@tills/core"},
	{"Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/app/lib/a.js' imported from /app/index.mjs", proof.MissingFile, "/app/lib/a.js"},
	{"src/a.ts(1,20): error TS2307: Cannot find module 'zod' or its corresponding type declarations.", proof.MissingModule, "zod"},
	{"Module not found: Error: Can't resolve 'lodash' in '/app/src'", proof.MissingModule, "lodash"},
	{"Error: @prisma/client did not initialize yet. Please run \"prisma generate\"", proof.MissingModule, ".prisma/client"},
	{"PrismaClientInitializationError: Prisma Client could not locate the Query Engine for runtime \"debian-openssl-3.0.x\".", proof.MissingModule, ".prisma/client"},
	{"Traceback (most recent call last):\n  File \"/srv/app.py\", line 1, in <module>\nModuleNotFoundError: No module named 'flask'", proof.MissingModule, "flask"},
	{"/usr/local/bin/python: No module named gunicorn", proof.MissingModule, "gunicorn"},
	{"Caused by: java.lang.ClassNotFoundException: shop.till.Main", proof.MissingModule, "shop.till.Main"},
	{"Exception in thread \"main\" java.lang.NoClassDefFoundError: shop/till/Book", proof.MissingModule, "shop/till/Book"},
	{"Error: Could not find or load main class shop.till.Main", proof.MissingModule, "shop.till.Main"},
	{"2026/01/02 failed: Binary was compiled with 'CGO_ENABLED=0', go-sqlite3 requires cgo to work. This is a stub", proof.MissingModule, "C"},
	{"main.go:4:2: build constraints exclude all Go files in /go/pkg/mod/example.com/vips@v1.2.3", proof.MissingModule, "C"},
	{"ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\" because pnpm-lock.yaml is not up to date", proof.MissingFile, "pnpm-lock.yaml"},
	{"error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.", proof.MissingFile, "yarn.lock"},
	{"npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.", proof.MissingFile, "package-lock.json"},
	{"Error: Failed to lookup view \"index\" in views directory \"/app/views\"", proof.MissingFile, "/app/views"},
	{"jinja2.exceptions.TemplateNotFound: shelf.html", proof.MissingFile, "shelf.html"},
	{"django.template.exceptions.TemplateDoesNotExist: berths/list.html", proof.MissingFile, "berths/list.html"},
	{`Error: Custom { kind: NotFound, error: "static/page.html: No such file or directory (os error 2)" }`, proof.MissingFile, "static/page.html"},
	{"panic: html/template: pattern matches no files: `templates/*.html`", proof.MissingFile, "templates/*.html"},

	// Commands.
	{"/bin/sh: 1: envsubst: not found", proof.MissingCommand, "envsubst"},
	{"/bin/sh: git: not found", proof.MissingCommand, "git"},
	{"/entry.sh: line 3: pg_isready: command not found", proof.MissingCommand, "pg_isready"},
	{"exec: \"curl\": executable file not found in $PATH", proof.MissingCommand, "curl"},
	{"runc run failed: exec: \"/bin/sh\": stat /bin/sh: no such file or directory", proof.MissingCommand, "/bin/sh"},
	{"runc run failed: exec: \"/app/shelf\": stat /app/shelf: no such file or directory", proof.MissingFile, "/app/shelf"},
	{"sh: 1: ./shelf: not found", proof.MissingFile, "./shelf"},
	{"Error: spawn ffmpeg ENOENT\n    at ChildProcess._handle.onexit", proof.MissingCommand, "ffmpeg"},
	{"fork/exec /usr/bin/git: no such file or directory", proof.MissingCommand, "/usr/bin/git"},
	{"/usr/bin/env: ‘node’: No such file or directory", proof.MissingCommand, "node"},
	{"  File \"/usr/local/lib/python3.12/subprocess.py\", line 1026, in __init__\nFileNotFoundError: [Errno 2] No such file or directory: 'pandoc'", proof.MissingCommand, "pandoc"},
	{"> tills@1.0.0 prepare\n> husky install\n\nsh: 1: husky: not found\nnpm error code 127\nnpm error path /app", proof.Lifecycle, "husky"},
	{"> tills@1.0.0 postinstall\n> patch-package\n\nsh: patch-package: not found", proof.Lifecycle, "patch-package"},
	{". prepare$ husky\n. prepare: sh: 1: husky: not found", proof.Lifecycle, "husky"},
	{"> tills@1.0.0 build\n> tsc -p .\n\nsh: 1: tsc: not found", proof.MissingCommand, "tsc"},

	// Users, rights, ports.
	{"runc run failed: unable to find user tills: no matching entries in passwd file", proof.NoUser, "tills"},
	{"ERROR: unable to convert uid/gid chown string to host mapping: can't find uid for user tills: no such user", proof.NoUser, "tills"},
	{"chown: invalid user: 'tills:tills'", proof.NoUser, "tills:tills"},
	{"chown: unknown user/group tills:tills", proof.NoUser, "tills:tills"},
	{"nginx: [emerg] getpwnam(\"tills\") failed in /etc/nginx/nginx.conf:2", proof.NoUser, "tills"},
	{"Error: EACCES: permission denied, mkdir '/app/uploads'", proof.NoPermission, "/app/uploads"},
	{"PermissionError: [Errno 13] Permission denied: '/srv/log/a.log'", proof.NoPermission, "/srv/log/a.log"},
	{"2026/01/02 open data/shelf.db: permission denied", proof.NoPermission, "data/shelf.db"},
	{"mkdir: cannot create directory '/app/tmp': Permission denied", proof.NoPermission, "/app/tmp"},
	{"mkdir: can't create directory '/app/tmp': Permission denied", proof.NoPermission, "/app/tmp"},
	{"/entry.sh: 3: cannot create /app/out.txt: Permission denied", proof.NoPermission, "/app/out.txt"},
	{"exec: \"/entry.sh\": permission denied", proof.NoPermission, "/entry.sh"},
	{"java.io.FileNotFoundException: /srv/a.log (Permission denied)", proof.NoPermission, "/srv/a.log"},
	{"SqliteError: attempt to write a readonly database", proof.NoPermission, ""},
	{"Error: listen EACCES: permission denied 0.0.0.0:80", proof.NoPermission, "80/tcp"},
	{"listen tcp :443: bind: permission denied", proof.NoPermission, "443/tcp"},
	{"bind() to 0.0.0.0:80 failed (13: Permission denied)", proof.NoPermission, "80/tcp"},
	{"Error: listen EADDRINUSE: address already in use :::3000", proof.WrongPort, "3000/tcp"},
	{"listen tcp 0.0.0.0:8080: bind: address already in use", proof.WrongPort, "8080/tcp"},
	{"OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use", proof.WrongPort, "8000/tcp"},

	// Files.
	{"failed to solve: failed to compute cache key: failed to calculate checksum of ref ab12::cd34: \"/conf\": not found", proof.MissingFile, "/conf"},
	{"failed to solve: lstat /app/dist: no such file or directory", proof.MissingFile, "/app/dist"},
	{"Error: ENOENT: no such file or directory, open '/app/conf/default.json'", proof.MissingFile, "/app/conf/default.json"},
	{"FileNotFoundError: [Errno 2] No such file or directory: 'conf/app.toml'", proof.MissingFile, "conf/app.toml"},
	{"panic: open templates/index.html: no such file or directory", proof.MissingFile, "templates/index.html"},
	{"python: can't open file '/srv/app.py': [Errno 2] No such file or directory", proof.MissingFile, "/srv/app.py"},
	{"java.nio.file.NoSuchFileException: /srv/rates.csv", proof.MissingFile, "/srv/rates.csv"},
	{"Error: Unable to access jarfile /srv/till.jar", proof.MissingFile, "/srv/till.jar"},
	{"cp: cannot stat 'dist': No such file or directory", proof.MissingFile, "dist"},
	{"cat: /srv/version: No such file or directory", proof.MissingFile, "/srv/version"},

	// Nothing that a Dockerfile can be blamed for, or nothing known.
	{"", proof.Other, ""},
	{"listening on 8080\nready", proof.Other, ""},
	{"Error: connect ECONNREFUSED 127.0.0.1:5432", proof.Other, ""},
	{"tar: write error: No space left on device", proof.Other, ""},
	{"sh: 1: husky: not found\nwrite /var/lib/x: no space left on device", proof.Other, ""},
	{"npm error ENOSPC: no space left on device, write", proof.Other, ""},
	{"npm warn tarball ENOENT: no such file or directory, open '/x/y'", proof.Other, ""},
	{"process \"/bin/sh -c npm ci\" did not complete successfully: exit code: 127", proof.Other, ""},
	{"process \"/bin/sh -c run || echo sh: 1: husky: not found\" did not complete successfully: exit code: 1", proof.Other, ""},
	{"template shelf: not found, using the default", proof.Other, ""},

	// The last one counts; warnings do not.
	{"cat: /srv/version: No such file or directory\nError: Cannot find module 'express'", proof.MissingModule, "express"},
	{"Error: Cannot find module 'express'\nnpm warn EACCES: permission denied, open '/root/.npm'", proof.MissingModule, "express"},
	{"\x1b[31mError: Cannot find module 'express'\x1b[0m\r", proof.MissingModule, "express"},
	{"#12 3.141 sh: 1: husky: not found", proof.MissingCommand, "husky"},
}

func TestDiagnose(t *testing.T) {
	for _, c := range logs {
		kind, subject := rewrite.Diagnose(c.log)
		if kind != c.kind || subject != c.subject {
			t.Errorf("%q:\n got %s %q\nwant %s %q", c.log, kind, subject, c.kind, c.subject)
		}
	}
}

// Every kind that a log can show has an example.
func TestDiagnoseShowsEveryKind(t *testing.T) {
	seen := map[proof.Kind]bool{}
	for _, c := range logs {
		seen[c.kind] = true
	}
	for _, kind := range []proof.Kind{proof.MissingLibrary, proof.LibcVersion, proof.WrongLibc, proof.MissingModule, proof.MissingCommand,
		proof.MissingFile, proof.NoPermission, proof.NoUser, proof.WrongPort, proof.Lifecycle, proof.Other} {
		if !seen[kind] {
			t.Errorf("no log shows %s", kind)
		}
	}
}

// Only the end of a log is read, and a huge one takes no longer.
func TestDiagnoseReadsTheEnd(t *testing.T) {
	long := "Error: Cannot find module 'express'\n" + strings.Repeat("ready\n", 64<<10)
	if kind, _ := rewrite.Diagnose(long); kind != proof.Other {
		t.Errorf("got %s from beyond the end", kind)
	}
	began := time.Now()
	for _, piece := range []string{"sh: 1: ", "a:", "'", "ENOENT: no such file or directory, ", "exec: \"", "x.so", ": not found", " Permission denied"} {
		rewrite.Diagnose(strings.Repeat(piece, 8<<20/len(piece)))
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("eight logs of 8 MiB took %s", took)
	}
}

func FuzzDiagnose(f *testing.F) {
	for _, c := range logs {
		f.Add(c.log)
	}
	f.Fuzz(func(t *testing.T, log string) {
		kind, subject := rewrite.Diagnose(log)
		again, same := rewrite.Diagnose(log)
		if kind != again || subject != same {
			t.Fatalf("%s %q, then %s %q", kind, subject, again, same)
		}
		if kind == "" || len(subject) > 200 || kind == proof.Other && subject != "" {
			t.Fatalf("%q %q", kind, subject)
		}
		for _, r := range subject {
			if unicode.IsControl(r) && r != '\t' {
				t.Fatalf("%q has a control character", subject)
			}
		}
	})
}
