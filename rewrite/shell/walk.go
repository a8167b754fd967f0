package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// walker collects the simple commands of a syntax tree.
type walker struct {
	source string // the script
	base   int
	joined bool
	out    *Script
}

// place is where a statement stands.
type place struct {
	op     string // what joins its first command to the one before
	nested bool
}

// inner is the first place within a compound command: it has no join of its own.
func (p place) inner() place { return place{nested: true} }

// hiddenRest finds a comment whose line Docker joins with the next ones: for the
// shell all that follows is part of the comment.
func (w *walker) hiddenRest(file *syntax.File) (at int, found bool) {
	if !w.joined {
		return 0, false
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		if c, ok := node.(*syntax.Comment); ok && !found {
			at = min(int(c.Pos().Offset()), len(w.source))
			if i := strings.IndexByte(w.source[at:], '\n'); i >= 0 {
				found = strings.TrimSpace(w.source[at+i:]) != ""
			}
		}
		return true
	})
	return at, found
}

// stmts are the statements of a list, joined by ; or & or a line end.
func (w *walker) stmts(list []*syntax.Stmt, at place) {
	for i, stmt := range list {
		here := at
		if i > 0 {
			here.op = ";"
			if list[i-1].Background {
				here.op = "&"
			}
		}
		w.stmt(stmt, here)
	}
}

// stmt is one statement with its redirections.
func (w *walker) stmt(stmt *syntax.Stmt, at place) {
	if stmt.Negated || stmt.Background || stmt.Coprocess || stmt.Disown {
		w.out.Plain = false
	}
	for _, r := range stmt.Redirs {
		if r.Hdoc != nil {
			w.out.Plain = false
		}
	}
	switch cmd := stmt.Cmd.(type) {
	case nil:
		w.simple(stmt, at, nil, nil)
	case *syntax.CallExpr:
		w.simple(stmt, at, cmd.Assigns, cmd.Args)
	case *syntax.DeclClause:
		w.declaration(stmt, at, cmd)
	case *syntax.BinaryCmd:
		w.binary(cmd, at)
	default:
		w.out.Plain = false
		w.compound(stmt, at)
		w.redirectSubstitutions(stmt)
	}
}

// binary is a && b, a || b or a | b.
func (w *walker) binary(cmd *syntax.BinaryCmd, at place) {
	op := cmd.Op.String()
	if op != "&&" {
		w.out.Plain = false
	}
	w.stmt(cmd.X, at)
	at.op = op
	w.stmt(cmd.Y, at)
}

// compound is everything that holds statements of its own.
func (w *walker) compound(stmt *syntax.Stmt, at place) {
	first := place{op: at.op, nested: true}
	switch cmd := stmt.Cmd.(type) {
	case *syntax.Block:
		w.stmts(cmd.Stmts, first)
	case *syntax.Subshell:
		w.stmts(cmd.Stmts, first)
	case *syntax.IfClause:
		w.ifClause(cmd, first)
	case *syntax.WhileClause:
		w.stmts(cmd.Cond, first)
		w.stmts(cmd.Do, at.inner())
	case *syntax.ForClause:
		w.substitutions(cmd.Loop)
		w.stmts(cmd.Do, first)
	case *syntax.CaseClause:
		w.substitutions(cmd.Word)
		for _, item := range cmd.Items {
			w.stmts(item.Stmts, at.inner())
		}
	case *syntax.FuncDecl:
		w.stmt(cmd.Body, at.inner())
	case *syntax.TimeClause:
		if cmd.Stmt != nil {
			w.stmt(cmd.Stmt, at)
		}
	case *syntax.CoprocClause:
		w.stmt(cmd.Stmt, first)
	default: // [[ … ]], (( … )), let
		w.opaque(stmt, at)
	}
}

func (w *walker) ifClause(cmd *syntax.IfClause, at place) {
	w.stmts(cmd.Cond, at)
	w.stmts(cmd.Then, at.inner())
	if cmd.Else != nil {
		w.ifClause(cmd.Else, at.inner())
	}
}

// opaque is a test or arithmetic command: its text is its one word.
func (w *walker) opaque(stmt *syntax.Stmt, at place) {
	name := "let"
	switch stmt.Cmd.(type) {
	case *syntax.TestClause:
		name = "[["
	case *syntax.ArithmCmd:
		name = "(("
	}
	c := w.command(stmt, at)
	start := w.base + int(stmt.Cmd.Pos().Offset())
	c.Args = []Word{{Start: start, End: start + len(name), Text: name, Literal: true}}
	w.out.Commands = append(w.out.Commands, c)
	w.substitutions(stmt.Cmd)
}

// simple is one simple command, followed by those of its substitutions.
func (w *walker) simple(stmt *syntax.Stmt, at place, assigns []*syntax.Assign, args []*syntax.Word) {
	c := w.command(stmt, at)
	for _, a := range assigns {
		c.Assigns = append(c.Assigns, w.assign(a))
	}
	for _, arg := range args {
		c.Args = append(c.Args, w.word(arg))
	}
	switch c.Name() {
	case "[", "[[", "test": // the next command runs on a condition
		w.out.Plain = false
	}
	w.out.Commands = append(w.out.Commands, c)
	for _, a := range assigns {
		w.substitutions(a)
	}
	for _, arg := range args {
		w.substitutions(arg)
	}
	w.redirectSubstitutions(stmt)
}

// declaration is export, local, declare and their like in bash.
func (w *walker) declaration(stmt *syntax.Stmt, at place, cmd *syntax.DeclClause) {
	c := w.command(stmt, at)
	c.Args = append(c.Args, w.literal(cmd.Variant))
	for _, a := range cmd.Args {
		c.Args = append(c.Args, w.declared(a))
	}
	w.out.Commands = append(w.out.Commands, c)
	w.substitutions(cmd)
	w.redirectSubstitutions(stmt)
}

// command has the span and redirections of a simple command.
func (w *walker) command(stmt *syntax.Stmt, at place) Command {
	c := Command{Op: at.op, Nested: at.nested}
	start, end := int(stmt.Position.Offset()), int(stmt.Position.Offset())
	if stmt.Cmd != nil {
		start, end = min(start, int(stmt.Cmd.Pos().Offset())), int(stmt.Cmd.End().Offset())
	}
	for _, r := range stmt.Redirs {
		start = min(start, int(r.Pos().Offset()))
		end = max(end, int(r.Word.End().Offset()))
		redirect := Redirect{Op: r.Op.String(), File: w.word(r.Word)}
		if r.N != nil {
			redirect.FD = r.N.Value
		}
		if r.Hdoc != nil {
			redirect.Body = w.word(r.Hdoc)
		}
		c.Redirects = append(c.Redirects, redirect)
	}
	c.Start, c.End = w.span(start, end)
	return c
}

// substitutions are the commands within $(…) and <(…) of a node.
func (w *walker) substitutions(node syntax.Node) {
	if node == nil {
		return
	}
	syntax.Walk(node, func(n syntax.Node) bool {
		switch s := n.(type) {
		case *syntax.CmdSubst:
			w.substituted(s.Stmts)
			return false
		case *syntax.ProcSubst:
			w.substituted(s.Stmts)
			return false
		}
		return true
	})
}

// substituted keeps Plain: the whole substitution is part of its command.
func (w *walker) substituted(stmts []*syntax.Stmt) {
	plain := w.out.Plain
	w.stmts(stmts, place{nested: true})
	w.out.Plain = plain
}

func (w *walker) redirectSubstitutions(stmt *syntax.Stmt) {
	for _, r := range stmt.Redirs {
		w.substitutions(r.Word)
		if r.Hdoc != nil {
			w.substitutions(r.Hdoc)
		}
	}
}

// span is a range of the source without blanks and continuations at its ends.
func (w *walker) span(start, end int) (int, int) {
	end = min(end, len(w.source))
	start = min(start, end)
	for end > start {
		n := w.trailing(end)
		if n == 0 || end-n < start {
			break
		}
		end -= n
	}
	return w.base + start, w.base + end
}

// trailing counts the bytes before end that belong to no word: a blank, a line
// continuation, or the half of one, or of a CRLF, that the parser counted in.
func (w *walker) trailing(end int) int {
	last, beforeLineEnd := w.source[end-1], end < len(w.source) && w.source[end] == '\n'
	switch escaped := w.escaped(end - 1); {
	case last == '\n' && escaped:
		return 2
	case (last == ' ' || last == '\t' || last == '\n') && !escaped:
		return 1
	case (last == '\r' || last == '\\') && beforeLineEnd && !escaped:
		return 1
	}
	return 0
}

// escaped reports an odd number of backslashes before a byte.
func (w *walker) escaped(at int) bool {
	n := 0
	for at-n > 0 && w.source[at-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}
