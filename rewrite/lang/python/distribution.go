package python

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// distributionInstall refuses an install with the distribution's interpreter beside the
// one of Python's own image: what it installs refers to an interpreter that production
// has only where packages of the system bring it.
func (d *designer) distributionInstall() *plan.Refusal {
	if d.system() {
		return nil
	}
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			if t.Call != nil && (t.Kind == deps || t.Kind == tool) && d.byDistribution(t) {
				return d.in.Refuse(plan.UnknownWriteSet, s.Item, "packages are installed with the distribution's Python, which is another than the image's own", "call python3 without its folder, or start from the distribution's image")
			}
		}
	}
	return nil
}

// byDistribution reports a command of /usr/bin, one that names an interpreter there, or
// the distribution's virtualenv.
func (d *designer) byDistribution(t task) bool {
	if t.Call.Bin == "/usr/bin" || t.Call.Bin == "/bin" || strings.Contains(strings.Join(t.Words(), " "), "/usr/bin/python") {
		return true
	}
	return t.Unwrapped().Name() == "virtualenv" && (d.authors("virtualenv") || d.authors("python3-virtualenv")) && !d.pipBrings("virtualenv")
}

// pipBrings reports a tool that pip installs, whose program stands before the
// distribution's in PATH.
func (d *designer) pipBrings(name string) bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Call == nil {
				continue
			}
			for _, n := range t.Call.Names {
				if n == name {
					return true
				}
			}
		}
	}
	return false
}

// pythonParts are packages of the distribution that depend on its Python, in the order
// in which one of them stands for it where they are left out.
var pythonParts = []string{"python3-venv", "python3-virtualenv", "virtualenv", "python3-dev", "python3-all-dev"}

// interpreterFor is the package of the distribution's Python where the production of a
// distribution's image would lose it with a package that is left out: it came along with
// that one alone.
func (d *designer) interpreterFor(name string) []string {
	if !d.system() {
		return nil
	}
	for _, other := range []string{"python3", "python3-pip", "python3-setuptools", "python3-minimal", "python-is-python3"} {
		if d.authors(other) {
			return nil
		}
	}
	for _, part := range pythonParts {
		if d.authors(part) {
			if part == name {
				return []string{"python3"}
			}
			return nil
		}
	}
	return nil
}
