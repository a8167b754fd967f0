package rootfs

import (
	"bytes"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// shebangSize is how much of a script's first line Linux reads: BINPRM_BUF_SIZE.
const shebangSize = 256

// parseShebang reads the first line of a script as Linux does: an interpreter and at
// most one argument, which is the rest of the line.
func parseShebang(head []byte) (interpreter, argument string, ok bool) {
	if !bytes.HasPrefix(head, []byte("#!")) {
		return "", "", false
	}
	line := head[2:min(len(head), shebangSize)]
	if i := bytes.IndexAny(line, "\n\x00"); i >= 0 {
		line = line[:i]
	}
	text := strings.Trim(string(line), " \t")
	interpreter, argument = text, ""
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		interpreter, argument = text[:i], strings.TrimLeft(text[i:], " \t")
	}
	return interpreter, argument, interpreter != ""
}

// envCommand is the command that #!/usr/bin/env starts: ok is false where it is not
// certain.
func envCommand(argument string) (argv []string, ok bool) {
	words := []string{argument}
	if strings.HasPrefix(argument, "-") {
		rest, found := strings.CutPrefix(argument, "-S")
		if !found {
			if rest, found = strings.CutPrefix(argument, "--split-string="); !found {
				return nil, false
			}
		}
		if strings.ContainsAny(rest, `'"\$`) {
			return nil, false
		}
		words = strings.Fields(rest)
	}
	for len(words) > 0 && strings.Contains(words[0], "=") {
		words = words[1:]
	}
	return words, len(words) > 0 && words[0] != "" && !strings.HasPrefix(words[0], "-")
}

// shebang checks the interpreter of a script and goes on with it.
func (in *inspector) shebang(f *file, at string, head []byte, r run) {
	interpreter, argument, ok := parseShebang(head)
	if !ok {
		in.problem(r.row, r.certain, failure(proof.Other, at, "%s has no interpreter in its first line", at))
		return
	}
	name, isEnv := interpreter, path.Base(interpreter) == "env"
	if isEnv {
		name = argument
	}
	if strings.HasSuffix(name, "\r") && (isEnv || argument == "") && !in.tree.exists(absolute(in.dir, interpreter)) ||
		strings.HasSuffix(name, "\r") && isEnv {
		in.problem(r.row, r.certain, failure(proof.Other, at, "%s has Windows line endings, so its interpreter %s is not found", at, strings.TrimSuffix(name, "\r")))
		return
	}
	in.readable(f, at, r)
	first := "#!" + strings.TrimSpace(interpreter+" "+argument)
	if interp, s := in.tree.resolve(absolute(r.dir, interpreter)); s == absent {
		kind, subject := proof.MissingCommand, interpreter
		if link, target := in.tree.dangling(interpreter); link != "" {
			kind, subject = proof.MissingFile, target
		}
		in.problem(r.row, r.certain, failure(kind, subject, "%s starts with %s, which the image does not have", at, clip(first, 120)))
		return
	} else if s == unsure || !in.executable(interp, interpreter, r) {
		return
	}
	argv := []string{interpreter}
	if argument != "" {
		argv = append(argv, argument)
	}
	if isEnv {
		if argv, ok = envCommand(argument); !ok {
			return
		}
		if !in.hasCommand(argv[0], r) {
			in.problem(r.row, r.certain, failure(proof.MissingCommand, argv[0], "%s starts with %s, and no folder of PATH has %s", at, clip(first, 120), argv[0]))
			return
		}
	}
	argv = append(append(argv, path.Clean(at)), r.argv[1:]...)
	in.run(r.next(argv, at))
}

// hasCommand reports that a command is found, or may be.
func (in *inspector) hasCommand(name string, r run) bool {
	if strings.Contains(name, "/") {
		_, s := in.tree.resolve(absolute(r.dir, name))
		return s != absent
	}
	for _, dir := range append(r.bins[:len(r.bins):len(r.bins)], in.path...) {
		if f, s := in.tree.resolve(absolute(r.dir, dir) + "/" + name); s == unsure || s == present && f.regular() {
			return true
		}
	}
	return false
}
