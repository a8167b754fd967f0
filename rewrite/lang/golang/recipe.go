package golang

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
	path  string   // in the image
	item  int      // index in Input.Items; -1 for one that we add
	roots []string // folders and .go files of its main package; none where it is somebody else's program
	dir   string   // where the command ran
	line  goCommand
	env   map[string]string // what was set for it: CGO_ENABLED, …
}

// recipe is what the author's steps do, in order.
type recipe struct {
	*compiled.Design
	Tree      *tree
	artifacts []artifact
	initial   map[string]bool // folders in which go mod init was run
	main      map[string]bool // folders whose sources are a main package, as far as they were looked at
}

// read follows the author's instructions.
func read(in *plan.Input) *recipe {
	tree := newTree(in.Project)
	r := &recipe{Design: compiled.New(in, tree.Tree), Tree: tree, initial: map[string]bool{}, main: map[string]bool{}}
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
	if missing := r.Tree.Copy(it); missing != "" {
		r.Refuse(plan.BrokenOriginal, missing+" is not in the build context", "name files that the repository has, or leave the line out")
	}
}

func (r *recipe) run(it plan.Item) {
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
