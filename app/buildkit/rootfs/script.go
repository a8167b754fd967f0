package rootfs

import (
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/shell"
)

// shellWords are names that a shell runs itself.
var shellWords = []string{
	".", ":", "[", "[[", "((", "alias", "bg", "bind", "break", "builtin", "caller", "cd", "command", "compgen", "complete", "continue",
	"declare", "dirs", "disown", "echo", "enable", "eval", "exec", "exit", "export", "false", "fc", "fg", "getopts", "hash", "help",
	"history", "jobs", "kill", "let", "local", "logout", "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray", "readonly",
	"return", "set", "shift", "shopt", "source", "suspend", "test", "times", "trap", "true", "type", "typeset", "ulimit", "umask",
	"unalias", "unset", "wait",
}

// questions are commands whose outcome a script asks for before it goes on.
var questions = []string{"[", "[[", "((", "test", "command", "type", "which", "hash", "grep", "false"}

const maxCommands = 1000 // of a script that is followed

// scriptRun follows the commands of a script that are certain to run, and those at its
// top level that may.
type scriptRun struct {
	in       *inspector
	r        run
	text     string
	args     []string // what "$@" stands for
	commands []shell.Command
	errexit  bool
	unsure   bool // what comes now may not be reached, or with another PATH
}

// scriptFile follows a script that a shell reads from a file; its words after the first
// are its arguments.
func (in *inspector) scriptFile(f *file, at string, r run) {
	data := in.tree.text(in.ctx, f, maxScript)
	if data == nil {
		return
	}
	r.by = at
	in.script(string(data), r, r.argv[1:])
}

// script follows the text of a shell script.
func (in *inspector) script(text string, r run, args []string) {
	parsed, err := shell.ParseFile(text)
	if err != nil || r.depth > maxRuns || len(parsed.Commands) > maxCommands {
		return
	}
	r.depth++
	r.shell = true
	for _, word := range []string{"LD_LIBRARY_PATH", "ldconfig", "PATH="} {
		if strings.Contains(text, word) {
			r.certain = false
		}
	}
	s := &scriptRun{in: in, r: r, text: text, args: args, commands: parsed.Commands}
	for i, c := range parsed.Commands {
		if c.Nested {
			name := c.Name()
			s.unsure = s.unsure || name == "exec" || name == "exit" || name == "return" || name == "set" || name == "shift"
			continue
		}
		if !s.command(i, c) {
			return
		}
	}
}

// command looks at one command of the top level. It reports whether the next ones can
// still be followed.
func (s *scriptRun) command(i int, c shell.Command) bool {
	if len(c.Args) == 0 {
		return true
	}
	name, words := c.Args[0].Text, c.Words()
	if !c.Args[0].Literal {
		s.unsure = true // whatever it is
		return true
	}
	switch name {
	case "set":
		s.set(words[1:])
		return true
	case "cd":
		return s.changeFolder(c)
	case ".", "source", "eval", "alias", "trap", "shift":
		s.unsure = true
		return true
	case "exit", "return":
		return c.Op == "||" || c.Op == "&&"
	}
	inner := c.Unwrapped()
	if name == "exec" && len(inner.Args) == len(c.Args) {
		inner.Args = c.Args[1:] // exec "$@"
	}
	if len(inner.Args) == 0 || s.own(inner.Args[0].Text) {
		return true
	}
	certain, skip := s.reached(i, c)
	if skip {
		return true
	}
	for _, a := range inner.Assigns {
		if a.Name == "PATH" || a.Name == "LD_LIBRARY_PATH" {
			certain = false
		}
	}
	next := s.r
	next.certain = s.r.certain && certain && !s.unsure
	next.argv = s.words(inner)
	s.in.run(next)
	return name != "exec"
}

// own reports a name that the shell or the script itself answers.
func (s *scriptRun) own(name string) bool {
	if slices.Contains(shellWords, name) {
		return true
	}
	defined, err := regexp.MatchString(`(?m)(^|[;\s])(function\s+`+regexp.QuoteMeta(name)+`\b|`+regexp.QuoteMeta(name)+`\s*\(\s*\))`, s.text)
	return err != nil || defined
}

func (s *scriptRun) set(words []string) {
	for i, w := range words {
		switch {
		case w == "--" || !strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "+") && w != "errexit" && w != "pipefail":
			s.unsure = true // the arguments are others now
			return
		case strings.HasPrefix(w, "-") && strings.Contains(w, "e") || w == "errexit" && i > 0 && strings.HasPrefix(words[i-1], "-"):
			s.errexit = true
		}
	}
}

func (s *scriptRun) changeFolder(c shell.Command) bool {
	if len(c.Args) != 2 || !c.Args[1].Literal || strings.HasPrefix(c.Args[1].Text, "-") || c.Op == "||" {
		s.r.dir = ""
		return true
	}
	if s.r.dir != "" || strings.HasPrefix(c.Args[1].Text, "/") {
		s.r.dir = absolute(s.r.dir, c.Args[1].Text)
	}
	return true
}

// reached says whether a command is certain to run and to be what the script fails of.
// skip is a command that the script itself can do without.
func (s *scriptRun) reached(i int, c shell.Command) (certain, skip bool) {
	if c.Op == "||" || c.Start < len(s.text) && s.text[c.Start] == '!' {
		return false, true
	}
	for k, op := i-1, c.Op; k >= 0 && (op == "&&" || op == "|"); k-- {
		if s.commands[k].Nested {
			return false, true
		}
		if slices.Contains(questions, s.commands[k].Name()) {
			return false, true
		}
		if op = s.commands[k].Op; op == "||" {
			return false, true
		}
	}
	return s.matters(i)
}

// matters says whether the script fails where a command does.
func (s *scriptRun) matters(i int) (certain, skip bool) {
	isExec := s.commands[i].Name() == "exec"
	for {
		op, n := s.after(i)
		switch op {
		case "":
			return true, false // the last one
		case ";":
			return s.errexit || isExec, false
		case "||":
			if s.r.health && fails(s.commands[n]) {
				return true, false
			}
			return false, true
		case "&&":
			if s.commands[n].Nested {
				return false, false
			}
			i = n
		default: // in a pipe or in the background
			return false, false
		}
	}
}

// after is what joins the next command to one, and that command. What stands within the
// one, such as a substitution, is not the next.
func (s *scriptRun) after(i int) (op string, next int) {
	for n := i + 1; n < len(s.commands); n++ {
		if s.commands[n].Start < s.commands[i].End {
			continue
		}
		if op = s.commands[n].Op; op == "" {
			op = ";"
		}
		return op, n
	}
	return "", 0
}

// fails reports exit 1 and its like.
func fails(c shell.Command) bool {
	words := c.Words()
	return len(words) == 1 && words[0] == "false" || len(words) == 2 && words[0] == "exit" && words[1] != "0" && c.Args[1].Literal
}

// words are the words of a command with the script's arguments put in.
func (s *scriptRun) words(c shell.Command) []string {
	var out []string
	for _, w := range c.Args {
		switch {
		case w.Literal:
			out = append(out, w.Text)
		case w.Text == `"$@"` || w.Text == `"${@}"`:
			out = append(out, s.args...)
		default:
			out = append(out, unknownWord)
		}
	}
	return out
}
