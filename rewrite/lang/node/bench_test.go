package node_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// service is a repository as they mostly are: a hundred and twenty sources of four
// kilobytes, tests and documents beside them, a lock file of a thousand packages.
func service() fstest.MapFS {
	fs := fstest.MapFS{}
	add := func(name, text string) { fs[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644} }
	add(".dockerignore", "node_modules\n.git\ndist\n")
	add("package.json", `{"name": "api", "scripts": {"build": "tsc", "start": "node dist/main.js", "test": "jest"},
"dependencies": {"express": "^4.19.2", "pg": "^8.11.0"}, "devDependencies": {"typescript": "^5.4.5", "jest": "^29.7.0"}}`)
	add("tsconfig.json", `{"compilerOptions": {"outDir": "dist"}}`)
	var lock strings.Builder
	lock.WriteString(`{"name": "api", "lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4.19.2", "pg": "^8.11.0"}, "devDependencies": {"typescript": "^5.4.5", "jest": "^29.7.0"}}`)
	for i := range 1000 {
		fmt.Fprintf(&lock, `, "node_modules/package-%d": {"version": "1.%d.0", "resolved": "https://example.com/package-%d.tgz", "integrity": "sha512-%064d", "dev": %v, "engines": {"node": ">=12"}}`, i, i, i, i, i%2 == 0)
	}
	add("package-lock.json", lock.String()+"}}")
	body := strings.Repeat("  const row = await this.pool.query('select id, name from items where id = $1', [id]); // one row\n", 40)
	for i := range 120 {
		add(fmt.Sprintf("src/module%d/service.ts", i), "import { Pool } from 'pg';\nexport class Service {\n"+body+"}\n")
		add(fmt.Sprintf("test/module%d.spec.ts", i), body)
	}
	add("src/main.ts", "import express from 'express';\nexpress().listen(3000);\n")
	return fs
}

// BenchmarkDesign designs a typical service.
func BenchmarkDesign(b *testing.B) {
	source := []byte("FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\nEXPOSE 3000\nCMD [\"node\", \"dist/main.js\"]\n")
	fs := service()
	if r := rewrite.Rewrite("Dockerfile", source, fs, rewrite.Options{}); r.Verdict != plan.Rewritten {
		b.Fatal(r.Code, r.Reason)
	}
	b.ReportAllocs()
	for b.Loop() {
		rewrite.Rewrite("Dockerfile", source, fs, rewrite.Options{})
	}
}
