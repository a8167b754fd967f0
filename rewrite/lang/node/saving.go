package node

import (
	"fmt"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// What one package of npm weighs unpacked, in bytes: most are small, a few are
// large. npm's own cache in the image adds about a third.
const (
	packageMin = 60_000
	packageMax = 450_000
)

// estimate is the expected saving: base images, packages that are left out, and
// npm's cache. Without a lock file the packages are not counted.
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
	all, kept := d.countPackages()
	s := &d.plan.Saving
	s.BeforeMin, s.BeforeMax = base.Size+all*packageMin, base.Size+all*packageMax*4/3
	s.AfterMin, s.AfterMax = final.Size+kept*packageMin, final.Size+kept*packageMax
	line := d.in.File.Line(d.in.Stage.From)
	s.Grounds = append(s.Grounds, plan.Evidence{Line: line, Text: fmt.Sprintf("%s is about %d MB unpacked", base.Ref, base.Size/1e6)})
	if d.slimRef != "" {
		s.Grounds = append(s.Grounds, plan.Evidence{Text: fmt.Sprintf("%s is about %d MB unpacked", final.Ref, final.Size/1e6)})
	}
	if all > kept {
		s.Grounds = append(s.Grounds, plan.Evidence{Path: d.in.Project.Join(d.app.lock.Path), Text: fmt.Sprintf("%d of %d packages stay behind", all-kept, all)})
	}
}

// countPackages are the packages that the original has, and those that production
// has.
func (d *designer) countPackages() (all, kept int64) {
	if d.app.lock == nil {
		return 0, 0
	}
	for _, p := range d.app.lock.packages {
		if p.Dev && d.omitsDev() {
			continue
		}
		all++
		if d.modules != noModules && (!p.Dev || d.modules == complete) {
			kept++
		}
	}
	return all, kept
}
