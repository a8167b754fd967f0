package node

import "github.com/multistage-app/multistage/rewrite/plan"

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
// https://nextjs.org/docs/app/guides/ci-build-caching.
func (d *designer) nextCache(steps []plan.Step) []plan.Step {
	dir := d.nextBuild()
	if dir == "" || d.standalone(dir) || d.split != nil {
		return steps
	}
	ev := plan.Evidence{Path: d.app.manifestPath(), Text: "next build keeps a cache for the next one, which next start does not read"}
	return append(steps, plan.New{Text: d.in.Keyword("RUN") + " " + d.inApp("rm -rf "+dir+"/cache/webpack"), Evidence: ev})
}
