package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

var (
	generators = wordSet("swag templ sqlc wire mockgen mockery protoc buf statik go-bindata packr packr2 rice easyjson stringer gqlgen " +
		"oapi-codegen goa jet ent goyacc msgp pigeon esc pkger fileb0x esbuild tailwindcss sass minify gotext xtext goversioninfo " +
		"genny counterfeiter moq goctl kratos hz kitex abigen")
	checkers = wordSet("golangci-lint staticcheck govulncheck gosec gofmt goimports golint revive errcheck ineffassign misspell nancy gotestsum ginkgo")
	shells   = wordSet("sh bash ash dash")
	silent   = wordSet("upx strip git-crypt sync nslookup ping")
	assetful = wordSet("npm yarn pnpm npx bun node corepack")
)

// follow says what a command does and keeps the tree up to date.
func (r *recipe) follow(c shell.Command) kind {
	if len(c.Args) == 0 {
		return r.redirected(c, nothing)
	}
	name, _ := r.word(c.Args[0])
	words := r.words(c)
	if k, ok := r.file(path.Base(name), words); ok {
		return r.redirected(c, k)
	}
	switch base := path.Base(name); {
	case base == "go":
		return r.goCommand(words)
	case base == "make" || base == "gmake":
		return r.makefile(words)
	case c.Op == "|" && shells[base]:
		return r.installer(c)
	case shells[base] || strings.HasSuffix(name, ".sh") || strings.HasPrefix(name, "./"):
		return r.scriptFile(name, words)
	case generators[base]:
		r.checkInstalled(base)
		r.generated(base, words)
		return generate
	case checkers[base]:
		return lint
	case silent[base]:
		return nothing
	case assetful[base]:
		r.tree.Opaque = append(r.tree.Opaque, r.dir)
		return generate
	case base == "git":
		return r.git(words)
	case base == "curl" || base == "wget":
		return r.fetch(c, base, words)
	}
	return r.classified(c)
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

// configuration is a change to the system's settings: known for what Go images
// usually do, else not.
func (r *recipe) configuration(c shell.Command) kind {
	switch c.Name() {
	case "update-ca-certificates":
		r.made("/etc/ssl/certs/ca-certificates.crt")
		return files
	case "sed":
		return r.edited(c)
	case "apt-mark", "debconf-set-selections", "apt-key", "add-apt-repository", "gpg", "ssh-keyscan", "go":
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

// installer follows "curl … | sh" for the tools of a Go project, which put one
// program into a folder of Go's own; all other scripts may do anything.
func (r *recipe) installer(c shell.Command) kind {
	before := r.commands[max(len(r.commands)-2, 0)]
	for _, w := range before.Words() {
		if strings.Contains(w, "golangci") || strings.Contains(w, "air-verse/air") || strings.Contains(w, "cosmtrek/air") {
			return lint
		}
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

// checkInstalled refuses a generator that no step brings: golang images have none.
func (r *recipe) checkInstalled(name string) {
	if r.in.Base.Language != "go" || r.scripted || r.clones {
		return
	}
	for _, a := range r.artifacts {
		if path.Base(a.path) == name {
			return
		}
	}
	for _, c := range r.commands {
		if c.kind != system {
			continue
		}
		_, words := shell.Packages(c.Command)
		for _, w := range words {
			if strings.Contains(w.Text, strings.TrimSuffix(name, "c")) || w.Text == "protobuf" || strings.HasPrefix(w.Text, "npm") || strings.HasPrefix(w.Text, "nodejs") {
				return
			}
		}
	}
	for p := range r.tree.Files {
		if path.Base(p) == name {
			return
		}
	}
	r.refuse(plan.BrokenOriginal, "it runs "+name+", which no step installs", "install "+name+" before")
}

// generated notes what generators leave for the running program.
func (r *recipe) generated(name string, words []string) {
	for i, w := range words {
		value := ""
		for _, flag := range []string{"-o", "--output", "--outfile", "--output-file"} {
			if w == flag && i+1 < len(words) {
				value = words[i+1]
			} else if v, ok := strings.CutPrefix(w, flag+"="); ok {
				value = v
			}
		}
		if value != "" && name != "swag" {
			r.tree.Add(r.abs(value), "")
		}
	}
	if name == "swag" {
		out := "docs"
		for i, w := range words {
			if (w == "-o" || w == "--output") && i+1 < len(words) {
				out = words[i+1]
			}
		}
		for _, f := range []string{"docs.go", "swagger.json", "swagger.yaml"} {
			r.tree.Add(path.Join(r.abs(out), f), "")
		}
	}
}
