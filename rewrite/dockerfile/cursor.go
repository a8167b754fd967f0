package dockerfile

import (
	"bytes"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// cursor walks the words of one instruction in the source bytes, over
// continuations and the comment and empty lines inside them.
type cursor struct {
	f    *File
	pos  int
	end  int // end of the arguments: before the last line end and before heredoc bodies
	docs []Heredoc
}

func newCursor(f *File, span Span, docs []parser.Heredoc) *cursor {
	c := &cursor{f: f, pos: span.Start}
	if bytes.HasPrefix(f.Source[c.pos:span.End], []byte("\xef\xbb\xbf")) {
		c.pos += 3
	}
	c.end = c.logicalEnd(span)
	c.readHeredocs(span, docs)
	for c.end > c.pos && isSpace(f.Source[c.end-1]) {
		c.end--
	}
	return c
}

// logicalEnd finds the end of the instruction's own lines, where heredoc bodies
// would begin: the first line that is neither continued, nor a comment or empty
// line within a continuation.
func (c *cursor) logicalEnd(span Span) int {
	for pos, first := span.Start, true; pos < span.End; first = false {
		next := c.lineEnd(pos, span.End)
		line := c.f.Source[pos:next]
		skip := !first && (isComment(line) || len(bytes.TrimSpace(line)) == 0)
		if !skip && c.continuation(line) < 0 {
			return next
		}
		pos = next
	}
	return span.End
}

// lineEnd is the offset behind the line that starts at pos.
func (c *cursor) lineEnd(pos, limit int) int {
	if i := bytes.IndexByte(c.f.Source[pos:limit], '\n'); i >= 0 {
		return pos + i + 1
	}
	return limit
}

// continuation is the index of the escape character that continues the line, or
// -1. BuildKit accepts blanks behind it.
func (c *cursor) continuation(line []byte) int {
	line = bytes.TrimRight(line, " \t\r\n")
	if n := len(line); n > 0 && line[n-1] == c.f.Escape {
		return n - 1
	}
	return -1
}

// readHeredocs places the bodies that BuildKit found.
func (c *cursor) readHeredocs(span Span, docs []parser.Heredoc) {
	pos := c.end
	for _, d := range docs {
		h := Heredoc{Name: d.Name, Expand: d.Expand, Chomp: d.Chomp, Content: d.Content}
		h.Body = Span{Start: pos, End: min(pos+len(d.Content), span.End)}
		pos = c.lineEnd(h.Body.End, span.End) // the terminator
		c.docs = append(c.docs, h)
	}
}

func (c *cursor) heredocs() []Heredoc { return c.docs }

// rest is what is left of the arguments, from the next word on.
func (c *cursor) rest() Span {
	c.skip()
	return Span{Start: c.pos, End: max(c.pos, c.end)}
}

// word is the next word, quotes kept; its Text is empty at the end. A word that
// a continuation cuts is joined in Text, as BuildKit joins it.
func (c *cursor) word() Word {
	c.skip()
	start := c.pos
	var text []byte
	var quote byte
	for c.pos < c.end {
		if next, ok := c.continued(); ok {
			c.pos = next
			continue
		}
		b := c.f.Source[c.pos]
		switch {
		case quote == 0 && isSpace(b):
			return Word{Text: string(text), Span: Span{start, c.pos}}
		case b == c.f.Escape && quote != '\'' && c.pos+1 < c.end:
			text = append(text, b)
			c.pos++
			b = c.f.Source[c.pos]
		case quote == 0 && (b == '"' || b == '\''):
			quote = b
		case b == quote:
			quote = 0
		}
		text = append(text, b)
		c.pos++
	}
	return Word{Text: string(text), Span: Span{start, c.pos}}
}

// skip moves over white space and continuations to the next word.
func (c *cursor) skip() {
	for c.pos < c.end {
		if next, ok := c.continued(); ok {
			c.pos = next
		} else if isSpace(c.f.Source[c.pos]) {
			c.pos++
		} else {
			return
		}
	}
}

// continued reports whether an escape character that continues the line stands
// at the cursor, and where the text goes on: behind the comment and empty lines
// that follow.
func (c *cursor) continued() (next int, ok bool) {
	lineEnd := c.lineEnd(c.pos, c.end)
	if c.continuation(c.f.Source[c.pos:lineEnd]) != 0 {
		return 0, false
	}
	for pos := lineEnd; pos < c.end; {
		next := c.lineEnd(pos, c.end)
		line := c.f.Source[pos:next]
		if !isComment(line) && len(bytes.TrimSpace(line)) > 0 {
			return pos, true
		}
		pos = next
	}
	return c.end, true
}

func isSpace(b byte) bool {
	return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == '\v' || b == '\f'
}

func isComment(line []byte) bool {
	line = bytes.TrimLeft(line, " \t\v\f\r")
	return len(line) > 0 && line[0] == '#'
}
