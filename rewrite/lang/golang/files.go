package golang

import (
	"path"
	"strings"
)

// file follows the commands that arrange files. ok is false for all others, and
// for words that are not known.
func (r *recipe) file(name string, words []string) (kind, bool) {
	var operands, flags []string
	for _, w := range words {
		if len(w) > 1 && w[0] == '-' {
			flags = append(flags, w)
		} else {
			operands = append(operands, w)
		}
	}
	for _, w := range operands {
		if strings.Contains(w, "$") || strings.Contains(w, "`") {
			return unknown, false
		}
	}
	switch name {
	case "cd", "pushd":
		if len(operands) == 1 {
			r.dir = r.abs(operands[0])
		}
		return nothing, true
	case "export":
		for _, w := range operands {
			if key, value, ok := strings.Cut(w, "="); ok {
				r.vars[key] = value
			}
		}
		return nothing, true
	case "mkdir":
		for _, w := range r.operandsOf(words, "-m", "--mode") {
			r.tree.make(r.abs(w))
		}
		return files, true
	case "touch":
		for _, w := range operands {
			r.tree.add(r.abs(w), "")
			r.tree.make(r.abs(w))
		}
		return files, true
	case "rm", "rmdir":
		for _, w := range operands {
			r.tree.remove(r.abs(w))
			r.uncompile(r.abs(w))
			if strings.HasPrefix(w, "/var/lib/apt") || strings.HasPrefix(w, "/var/cache") {
				return update, true
			}
		}
		return nothing, true
	case "cp", "mv":
		return r.moved(name, operands), true
	case "ln":
		if len(operands) == 2 {
			r.made(r.abs(operands[1]))
			r.tree.make(r.abs(operands[1]))
			return files, true
		}
		return unknown, false
	case "chown":
		if len(operands) >= 2 {
			for _, w := range operands[1:] {
				r.chowned[r.abs(w)] = operands[0]
			}
		}
		return permission, true
	case "chmod":
		return permission, true
	case "tar", "unzip":
		return r.unpacked(name, words, flags), true
	}
	return unknown, false
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
	into := len(operands) > 2 || strings.HasSuffix(operands[len(operands)-1], "/") || r.tree.isDir(to)
	for _, w := range operands[:len(operands)-1] {
		from, dest := r.abs(w), to
		if into {
			dest = path.Join(to, path.Base(from))
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
			r.tree.opaque = append(r.tree.opaque, to)
		default:
			r.tree.move(from, dest, name == "cp")
		}
		if !r.inSources(dest) {
			r.tree.make(dest)
		}
	}
	return files
}

// inSources reports a path within a folder that COPY filled.
func (r *recipe) inSources(name string) bool {
	return name != "/" && r.tree.isDir(path.Dir(name)) && path.Dir(name) != "/" && below(name, r.in.Items[r.item].Scope.Workdir)
}

// uncompile forgets programs that were removed again.
func (r *recipe) uncompile(name string) {
	var kept []artifact
	for _, a := range r.artifacts {
		if !below(a.path, name) && !matchAbove(name, a.path) {
			kept = append(kept, a)
		}
	}
	r.artifacts = kept
}

// unpacked follows tar x and unzip into a folder that the command names.
func (r *recipe) unpacked(name string, words, flags []string) kind {
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
	r.tree.opaque = append(r.tree.opaque, dir)
	r.tree.make(dir)
	return files
}
