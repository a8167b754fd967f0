package python

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// tools are what the project installs to test and check itself.
type devTools struct {
	installed map[string]bool // packages that the builder installs by name
	more      map[string]bool // packages that a further command brings
	command   string          // … which is this one, run in dir; "" for none
	dir       string
	list      string   // a list of requirements that brings them instead, a path in the image
	files     []string // the lists that it reads and that the builder lacks, itself included: paths in the image
}

// has reports a package that a stage for tests or checks has.
func (t *devTools) has(name string) bool { return t.installed[name] || t.more[name] }

// manifest is what pyproject.toml and Pipfile say of dependencies.
type manifest struct {
	Project struct {
		Dependencies []string            `toml:"dependencies"`
		Optional     map[string][]string `toml:"optional-dependencies"`
	} `toml:"project"`
	Groups map[string][]any `toml:"dependency-groups"`
	Tool   struct {
		Poetry struct {
			Dependencies map[string]any `toml:"dependencies"`
			Dev          map[string]any `toml:"dev-dependencies"`
			Group        map[string]struct {
				Optional     bool           `toml:"optional"`
				Dependencies map[string]any `toml:"dependencies"`
			} `toml:"group"`
		} `toml:"poetry"`
		PDM struct {
			Dev map[string][]string `toml:"dev-dependencies"`
		} `toml:"pdm"`
		UV struct {
			Dev []string `toml:"dev-dependencies"`
		} `toml:"uv"`
	} `toml:"tool"`
	Packages    map[string]any `toml:"packages"`
	DevPackages map[string]any `toml:"dev-packages"`
}

func (d *designer) manifestIn(dir, name string) manifest {
	var m manifest
	if text, ok := d.read(path.Join(dir, name)); ok && len(text) <= maxManifest {
		if _, err := toml.Decode(text, &m); err != nil {
			return manifest{}
		}
	}
	return m
}

// readTools finds which of the project's tools the builder has and which command
// brings the others.
func (d *designer) readTools() *devTools {
	t := &devTools{installed: map[string]bool{}, more: map[string]bool{}}
	for _, s := range d.steps[:d.end+1] {
		for _, task := range s.Tasks {
			if task.Kind != deps || task.Call == nil {
				continue
			}
			switch task.Call.Tool {
			case "pip", "uv":
				d.pipTools(t, task)
			case "poetry":
				d.poetryTools(t, task)
			case "pipenv":
				d.pipenvTools(t, task)
			}
		}
	}
	if t.command == "" {
		d.toolList(t)
	}
	return t
}

// reTestExtra are the usual names of extras for tests.
var reTestExtra = regexp.MustCompile(`^(dev|develop|development|test|tests|testing)$`)

// pipTools reads pip install and uv sync.
func (d *designer) pipTools(t *devTools, task task) {
	c := task.Call
	add(t.installed, c.Names...)
	for _, f := range c.Files {
		for name := range d.requirementNames(task.abs(strings.Trim(f, `"'`))) {
			t.installed[name] = true
		}
	}
	m := d.manifestIn(task.Dir, "pyproject.toml")
	if c.Tool == "uv" && (c.Verb == "sync" || c.Verb == "run") { // uv run brings the group dev itself
		add(t.installed, requirementNames(m.Project.Dependencies)...)
		add(t.installed, requirementNames(m.Tool.UV.Dev)...)
		add(t.installed, groupNames(m.Groups["dev"])...)
		return
	}
	for _, local := range append(append([]string{}, c.Local...), c.Editable...) {
		local = strings.Trim(local, `"'`)
		dir, extras, _ := strings.Cut(strings.TrimSuffix(local, "]"), "[")
		if task.abs(dir) != task.Dir {
			continue
		}
		add(t.installed, requirementNames(m.Project.Dependencies)...)
		for _, extra := range strings.Split(extras, ",") {
			add(t.installed, requirementNames(m.Project.Optional[strings.TrimSpace(extra)])...)
		}
		for _, extra := range sortedKeys(m.Project.Optional) {
			if names := requirementNames(m.Project.Optional[extra]); reTestExtra.MatchString(extra) && slices.Contains(names, "pytest") && extras == "" && t.command == "" && !t.installed["pytest"] {
				option := ""
				if len(c.Editable) > 0 {
					option = "-e "
				}
				t.command, t.dir = "pip install "+option+`".[`+extra+`]"`, task.Dir
				add(t.more, names...)
			}
		}
	}
}

// poetryTools reads poetry install, whose options choose among the groups. See
// https://python-poetry.org/docs/managing-dependencies/#dependency-groups.
func (d *designer) poetryTools(t *devTools, task task) {
	if task.Call.Verb != "install" && task.Call.Verb != "sync" {
		return
	}
	m := d.manifestIn(task.Dir, "pyproject.toml")
	only, without, rest := groupOptions(task.Words())
	chosen := func(group string) bool {
		return !slices.Contains(without, group) && (len(only) == 0 || slices.Contains(only, group))
	}
	missing := false
	take := func(group string, names []string) {
		if chosen(group) {
			add(t.installed, names...)
			return
		}
		missing = missing || len(names) > 0
		add(t.more, names...)
	}
	take("main", append(keysOf(m.Tool.Poetry.Dependencies), requirementNames(m.Project.Dependencies)...))
	take("dev", keysOf(m.Tool.Poetry.Dev))
	for _, name := range sortedKeys(m.Tool.Poetry.Group) {
		if group := m.Tool.Poetry.Group[name]; !group.Optional {
			take(name, keysOf(group.Dependencies))
		}
	}
	if missing && literalWords(task) {
		t.command, t.dir = strings.Join(rest, " "), task.Dir
	}
}

// groupOptions are the groups that poetry install names, and the command without them.
func groupOptions(words []string) (only, without, rest []string) {
	for i := 0; i < len(words); i++ {
		name, value, has := strings.Cut(words[i], "=")
		switch name {
		case "--no-dev":
			without = append(without, "dev")
			continue
		case "--only", "--without":
			if !has && i+1 < len(words) {
				i++
				value = words[i]
			}
			groups := strings.Split(strings.Trim(value, `"'`), ",")
			if name == "--only" {
				only = append(only, groups...)
			} else {
				without = append(without, groups...)
			}
			continue
		}
		rest = append(rest, words[i])
	}
	return only, without, rest
}

// pipenvTools reads pipenv install, which leaves [dev-packages] out without --dev.
func (d *designer) pipenvTools(t *devTools, task task) {
	verb := task.Call.Verb
	if verb != "install" && verb != "sync" {
		return
	}
	m := d.manifestIn(task.Dir, "Pipfile")
	add(t.installed, keysOf(m.Packages)...)
	words := task.Words()
	switch {
	case slices.Contains(words, "--dev") || slices.Contains(words, "-d"):
		add(t.installed, keysOf(m.DevPackages)...)
	case len(m.DevPackages) > 0 && literalWords(task):
		at := slices.Index(words, verb)
		t.command, t.dir = strings.Join(slices.Insert(slices.Clone(words), at+1, "--dev"), " "), task.Dir
		add(t.more, keysOf(m.DevPackages)...)
	}
}

// toolList finds a list of requirements for the tests that a COPY brings.
func (d *designer) toolList(t *devTools) {
	dir := path.Clean(d.in.End.Workdir)
	for _, name := range d.tree.Under(dir) {
		rel := strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
		if !reTestList.MatchString(rel) {
			continue
		}
		names := d.requirementNames(name)
		if len(names) == 0 {
			continue
		}
		t.list, t.more = rel, names
		seen := map[string]bool{}
		d.requirementFiles(name, seen, 0)
		for _, f := range sorted(seen) {
			if file, ok := d.tree.Files[f]; ok && file.First > d.end {
				t.files = append(t.files, f)
			}
		}
		return
	}
}

// requirementNames are the packages of a list of requirements and those that it reads.
func (d *designer) requirementNames(file string) map[string]bool {
	seen, names := map[string]bool{}, map[string]bool{}
	for _, line := range d.requirementFiles(file, seen, 0) {
		if name := packageName(line); name != "" {
			names[name] = true
		}
	}
	return names
}

// requirementFiles are the requirements of a list and of those that it reads, which are
// noted in seen.
func (d *designer) requirementFiles(file string, seen map[string]bool, depth int) []string {
	text, ok := d.read(file)
	if !ok || seen[file] || depth > 5 || len(text) > maxManifest {
		return nil
	}
	seen[file] = true
	var out []string
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		fields := strings.Fields(strings.Replace(line, "=", " ", 1))
		switch {
		case line == "" || line[0] == '#':
		case len(fields) > 1 && (fields[0] == "-r" || fields[0] == "--requirement" || fields[0] == "-c" || fields[0] == "--constraint"):
			more := d.requirementFiles(path.Join(path.Dir(file), fields[1]), seen, depth+1)
			if fields[0] == "-r" || fields[0] == "--requirement" {
				out = append(out, more...)
			}
		case line[0] == '-':
		default:
			out = append(out, line)
		}
	}
	return out
}

func add(set map[string]bool, names ...string) {
	for _, n := range names {
		set[normal(n)] = true
	}
}

func requirementNames(list []string) []string {
	var out []string
	for _, r := range list {
		out = append(out, packageName(r))
	}
	return out
}

// groupNames are the packages of a dependency group, whose other entries include
// further groups.
func groupNames(list []any) []string {
	var out []string
	for _, r := range list {
		if text, ok := r.(string); ok {
			out = append(out, packageName(text))
		}
	}
	return out
}

func keysOf(m map[string]any) []string { return sortedKeys(m) }

// literalWords reports a command that says the same wherever it is run.
func literalWords(t task) bool {
	for _, w := range t.Args {
		if !w.Literal {
			return false
		}
	}
	return len(t.Redirects) == 0
}
