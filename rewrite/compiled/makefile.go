package compiled

import (
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// Makefile follows make: the recipes of its targets and of what they need. Each line of a
// recipe is given to follow as a script of its own.
func (d *Design) Makefile(words []string, follow func(*shell.Script)) Kind {
	call := inside.ParseMakeCall(words)
	dir := d.Dir
	if call.Dir != "" {
		dir = d.Abs(call.Dir)
	}
	m, ok := d.Tree.Makefile(dir, call, d.Vars)
	if !ok || d.Depth > 3 {
		return Unknown
	}
	outer := d.Dir
	d.Dir, d.Scripted = dir, true
	d.Depth++
	defer func() { d.Dir, d.Depth = outer, d.Depth-1 }()
	there := func(name string) bool { return d.Tree.IsFile(d.Abs(name)) || d.Tree.IsDir(d.Abs(name)) }
	line := func(text string) bool {
		script, err := shell.ParseFile(text)
		if err != nil {
			return false
		}
		dir := d.Dir
		follow(script)
		d.Dir = dir
		return d.Refusal == nil
	}
	if !m.Follow(call.Goals, there, line) {
		return Unknown
	}
	return Nothing
}
