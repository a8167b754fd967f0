package rootfs_test

import (
	"context"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
)

func FuzzLdConf(f *testing.F) {
	f.Add("include /etc/ld.so.conf.d/*.conf\n/usr/local/lib=libc6 # x\nhwcap 1 nosegneg\n/a:/b,/c\n")
	f.Fuzz(func(t *testing.T, text string) {
		folders, _ := rootfs.ParseLdConf(text)
		for _, dir := range folders {
			if !strings.HasPrefix(dir, "/") {
				t.Errorf("folder %q is not absolute", dir)
			}
		}
	})
}

func FuzzLdCache(f *testing.F) {
	f.Add([]byte(ldCache(map[string]string{"libz.so.1": "/lib/libz.so.1"})))
	f.Add([]byte("ld.so-1.7.0 and then " + ldCache(nil)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if paths, ok := rootfs.ParseLdCache(data); !ok && len(paths) > 0 {
			t.Error("a broken cache has paths")
		}
	})
}

func FuzzAccounts(f *testing.F) {
	f.Add("root:x:0:0:root:/root:/bin/sh\n+::::::\nx:y\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, users := range []bool{true, false} {
			for range rootfs.ParseAccounts(text, users) {
			}
		}
	})
}

func FuzzShebang(f *testing.F) {
	f.Add([]byte("#! /usr/bin/env -S FOO=1 node --x\n"))
	f.Add([]byte("#!/bin/sh\r\n"))
	f.Fuzz(func(t *testing.T, head []byte) {
		interpreter, argument, ok := rootfs.ParseShebang(head)
		if ok && (interpreter == "" || strings.ContainsAny(interpreter, " \t\n\x00")) {
			t.Errorf("interpreter is %q", interpreter)
		}
		if argv, ok := rootfs.EnvCommand(argument); ok && len(argv) == 0 {
			t.Error("env starts nothing")
		}
	})
}

// FuzzStart starts a script of any content in an image, by any user.
func FuzzStart(f *testing.F) {
	f.Add("#!/bin/sh\nset -e\nif [ -f x ]; then exec y; fi\nexec \"$@\"\n", "node server.js", "node", "/app")
	f.Add("#!/bin/sh\ncd /srv && ./run || exit 1\n", "npm start", "1000:app", "")
	f.Fuzz(func(t *testing.T, script, command, user, dir string) {
		i := nodeImage().exec("/e.sh", script).file("/app/package.json", script)
		tree := walk(t, i)
		config := rootfs.Config{Entrypoint: []string{"/e.sh"}, Cmd: strings.Fields(command), User: user, WorkingDir: dir, Healthcheck: []string{"CMD-SHELL", script}}
		first, _ := tree.Check(context.Background(), config)
		second, failure := walk(t, i).Check(context.Background(), config)
		if len(first) != len(second) {
			t.Error("two runs differ")
		}
		if failure != nil && (failure.Cause == "" || strings.ContainsAny(failure.Cause, "\n\x00\x1b")) {
			t.Errorf("cause is %q", failure.Cause)
		}
	})
}
