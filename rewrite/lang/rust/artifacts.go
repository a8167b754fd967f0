package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// cargo follows a cargo command of the author's.
func (r *recipe) cargo(words []string) compiled.Kind {
	c := parseCargo(words)
	switch c.verb {
	case "build", "rustc":
		r.build(c)
		return compiled.Compile
	case "install":
		return r.install(c)
	case "fetch", "update", "generate-lockfile", "vendor", "add", "remove", "upgrade":
		if c.verb == "vendor" {
			r.Tree.Add(path.Join(r.Dir, "vendor"), "")
		}
		return compiled.Download
	case "chef prepare", "chef cook":
		return compiled.Compile
	case "test", "bench", "nextest":
		return compiled.Test
	case "check", "clippy", "fmt", "audit", "deny", "machete", "doc":
		return compiled.Lint
	case "new", "init":
		return r.create(c)
	case "run":
		r.Tree.Opaque = append(r.Tree.Opaque, r.Dir)
		return compiled.Generate
	case "sqlx prepare":
		return compiled.Lint
	case "clean":
		r.forget(c)
		return compiled.Nothing
	case "version", "metadata", "tree", "", "login", "help", "locate-project", "pkgid", "search":
		return compiled.Nothing
	}
	return compiled.Unknown
}

// forget: cargo clean takes the programs away again.
func (r *recipe) forget(c cargoCommand) {
	if len(c.values["package"]) > 0 || c.has("release") {
		return
	}
	r.uncompile(r.targetDir(r.workDir(c), c))
}

// workDir is the folder that cargo looks for a manifest in.
func (r *recipe) workDir(c cargoCommand) string {
	dir := r.Abs(c.value("directory"))
	if m := c.value("manifest-path"); m != "" {
		if !path.IsAbs(m) {
			m = path.Join(dir, m)
		}
		return path.Dir(m)
	}
	return dir
}

// create follows cargo new and cargo init: a package with a program that says hello.
func (r *recipe) create(c cargoCommand) compiled.Kind {
	dir := r.Dir
	if len(c.args) > 0 {
		dir = r.Abs(c.args[0])
	}
	for _, name := range []string{"Cargo.toml", "src/main.rs"} {
		if p := path.Join(dir, name); !r.Tree.IsFile(p) {
			r.Tree.Add(p, "")
		}
	}
	r.manifests = map[string]*manifest{}
	return compiled.Generate
}

// build follows cargo build: where its programs land, and which they are.
func (r *recipe) build(c cargoCommand) {
	dir := r.workDir(c)
	out, triple := r.outDir(dir, c)
	made := artifact{item: r.Item, dir: dir, line: c, musl: r.musl(triple)}
	r.built = append(r.built, built{dir: out, artifact: made, known: false})
	m := r.around(dir)
	if m == nil || r.Clones {
		return
	}
	b := &r.built[len(r.built)-1]
	b.known = true
	for _, p := range r.selected(m, c) {
		made.dir = p.dir
		names := r.bins(p)
		if len(names) == 0 && len(p.Bin) == 0 && !r.Tree.IsFile(path.Join(p.dir, "src/lib.rs")) {
			b.known = false // the sources are not all there yet, or come from a script
		}
		for _, name := range names {
			if wanted := c.values["bin"]; len(wanted) > 0 && !has(wanted, name) {
				continue
			}
			if c.has("lib") || c.has("example") && !c.has("bins") && !c.has("bin") {
				continue
			}
			made.path = path.Join(out, name)
			r.artifact(made)
		}
	}
	for _, name := range c.values["example"] {
		made.path = path.Join(out, "examples", name)
		r.artifact(made)
	}
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// musl reports a target that is linked statically by default, as on Alpine's Rust
// images. See https://doc.rust-lang.org/reference/linkage.html#static-and-dynamic-c-runtimes.
func (r *recipe) musl(triple string) bool {
	if strings.Contains(r.Variable("RUSTFLAGS"), "-crt-static") {
		return false
	}
	return strings.Contains(triple, "-musl") || triple == "" && r.In.Base.Musl && r.In.Base.Language == "rust"
}

func (r *recipe) artifact(a artifact) {
	kept := r.artifacts[:0]
	for _, other := range r.artifacts {
		if other.path != a.path {
			kept = append(kept, other)
		}
	}
	r.artifacts = append(kept, a)
}

// config is what of .cargo/config.toml decides where programs land.
// See https://doc.rust-lang.org/cargo/reference/config.html.
type config struct {
	Build struct {
		Target    any
		TargetDir string `toml:"target-dir"`
	}
}

// config reads the configuration that holds for a folder, the nearest first.
func (r *recipe) config(dir string) (target, targetDir string) {
	for ; ; dir = path.Dir(dir) {
		for _, name := range []string{".cargo/config.toml", ".cargo/config"} {
			data, ok := r.Tree.Read(path.Join(dir, name))
			var c config
			if !ok || !decode(string(data), &c) {
				continue
			}
			if t, ok := c.Build.Target.(string); ok && target == "" {
				target = t
			}
			if c.Build.TargetDir != "" && targetDir == "" {
				targetDir = path.Join(dir, c.Build.TargetDir)
				if path.IsAbs(c.Build.TargetDir) {
					targetDir = path.Clean(c.Build.TargetDir)
				}
			}
		}
		if dir == "/" || dir == "." {
			return target, targetDir
		}
	}
}

// targetDir is cargo's output folder for a command in dir.
func (r *recipe) targetDir(dir string, c cargoCommand) string {
	_, configured := r.config(r.Dir)
	for _, t := range []string{c.value("target-dir"), r.Variable("CARGO_TARGET_DIR"), r.Variable("CARGO_BUILD_TARGET_DIR"), configured} {
		if t != "" {
			return r.Abs(t)
		}
	}
	if m := r.around(dir); m != nil {
		return path.Join(r.root(m), "target")
	}
	return path.Join(dir, "target")
}

// outDir is the folder of the programs, and the target triple that is asked for.
func (r *recipe) outDir(dir string, c cargoCommand) (out, triple string) {
	configured, _ := r.config(r.Dir)
	for _, t := range []string{c.value("target"), r.Variable("CARGO_BUILD_TARGET"), configured} {
		if t != "" {
			triple = t
			break
		}
	}
	return path.Join(r.targetDir(dir, c), triple, c.profileDir()), triple
}

// cargoHome is where cargo keeps what it installs: /usr/local/cargo in the official
// images, ~/.cargo elsewhere.
func (r *recipe) cargoHome() string {
	if home := r.Variable("CARGO_HOME"); home != "" {
		return home
	}
	return path.Join(r.home(), ".cargo")
}

// home is the home directory of the user in hand, as far as it is known.
func (r *recipe) home() string {
	if h := r.Variable("HOME"); h != "" {
		return h
	}
	switch user := r.In.Items[r.Item].Scope.User; user {
	case "", "root", "0":
		return "/root"
	default:
		return path.Join("/home", user)
	}
}

// madeAt is the program at a path: one that is known, or one in a folder of cargo's
// whose programs are not.
func (r *recipe) madeAt(p string) (artifact, bool) {
	for _, a := range r.artifacts {
		if a.path == p {
			return a, true
		}
	}
	for i := len(r.built) - 1; i >= 0; i-- {
		if b := r.built[i]; !b.known && path.Dir(p) == b.dir {
			a := b.artifact
			a.path = p
			return a, true
		}
	}
	return artifact{}, false
}

// evidence is the line of an item.
func (r *recipe) evidence(item int, text string) plan.Evidence {
	if item < 0 || item >= len(r.In.Items) {
		return plan.Evidence{Text: text}
	}
	return r.In.Evidence(r.In.Items[item], text)
}

// installedAs are the programs of a package from the network: one of its name, but
// for the few that people install in images.
func installedAs(name string) []string {
	switch name {
	case "diesel_cli":
		return []string{"diesel"}
	case "sqlx-cli":
		return []string{"sqlx", "cargo-sqlx"}
	case "refinery_cli":
		return []string{"refinery"}
	case "wasm-bindgen-cli":
		return []string{"wasm-bindgen"}
	}
	return []string{name}
}

// install follows cargo install: of the project's own package where --path is given,
// else of a program from the network.
func (r *recipe) install(c cargoCommand) compiled.Kind {
	root := r.cargoHome()
	for _, dir := range []string{c.value("root"), r.Variable("CARGO_INSTALL_ROOT")} {
		if dir != "" {
			root = r.Abs(dir)
			break
		}
	}
	bin := path.Join(root, "bin")
	made := artifact{item: r.Item, line: c, musl: r.musl(c.value("target"))}
	if !c.has("path") {
		names := append(append([]string{}, c.values["bin"]...), c.args...)
		if c.has("git") && len(names) == 0 {
			names = append(names, strings.TrimSuffix(path.Base(c.value("git")), ".git"))
		}
		for _, name := range names {
			name, _, _ = strings.Cut(name, "@")
			for _, program := range installedAs(name) {
				made.path = path.Join(bin, program)
				r.artifact(made)
			}
		}
		return compiled.Tool
	}
	dir := r.Abs(c.value("path"))
	made.dir = dir
	b := built{dir: bin, artifact: made}
	if m := r.manifest(dir); m != nil {
		b.known = len(r.bins(m)) > 0
		for _, name := range r.bins(m) {
			if wanted := c.values["bin"]; len(wanted) > 0 && !has(wanted, name) {
				continue
			}
			made.path = path.Join(bin, name)
			r.artifact(made)
		}
	}
	r.built = append(r.built, b)
	return compiled.Compile
}
