package rust

import (
	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// makefile follows make: the recipes of its targets and of what they need.
func (r *recipe) makefile(words []string) compiled.Kind {
	call := inside.ParseMakeCall(words)
	dir := r.Dir
	if call.Dir != "" {
		dir = r.Abs(call.Dir)
	}
	m, ok := r.Tree.Makefile(dir, call, r.Vars)
	if !ok || r.Depth > 3 {
		return compiled.Unknown
	}
	outer := r.Dir
	r.Dir, r.Scripted = dir, true
	r.Depth++
	there := func(name string) bool { return r.Tree.IsFile(r.Abs(name)) || r.Tree.IsDir(r.Abs(name)) }
	if !m.Follow(call.Goals, there, r.recipeLine) {
		return compiled.Unknown
	}
	r.Depth--
	r.Dir = outer
	return compiled.Nothing
}

// recipeLine follows one line of a recipe, which has a shell of its own.
func (r *recipe) recipeLine(line string) bool {
	script, err := shell.ParseFile(line)
	if err != nil {
		return false
	}
	dir := r.Dir
	r.script(script, false)
	r.Dir = dir
	return r.Refusal == nil
}
