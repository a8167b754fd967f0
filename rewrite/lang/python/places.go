package python

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// freshVenv is the folder of the virtual environment that a design makes.
const freshVenv = "/opt/venv"

// place is a file or folder that production takes from the builder, at the same path.
type place struct {
	Path  string
	At    int    // index of the item whose result it is
	Chown string // the author's user at that item, "" for root
}

// choosePlaces decides what production takes from the builder, so that every
// package is where it was: a virtual environment of the author's as it is, the
// interpreter's own packages as a new virtual environment where only PATH leads to
// them, else by the folders that they lie in.
func (d *designer) choosePlaces() *plan.Refusal {
	if refusal := d.distributionInstall(); refusal != nil {
		return refusal
	}
	sites, refusal := d.sites()
	if refusal != nil {
		return refusal
	}
	cached := sites.first(inCache)
	strip := cached >= 0 || sites.first(inSystem) >= 0
	d.stripManager(strip)
	systemAt := sites.first(inSystem)
	if systemAt < 0 && cached >= 0 && d.run.strip {
		systemAt = cached // the tool fills the environment that it finds active
	}
	if systemAt >= 0 {
		d.freshNo = d.freshWhy(sites)
		d.fresh = d.freshNo.Text == ""
	}
	switch {
	case d.fresh:
		d.apart = d.filledFromOutside(sites)
		d.take(freshVenv, systemAt)
	case systemAt >= 0 || d.keepsTool(sites):
		at := systemAt
		if at < 0 || d.managed() { // its own settings follow its install
			at = d.first
		}
		for _, p := range d.systemPaths() {
			d.take(p, at)
		}
	}
	for _, s := range sites {
		if s.Path != "" && !(s.Where == inCache && d.fresh) && (!s.tool || d.managed()) {
			d.take(s.Path, s.at)
		}
	}
	if refusal := d.compiledPlaces(); refusal != nil {
		return refusal
	}
	if refusal := d.pinnedPlaces(); refusal != nil {
		return refusal
	}
	if d.ownInterpreter() {
		d.take(d.interpreters(), d.first)
	}
	if len(d.places) == 0 && d.folder == nil {
		return d.in.Refuse(plan.PlainInterpreted, d.steps[d.end].Item, "run time needs nothing of what is installed here", "")
	}
	d.leavesTools(sites)
	return nil
}

// found is a site with the item that installs there.
type found struct {
	site
	at   int
	tool bool // nothing but tools are installed
	call *call
	bare bool // the command names its program without a path
}

type foundList []found

func (l foundList) first(w where) int {
	for _, f := range l {
		if f.Where == w && !f.tool {
			return f.at
		}
	}
	return -1
}

func (l foundList) has(w where, tool bool) bool {
	for _, f := range l {
		if f.Where == w && f.tool == tool {
			return true
		}
	}
	return false
}

// sites are where the installs put things, in order.
func (d *designer) sites() (foundList, *plan.Refusal) {
	var out foundList
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			if t.Kind != deps && t.Kind != tool || t.Call == nil {
				continue
			}
			f := found{site: d.site(s, t), at: s.Index, tool: t.Kind == tool, call: t.Call, bare: t.Call.Bin == "" && t.Name() != "sudo"}
			if t.Call.Tool == "installer" {
				f.site = d.installerSite(s, t.Call.Names[0])
			}
			if f.Path != "" {
				f.Path = path.Clean(f.Path)
				if f.Path == "/" || strings.Contains(f.Path, "$") {
					return nil, d.noFolder(s, f.Path)
				}
			}
			if f.Where == inHome && !d.knownHome(s) {
				return nil, d.in.Refuse(plan.UnknownWriteSet, s.Item, "packages are installed in the home of a user whose home is not known", "create the user with useradd -m in the file")
			}
			if f.Where != nowhere {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// installerSite is where a tool's own installer puts it.
func (d *designer) installerSite(s step, name string) site {
	switch name {
	case "poetry":
		if home := s.Scope.Vars["POETRY_HOME"]; home != "" {
			return site{inFolder, home}
		}
	case "pip":
		return site{Where: inSystem}
	case "uv":
		if dir := s.Scope.Vars["UV_INSTALL_DIR"]; dir != "" {
			return site{inFolder, dir}
		}
		if v := d.in.End.Vars["PATH"]; strings.Contains(v, "/.cargo/bin") && !strings.Contains(v, "/.local/bin") {
			return site{inFolder, d.home(s) + "/.cargo"} // where it went before 0.5
		}
	}
	return site{inHome, d.home(s) + "/.local"}
}

// take takes a path over unless it lies in what is taken already.
func (d *designer) take(p string, at int) {
	if d.folder != nil && under(p, d.folder.Path) {
		return
	}
	for _, have := range d.places {
		if under(p, have.Path) {
			return
		}
	}
	user := d.steps[at].Scope.User
	if rootUser(user) || d.fresh && p == freshVenv {
		user = ""
	}
	d.places = append(d.places, place{Path: p, At: at, Chown: d.withGroup(user)})
}

// withGroup is a user with the group that the author's own copies give it: without one,
// COPY takes the group of the user's number.
func (d *designer) withGroup(user string) string {
	if user == "" || strings.Contains(user, ":") {
		return user
	}
	for _, s := range d.steps {
		if owner, ok := s.Flag("chown"); ok && strings.HasPrefix(owner, user+":") {
			return owner
		}
	}
	return user
}

// systemPaths are the folders of the interpreter's own packages and their programs.
// Where the version is not known, or a package has files beside them, it is all that
// Python has.
func (d *designer) systemPaths() []string {
	minor := majorMinor(d.in.Base.Version)
	if d.system() || minor == "" || d.dataFiles() {
		return []string{"/usr/local"}
	}
	return []string{"/usr/local/lib/python" + minor + "/site-packages", "/usr/local/bin"}
}

// majorMinor are the first two numbers of a version; "" where there are not two.
func majorMinor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 || parts[1] == "" || strings.Trim(parts[0]+parts[1], "0123456789") != "" {
		return ""
	}
	return parts[0] + "." + parts[1]
}

// dataPackages install files into the interpreter's prefix beside its packages.
var dataPackages = words("mkl intel-openmp tbb jupyter jupyterlab notebook jupyter-server ipykernel voila nbconvert intel-cmplr-lib-rt gdal pyqt5 ansible-core")

func (d *designer) dataFiles() bool {
	for name := range d.names {
		if dataPackages[name] {
			return true
		}
	}
	return d.scan.dataFiles
}

// freshWhy says why the interpreter's own packages cannot be a virtual environment
// instead: something may find them otherwise than through PATH (H40).
func (d *designer) freshWhy(sites foundList) plan.Evidence {
	line := func(at int, text string) plan.Evidence { return d.in.Evidence(d.steps[at].Item, text) }
	switch {
	case d.in.Hints.AsWritten || d.in.Hints.Floor >= plan.AuthorImage:
		return plan.Evidence{Text: d.in.Hints.Why.Text + " "}
	case d.system():
		return d.atFrom("the distribution's own packages are used as well")
	case d.in.Base.Name != "python" && d.in.Base.Name != "ghcr.io/astral-sh/uv":
		return d.atFrom("the base image has packages of its own")
	case strings.HasPrefix(d.in.Base.Version, "2"):
		return d.atFrom("Python 2 has no virtual environments of its own")
	case d.managed():
		return d.run.managers[0].Evidence
	case d.scan.absolute != nil:
		return *d.scan.absolute
	}
	for _, name := range []string{"uwsgi", "mod-wsgi"} {
		if d.names[name] {
			return d.atFrom(name + " finds its packages by the interpreter that it was built with")
		}
	}
	for _, f := range sites {
		switch {
		case f.Where == inSystem && (!f.bare || f.call.Isolated || f.call.Tool == "uv" || f.call.Tool == "pdm"):
			return line(f.at, "this command looks for the interpreter itself")
		case (f.Where == inHome || f.Where == inVenv) && !f.tool:
			return line(f.at, "packages are installed in other places as well")
		}
	}
	return d.environmentWhy()
}

// environmentWhy looks at the variables and shells by which PATH may be lost.
func (d *designer) environmentWhy() plan.Evidence {
	for _, s := range d.steps {
		switch s.Keyword {
		case "ENV":
			for _, p := range s.Pairs {
				switch {
				case p.Key == "PATH" && !strings.Contains(p.Value, "$PATH") && !strings.Contains(p.Value, "${PATH"):
					return d.in.Evidence(s.Item, "PATH is set anew")
				case strings.Contains(p.Value, "/usr/local/lib/python"), strings.Contains(p.Value, "site-packages"):
					return d.in.Evidence(s.Item, p.Key+" names the folder of the packages")
				case p.Key == "PYTHONHOME", p.Key == "PYTHONUSERBASE", p.Key == "PIP_USER", p.Key == "PIP_TARGET", p.Key == "PIP_PREFIX", p.Key == "VIRTUAL_ENV", p.Key == "PIP_REQUIRE_VIRTUALENV":
					return d.in.Evidence(s.Item, p.Key+" says where packages are")
				}
			}
		case "SHELL":
			for _, w := range s.Argv {
				if strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "l") || w == "--login" {
					return d.in.Evidence(s.Item, "a login shell sets PATH anew")
				}
			}
		}
		for _, t := range s.Tasks {
			if t.Name() == "su" || t.Name() == "sudo" {
				return d.in.Evidence(s.Item, t.Name()+" sets PATH anew")
			}
		}
	}
	for _, name := range []string{"su", "sudo", "cron", "crond", "runuser"} {
		if ev, ok := d.run.programs[name]; ok {
			return ev
		}
	}
	if text := d.run.text.String(); strings.Contains(text, "bash -l") || strings.Contains(text, "env -i") || d.namesInterpreter(text) >= 0 {
		return plan.Evidence{Text: "the start names programs by their path"}
	}
	return plan.Evidence{}
}

// filledFromOutside reports that Poetry or Pipenv alone install the dependencies, so
// that they can stay outside the environment that they fill.
func (d *designer) filledFromOutside(sites foundList) bool {
	some := false
	for _, f := range sites {
		switch {
		case f.tool:
		case f.Where != inSystem && f.Where != inCache:
		case f.call.Tool == "poetry":
			some = true
		default:
			return false
		}
	}
	return some
}

// keepsTool reports that run time needs a tool that lies among the interpreter's own
// packages.
func (d *designer) keepsTool(sites foundList) bool {
	return d.managed() && sites.has(inSystem, true)
}

// leavesTools notes the package managers that production does without.
func (d *designer) leavesTools(sites foundList) {
	if d.managed() {
		return
	}
	for _, f := range sites {
		if !f.tool || f.Where == inSystem && d.takesSystem() {
			continue
		}
		for _, name := range f.call.Names {
			switch name {
			case "poetry", "pipenv", "uv", "pdm":
				if !slices.Contains(d.left, name) {
					d.left = append(d.left, name)
				}
			}
		}
	}
}

// takesSystem reports that what is installed beside the interpreter comes along: its
// own folders, or the environment that stands for them.
func (d *designer) takesSystem() bool {
	for _, p := range d.places {
		if under(p.Path, "/usr/local") {
			return true
		}
	}
	return d.fresh && !d.apart
}
