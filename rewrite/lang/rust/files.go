package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
)

// arranger follows one command that arranges files; ok is false where its words
// do not tell what it does.
type arranger func(r *recipe, words, operands []string) (k kind, ok bool)

var arrangers = map[string]arranger{
	"cd": (*recipe).changeDir, "pushd": (*recipe).changeDir, "export": (*recipe).export,
	"mkdir": (*recipe).makeDirs, "touch": (*recipe).touch, "rm": (*recipe).removes, "rmdir": (*recipe).removes, "ln": (*recipe).link,
	"cp":    func(r *recipe, _, operands []string) (kind, bool) { return r.moved("cp", operands), true },
	"mv":    func(r *recipe, _, operands []string) (kind, bool) { return r.moved("mv", operands), true },
	"tar":   func(r *recipe, words, _ []string) (kind, bool) { return r.unpacked("tar", words), true },
	"unzip": func(r *recipe, words, _ []string) (kind, bool) { return r.unpacked("unzip", words), true },
	"chown": (*recipe).chown,
	"chmod": func(r *recipe, words, _ []string) (kind, bool) { r.chmod(words); return permission, true },
}

// file follows the commands that arrange files. ok is false for all others, and
// for words that are not known.
func (r *recipe) file(name string, words []string) (kind, bool) {
	follow, ok := arrangers[name]
	if !ok {
		return unknown, false
	}
	var operands []string
	for _, w := range words {
		if len(w) > 1 && w[0] == '-' {
			continue
		}
		if strings.Contains(w, "$") || strings.Contains(w, "`") {
			return unknown, false
		}
		operands = append(operands, w)
	}
	return follow(r, words, operands)
}

func (r *recipe) changeDir(_, operands []string) (kind, bool) {
	if len(operands) == 1 {
		r.dir = r.abs(operands[0])
	}
	return nothing, true
}

func (r *recipe) export(_, operands []string) (kind, bool) {
	for _, w := range operands {
		if key, value, ok := strings.Cut(w, "="); ok {
			r.vars[key] = value
		}
	}
	return nothing, true
}

func (r *recipe) makeDirs(words, _ []string) (kind, bool) {
	for _, w := range r.operandsOf(words, "-m", "--mode") {
		r.tree.Make(r.abs(w))
	}
	return files, true
}

func (r *recipe) touch(_, operands []string) (kind, bool) {
	for _, w := range operands {
		if !r.tree.IsFile(r.abs(w)) {
			r.tree.Add(r.abs(w), "")
			r.tree.Make(r.abs(w))
		}
	}
	return files, true
}

func (r *recipe) removes(_, operands []string) (kind, bool) {
	k := nothing
	for _, w := range operands {
		r.tree.Remove(r.abs(w))
		r.uncompile(r.abs(w))
		if strings.HasPrefix(w, "/var/lib/apt") || strings.HasPrefix(w, "/var/cache") {
			k = update
		}
	}
	return k, true
}

func (r *recipe) link(_, operands []string) (kind, bool) {
	if len(operands) != 2 {
		return unknown, false
	}
	r.made(r.abs(operands[1]))
	r.tree.Make(r.abs(operands[1]))
	return files, true
}

func (r *recipe) chown(_, operands []string) (kind, bool) {
	for _, w := range operands[min(1, len(operands)):] {
		r.chowned[r.abs(w)] = operands[0]
		r.given[r.abs(w)] = true
	}
	return permission, true
}

// chmod notes the modes of folders: a COPY of a folder's contents does not keep the
// folder's own.
func (r *recipe) chmod(words []string) {
	for i := len(words) - 1; i > 0; i-- {
		w := words[i]
		if strings.HasPrefix(w, "-") || i == 1 && strings.HasPrefix(words[0], "-") {
			break
		}
		if p := r.abs(w); r.tree.IsDir(p) {
			r.modes[p] = strings.Join(words[:1], " ")
			if strings.HasPrefix(words[0], "-") && len(words) > 1 {
				r.modes[p] = words[0] + " " + words[1]
			}
		}
	}
}

// operandsOf are the words that are neither flags nor values of the flags named.
func (r *recipe) operandsOf(words []string, valued ...string) []string {
	var out []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		for _, v := range valued {
			if w == v {
				i++
			}
		}
		if !strings.HasPrefix(w, "-") {
			out = append(out, w)
		}
	}
	return out
}

// moved follows cp and mv, of files and of programs that were built.
func (r *recipe) moved(name string, operands []string) kind {
	if len(operands) < 2 {
		return unknown
	}
	to := r.abs(operands[len(operands)-1])
	into := len(operands) > 2 || strings.HasSuffix(operands[len(operands)-1], "/") || r.tree.IsDir(to)
	for _, w := range operands[:len(operands)-1] {
		from, dest := r.abs(w), to
		if into {
			dest = path.Join(to, path.Base(from))
		}
		if a, ok := r.madeAt(from); ok && len(r.artifacts) < 1000 {
			r.artifact(a) // also where which programs there are is not known
		}
		for i := range r.artifacts {
			if a := &r.artifacts[i]; a.path == from && name == "mv" {
				a.path, a.item = dest, r.item
			} else if a.path == from {
				again := *a
				again.path, again.item = dest, r.item
				r.artifacts = append(r.artifacts, again)
				break
			}
		}
		switch {
		case strings.ContainsAny(w, "*?["):
			r.tree.Opaque = append(r.tree.Opaque, to)
		default:
			r.tree.Move(from, dest, name == "cp")
		}
		if !r.inSources(dest) {
			r.tree.Make(dest)
		}
	}
	return files
}

// inSources reports a path within a folder that COPY filled.
func (r *recipe) inSources(name string) bool {
	return name != "/" && r.tree.IsDir(path.Dir(name)) && path.Dir(name) != "/" && inside.Below(name, r.in.Items[r.item].Scope.Workdir)
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

// unpacked follows tar x and unzip into a folder that the command names.
func (r *recipe) unpacked(name string, words []string) kind {
	dir := r.dir
	extracts := name == "unzip"
	for i, w := range words {
		if (w == "-C" || w == "--directory" || name == "unzip" && w == "-d") && i+1 < len(words) {
			dir = r.abs(words[i+1])
		}
		if name == "tar" && (i == 0 || strings.HasPrefix(w, "-")) && strings.Contains(w, "x") && !strings.Contains(w, "/") {
			extracts = true
		}
	}
	if !extracts {
		return files
	}
	for _, bin := range []string{"/", "/usr", "/usr/local", "/usr/bin", "/bin", "/opt", "/root"} {
		if dir == bin {
			return unknown
		}
	}
	r.tree.Opaque = append(r.tree.Opaque, dir)
	r.tree.Make(dir)
	return files
}
