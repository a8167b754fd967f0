package python

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// kind is what a command does in a Python image.
type kind uint8

const (
	unknown    kind = iota // a program that is not known: it stays, in place
	nothing                // cd, set, echo
	system                 // packages of the distribution, and their clean-up
	deps                   // the project's dependencies, or the environment that they go into
	tool                   // what installs them: pip itself, Poetry, uv
	setting                // poetry config, pip config
	build                  // compiles or makes files of the project with tools that run time lacks
	compile                // configure, make, make install of sources that are none of the project's
	program                // Python, or a program of a dependency
	cache                  // removes caches
	user                   // useradd, adduser
	permission             // chown, chmod
	files                  // mkdir, cp, touch
	configure              // writes configuration
	fetch                  // curl, wget, git clone
)

// task is one simple command of a RUN.
type task struct {
	shell.Command
	Kind kind
	Call *call  // of a package manager's command
	Dir  string // the folder that it runs in
	Venv string // the virtual environment that is active: "" for none
	Unit int    // commands of a pipeline are one unit, and those of a shell's body
	// Body marks a command of a script that another command hands to a shell, and Joined
	// one that is not the first of it.
	Body, Joined bool
}

// step is one item with its commands.
type step struct {
	plan.Item
	Index    int
	Tasks    []task // of a RUN
	Cuttable bool   // units can be taken out one by one
}

// readSteps classes every command of the stage.
func readSteps(in *plan.Input) []step {
	steps := make([]step, len(in.Items))
	made := map[string]bool{} // virtual environments
	for i, it := range in.Items {
		steps[i] = step{Item: it, Index: i}
		if it.Keyword != "RUN" {
			continue
		}
		r := reader{it: it, dir: it.Scope.Workdir, made: made, venv: activeIn(it, made)}
		for _, c := range runCommands(it) {
			steps[i].Tasks = append(steps[i].Tasks, r.tasks(in, c)...)
		}
		if len(steps[i].Tasks) == 0 {
			steps[i].Tasks = []task{{Kind: unknown, Dir: r.dir}}
		}
		steps[i].Cuttable = steps[i].units(in)
	}
	return steps
}

// activeIn is the virtual environment whose folder PATH or VIRTUAL_ENV names.
func activeIn(it plan.Item, made map[string]bool) string {
	for _, dir := range strings.Split(it.Scope.Vars["PATH"], ":") {
		if parent, ok := strings.CutSuffix(dir, "/bin"); ok && made[parent] {
			return parent
		}
	}
	if v := it.Scope.Vars["VIRTUAL_ENV"]; v != "" && made[path.Clean(v)] {
		return path.Clean(v)
	}
	return ""
}

// runCommands are the commands of a RUN of either form; none where its shell text
// could not be read.
func runCommands(it plan.Item) []shell.Command {
	if it.Script != nil {
		return it.Script.Commands
	}
	if !it.JSON {
		return nil
	}
	if script, ok := shell.Unwrap(it.Argv); ok {
		if parsed, err := shell.Parse(script, 0); err == nil {
			return parsed.Commands
		}
		return nil
	}
	return []shell.Command{literal(it.Argv)}
}

func literal(argv []string) shell.Command {
	var c shell.Command
	for _, a := range argv {
		c.Args = append(c.Args, shell.Word{Text: a, Literal: true})
	}
	return c
}

// reader follows the working directory and the active environment of a script.
type reader struct {
	it   plan.Item
	dir  string
	venv string
	made map[string]bool
}

func (r *reader) abs(p string) string {
	p = strings.ReplaceAll(p, "~/", "/root/")
	if !path.IsAbs(p) {
		p = path.Join(r.dir, p)
	}
	return path.Clean(p)
}

func (r *reader) task(c shell.Command) task {
	t := task{Command: c, Dir: r.dir, Venv: r.venv}
	words := c.Words()
	switch {
	case c.Name() == "cd" && len(c.Args) == 2 && !c.Nested:
		r.dir = r.it.Scope.Abs(r.abs(r.expand(c.Args[1].Text)))
	case (c.Name() == "." || c.Name() == "source") && len(words) > 1 && strings.HasSuffix(words[1], "/bin/activate"):
		r.venv = r.abs(r.expand(strings.TrimSuffix(words[1], "/bin/activate")))
		t.Kind = nothing
		return t
	}
	t.Kind = r.kind(c)
	if n, ok := parseCall(c); ok {
		t.Call = n
		t.Kind = callKind(n)
		n.Target, n.Venv = r.expand(n.Target), r.expand(n.Venv)
		if n.Tool == "venv" {
			r.made[r.abs(n.Venv)] = true
			n.Venv = r.abs(n.Venv)
		}
		if parent, ok := strings.CutSuffix(r.abs(r.expand(n.Bin)), "/bin"); ok && n.Bin != "" && r.made[parent] {
			t.Venv = parent
		}
	}
	return t
}

// expand puts variables into a word's text.
func (r *reader) expand(text string) string {
	return dockerfile.Expand(text, r.it.Scope.Vars)
}
