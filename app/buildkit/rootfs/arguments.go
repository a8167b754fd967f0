package rootfs

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
	"github.com/multistage-app/multistage/rewrite/shell"
)

var (
	pythonName = regexp.MustCompile(`^(python|pypy)[0-9.]*$`)
	shellName  = regexp.MustCompile(`^(ba|da|a)?sh$`)
)

// arguments goes on with what a known program reads or starts by its arguments.
// The name that it was called by counts, as for busybox.
func (in *inspector) arguments(r run) {
	args := r.argv[1:]
	switch name := path.Base(r.argv[0]); {
	case shellName.MatchString(name):
		in.shell(r)
	case name == "node" || name == "nodejs":
		in.node(args, r)
	case pythonName.MatchString(name):
		in.python(args, r)
	case name == "java":
		in.java(args, r)
	case name == "dotnet" || name == "php" || name == "ruby":
		in.firstFile(args, map[string]string{"dotnet": ".dll", "php": ".php", "ruby": ".rb"}[name], r)
	case name == "tini" || name == "tini-static" || name == "docker-init" || name == "catatonit":
		in.wrapped(args, []string{"-g", "-s", "-v", "-vv", "-vvv", "-w"}, []string{"-p", "-e"}, r)
	case name == "dumb-init":
		in.wrapped(args, []string{"-c", "-v", "--single-child", "--verbose"}, []string{"-r", "--rewrite"}, r)
	case name == "env":
		in.envWords(args, r)
	case name == "nice" || name == "nohup" || name == "setsid" || name == "stdbuf":
		if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
			in.run(r.next(args, name))
		}
	case name == "gosu" || name == "su-exec":
		in.otherUser(args, r)
	}
}

// firstFile checks the file that a program opens by its first word, where that is one by
// its ending.
func (in *inspector) firstFile(args []string, ending string, r run) {
	if len(args) > 0 && strings.HasSuffix(args[0], ending) && !strings.HasPrefix(args[0], "-") {
		if f, _ := in.argument(args[0], r, nil); f != nil {
			in.step(r.row, args[0])
		}
	}
}

// wrapped goes on with the command behind an init's own options.
func (in *inspector) wrapped(args, flags, valued []string, r run) {
	by := r.argv[0]
	for len(args) > 0 {
		switch a := args[0]; {
		case a == "--":
			in.run(r.next(args[1:], by))
			return
		case slices.Contains(flags, a):
			args = args[1:]
		case slices.Contains(valued, a) && len(args) > 1:
			args = args[2:]
		case strings.HasPrefix(a, "-"):
			return
		default:
			in.run(r.next(args, by))
			return
		}
	}
}

// envWords goes on with the command of env NAME=value command.
func (in *inspector) envWords(args []string, r run) {
	for len(args) > 0 {
		switch a := args[0]; {
		case strings.Contains(a, "="):
			if strings.HasPrefix(a, "PATH=") || strings.HasPrefix(a, "LD_LIBRARY_PATH=") {
				r.certain = false
			}
			args = args[1:]
		case strings.HasPrefix(a, "-"):
			return
		default:
			in.run(r.next(args, "env"))
			return
		}
	}
}

// otherUser goes on with gosu USER command: from here on the user is another.
func (in *inspector) otherUser(args []string, r run) {
	if len(args) < 2 || strings.HasPrefix(args[0], "-") || strings.Contains(args[0], unknownWord) {
		return
	}
	who, failed := in.tree.identify(in.ctx, args[0])
	if failed != nil {
		in.problem(rowUser, r.certain, *failed)
		return
	}
	by := r.argv[0]
	r.who = who
	in.run(r.next(args[1:], by))
}

// shell goes on with sh -c script, or sh file.
func (in *inspector) shell(r run) {
	for n := 3; n <= len(r.argv) && n <= 8; n++ {
		if script, ok := shell.Unwrap(r.argv[:n]); ok {
			if !strings.Contains(script, unknownWord) {
				in.script(script, r, r.argv[min(n+1, len(r.argv)):])
			}
			return
		}
	}
	args := r.argv[1:]
	for len(args) > 0 && (args[0] == "-e" || args[0] == "-x" || args[0] == "-eu" || args[0] == "-ex" || args[0] == "-u" || args[0] == "-l") {
		args = args[1:]
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || strings.Contains(args[0], unknownWord) {
		return
	}
	f, at := in.argument(args[0], r, nil)
	if f != nil && f.regular() {
		in.step(r.row, at)
		r.argv = args
		in.scriptFile(f, at, r)
	}
}

// argument finds a file that a program opens by its argument; it reports what is missing
// and what the user may not read. endings are tried in turn, "" first; none is the name
// alone.
func (in *inspector) argument(name string, r run, endings []string) (*file, string) {
	if name == "" || strings.Contains(name, unknownWord) || r.dir == "" && !strings.HasPrefix(name, "/") {
		return nil, ""
	}
	at := absolute(r.dir, name)
	for _, ending := range append([]string{""}, endings...) {
		f, s := in.tree.resolve(at + ending)
		switch {
		case s == unsure:
			return nil, ""
		case s == present && (ending == "" || f.regular()):
			in.readable(f, at+ending, r)
			return f, path.Clean(at + ending)
		}
	}
	if link, target := in.tree.dangling(at); link != "" {
		in.problem(r.row, r.certain, failure(proof.MissingFile, target, "%s opens %s, and the symbolic link %s leads to %s, which the image does not have", r.argv[0], path.Clean(at), link, target))
	} else {
		in.problem(r.row, r.certain, failure(proof.MissingFile, path.Clean(at), "%s opens %s, which the image does not have", r.argv[0], path.Clean(at)))
	}
	return nil, ""
}
