package java

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// element is something that production copies from the builder to the same path.
type element struct {
	path string // absolute; its last part may be a pattern
	dir  bool
	at   plan.Evidence
}

type elements []element

// add puts an element in, unless one that is there has it already.
func (e *elements) add(x element) {
	x.path = path.Clean(x.path)
	for _, old := range *e {
		if old.covers(x) {
			return
		}
	}
	*e = append(slices.DeleteFunc(*e, func(old element) bool { return x.covers(old) }), x)
}

// covers reports that everything of other is in it.
func (e element) covers(other element) bool {
	if e.path == other.path {
		return e.dir || !other.dir
	}
	if e.dir {
		return within(other.path, e.path)
	}
	if e.pattern() && !other.dir {
		ok, err := path.Match(e.path, other.path)
		return ok && err == nil
	}
	return false
}

func (e element) pattern() bool { return strings.ContainsAny(path.Base(e.path), "*?") }

// within reports a path in a folder, or the folder itself.
func within(name, dir string) bool {
	return name == dir || dir == "/" || strings.HasPrefix(name, dir+"/")
}

// has reports that a path comes into production.
func (e elements) has(name string) bool {
	for _, x := range e {
		if x.covers(element{path: path.Clean(name)}) {
			return true
		}
	}
	return false
}

// line is the COPY. A folder's contents go to the same folder.
func (d *designer) copyLine(e element) plan.New {
	dest := e.path
	if e.pattern() {
		dest = path.Dir(e.path) + "/"
	}
	return plan.New{Text: d.keyword("COPY") + " --from=" + d.names.builder + d.chown() + " " + e.path + " " + dest, Evidence: e.at}
}

// odd reports a path that a COPY line would read otherwise.
func (e element) odd() bool {
	name := e.path
	if e.pattern() {
		name = path.Dir(name)
	}
	return strings.ContainsAny(name, " []?*\"'$\\#\t\r\n\x00") || strings.ContainsAny(e.path, " \"'$\\\t\r\n\x00") || !path.IsAbs(e.path)
}

// chown gives the files to the process's user where the original's build ran as
// that user, so that what it writes stays possible.
func (d *designer) chown() string {
	user := d.in.End.User
	if user == "" || user == "root" || user == "0" || strings.ContainsAny(user, " $\"'") {
		return ""
	}
	if d.gradleUser() && d.own.Text == "" {
		return " --chown=" + gradleNumber
	}
	name, _, _ := strings.Cut(user, ":")
	built := false
	for _, s := range d.steps[:d.last+1] {
		if owner, ok := s.Flag("chown"); ok && (owner == name || strings.HasPrefix(owner, name+":")) && !strings.Contains(owner, "$") {
			return " --chown=" + owner
		}
		built = built || s.Keyword == "RUN" && s.does(build) && s.Scope.User == user || s.ownedBy(user)
	}
	if built {
		return " --chown=" + user
	}
	if slices.ContainsFunc(d.in.Hints.Own, func(p string) bool { return d.files.has(p) }) {
		return " --chown=" + user
	}
	return ""
}

// ownedBy reports a chown to the user.
func (s step) ownedBy(user string) bool {
	user, _, _ = strings.Cut(user, ":")
	for _, c := range s.commands {
		if c.Name() != "chown" {
			continue
		}
		for _, w := range c.Args[1:] {
			if name, _, _ := strings.Cut(w.Text, ":"); name == user {
				return true
			}
		}
	}
	return false
}
