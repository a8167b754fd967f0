package rust

import (
	"path"
	"sort"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
)

// maxManifest is the size in bytes up to which a Cargo.toml is read.
const maxManifest = 256 << 10

// manifest is one Cargo.toml in the image.
// See https://doc.rust-lang.org/cargo/reference/manifest.html.
type manifest struct {
	dir     string // in the image
	Package struct {
		Name       string
		DefaultRun string `toml:"default-run"`
		Autobins   *bool
		Workspace  string
	}
	Bin       []target
	Workspace *struct {
		Members        []string
		DefaultMembers []string `toml:"default-members"`
		Exclude        []string
	}
	Dependencies map[string]any
	Target       map[string]any // dependencies of some systems only
}

// target is one [[bin]].
type target struct {
	Name             string
	Path             string
	RequiredFeatures []string `toml:"required-features"`
}

// Limits on a TOML file beside its size: the decoder's time grows with the cube of
// the depth of tables.
const (
	maxDepth = 40  // of arrays and inline tables
	maxDots  = 200 // on one line: of a key's parts
)

// decode reads a TOML file into v; false where it is no TOML, or beyond the limits.
func decode(text string, v any) bool {
	if len(text) > maxManifest {
		return false
	}
	depth, dots := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '.':
			dots++
		case '\n':
			dots = 0
		}
		if depth > maxDepth || dots > maxDots {
			return false
		}
	}
	_, err := toml.Decode(text, v)
	return err == nil
}

// manifest reads the Cargo.toml of a folder; nil where there is none or it cannot be
// read.
func (r *recipe) manifest(dir string) *manifest {
	dir = path.Clean(dir)
	if m, ok := r.manifests[dir]; ok {
		return m
	}
	r.manifests[dir] = nil
	data, ok := r.Tree.Read(path.Join(dir, "Cargo.toml"))
	if !ok {
		return nil
	}
	m := &manifest{dir: dir}
	if !decode(string(data), m) {
		return nil
	}
	r.manifests[dir] = m
	return m
}

// around is the manifest that cargo finds for a folder: there or above.
func (r *recipe) around(dir string) *manifest {
	for {
		if name := path.Join(dir, "Cargo.toml"); r.Tree.IsFile(name) || r.Tree.Source(name) != "" {
			return r.manifest(dir)
		}
		if dir == "/" || dir == "." {
			return nil
		}
		dir = path.Dir(dir)
	}
}

// root is the folder of the workspace that a manifest belongs to, its own where it
// belongs to none.
func (r *recipe) root(m *manifest) string {
	if m.Workspace != nil {
		return m.dir
	}
	if m.Package.Workspace != "" {
		return path.Join(m.dir, m.Package.Workspace)
	}
	for dir := m.dir; dir != "/"; {
		dir = path.Dir(dir)
		if above := r.manifest(dir); above != nil && above.Workspace != nil {
			for _, x := range above.Workspace.Exclude {
				if inside.Below(m.dir, path.Join(dir, x)) {
					return m.dir
				}
			}
			return dir
		}
	}
	return m.dir
}

// members are the packages of a workspace, sorted by their folders.
func (r *recipe) members(m *manifest, patterns []string) []*manifest {
	var out []*manifest
	seen := map[string]bool{}
	add := func(dir string) {
		if p := r.manifest(dir); p != nil && !seen[p.dir] && p.Package.Name != "" {
			seen[p.dir] = true
			out = append(out, p)
		}
	}
	for _, pattern := range patterns {
		if full := path.Join(m.dir, pattern); !strings.ContainsAny(pattern, "*?[") {
			add(full)
		} else {
			for p := range r.Tree.Files {
				if path.Base(p) == "Cargo.toml" {
					if ok, err := path.Match(full, path.Dir(p)); ok && err == nil {
						add(path.Dir(p))
					}
				}
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].dir < out[j].dir })
	return out
}

// selected are the packages that a command works on.
func (r *recipe) selected(m *manifest, c cargoCommand) []*manifest {
	root := r.manifest(r.root(m))
	if root == nil {
		root = m
	}
	all := []*manifest{m}
	if root.Workspace != nil {
		all = r.members(root, root.Workspace.Members)
		if root.Package.Name != "" {
			all = append([]*manifest{root}, all...)
		}
		if m != root && !contains(all, m) {
			all = append(all, m) // a path dependency is a member too
		}
	}
	switch names := c.values["package"]; {
	case len(names) > 0:
		var out []*manifest
		for _, p := range all {
			for _, n := range names {
				if n == p.Package.Name {
					out = append(out, p)
				}
			}
		}
		return out
	case c.has("workspace") || c.has("all"):
		return all
	case m.Package.Name != "" && (m != root || root.Workspace == nil || len(root.Workspace.DefaultMembers) == 0):
		return []*manifest{m}
	case root.Workspace != nil && len(root.Workspace.DefaultMembers) > 0:
		return r.members(root, root.Workspace.DefaultMembers)
	}
	return all
}

func contains(list []*manifest, m *manifest) bool {
	for _, x := range list {
		if x == m {
			return true
		}
	}
	return false
}

// bins are the names of a package's programs, sorted.
// See https://doc.rust-lang.org/cargo/reference/cargo-targets.html#target-auto-discovery.
func (r *recipe) bins(m *manifest) []string {
	set, main := map[string]bool{}, false
	for _, b := range m.Bin {
		set[b.Name] = true
		main = main || path.Clean(b.Path) == "src/main.rs" || b.Name == m.Package.Name
	}
	if m.Package.Autobins == nil || *m.Package.Autobins {
		if !main && r.Tree.IsFile(path.Join(m.dir, "src/main.rs")) {
			set[m.Package.Name] = true
		}
		folder := path.Join(m.dir, "src/bin") + "/"
		for p := range r.Tree.Files {
			rest, ok := strings.CutPrefix(p, folder)
			if !ok {
				continue
			}
			if name, nested := strings.CutSuffix(rest, "/main.rs"); nested && !strings.Contains(name, "/") {
				set[name] = true
			} else if name, flat := strings.CutSuffix(rest, ".rs"); flat && !strings.Contains(name, "/") && !m.claimed("src/bin/"+rest) {
				set[name] = true
			}
		}
	}
	delete(set, "")
	return compiled.SortedKeys(set)
}

// claimed reports a source file that a [[bin]] names.
func (m *manifest) claimed(file string) bool {
	for _, b := range m.Bin {
		if path.Clean(b.Path) == file {
			return true
		}
	}
	return false
}
