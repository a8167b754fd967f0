package golang

import (
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// heedFloor asks for a shell where a proof showed that the program needs a richer
// image than distroless: a package, or more than a C library.
func (d *design) heedFloor() {
	if h := d.in.Hints; h.Floor >= plan.WithShell || h.AsWritten || len(h.Packages) > 0 {
		d.needs.shellAt(h.Why, h.Why.Text)
	}
}

// withLibraries is distroless with the libraries that the program links to: a C
// library for C code that comes with a module, and what a proof asked for.
func (d *design) withLibraries() (runtime, bool) {
	floor, why := d.in.Hints.Floor, d.in.Hints.Why
	bundled := d.cgo.kind == "bundled"
	if d.in.Base.Musl || d.suite() == "" || d.cgo.on && !bundled || !d.cgo.on && floor == plan.AnyFloor {
		return runtime{}, false
	}
	if floor == plan.AnyFloor {
		why = d.cgo.at
	}
	base, ok := image.DistrolessBase(d.suite())
	if floor == plan.CPlusPlus {
		base, ok = image.DistrolessCC(d.suite())
	}
	return runtime{base: base, why: why}, ok
}

// wholeRoot is the working directory where a proof missed a file, which then comes
// along as a whole; "" for none. The root folder cannot be copied that way, and Go's
// own has the modules in it.
func (d *design) wholeRoot() string {
	if root := d.in.End.Workdir; d.in.Hints.WholeApp && root != "/" && root != "/go" {
		return root
	}
	return ""
}

// heedWhole takes the whole working directory of the builder along.
func (d *design) heedWhole() {
	root := d.wholeRoot()
	if root == "" {
		return
	}
	kept := []element{{path: root, dir: true}}
	for _, e := range d.data {
		if !inside.Below(e.path, root) {
			kept = append(kept, e)
		}
	}
	d.data = kept
	d.fact("runtime-files", d.in.Hints.Why, "The whole working directory is carried over")
}

// inWhole reports a program that comes along with the working directory.
func (d *design) inWhole(p string) bool {
	root := d.wholeRoot()
	return root != "" && inside.Below(p, root)
}

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
