package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// Kind is what a command of a RUN does.
type Kind uint8

// The kinds.
const (
	Unknown    Kind = iota // not understood
	Nothing                // leaves nothing that the image needs
	Compile                // makes a program of the project's own
	Download               // brings the dependencies
	Resolve                // changes what the dependencies are
	Tool                   // makes or brings somebody else's program
	Test                   // runs tests
	Lint                   // runs checkers
	Generate               // writes sources or assets into the source tree
	System                 // installs system packages
	Update                 // refreshes the package index, cleans up behind it
	Account                // creates users
	Permission             // chmod, chown
	Files                  // arranges files at known places
	Fetch                  // brings one known file from the network
)

// Command is one simple command of the author's with what is known about it.
type Command struct {
	shell.Command
	Item int // index in Input.Items
	Kind Kind
	Dir  string // where it runs
	Top  bool   // stands in the Dockerfile, not in a Makefile or script that it runs
}

// ArgvCommand is a command of an exec form.
func ArgvCommand(argv []string) shell.Command {
	var c shell.Command
	for _, a := range argv {
		c.Args = append(c.Args, shell.Word{Text: a, Literal: true})
	}
	return c
}

// CopyVars is a copy of variables that may be changed.
func CopyVars(vars map[string]string) map[string]string {
	out := make(map[string]string, len(vars))
	for k, v := range vars {
		out[k] = v
	}
	return out
}

// HeredocPath is where a COPY puts a here-document.
func HeredocPath(it plan.Item, name string) string {
	dest := it.Scope.Abs(it.Dest())
	if strings.HasSuffix(it.Dest(), "/") {
		return path.Join(dest, name)
	}
	return dest
}

// QuoteCommand names a command for people.
func QuoteCommand(c shell.Command) string {
	words := c.Words()
	if len(words) > 3 {
		words = append(words[:3:3], "…")
	}
	text := strings.Join(words, " ")
	if len(text) > 80 {
		text = strings.ToValidUTF8(text[:80], "") + "…"
	}
	return "\"" + text + "\""
}
