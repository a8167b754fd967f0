package python

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// managed reports that run time goes through a package manager (poetry run, uv run),
// which then has to be in production.
func (d *designer) managed() bool {
	if d.run.strip {
		return false
	}
	if len(d.run.managers) > 0 {
		return true
	}
	for _, name := range []string{"poetry", "pipenv", "uv", "pdm"} {
		if d.calls(name) {
			d.run.managers = append(d.run.managers, use{Name: name, Evidence: d.run.programs[name]})
			return true
		}
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Call != nil && t.Call.Verb == "run" && t.Kind == program {
				d.run.managers = append(d.run.managers, use{Name: t.Call.Tool, Evidence: d.in.Evidence(s.Item, t.Call.Tool+" runs a program")})
				return true
			}
		}
	}
	return false
}

// stripManager takes "poetry run" or "pipenv run" off the start command where that
// command is its only use, and the environment is one that production has on PATH.
func (d *designer) stripManager(possible bool) {
	if !possible || len(d.run.managers) != 1 || !d.run.managers[0].Own || d.in.Hints.AsWritten || d.run.cmd == nil {
		return
	}
	name := d.run.managers[0].Name
	if name != "poetry" && name != "pipenv" {
		return
	}
	edits, target := d.stripped(*d.run.cmd)
	if edits == nil || d.isScript(name, target) {
		return
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Call != nil && t.Call.Verb == "run" {
				return
			}
		}
	}
	d.run.strip, d.run.edits = true, edits
}

// stripped are the edits that take the manager off an exec form, or off a shell form
// that is nothing but this command.
func (d *designer) stripped(it plan.Item) (edits []plan.Edit, target string) {
	if !it.JSON {
		if it.Script == nil || !it.Script.Plain || len(it.Script.Commands) != 1 {
			return nil, ""
		}
		c := it.Script.Commands[0]
		if len(c.Args) < 3 || c.Args[1].Text != "run" || strings.HasPrefix(c.Args[2].Text, "-") {
			return nil, ""
		}
		return []plan.Edit{{Span: dockerfile.Span{Start: c.Args[0].Start, End: c.Args[2].Start}}}, c.Args[2].Text
	}
	if len(it.Argv) < 3 || it.Argv[1] != "run" || strings.HasPrefix(it.Argv[2], "-") {
		return nil, ""
	}
	text := d.in.File.Text(it.Args)
	from := strings.Index(text, `"`)
	to := from
	for range 2 { // behind the second element and its comma
		end := strings.Index(text[to+1:], `"`)
		if end < 0 {
			return nil, ""
		}
		next := strings.Index(text[to+1+end+1:], `"`)
		if next < 0 {
			return nil, ""
		}
		to += 1 + end + 1 + next
	}
	if from < 0 || strings.Contains(text[from:to], `\"`) {
		return nil, ""
	}
	return []plan.Edit{{Span: dockerfile.Span{Start: it.Args.Start + from, End: it.Args.Start + to}}}, it.Argv[2]
}

// isScript reports a name that the manager itself gives a meaning to.
func (d *designer) isScript(manager, name string) bool {
	file := "pyproject.toml"
	if manager == "pipenv" {
		file = "Pipfile"
	}
	for _, dir := range []string{d.in.End.Workdir, path.Dir(d.in.End.Workdir)} {
		text, ok := d.read(path.Join(dir, file))
		if !ok {
			continue
		}
		section := ""
		for _, line := range strings.Split(text, "\n") {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "[") {
				section = strings.Trim(line, "[] ")
			}
			key, _, has := strings.Cut(line, "=")
			if has && strings.Contains(section, "scripts") && strings.Trim(strings.TrimSpace(key), `"`) == name {
				return true
			}
		}
	}
	return false
}

// ownInterpreter reports that uv brings an interpreter of its own: the base has none,
// or not the version that the project asks for.
func (d *designer) ownInterpreter() bool {
	uses := false
	dir := ""
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Call == nil || t.Call.Tool != "uv" && t.Call.Tool != "venv" {
				continue
			}
			name := t.Unwrapped().Name()
			uses = uses || name == "uv"
			dir = t.Dir
			if t.Call.Verb == "python" {
				return true
			}
			for i, w := range t.Words() {
				if (w == "--python" || w == "-p") && name == "uv" && i+1 < len(t.Words()) && !d.hasVersion(t.Words()[i+1]) {
					return true
				}
			}
		}
	}
	if !uses {
		return false
	}
	if d.in.Base.Version == "" {
		return d.in.Base.Name == "ghcr.io/astral-sh/uv" || d.system()
	}
	if pin, ok := d.read(path.Join(dir, ".python-version")); ok && !d.hasVersion(strings.TrimSpace(pin)) {
		return true
	}
	text, _ := d.read(path.Join(dir, "pyproject.toml"))
	return requiresOther(text, d.in.Base.Version)
}

// hasVersion reports that the base's interpreter is of a version.
func (d *designer) hasVersion(want string) bool {
	want = strings.TrimPrefix(strings.TrimPrefix(want, "cpython-"), "python")
	if want == "" || want[0] < '0' || want[0] > '9' {
		return true
	}
	have := d.in.Base.Version
	if strings.Count(want, ".") >= 2 && strings.Count(have, ".") < 2 {
		return false // 3.12.4 is wanted, and the tag says 3.12
	}
	return have == want || strings.HasPrefix(have, want+".")
}

// interpreters is where uv keeps its own interpreters.
func (d *designer) interpreters() string {
	if dir := d.in.End.Vars["UV_PYTHON_INSTALL_DIR"]; dir != "" {
		return dir
	}
	return d.home(d.steps[d.first]) + "/.local/share/uv"
}
