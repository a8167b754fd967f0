package python

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// folder is a folder of the application that production takes as the build leaves it.
type folder struct {
	Path string
	Why  plan.Evidence
}

// findFolder finds the folder in which the build makes files: an editable install
// (H47), code that is compiled in place, or a front end.
func (d *designer) findFolder() *plan.Refusal {
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			dir, why := d.makes(s, t)
			if dir == "" {
				continue
			}
			if refusal := d.grow(s, dir, why); refusal != nil {
				return refusal
			}
		}
	}
	if d.in.Hints.WholeApp && d.in.End.Workdir != "/" {
		d.folder = nil
		return d.grow(d.steps[d.end], d.in.End.Workdir, d.in.Hints.Why.Text)
	}
	return nil
}

// makes is the folder in which a command makes files of the application.
func (d *designer) makes(s step, t task) (dir, why string) {
	switch {
	case t.Kind == build && frontEnds[t.Unwrapped().Name()]: // its output may lie beside its folder
		return d.appFolder(s, t), fmt.Sprintf("%s makes files of the front end", t.Unwrapped().Name())
	case t.Kind == fetch && d.clone(t) != "":
		return d.clone(t), "the sources are cloned into " + d.clone(t)
	case t.Kind == build:
		return t.Dir, fmt.Sprintf("%s makes files in %s", t.Unwrapped().Name(), t.Dir)
	case t.Call == nil || t.Kind != deps:
		return "", ""
	case len(t.Call.Editable) > 0:
		for _, e := range t.Call.Editable {
			if strings.Contains(e, "://") {
				return t.abs("src"), "a package is checked out into " + t.abs("src")
			}
			e, _, _ = strings.Cut(e, "[")
			dir = t.abs(e)
			if under(t.Dir, dir) || len(t.Call.Editable) > 1 {
				break
			}
		}
		return dir, "the project is installed in place"
	case (t.Call.Verb == "add" || t.Call.Verb == "lock") && d.managed():
		return t.Dir, fmt.Sprintf("%s writes the manifest", t.Call.Tool)
	case d.requiresInPlace(t):
		return t.Dir, "a requirement is installed in place"
	}
	return "", ""
}

// frontEnds are the package managers of Node.js.
var frontEnds = words("npm npx yarn pnpm corepack")

// appFolder is the widest folder of the application around the one that a command
// runs in.
func (d *designer) appFolder(s step, t task) string {
	for _, dir := range []string{d.in.End.Workdir, s.Scope.Workdir} {
		if dir != "/" && under(t.Dir, dir) {
			return dir
		}
	}
	return t.Dir
}

// grow makes the folder one that holds dir.
func (d *designer) grow(s step, dir, why string) *plan.Refusal {
	switch {
	case d.folder == nil:
		d.folder = &folder{Path: dir, Why: d.in.Evidence(s.Item, why)}
	case under(dir, d.folder.Path):
	case under(d.folder.Path, dir):
		d.folder.Path = dir
	default:
		for d.folder.Path != "/" && !under(dir, d.folder.Path) {
			d.folder.Path = path.Dir(d.folder.Path)
		}
	}
	switch d.folder.Path {
	case "/", "/root", "/usr", "/usr/local", "/home", "/opt", "/var", "/tmp", "/etc":
		return d.noFolder(s, d.folder.Path)
	}
	return nil
}

// clone is the folder that a git clone before the last install makes, where it lies
// in the application's folder; "" for any other.
func (d *designer) clone(t task) string {
	args := t.Unwrapped().Words()
	if len(args) < 3 || args[0] != "git" || args[1] != "clone" || d.in.End.Workdir == "/" {
		return ""
	}
	var operands []string
	for i, a := range args[2:] {
		if before := args[i+1]; !strings.HasPrefix(a, "-") && before != "-b" && before != "--branch" && before != "--depth" {
			operands = append(operands, a)
		}
	}
	dir := ""
	switch len(operands) {
	case 1:
		dir = strings.TrimSuffix(path.Base(operands[0]), ".git")
	case 2:
		dir = operands[1]
	}
	if dir == "" || strings.Contains(dir, "$") || !under(t.abs(dir), d.in.End.Workdir) {
		return ""
	}
	return t.abs(dir)
}

// compiledPlaces are the folders into which sources are installed that the file
// compiles: --prefix, or /usr/local.
func (d *designer) compiledPlaces() *plan.Refusal {
	for _, s := range d.steps[:d.end+1] {
		if !s.does(compile) {
			continue
		}
		prefix, installs := "/usr/local", false
		for _, t := range s.Tasks {
			for _, w := range t.Words() {
				installs = installs || t.Kind == compile && (strings.Contains(w, "install"))
				for _, option := range []string{"--prefix=", "-DCMAKE_INSTALL_PREFIX=", "PREFIX=", "DESTDIR="} {
					if value, ok := strings.CutPrefix(w, option); ok {
						prefix = path.Clean(value)
					}
				}
			}
			if t.Kind == compile && d.tree.HasDir(t.Dir) && t.Dir != "/" {
				return d.in.Refuse(plan.UnknownWriteSet, s.Item, fmt.Sprintf("%s does what the project's own files say", t.Unwrapped().Name()), "write the commands into the Dockerfile")
			}
		}
		if !installs || !strings.HasPrefix(prefix, "/usr/local") && !strings.HasPrefix(prefix, "/opt/") || strings.Contains(prefix, "$") {
			return d.in.Refuse(plan.UnknownWriteSet, s.Item, "where the compiled program is installed is not known", "install it below /usr/local or /opt")
		}
		d.compiled[prefix] = true
		d.take(prefix, s.Index)
	}
	return nil
}

// knownHome reports a user whose home can be told: root, or one that the file makes.
func (d *designer) knownHome(s step) bool {
	name, _, _ := strings.Cut(s.Scope.User, ":")
	if rootUser(name) || s.Scope.Vars["HOME"] != "" || s.Scope.Vars["PYTHONUSERBASE"] != "" {
		return true
	}
	for _, before := range d.steps[:s.Index] {
		for _, t := range before.Tasks {
			if t.Kind != user {
				continue
			}
			for _, w := range t.Words() {
				if w == name {
					return true
				}
			}
		}
	}
	return false
}
