package node

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

var reWebpackPath = regexp.MustCompile(`path:\s*(?:path\.)?(?:resolve|join)\(\s*(?:__dirname|process\.cwd\(\))\s*,\s*['"]([\w./-]+)['"]\s*\)`)

// nextConfig is what the configuration of Next.js says. See
// https://nextjs.org/docs/app/api-reference/config/next-config-js.
type nextConfig struct {
	file    string // from the project's folder; "" where there is none
	text    string
	output  string // "standalone", "export" or ""
	distDir string
	unsure  bool
}

func (a *app) nextConfig() nextConfig {
	c := nextConfig{distDir: ".next"}
	file, data := a.readFirst("next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs", "next.config.mts")
	c.file, c.text = file, string(data)
	output, other := literalIn(c.text, "output")
	c.output, c.unsure = output, other
	dir, other := literalIn(c.text, "distDir")
	if dir != "" {
		c.distDir = path.Clean(dir)
	}
	c.unsure = c.unsure || other
	return c
}

// next adds what next build writes.
func (b *built) next(a *app, l leaf, sub string) {
	switch sub {
	case "build":
		c := a.nextConfig()
		out := c.distDir
		if c.output == "export" {
			out = "out"
			if c.distDir != ".next" {
				out = c.distDir
			}
		}
		b.known(a, l, !c.unsure, out)
	case "lint", "telemetry", "info":
	default:
		b.unsure(l.Evidence)
	}
}

// svelteKit adds the folder of SvelteKit's adapter, which takes the place of
// Vite's.
func (b *built) svelteKit(a *app, l leaf) {
	if !a.manifest.has("@sveltejs/adapter-node") && !a.manifest.has("@sveltejs/adapter-static") {
		b.unsure(l.Evidence)
		return
	}
	_, data := a.readFirst("svelte.config.js", "svelte.config.ts")
	out, other := literalIn(string(data), "out")
	if other {
		b.unsure(l.Evidence)
	}
	if out == "" {
		out = "build"
	}
	b.add(a, l, out)
}

// nextFiles are the files beside the build that next start reads.
func (a *app) nextFiles() (names []string, why *plan.Evidence) {
	c := a.nextConfig()
	if c.file == "" {
		return nil, nil
	}
	names = append(names, c.file)
	for _, m := range reRelative.FindAllStringSubmatch(c.text, -1) {
		ev := plan.Evidence{Path: a.manifestPath(), Text: c.file + " reads " + m[1]}
		return names, &ev
	}
	if strings.Contains(c.text, "readFile") || strings.Contains(c.text, "process.cwd") {
		ev := plan.Evidence{Path: a.manifestPath(), Text: c.file + " reads files"}
		return names, &ev
	}
	return names, nil
}

var reRelative = regexp.MustCompile(`(?:from|require\(|import\(|import)\s*['"](\.[^'"]*)['"]`)

// configImports are the packages that a configuration file imports.
func configImports(text string) []string {
	var names []string
	for _, m := range reImport.FindAllStringSubmatch(text, -1) {
		if name := packageOf(m[1]); name != "" && !strings.HasPrefix(m[0], "import type") {
			names = append(names, name)
		}
	}
	return names
}

var reImport = regexp.MustCompile(`(?:import type [^'"]*?from|from|require\(|import\(|import)\s*['"]([^'"]+)['"]`)
