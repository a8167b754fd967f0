package rust

import (
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// makefile follows make: the recipes of its targets and of what they need.
func (r *recipe) makefile(words []string) kind {
	call := inside.ParseMakeCall(words)
	dir := r.dir
	if call.Dir != "" {
		dir = r.abs(call.Dir)
	}
	m, ok := r.tree.Makefile(dir, call, r.vars)
	if !ok || r.depth > 3 {
		return unknown
	}
	outer := r.dir
	r.dir, r.scripted = dir, true
	r.depth++
	there := func(name string) bool { return r.tree.IsFile(r.abs(name)) || r.tree.IsDir(r.abs(name)) }
	if !m.Follow(call.Goals, there, r.recipeLine) {
		return unknown
	}
	r.depth--
	r.dir = outer
	return nothing
}

// recipeLine follows one line of a recipe, which has a shell of its own.
func (r *recipe) recipeLine(line string) bool {
	script, err := shell.ParseFile(line)
	if err != nil {
		return false
	}
	dir := r.dir
	r.script(script, false)
	r.dir = dir
	return r.refusal == nil
}
