package review

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
)

// usage is the block of commands that go with the rewritten file.
func usage(r rewrite.Result, stages []stage) string {
	if len(stages) == 0 {
		return ""
	}
	last := stages[len(stages)-1]
	var b strings.Builder
	line := func(comment string, args ...string) {
		b.WriteString("# " + comment + "\n" + dockerBuild(r, args...) + "\n")
	}
	line(shellComment(last.name) + ", the default target")
	for _, s := range stages[:len(stages)-1] {
		comment := shellComment(s.name)
		if s.purpose != "" {
			comment += " " + shellComment(s.purpose)
		}
		line(comment, "--target", s.name)
	}
	line("the files of "+shellComment(last.name)+" into ./out, to take a single one out of the image",
		"--output", "type=local,dest=out")
	for _, s := range stages {
		if s.role == "test" {
			line("the files of "+shellComment(s.name)+", its reports among them, into ./out",
				"--target", s.name, "--output", "type=local,dest=out")
		}
	}
	line("in CI, with the cache of all stages in a registry (needs a docker-container builder)",
		"--cache-from", "type=registry,ref=REGISTRY/IMAGE:cache",
		"--cache-to", "type=registry,ref=REGISTRY/IMAGE:cache,mode=max")
	line("in CI, with the cache inside the image (final stage only)",
		"--cache-from", "REGISTRY/IMAGE", "--cache-to", "type=inline", "--tag", "REGISTRY/IMAGE", "--push")
	return Fence("sh", strings.TrimRight(b.String(), "\n"))
}

// dockerBuild is a command line with -f where it is needed, and the context.
func dockerBuild(r rewrite.Result, args ...string) string {
	dir := r.Context
	if dir == "" {
		dir = "."
	}
	words := []string{"docker", "build"}
	if path.Clean(r.Path) != path.Join(dir, "Dockerfile") {
		words = append(words, "-f", r.Path)
	}
	words = append(words, args...)
	if strings.HasPrefix(dir, "-") {
		dir = "./" + dir
	}
	words = append(words, dir)
	for i, w := range words {
		words[i] = shellQuote(w)
	}
	return strings.Join(words, " ")
}

// shellQuote quotes a word for a POSIX shell where it needs it. Hidden
// characters are shown: such a path has to be typed by hand.
func shellQuote(s string) string {
	s = visible(oneLine(s))
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// shellComment is text behind a '#', on one line.
func shellComment(s string) string { return firstRunes(visible(oneLine(s)), maxValue) }
