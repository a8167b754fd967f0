package node

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// manifest is the part of a package.json that a design rests on. See
// https://docs.npmjs.com/cli/configuring-npm/package-json.
type manifest struct {
	Path string // from the context
	Text string // the file's text, for the lines of evidence

	Name                 string            `json:"name"`
	Type                 string            `json:"type"`
	Main                 string            `json:"main"`
	PackageManager       string            `json:"packageManager"`
	Scripts              map[string]string `json:"scripts"`
	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
	PeerDependencies     map[string]string `json:"peerDependencies"`
	Workspaces           json.RawMessage   `json:"workspaces"`
}

// parseManifest reads a package.json. A value of a wrong type is an error, as it
// is for npm; scripts and dependencies that are no strings are left out.
func parseManifest(path string, data []byte) (*manifest, error) {
	m := &manifest{}
	data = trimBOM(data)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m.Path, m.Text = path, string(data)
	return m, nil
}

func trimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

// line is the line of the first occurrence of a quoted key behind another one,
// for evidence; 0 where it is not found.
func (m *manifest) line(section, key string) int {
	start := 0
	if section != "" {
		start = strings.Index(m.Text, `"`+section+`"`)
	}
	if start < 0 {
		return 0
	}
	at := start
	if key != "" {
		if at = strings.Index(m.Text[start:], `"`+key+`"`); at < 0 {
			return 0
		}
		at += start
	}
	return 1 + strings.Count(m.Text[:at], "\n")
}

// dependency says in which section of the manifest a package stands.
type dependency uint8

const (
	undeclared dependency = iota
	production
	development
)

// section finds a package. What stands in both counts as production: npm
// installs it then.
func (m *manifest) section(name string) dependency {
	for _, deps := range []map[string]string{m.Dependencies, m.OptionalDependencies, m.PeerDependencies} {
		if _, ok := deps[name]; ok {
			return production
		}
	}
	if _, ok := m.DevDependencies[name]; ok {
		return development
	}
	return undeclared
}

// has reports a package in any section.
func (m *manifest) has(name string) bool { return m.section(name) != undeclared }

// version is the range that the manifest asks of a package.
func (m *manifest) version(name string) string {
	for _, deps := range []map[string]string{m.Dependencies, m.OptionalDependencies, m.DevDependencies, m.PeerDependencies} {
		if v, ok := deps[name]; ok {
			return v
		}
	}
	return ""
}

// installsNothing reports a manifest from which a production install makes no
// node_modules folder.
func (m *manifest) installsNothing() bool {
	return len(m.Dependencies)+len(m.OptionalDependencies)+len(m.PeerDependencies) == 0
}

// local reports dependencies that are folders or archives of the repository.
func (m *manifest) local() (name string, ok bool) {
	for _, deps := range []map[string]string{m.Dependencies, m.OptionalDependencies, m.DevDependencies} {
		for _, name := range sortedKeys(deps) {
			v := deps[name]
			if strings.HasPrefix(v, "file:") || strings.HasPrefix(v, "link:") || strings.HasPrefix(v, "workspace:") ||
				strings.HasPrefix(v, "./") || strings.HasPrefix(v, "../") {
				return name, true
			}
		}
	}
	return "", false
}

// hooks are the root scripts that npm runs by itself around an install. See
// https://docs.npmjs.com/cli/using-npm/scripts#npm-install.
var hooks = []string{"preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"}

// lifecycle are the names of the root scripts that an install runs.
func (m *manifest) lifecycle() []string {
	var names []string
	for _, h := range hooks {
		if strings.TrimSpace(m.Scripts[h]) != "" {
			names = append(names, h)
		}
	}
	return names
}

// workspaces reports that the manifest is the root of several packages.
func (m *manifest) workspaces() bool {
	text := strings.TrimSpace(string(m.Workspaces))
	return text != "" && text != "null" && text != "[]" && text != "{}"
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// leading is the first number in a version or range: 18 of "^18.2.0". 0 where
// there is none.
func leading(version string) int {
	n, found := 0, false
	for _, c := range version {
		switch {
		case c >= '0' && c <= '9':
			n, found = min(n*10+int(c-'0'), 1<<20), true
		case found:
			return n
		}
	}
	return n
}
