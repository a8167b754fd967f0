package node

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// execForm turns a CMD in shell form into the exec form that does the same, where
// no feature of the shell is used (H83). npm stays: as process 1 it passes signals
// on to a program that does not handle them, which node as process 1 would not
// (H28).
func (d *designer) execForm(s step) plan.Step {
	if s.JSON || d.in.Hints.AsWritten || len(d.in.End.Shell) > 0 || d.hasEntrypoint() || s.Index != d.lastCommand() {
		return d.keepItem(s)
	}
	text, _, ok := d.in.File.Script(s.Instruction)
	if !ok {
		return d.keepItem(s)
	}
	argv, ok := shell.Argv(s.Script, text)
	if !ok || strings.ContainsAny(strings.Join(argv, ""), "\\\"") {
		return d.keepItem(s)
	}
	form := shell.ExecForm(argv)
	ev := d.in.Evidence(s.Item, "the shell form uses no feature of a shell")
	d.covered[s.Index] = true
	d.plan.Dropped = append(d.plan.Dropped, plan.Dropped{Span: s.Args, Evidence: ev})
	d.plan.Changes = append(d.plan.Changes, plan.Change{Field: plan.FieldCommand, Before: strings.TrimSpace(text), After: form, Evidence: ev})
	return plan.Cut{Span: s.Span, Edits: []plan.Edit{{Span: s.Args, Text: form}}, Evidence: ev}
}

// hasEntrypoint reports an ENTRYPOINT of the file.
func (d *designer) hasEntrypoint() bool {
	for _, s := range d.steps {
		if s.Keyword == "ENTRYPOINT" {
			return true
		}
	}
	return false
}

// lastCommand is the index of the CMD that counts.
func (d *designer) lastCommand() int {
	at := -1
	for i, s := range d.steps {
		if s.Keyword == "CMD" {
			at = i
		}
	}
	return at
}
