package node

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// app is the project in the image: where it lies, what its manifests say.
type app struct {
	in       *plan.Input
	tree     *tree
	dir      string // in the image
	manifest *manifest
	lock     *lock  // nil where there is none
	lockWhy  string // why the lock file is missing or does not fit; "" where it does
	node     int    // major version of Node.js; 0 where the tag does not tell
	npm      int    // major version of npm
	manager  manager
	yarn     yarnLock // nil where there is none
	// globalCache reports that yarn keeps its archives outside the project.
	globalCache bool
}

// errNoManifest says that no package.json is copied to the install's folder.
var errNoManifest = errors.New("no package.json is copied there")

// readApp reads the manifests of the project in a folder of the image, as they
// stand when the install runs: item number at.
func readApp(in *plan.Input, t *tree, dir string, at int, n *call) (*app, error) {
	a := &app{in: in, tree: t, dir: dir, node: leading(in.Base.Version), npm: npmMajor(in.Base.Version)}
	file, ok := t.Files[a.path("package.json")]
	if !ok || file.First >= at {
		return nil, fmt.Errorf("%s: %w", dir, errNoManifest)
	}
	data, err := in.Project.Read(in.Project.Join(file.Source))
	if err != nil {
		return nil, err
	}
	if a.manifest, err = parseManifest(file.Source, data); err != nil {
		return nil, err
	}
	a.readManager(n)
	return a, a.readLock(at)
}

// readLock reads npm-shrinkwrap.json, which has precedence, or package-lock.json. Of
// the other managers only the place of their lock file is looked at.
func (a *app) readLock(at int) error {
	if a.manager.tool != "npm" {
		for _, name := range a.manager.locks() {
			file, ok := a.tree.Files[a.path(name)]
			if !ok || file.First >= at {
				continue
			}
			if a.manager.tool != "yarn" {
				return nil
			}
			data, err := a.in.Project.Read(a.in.Project.Join(file.Source))
			if err == nil {
				a.yarn = parseYarnLock(string(data))
			} else if errors.Is(err, project.ErrNotKept) {
				return err
			}
			return nil
		}
		a.lockWhy = "no lock file of " + a.manager.tool + " is copied before the install"
		return nil
	}
	for _, name := range []string{"npm-shrinkwrap.json", "package-lock.json"} {
		file, ok := a.tree.Files[a.path(name)]
		if !ok || file.First >= at {
			continue
		}
		data, err := a.in.Project.Read(a.in.Project.Join(file.Source))
		if errors.Is(err, project.ErrNotKept) {
			return err
		}
		if err == nil {
			a.lock, err = parseLock(file.Source, data)
		}
		if err != nil {
			a.lockWhy = "the lock file cannot be read"
			return nil
		}
		if why, ok := a.lock.fits(a.manifest); !ok {
			a.lockWhy = why
		}
		return nil
	}
	a.lockWhy = "no lock file is copied before the install"
	return nil
}

// path is a path of the project in the image.
func (a *app) path(name string) string { return path.Join(a.dir, name) }

// rel is a path in the image as seen from the project; ok is false outside it.
func (a *app) rel(name string) (string, bool) {
	if a.dir == "/" {
		return strings.TrimPrefix(name, "/"), true
	}
	return strings.CutPrefix(name, a.dir+"/")
}

// manifestPath is package.json from the repository's root, for evidence.
func (a *app) manifestPath() string { return a.in.Project.Join(a.manifest.Path) }

// says is evidence that stands in package.json.
func (a *app) says(section, key, text string) plan.Evidence {
	return plan.Evidence{Path: a.manifestPath(), Line: a.manifest.line(section, key), Text: text}
}

// read gives a file of the image that comes from the context.
func (a *app) read(name string) ([]byte, bool) {
	file, ok := a.tree.Files[path.Clean(name)]
	if !ok {
		return nil, false
	}
	data, err := a.in.Project.Read(a.in.Project.Join(file.Source))
	return data, err == nil
}

// readFirst gives the first of several files of the project that exists.
func (a *app) readFirst(names ...string) (string, []byte) {
	for _, name := range names {
		if data, ok := a.read(a.path(name)); ok {
			return name, data
		}
	}
	return "", nil
}

// developmentOnly reports whether a package is missing after an install without
// development dependencies, although a full install has it. certain is false
// where only a lock file could tell.
func (a *app) developmentOnly(name string) (missing, certain bool) {
	if p, ok := a.lock.top(name); ok && a.lockWhy == "" {
		return p.Dev, true
	}
	switch a.manifest.section(name) {
	case production:
		return false, true
	case development:
		return true, true
	}
	if _, ok := a.yarn[name]; ok {
		return !a.yarn.production(a.manifest)[name], true
	}
	return false, a.lock != nil && a.lockWhy == ""
}

// hasDevelopment reports development dependencies in the manifest.
func (a *app) hasDevelopment() bool { return len(a.manifest.DevDependencies) > 0 }

// lockMissing reports that no lock file reaches the image at all.
func (a *app) lockMissing() bool {
	return !a.tree.Has(a.path("package-lock.json")) && !a.tree.Has(a.path("npm-shrinkwrap.json"))
}
