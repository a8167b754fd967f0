package node

import (
	"fmt"
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// estimate is the expected saving: base images, packages that are left out, and the
// cache of the package manager.
func (d *designer) estimate() {
	base, final := d.in.Base, d.in.Base
	if d.slimRef != "" {
		slim, ok := image.Resolve(d.slimRef)
		if !ok {
			return
		}
		final = slim
	}
	if base.Size == 0 || final.Size == 0 {
		return
	}
	w := d.weigh()
	s := &d.plan.Saving
	s.BeforeMin, s.BeforeMax = base.Size+w.before.min, base.Size+w.before.max+w.cache
	s.AfterMin, s.AfterMax = final.Size+w.after.min, final.Size+w.after.max
	line := d.in.File.Line(d.in.Stage.From)
	s.Grounds = append(s.Grounds, plan.Evidence{Line: line, Text: fmt.Sprintf("%s is about %d MB unpacked", base.Ref, base.Size/1e6)})
	if d.slimRef != "" {
		s.Grounds = append(s.Grounds, plan.Evidence{Text: fmt.Sprintf("%s is about %d MB unpacked", final.Ref, final.Size/1e6)})
	}
	if w.before.count > 0 {
		s.Grounds = append(s.Grounds, w.says())
	}
}

// load is what the dependencies of an image weigh, unpacked.
type load struct {
	count    int64 // packages, or dependencies that the manifest names
	min, max int64 // bytes
	large    []string
}

func (l *load) add(name string) {
	w, known := largePackages[name]
	if !known {
		w = weight{packageMin, packageMax}
	} else if !contains(l.large, name) {
		l.large = append(l.large, name)
	}
	l.count, l.min, l.max = l.count+1, l.min+w.min, l.max+w.max
}

// largest are the names of the packages that weigh most.
func (l *load) largest(most int) []string {
	names := append([]string{}, l.large...)
	sort.SliceStable(names, func(i, j int) bool { return largePackages[names[i]].max > largePackages[names[j]].max })
	return names[:min(len(names), most)]
}

// declared adds a dependency that a manifest names, with what it may bring.
func (l *load) declared(name string) {
	l.add(name)
	l.max += broughtMax
}

// dependencies are what the original image has of them, and production.
type dependencies struct {
	before, after load
	cache         int64  // bytes at most that the package manager keeps beside them
	path          string // the file that they are counted in
	locked        bool   // … which is a lock file that fits
}

// says is what the count rests on.
func (w *dependencies) says() plan.Evidence {
	text := fmt.Sprintf("%d packages are installed, some %d to %d MB", w.before.count, w.before.min/1e6, (w.before.max+999_999)/1e6)
	if !w.locked {
		text = fmt.Sprintf("%d dependencies are named, with what they bring some %d to %d MB", w.before.count, w.before.min/1e6, (w.before.max+999_999)/1e6)
	}
	if large := w.before.largest(3); len(large) > 0 {
		text += ", " + strings.Join(large, ", ") + " among them"
	}
	if left := w.before.count - w.after.count; left > 0 {
		text += fmt.Sprintf("; %d of them stay behind", left)
	}
	return plan.Evidence{Path: w.path, Text: text}
}

// weigh counts the dependencies in the lock file, or else in package.json.
func (d *designer) weigh() dependencies {
	w := dependencies{}
	omits, prunes := d.omitsDev(), d.prunesDev()
	if d.members != nil && !d.app.hasDevelopment() { // but the members may have some
		omits = d.lastInstall().OmitDev
	}
	some := d.names.deps != "" && d.split != nil || d.members != nil && d.modules != complete
	earlier := int64(0)
	d.eachPackage(&w, func(name string, dev bool, add func(*load, string)) {
		if dev && omits || otherPlatform(name, d.in.Base.Family == image.Alpine) {
			return
		}
		before := w.before.min
		add(&w.before, name)
		if dev && prunes { // perhaps in the layer that they came in
			earlier += w.before.min - before
		}
		if d.modules == noModules {
			return
		}
		if !dev || d.modules == complete && !some {
			add(&w.after, name)
		} else if some { // which of them is not known
			most := load{}
			add(&most, name)
			w.after.max += most.max
		}
	})
	w.before.min -= earlier
	if d.leavesCache() {
		w.cache = w.before.max / 3
	}
	return w
}

// eachPackage visits the packages that an install of all dependencies brings, in order.
func (d *designer) eachPackage(w *dependencies, visit func(name string, dev bool, add func(*load, string))) {
	a := d.app
	graph := a.yarn
	if graph == nil {
		graph = a.pnpm()
	}
	switch {
	case a.lock != nil && a.lockWhy == "":
		w.path, w.locked = a.in.Project.Join(a.lock.Path), true
		for _, place := range sortedKeys(a.lock.packages) {
			if i := strings.LastIndex(place, "node_modules/"); i >= 0 {
				visit(place[i+len("node_modules/"):], a.lock.packages[place].Dev, (*load).add)
			}
		}
	case len(graph) > 0:
		w.path, w.locked = a.in.Project.Join(path.Join(path.Dir(a.manifest.Path), a.manager.locks()[0])), true
		runs := graph.production(a.manifest)
		for _, name := range sortedKeys(graph) {
			visit(name, !runs[name], (*load).add)
		}
	default:
		w.path = a.manifestPath()
		for _, deps := range []map[string]string{a.manifest.Dependencies, a.manifest.OptionalDependencies} {
			for _, name := range sortedKeys(deps) {
				visit(name, false, (*load).declared)
			}
		}
		for _, name := range sortedKeys(a.manifest.DevDependencies) {
			if a.manifest.section(name) == development {
				visit(name, true, (*load).declared)
			}
		}
	}
}

// leavesCache reports that the package manager's own archive of what it downloads stays
// in the image, which production does not take over. pnpm links its store instead.
func (d *designer) leavesCache() bool {
	if tool := d.app.manager.tool; tool != "npm" && tool != "yarn" {
		return false
	}
	for _, s := range d.steps {
		if !s.does(install) {
			continue
		}
		if _, mounted := s.Flag("mount"); mounted || s.does(cache) {
			return false
		}
	}
	return true
}

// worthBytes is what has to stay behind on a small base that a stage is worth it, and
// worthPercent the part of the image that is enough as well.
const (
	worthBytes   = 30_000_000
	worthPercent = 15

	// fewPackages are too few to be weighed by what packages weigh on the average.
	fewPackages = 10
)

// tooLittle refuses a design on a small base that only leaves development dependencies
// behind where they are next to nothing, counted by the lock file.
func (d *designer) tooLittle() *plan.Refusal {
	if !d.in.Base.Slim && d.in.Base.Family != image.Alpine || d.in.Base.Size == 0 || d.built.any || len(d.asked()) > 0 {
		return nil
	}
	w := d.weigh()
	left := w.before.max + w.cache - w.after.max
	if !w.locked || w.before.count < fewPackages || left >= worthBytes || left*100 >= (d.in.Base.Size+w.before.min)*worthPercent {
		return nil
	}
	return &plan.Refusal{Code: plan.SmallSaving, Evidence: plan.Evidence{Path: w.path,
		Text: fmt.Sprintf("the base is small, nothing is built, and %d of %d packages would stay behind, %d MB at most", w.before.count-w.after.count, w.before.count, (left+999_999)/1e6)}}
}
