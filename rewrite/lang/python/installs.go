package python

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// where says where an install puts what it installs.
type where uint8

const (
	nowhere   where = iota // it installs nothing: a lock, an export
	inSystem               // the interpreter's own site-packages
	inVenv                 // a virtual environment of the author's
	inProject              // a virtual environment in the project's folder, which the tool makes
	inHome                 // ~/.local
	inFolder               // --target, --prefix
	inCache                // a virtual environment that the tool keeps for itself
)

// site is the destination of an install.
type site struct {
	Where where
	Path  string
}

// findInstalls finds what is installed where, and which items the build side needs.
func (d *designer) findInstalls() *plan.Refusal {
	installs := false
	for i, s := range d.steps {
		if !s.does(deps, tool, build, compile) {
			continue
		}
		if d.first < 0 && s.does(deps, tool) {
			d.first = i
		}
		d.end = i
		installs = installs || s.does(deps, build, compile)
	}
	if !installs {
		text := "no dependencies are installed and nothing is built here"
		if d.in.Base.Tools {
			text += "; the slim image of the same version would do"
		}
		return &plan.Refusal{Code: plan.PlainInterpreted, Evidence: d.atFrom(text)}
	}
	if d.first < 0 {
		d.first = d.end
	}
	d.readNames()
	d.scan = d.scanSources()
	return nil
}

// site is where a command of a package manager installs.
func (d *designer) site(s step, t task) site {
	switch t.Call.Tool {
	case "pip", "setup", "easy_install":
		return d.pipSite(s, t)
	case "poetry":
		return d.poetrySite(s, t)
	case "pipenv":
		return d.pipenvSite(s, t)
	case "uv":
		return d.uvSite(s, t)
	case "pdm":
		if t.Call.Verb == "lock" || t.Call.Verb == "export" {
			return site{}
		}
		if t.Venv != "" {
			return site{inVenv, t.Venv}
		}
		return site{inProject, path.Join(t.Dir, ".venv")}
	case "venv":
		return site{inVenv, t.Call.Venv}
	case "pipx":
		return site{inHome, d.home(s) + "/.local"}
	}
	return site{}
}

func (d *designer) pipSite(s step, t task) site {
	switch {
	case t.Call.Verb == "download" || t.Call.Verb == "wheel" || t.Call.Tool == "setup" && t.Kind == build:
		return site{}
	case t.Call.Target != "":
		return site{inFolder, s.Scope.Abs(t.abs(t.Call.Target))}
	case t.Venv != "":
		return site{inVenv, t.Venv}
	case t.Call.User || !rootUser(s.Scope.User) && t.Name() != "sudo":
		if base := s.Scope.Vars["PYTHONUSERBASE"]; base != "" {
			return site{inHome, base}
		}
		return site{inHome, d.home(s) + "/.local"}
	}
	return site{Where: inSystem}
}

// abs is a path from the folder that the command runs in.
func (t task) abs(p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join(t.Dir, p)
}

func rootUser(name string) bool {
	name, _, _ = strings.Cut(name, ":")
	return name == "" || name == "root" || name == "0"
}

// home is the home of the user at a step; what does not say is /home/<name>.
func (d *designer) home(s step) string {
	name, _, _ := strings.Cut(s.Scope.User, ":")
	if h := s.Scope.Vars["HOME"]; h != "" {
		return h
	}
	if rootUser(name) {
		return "/root"
	}
	for _, before := range d.steps[:s.Index] {
		for _, t := range before.Tasks {
			if t.Kind != user {
				continue
			}
			words := t.Unwrapped().Words()
			for i, w := range words[:max(len(words)-1, 0)] {
				if w == "-d" || w == "--home" || w == "--home-dir" || w == "-h" {
					return words[i+1]
				}
			}
		}
	}
	return "/home/" + name
}

var (
	reCreateOff = regexp.MustCompile(`virtualenvs\.create\s+(false|0)`)
	reInProject = regexp.MustCompile(`virtualenvs\.in-project\s+(true|1)`)
)

// poetrySite heeds configuration by command, variable and poetry.toml, see
// https://python-poetry.org/docs/configuration/.
func (d *designer) poetrySite(s step, t task) site {
	switch t.Call.Verb {
	case "install", "sync", "add", "update":
	default:
		return site{}
	}
	create, project := true, false
	for _, before := range d.steps[:s.Index+1] {
		text := ""
		for _, b := range before.Tasks {
			if b.Call != nil && b.Call.Tool == "poetry" {
				text += strings.Join(b.Words(), " ") + "\n"
			}
		}
		create = create && !reCreateOff.MatchString(text)
		project = project || reInProject.MatchString(text)
	}
	vars := s.Scope.Vars
	if off(vars["POETRY_VIRTUALENVS_CREATE"]) || d.poetryToml(t.Dir, "create = false") {
		create = false
	}
	if on(vars["POETRY_VIRTUALENVS_IN_PROJECT"]) || d.poetryToml(t.Dir, "in-project = true") {
		project = true
	}
	switch {
	case t.Venv != "":
		return site{inVenv, t.Venv}
	case !create:
		return site{Where: inSystem}
	case project:
		return site{inProject, path.Join(t.Dir, ".venv")}
	case vars["POETRY_VIRTUALENVS_PATH"] != "":
		return site{inCache, vars["POETRY_VIRTUALENVS_PATH"]}
	case vars["POETRY_CACHE_DIR"] != "":
		return site{inCache, vars["POETRY_CACHE_DIR"] + "/virtualenvs"}
	}
	return site{inCache, d.home(s) + "/.cache/pypoetry/virtualenvs"}
}

func (d *designer) poetryToml(dir, setting string) bool {
	text, ok := d.read(path.Join(dir, "poetry.toml"))
	return ok && strings.Contains(strings.ReplaceAll(text, "=", " = "), setting) || ok && strings.Contains(text, setting)
}

func on(v string) bool  { v = strings.ToLower(v); return v == "1" || v == "true" || v == "yes" }
func off(v string) bool { v = strings.ToLower(v); return v == "0" || v == "false" || v == "no" }

// pipenvSite: https://pipenv.pypa.io/en/latest/configuration.html.
func (d *designer) pipenvSite(s step, t task) site {
	switch t.Call.Verb {
	case "install", "sync", "update":
	default:
		return site{}
	}
	vars := s.Scope.Vars
	inline := ""
	for _, a := range t.Unwrapped().Assigns {
		if a.Name == "PIPENV_VENV_IN_PROJECT" {
			inline = a.Value.Text
		}
	}
	switch {
	case t.Call.System || on(vars["PIPENV_SYSTEM"]):
		return site{Where: inSystem}
	case t.Venv != "":
		return site{inVenv, t.Venv}
	case on(vars["PIPENV_VENV_IN_PROJECT"]) || on(inline) || d.tree.HasDir(path.Join(t.Dir, ".venv")):
		return site{inProject, path.Join(t.Dir, ".venv")}
	case vars["WORKON_HOME"] != "":
		return site{inCache, vars["WORKON_HOME"]}
	}
	return site{inCache, d.home(s) + "/.local/share/virtualenvs"}
}

// uvSite: https://docs.astral.sh/uv/concepts/projects/config/.
func (d *designer) uvSite(s step, t task) site {
	vars := s.Scope.Vars
	switch t.Call.Verb {
	case "sync", "add":
		if own := vars["UV_PROJECT_ENVIRONMENT"]; own != "" {
			p := t.abs(own)
			if p == "/usr/local" {
				return site{Where: inSystem}
			}
			return site{inProject, p}
		}
		return site{inProject, path.Join(t.Dir, ".venv")}
	case "pip install", "pip sync":
		switch {
		case t.Call.Target != "":
			return site{inFolder, t.abs(t.Call.Target)}
		case t.Call.System || on(vars["UV_SYSTEM_PYTHON"]) || vars["UV_PYTHON"] != "":
			return site{Where: inSystem}
		case t.Venv != "":
			return site{inVenv, t.Venv}
		case d.makesVenv(path.Join(t.Dir, ".venv")):
			return site{inVenv, path.Join(t.Dir, ".venv")}
		}
		return site{Where: inSystem}
	case "tool":
		return site{inHome, d.home(s) + "/.local"}
	}
	return site{}
}

func (d *designer) makesVenv(p string) bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Call != nil && t.Call.Tool == "venv" && t.Call.Venv == p {
				return true
			}
		}
	}
	return false
}

// read is a file of the image that comes from the context.
func (d *designer) read(name string) (string, bool) {
	file, ok := d.tree.Files[path.Clean(name)]
	if !ok {
		return "", false
	}
	data, err := d.in.Project.Read(d.in.Project.Join(file.Source))
	return string(data), err == nil
}

// noFolder refuses what is installed in the root folder.
func (d *designer) noFolder(s step, p string) *plan.Refusal {
	return d.in.Refuse(plan.UnknownWriteSet, s.Item, fmt.Sprintf("it writes into %s, which cannot be copied as a whole", p), "set a WORKDIR")
}
