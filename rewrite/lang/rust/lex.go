package rust

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/shell"
)

// token is one token of Rust source, as far as it matters here.
type token struct {
	kind byte   // 'i' identifier, 's' string, 'n' number, or the punctuation itself
	text string // of a string its value, with simple escapes put in
	line int
}

// lex splits Rust source into tokens, without comments.
// See https://doc.rust-lang.org/reference/tokens.html.
func lex(src string) []token {
	l := lexer{src: src, line: 1, out: make([]token, 0, len(src)/5)}
	for l.pos < len(src) {
		l.next()
	}
	return l.out
}

type lexer struct {
	src  string
	pos  int
	line int
	out  []token
}

func (l *lexer) add(kind byte, text string) {
	l.out = append(l.out, token{kind: kind, text: text, line: l.line})
}

// skip goes on to end, counting lines.
func (l *lexer) skip(end int) {
	end = min(max(end, l.pos+1), len(l.src))
	l.line += strings.Count(l.src[l.pos:end], "\n")
	l.pos = end
}

func (l *lexer) next() {
	rest := l.src[l.pos:]
	switch c := rest[0]; {
	case c == '\n' || c == ' ' || c == '\t' || c == '\r':
		l.skip(l.pos + 1)
	case strings.HasPrefix(rest, "//"):
		if i := strings.IndexByte(rest, '\n'); i >= 0 {
			l.skip(l.pos + i)
		} else {
			l.skip(len(l.src))
		}
	case strings.HasPrefix(rest, "/*"):
		l.comment()
	case c == '"':
		l.text(1)
	case rawString(rest) >= 0:
		l.raw(rawString(rest))
	case (c == 'b' || c == 'c') && len(rest) > 1 && rest[1] == '"':
		l.text(2)
	case c == '\'':
		l.char(rest)
	case c >= '0' && c <= '9':
		end := 1
		for end < len(rest) && (shell.WordByte(rest[end])) {
			end++
		}
		l.add('n', rest[:end])
		l.skip(l.pos + end)
	case shell.WordByte(c) || c >= 0x80:
		end := 1
		for end < len(rest) && (shell.WordByte(rest[end]) || rest[end] >= 0x80) {
			end++
		}
		l.add('i', rest[:end])
		l.skip(l.pos + end)
	default:
		l.add(c, "")
		l.skip(l.pos + 1)
	}
}

// comment skips a block comment; they nest.
func (l *lexer) comment() {
	depth, i := 0, l.pos
	for i < len(l.src) {
		switch {
		case strings.HasPrefix(l.src[i:], "/*"):
			depth, i = depth+1, i+2
		case strings.HasPrefix(l.src[i:], "*/"):
			depth, i = depth-1, i+2
		default:
			i++
		}
		if depth == 0 {
			break
		}
	}
	l.skip(i)
}

// text reads a string whose quote is the first of the opening bytes' last.
func (l *lexer) text(open int) {
	i := l.pos + open
	for i < len(l.src) && l.src[i] != '"' {
		if l.src[i] == '\\' {
			i++
		}
		i++
	}
	i = min(i, len(l.src))
	value := l.src[min(l.pos+open, i):i]
	if strings.IndexByte(value, '\\') >= 0 {
		value = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\t`, "\t").Replace(value)
	}
	l.add('s', value)
	l.skip(i + 1)
}

// rawString is the number of # of r"…", r#"…"#, br"…", -1 for anything else.
func rawString(s string) int {
	i := 0
	if s[0] == 'b' || s[0] == 'c' {
		i++
	}
	if i >= len(s) || s[i] != 'r' {
		return -1
	}
	n := 0
	for i++; i < len(s) && s[i] == '#'; i++ {
		n++
	}
	if i < len(s) && s[i] == '"' {
		return n
	}
	return -1
}

func (l *lexer) raw(hashes int) {
	start := l.pos + strings.IndexByte(l.src[l.pos:], '"') + 1
	end := strings.Index(l.src[start:], `"`+strings.Repeat("#", hashes))
	if end < 0 {
		end = len(l.src) - start
	}
	l.add('s', l.src[start:start+end])
	l.skip(start + end + 1 + hashes)
}

// char skips a character literal; a lifetime is passed over as punctuation.
func (l *lexer) char(rest string) {
	switch {
	case strings.HasPrefix(rest, `'\`):
		if len(rest) > 3 {
			if i := strings.IndexByte(rest[3:min(len(rest), 14)], '\''); i >= 0 {
				l.skip(l.pos + 3 + i + 1)
				return
			}
		}
		l.skip(l.pos + 1)
	default:
		if i := strings.IndexByte(rest[1:min(len(rest), 7)], '\''); i > 0 && (i == 1 || rest[1] >= 0x80) {
			l.skip(l.pos + i + 2)
			return
		}
		l.skip(l.pos + 1)
	}
}
