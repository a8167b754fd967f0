package python

import (
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

const (
	maxNames    = 5000
	maxManifest = 4 << 20
)

var (
	rePinned     = regexp.MustCompile(`==\s*(\d[0-9A-Za-z.]*)`)
	reTomlKey    = regexp.MustCompile(`^"?([A-Za-z0-9._-]+)"?\s*=`)
	reQuoted     = regexp.MustCompile(`["']([A-Za-z][A-Za-z0-9._-]*)\s*(\[[^\]"']*\])?\s*([<>=!~;@ ][^"']*)?["']`)
	reRequiresPy = regexp.MustCompile(`(?m)^\s*requires-python\s*=\s*"([^"]*)"`)
	reBound      = regexp.MustCompile(`(>=|<=|==|~=|<|>|!=)\s*(\d+)(?:\.(\d+))?`)
)

// readNames collects the packages that are installed, as far as commands, manifests
// and lock files tell.
func (d *designer) readNames() {
	seen := map[string]bool{}
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			if t.Call == nil {
				continue
			}
			for _, n := range t.Call.Names {
				d.name(n)
			}
			for _, f := range t.Call.Files {
				d.requirements(t.abs(strings.Trim(f, `"'`)), seen, 0)
			}
			for _, dir := range append([]string{t.Dir}, t.Call.Local...) {
				for _, name := range []string{"pyproject.toml", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "setup.py", "setup.cfg"} {
					if t.Call.Tool != "pip" || len(t.Call.Local)+len(t.Call.Editable) > 0 {
						d.manifest(path.Join(t.abs(dir), name), seen)
					}
				}
			}
		}
	}
}

func (d *designer) name(n string) {
	if n = normal(n); n != "" && len(d.names) < maxNames {
		d.names[n] = true
	}
}

// requirements reads a requirements file and those that it names.
func (d *designer) requirements(file string, seen map[string]bool, depth int) {
	if seen[file] || depth > 5 {
		return
	}
	seen[file] = true
	text, ok := d.read(file)
	if !ok || len(text) > maxManifest {
		return
	}
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if strings.HasPrefix(line, "-") {
			fields := strings.Fields(strings.NewReplacer("=", " ").Replace(line))
			switch {
			case len(fields) > 1 && (fields[0] == "-r" || fields[0] == "--requirement"):
				d.requirements(path.Join(path.Dir(file), fields[1]), seen, depth+1)
			case strings.HasPrefix(line, "-r") && len(fields) == 1:
				d.requirements(path.Join(path.Dir(file), line[2:]), seen, depth+1)
			}
			continue
		}
		if i := strings.Index(line, "#egg="); i >= 0 {
			line = line[i+len("#egg="):]
		}
		if name := packageName(line); !strings.Contains(name, "/") {
			d.name(name)
			if m := rePinned.FindStringSubmatch(line); m != nil {
				d.versions[name] = m[1]
			}
		}
	}
}

// requiresInPlace reports an editable requirement in a file that a command reads.
func (d *designer) requiresInPlace(t task) bool {
	if t.Call == nil || t.Call.Tool != "pip" {
		return false
	}
	for _, f := range t.Call.Files {
		text, _ := d.read(t.abs(strings.Trim(f, `"'`)))
		for _, line := range strings.Split(text, "\n") {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "-e") || strings.HasPrefix(line, "--editable") {
				return true
			}
		}
	}
	return false
}

// manifest reads the names in a project's own manifest or lock file. Names that are
// no package do no harm.
func (d *designer) manifest(file string, seen map[string]bool) {
	if seen[file] {
		return
	}
	seen[file] = true
	text, ok := d.read(file)
	if !ok || len(text) > maxManifest {
		return
	}
	switch path.Base(file) {
	case "poetry.lock", "uv.lock", "pdm.lock":
		d.locked(text)
	case "Pipfile.lock":
		d.pipfileLock(text)
	case "Pipfile":
		d.keys(text, "packages")
	case "pyproject.toml":
		d.keys(text, "dependencies")
		d.all(reQuoted, text)
	default:
		d.all(reQuoted, text)
		if path.Base(file) == "setup.cfg" {
			for _, line := range strings.Split(text, "\n") {
				d.name(packageName(strings.TrimSpace(line)))
			}
		}
	}
}

// locked reads the packages of a lock file in TOML, whose name and version are lines of
// their own. A lock file may have megabytes, of which most are hashes.
func (d *designer) locked(text string) {
	name := ""
	for line := range lines(text) {
		switch {
		case strings.HasPrefix(line, `name = "`):
			name = normal(strings.TrimSuffix(line[len(`name = "`):], `"`))
			d.name(name)
		case name != "" && strings.HasPrefix(line, `version = "`):
			d.versions[name] = strings.TrimSuffix(line[len(`version = "`):], `"`)
			name = ""
		}
	}
}

// pipfileLock reads the packages of a Pipfile.lock, which are keys of JSON objects, each
// on a line of its own.
func (d *designer) pipfileLock(text string) {
	for line := range lines(text) {
		line = strings.TrimLeft(line, " \t")
		if rest, ok := strings.CutPrefix(line, `"`); ok && strings.HasSuffix(rest, `": {`) {
			d.name(strings.TrimSuffix(rest, `": {`))
		}
	}
}

// lines are the lines of a text without their ends.
func lines(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			line, rest, _ := strings.Cut(text, "\n")
			if !yield(strings.TrimSuffix(line, "\r")) {
				return
			}
			text = rest
		}
	}
}

func (d *designer) all(re *regexp.Regexp, text string) {
	for _, m := range re.FindAllStringSubmatch(text, maxNames) {
		d.name(m[1])
	}
}

// keys are the keys of TOML tables whose name ends in a word.
func (d *designer) keys(text, table string) {
	section := ""
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
		}
		if m := reTomlKey.FindStringSubmatch(line); m != nil && strings.HasSuffix(section, table) {
			d.name(m[1])
		}
	}
}

// requiresOther reports that a version does not fit what a project requires.
func requiresOther(manifest, version string) bool {
	m := reRequiresPy.FindStringSubmatch(manifest)
	have := majorMinor(version)
	if m == nil || have == "" {
		return false
	}
	_, minor, _ := strings.Cut(have, ".")
	h, _ := strconv.Atoi(minor)
	for _, b := range reBound.FindAllStringSubmatch(m[1], 10) {
		if b[3] == "" || b[2] != "3" {
			continue
		}
		w, _ := strconv.Atoi(b[3])
		switch b[1] {
		case ">=":
			if h < w {
				return true
			}
		case ">":
			if h < w {
				return true
			}
		case "<":
			if h >= w {
				return true
			}
		case "<=":
			if h > w {
				return true
			}
		case "==":
			if h != w {
				return true
			}
		}
	}
	return false
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
