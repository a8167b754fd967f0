package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/shell"
)

var (
	generators = wordSet("protoc buf prost diesel sqlx sea-orm-cli tailwindcss sass esbuild minify wasm-bindgen wasm-opt")
	shells     = wordSet("sh bash ash dash")
	silent     = wordSet("upx strip sync nslookup ping rustc sccache ldconfig")
	assetful   = wordSet("npm yarn pnpm npx bun node corepack wasm-pack trunk")
)

// follow says what a command does and keeps the tree up to date.
func (r *recipe) follow(c shell.Command) kind {
	if len(c.Args) == 0 {
		return r.redirected(c, nothing)
	}
	name, _ := r.word(c.Args[0])
	words := r.words(c)
	base := path.Base(name)
	if k, ok := r.file(base, words); ok {
		return r.redirected(c, k)
	}
	switch {
	case base == "cargo" || base == "cross":
		return r.redirected(c, r.cargo(words))
	case strings.HasPrefix(base, "cargo-") && len(words) > 0:
		return r.cargo(append([]string{strings.TrimPrefix(base, "cargo-")}, words...))
	case base == "make" || base == "gmake":
		return r.makefile(words)
	case base == "rustup" || strings.HasPrefix(base, "rustup-init"):
		return download
	case (base == "." || base == "source") && len(words) == 1 && strings.HasSuffix(words[0], "/.cargo/env"):
		return nothing
	case c.Op == "|" && shells[base]:
		return r.installer(c)
	case shells[base] || strings.HasSuffix(name, ".sh") || strings.HasPrefix(name, "./"):
		return r.scriptFile(name, words)
	case generators[base] || assetful[base]:
		r.tree.Opaque = append(r.tree.Opaque, r.dir)
		return generate
	case silent[base]:
		return nothing
	case base == "git":
		return r.git(words)
	case base == "curl" || base == "wget":
		return r.fetch(c, base, words)
	}
	return r.classified(c)
}

// installer follows "curl … | sh" for rustup; all other scripts may do anything.
func (r *recipe) installer(shell.Command) kind {
	before := r.commands[max(len(r.commands)-2, 0)]
	for _, w := range before.Words() {
		if strings.Contains(w, "sh.rustup.rs") || strings.Contains(w, "static.rust-lang.org") {
			return download
		}
	}
	return unknown
}

// classified is the kind of a command that any language may use.
func (r *recipe) classified(c shell.Command) kind {
	switch shell.Classify(c) {
	case shell.SystemPackage:
		return system
	case shell.SystemUpdate:
		return update
	case shell.CleanUp:
		return update
	case shell.User:
		return account
	case shell.Permission:
		return permission
	case shell.Nothing:
		return r.redirected(c, nothing)
	case shell.Configuration:
		return r.configuration(c)
	case shell.Files:
		return files
	}
	return unknown
}

// redirected notes the files that a command's output goes to.
func (r *recipe) redirected(c shell.Command, k kind) kind {
	if !c.WritesFile() {
		return k
	}
	for _, red := range c.Redirects {
		if !strings.Contains(red.Op, ">") || strings.HasPrefix(red.Op, ">&") || strings.HasPrefix(red.File.Text, "/dev/") {
			continue
		}
		name, ok := r.word(red.File)
		if !ok {
			return unknown
		}
		r.made(r.abs(name))
	}
	return files
}

// made notes a file that a step wrote. What lies in the tree of sources is part of
// it; a file of the system has to be carried over by itself.
func (r *recipe) made(name string) {
	r.tree.Add(name, "")
	if strings.HasPrefix(name, "/etc/") && !strings.HasPrefix(name, "/etc/apt/") && !strings.HasPrefix(name, "/etc/apk/") {
		r.tree.Make(name)
	}
}

// configuration is a change to the system's settings: known for what Rust images
// usually do, else not.
func (r *recipe) configuration(c shell.Command) kind {
	switch c.Name() {
	case "update-ca-certificates":
		r.made("/etc/ssl/certs/ca-certificates.crt")
		return files
	case "sed":
		return r.edited(c)
	case "apt-mark", "debconf-set-selections", "apt-key", "add-apt-repository", "gpg", "ssh-keyscan":
		return update
	case "tee":
		for _, w := range r.words(c) {
			if !strings.HasPrefix(w, "-") {
				r.made(r.abs(w))
			}
		}
		return files
	}
	if c.WritesFile() {
		return r.redirected(c, files)
	}
	return unknown
}

// edited follows sed -i: the last words that are files.
func (r *recipe) edited(c shell.Command) kind {
	words := r.words(c)
	if len(words) == 0 {
		return unknown
	}
	name := r.abs(words[len(words)-1])
	switch {
	case r.tree.IsFile(name) || strings.HasPrefix(name, "/etc/apt") || strings.HasPrefix(name, "/etc/apk"):
		return files
	case strings.HasPrefix(name, "/etc/"):
		r.made(name)
		return files
	}
	return unknown
}

// git: settings serve the build; what is cloned is not in the repository.
func (r *recipe) git(words []string) kind {
	if len(words) == 0 {
		return nothing
	}
	switch words[0] {
	case "clone", "submodule", "pull", "checkout":
		r.clones = true
		r.tree.Opaque = append(r.tree.Opaque, r.dir)
		return generate
	}
	return nothing
}

// fetch brings a file to a place that the command line names.
func (r *recipe) fetch(c shell.Command, name string, words []string) kind {
	if c.WritesFile() {
		return r.redirected(c, fetch)
	}
	if r.piped {
		return nothing // what reads it says where it goes
	}
	remoteName := ""
	for _, w := range words {
		if strings.Contains(w, "://") {
			remoteName = path.Base(strings.SplitN(w, "?", 2)[0])
		}
	}
	for i, w := range words {
		switch {
		case (name == "curl" && (w == "-o" || w == "--output") || name == "wget" && w == "-O") && i+1 < len(words):
			if words[i+1] == "-" {
				return unknown
			}
			r.fetched(r.abs(words[i+1]))
			return fetch
		case name == "curl" && strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.HasSuffix(w, "o") && i+1 < len(words):
			r.fetched(r.abs(words[i+1]))
			return fetch
		case name == "curl" && (w == "--remote-name" || strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "O")):
			r.fetched(path.Join(r.dir, remoteName))
			return fetch
		}
	}
	if name == "wget" && remoteName != "" && remoteName != "." {
		r.fetched(path.Join(r.dir, remoteName))
		return fetch
	}
	return unknown
}

// fetched notes a file from the network; where it lies among the programs of the
// system, it has to be carried over by itself.
func (r *recipe) fetched(name string) {
	r.tree.Add(name, "")
	r.tree.Make(name)
}

// scriptFile follows a shell script of the repository.
func (r *recipe) scriptFile(name string, words []string) kind {
	file := name
	if shells[path.Base(name)] {
		file = ""
		for i, w := range words {
			if w == "-c" && i+1 < len(words) {
				return r.inline(words[i+1])
			}
			if !strings.HasPrefix(w, "-") {
				file = w
				break
			}
		}
	}
	data, ok := r.tree.Read(r.abs(file))
	if file == "" || !ok || r.depth > 3 {
		return unknown
	}
	return r.inline(string(data))
}

// inline follows shell text that a command runs.
func (r *recipe) inline(text string) kind {
	script, err := shell.ParseFile(text)
	if err != nil || r.depth > 3 {
		return unknown
	}
	dir := r.dir
	r.depth++
	r.scripted = true
	r.script(script, false)
	r.depth--
	r.dir = dir
	return nothing
}
