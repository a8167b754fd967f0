package rootfs

import (
	"path"
	"strings"
)

// state says what is known of a path.
type state int

const (
	absent  state = iota // certainly not there
	present              // there
	unsure               // behind a folder that was not read, or filled in when the container starts
)

// mounted are the folders that a container gets when it starts.
var mounted = []string{"/proc", "/sys", "/dev"}

// resolve follows a path as the kernel does with the image as its root: symbolic links
// are relative to the root or to their own folder, and .. does not leave the root.
func (t *Tree) resolve(name string) (*file, state) { return t.follow(name, nil) }

// follow is resolve that shows every folder that is searched on the way.
func (t *Tree) follow(name string, searched func(*file)) (*file, state) {
	stack := []*file{t.root}
	rest, links := strings.Split(name, "/"), 0
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		at := stack[len(stack)-1]
		switch {
		case part == "" || part == ".":
			if part == "." && !at.dir() {
				return nil, absent
			}
			continue
		case !at.dir():
			return nil, absent
		}
		if searched != nil {
			searched(at)
		}
		if part == ".." {
			stack = stack[:max(len(stack)-1, 1)]
			continue
		}
		next := at.kid(part)
		if next == nil {
			return nil, unknown(at, part)
		}
		if !next.symlink() {
			stack = append(stack, next)
			continue
		}
		if links++; links > maxLinks || next.link == "" || len(rest) > 4096 {
			return nil, absent
		}
		if strings.HasPrefix(next.link, "/") {
			stack = stack[:1]
		}
		rest = append(strings.Split(next.link, "/"), rest...)
	}
	return stack[len(stack)-1], present
}

// unknown tells a missing entry from one that cannot be known.
func unknown(dir *file, name string) state {
	if dir.unread {
		return unsure
	}
	full := path.Join(dir.path, name)
	for _, m := range mounted {
		if full == m || strings.HasPrefix(full, m+"/") {
			return unsure
		}
	}
	switch full {
	case "/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/mtab":
		return unsure
	}
	return absent
}

// exists reports that a path is there, as far as can be known.
func (t *Tree) exists(name string) bool {
	_, s := t.resolve(name)
	return s == present
}

// absolute is a path as a process in dir sees it.
func absolute(dir, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	// Not cleaned: a .. behind a symbolic link is not the folder that it seems.
	return strings.TrimSuffix(dir, "/") + "/" + name
}

// within reports that a path is a folder or lies in it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, strings.TrimSuffix(folder, "/")+"/")
}
