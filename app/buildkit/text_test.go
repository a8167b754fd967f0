package buildkit

import "testing"

func TestLastWords(t *testing.T) {
	for _, test := range []struct{ name, log, want string }{
		{"the last line", "compiling\nmain.go:3: undefined: x\n\n", "main.go:3: undefined: x"},
		{"the script before npm", "> desk@1.0.0 build\n> tsc\n\nsrc/a.ts(1,1): error TS2304: Cannot find name 'x'.\nnpm error Lifecycle script `build` failed with error:\nnpm error code 2\n",
			"src/a.ts(1,1): error TS2304: Cannot find name 'x'."},
		{"npm itself", "npm warn old lockfile\nnpm error code ERESOLVE\nnpm error errno 1\nnpm error could not resolve\nnpm error\nnpm error While resolving: a@1\nnpm error A complete log of this run can be found in: /root/x\n",
			"could not resolve"},
		{"npm knows no script", "npm error Missing script: \"compile\"\nnpm error\nnpm error To see a list of scripts, run:\nnpm error   npm run\n", `Missing script: "compile"`},
		{"old npm", "npm ERR! code ELIFECYCLE\nnpm ERR! missing script: build\n\nnpm ERR! A complete log\n", "missing script: build"},
		{"what cargo does", "listed 3 files\n   Compiling a v0.1.0 (/app)\n    Finished `release` profile [optimized] target(s) in 0.1s\n     Running `target/release/a`\n", "listed 3 files"},
		{"nothing at all", "\n\n", ""},
	} {
		if got := lastWords(test.log); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
