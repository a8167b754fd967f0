package python

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// start is one command that the image's start runs, in order, with its place.
type start struct {
	shell.Command
	Evidence plan.Evidence
}

// starts flattens the start: shells and scripts of the project are looked into.
type starts struct {
	d    *designer
	list []start
	seen map[string]bool
}

// several refuses a start script that brings up more than one service (S7 and H103).
func (s *starts) several() *plan.Refusal {
	for i, at := range s.list {
		words := at.Unwrapped().Words()
		name := path.Base(words[0])
		service := name == "service" && len(words) > 2 && words[2] == "start"
		daemon := reDaemons.MatchString(name) && !at.Nested
		behind := i > 0 && at.Op == "&" && !at.Nested && !s.list[i-1].Nested && at.Evidence.Path == s.list[i-1].Evidence.Path
		if at.Evidence.Path != "" && (service || daemon || behind) {
			at.Evidence.Text = "the start brings up several processes"
			return &plan.Refusal{Code: plan.ProcessManager, Evidence: at.Evidence}
		}
	}
	return nil
}

// startRefuses refuses a start of several services, and an image whose work is to run the project's tests or linters (S6):
// they are what its start ends with. A start that tests a server first does not
// count, nor does one that has tests among the things that it can be told to do.
func (d *designer) startRefuses() *plan.Refusal {
	s := starts{d: d, seen: map[string]bool{}}
	s.ofFile()
	if len(s.list) == 0 {
		s.ofServices()
		if refusal, only := d.onlyTests(s.list); only {
			return refusal
		}
		return nil
	}
	if refusal := s.several(); refusal != nil {
		return refusal
	}
	for last := len(s.list) - 1; last >= 0; {
		first := last // of the commands that one condition or loop holds
		for s.list[last].Nested && first > 0 && s.list[first-1].Nested {
			first--
		}
		refusal, only := d.onlyTests(s.list[first : last+1])
		if refusal != nil || !only {
			return refusal
		}
		last = first - 1
	}
	return nil
}

// onlyTests reports commands that test the project, or tell of a test; only is false
// where one does something else.
func (d *designer) onlyTests(list []start) (refusal *plan.Refusal, only bool) {
	for _, at := range list {
		what := d.testing(at.Command)
		switch {
		case what == "" && !reports(at.Command):
			return nil, false
		case what != "" && refusal == nil:
			at.Evidence.Text = "it runs the project's tests with " + what
			if reLinters.MatchString(what) {
				at.Evidence.Text = "it checks the project's sources with " + what
			}
			refusal = &plan.Refusal{Code: plan.ToolchainProduct, Evidence: at.Evidence}
		}
	}
	return refusal, true
}

// ofFile follows ENTRYPOINT and CMD as Docker joins them.
func (s *starts) ofFile() {
	var entry, cmd *plan.Item
	for i := range s.d.in.Items {
		switch it := &s.d.in.Items[i]; it.Keyword {
		case "ENTRYPOINT":
			entry = it
		case "CMD":
			cmd = it
		}
	}
	switch {
	case entry == nil && cmd == nil:
	case entry == nil:
		s.commands(itemCommands(*cmd), s.d.in.Evidence(*cmd, ""), 0)
	case !entry.JSON || cmd == nil:
		s.commands(itemCommands(*entry), s.d.in.Evidence(*entry, ""), 0)
	case s.d.shellFile(entry.Argv):
		s.commands(itemCommands(*entry), s.d.in.Evidence(*entry, ""), 0)
		s.passedOn(*cmd)
	case cmd.JSON:
		argv := append(append([]string{}, entry.Argv...), cmd.Argv...)
		s.commands([]shell.Command{literal(argv)}, s.d.in.Evidence(*cmd, ""), 0)
	}
}

// passedOn puts CMD where an entry script runs its arguments.
func (s *starts) passedOn(cmd plan.Item) {
	for i, c := range s.list {
		if words := c.Words(); isArguments(words[len(words)-1]) && (len(words) == 1 || words[0] == "exec") {
			rest := append([]start{}, s.list[i+1:]...)
			s.list = s.list[:i]
			s.commands(itemCommands(cmd), s.d.in.Evidence(cmd, ""), 0)
			s.list = append(s.list, rest...)
			return
		}
	}
}

// ofServices follows what compose files start, where the file itself starts nothing.
func (s *starts) ofServices() {
	for _, service := range s.d.in.Project.Services() {
		for _, text := range []string{service.Entrypoint, service.Command} {
			if script, err := shell.Parse(text, 0); err == nil && len(text) < maxScriptSize {
				s.commands(script.Commands, plan.Evidence{Path: service.File, Line: service.Line}, 0)
			}
		}
	}
}

func (s *starts) commands(list []shell.Command, ev plan.Evidence, depth int) {
	for _, c := range list {
		u := c.Unwrapped()
		words := u.Words()
		if len(words) == 0 || depth > 4 || len(s.list) > 500 {
			continue
		}
		if n, ok := parseCall(u); ok && n.Verb == "run" && len(n.Program) > 0 {
			s.commands([]shell.Command{{Args: n.Program, Nested: c.Nested}}, ev, depth+1)
			continue
		}
		if script, ok := shell.Unwrap(words); ok && !c.Nested {
			if parsed, err := shell.Parse(script, 0); err == nil {
				s.commands(parsed.Commands, ev, depth+1)
				continue
			}
		}
		if c.Nested || !s.script(words, depth) {
			s.list = append(s.list, start{c, ev})
		}
	}
}

// script goes into a shell script of the project that a command runs.
func (s *starts) script(words []string, depth int) bool {
	file, data, ok := s.d.runScript(words)
	if !ok || s.seen[file] {
		return ok
	}
	s.seen[file] = true
	script, err := shell.ParseFile(string(data))
	if err != nil {
		return false
	}
	for _, c := range script.Commands {
		at := plan.Evidence{Path: file}
		if c.Start >= 0 && c.Start <= len(data) {
			at.Line = 1 + strings.Count(string(data[:c.Start]), "\n")
		}
		s.commands([]shell.Command{c}, at, depth+1)
	}
	return true
}

// shellFile reports an argument vector that runs a shell script of the project.
func (d *designer) shellFile(argv []string) bool {
	_, _, ok := d.runScript(argv)
	return ok
}

// runScript is the shell script of the project that a command runs, by its path from
// the repository's root.
func (d *designer) runScript(words []string) (name string, data []byte, ok bool) {
	for i, w := range words[:min(len(words), 4)] {
		shellName := w == "." || w == "source" || reShellName.MatchString(path.Base(w))
		if i == 0 && shellName || i > 0 && strings.HasPrefix(w, "-") {
			continue
		}
		if i > 1 && !strings.HasPrefix(words[i-1], "-") {
			return "", nil, false
		}
		file, found := d.tree.Files[path.Clean(d.in.End.Abs(w))]
		if !found {
			return "", nil, false
		}
		data, err := d.in.Project.Read(d.in.Project.Join(file.Source))
		return d.in.Project.Join(file.Source), data, err == nil && len(data) <= maxScriptSize && shellScript(w, data)
	}
	return "", nil, false
}

var (
	reShellName   = regexp.MustCompile(`^(ba|da|a|z|k)?sh$`)
	reTestRunners = regexp.MustCompile(`^(pytest|py\.test|tox|nox|nosetests|nose2|behave|robot|pabot|green|stestr|ptw|pytest-watch)(-?\d(\.\d+)?)?$`)
	reDaemons     = regexp.MustCompile(`^(supervisord|cron|crond|nginx|runsvdir|s6-svscan|monit|circusd|honcho|foreman)$`)
	reLinters     = regexp.MustCompile(`^(flake8|black|blue|isort|pylint|mypy|pyright|ruff|bandit|pycodestyle|pydocstyle|vulture|yamllint|sqlfluff|pre-commit)$`)
	reTestScript  = regexp.MustCompile(`^run[_-]?tests?\.py$`)
	reTestMain    = regexp.MustCompile(`(?m)^[ \t]*(unittest\.main\(|sys\.exit\(pytest\.main\(|pytest\.main\(|exit\(pytest\.main\(|raise SystemExit\(pytest\.main\()`)
)

// testing names the test runner or linter that a command starts; "" for any other
// command.
func (d *designer) testing(c shell.Command) string {
	words := c.Unwrapped().Words()
	if len(words) == 0 {
		return ""
	}
	name := path.Base(words[0])
	switch {
	case reTestRunners.MatchString(name), reLinters.MatchString(name):
		return name
	case (name == "coverage" || strings.HasPrefix(name, "coverage-")) && len(words) > 1 && words[1] == "run":
		return d.testingPython(words[1:])
	case name == "manage.py" || name == "django-admin":
		return djangoTest(words)
	case rePython.MatchString(name):
		return d.testingPython(words)
	case reTestScript.MatchString(name):
		return name
	}
	return ""
}

// testingPython reads what follows python, or coverage run: -m module, or a script.
func (d *designer) testingPython(words []string) string {
	for i := 1; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "-m" && i+1 < len(words):
			module := words[i+1]
			if module == "coverage" && i+2 < len(words) && words[i+2] == "run" {
				return d.testingPython(words[i+2:])
			}
			if module == "unittest" || module == "django" && djangoTest(words[i+1:]) != "" || reTestRunners.MatchString(module) || reLinters.MatchString(module) {
				return module
			}
			return ""
		case strings.HasPrefix(w, "-"):
			continue
		case path.Base(w) == "manage.py":
			return djangoTest(words[i:])
		case path.Base(w) == "setup.py" && i+1 < len(words) && (words[i+1] == "test" || words[i+1] == "pytest"):
			return "setup.py test"
		case reTestScript.MatchString(path.Base(w)):
			return path.Base(w)
		case strings.HasSuffix(w, ".py"):
			if text, ok := d.read(d.in.End.Abs(w)); ok && reTestMain.MatchString(text) {
				return path.Base(w)
			}
			return ""
		default:
			return ""
		}
	}
	return ""
}

// djangoTest reads manage.py's subcommand.
func djangoTest(words []string) string {
	if len(words) > 1 && words[1] == "test" {
		return fmt.Sprintf("%s test", path.Base(words[0]))
	}
	return ""
}

// reports are commands behind a test run that only tell of it.
func reports(c shell.Command) bool {
	words := c.Unwrapped().Words()
	switch name := path.Base(words[0]); name {
	case "echo", "printf", "exit", "cp", "mv", "cat", "ls", "chmod", "chown", "set", "codecov", "coveralls", "true", "sleep", "kill", "popd", "cd", "rm", "touch", "mkdir", "tar", "zip", "test", "[":
		return true
	case "coverage":
		return len(words) < 2 || words[1] != "run"
	default:
		return strings.HasPrefix(name, "$") && !isArguments(name)
	}
}

// isArguments reports a script's own arguments.
func isArguments(word string) bool {
	word = strings.Trim(word, `"`)
	return word == "$@" || word == "$*"
}
