package node_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// saving designs a project of the given files and returns what is expected of it.
func saving(t *testing.T, dockerfile string, files map[string]string) plan.Saving {
	t.Helper()
	fs := fstest.MapFS{"Dockerfile": {Data: []byte(dockerfile)}}
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	r := rewrite.Rewrite("Dockerfile", []byte(dockerfile), fs, rewrite.Options{})
	if r.Plan == nil {
		t.Fatalf("no plan: %s %v", r.Code, r.Reason)
	}
	return r.Plan.Saving
}

const (
	nodeManifest = `{"name": "a", "scripts": {"build": "tsc"}, "dependencies": {"express": "^4.19.2"}, "devDependencies": {"typescript": "^5.5.4"}}`
	nodeSource   = "import express from 'express';\nexpress().listen(3000);\n"
	nodeConfig   = `{"compilerOptions": {"outDir": "dist"}}`
)

func steps(base, install string) string {
	return "FROM " + base + "\nWORKDIR /app\nCOPY . .\nRUN " + install + "\nRUN npm run build\nCMD [\"node\", \"dist/main.js\"]\n"
}

func TestSavingCountsTheLockFile(t *testing.T) {
	lock := `{"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4.19.2"}, "devDependencies": {"typescript": "^5.5.4"}},
"node_modules/express": {"version": "4.19.2"}, "node_modules/typescript": {"version": "5.5.4", "dev": true},
"node_modules/@esbuild/win32-x64": {"version": "0.21.5", "dev": true}, "node_modules/@esbuild/linux-arm64": {"version": "0.21.5", "dev": true}`
	for i := range 10 {
		lock += fmt.Sprintf(`, "node_modules/p%d": {"version": "1.0.0", "dev": %v}`, i, i < 6)
	}
	s := saving(t, steps("node:20-alpine", "npm ci"), map[string]string{"package.json": nodeManifest, "src/main.ts": nodeSource, "tsconfig.json": nodeConfig, "package-lock.json": lock + "}}"})
	if s.BeforeMin-s.AfterMin < 20_000_000 || s.BeforeMax <= s.BeforeMin || s.AfterMax <= s.AfterMin {
		t.Errorf("typescript is not counted, or there is no range: %+v", s)
	}
	last := s.Grounds[len(s.Grounds)-1]
	if last.Path != "package-lock.json" || !strings.HasPrefix(last.Text, "12 packages are installed") || !strings.HasSuffix(last.Text, "; 7 of them stay behind") {
		t.Errorf("grounds: %v", last)
	}
}

func TestSavingCountsAllDependenciesOfAFullImage(t *testing.T) {
	s := saving(t, "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD [\"npx\", \"ts-node\", \"src/main.ts\"]\n", map[string]string{
		"package.json":      `{"dependencies": {"express": "^4.19.2"}, "devDependencies": {"typescript": "^5.5.4", "ts-node": "^10.9.2"}}`,
		"package-lock.json": `{"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4.19.2"}, "devDependencies": {"typescript": "^5.5.4", "ts-node": "^10.9.2"}}, "node_modules/express": {}, "node_modules/typescript": {"dev": true}, "node_modules/ts-node": {"dev": true}}}`,
		"src/main.ts":       nodeSource,
	})
	if s.BeforeMin-s.AfterMin != 880_000_000 { // the images' difference, and nothing else
		t.Errorf("before and after have the same dependencies: %+v", s)
	}
}

func TestSavingOfOtherManagers(t *testing.T) {
	for name, c := range map[string]struct{ install, file, text, want string }{
		"pnpm": {"npm install -g pnpm && pnpm install --frozen-lockfile", "pnpm-lock.yaml",
			"lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      express:\n        version: 4.19.2\npackages:\n  express@4.19.2:\n    resolution: {}\n  accepts@1.3.8:\n    resolution: {}\n  typescript@5.5.4:\n    resolution: {}\nsnapshots:\n  express@4.19.2:\n    dependencies:\n      accepts: 1.3.8\n  accepts@1.3.8: {}\n  typescript@5.5.4: {}\n",
			"3 packages are installed, some 20 to 71 MB, typescript among them; 1 of them stay behind"},
		"yarn": {"yarn install", "yarn.lock", "# yarn lockfile v1\n\nexpress@^4.19.2:\n  version \"4.19.2\"\n  dependencies:\n    accepts \"~1.3.8\"\n\naccepts@~1.3.8:\n  version \"1.3.8\"\n\ntypescript@^5.5.4:\n  version \"5.5.4\"\n",
			"3 packages are installed, some 20 to 71 MB, typescript among them; 1 of them stay behind"},
		"none": {"npm install", "unused.txt", "", "2 dependencies are named, with what they bring some 20 to 87 MB, typescript among them; 1 of them stay behind"},
	} {
		s := saving(t, steps("node:20-alpine", c.install), map[string]string{"package.json": nodeManifest, "src/main.ts": nodeSource, "tsconfig.json": nodeConfig, c.file: c.text})
		if got := s.Grounds[len(s.Grounds)-1].Text; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
