package rust

import (
	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// chooseRuntime picks the smallest image that has what the program needs: distroless
// with the C library and libgcc where it links to nothing else and needs no shell,
// else the slim image of the same family and suite.
func (d *design) chooseRuntime() *plan.Refusal {
	from := plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}
	packages := d.runPackages()
	account, hasAccount := d.Account()
	if d.ByUser() && len(d.Modes) > 0 {
		d.Needs.ShellAt(from, "folders are given modes for the user that the program runs as")
	}
	if _, ok := d.GivenWorkdir(); ok {
		d.Needs.ShellAt(from, "the working directory belongs to the user that the program runs as")
	}
	d.heedFloor()
	if d.Needs.Shell == nil && len(packages) == 0 && !hasAccount && len(d.Needs.Commands) == 0 {
		if base, ok := d.distroless(); ok {
			d.Runtime = compiled.Runtime{Base: base, Why: d.links.at}
			return nil
		}
	}
	why := d.links.at
	switch {
	case d.Needs.Shell != nil:
		why = *d.Needs.Shell
	case len(packages) > 0:
		why = d.In.Evidence(d.In.Items[packages[0].Item], "the program may need "+packages[0].Name)
	case hasAccount:
		why = account
	}
	return d.onSlim(why)
}

// distroless is the image without a shell that has all libraries of the program: for
// a static one none, else those of the builder's suite.
func (d *design) distroless() (image.Base, bool) {
	if d.In.Base.Musl || !d.links.nothingButC() {
		return image.Base{}, false
	}
	if d.static() && d.In.Hints.Floor == plan.AnyFloor {
		return image.Static(d.In.Base), true
	}
	if d.In.Base.Family != image.Debian {
		return image.Base{}, false
	}
	suite := d.suite()
	if archived[suite] && !d.usesOpenSSL() {
		suite = "bookworm"
	}
	return image.DistrolessCC(suite)
}

// archived are releases of Debian whose packages are in the archive alone. A program
// that links to the C library of one runs with a newer one too, and no smaller image
// of theirs is kept up any more.
var archived = compiled.Words("jessie stretch buster")

func (d *design) usesOpenSSL() bool {
	_, p, ok := d.locked("openssl-sys")
	return ok && d.linksTo("openssl-sys", sysCrates["openssl-sys"], p)
}

// suite is the suite of the builder. The nightly images name none in their tags, and
// move to each new release of Debian soon: the newest has all that an older builder
// links to.
func (d *design) suite() string {
	if d.In.Base.Suite == "" && d.In.Base.Family == image.Debian && d.In.Base.Language == "rust" && d.In.Base.Digest == "" {
		return newestSuite
	}
	return d.In.Base.Suite
}

// newestSuite is the newest stable release of Debian at image.AsOf.
const newestSuite = "trixie"

// runPackages are the author's packages that the running image keeps; the ones that
// distroless has anyhow do not count.
func (d *design) runPackages() []compiled.SystemPackage {
	var out []compiled.SystemPackage
	for _, p := range d.Packages {
		if p.Run && p.Name != "ca-certificates" && p.Name != "tzdata" && p.Name != "ca-certificates-bundle" && !(p.Name == "openssl" || p.Name == "libssl3" || p.Name == "libssl3t64" || p.Name == "libgcc") {
			out = append(out, p)
		}
	}
	return out
}

// onSlim takes the family's slim image, with the libraries that the program links to
// and the certificates that the original image had.
func (d *design) onSlim(why plan.Evidence) *plan.Refusal {
	base, ok := d.slim()
	if d.Install([]string{"x"}, "") == "" && (!d.links.nothingButC() || len(d.links.libraries)+len(d.runPackages()) > 0) {
		ok = false // the package manager of the family, and its names, are not known here
	}
	if !ok {
		return compiled.RefuseAt(plan.UnknownBase, plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}, "no slim image of the same family and release is known for "+d.In.Base.Ref,
			"name a release in the tag")
	}
	d.Runtime = compiled.Runtime{Base: base, Shell: true, Why: why}
	set := map[string]bool{}
	if d.links.tls && (d.In.Base.Language == "rust" || d.Installed["ca-certificates"]) {
		set["ca-certificates"] = true
	}
	if _, tz := d.In.End.Vars["TZ"]; tz || d.ComposeMentions("TZ") {
		set["tzdata"] = true
	}
	if d.In.Base.Musl && !d.static() {
		set["libgcc"] = true
	}
	for _, list := range [][]string{d.Needs.Add, d.In.Hints.Packages, d.links.libraries} {
		for _, p := range list {
			set[p] = true
		}
	}
	for _, p := range d.Packages {
		if p.Run {
			delete(set, p.Name)
		}
	}
	d.Runtime.Packages = compiled.SortedKeys(set)
	return nil
}

// slim is the bare system below the author's image.
func (d *design) slim() (image.Base, bool) {
	base := d.In.Base
	base.Suite = d.suite()
	if base.Language == "" && base.Name != "buildpack-deps" {
		return d.In.Base, true // a bare system without the Rust that was installed
	}
	return image.System(base)
}
