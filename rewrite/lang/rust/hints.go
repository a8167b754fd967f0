package rust

import (
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// heedFloor asks for a shell where a proof showed that the program needs a richer
// image than distroless: a package, or more than a C library.
func (d *design) heedFloor() {
	if h := d.in.Hints; h.Floor >= plan.WithShell || h.AsWritten || h.WholeApp || len(h.Packages) > 0 {
		d.needs.shellAt(h.Why, h.Why.Text)
	}
}

// whole reports that a proof missed a file: the author's own COPYs bring the whole
// application to the image that runs, too.
func (d *design) whole() bool { return d.in.Hints.WholeApp }

// hintedOwner is the user of the process where a proof showed that it writes to one
// of the paths.
func (d *design) hintedOwner(paths ...string) string {
	for _, own := range d.in.Hints.Own {
		for _, p := range paths {
			switch {
			case !inside.Below(own, p) && !inside.Below(p, own):
			case d.user.nonroot:
				return image.NonRoot + ":" + image.NonRoot
			case d.byUser():
				return d.in.End.User
			}
		}
	}
	return ""
}
