package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/shell"
)

var (
	generators = compiled.Words("protoc buf prost diesel sqlx sea-orm-cli tailwindcss sass esbuild minify wasm-bindgen wasm-opt")
	silent     = compiled.Words("upx strip sync nslookup ping rustc sccache ldconfig")
	assetful   = compiled.Words("npm yarn pnpm npx bun node corepack wasm-pack trunk")
)

// follow says what a command does and keeps the tree up to date.
func (r *recipe) follow(c shell.Command) compiled.Kind {
	if len(c.Args) == 0 {
		return r.Redirected(c, compiled.Nothing)
	}
	name, _ := r.Word(c.Args[0])
	words := r.Words(c)
	base := path.Base(name)
	if k, ok := r.file(base, words); ok {
		return r.Redirected(c, k)
	}
	switch {
	case base == "cargo" || base == "cross":
		return r.Redirected(c, r.cargo(words))
	case strings.HasPrefix(base, "cargo-") && len(words) > 0:
		return r.cargo(append([]string{strings.TrimPrefix(base, "cargo-")}, words...))
	case base == "make" || base == "gmake":
		return r.Makefile(words, func(s *shell.Script) { r.script(s, false) })
	case base == "rustup" || strings.HasPrefix(base, "rustup-init"):
		return compiled.Download
	case (base == "." || base == "source") && len(words) == 1 && strings.HasSuffix(words[0], "/.cargo/env"):
		return compiled.Nothing
	case c.Op == "|" && compiled.Shells[base]:
		return r.installer(c)
	case compiled.Shells[base] || strings.HasSuffix(name, ".sh") || strings.HasPrefix(name, "./"):
		return r.scriptFile(name, words)
	case generators[base] || assetful[base]:
		r.Tree.Opaque = append(r.Tree.Opaque, r.Dir)
		return compiled.Generate
	case silent[base]:
		return compiled.Nothing
	case base == "git":
		return r.Git(words)
	case base == "curl" || base == "wget":
		return r.Fetch(c, base, words)
	}
	return r.classified(c)
}

// installer follows "curl … | sh" for rustup; all other scripts may do anything.
func (r *recipe) installer(shell.Command) compiled.Kind {
	before := r.Commands[max(len(r.Commands)-2, 0)]
	for _, w := range before.Words() {
		if strings.Contains(w, "sh.rustup.rs") || strings.Contains(w, "static.rust-lang.org") {
			return compiled.Download
		}
	}
	return compiled.Unknown
}

// classified is the kind of a command that any language may use.
func (r *recipe) classified(c shell.Command) compiled.Kind {
	switch shell.Classify(c) {
	case shell.SystemPackage:
		return compiled.System
	case shell.SystemUpdate:
		return compiled.Update
	case shell.CleanUp:
		return compiled.Update
	case shell.User:
		return compiled.Account
	case shell.Permission:
		return compiled.Permission
	case shell.Nothing:
		return r.Redirected(c, compiled.Nothing)
	case shell.Configuration:
		return r.configuration(c)
	case shell.Files:
		return compiled.Files
	}
	return compiled.Unknown
}

// configuration is a change to the system's settings: known for what Rust images
// usually do, else not.
func (r *recipe) configuration(c shell.Command) compiled.Kind {
	switch c.Name() {
	case "update-ca-certificates":
		r.Made("/etc/ssl/certs/ca-certificates.crt")
		return compiled.Files
	case "sed":
		return r.Edited(c)
	case "apt-mark", "debconf-set-selections", "apt-key", "add-apt-repository", "gpg", "ssh-keyscan":
		return compiled.Update
	case "tee":
		for _, w := range r.Words(c) {
			if !strings.HasPrefix(w, "-") {
				r.Made(r.Abs(w))
			}
		}
		return compiled.Files
	}
	if c.WritesFile() {
		return r.Redirected(c, compiled.Files)
	}
	return compiled.Unknown
}

// scriptFile follows a shell script of the repository.
func (r *recipe) scriptFile(name string, words []string) compiled.Kind {
	file := name
	if compiled.Shells[path.Base(name)] {
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
	data, ok := r.Tree.Read(r.Abs(file))
	if file == "" || !ok || r.Depth > 3 {
		return compiled.Unknown
	}
	return r.inline(string(data))
}

// inline follows shell text that a command runs.
func (r *recipe) inline(text string) compiled.Kind {
	script, err := shell.ParseFile(text)
	if err != nil || r.Depth > 3 {
		return compiled.Unknown
	}
	dir := r.Dir
	r.Depth++
	r.Scripted = true
	r.script(script, false)
	r.Depth--
	r.Dir = dir
	return compiled.Nothing
}
