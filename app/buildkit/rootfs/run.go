package rootfs

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// unknownWord stands for a word of a command that is not literal.
const unknownWord = "\x00"

// The limits of what is followed.
const (
	maxRuns    = 12  // programs that start one another
	maxVisited = 500 // commands of one image
)

// run is a command that something starts.
type run struct {
	argv    []string
	dir     string // "" where it is not known
	bins    []string
	row     string // of the checklist
	by      string // what starts it, for people
	certain bool   // that it is started, and with this PATH and environment
	shell   bool   // by a shell, which also takes a script without #!
	health  bool   // in a health check's script
	who     identity
	depth   int
}

// next is another command that a run starts.
func (r run) next(argv []string, by string) run {
	r.argv, r.by, r.shell = argv, by, false
	r.depth++
	return r
}

// run follows a command as far as it can be known.
func (in *inspector) run(r run) {
	if len(r.argv) == 0 || r.depth > maxRuns || strings.Contains(r.argv[0], unknownWord) {
		return
	}
	key := r.row + "\x00" + r.dir + "\x00" + strings.Join(r.argv, "\x01")
	if in.visited[key] || len(in.visited) >= maxVisited {
		return
	}
	in.visited[key] = true
	if r.argv[0] == "" {
		in.problem(r.row, r.certain, failure(proof.MissingCommand, "", "%s starts an empty command", r.by))
		return
	}
	f, at := in.lookup(r)
	if f == nil {
		return
	}
	in.step(r.row, at)
	in.program(f, at, r)
	switch name := path.Base(r.argv[0]); name {
	case "npm", "yarn", "pnpm": // scripts themselves, whose arguments say what starts
		in.packageScript(name, r.argv[1:], r)
	}
}

// lookup finds a command as execvp(3) does. It reports what is missing.
func (in *inspector) lookup(r run) (*file, string) {
	name := r.argv[0]
	if strings.Contains(name, "/") {
		if r.dir == "" && !strings.HasPrefix(name, "/") {
			return nil, ""
		}
		at := absolute(r.dir, name)
		f, s := in.tree.resolve(at)
		switch {
		case s == absent:
			in.problem(r.row, r.certain, in.missing(at, r.by))
			return nil, ""
		case s == unsure || !in.executable(f, at, r):
			return nil, ""
		}
		return f, path.Clean(at)
	}
	var denied *file
	deniedAt := ""
	for _, dir := range append(r.bins[:len(r.bins):len(r.bins)], in.path...) {
		if dir == "" || !strings.HasPrefix(dir, "/") {
			if r.dir == "" {
				return nil, ""
			}
			dir = absolute(r.dir, dir)
		}
		at := strings.TrimSuffix(dir, "/") + "/" + name
		f, s := in.tree.resolve(at)
		switch {
		case s == unsure:
			return nil, ""
		case s == absent || !f.regular():
			continue
		case !r.who.may(f, mayExec) || in.tree.barred(r.who, at) != nil:
			denied, deniedAt = f, at
			continue
		}
		return f, path.Clean(at)
	}
	if denied != nil {
		in.executable(denied, deniedAt, r)
		return nil, ""
	}
	in.problem(r.row, r.certain, failure(proof.MissingCommand, name, "%s starts %s, which no folder of PATH has", r.by, name))
	return nil, ""
}

// executable checks the kind of the file and what the user may do; it reports.
func (in *inspector) executable(f *file, at string, r run) bool {
	at = path.Clean(at)
	switch bar := in.tree.barred(r.who, at); {
	case f.dir():
		in.problem(r.row, r.certain, failure(proof.NoPermission, at, "%s starts %s, which is a folder", r.by, at))
	case !f.regular():
		return false
	case f.mode.Perm()&0o111 == 0:
		in.problem(r.row, r.certain, failure(proof.NoPermission, at, "%s starts %s, which is not executable", r.by, at))
	case bar != nil:
		in.problem(rowAccess, r.certain, failure(proof.NoPermission, at, "the user %s may not enter %s on the way to %s", r.who.name, bar.path, at))
	case !r.who.may(f, mayExec):
		in.problem(rowAccess, r.certain, failure(proof.NoPermission, at, "the user %s may not execute %s", r.who.name, at))
	default:
		return true
	}
	return false
}

// readable checks that the user may read what its interpreter opens; it reports.
func (in *inspector) readable(f *file, at string, r run) {
	at = path.Clean(at)
	bar := in.tree.barred(r.who, at)
	if bar != nil {
		in.problem(rowAccess, r.certain, failure(proof.NoPermission, at, "the user %s may not enter %s on the way to %s", r.who.name, bar.path, at))
	} else if f.regular() && !r.who.may(f, mayRead) {
		in.problem(rowAccess, r.certain, failure(proof.NoPermission, at, "the user %s may not read %s", r.who.name, at))
	}
}

// missing says that a path is not there, and where a symbolic link leads nowhere that.
func (in *inspector) missing(at, by string) proof.Failure {
	at = path.Clean(at)
	if link, target := in.tree.dangling(at); link != "" {
		return failure(proof.MissingFile, target, "%s starts %s, and the symbolic link %s leads to %s, which the image does not have", by, at, link, target)
	}
	kind := proof.MissingFile
	for _, dir := range []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin"} {
		if path.Dir(at) == dir {
			kind = proof.MissingCommand // of the system, such as /bin/sh
		}
	}
	return failure(kind, at, "%s starts %s, which the image does not have", by, at)
}

// dangling finds the last symbolic link on a path that leads nowhere: its place and what
// it leads to. Both are empty where a plain name is missing.
func (t *Tree) dangling(at string) (link, target string) {
	for range maxLinks {
		dir, s := t.resolve(path.Dir(at))
		if s != present {
			if path.Dir(at) == at {
				return link, target
			}
			at = path.Dir(at)
			continue
		}
		f := dir.kid(path.Base(at))
		if f == nil || !f.symlink() {
			return link, target
		}
		link = f.path
		target = path.Clean(absolute(dir.path, f.link))
		at = target
	}
	return link, target
}

// program looks into a program that is started.
func (in *inspector) program(f *file, at string, r run) {
	head, err := in.tree.part(in.ctx, f, 0, int(min(f.size, 4096)))
	switch {
	case err != nil:
		in.row(r.row, false, "not checked: "+f.path+" cannot be read")
		return
	case strings.HasPrefix(string(head), "\x7fELF"):
		if !in.binary(f, at, r) {
			return
		}
	case strings.HasPrefix(string(head), "#!"):
		in.shebang(f, at, head, r)
		return
	case !r.shell:
		in.problem(r.row, r.certain, failure(proof.Other, at, "%s starts %s, which is neither a program nor a script that begins with #!", r.by, at))
		return
	default:
		in.scriptFile(f, at, r)
		return
	}
	in.arguments(r)
}
