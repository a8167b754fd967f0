package node

import (
	"path"
	"regexp"
	"strings"
)

var (
	// reMadeConfig finds a configuration that another function makes: what it says stands
	// elsewhere. defineConfig gives back what it is given, see https://vite.dev/config/.
	reMadeConfig = regexp.MustCompile(`\b(mergeConfig|loadConfigFromFile)\s*\(|(?m)^\s*(export\s+default|module\.exports\s*=)\s+(await\s+)?[\w.]*(\bwith\w*|[mM]ake\w*|[cC]reate\w*|[bB]uild\w*|[gG]et\w*|[bB]ase\w*|[dD]efault\w*)\s*\(`)

	// reParts finds parts of a configuration that stand elsewhere: a value of build that is
	// not written out, or members that are spread.
	reParts = regexp.MustCompile(`\bbuild\s*:\s*[A-Za-z_(]|\.\.\.\s*[A-Za-z_]`)

	// reOwnNode finds a start of node itself, which every image has.
	reOwnNode = regexp.MustCompile(`\w\(\s*process\.(execPath|argv\[0\]|argv0)\b`)
)

// readableConfig reports a configuration of which all stands in the file: no other file
// of the project has a part in it.
func readableConfig(text string) bool {
	return !reRelative.MatchString(text) && !reMadeConfig.MatchString(text)
}

// madeElsewhere reports a configuration of which the part that names the build's output
// may stand in another file.
func madeElsewhere(text string) bool {
	return reMadeConfig.MatchString(text) || reRelative.MatchString(text) && reParts.MatchString(text)
}

// readsSources reports that code of the project runs when the image starts: its own
// program, or a tool of the build that reads the configuration and the sources.
func (d *designer) readsSources() bool { return d.runsOwnCode() || d.run.preview != nil }

// maxConfigs is how many files the configuration of a tool may be made of.
const maxConfigs = 100

// scanConfigs reads the configurations at the project's top, and what they import of the
// project: a tool of the build that is started loads them. Other scans leave them out.
func (a *app) scanConfigs(s *scan) {
	var queue []string
	for _, c := range a.tree.Children(a.dir) {
		if sourceExt[path.Ext(c)] && strings.Contains(c, ".config.") {
			queue = append(queue, a.path(c))
		}
	}
	seen := map[string]bool{}
	for len(queue) > 0 && len(seen) < maxConfigs {
		name := queue[0]
		queue = queue[1:]
		data, ok := a.read(name)
		if seen[name] || !ok || len(data) > maxSourceSize {
			continue
		}
		seen[name] = true
		text := string(data)
		found := a.newScan()
		found.file(a.in.Project.Join(a.tree.Files[name].Source), text, nil)
		s.programs = append(s.programs, found.programs...)
		for _, program := range sortedKeys(found.started) {
			if _, known := s.started[program]; !known {
				s.started[program] = found.started[program]
			}
		}
		for _, m := range reRelative.FindAllStringSubmatch(text, -1) {
			if file, ok := a.imported(path.Join(path.Dir(name), m[1])); ok {
				queue = append(queue, file)
			}
		}
	}
}

// imported is the file that an import without an ending names.
func (a *app) imported(name string) (string, bool) {
	for _, ending := range []string{"", ".ts", ".js", ".mjs", ".mts", ".cjs", ".cts", "/index.ts", "/index.js"} {
		if a.tree.Has(name + ending) {
			return name + ending, true
		}
	}
	base := strings.TrimSuffix(name, path.Ext(name)) // "./a.js" may be a.ts
	return base + ".ts", a.tree.Has(base + ".ts")
}
