package rust

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
)

// fromSteps takes what RUNs made outside of the sources, and what other images
// gave.
func (s *selection) fromSteps() {
	for _, m := range s.d.Tree.Made {
		if s.serves(m) {
			if s.d.Tree.IsFile(m) {
				s.files[m] = true
			} else {
				s.dirs[m] = true
			}
		}
	}
	for _, o := range s.d.Tree.Opaque {
		if o != "/" && inside.Below(o, s.root) && !strings.HasSuffix(o, "/vendor") && o != s.root && !s.rsIn[o] {
			s.dirs[o] = true
		}
	}
	for _, i := range s.d.Foreign {
		it := s.d.In.Items[i]
		for _, src := range it.Sources() {
			dest := it.Scope.Abs(it.Dest())
			if strings.HasSuffix(it.Dest(), "/") {
				dest = path.Join(dest, path.Base(src))
			}
			s.files[dest] = true
		}
	}
}

// serves reports whether something that a RUN made is for the running image: not
// a folder that is there anyhow, not one of the build's own.
func (s *selection) serves(p string) bool {
	for _, own := range []string{"/tmp", "/usr/local/cargo", "/usr/local/rustup", "/root/.cargo", "/root/.rustup", "/var/lib/apt", "/var/cache", "/root/.ssh", "/root/.cache", "/etc/apt", "/etc/apk", "/usr/share/keyrings"} {
		if inside.Below(p, own) {
			return false
		}
	}
	if inside.Below(s.root, p) || s.rsIn[p] || s.scaffold(p) || inside.IsArchive(p) || strings.HasSuffix(p, ".deb") || strings.HasSuffix(p, ".zip") {
		return false
	}
	for _, a := range s.d.programs {
		if inside.Below(a.path, p) {
			return false
		}
	}
	return true
}

// scaffold reports a folder or file that a step made for cargo: src of a dummy
// program, target.
func (s *selection) scaffold(p string) bool {
	if base := path.Base(p); base == "src" || base == "target" || base == "benches" || strings.HasSuffix(base, ".rs") {
		return true
	}
	for _, b := range s.d.built {
		if inside.Below(b.dir, p) && !inside.Below(s.root, p) && strings.Contains(b.dir, "/target/") || inside.Below(p, b.dir) {
			return true
		}
	}
	return false
}

// reOutput is where front ends are commonly built to, below the working directory.
var reOutput = regexp.MustCompile(`^(\./)?((frontend|client|web|ui|app|www|static|public|assets)/)?(dist|build|public|out|pkg|www|static|assets)$`)

// generated are the folders that the program names, that the repository does not have
// and that a step with a front end's tools may write: they come along where the
// builder has them.
func (s *selection) generated() []compiled.Element {
	if !s.d.kindAnywhere(compiled.Generate) {
		return nil
	}
	found := map[string]bool{}
	for _, lit := range s.d.source.literals {
		name := strings.TrimRight(lit.text, "/")
		if p := path.Join(s.root, name); reOutput.MatchString(name) && !s.d.Tree.IsDir(p) && !s.d.Tree.IsFile(p) {
			found[p] = true
		}
	}
	var out []compiled.Element
	for _, p := range compiled.SortedKeys(found) {
		out = append(out, compiled.Element{Path: p, Folder: true, Maybe: true})
	}
	return out
}

// kindAnywhere reports a command of a kind in any step.
func (d *design) kindAnywhere(k compiled.Kind) bool {
	for _, c := range d.Commands {
		if c.Kind == k {
			return true
		}
	}
	return false
}
