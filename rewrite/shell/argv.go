package shell

import (
	"slices"
	"strings"
)

// shells are the interpreters that take a script by -c.
var shells = []string{"sh", "bash", "ash", "dash", "zsh", "ksh"}

// builtins are names that a shell runs itself and for which no program exists, or
// none that does the same.
var builtins = []string{
	".", ":", "alias", "bg", "builtin", "cd", "command", "declare", "disown", "eval", "exec", "exit", "export", "fg", "hash", "help",
	"history", "jobs", "let", "local", "popd", "pushd", "read", "readonly", "return", "set", "shift", "shopt", "source", "times", "trap",
	"type", "typeset", "ulimit", "umask", "unalias", "unset", "wait", "[[", "((",
}

// Argv turns a shell form into the exec form that does the same: the script is
// exactly one simple command of literal words, with no variable, glob,
// redirection, operator or assignment, and its name is no shell builtin. A
// leading exec is dropped. text is the script's text: nothing but blanks may
// stand around the command.
func Argv(script *Script, text string) (argv []string, ok bool) {
	if script == nil || !script.Plain || len(script.Commands) != 1 {
		return nil, false
	}
	c := script.Commands[0]
	if len(c.Redirects) > 0 || len(c.Assigns) > 0 || c.End-c.Start != len(strings.Trim(text, " \t\r\n")) {
		return nil, false
	}
	for _, arg := range c.Args {
		if !arg.Literal {
			return nil, false
		}
		argv = append(argv, arg.Text)
	}
	if len(argv) > 1 && argv[0] == "exec" {
		argv = argv[1:]
	}
	if len(argv) == 0 || argv[0] == "" || strings.HasPrefix(argv[0], "-") || slices.Contains(builtins, argv[0]) {
		return nil, false
	}
	return argv, true
}

// Unwrap takes the script out of an exec form that runs a shell:
// ["sh", "-c", "…"], ["/bin/bash", "-lc", "…"], ["bash", "-o", "pipefail", "-c",
// "…"]. ok is false for everything else, also where arguments follow the script.
func Unwrap(argv []string) (script string, ok bool) {
	if len(argv) < 3 || !slices.Contains(shells, argv[0][strings.LastIndexByte(argv[0], '/')+1:]) {
		return "", false
	}
	rest, command := argv[1:], false
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") && rest[0] != "--" {
		option := rest[0]
		rest = rest[1:]
		if strings.HasPrefix(option, "--") {
			continue
		}
		command = command || strings.Contains(option, "c")
		if strings.Contains(option, "o") && len(rest) > 0 {
			rest = rest[1:]
		}
	}
	if !command || len(rest) != 1 {
		return "", false
	}
	return rest[0], true
}
