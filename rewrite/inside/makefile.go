package inside

import (
	"path"
	"regexp"
	"strings"
)

// Makefile is a Makefile as far as it can be read without make: variables and the
// recipes of explicit targets.
type Makefile struct {
	vars    map[string]string
	targets map[string]makeTarget
	first   string // the target that make alone makes
	budget  int    // variables that are still put in, so that no file can grow without end
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

// ParseMakefile reads a Makefile.
func ParseMakefile(text string) Makefile {
	m := Makefile{vars: map[string]string{}, targets: map[string]makeTarget{}, budget: 10_000}
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

func (m *Makefile) assign(parts []string) {
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
func (m *Makefile) target(line string) []string {
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
func (m *Makefile) expand(text string, depth int) string {
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

// MakeCall is what stands behind make on a command line.
type MakeCall struct {
	Dir   string // of -C, as written; "" for none
	File  string // of -f
	Goals []string
	Vars  map[string]string
}

// ParseMakeCall reads the words behind make; other flags are passed over.
func ParseMakeCall(words []string) MakeCall {
	call := MakeCall{Vars: map[string]string{}}
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case (w == "-C" || w == "-f") && i+1 < len(words):
			i++
			if w == "-C" {
				call.Dir = words[i]
			} else {
				call.File = words[i]
			}
		case strings.HasPrefix(w, "-"):
		case strings.Contains(w, "="):
			key, value, _ := strings.Cut(w, "=")
			call.Vars[key] = value
		default:
			call.Goals = append(call.Goals, w)
		}
	}
	return call
}

// Makefile reads the Makefile of a folder of the image, with what the environment and
// the call say; false where there is none.
func (t *Tree) Makefile(dir string, call MakeCall, env map[string]string) (Makefile, bool) {
	names := []string{"GNUmakefile", "makefile", "Makefile"}
	if call.File != "" {
		names = []string{call.File}
	}
	for _, n := range names {
		data, ok := t.Read(path.Join(dir, n))
		if !ok {
			continue
		}
		m := ParseMakefile(string(data))
		for k, v := range env { // the environment gives what the file does not set
			if _, has := m.vars[k]; !has {
				m.vars[k] = v
			}
		}
		for k, v := range call.Vars {
			m.vars[k] = v
		}
		return m, true
	}
	return Makefile{}, false
}

// Follow gives the lines of the recipes of the goals, and before them those of what
// they need, to run; no goal is the first target. There says whether a file is there
// that no target makes. It ends with false where a target cannot be read, or run says so.
func (m *Makefile) Follow(goals []string, there func(name string) bool, run func(line string) bool) bool {
	if len(goals) == 0 {
		goals = []string{m.first}
	}
	done := map[string]bool{}
	for _, g := range goals {
		if !m.goal(g, done, there, run) {
			return false
		}
	}
	return true
}

// goal follows one target.
func (m *Makefile) goal(name string, done map[string]bool, there func(string) bool, run func(string) bool) bool {
	if done[name] {
		return true
	}
	done[name] = true
	t, ok := m.targets[name]
	if !ok {
		return there(name)
	}
	for _, need := range t.needs {
		if !strings.ContainsAny(need, "$%|*") && !m.goal(need, done, there, run) {
			return false
		}
	}
	for _, line := range t.recipe {
		if line = m.line(line, name); line != "" && !strings.HasPrefix(line, "#") && !run(line) {
			return false
		}
	}
	return true
}

// line is a line of a target's recipe as a shell is given it.
func (m *Makefile) line(line, target string) string {
	line = m.expand(strings.TrimLeft(line, "@-+ "), 0)
	line = strings.ReplaceAll(line, "$@", target)
	line = strings.ReplaceAll(line, "$(shell ", "$(")
	return strings.ReplaceAll(line, "$$", "$")
}
