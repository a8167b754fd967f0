package node

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// commandOf is the first command of a shell text.
func commandOf(t *testing.T, text string) shell.Command {
	t.Helper()
	script, err := shell.Parse(text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return script.Commands[0]
}

// edited applies edits to a text.
func edited(text string, edits []plan.Edit) string {
	var b strings.Builder
	pos := 0
	for _, e := range edits {
		b.WriteString(text[pos:e.Span.Start])
		b.WriteString(e.Text)
		pos = e.Span.End
	}
	return b.String() + text[pos:]
}

func TestWithoutDev(t *testing.T) {
	for _, test := range []struct {
		command string
		major   int
		want    string
	}{
		{"npm ci", 10, "npm ci --omit=dev"},
		{"npm ci", 6, "npm ci --production"},
		{"npm i --legacy-peer-deps", 10, "npm i --legacy-peer-deps --omit=dev"},
		{"npm install --omit=dev", 10, "npm install --omit=dev"},
		{"npm install --production", 6, "npm install --production"},
		{"npm ci --include=dev --no-audit", 10, "npm ci --omit=dev --no-audit"},
		{"npm install --production=false", 8, "npm install --omit=dev"},
		{"npm ci --only=prod", 10, "npm ci --only=prod"},
		{"NODE_ENV=development npm install", 10, "NODE_ENV=development npm install --omit=dev"},
	} {
		n, ok := parseCall(commandOf(t, test.command))
		if !ok {
			t.Errorf("%s: not a command of npm", test.command)
			continue
		}
		if got := edited(test.command, n.withoutDev(manager{tool: "npm", major: test.major})); got != test.want {
			t.Errorf("%s with npm %d: %q, want %q", test.command, test.major, got, test.want)
		}
	}
}

func TestParseCall(t *testing.T) {
	for _, test := range []struct {
		command  string
		verb     string
		args     []string
		global   bool
		installs bool
		prefix   string
	}{
		{"npm i", "install", nil, false, true, ""},
		{"npm clean-install", "ci", nil, false, true, ""},
		{"npm install -g pm2@5", "install", []string{"pm2@5"}, true, false, ""},
		{"npm i --location=global serve", "install", []string{"serve"}, true, false, ""},
		{"npm --prefix client install", "install", nil, false, true, "client"},
		{"npm install express", "install", []string{"express"}, false, false, ""},
		{"npm run build -- --prod", "run", []string{"build"}, false, false, ""},
		{"npm --registry https://example.com ci", "ci", nil, false, true, ""},
		{"npm t", "test", nil, false, false, ""},
		{"npm", "", nil, false, false, ""},
	} {
		n, ok := parseCall(commandOf(t, test.command))
		if !ok {
			t.Errorf("%s: not a command of npm", test.command)
			continue
		}
		if n.Verb != test.verb || n.Global != test.global || n.installs() != test.installs || n.Prefix != test.prefix {
			t.Errorf("%s: verb %q, global %v, installs %v, prefix %q", test.command, n.Verb, n.Global, n.installs(), n.Prefix)
		}
		if diff := cmp.Diff(test.args, texts(n.Args)); diff != "" {
			t.Errorf("%s: %s", test.command, diff)
		}
	}
	if _, ok := parseCall(commandOf(t, "node install")); ok {
		t.Error("node is taken for npm")
	}
}

func TestNpmMajor(t *testing.T) {
	for version, want := range map[string]int{"12": 6, "14.21.3": 6, "16": 8, "18.17": 10, "20": 10, "24": 11, "": 11, "lts": 11} {
		if got := npmMajor(version); got != want {
			t.Errorf("Node.js %s has npm %d, want %d", version, got, want)
		}
	}
}

func TestPackageOf(t *testing.T) {
	for specifier, want := range map[string]string{
		"express": "express", "lodash/get": "lodash", "@nestjs/core": "@nestjs/core", "@scope/a/b": "@scope/a",
		"fs": "", "node:fs": "", "fs/promises": "", "./x": "", "../x": "", "/x": "", "@/x": "", "~/x": "", "#x": "", "": "", "@alone": "", "https://x": "",
	} {
		if got := packageOf(specifier); got != want {
			t.Errorf("%q comes from %q, want %q", specifier, got, want)
		}
	}
}

func TestGitHooks(t *testing.T) {
	for script, want := range map[string]bool{
		"husky": true, "husky install": true, "is-ci || husky install": true, "npx lefthook install": true,
		"husky && npm run build": false, "prisma generate": false, "cd .. && husky install": true, "node .husky/install.mjs": false,
	} {
		if got := gitHooks(script); got != want {
			t.Errorf("%q only sets up git hooks: %v, want %v", script, got, want)
		}
	}
}

func TestDevServer(t *testing.T) {
	for line, want := range map[string]bool{
		"vite": true, "vite --host": true, "vite build": false, "vite preview --port 80": false, "next dev": true, "next start": false,
		"react-scripts start": true, "react-scripts build": false, "ng serve": true, "ng build": false, "nest start --watch": true, "nest start": false,
		"webpack serve": true, "webpack --mode production": false, "tsx watch src/a.ts": true, "tsx src/a.ts": false, "astro": true, "parcel index.html": true,
	} {
		words := strings.Fields(line)
		if got := devServer(words[0], words[1:]); got != want {
			t.Errorf("%s is a development server: %v, want %v", line, got, want)
		}
	}
}

func TestCutRun(t *testing.T) {
	const source = "RUN apk add git && npm ci \\\n    && npm run build && npm cache clean --force\n"
	script, err := shell.Parse(source[4:len(source)-1], 4)
	if err != nil {
		t.Fatal(err)
	}
	var s step
	for _, c := range script.Commands {
		s.Tasks = append(s.Tasks, newTask(c, "/app"))
	}
	for _, test := range []struct {
		keep string
		want string
	}{
		{"1000", "RUN apk add git\n"},
		{"0100", "RUN npm ci\n"},
		{"0001", "RUN npm cache clean --force\n"},
		{"1100", "RUN apk add git && npm ci\n"},
		{"1010", "RUN apk add git \\\n    && npm run build\n"},
		{"0101", "RUN npm ci && npm cache clean --force\n"},
		{"1001", "RUN apk add git && npm cache clean --force\n"},
		{"0110", "RUN npm ci \\\n    && npm run build\n"},
	} {
		parts := make([]part, len(s.Tasks))
		for i := range parts {
			parts[i].keep = test.keep[i] == '1'
		}
		if got := edited(source, removals(s.Tasks, parts)); got != test.want {
			t.Errorf("%s: %q, want %q", test.keep, got, test.want)
		}
	}
}
