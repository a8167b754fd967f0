package rootfs

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// python finds the script or module of a python command.
// https://docs.python.org/3/using/cmdline.html
func (in *inspector) python(args []string, r run) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case strings.Contains(a, unknownWord) || a == "-" || strings.HasPrefix(a, "--"):
			return
		case !strings.HasPrefix(a, "-"):
			f, at := in.argument(a, r, nil)
			if f != nil {
				in.step(r.row, a)
				in.pythonFolder(f, at, r)
			}
			return
		}
		for j, letter := range a[1:] {
			rest := a[2+j:]
			switch {
			case letter == 'm' && rest != "":
				in.pythonModule(rest, r)
				return
			case letter == 'm' && i+1 < len(args):
				in.pythonModule(args[i+1], r)
				return
			case letter == 'W' || letter == 'X':
				if rest == "" {
					i++
				}
			case !strings.ContainsRune("bBdEiIOPqRsSuvx", letter):
				return // -c, or what is not known
			default:
				continue
			}
			break
		}
	}
}

// pythonFolder is a folder that is started: it must have a __main__.py.
func (in *inspector) pythonFolder(f *file, at string, r run) {
	if !f.dir() || f.unread || f.kid("__main__.py") != nil || f.kid("__main__.pyc") != nil {
		return
	}
	in.problem(r.row, r.certain, failure(proof.MissingFile, path.Join(at, "__main__.py"), "%s opens %s, a folder without a __main__.py", r.argv[0], at))
}

// pythonModule is a module that is started by -m. Where Python looks for it depends on
// much, so it counts as missing only where nothing in the image bears its name.
func (in *inspector) pythonModule(name string, r run) {
	if strings.Contains(name, unknownWord) {
		return
	}
	in.step(r.row, "-m "+name)
	top, _, _ := strings.Cut(name, ".")
	if top == "" || len(in.tree.skipped) > 0 || in.tree.hasPythonModule(top) {
		return
	}
	in.problem(r.row, r.certain, failure(proof.MissingModule, top, "%s starts the module %s, and nothing in the image is called %s", r.argv[0], name, top))
}

// hasPythonModule reports anything that a module of this name may be.
func (t *Tree) hasPythonModule(name string) bool {
	if len(t.named(name)) > 0 || len(t.named(name+".py")) > 0 || len(t.named(name+".pyc")) > 0 {
		return true
	}
	found := false
	t.root.each(func(f *file) bool {
		switch {
		case strings.HasPrefix(f.name, name+".") && (strings.HasSuffix(f.name, ".so") || strings.HasSuffix(f.name, ".pyc")),
			strings.HasPrefix(f.name, "python") && strings.HasSuffix(f.name, ".zip"), strings.HasSuffix(f.name, ".egg") && !f.dir():
			found = true
		}
		return !found
	})
	return found
}
