package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// kind is what a command of a RUN does, as this package sees it.
type kind uint8

const (
	unknown    kind = iota // not understood
	nothing                // leaves nothing that the image needs
	compile                // cargo build, cargo install of the project's own packages
	download               // cargo fetch, rustup
	tool                   // cargo install of somebody else's program
	test                   // cargo test
	lint                   // cargo clippy and other checkers
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
	top  bool   // stands in the Dockerfile, not in a script that it runs
}

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
	in        *plan.Input
	tree      *tree
	manifests map[string]*manifest
	commands  []command
	artifacts []artifact
	built     []built
	foreign   []int             // items that copy from other images
	chowned   map[string]string // path → owner that a COPY or chown gave it
	given     map[string]bool   // the paths that chown gave away
	modes     map[string]string // folder → how chmod set its mode
	clones    bool              // sources come from the network during the build
	scripted  bool              // a script ran: what it reads from the environment is not known
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
	r := &recipe{in: in, tree: newTree(in.Project), manifests: map[string]*manifest{}, chowned: map[string]string{}, given: map[string]bool{}, modes: map[string]string{}}
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
	r.manifests = map[string]*manifest{}
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

// variable is what a setting of the environment is for the command in hand: before the command,
// exported, or set by ENV.
func (r *recipe) variable(name string) string {
	if v, ok := r.set[name]; ok {
		return v
	}
	return r.vars[name]
}
