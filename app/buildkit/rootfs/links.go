package rootfs

import (
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// consoleScripts looks for scripts of the application whose interpreter is not there, as
// in a virtual environment that was moved: the folders of PATH, and bin beside a
// pyvenv.cfg.
func (in *inspector) consoleScripts() {
	folders := map[string]bool{}
	for _, dir := range in.path {
		if f, s := in.tree.resolve(absolute(in.dir, dir)); s == present {
			folders[f.path] = true
		}
	}
	for _, f := range in.tree.named("pyvenv.cfg") {
		folders[path.Join(path.Dir(f.path), "bin")] = true
	}
	var files []*file
	in.tree.eachGrouped(func(f *file, group string) {
		if len(files) < maxScripts && application(group) && f.regular() && f.size > 2 &&
			f.mode.Perm()&0o111 != 0 && folders[path.Dir(f.path)] && !strings.HasSuffix(f.name, "-gdb.py") {
			files = append(files, f)
		}
	})
	heads := in.heads(files)
	first, lost, scripts := "", 0, 0
	for _, f := range files {
		interpreter, _, ok := parseShebang(heads[f])
		if !ok {
			continue
		}
		scripts++
		if _, s := in.tree.resolve(interpreter); s != absent || strings.HasSuffix(interpreter, "\r") || !strings.HasPrefix(interpreter, "/") {
			continue
		}
		if lost++; lost == 1 {
			first = fmt.Sprintf("%s starts with #!%s, which the image does not have", f.path, interpreter)
		}
	}
	if lost > 0 {
		in.problem(rowScripts, false, failure(proof.MissingCommand, "console scripts", "%s%s", first, others(lost)))
	}
	if scripts > 0 {
		in.row(rowScripts, true, count(scripts, "script"))
	}
}

// heads reads the first line of files.
func (in *inspector) heads(files []*file) map[*file][]byte {
	var mu sync.Mutex
	out := make(map[*file][]byte, len(files))
	parallel(files, func(f *file) {
		head, err := in.tree.part(in.ctx, f, 0, int(min(f.size, shebangSize)))
		if err == nil {
			mu.Lock()
			out[f] = head
			mu.Unlock()
		}
	})
	return out
}

// danglingLinks looks for symbolic links of the application that lead nowhere.
func (in *inspector) danglingLinks() {
	first, lost, links := "", 0, 0
	in.tree.eachGrouped(func(f *file, group string) {
		if !f.symlink() || !application(group) {
			return
		}
		links++
		if _, s := in.tree.resolve(f.path); s != absent {
			return
		}
		if lost++; lost == 1 {
			first = fmt.Sprintf("%s leads to %s, which the image does not have", f.path, f.link)
		}
	})
	if lost > 0 {
		in.problem(rowLinks, false, failure(proof.MissingFile, "symbolic links", "%s%s", first, others(lost)))
	}
	if links > 0 {
		in.row(rowLinks, true, count(links, "link"))
	}
}

// others says how many more than one there are.
func others(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n-1)
}
