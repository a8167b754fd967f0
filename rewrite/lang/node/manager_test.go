package node

import (
	"strings"
	"testing"
)

func TestKindsOfOtherManagers(t *testing.T) {
	for text, want := range map[string]struct {
		verb string
		kind kind
	}{
		"yarn":                                 {"install", install},
		"yarn --frozen-lockfile":               {"install", install},
		"yarn install --production=true":       {"install", install},
		"yarn add express":                     {"install", install},
		"yarn global add serve":                {"install", global},
		"yarn build":                           {"run", build},
		"yarn run test":                        {"run", check},
		"yarn lint":                            {"run", check},
		"yarn cache clean":                     {"cache", cache},
		"yarn config set network-timeout 9000": {"config", npmConfig},
		"yarn set version berry":               {"set", npmConfig},
		"yarn workspaces focus --production":   {"install", install},
		"yarn workspace @a/b build":            {"run", build},
		"yarn --version":                       {"--version", nothing},
		"pnpm i --frozen-lockfile":             {"install", install},
		"pnpm add -g serve":                    {"install", global},
		"pnpm build":                           {"run", build},
		"pnpm -r build":                        {"run", build},
		"pnpm test":                            {"test", check},
		"pnpm prune --prod":                    {"prune", prune},
		"pnpm store prune":                     {"store", cache},
		"pnpm fetch":                           {"fetch", npmConfig},
		"pnpm deploy --filter a /out":          {"deploy", unknown},
		"bun install --production":             {"install", install},
		"bun i -p":                             {"install", install},
		"bun add -g serve":                     {"install", global},
		"bun run build":                        {"run", build},
		"bun build src/index.ts --outdir dist": {"build", build},
		"bun test":                             {"test", check},
	} {
		n, ok := parseCall(commandOf(t, text))
		if !ok {
			t.Errorf("%s: no command of a package manager", text)
			continue
		}
		if n.Verb != want.verb || n.kind() != want.kind {
			t.Errorf("%s: verb %q, kind %d; want %q, %d", text, n.Verb, n.kind(), want.verb, want.kind)
		}
	}
}

func TestWithoutDevOfOtherManagers(t *testing.T) {
	for _, test := range []struct {
		command string
		manager manager
		want    string
	}{
		{"yarn", manager{tool: "yarn", major: 1}, "yarn --production"},
		{"yarn install --frozen-lockfile", manager{tool: "yarn", major: 1}, "yarn install --frozen-lockfile --production"},
		{"yarn install --production=false", manager{tool: "yarn", major: 1}, "yarn install --production"},
		{"yarn install --immutable", manager{tool: "yarn", major: 4}, "yarn workspaces focus --production"},
		{"pnpm i --frozen-lockfile", manager{tool: "pnpm"}, "pnpm i --frozen-lockfile --prod"},
		{"pnpm install --prod", manager{tool: "pnpm"}, "pnpm install --prod"},
		{"bun install --frozen-lockfile", manager{tool: "bun"}, "bun install --frozen-lockfile --omit=dev"},
		{"bun install", manager{tool: "bun", old: true}, "bun install --production"},
		{"bun install -p", manager{tool: "bun"}, "bun install -p"},
	} {
		n, _ := parseCall(commandOf(t, test.command))
		if got := edited(test.command, n.withoutDev(test.manager)); got != test.want {
			t.Errorf("%s: %q, want %q", test.command, got, test.want)
		}
	}
}

// Every ending stands once, or nginx would warn.
func TestFileTypesAreSaidOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, types := range fileTypes {
		for _, f := range types {
			for _, ext := range strings.Fields(f.ext) {
				if seen[ext] {
					t.Errorf("%s stands twice", ext)
				}
				seen[ext] = true
			}
		}
	}
}
