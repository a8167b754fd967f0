package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// artifact is a program that a step makes.
type artifact struct {
	path string // in the image
	item int    // index in Input.Items; -1 for one that we add
	dir  string // of its package; "" where it is somebody else's program
	line cargoCommand
	musl bool // for a target with musl, linked statically unless flags say otherwise
}

// built is a folder that cargo put programs into.
type built struct {
	dir   string // target/release
	known bool   // which programs there are is known
	artifact
}

// recipe is what the author's steps do, in order.
type recipe struct {
	*compiled.Design
	manifests map[string]*manifest
	artifacts []artifact
	built     []built
}

// read follows the author's instructions.
func read(in *plan.Input) *recipe {
	r := &recipe{Design: compiled.New(in, newTree(in.Project)), manifests: map[string]*manifest{}}
	for i, it := range in.Items {
		if r.Refusal != nil {
			break
		}
		r.Item, r.Dir, r.Vars = i, it.Scope.Workdir, compiled.CopyVars(it.Scope.Vars)
		switch it.Keyword {
		case "COPY", "ADD":
			r.copy(it)
		case "RUN":
			r.run(it)
		}
	}
	return r
}

func (r *recipe) copy(it plan.Item) {
	if from, ok := it.Flag("from"); ok && from != "" {
		r.Foreign = append(r.Foreign, r.Item)
		for _, s := range it.Sources() {
			dest := it.Scope.Abs(it.Dest())
			if strings.HasSuffix(it.Dest(), "/") {
				dest = path.Join(dest, path.Base(s))
			}
			r.Tree.Add(dest, "")
		}
		return
	}
	if owner, ok := it.Flag("chown"); ok {
		r.Chowned[it.Scope.Abs(it.Dest())] = dockerfile.Expand(owner, it.Scope.Vars)
	}
	for _, h := range it.Heredocs {
		r.Tree.Add(compiled.HeredocPath(it, h.Name), "")
	}
	r.manifests = map[string]*manifest{}
	if missing := r.Tree.Copy(it); missing != "" {
		r.Refuse(plan.BrokenOriginal, missing+" is not in the build context", "name files that the repository has, or leave the line out")
	}
}

// run follows a RUN. What it leaves in a cache of its own is not in the image (H68).
func (r *recipe) run(it plan.Item) {
	r.commandsOf(it)
	for _, f := range it.Flags {
		if dir, ok := cacheTarget(f); ok {
			r.uncompile(it.Scope.Abs(dir))
		}
	}
}

// cacheTarget is the folder of a --mount=type=cache.
func cacheTarget(f dockerfile.Flag) (string, bool) {
	if f.Name != "mount" || !strings.Contains(f.Value, "type=cache") {
		return "", false
	}
	for _, part := range strings.Split(f.Value, ",") {
		key, value, _ := strings.Cut(part, "=")
		if key == "target" || key == "dst" || key == "destination" {
			return dockerfile.Unquote(value), true
		}
	}
	return "", false
}

func (r *recipe) commandsOf(it plan.Item) {
	switch {
	case it.JSON:
		r.command(compiled.ArgvCommand(it.Argv), true)
	case it.Script == nil:
		why := "its commands cannot be read"
		if it.ParseErr != nil {
			why = it.ParseErr.Error()
		}
		r.Refuse(plan.UnknownWriteSet, why, "write the step as a list of plain commands")
	default:
		r.script(it.Script, true)
	}
}

// script follows the commands of a shell script. A folder that a subshell changed
// to holds for its own commands only.
func (r *recipe) script(s *shell.Script, top bool) {
	outer, nested := r.Dir, false
	for i, c := range s.Commands {
		r.Piped = i+1 < len(s.Commands) && s.Commands[i+1].Op == "|"
		switch {
		case c.Nested && !nested:
			outer, nested = r.Dir, true
		case !c.Nested && nested:
			r.Dir, nested = outer, false
		}
		r.command(c, top)
	}
	if nested {
		r.Dir = outer
	}
}

// command classes one command and follows what it does to files.
func (r *recipe) command(c shell.Command, top bool) {
	if len(r.Commands) > 5000 {
		r.Refuse(plan.TreeTooLarge, "it runs more than 5,000 commands", "")
		return
	}
	c = c.Unwrapped()
	r.Set = map[string]string{}
	for _, a := range c.Assigns {
		value, _ := r.Word(a.Value)
		r.Set[a.Name] = value
		if len(c.Args) == 0 {
			r.Vars[a.Name] = value
		}
	}
	at := len(r.Commands)
	r.Commands = append(r.Commands, compiled.Command{Command: c, Item: r.Item, Dir: r.Dir, Top: top})
	r.Commands[at].Kind = r.follow(c)
	if r.Commands[at].Kind == compiled.Unknown {
		r.Refuse(plan.UnknownWriteSet, "what "+compiled.QuoteCommand(c)+" writes is not known",
			"leave the step out of the image, or write its result to a folder that the file names")
	}
}
