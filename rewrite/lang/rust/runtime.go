package rust

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// runtime is the image that the program runs on, and why.
type runtime struct {
	base     image.Base
	shell    bool     // has a shell and a package manager
	packages []string // that we install beside the author's, sorted
	why      plan.Evidence
}

// chooseRuntime picks the smallest image that has what the program needs: distroless
// with the C library and libgcc where it links to nothing else and needs no shell,
// else the slim image of the same family and suite.
func (d *design) chooseRuntime() *plan.Refusal {
	from := plan.Evidence{Line: d.in.File.Line(d.in.Stage.From)}
	packages := d.runPackages()
	account, hasAccount := d.account()
	if d.byUser() && len(d.modes) > 0 {
		d.needs.shellAt(from, "folders are given modes for the user that the program runs as")
	}
	if _, ok := d.givenWorkdir(); ok {
		d.needs.shellAt(from, "the working directory belongs to the user that the program runs as")
	}
	d.heedFloor()
	if d.needs.shell == nil && len(packages) == 0 && !hasAccount && len(d.needs.commands) == 0 {
		if base, ok := d.distroless(); ok {
			d.runtime = runtime{base: base, why: d.links.at}
			return nil
		}
	}
	why := d.links.at
	switch {
	case d.needs.shell != nil:
		why = *d.needs.shell
	case len(packages) > 0:
		why = d.in.Evidence(d.in.Items[packages[0].item], "the program may need "+packages[0].name)
	case hasAccount:
		why = account
	}
	return d.onSlim(why)
}

// distroless is the image without a shell that has all libraries of the program: for
// a static one none, else those of the builder's suite.
func (d *design) distroless() (image.Base, bool) {
	if d.in.Base.Musl || !d.links.nothingButC() {
		return image.Base{}, false
	}
	if d.static() && d.in.Hints.Floor == plan.AnyFloor {
		return image.Static(d.in.Base), true
	}
	if d.in.Base.Family != image.Debian {
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
var archived = wordSet("jessie stretch buster")

func (d *design) usesOpenSSL() bool {
	_, p, ok := d.locked("openssl-sys")
	return ok && d.linksTo("openssl-sys", sysCrates["openssl-sys"], p)
}

// suite is the suite of the builder. The nightly images name none in their tags, and
// move to each new release of Debian soon: the newest has all that an older builder
// links to.
func (d *design) suite() string {
	if d.in.Base.Suite == "" && d.in.Base.Family == image.Debian && d.in.Base.Language == "rust" && d.in.Base.Digest == "" {
		return newestSuite
	}
	return d.in.Base.Suite
}

// newestSuite is the newest stable release of Debian at image.AsOf.
const newestSuite = "trixie"

// runPackages are the author's packages that the running image keeps; the ones that
// distroless has anyhow do not count.
func (d *design) runPackages() []systemPackage {
	var out []systemPackage
	for _, p := range d.packages {
		if p.run && p.name != "ca-certificates" && p.name != "tzdata" && p.name != "ca-certificates-bundle" && !(p.name == "openssl" || p.name == "libssl3" || p.name == "libssl3t64" || p.name == "libgcc") {
			out = append(out, p)
		}
	}
	return out
}

// account finds a user that the author makes and then runs the program as.
func (d *design) account() (plan.Evidence, bool) {
	for _, c := range d.commands {
		if c.kind == account && c.top {
			return d.in.Evidence(d.in.Items[c.item], "it makes a user"), true
		}
	}
	return plan.Evidence{}, false
}

// byUser reports that the author lets the program run as somebody else than root.
func (d *design) byUser() bool {
	u := d.in.End.User
	return u != "" && u != "root" && u != "0" && !strings.HasPrefix(u, "root:") && !strings.HasPrefix(u, "0:")
}

// givenWorkdir is the owner that a chown gave the working directory to, where the
// program runs as somebody else than root.
func (d *design) givenWorkdir() (owner string, ok bool) {
	owner = d.ownerOf(d.in.End.Workdir)
	for dir := range d.given {
		ok = ok || inside.Below(d.in.End.Workdir, dir) && dir != "/"
	}
	return owner, ok && owner != ""
}

// onSlim takes the family's slim image, with the libraries that the program links to
// and the certificates that the original image had.
func (d *design) onSlim(why plan.Evidence) *plan.Refusal {
	base, ok := d.slim()
	if d.install([]string{"x"}, "") == "" && (!d.links.nothingButC() || len(d.links.libraries)+len(d.runPackages()) > 0) {
		ok = false // the package manager of the family, and its names, are not known here
	}
	if !ok {
		return refuseAt(plan.UnknownBase, plan.Evidence{Line: d.in.File.Line(d.in.Stage.From)}, "no slim image of the same family and release is known for "+d.in.Base.Ref,
			"name a release in the tag")
	}
	d.runtime = runtime{base: base, shell: true, why: why}
	set := map[string]bool{}
	if d.links.tls && (d.in.Base.Language == "rust" || d.installed["ca-certificates"]) {
		set["ca-certificates"] = true
	}
	if _, tz := d.in.End.Vars["TZ"]; tz || d.composeMentions("TZ") {
		set["tzdata"] = true
	}
	if d.in.Base.Musl && !d.static() {
		set["libgcc"] = true
	}
	for _, list := range [][]string{d.needs.add, d.in.Hints.Packages, d.links.libraries} {
		for _, p := range list {
			set[p] = true
		}
	}
	for _, p := range d.packages {
		if p.run {
			delete(set, p.name)
		}
	}
	d.runtime.packages = sortedKeys(set)
	return nil
}

// slim is the bare system below the author's image.
func (d *design) slim() (image.Base, bool) {
	base := d.in.Base
	base.Suite = d.suite()
	if base.Language == "" && base.Name != "buildpack-deps" {
		return d.in.Base, true // a bare system without the Rust that was installed
	}
	return image.System(base)
}

func (d *design) composeMentions(word string) bool {
	for _, s := range d.services {
		if data, err := d.in.Project.Read(s.File); err == nil && strings.Contains(string(data), word+"=") || err == nil && strings.Contains(string(data), word+":") {
			return true
		}
	}
	return false
}
