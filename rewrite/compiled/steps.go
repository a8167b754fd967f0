package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// Refuse gives the design up at the item in hand; the first reason counts.
func (d *Design) Refuse(code plan.Code, why, remedy string) {
	if d.Refusal == nil {
		d.Refusal = d.In.Refuse(code, d.In.Items[d.Item], why, remedy)
	}
}

// word is a word's value with variables put in; ok is false where it is not known.
func (d *Design) Word(w shell.Word) (string, bool) {
	if w.Literal || w.Glob {
		return w.Text, true
	}
	if strings.Contains(w.Text, "$(") || strings.Contains(w.Text, "`") {
		return w.Text, false
	}
	known := true
	for _, v := range w.Vars {
		if _, ok := d.Vars[v]; !ok {
			known = false
		}
	}
	return dockerfile.Expand(w.Text, d.Vars), known
}

// words are a command's words behind its name, as far as they are known.
func (d *Design) Words(c shell.Command) []string {
	out := make([]string, 0, len(c.Args))
	for _, a := range c.Args[1:] {
		text, _ := d.Word(a)
		out = append(out, text)
	}
	return out
}

// Abs is a path as the command in hand sees it.
func (d *Design) Abs(p string) string {
	if !path.IsAbs(p) {
		p = path.Join(d.Dir, p)
	}
	return path.Clean(p)
}

// Variable is what a Go setting is for the command in hand: before the command,
// exported, or set by ENV.
func (d *Design) Variable(name string) string {
	if v, ok := d.Set[name]; ok {
		return v
	}
	return d.Vars[name]
}
