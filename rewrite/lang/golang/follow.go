package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

var (
	generators = compiled.Words("swag templ sqlc wire mockgen mockery protoc buf statik go-bindata packr packr2 rice easyjson stringer gqlgen " +
		"oapi-codegen goa jet ent goyacc msgp pigeon esc pkger fileb0x esbuild tailwindcss sass minify gotext xtext goversioninfo " +
		"genny counterfeiter moq goctl kratos hz kitex abigen")
	checkers = compiled.Words("golangci-lint staticcheck govulncheck gosec gofmt goimports golint revive errcheck ineffassign misspell nancy gotestsum ginkgo")
	silent   = compiled.Words("upx strip git-crypt sync nslookup ping")
	assetful = compiled.Words("npm yarn pnpm npx bun node corepack")
)

// follow says what a command does and keeps the tree up to date.
func (r *recipe) follow(c shell.Command) compiled.Kind {
	if len(c.Args) == 0 {
		return r.Redirected(c, compiled.Nothing)
	}
	name, _ := r.Word(c.Args[0])
	words := r.Words(c)
	if k, ok := r.file(path.Base(name), words); ok {
		return r.Redirected(c, k)
	}
	switch base := path.Base(name); {
	case base == "go":
		return r.goCommand(words)
	case base == "make" || base == "gmake":
		return r.Makefile(words, func(s *shell.Script) { r.script(s, false) })
	case c.Op == "|" && compiled.Shells[base]:
		return r.installer(c)
	case compiled.Shells[base] || strings.HasSuffix(name, ".sh") || strings.HasPrefix(name, "./"):
		return r.scriptFile(name, words)
	case generators[base]:
		r.checkInstalled(base)
		r.generated(base, words)
		return compiled.Generate
	case checkers[base]:
		return compiled.Lint
	case silent[base]:
		return compiled.Nothing
	case assetful[base]:
		r.Tree.Opaque = append(r.Tree.Opaque, r.Dir)
		return compiled.Generate
	case base == "git":
		return r.Git(words)
	case base == "curl" || base == "wget":
		return r.Fetch(c, base, words)
	}
	return r.classified(c)
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

// configuration is a change to the system's settings: known for what Go images
// usually do, else not.
func (r *recipe) configuration(c shell.Command) compiled.Kind {
	switch c.Name() {
	case "update-ca-certificates":
		r.Made("/etc/ssl/certs/ca-certificates.crt")
		return compiled.Files
	case "sed":
		return r.Edited(c)
	case "apt-mark", "debconf-set-selections", "apt-key", "add-apt-repository", "gpg", "ssh-keyscan", "go":
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

// installer follows "curl … | sh" for the tools of a Go project, which put one
// program into a folder of Go's own; all other scripts may do anything.
func (r *recipe) installer(c shell.Command) compiled.Kind {
	before := r.Commands[max(len(r.Commands)-2, 0)]
	for _, w := range before.Words() {
		if strings.Contains(w, "golangci") || strings.Contains(w, "air-verse/air") || strings.Contains(w, "cosmtrek/air") {
			return compiled.Lint
		}
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

// checkInstalled refuses a generator that no step brings: golang images have none.
func (r *recipe) checkInstalled(name string) {
	if r.In.Base.Language != "go" || r.Scripted || r.Clones {
		return
	}
	for _, a := range r.artifacts {
		if path.Base(a.path) == name {
			return
		}
	}
	for _, c := range r.Commands {
		if c.Kind != compiled.System {
			continue
		}
		_, words := shell.Packages(c.Command)
		for _, w := range words {
			if strings.Contains(w.Text, strings.TrimSuffix(name, "c")) || w.Text == "protobuf" || strings.HasPrefix(w.Text, "npm") || strings.HasPrefix(w.Text, "nodejs") {
				return
			}
		}
	}
	for p := range r.Tree.Files {
		if path.Base(p) == name {
			return
		}
	}
	r.Refuse(plan.BrokenOriginal, "it runs "+name+", which no step installs", "install "+name+" before")
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
			r.Tree.Add(r.Abs(value), "")
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
			r.Tree.Add(path.Join(r.Abs(out), f), "")
		}
	}
}
