package shell

import "strings"

// wrappers are commands that run another one, with those of their options that
// take a value as the next word.
var wrappers = map[string]wrapper{
	"sudo":      {valued: "u g p C D h r t T U R", assigns: true},
	"doas":      {valued: "u C"},
	"env":       {valued: "u C S", assigns: true},
	"exec":      {valued: "a"},
	"command":   {refuse: "v V"},
	"builtin":   {},
	"time":      {valued: "f o"},
	"nice":      {valued: "n"},
	"ionice":    {valued: "c n p"},
	"nohup":     {},
	"setsid":    {},
	"eatmydata": {},
	"stdbuf":    {valued: "i o e"},
	"timeout":   {valued: "k s", operands: 1},
}

// wrapper says how a wrapping command's own words end.
type wrapper struct {
	valued   string // letters of the options that take the next word
	refuse   string // letters of the options with which it does not run a command
	assigns  bool   // takes NAME=value words
	operands int    // words of its own before the command
}

// Unwrapped is the command that really runs: sudo, env, exec, time, nice and
// their like with their options are taken off, and NAME=value words of env become
// assignments. The span stays that of the whole command. A wrapper with nothing
// behind it is the command itself.
func (c Command) Unwrapped() Command {
	for range 8 { // sudo env nice …: nobody writes more
		inner, ok := c.unwrapOnce()
		if !ok {
			return c
		}
		c = inner
	}
	return c
}

func (c Command) unwrapOnce() (Command, bool) {
	w, ok := wrappers[c.Name()]
	if !ok {
		return c, false
	}
	rest, assigns := c.Args[1:], c.Assigns
	operands := w.operands
	for ; len(rest) > 0; rest = rest[1:] {
		arg := rest[0]
		switch text := arg.Text; {
		case !arg.Literal && !w.assigns:
			return c, false
		case text == "--":
			rest = rest[min(1+operands, len(rest)):]
		case len(text) > 1 && text[0] == '-':
			if !strings.HasPrefix(text, "--") && strings.ContainsAny(text[1:], w.refuse) {
				return c, false
			}
			if w.takesNext(text) && len(rest) > 1 {
				rest = rest[1:]
			}
			continue
		case w.assigns && assignment(text):
			assigns = append(assigns[:len(assigns):len(assigns)], wordAssign(arg))
			continue
		case operands > 0:
			operands--
			continue
		}
		break
	}
	if len(rest) == 0 {
		return c, false
	}
	c.Args, c.Assigns = rest, assigns
	return c, true
}

// takesNext reports a short option such as -u whose value is the next word.
func (w wrapper) takesNext(option string) bool {
	return len(option) == 2 && option != "--" && strings.Contains(w.valued, option[1:])
}

// assignment reports NAME=value.
func assignment(text string) bool {
	name, _, ok := strings.Cut(text, "=")
	if !ok || name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// wordAssign reads a NAME=value word as an assignment.
func wordAssign(w Word) Assign {
	name, value, _ := strings.Cut(w.Text, "=")
	start := min(w.Start+len(name)+1, w.End)
	return Assign{Start: w.Start, End: w.End, Name: name,
		Value: Word{Start: start, End: w.End, Text: value, Literal: w.Literal, Glob: w.Glob, Vars: w.Vars}}
}
