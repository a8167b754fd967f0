package python

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// linter is a program that checks sources, with what it is run as where the project
// does not say.
type linter struct {
	name    string
	command string // %s is for the project's packages
}

var linters = []linter{
	{"ruff", "ruff check ."}, {"black", "black --check ."}, {"isort", "isort --check-only ."}, {"flake8", "flake8 %s"},
	{"pylint", "pylint %s"}, {"mypy", "mypy %s"}, {"bandit", "bandit -r %s"},
}

// lint is a stage with the linters that the project has, as its own workflows and
// Makefile call them. It is made where it was asked for.
func (d *designer) lint() []plan.Stage {
	if !d.in.Wants("lint") || d.production == "lint" {
		return nil
	}
	var runs []string
	more := false
	texts := strings.Join(d.in.Project.BuildTexts(), "\n")
	for _, l := range linters {
		if !d.tools.has(l.name) {
			continue
		}
		command := d.ownCommand(l.name, texts)
		if command == "" {
			packages := d.packages()
			if packages == "" {
				continue
			}
			command = strings.ReplaceAll(l.command, "%s", packages)
		}
		more = more || !d.tools.installed[l.name]
		if d.uvEnvironment() {
			command = "uv run " + command
		}
		runs = append(runs, "RUN "+command)
	}
	if len(runs) == 0 {
		return nil
	}
	return []plan.Stage{d.devStage("lint", "checks the sources", plan.Evidence{Text: "asked for"}, more, runs...)}
}

var reOwnCommand = regexp.MustCompile(`(?m)^\s*(?:-\s*)?(?:run:\s*)?@?(?:(?:poetry|pipenv|uv) run )?((?:python3? -m )?(ruff|black|isort|flake8|pylint|mypy|bandit)((?: [A-Za-z0-9_./=,:-]+)*))\s*$`)

var reNumber = regexp.MustCompile(`^\d+$`)

// ownCommand is how the project itself calls a linter, where every path that it names
// is in the image.
func (d *designer) ownCommand(name, texts string) string {
	for _, m := range reOwnCommand.FindAllStringSubmatch(texts, 50) {
		words := strings.Fields(m[3])
		ok := m[2] == name && len(words) > 0
		for i, w := range words {
			valued := i > 0 && strings.HasPrefix(words[i-1], "-")
			switch {
			case strings.HasPrefix(w, "-"), w == ".", w == "check" && name == "ruff", valued && reNumber.MatchString(w):
			case w == "install", w == "format":
				ok = false
			default:
				p := path.Join(d.in.End.Workdir, w)
				ok = ok && (d.tree.Has(p) || d.tree.HasDir(p))
			}
		}
		if name == "black" || name == "isort" {
			ok = ok && strings.Contains(m[3], "--check")
		}
		if ok {
			return m[1]
		}
	}
	return ""
}

// packages are the project's packages and modules of the working directory, without its
// tests.
func (d *designer) packages() string {
	dir := path.Clean(d.in.End.Workdir)
	var out []string
	for _, name := range d.tree.Under(dir) {
		rel := strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
		top, rest, below := strings.Cut(rel, "/")
		switch {
		case below && rest == "__init__.py" && top != "tests" && top != "test":
			out = append(out, top)
		case !below && strings.HasSuffix(rel, ".py") && rel != "setup.py" && rel != "conftest.py":
			out = append(out, rel)
		}
		if len(out) > 20 {
			return ""
		}
	}
	return strings.Join(out, " ")
}

func (d *designer) hasLinter() bool {
	for _, l := range linters {
		if d.tools.has(l.name) {
			return true
		}
	}
	return false
}
