package golang

import (
	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// heedFloor asks for a shell where a proof showed that the program needs a richer
// image than distroless: a package, or more than a C library.
func (d *design) heedFloor() {
	if h := d.In.Hints; h.Floor >= plan.WithShell || h.AsWritten || len(h.Packages) > 0 {
		d.Needs.ShellAt(h.Why, h.Why.Text)
	}
}

// withLibraries is distroless with the libraries that the program links to: a C
// library for C code that comes with a module, and what a proof asked for.
func (d *design) withLibraries() (compiled.Runtime, bool) {
	floor, why := d.In.Hints.Floor, d.In.Hints.Why
	bundled := d.cgo.kind == "bundled"
	if d.In.Base.Musl || d.suite() == "" || d.cgo.on && !bundled || !d.cgo.on && floor == plan.AnyFloor {
		return compiled.Runtime{}, false
	}
	if floor == plan.AnyFloor {
		why = d.cgo.at
	}
	base, ok := image.DistrolessBase(d.suite())
	if floor == plan.CPlusPlus {
		base, ok = image.DistrolessCC(d.suite())
	}
	return compiled.Runtime{Base: base, Why: why}, ok
}

// wholeRoot is the working directory where a proof missed a file, or where nothing says
// what is started: it comes along as a whole; "" for none. The root folder cannot be copied that way, and Go's
// own has the modules in it.
func (d *design) wholeRoot() string {
	if root := d.In.End.Workdir; (d.In.Hints.WholeApp || d.Unnamed) && root != "/" && root != "/go" {
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
	kept := []compiled.Element{{Path: root, Folder: true}}
	for _, e := range d.Data {
		if !inside.Below(e.Path, root) {
			kept = append(kept, e)
		}
	}
	d.Data = kept
	if d.Unnamed {
		return
	}
	d.Fact("runtime-files", d.In.Hints.Why, "The whole working directory is carried over")
}

// inWhole reports a program that comes along with the working directory.
func (d *design) inWhole(p string) bool {
	root := d.wholeRoot()
	return root != "" && inside.Below(p, root)
}
