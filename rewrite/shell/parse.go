package shell

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// The limits of what is read.
const (
	MaxSize  = 64 << 10 // bytes of one script
	maxDepth = 200      // opening brackets and keywords that stand open at once
)

// SyntaxError says why a script could not be read.
type SyntaxError struct {
	Offset int // byte in the Dockerfile's source, or in the file for ParseFile
	Line   int // line within the script, from 1
	Text   string
}

// Error is the message with its place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("shell script, line %d: %s", e.Line, e.Text)
}

// Parse reads the shell text of one instruction, as dockerfile.File.Script gives
// it. base is the offset of its first byte in the source; the offsets in the
// result are the source's. It is read as a POSIX shell would, which is what
// Docker's default /bin/sh is, and where that fails as bash. The error is a
// *SyntaxError.
func Parse(script string, base int) (*Script, error) {
	return parse(script, base, joinedByDocker(script))
}

// ParseFile reads a shell script file, such as an entry point. Offsets are the
// file's. The error is a *SyntaxError.
func ParseFile(text string) (*Script, error) { return parse(text, 0, false) }

// joinedByDocker reports whether every line of the script ends in a backslash,
// so that Docker hands it to the shell as a single line: then a backslash before
// a line end goes away even within single quotes, and a comment reaches to the
// end. The body of a RUN <<EOF is not so.
func joinedByDocker(script string) bool {
	trimmed := strings.TrimRight(script, " \t\r\n")
	for i := 0; i < len(trimmed); i++ {
		if trimmed[i] == '\n' && (i == 0 || trimmed[i-1] != '\\') {
			return false
		}
	}
	return true
}

// parse reads a script; a panic of the parser becomes an error.
func parse(script string, base int, joined bool) (out *Script, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, &SyntaxError{Offset: base, Line: 1, Text: "the parser gave up on it"}
		}
	}()
	if len(script) > MaxSize {
		return nil, &SyntaxError{Offset: base, Line: 1, Text: fmt.Sprintf("longer than %d bytes", MaxSize)}
	}
	if i := strings.IndexByte(script, 0); i >= 0 {
		return nil, syntaxError(script, base, i, "holds a NUL byte")
	}
	if i, deep := tooDeep(script); deep {
		return nil, syntaxError(script, base, i, "nested too deeply")
	}
	file, err := parseAs(script, syntax.LangPOSIX)
	if err != nil {
		file, err = parseAs(script, syntax.LangBash)
	}
	if err != nil {
		return nil, located(script, base, err)
	}
	w := walker{source: script, base: base, joined: joined, out: &Script{Plain: true}}
	if at, ok := w.hiddenRest(file); ok {
		return nil, syntaxError(script, base, at, "a comment that ends in a line continuation hides what follows")
	}
	w.stmts(file.Stmts, place{})
	return w.out, nil
}

func parseAs(script string, lang syntax.LangVariant) (*syntax.File, error) {
	parser := syntax.NewParser(syntax.Variant(lang), syntax.KeepComments(true))
	return parser.Parse(strings.NewReader(script), "")
}

// tooDeep guards the recursive parser: brackets that stand open at once, and
// keywords that may. It overcounts, which is harmless at this limit.
func tooDeep(script string) (at int, deep bool) {
	depth, ticks := 0, 0
	for i := 0; i < len(script); i++ {
		switch script[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth = max(depth-1, 0)
		case '`':
			ticks++
		case '\\':
			i++
		}
		if depth > maxDepth || ticks > maxDepth {
			return i, true
		}
	}
	for _, word := range []string{"if", "while", "until", "for", "case", "select", "function", "time", "coproc", "!"} {
		if strings.Count(script, word) > 5*maxDepth {
			return 0, true
		}
	}
	return 0, false
}

// located turns the parser's error into ours.
func located(script string, base int, err error) error {
	var parseErr syntax.ParseError
	if errors.As(err, &parseErr) {
		return syntaxError(script, base, int(parseErr.Pos.Offset()), parseErr.Text)
	}
	var langErr syntax.LangError
	if errors.As(err, &langErr) {
		return syntaxError(script, base, int(langErr.Pos.Offset()), langErr.Feature+" is not a feature of bash")
	}
	return syntaxError(script, base, 0, err.Error())
}

func syntaxError(script string, base, at int, text string) error {
	at = min(max(at, 0), len(script))
	return &SyntaxError{Offset: base + at, Line: 1 + strings.Count(script[:at], "\n"), Text: text}
}
