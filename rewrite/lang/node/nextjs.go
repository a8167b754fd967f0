package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// nextBuild is the folder that next build makes and production gets from it; "" where
// there is none. Next.js writes into it when it runs: pages that are made anew, images
// (H29).
func (d *designer) nextBuild() string {
	if d.site != nil || !d.app.manifest.has("next") {
		return ""
	}
	if c := d.app.nextConfig(); c.output != "export" && contains(d.built.outputs, c.distDir) {
		return c.distDir
	}
	return ""
}

// writesNext reports a folder of Next.js' build, which belongs to the process where that
// is not root.
func (d *designer) writesNext(name string) bool {
	dir := d.nextBuild()
	return dir != "" && name != "" && within(name, []string{dir}) && d.needsRoot() == nil
}

// nextCache takes what Next.js' compiler keeps for the next build out of it, which may be
// more than all else; next start does not read it. See
// https://nextjs.org/docs/app/guides/ci-build-caching. It is the last step of the build's
// stage, so that no copy has it. rm -f does not mind a folder that is not there.
func (d *designer) nextCache(steps []plan.Step) []plan.Step {
	dir := d.nextBuild()
	if dir == "" || d.standalone(dir) || d.split != nil || !d.removesCache(dir) {
		return steps
	}
	ev := plan.Evidence{Path: d.app.manifestPath(), Text: "next build keeps a cache for the next one, which next start does not read"}
	d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "runtime-files", Evidence: ev,
		Detail: "the builder removes " + dir + "/cache/webpack before " + dir + " is copied"})
	return append(steps, plan.New{Text: d.in.Keyword("RUN") + " " + d.inApp("rm -rf "+dir+"/cache/webpack"), Evidence: ev})
}

// removesCache reports that the cache can be removed behind the build without fail: it
// is the build's own, of the user who made it, and the author does not do it already.
func (d *designer) removesCache(dir string) bool {
	cache := path.Join(dir, "cache")
	if dir == "." || strings.HasPrefix(dir, "..") || d.app.tree.HasDir(d.app.path(cache)) {
		return false
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == build && s.Scope.User != d.steps[d.end].Scope.User || t.Name() == "rm" && strings.Contains(strings.Join(t.Words(), " "), cache) {
				return false
			}
		}
	}
	return true
}
