package rootfs

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// gap is a library or a version that a process would not get.
type gap struct {
	by      *object
	library string
	version string // of symbols, which the library does not define; "" where it is not found
	lib     string // path of the library that lacks the version
	answer
}

// closure is what a program and its libraries load.
type closure struct {
	loader *loader
	names  map[string]*loaded // by the name asked for and by soname
	order  []*loaded
	gaps   []gap
}

const maxLoaded = 1000 // objects of one process

// load follows everything that an object needs, breadth first as the loader does. What
// an earlier object of the process has loaded is there already.
func (c *closure) load(first *loaded) {
	c.add(first, path.Base(first.at))
	for i := len(c.order) - 1; i < len(c.order) && len(c.order) < maxLoaded; i++ {
		o := c.order[i]
		for _, name := range o.needed {
			if c.names[name] != nil || c.loader.builtin(name) {
				continue
			}
			a := c.loader.find(name, o)
			if a.found != nil {
				c.add(a.found, name)
				continue
			}
			c.gaps = append(c.gaps, gap{by: o.object, library: name, answer: a})
		}
	}
}

func (c *closure) add(o *loaded, name string) {
	c.names[name] = o
	if o.soname != "" && c.names[o.soname] == nil {
		c.names[o.soname] = o
	}
	c.order = append(c.order, o)
}

// checkVersions compares the versions that each object needs with what the libraries
// define. musl has no versions; a library without any is taken as it is, as glibc does.
func (c *closure) checkVersions(from int) {
	if c.loader.musl {
		return
	}
	for _, o := range c.order[from:] {
		for _, need := range o.needs {
			lib := c.names[need.library]
			if lib == nil || len(lib.defines) == 0 || lib.defines[need.version] {
				continue
			}
			c.gaps = append(c.gaps, gap{by: o.object, library: need.library, version: need.version, lib: lib.file.path})
		}
	}
}

// fork is a copy that further objects can be loaded into.
func (c *closure) fork() *closure {
	names := make(map[string]*loaded, len(c.names))
	for k, v := range c.names {
		names[k] = v
	}
	return &closure{loader: c.loader, names: names, order: append([]*loaded(nil), c.order...)}
}

// failure says a gap for people and for a repair.
func (g gap) failure() proof.Failure {
	by := g.by.file.path
	switch {
	case g.version != "":
		kind := proof.LibcVersion
		if !strings.HasPrefix(g.version, "GLIBC") && !strings.HasPrefix(g.version, "CXXABI") && !strings.HasPrefix(g.version, "GCC_") {
			kind = proof.MissingLibrary
		}
		subject := g.version
		if kind == proof.MissingLibrary {
			subject = g.library
		}
		return failure(kind, subject, "%s needs %s, which the image's %s does not define", by, g.version, g.lib)
	case g.stale != "":
		return failure(proof.MissingLibrary, g.library, "%s needs %s, and %s is not in the loader's cache because ldconfig has not run", by, g.library, g.stale)
	case g.other != "":
		return failure(proof.MissingLibrary, g.library, "%s needs %s, and %s is built for another architecture", by, g.library, g.other)
	}
	return failure(proof.MissingLibrary, g.library, "%s needs %s, which no folder of the loader has", by, g.library)
}

// failure is a failure of the file-set proof.
func failure(kind proof.Kind, subject, format string, args ...any) proof.Failure {
	return proof.Failure{Step: proof.StepFiles, Kind: kind, Subject: subject, Cause: clip(fmt.Sprintf(format, args...), 600)}
}

// clip shortens text that came from an image and takes control characters out of it.
func clip(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
