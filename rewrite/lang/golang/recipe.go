package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// kind is what a command of a RUN does, as Go's package sees it.
type kind uint8

const (
	unknown    kind = iota // not understood
	nothing                // leaves nothing that the image needs
	compile                // go build, go install of the project's own packages
	download               // go mod download
	resolve                // go mod tidy, go get
	tool                   // go install of somebody else's program
	test                   // go test
	lint                   // go vet and other checkers
	generate               // writes sources or assets into the source tree
	system                 // installs system packages
	update                 // refreshes the package index, cleans up behind it
	account                // creates users
	permission             // chmod, chown
	files                  // arranges files at known places
	fetch                  // brings one known file from the network
)

// command is one simple command of the author's with what is known about it.
type command struct {
	shell.Command
	item int // index in Input.Items
	kind kind
	dir  string // where it runs
	top  bool   // stands in the Dockerfile, not in a Makefile or script that it runs
}

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
	in        *plan.Input
	tree      *tree
	commands  []command
	artifacts []artifact
	foreign   []int             // items that copy from other images
	chowned   map[string]string // path → owner that a COPY or chown gave it
	given     map[string]bool   // the paths that chown gave away
	modes     map[string]string // folder → how chmod set its mode
	clones    bool              // sources come from the network during the build
	initial   map[string]bool   // folders in which go mod init was run
	scripted  bool              // a Makefile or script ran: what it reads from the environment is not known
	main      map[string]bool   // folders whose sources are a main package, as far as they were looked at
	refusal   *plan.Refusal

	// where the reader stands
	item  int
	depth int
	dir   string
	piped bool // the output of the command in hand goes to the next one
	vars  map[string]string
	set   map[string]string // variables of the command in hand
}

// read follows the author's instructions.
func read(in *plan.Input) *recipe {
	r := &recipe{in: in, tree: newTree(in.Project), chowned: map[string]string{}, given: map[string]bool{}, modes: map[string]string{}, initial: map[string]bool{}, main: map[string]bool{}}
	for i, it := range in.Items {
		if r.refusal != nil {
			break
		}
		r.item, r.dir, r.vars = i, it.Scope.Workdir, copyVars(it.Scope.Vars)
		switch it.Keyword {
		case "COPY", "ADD":
			r.copy(it)
		case "RUN":
			r.run(it)
		}
	}
	return r
}

func copyVars(vars map[string]string) map[string]string {
	out := make(map[string]string, len(vars))
	for k, v := range vars {
		out[k] = v
	}
	return out
}

func (r *recipe) refuse(code plan.Code, why, remedy string) {
	if r.refusal == nil {
		r.refusal = r.in.Refuse(code, r.in.Items[r.item], why, remedy)
	}
}

func (r *recipe) copy(it plan.Item) {
	if from, ok := it.Flag("from"); ok && from != "" {
		r.foreign = append(r.foreign, r.item)
		for _, s := range it.Sources() {
			dest := it.Scope.Abs(it.Dest())
			if strings.HasSuffix(it.Dest(), "/") {
				dest = path.Join(dest, path.Base(s))
			}
			r.tree.Add(dest, "")
		}
		return
	}
	if owner, ok := it.Flag("chown"); ok {
		r.chowned[it.Scope.Abs(it.Dest())] = dockerfile.Expand(owner, it.Scope.Vars)
	}
	for _, h := range it.Heredocs {
		r.tree.Add(heredocPath(it, h.Name), "")
	}
	if missing := r.tree.Copy(it); missing != "" {
		r.refuse(plan.BrokenOriginal, missing+" is not in the build context", "name files that the repository has, or leave the line out")
	}
}

func heredocPath(it plan.Item, name string) string {
	dest := it.Scope.Abs(it.Dest())
	if strings.HasSuffix(it.Dest(), "/") {
		return path.Join(dest, name)
	}
	return dest
}

func (r *recipe) run(it plan.Item) {
	switch {
	case it.JSON:
		r.command(argvCommand(it.Argv), true)
	case it.Script == nil:
		why := "its commands cannot be read"
		if it.ParseErr != nil {
			why = it.ParseErr.Error()
		}
		r.refuse(plan.UnknownWriteSet, why, "write the step as a list of plain commands")
	default:
		r.script(it.Script, true)
	}
}

func argvCommand(argv []string) shell.Command {
	var c shell.Command
	for _, a := range argv {
		c.Args = append(c.Args, shell.Word{Text: a, Literal: true})
	}
	return c
}

// script follows the commands of a shell script. A folder that a subshell changed
// to holds for its own commands only.
func (r *recipe) script(s *shell.Script, top bool) {
	outer, nested := r.dir, false
	for i, c := range s.Commands {
		r.piped = i+1 < len(s.Commands) && s.Commands[i+1].Op == "|"
		switch {
		case c.Nested && !nested:
			outer, nested = r.dir, true
		case !c.Nested && nested:
			r.dir, nested = outer, false
		}
		r.command(c, top)
	}
	if nested {
		r.dir = outer
	}
}

// command classes one command and follows what it does to files.
func (r *recipe) command(c shell.Command, top bool) {
	if len(r.commands) > 5000 {
		r.refuse(plan.TreeTooLarge, "it runs more than 5,000 commands", "")
		return
	}
	c = c.Unwrapped()
	r.set = map[string]string{}
	for _, a := range c.Assigns {
		value, _ := r.word(a.Value)
		r.set[a.Name] = value
		if len(c.Args) == 0 {
			r.vars[a.Name] = value
		}
	}
	at := len(r.commands)
	r.commands = append(r.commands, command{Command: c, item: r.item, dir: r.dir, top: top})
	r.commands[at].kind = r.follow(c)
	if r.commands[at].kind == unknown {
		r.refuse(plan.UnknownWriteSet, "what "+quoteCommand(r.in, c)+" writes is not known",
			"leave the step out of the image, or write its result to a folder that the file names")
	}
}

// quoteCommand names a command for people.
func quoteCommand(in *plan.Input, c shell.Command) string {
	words := c.Words()
	if len(words) > 3 {
		words = append(words[:3:3], "…")
	}
	text := strings.Join(words, " ")
	if len(text) > 80 {
		text = strings.ToValidUTF8(text[:80], "") + "…"
	}
	return "\"" + text + "\""
}

// word is a word's value with variables put in; ok is false where it is not known.
func (r *recipe) word(w shell.Word) (string, bool) {
	if w.Literal || w.Glob {
		return w.Text, true
	}
	if strings.Contains(w.Text, "$(") || strings.Contains(w.Text, "`") {
		return w.Text, false
	}
	known := true
	for _, v := range w.Vars {
		if _, ok := r.vars[v]; !ok {
			known = false
		}
	}
	return dockerfile.Expand(w.Text, r.vars), known
}

// words are a command's words behind its name, as far as they are known.
func (r *recipe) words(c shell.Command) []string {
	out := make([]string, 0, len(c.Args))
	for _, a := range c.Args[1:] {
		text, _ := r.word(a)
		out = append(out, text)
	}
	return out
}

// abs is a path as the command in hand sees it.
func (r *recipe) abs(p string) string {
	if !path.IsAbs(p) {
		p = path.Join(r.dir, p)
	}
	return path.Clean(p)
}

// variable is what a Go setting is for the command in hand: before the command,
// exported, or set by ENV.
func (r *recipe) variable(name string) string {
	if v, ok := r.set[name]; ok {
		return v
	}
	return r.vars[name]
}
