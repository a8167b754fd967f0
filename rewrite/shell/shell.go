// Package shell says what a RUN does: the simple commands of a shell script with
// their places in the source, and the kind of work that each one is.
package shell

// Script is the shell text of one instruction.
type Script struct {
	Commands []Command // every simple command, in the order of the source
	// Plain reports a list of simple commands joined by && or ; and nothing else:
	// no pipes, loops, conditions, subshells, functions or here-documents. Only a
	// plain script is ever cut apart. A command substitution leaves it plain: it is
	// within the span of the command whose word it is.
	Plain bool
}

// Command is one simple command.
type Command struct {
	Start, End int    // bytes in the Dockerfile's source, redirections included
	Op         string // what joins it to the command before: "", "&&", "||", ";", "|", "&"
	Nested     bool   // stands inside a loop, condition, subshell, function or command substitution
	Assigns    []Assign
	Args       []Word // the command's name first; empty for a bare assignment
	Redirects  []Redirect
}

// Word is one word of a command.
type Word struct {
	Start, End int
	Text       string // value without quotes where Literal, else as written
	Literal    bool   // holds no variable, substitution or glob
	// Glob reports that an unquoted *, ? or […] is all that a shell would expand,
	// as in COPY-like patterns and in pip's uvicorn[standard]. Text is as written.
	Glob bool
	Vars []string // names of the variables that are put in, in order
}

// Assign is a variable set for one command, or for the rest of the script where
// the command has no name.
type Assign struct {
	Start, End int
	Name       string
	Value      Word
}

// Redirect is a redirection such as >> file.
type Redirect struct {
	FD   string // the number before the operator, "" for the usual one
	Op   string // ">", ">>", "<", ">&", "<<", …
	File Word   // for a here-document its delimiter
	Body Word   // of a here-document
}

// Name is the command's name without its folder, "" where it is not literal.
func (c Command) Name() string {
	if len(c.Args) == 0 || !c.Args[0].Literal {
		return ""
	}
	name := c.Args[0].Text
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			return name[i+1:]
		}
	}
	return name
}

// Words are the texts of the command's words, its name first.
func (c Command) Words() []string {
	out := make([]string, len(c.Args))
	for i, w := range c.Args {
		out[i] = w.Text
	}
	return out
}
