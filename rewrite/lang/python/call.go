package python

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/shell"
)

// call is a command of a package manager, as far as it matters here.
type call struct {
	Tool     string       // pip, poetry, pipenv, uv, pdm, venv, setup, easy_install, pipx
	Verb     string       // install, sync, config, run, …
	Names    []string     // packages that are named, without version
	Files    []string     // of -r and -c, as written
	Editable []string     // of -e: folders and repositories
	Local    []string     // folders and archives that are installed
	Program  []shell.Word // of run: the command that runs
	User     bool         // --user
	System   bool         // --system
	Target   string       // of --target and --prefix
	Venv     string       // of venv: the folder
	Bin      string       // the folder of the program, where it is written
	Isolated bool         // --no-build-isolation and its like: what else is installed counts
}

var (
	rePip    = regexp.MustCompile(`^pip(\d(\.\d+)?)?$`)
	rePython = regexp.MustCompile(`^python(\d(\.\d+)?)?$`)
)

// parseCall reads a command of a package manager. ok is false for any other.
func parseCall(c shell.Command) (*call, bool) {
	c = c.Unwrapped()
	if len(c.Args) == 0 {
		return nil, false
	}
	name, args := c.Name(), c.Args[1:]
	n := &call{Bin: bin(c.Args[0].Text)}
	if rePython.MatchString(name) {
		return n, n.python(args)
	}
	return n, n.named(name, args)
}

// bin is the folder of a program that is written with a path, "" otherwise.
func bin(text string) string {
	if !strings.Contains(text, "/") {
		return ""
	}
	return path.Dir(text)
}

// python is python -m tool, or python setup.py.
func (n *call) python(args []shell.Word) bool {
	for len(args) > 0 && strings.HasPrefix(args[0].Text, "-") && args[0].Text != "-m" && args[0].Text != "-c" {
		args = args[1:]
	}
	switch {
	case len(args) == 0:
		return false
	case args[0].Text == "-m" && len(args) > 1:
		return n.named(args[1].Text, args[2:])
	case path.Base(args[0].Text) == "setup.py" && len(args) > 1:
		n.Tool, n.Verb = "setup", args[1].Text
		n.Local = []string{path.Dir(args[0].Text)}
		if n.Verb == "develop" {
			n.Editable = n.Local
		}
		return true
	}
	return false
}

func (n *call) named(name string, args []shell.Word) bool {
	switch {
	case rePip.MatchString(name):
		n.Tool = "pip"
	case name == "venv" || name == "virtualenv":
		n.Tool, n.Verb = "venv", "create"
		for i, a := range args {
			if !strings.HasPrefix(a.Text, "-") && (i == 0 || !valued[args[i-1].Text]) {
				n.Venv = a.Text
			}
		}
		return n.Venv != ""
	case name == "poetry", name == "pipenv", name == "pdm", name == "pipx", name == "easy_install":
		n.Tool = name
	case name == "uv":
		return n.uv(args)
	case name == "ensurepip":
		n.Tool, n.Verb, n.Names = "pip", "install", []string{"pip"}
		return true
	case name == "pip-sync":
		n.Tool, n.Verb = "pip", "install"
		n.arguments(args)
		return true
	default:
		return false
	}
	if name == "easy_install" {
		n.Verb = "install"
		n.arguments(args)
		return true
	}
	n.verb(args)
	return true
}

// verb reads the subcommand and what follows it.
func (n *call) verb(args []shell.Word) {
	for i, a := range args {
		if strings.HasPrefix(a.Text, "-") || i > 0 && valued[args[i-1].Text] {
			n.option(a.Text)
			continue
		}
		n.Verb = a.Text
		if n.Verb == "run" {
			n.Program = args[i+1:]
			return
		}
		n.arguments(args[i+1:])
		return
	}
}

// uv is "uv sync", "uv run", "uv pip install", "uv venv", "uv tool install".
func (n *call) uv(args []shell.Word) bool {
	n.Tool = "uv"
	n.verb(args)
	switch n.Verb {
	case "pip":
		if len(n.Names) > 0 {
			n.Verb, n.Names = "pip "+n.Names[0], n.Names[1:]
		}
	case "venv":
		n.Tool, n.Verb = "venv", "create"
		n.Venv = ".venv"
		for _, name := range append(n.Names, n.Local...) {
			n.Venv = name
		}
	}
	return true
}

// valued are options that take the next word.
var valued = words(`-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links --trusted-host -t --target --prefix --root
	--timeout --default-timeout --retries --platform --python-version --progress-bar --proxy --cert --log --cache-dir --no-binary --only-binary --src
	--global-option --install-option --config-settings -C --root-user-action --upgrade-strategy --python -p --with --without --only -E --extras --extra
	--group --no-group --only-group --directory --project --index --index-strategy --prompt --keyring-provider --no-install-package --package --exclude-newer
	--categories --resolution --prerelease --link-mode`)

func words(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(text) {
		out[w] = true
	}
	return out
}

// option reads an option that stands alone or brings its value with it.
func (n *call) option(text string) {
	name, value, has := strings.Cut(text, "=")
	switch name {
	case "--user":
		n.User = true
	case "--system":
		n.System = true
	case "--no-build-isolation", "--no-use-pep517", "--global-option", "--install-option":
		n.Isolated = true
	}
	if has {
		n.value(name, value)
	} else if strings.HasPrefix(text, "-r") && len(text) > 2 {
		n.value("-r", text[2:])
	}
}

// value reads the value of an option.
func (n *call) value(option, value string) {
	switch option {
	case "-r", "--requirement", "-c", "--constraint":
		n.Files = append(n.Files, value)
	case "-e", "--editable":
		n.Editable = append(n.Editable, value)
	case "-t", "--target", "--prefix", "--root":
		n.Target = value
	}
}

// arguments reads options and operands behind the subcommand.
func (n *call) arguments(args []shell.Word) {
	for i := 0; i < len(args); i++ {
		text := args[i].Text
		switch {
		case valued[text] && i+1 < len(args):
			n.option(text)
			i++
			n.value(text, args[i].Text)
		case strings.HasPrefix(text, "-"):
			n.option(text)
		case text == "." || strings.HasPrefix(text, ".[") || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "../") ||
			strings.HasSuffix(text, ".whl") || strings.HasSuffix(text, ".tar.gz") && !strings.Contains(text, "://"):
			n.Local = append(n.Local, text)
		default:
			n.Names = append(n.Names, packageName(text))
		}
	}
}

var reVersion = regexp.MustCompile(`[\[<>=!~;@ ${]`)

// packageName is a requirement's name as PEP 503 writes it.
func packageName(requirement string) string {
	name := requirement
	if i := reVersion.FindStringIndex(name); i != nil {
		name = name[:i[0]]
	}
	return normal(name)
}

// normal is PEP 503's form of a name.
func normal(name string) string {
	if isNormal(name) {
		return name
	}
	return reSeparators.ReplaceAllString(strings.ToLower(strings.TrimSpace(name)), "-")
}

// isNormal reports a name that needs no change, as nearly all in lock files.
func isNormal(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' || i > 0 && name[i-1] == '-') {
			return false
		}
	}
	return true
}

var reSeparators = regexp.MustCompile(`[-_.]+`)

// tools are what installs and builds others, and nothing that runs.
var tools = words("pip setuptools wheel poetry poetry-core poetry-plugin-export pipenv uv pdm virtualenv pip-tools build hatch hatchling flit flit-core setuptools-scm cython twine maturin setuptools-rust scikit-build pybind11 certifi pipx ez-setup distribute")

// onlyTools reports an install that names tools alone.
func (n *call) onlyTools() bool {
	if n.Verb != "install" && n.Verb != "pip install" || len(n.Names) == 0 || len(n.Files)+len(n.Editable)+len(n.Local) > 0 {
		return false
	}
	for _, name := range n.Names {
		if !tools[name] {
			return false
		}
	}
	return true
}
