package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
)

// arranger follows one command that arranges files; ok is false where its words
// do not tell what it does.
type arranger func(r *recipe, words, operands []string) (k compiled.Kind, ok bool)

var arrangers = map[string]arranger{
	"cd": (*recipe).ChangeDir, "pushd": (*recipe).ChangeDir, "export": (*recipe).Export,
	"mkdir": (*recipe).MakeDirs, "touch": (*recipe).touch, "rm": (*recipe).removes, "rmdir": (*recipe).removes, "ln": (*recipe).Link,
	"cp":    func(r *recipe, _, operands []string) (compiled.Kind, bool) { return r.moved("cp", operands), true },
	"mv":    func(r *recipe, _, operands []string) (compiled.Kind, bool) { return r.moved("mv", operands), true },
	"tar":   func(r *recipe, words, _ []string) (compiled.Kind, bool) { return r.Unpacked("tar", words), true },
	"unzip": func(r *recipe, words, _ []string) (compiled.Kind, bool) { return r.Unpacked("unzip", words), true },
	"chown": (*recipe).Chown,
	"chmod": func(r *recipe, words, _ []string) (compiled.Kind, bool) {
		r.Chmod(words)
		return compiled.Permission, true
	},
}

// file follows the commands that arrange files. ok is false for all others, and
// for words that are not known.
func (r *recipe) file(name string, words []string) (compiled.Kind, bool) {
	follow, ok := arrangers[name]
	if !ok {
		return compiled.Unknown, false
	}
	var operands []string
	for _, w := range words {
		if len(w) > 1 && w[0] == '-' {
			continue
		}
		if strings.Contains(w, "$") || strings.Contains(w, "`") {
			return compiled.Unknown, false
		}
		operands = append(operands, w)
	}
	return follow(r, words, operands)
}

func (r *recipe) touch(_, operands []string) (compiled.Kind, bool) {
	for _, w := range operands {
		if !r.Tree.IsFile(r.Abs(w)) {
			r.Tree.Add(r.Abs(w), "")
			r.Tree.Make(r.Abs(w))
		}
	}
	return compiled.Files, true
}

func (r *recipe) removes(_, operands []string) (compiled.Kind, bool) {
	k := compiled.Nothing
	for _, w := range operands {
		r.Tree.Remove(r.Abs(w))
		r.uncompile(r.Abs(w))
		if strings.HasPrefix(w, "/var/lib/apt") || strings.HasPrefix(w, "/var/cache") {
			k = compiled.Update
		}
	}
	return k, true
}

// moved follows cp and mv, of files and of programs that were built.
func (r *recipe) moved(name string, operands []string) compiled.Kind {
	if len(operands) < 2 {
		return compiled.Unknown
	}
	to := r.Abs(operands[len(operands)-1])
	into := len(operands) > 2 || strings.HasSuffix(operands[len(operands)-1], "/") || r.Tree.IsDir(to)
	for _, w := range operands[:len(operands)-1] {
		from, dest := r.Abs(w), to
		if into {
			dest = path.Join(to, path.Base(from))
		}
		if a, ok := r.madeAt(from); ok && len(r.artifacts) < 1000 {
			r.artifact(a) // also where which programs there are is not known
		}
		for i := range r.artifacts {
			if a := &r.artifacts[i]; a.path == from && name == "mv" {
				a.path, a.item = dest, r.Item
			} else if a.path == from {
				again := *a
				again.path, again.item = dest, r.Item
				r.artifacts = append(r.artifacts, again)
				break
			}
		}
		switch {
		case strings.ContainsAny(w, "*?["):
			r.Tree.Opaque = append(r.Tree.Opaque, to)
		default:
			r.Tree.Move(from, dest, name == "cp")
		}
		if !r.InSources(dest) {
			r.Tree.Make(dest)
		}
	}
	return compiled.Files
}

// uncompile forgets programs that were removed again.
func (r *recipe) uncompile(name string) {
	var kept []artifact
	for _, a := range r.artifacts {
		if !inside.Below(a.path, name) && !inside.MatchAbove(name, a.path) {
			kept = append(kept, a)
		}
	}
	r.artifacts = kept
	var folders []built
	for _, b := range r.built {
		if !inside.Below(b.dir, name) {
			folders = append(folders, b)
		}
	}
	r.built = folders
}
