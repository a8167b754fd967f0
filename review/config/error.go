package config

import (
	"fmt"
	"strings"
)

// Error is one thing that is wrong with a configuration.
type Error struct {
	Path    string // of the file
	Line    int    // counted from 1; 0 is the file as a whole
	Key     string // dotted, such as "ignore.authors"; may be empty
	Message string // lower case, no full stop
	Nearest string // the key or value that was probably meant; may be empty
}

// Error is "path:line: message (did you mean …?)".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": " + e.Message)
	if e.Nearest != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", e.Nearest)
	}
	return b.String()
}

// Errors are all things that are wrong with a configuration, by line.
type Errors []*Error

// Error has a line for each.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}
