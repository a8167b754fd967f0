package inside

import (
	"reflect"
	"testing"
)

func TestMakefile(t *testing.T) {
	m := ParseMakefile("BIN ?= bin\nNAME=$(BIN)/app # the program\nFLAGS += -v\n\n.PHONY: all\nall: deps \\\n  build\nbuild: ; go build -o $(NAME)\ndeps:\n\tgo mod download\n\techo $(UNKNOWN)\n")
	if m.first != "all" {
		t.Errorf("the first target is %q, want all", m.first)
	}
	if want := []string{"deps", "build"}; !reflect.DeepEqual(m.targets["all"].needs, want) {
		t.Errorf("all needs %q, want %q", m.targets["all"].needs, want)
	}
	if got := m.expand(m.targets["build"].recipe[0], 0); got != "go build -o bin/app" {
		t.Errorf("build runs %q", got)
	}
	if got := m.expand(m.targets["deps"].recipe[1], 0); got != "echo $(UNKNOWN)" {
		t.Errorf("an unknown variable became %q", got)
	}
}

func TestMakefileThatNamesItself(t *testing.T) {
	m := ParseMakefile("A = $(A)$(A)\nall:\n\techo $(A)\n")
	if got := m.expand("$(A)", 0); len(got) > 1<<20 {
		t.Errorf("a variable that names itself grew to %d bytes", len(got))
	}
}
