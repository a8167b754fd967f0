package python

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// A digest names one build of an image, and its small sibling of the same build has a
// digest that the file does not tell. The sibling by its tag is of the same version of
// Python, of the suite that the tag names or else of one that is as new or newer, and
// maybe of another patch release (H2, H12). What is copied into it may therefore rest
// on the C library and Python's own interface alone.

// pinned reports a base that is named by its digest.
func (d *designer) pinned() bool { return d.in.Base.Digest != "" }

// pinnedSlim is the small image for production beside a builder that is pinned by
// digest; "" with what stands against it.
func (d *designer) pinnedSlim() (ref, why string) {
	base := d.in.Base
	switch {
	case base.Name != "python" || base.Family != image.Debian || base.Tag == "" || strings.Contains(d.in.Stage.BaseName, "$"):
		return "", "the small sibling of an image by its digest is not known"
	case majorMinor(base.Version) == "" || strings.HasPrefix(base.Version, "2"):
		return "", "the tag beside the digest does not tell the version of Python"
	}
	slim := "python:" + base.Version + "-slim"
	if base.Suite != "" {
		return slim + "-" + base.Suite, ""
	}
	for _, s := range d.steps {
		if s.does(compile) || s.does(system) {
			return "", "the suite of the digest is not known, and packages of the system may have other names in the small image's"
		}
	}
	for _, name := range d.loaded() {
		lib := libraries[name]
		if len(lib.dev) > 0 && (lib.wheels == nil || d.compiledHere(name, lib.wheels)) {
			return "", "the suite of the digest is not known, and " + name + " is compiled against libraries of it"
		}
	}
	return slim, ""
}

// pinnedPlaces refuses to put packages among those of another patch release of the
// interpreter, with its programs.
func (d *designer) pinnedPlaces() *plan.Refusal {
	if !d.pinned() || d.slim == "" || !d.takesInterpreter() {
		return nil
	}
	ev := d.freshNo
	if ev.Text == "" {
		ev = d.atFrom("the interpreter's own folder would be copied")
	}
	ev.Text += ", and the small image by its tag may have another release of Python than the digest"
	return &plan.Refusal{Code: plan.UnknownBase, Evidence: ev, Remedy: "name the image by its tag, or start programs by PATH"}
}

// takesInterpreter reports that a folder of the interpreter is taken over.
func (d *designer) takesInterpreter() bool {
	for _, p := range d.places {
		if under(p.Path, "/usr/local/bin") || under(p.Path, "/usr/local/lib") || p.Path == "/usr/local" {
			return true
		}
	}
	return false
}
