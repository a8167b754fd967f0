package node

import (
	"errors"
	"fmt"
	"strings"
)

// lock is what a package-lock.json or npm-shrinkwrap.json says. See
// https://docs.npmjs.com/cli/configuring-npm/package-lock-json.
type lock struct {
	Path    string
	Version int // lockfileVersion
	// packages are the entries by their place, "node_modules/a" and so on; of
	// version 1 only the ones at the top.
	packages map[string]locked
	root     *manifest // what the root entry repeats of package.json; nil in version 1
}

// locked is one package of the lock file.
type locked struct {
	Version string
	Dev     bool // only development dependencies need it
	Script  bool // hasInstallScript
}

var errLock = errors.New("not a lock file of npm")

// parseLock reads a lock file. The packages' own dependency lists, which are most
// of it, are not decoded.
func parseLock(path string, data []byte) (*lock, error) {
	s := scanner{data: trimBOM(data)}
	l := &lock{Path: path, packages: make(map[string]locked, len(data)/500)}
	err := s.object(func(key []byte) error {
		switch string(key) {
		case "lockfileVersion":
			return s.decode(&l.Version)
		case "packages":
			return s.object(func(place []byte) error { return l.entry(&s, string(place)) })
		case "dependencies":
			return s.object(func(name []byte) error {
				if l.root != nil { // version 2 repeats itself for old readers
					return s.skip()
				}
				return l.entry(&s, "node_modules/"+string(name))
			})
		}
		return s.skip()
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if l.Version == 0 && l.root == nil && len(l.packages) == 0 {
		return nil, fmt.Errorf("%s: %w", path, errLock)
	}
	return l, nil
}

// entry reads one package; the entry "" is the root's manifest.
func (l *lock) entry(s *scanner, place string) error {
	if place == "" {
		l.root = &manifest{}
		return s.decode(l.root)
	}
	var p locked
	err := s.object(func(key []byte) (err error) {
		switch string(key) {
		case "version":
			p.Version, err = s.str()
		case "dev":
			p.Dev, err = s.yes()
		case "hasInstallScript":
			p.Script, err = s.yes()
		default:
			err = s.skip()
		}
		return err
	})
	l.packages[place] = p
	return err
}

// top is the package that is installed at the top of node_modules.
func (l *lock) top(name string) (locked, bool) {
	if l == nil {
		return locked{}, false
	}
	p, ok := l.packages["node_modules/"+name]
	return p, ok
}

// fits reports whether the lock file has what the manifest asks for, so that
// npm ci takes it, and what differs. Version 1 repeats no ranges: there only
// names are compared.
func (l *lock) fits(m *manifest) (why string, ok bool) {
	have := map[string]string{}
	if l.root != nil {
		for _, deps := range []map[string]string{l.root.Dependencies, l.root.DevDependencies, l.root.OptionalDependencies} {
			for name, v := range deps {
				have[name] = v
			}
		}
	}
	for _, want := range []map[string]string{m.Dependencies, m.DevDependencies} {
		for _, name := range sortedKeys(want) {
			if _, optional := m.OptionalDependencies[name]; optional {
				continue
			}
			if l.root == nil {
				if _, ok := l.top(name); !ok {
					return fmt.Sprintf("%s is in package.json and not in the lock file", name), false
				}
				continue
			}
			if v, ok := have[name]; !ok || v != want[name] {
				return fmt.Sprintf("%s is %q in package.json and %q in the lock file", name, want[name], v), false
			}
		}
	}
	return "", true
}

// native are packages that run a script of their own when installed, which is
// how compiled code comes in. Sorted, without development ones.
func (l *lock) native() []string {
	if l == nil {
		return nil
	}
	var names []string
	for _, place := range sortedKeys(l.packages) {
		if p := l.packages[place]; p.Script && !p.Dev {
			names = append(names, place[strings.LastIndex(place, "node_modules/")+len("node_modules/"):])
		}
	}
	return names
}
