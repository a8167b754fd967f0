package java

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// kind is the work that a command does, as far as Java's designs tell it apart.
type kind uint8

const (
	unknown    kind = iota
	build           // a build tool, or something that prepares for one
	packages        // apt-get install
	update          // apt-get update, its clean-up
	account         // useradd
	files           // mkdir, cp, mv
	permission      // chmod, chown
	trust           // keytool, update-ca-certificates
	fetch           // curl, wget, git clone
	clean           // rm
	configure       // echo … > file
	nothing         // ls, echo
)

// command is a simple command of a RUN with where it runs.
type command struct {
	shell.Command        // what really runs, with the span of the whole
	kind          kind   //
	tool          string // of a build: mvn, gradlew, javac
	dir           string // working directory in the image
	outer         shell.Command
}

// step is an item with its commands.
type step struct {
	plan.Item
	index    int
	commands []command
}

// jvmTools are build tools that only programs for the JVM have.
var jvmTools = wordSet("mvn mvnw mvnd gradle gradlew javac kotlinc")

// buildTools are commands that build; those of front ends stand beside Maven often.
var buildTools = wordSet("mvn mvnw mvnd gradle gradlew javac kotlinc jar ant sbt scalac groovyc npm npx yarn pnpm ng node dos2unix native-image jdeps")

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// readSteps looks at every command of every item.
func readSteps(in *plan.Input) []step {
	steps := make([]step, len(in.Items))
	for i, it := range in.Items {
		s := step{Item: it, index: i}
		if it.Keyword == "RUN" {
			s.commands = commandsOf(it)
		}
		steps[i] = s
	}
	return steps
}

func commandsOf(it plan.Item) []command {
	var list []shell.Command
	switch {
	case it.Script != nil:
		list = it.Script.Commands
	case it.JSON:
		var c shell.Command
		for _, a := range it.Argv {
			c.Args = append(c.Args, shell.Word{Text: a, Literal: true})
		}
		c.Start, c.End = it.Args.Start, it.Args.End
		list = []shell.Command{c}
	}
	var out []command
	dir := it.Scope.Workdir
	for _, c := range list {
		inner := c.Unwrapped()
		k := command{Command: inner, outer: c, dir: dir}
		k.kind, k.tool = classify(inner)
		if inner.Name() == "cd" && len(inner.Args) == 2 && !c.Nested {
			dir = it.Scope.Abs(inner.Args[1].Text)
			if !path.IsAbs(inner.Args[1].Text) {
				dir = path.Join(k.dir, inner.Args[1].Text)
			}
		}
		out = append(out, k)
	}
	return out
}

// classify tells the kind of a command.
func classify(c shell.Command) (kind, string) {
	name := c.Name()
	if slices.Contains([]string{"sh", "bash", "ash", "dash"}, name) && len(c.Args) > 1 && c.Args[1].Literal {
		name = path.Base(c.Args[1].Text)
	}
	switch {
	case buildTools[name]:
		return build, name
	case name == "keytool", name == "update-ca-certificates":
		return trust, ""
	case name == "java":
		return classifyJava(c)
	}
	switch shell.Classify(c) {
	case shell.SystemPackage:
		return packages, ""
	case shell.SystemUpdate:
		return update, ""
	case shell.User:
		return account, ""
	case shell.Permission:
		if aboutTools(c) {
			return build, ""
		}
		return permission, ""
	case shell.Files:
		return files, ""
	case shell.Fetch:
		return fetch, ""
	case shell.CleanUp:
		return clean, ""
	case shell.Configuration:
		if aboutTools(c) {
			return build, ""
		}
		return configure, ""
	case shell.Nothing:
		return nothing, ""
	}
	if aboutTools(c) {
		return build, ""
	}
	return unknown, ""
}

// classifyJava: a version, or Spring Boot's own unpacking of a jar.
func classifyJava(c shell.Command) (kind, string) {
	for _, w := range c.Args[1:] {
		if strings.HasPrefix(w.Text, "-Djarmode=") {
			return build, "java"
		}
		if w.Text == "-version" || w.Text == "--version" {
			return nothing, ""
		}
	}
	return unknown, ""
}

// aboutTools reports chmod, sed and their like on the wrappers of the build tools.
func aboutTools(c shell.Command) bool {
	found := false
	for _, w := range c.Args[1:] {
		switch path.Base(w.Text) {
		case "mvnw", "gradlew", "maven-wrapper.properties", "gradle-wrapper.properties", "gradlew.bat", "mvnw.cmd":
			found = true
		}
	}
	return found
}

// builds reports a command that makes something: not one that only prepares a build
// tool, asks for its version, or unpacks a jar.
func (s step) builds() bool {
	return slices.ContainsFunc(s.commands, func(c command) bool {
		asks := len(c.Args) == 2 && slices.Contains([]string{"-v", "-version", "--version"}, c.Args[1].Text)
		return c.kind == build && c.tool != "" && c.tool != "dos2unix" && c.tool != "java" && c.tool != "jdeps" && !asks
	})
}

// does reports a command of one of the kinds.
func (s step) does(kinds ...kind) bool {
	for _, c := range s.commands {
		if slices.Contains(kinds, c.kind) {
			return true
		}
	}
	return false
}

// only reports that there are commands, and all are of these kinds.
func (s step) only(kinds ...kind) bool {
	for _, c := range s.commands {
		if !slices.Contains(kinds, c.kind) {
			return false
		}
	}
	return len(s.commands) > 0
}

// afterBuild reports a RUN behind the build that works on its outcome: it moves
// what was built, downloads something, takes sources away again, or only looks.
func (s step) afterBuild() bool {
	if s.only(clean, nothing) || s.does(fetch) && s.only(fetch, nothing, files, permission, clean) {
		return true
	}
	for _, c := range s.commands {
		switch c.Name() {
		case "cp", "mv", "ln", "find", "unzip", "tar", "jar", "rm", "ls", "cat":
			for _, w := range c.Args[1:] {
				if outcome(w.Text) || c.Name() == "rm" {
					return true
				}
			}
		}
	}
	return false
}

// outcome reports a path of what a build makes.
func outcome(text string) bool {
	return strings.Contains(text, "target") || strings.Contains(text, "build/") || strings.HasSuffix(text, ".jar") || strings.HasSuffix(text, ".war")
}

// text is a command as the author wrote it.
func (d *designer) text(c command) string {
	return string(d.in.File.Source[c.outer.Start:c.outer.End])
}
