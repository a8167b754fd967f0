package dockerfile

import (
	"path"
	"sort"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Expand puts variables into a word as the frontend does (${X}, ${X:-y}, …).
// Unset variables become empty; a word that cannot be expanded stays as it is.
func Expand(word string, vars map[string]string) string {
	if !strings.ContainsAny(word, "$\\") {
		return word
	}
	lex := shell.NewLex('\\')
	out, _, err := lex.ProcessWord(word, envs(vars))
	if err != nil {
		return word
	}
	return out
}

// envs offers a map as the lexer's environment.
type envs map[string]string

func (e envs) Get(key string) (string, bool) { v, ok := e[key]; return v, ok }

func (e envs) Keys() []string {
	keys := make([]string, 0, len(e))
	for k := range e {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Scope is what holds at one instruction of a stage.
type Scope struct {
	Vars    map[string]string // ARGs with a default and ENVs, values expanded
	Workdir string            // absolute
	User    string            // "" where none is set
	Shell   []string          // nil where SHELL was not used
}

// Scopes gives what holds just before each instruction of the stage, and, as the
// last element, at its end. Base variables, working directory and user of the
// stage's image are given by the caller.
func (s *Stage) Scopes(base Scope) []Scope {
	cur := Scope{Vars: map[string]string{}, Workdir: "/", User: base.User, Shell: base.Shell}
	for k, v := range base.Vars {
		cur.Vars[k] = v
	}
	if base.Workdir != "" {
		cur.Workdir = base.Workdir
	}
	scopes := make([]Scope, 0, len(s.Instructions)+1)
	for _, in := range s.Instructions {
		scopes = append(scopes, cur)
		cur = cur.after(in)
	}
	return append(scopes, cur)
}

// after is the scope behind an instruction. Maps are copied on change, so that
// earlier scopes stay as they were.
func (sc Scope) after(in *Instruction) Scope {
	switch in.Keyword {
	case "ENV", "ARG":
		vars := make(map[string]string, len(sc.Vars)+len(in.Pairs))
		for k, v := range sc.Vars {
			vars[k] = v
		}
		for _, p := range in.Pairs {
			if p.HasValue {
				vars[p.Key] = Expand(Unquote(p.Value), sc.Vars)
			}
		}
		sc.Vars = vars
	case "WORKDIR":
		sc.Workdir = sc.Abs(in.Value())
	case "USER":
		sc.User = Expand(in.Value(), sc.Vars)
	case "SHELL":
		sc.Shell = in.Argv
	}
	return sc
}

// Abs is a path in the image: variables put in, relative ones taken from the
// working directory, cleaned.
func (sc Scope) Abs(p string) string {
	p = Expand(p, sc.Vars)
	if !path.IsAbs(p) {
		p = path.Join(sc.Workdir, p)
	}
	return path.Clean(p)
}
