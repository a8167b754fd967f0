package golang

import (
	"path"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// developmentOnly: a service mounts the repository over the image's sources and
// runs the go command or a reloader there.
func (d *design) developmentOnly() *plan.Refusal {
	for _, s := range d.Services {
		for _, c := range s.Commands {
			if len(c.Words) == 0 {
				continue
			}
			name := path.Base(c.Words[0])
			mounted := false
			for _, b := range s.Binds {
				mounted = mounted || inside.Below(d.In.End.Workdir, b)
			}
			if mounted && (reloaders[name] || goTools[name]) {
				return compiled.RefuseAt(plan.DevContainer, c.At, "the service "+s.Name+" runs "+name+" over mounted sources", "")
			}
			if goTools[name] || reloaders[name] {
				return compiled.RefuseAt(plan.NeedsBuildTool, c.At, "the service "+s.Name+" runs "+name+" in this image", "compile that program in the Dockerfile too, and start it in the service")
			}
		}
	}
	return nil
}
