package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// word evaluates a word as far as no expansion is needed.
func (w *walker) word(word *syntax.Word) Word {
	out := Word{}
	out.Start, out.End = w.span(int(word.Pos().Offset()), int(word.End().Offset()))
	e := evaluation{joined: w.joined, literal: true}
	for i, part := range word.Parts {
		last := i == len(word.Parts)-1
		e.part(part, i == 0, last)
	}
	out.Vars = e.vars
	if e.literal && !e.glob {
		out.Text, out.Literal = e.text.String(), true
		return out
	}
	out.Text = w.source[out.Start-w.base : out.End-w.base]
	out.Glob = e.literal
	return out
}

// literal is a word that is a single literal, such as a keyword.
func (w *walker) literal(lit *syntax.Lit) Word {
	return w.word(&syntax.Word{Parts: []syntax.WordPart{lit}})
}

// assign is NAME=value before a command or alone.
func (w *walker) assign(a *syntax.Assign) Assign {
	out := Assign{}
	out.Start, out.End = w.span(int(a.Pos().Offset()), int(a.End().Offset()))
	if a.Name != nil {
		out.Name = a.Name.Value
	}
	switch {
	case a.Value != nil && a.Index == nil && !a.Append:
		out.Value = w.word(a.Value)
	case a.Value == nil && a.Array == nil && a.Index == nil:
		out.Value = Word{Start: out.End, End: out.End, Literal: true}
	default: // arrays and X+=y
		out.Value = Word{Start: out.Start, End: out.End, Text: w.text(out.Start, out.End)}
	}
	return out
}

// declared is one argument of export, local, …: NAME, NAME=value or an option.
func (w *walker) declared(a *syntax.Assign) Word {
	if a.Naked && a.Name == nil && a.Value != nil {
		return w.word(a.Value)
	}
	start, end := w.span(int(a.Pos().Offset()), int(a.End().Offset()))
	out := Word{Start: start, End: end, Text: w.text(start, end)}
	switch {
	case a.Naked && a.Index == nil && a.Array == nil:
		out.Literal = true
	case a.Name != nil && a.Index == nil && a.Array == nil && !a.Append:
		value := Word{Literal: true}
		if a.Value != nil {
			value = w.word(a.Value)
		}
		out.Vars = value.Vars
		if value.Literal {
			out.Text, out.Literal = a.Name.Value+"="+value.Text, true
		}
	}
	return out
}

func (w *walker) text(start, end int) string { return w.source[start-w.base : end-w.base] }

// evaluation takes quotes and escapes away and notes what a shell would expand.
type evaluation struct {
	joined  bool
	text    strings.Builder
	literal bool // nothing but perhaps a glob
	glob    bool
	vars    []string
}

func (e *evaluation) part(part syntax.WordPart, first, last bool) {
	switch p := part.(type) {
	case *syntax.Lit:
		e.unquoted(p.Value, first, last)
	case *syntax.SglQuoted:
		value := p.Value
		if p.Dollar {
			e.literal = false
		}
		if e.joined {
			value = strings.ReplaceAll(value, "\\\n", "")
		}
		e.text.WriteString(value)
	case *syntax.DblQuoted:
		if p.Dollar {
			e.literal = false
		}
		for _, inner := range p.Parts {
			if lit, ok := inner.(*syntax.Lit); ok {
				e.doubleQuoted(lit.Value)
				continue
			}
			e.expansion(inner)
		}
	default:
		e.expansion(part)
	}
}

// expansion is a part whose value is not known; the variables in it are noted.
func (e *evaluation) expansion(part syntax.Node) {
	e.literal = false
	syntax.Walk(part, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil {
			e.vars = append(e.vars, p.Param.Value)
		}
		return true
	})
}

// unquoted is text outside quotes: a backslash takes the next character as it is.
func (e *evaluation) unquoted(text string, first, last bool) {
	if first && strings.HasPrefix(text, "~") {
		e.literal = false
	}
	open := -1 // an unquoted bracket or brace that may begin a pattern
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case '\\':
			if i++; i < len(text) {
				if text[i] != '\n' {
					e.text.WriteByte(text[i])
				}
			}
			continue
		case '*', '?':
			e.glob = true
		case '[', '{':
			open = i
		case ']':
			e.glob = e.glob || open >= 0
		case '}':
			if open >= 0 && text[open] == '{' && strings.ContainsAny(text[open:i], ",.") {
				e.literal = false // {a,b} and {1..3}, which only bash expands
			}
		case '$': // left over by the parser: before a quote it is bash's $'…'
			if i == len(text)-1 && !last {
				e.literal = false
			}
		}
		e.text.WriteByte(c)
	}
	if open >= 0 && !last { // [ or { that is closed behind a quoted part
		e.literal = e.literal && len(text) == 1
	}
}

// doubleQuoted is text within double quotes, where a backslash only takes the
// meaning from $, `, ", itself and a line end.
func (e *evaluation) doubleQuoted(text string) {
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			switch text[i+1] {
			case '$', '`', '"', '\\':
				i++
			case '\n':
				i++
				continue
			}
		}
		e.text.WriteByte(text[i])
	}
}
