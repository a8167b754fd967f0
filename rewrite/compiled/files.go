package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
)

// ChangeDir follows cd and pushd.
func (d *Design) ChangeDir(_, operands []string) (Kind, bool) {
	if len(operands) == 1 {
		d.Dir = d.Abs(operands[0])
	}
	return Nothing, true
}

// Export follows export.
func (d *Design) Export(_, operands []string) (Kind, bool) {
	for _, w := range operands {
		if key, value, ok := strings.Cut(w, "="); ok {
			d.Vars[key] = value
		}
	}
	return Nothing, true
}

// MakeDirs follows mkdir.
func (d *Design) MakeDirs(words, _ []string) (Kind, bool) {
	for _, w := range d.operandsOf(words, "-m", "--mode") {
		d.Tree.Make(d.Abs(w))
	}
	return Files, true
}

// Link follows ln.
func (d *Design) Link(_, operands []string) (Kind, bool) {
	if len(operands) != 2 {
		return Unknown, false
	}
	d.Made(d.Abs(operands[1]))
	d.Tree.Make(d.Abs(operands[1]))
	return Files, true
}

// Chown follows chown, of the paths that it names.
func (d *Design) Chown(_, operands []string) (Kind, bool) {
	for _, w := range operands[min(1, len(operands)):] {
		d.Chowned[d.Abs(w)] = operands[0]
		d.Given[d.Abs(w)] = true
	}
	return Permission, true
}

// Chmod notes the modes of folders: a COPY of a folder's contents does not keep the
// folder's own.
func (d *Design) Chmod(words []string) {
	for i := len(words) - 1; i > 0; i-- {
		w := words[i]
		if strings.HasPrefix(w, "-") || i == 1 && strings.HasPrefix(words[0], "-") {
			break
		}
		if p := d.Abs(w); d.Tree.IsDir(p) {
			d.Modes[p] = strings.Join(words[:1], " ")
			if strings.HasPrefix(words[0], "-") && len(words) > 1 {
				d.Modes[p] = words[0] + " " + words[1]
			}
		}
	}
}

// operandsOf are the words that are neither flags nor values of the flags named.
func (d *Design) operandsOf(words []string, valued ...string) []string {
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

// InSources reports a path within a folder that COPY filled.
func (d *Design) InSources(name string) bool {
	return name != "/" && d.Tree.IsDir(path.Dir(name)) && path.Dir(name) != "/" && inside.Below(name, d.In.Items[d.Item].Scope.Workdir)
}

// Unpacked follows tar x and unzip into a folder that the command names.
func (d *Design) Unpacked(name string, words []string) Kind {
	dir := d.Dir
	extracts := name == "unzip"
	for i, w := range words {
		if (w == "-C" || w == "--directory" || name == "unzip" && w == "-d") && i+1 < len(words) {
			dir = d.Abs(words[i+1])
		}
		if name == "tar" && (i == 0 || strings.HasPrefix(w, "-")) && strings.Contains(w, "x") && !strings.Contains(w, "/") {
			extracts = true
		}
	}
	if !extracts {
		return Files
	}
	for _, bin := range []string{"/", "/usr", "/usr/local", "/usr/bin", "/bin", "/opt", "/root"} {
		if dir == bin {
			return Unknown
		}
	}
	d.Tree.Opaque = append(d.Tree.Opaque, dir)
	d.Tree.Make(dir)
	return Files
}
