package rust

import "github.com/multistage-app/multistage/rewrite/plan"

// heedFloor asks for a shell where a proof showed that the program needs a richer
// image than distroless: a package, or more than a C library.
func (d *design) heedFloor() {
	if h := d.In.Hints; h.Floor >= plan.WithShell || h.AsWritten || h.WholeApp || len(h.Packages) > 0 {
		d.Needs.ShellAt(h.Why, h.Why.Text)
	}
}

// whole reports that a proof missed a file, or that nothing says what is started: the author's own COPYs bring the whole
// application to the image that runs, too.
func (d *design) whole() bool { return d.In.Hints.WholeApp || d.Unnamed }
