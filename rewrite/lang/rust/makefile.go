package rust

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/shell"
)

// makeFile is a Makefile as far as it can be read without make: variables and the
// recipes of explicit targets.
type makeFile struct {
	vars    map[string]string
	targets map[string]makeTarget
	first   string
	budget  int // variables that are still put in, so that no file can grow without end
}

type makeTarget struct {
	needs  []string
	recipe []string
}

var (
	reAssign = regexp.MustCompile(`^\s*(?:export\s+|override\s+)?([A-Za-z_][\w.-]*)\s*(::?=|\?=|\+=|=)\s*(.*)$`)
	reTarget = regexp.MustCompile(`^([^\s:#=][^:=#]*?)\s*::?(?:[^=]|$)`)
	reVar    = regexp.MustCompile(`\$[({]([A-Za-z_][\w.-]*)[)}]`)
)

// parseMake reads a Makefile.
func parseMake(text string) makeFile {
	m := makeFile{vars: map[string]string{}, targets: map[string]makeTarget{}, budget: 10_000}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
	var current []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "\t") {
			for _, name := range current {
				t := m.targets[name]
				t.recipe = append(t.recipe, strings.TrimSpace(line))
				m.targets[name] = t
			}
			continue
		}
		line = strings.TrimRight(line, " ")
		switch {
		case line == "" || strings.HasPrefix(strings.TrimSpace(line), "#"):
		case strings.HasPrefix(line, "ifeq") || strings.HasPrefix(line, "ifneq") || strings.HasPrefix(line, "ifdef") ||
			strings.HasPrefix(line, "ifndef") || strings.HasPrefix(line, "define") || strings.HasPrefix(line, "include"):
			current = nil
		case reAssign.MatchString(line):
			m.assign(reAssign.FindStringSubmatch(line))
			current = nil
		case reTarget.MatchString(line):
			current = m.target(line)
		}
	}
	return m
}

func (m *makeFile) assign(parts []string) {
	name, op, value := parts[1], parts[2], strings.TrimSpace(parts[3])
	if i := strings.Index(value, " #"); i >= 0 {
		value = strings.TrimSpace(value[:i])
	}
	switch op {
	case "+=":
		m.vars[name] = strings.TrimSpace(m.vars[name] + " " + value)
	case "?=":
		if _, ok := m.vars[name]; !ok {
			m.vars[name] = value
		}
	default:
		m.vars[name] = value
	}
}

// target reads "name other: needs ; recipe" and gives the names.
func (m *makeFile) target(line string) []string {
	head, rest, _ := strings.Cut(line, ":")
	rest = strings.TrimPrefix(rest, ":")
	rest, inline, has := strings.Cut(rest, ";")
	names := strings.Fields(m.expand(head, 0))
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			continue
		}
		if m.first == "" {
			m.first = name
		}
		t := m.targets[name]
		t.needs = append(t.needs, strings.Fields(m.expand(rest, 0))...)
		if has {
			t.recipe = append(t.recipe, strings.TrimSpace(inline))
		}
		m.targets[name] = t
	}
	return names
}

// expand puts variables in; those that are not known, and functions, stay as
// they are.
func (m *makeFile) expand(text string, depth int) string {
	if depth > 8 || len(text) > 1<<16 {
		return text
	}
	return reVar.ReplaceAllStringFunc(text, func(ref string) string {
		if m.budget--; m.budget < 0 {
			return ref
		}
		name := ref[2 : len(ref)-1]
		switch value, ok := m.vars[name]; {
		case ok:
			return m.expand(value, depth+1)
		case name == "MAKE":
			return "make"
		case name == "CURDIR" || name == "PWD":
			return "."
		}
		return ref
	})
}

// makefile follows make: the recipes of its targets and of what they need.
func (r *recipe) makefile(words []string) kind {
	dir, file := r.dir, ""
	var goals []string
	set := map[string]string{}
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case (w == "-C" || w == "-f") && i+1 < len(words):
			i++
			if w == "-C" {
				dir = r.abs(words[i])
			} else {
				file = words[i]
			}
		case strings.HasPrefix(w, "-"):
		case strings.Contains(w, "="):
			key, value, _ := strings.Cut(w, "=")
			set[key] = value
		default:
			goals = append(goals, w)
		}
	}
	m, ok := r.readMake(dir, file)
	if !ok || r.depth > 3 {
		return unknown
	}
	for k, v := range set {
		m.vars[k] = v
	}
	if len(goals) == 0 {
		goals = []string{m.first}
	}
	outer := r.dir
	r.dir, r.scripted = dir, true
	r.depth++
	done := map[string]bool{}
	for _, g := range goals {
		if !r.goal(&m, g, done) {
			return unknown
		}
	}
	r.depth--
	r.dir = outer
	return nothing
}

func (r *recipe) readMake(dir, file string) (makeFile, bool) {
	names := []string{"GNUmakefile", "makefile", "Makefile"}
	if file != "" {
		names = []string{file}
	}
	for _, n := range names {
		if data, ok := r.tree.Read(path.Join(dir, n)); ok {
			m := parseMake(string(data))
			for k, v := range r.vars { // the environment gives what the file does not set
				if _, has := m.vars[k]; !has {
					m.vars[k] = v
				}
			}
			return m, true
		}
	}
	return makeFile{}, false
}

// goal follows one target; false where it cannot be read.
func (r *recipe) goal(m *makeFile, name string, done map[string]bool) bool {
	if done[name] {
		return true
	}
	done[name] = true
	t, ok := m.targets[name]
	if !ok {
		return r.tree.IsFile(r.abs(name)) || r.tree.IsDir(r.abs(name))
	}
	for _, need := range t.needs {
		if strings.ContainsAny(need, "$%|*") {
			continue
		}
		if !r.goal(m, need, done) {
			return false
		}
	}
	for _, line := range t.recipe {
		if !r.recipeLine(m, line, name) {
			return false
		}
	}
	return true
}

func (r *recipe) recipeLine(m *makeFile, line, target string) bool {
	line = m.expand(strings.TrimLeft(line, "@-+ "), 0)
	line = strings.ReplaceAll(line, "$@", target)
	line = strings.ReplaceAll(line, "$(shell ", "$(")
	line = strings.ReplaceAll(line, "$$", "$")
	if line == "" || strings.HasPrefix(line, "#") {
		return true
	}
	script, err := shell.ParseFile(line)
	if err != nil {
		return false
	}
	dir := r.dir
	r.script(script, false)
	r.dir = dir
	return r.refusal == nil
}
