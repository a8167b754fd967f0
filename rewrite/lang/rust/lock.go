package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// lock is what a Cargo.lock says, by the names of packages.
type lock struct {
	path     string // from the repository's root
	packages map[string]locked
}

// locked is one package of a lock file. Of several versions the last counts.
type locked struct {
	line         int
	dependencies []string // names
}

// readLocks reads the Cargo.lock of each program's workspace.
func (d *design) readLocks() *plan.Refusal {
	seen := map[string]bool{}
	for _, a := range d.programs {
		if a.dir == "" {
			continue
		}
		dir := a.dir
		if m := d.around(a.dir); m != nil {
			dir = d.root(m)
		}
		name := path.Join(dir, "Cargo.lock")
		if seen[name] {
			continue
		}
		seen[name] = true
		if data, ok := d.Tree.Read(name); ok {
			d.locks = append(d.locks, lock{path: d.Tree.Source(name), packages: parseLock(string(data))})
		}
	}
	return nil
}

// parseLock reads the lines of a Cargo.lock, which cargo writes in one form: see
// https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html.
func parseLock(text string) map[string]locked {
	out := map[string]locked{}
	name, inside := "", false
	for line := 1; text != ""; line++ {
		row, rest, _ := strings.Cut(text, "\n")
		text = rest
		row = strings.TrimRight(row, "\r")
		switch {
		case row == "[[package]]":
			name, inside = "", false
		case strings.HasPrefix(row, `name = "`):
			name = strings.TrimSuffix(row[len(`name = "`):], `"`)
			out[name] = locked{line: line}
		case strings.HasPrefix(row, "dependencies = ["):
			inside = !strings.HasSuffix(row, "]")
		case row == "]":
			inside = false
		case inside && name != "":
			dep, _, _ := strings.Cut(strings.Trim(row, ` ",`), " ")
			p := out[name]
			p.dependencies = append(p.dependencies, dep)
			out[name] = p
		}
	}
	return out
}

// locked finds a package in the lock files.
func (d *design) locked(name string) (plan.Evidence, locked, bool) {
	for _, l := range d.locks {
		if p, ok := l.packages[name]; ok {
			return plan.Evidence{Path: l.path, Line: p.line, Text: "the program has " + name}, p, true
		}
	}
	return plan.Evidence{}, locked{}, false
}

// depends reports a package among the locked ones or, where no lock file can be
// read, among the dependencies of the manifests.
func (d *design) depends(name string) (plan.Evidence, bool) {
	if at, _, ok := d.locked(name); ok {
		return at, true
	}
	for _, a := range d.programs {
		if m := d.manifest(a.dir); m != nil {
			if _, ok := m.Dependencies[name]; ok {
				return plan.Evidence{Path: d.Tree.Source(path.Join(a.dir, "Cargo.toml")), Text: "the program depends on " + name}, true
			}
		}
	}
	return plan.Evidence{}, false
}
