package review

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/multistage-app/multistage/review/config"
)

// Verb is what a command asks for.
type Verb string

// The verbs that are carried out.
const (
	Now    Verb = "review" // "/multistage" alone: review the head now
	Apply  Verb = "apply"  // move the head branch to the suggested-change commit
	Verify Verb = "verify" // build, start and compare both images of the head now
	Help   Verb = "help"
)

// Verbs are the verbs that are carried out, as they are typed.
var Verbs = []Verb{Now, Apply, Verify, Help}

// planned are verbs and options that are reserved and not available yet.
var planned = []string{"pr", "explain", "ignore", "config", "--with", "--base"}

// Command is one line of a comment that speaks to us.
type Command struct {
	Verb Verb
	Path string // of a Dockerfile, cleaned; "" stands for all of them
	Line int    // in the comment, counted from 1
	Err  *CommandError
}

// Problem is what is wrong with a command.
type Problem string

// The problems.
const (
	UnknownCommand  Problem = "unknown"       // no such verb
	NotAvailableYet Problem = "unavailable"   // reserved, not built yet
	BadArguments    Problem = "bad-arguments" // the verb takes no such argument
	TooManyCommands Problem = "too-many"      // more than MaxCommands in one comment
)

// CommandError says why a command is not carried out.
type CommandError struct {
	Problem Problem
	Word    string // as it was typed
	Nearest string // the verb that was probably meant; may be empty
}

// Error is for logs; ReplyError words it for people.
func (e *CommandError) Error() string {
	if e.Nearest != "" {
		return fmt.Sprintf("%s: %q (nearest is %q)", e.Problem, e.Word, e.Nearest)
	}
	return fmt.Sprintf("%s: %q", e.Problem, e.Word)
}

// Limits on what is read of a comment, in bytes.
const (
	maxComment  = 256 << 10
	maxArgument = 1024
)

// commandWord starts a command.
const commandWord = "/multistage"

// ParseCommands finds the commands of a comment, in order. A command stands on a
// line of its own; lines in code, quotes and HTML comments are not read. What
// cannot be carried out has Err. After MaxCommands one more with TooManyCommands
// ends the list.
func ParseCommands(body string) []Command {
	if len(body) > maxComment {
		body = body[:maxComment]
	}
	var commands []Command
	var in proseReader
	for i, line := range splitLines(body) {
		if !in.prose(line) {
			continue
		}
		fields, ok := commandFields(line)
		if !ok {
			continue
		}
		if len(commands) == MaxCommands {
			return append(commands, Command{Line: i + 1, Err: &CommandError{Problem: TooManyCommands}})
		}
		c := parseCommand(fields)
		c.Line = i + 1
		commands = append(commands, c)
	}
	return commands
}

// commandFields splits a line that is a command: "/multistage" and, after white
// space, its arguments. Four columns of indentation are code in Markdown.
func commandFields(line string) ([]string, bool) {
	trimmed := strings.TrimLeft(line, " ")
	if len(line)-len(trimmed) > 3 || len(trimmed) < len(commandWord) ||
		!strings.EqualFold(trimmed[:len(commandWord)], commandWord) {
		return nil, false
	}
	rest := trimmed[len(commandWord):]
	if rest != "" && !unicode.IsSpace(rune(rest[0])) {
		return nil, false
	}
	return strings.Fields(rest), true
}

func parseCommand(fields []string) Command {
	if len(fields) == 0 {
		return Command{Verb: Now}
	}
	word := strings.ToLower(fields[0])
	if name, _, _ := strings.Cut(word, "="); slices.Contains(planned, name) {
		return failed("", NotAvailableYet, fields[0], "")
	}
	verb := Verb(word)
	switch verb {
	case Now, Help:
		if len(fields) == 1 {
			return Command{Verb: verb}
		}
		return failed(verb, BadArguments, fields[1], "")
	case Apply, Verify:
		return parsePath(verb, fields[1:])
	}
	return failed("", UnknownCommand, fields[0], config.Nearest(word, verbWords()))
}

// parsePath reads the optional path; code marks around it are GitHub's habit.
func parsePath(verb Verb, args []string) Command {
	switch len(args) {
	case 0:
		return Command{Verb: verb}
	case 1:
		name := strings.Trim(args[0], "`")
		clean := path.Clean(strings.TrimPrefix(name, "./"))
		if name != "" && len(name) <= maxArgument && !strings.HasPrefix(name, "-") &&
			!strings.HasPrefix(clean, "/") && clean != ".." && !strings.HasPrefix(clean, "../") && clean != "." {
			return Command{Verb: verb, Path: clean}
		}
		return failed(verb, BadArguments, args[0], "")
	}
	return failed(verb, BadArguments, args[1], "")
}

func failed(verb Verb, p Problem, word, nearest string) Command {
	return Command{Verb: verb, Err: &CommandError{Problem: p, Word: firstRunes(word, 80), Nearest: nearest}}
}

func verbWords() []string {
	words := make([]string, len(Verbs))
	for i, v := range Verbs {
		words[i] = string(v)
	}
	return words
}
