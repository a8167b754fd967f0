package python

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// kind is what a command does that is none of a package manager.
func (r *reader) kind(c shell.Command) kind {
	u := c.Unwrapped()
	name := u.Name()
	switch {
	case rePython.MatchString(name):
		return program
	case frontEnds[name]:
		for _, w := range u.Words() {
			if w == "-g" || w == "--global" || w == "global" {
				return unknown
			}
		}
		return build
	case generators[name]:
		return build
	case compileTools[name]:
		return compile
	case name == "conda" || name == "mamba" || name == "micromamba":
		return unknown
	}
	switch shell.Classify(c) {
	case shell.SystemPackage, shell.SystemUpdate:
		return system
	case shell.Fetch:
		return fetch
	case shell.User:
		return user
	case shell.Permission:
		return permission
	case shell.CleanUp:
		if _, gone := shell.Removed(c); len(gone) > 0 {
			return system
		}
		return cache
	case shell.Files:
		return files
	case shell.Configuration:
		return configure
	case shell.Nothing:
		return nothing
	}
	return unknown
}

// generators make files of the project with tools that run time lacks.
var generators = words("cythonize gcc g++ cc protoc swig webpack gulp grunt bower tsc sass node-sass lessc")

// compileTools build and install programs and libraries of C from their sources.
var compileTools = words("make cmake configure autogen.sh autoreconf autoconf ninja meson bootstrap.sh buildconf libtoolize automake waf scons b2 bjam qmake")

// callKind is what a package manager's command does.
func callKind(n *call) kind {
	switch n.Verb {
	case "":
		return nothing // --version
	case "config", "debug", "cache", "env", "self", "use", "plugin":
		if n.Verb == "self" || n.Verb == "plugin" {
			return tool
		}
		return setting
	case "run":
		return program
	case "list", "freeze", "check", "show", "pip list", "pip freeze", "pip check", "index", "inspect", "graph":
		return program
	case "uninstall", "remove":
		return deps
	case "build", "build_ext", "bdist_wheel", "sdist", "wheel", "download", "test", "python", "tool", "lock", "export", "compile", "pip compile":
		if n.Tool == "setup" {
			return build
		}
		return deps
	}
	if n.onlyTools() {
		return tool
	}
	return deps
}

// units numbers the commands of a script: those of a pipeline are one. It reports
// whether units can be taken out one by one: every command stands on the top level,
// and && or ; are all that joins them.
func (s *step) units(in *plan.Input) bool {
	if s.Script == nil {
		return false
	}
	ok, unit := true, 0
	for i := range s.Tasks {
		t := &s.Tasks[i]
		switch {
		case t.Nested:
			ok = false
		case i == 0, t.Joined, t.Op == "|":
		case t.Op == "&&", t.Op == ";":
			unit++
		default:
			ok = false
		}
		t.Unit = unit
		if i > 0 && ok && !t.Joined {
			ok = onlyJoins(s.between(in, s.Tasks[i-1].End, t.Start))
		}
	}
	for i := range s.Tasks { // the last command of a pipeline says what it is for
		if t := s.Tasks[i]; t.Op == "|" {
			s.pipeline(i)
		}
	}
	return ok && s.outside(in)
}

// between is the script's text from one place to another, in which the comments that
// Docker drops are blank.
func (s *step) between(in *plan.Input, from, to int) string {
	script, span, ok := in.File.Script(s.Instruction)
	from, to = from-span.Start, to-span.Start
	if !ok || from < 0 || to > len(script) || from > to {
		return "?"
	}
	return script[from:to]
}

// onlyJoins reports text between two commands that does nothing but join them.
func onlyJoins(text string) bool {
	return strings.Trim(text, " \t\r\n\\&;|") == ""
}

// outside reports that nothing but blanks stands before the first and behind the
// last command.
func (s *step) outside(in *plan.Input) bool {
	script, span, ok := in.File.Script(s.Instruction)
	if !ok {
		return false
	}
	return onlyJoins(s.between(in, span.Start, s.Tasks[0].Start)) && onlyJoins(s.between(in, s.Tasks[len(s.Tasks)-1].End, span.Start+len(script)))
}

// pipeline classes "curl … | python3 -" and its like: an installer of a tool, or
// whatever its last command is.
func (s *step) pipeline(i int) {
	from, to := &s.Tasks[i-1], &s.Tasks[i]
	name := to.Unwrapped().Name()
	if from.Kind == fetch && (rePython.MatchString(name) || name == "sh" || name == "bash" || to.Kind == tool) {
		text := strings.Join(from.Words(), " ")
		for _, t := range []string{"poetry", "astral.sh/uv", "pdm", "get-pip", "pipenv"} {
			if strings.Contains(text, t) {
				from.Kind, to.Kind = tool, tool
				from.Call, to.Call = installer(t), installer(t)
				return
			}
		}
		from.Kind, to.Kind = unknown, unknown
		return
	}
	if to.Kind == compile || from.Kind == compile {
		from.Kind, to.Kind = compile, compile
		return
	}
	if to.Kind == deps || from.Kind == deps {
		from.Kind, to.Kind = deps, deps
		return
	}
	if to.Kind == nothing && from.Kind != nothing {
		to.Kind = from.Kind
	} else {
		from.Kind = to.Kind
	}
}

// installer is the call of a tool's own installer.
func installer(text string) *call {
	name := strings.TrimPrefix(text, "astral.sh/")
	if name == "get-pip" {
		name = "pip"
	}
	return &call{Tool: "installer", Verb: "install", Names: []string{name}}
}

// does reports a command of one of the kinds.
func (s step) does(kinds ...kind) bool {
	for _, t := range s.Tasks {
		for _, k := range kinds {
			if t.Kind == k {
				return true
			}
		}
	}
	return false
}

// only reports that all commands are of one of the kinds.
func (s step) only(kinds ...kind) bool {
	for _, t := range s.Tasks {
		found := false
		for _, k := range kinds {
			found = found || t.Kind == k
		}
		if !found {
			return false
		}
	}
	return len(s.Tasks) > 0
}

// under reports a path at or below a folder.
func under(p, dir string) bool {
	p, dir = path.Clean(p), path.Clean(dir)
	return p == dir || dir == "/" || strings.HasPrefix(p, dir+"/")
}
