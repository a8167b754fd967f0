package golang

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// runtime is the image that the program runs on, and why.
type runtime struct {
	base     image.Base
	static   bool     // distroless static: no C library, no shell
	shell    bool     // has a shell and a package manager
	packages []string // that we install beside the author's, sorted
	why      plan.Evidence
}

// chooseRuntime picks the smallest image that has what the program needs: distroless
// static for a static binary that needs nothing of the system, distroless with a C
// library for cgo with its C code bundled, else the slim image of the same family
// and suite.
func (d *design) chooseRuntime() *plan.Refusal {
	d.cgo = d.decideCgo()
	packages := d.runPackages()
	account, hasAccount := d.account()
	if d.byUser() && len(d.modes) > 0 {
		d.needs.shellAt(plan.Evidence{Line: d.in.File.Line(d.in.Stage.From)}, "folders are given modes for the user that the program runs as")
	}
	if _, ok := d.givenWorkdir(); ok {
		d.needs.shellAt(plan.Evidence{Line: d.in.File.Line(d.in.Stage.From)}, "the working directory belongs to the user that the program runs as")
	}
	d.heedFloor()
	if d.needs.shell == nil && len(packages) == 0 && !hasAccount && len(d.needs.commands) == 0 {
		if !d.cgo.on && d.in.Hints.Floor == plan.AnyFloor {
			return d.onStatic()
		}
		if r, ok := d.withLibraries(); ok {
			d.runtime = r
			return nil
		}
	}
	why := d.cgo.at
	switch {
	case d.needs.shell == nil && d.in.Hints.Floor > plan.AnyFloor:
		why = d.in.Hints.Why
	case d.needs.shell != nil:
		why = *d.needs.shell
	case len(packages) > 0:
		why = d.in.Evidence(d.in.Items[packages[0].item], "the program may need "+packages[0].name)
	case hasAccount:
		why = account
	}
	return d.onSlim(why)
}

func (d *design) suite() string { return d.in.Base.Suite }

// runPackages are the author's packages that the running image keeps; the ones that
// distroless has anyhow do not count.
func (d *design) runPackages() []systemPackage {
	var out []systemPackage
	for _, p := range d.packages {
		if p.run && p.name != "ca-certificates" && p.name != "tzdata" && p.name != "ca-certificates-bundle" {
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

func (d *design) onStatic() *plan.Refusal {
	d.runtime = runtime{base: image.Static(d.in.Base), static: true}
	return nil
}

// onSlim takes the family's slim image, with certificates and time zones as the
// original image had them.
func (d *design) onSlim(why plan.Evidence) *plan.Refusal {
	base, ok := d.slim()
	if !ok {
		return refuseAt(plan.UnknownBase, plan.Evidence{Line: d.in.File.Line(d.in.Stage.From)}, "no slim image of the same family and release is known for "+d.in.Base.Ref,
			"name a release in the tag")
	}
	d.runtime = runtime{base: base, shell: true, why: why}
	set := map[string]bool{"ca-certificates": true}
	if d.wantsZones() {
		set["tzdata"] = true
	}
	for _, p := range append(d.needs.add, d.in.Hints.Packages...) {
		set[p] = true
	}
	if d.cgo.on {
		for _, p := range d.libraries() {
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

func (d *design) slim() (image.Base, bool) {
	if d.in.Base.Language == "" {
		return d.in.Base, true // a bare system without the Go that was installed
	}
	return image.System(d.in.Base)
}

// wantsZones reports a use of time zones. Go finds them in its own installation
// too, which the slim image does not have.
func (d *design) wantsZones() bool {
	if _, ok := d.source.traits["tzdata"]; ok {
		return false
	}
	_, zone := d.source.traits["zone"]
	_, tz := d.in.End.Vars["TZ"]
	return zone || tz || d.composeMentions("TZ")
}

func (d *design) composeMentions(word string) bool {
	for _, s := range d.services {
		if data, err := d.in.Project.Read(s.File); err == nil && strings.Contains(string(data), word+"=") || err == nil && strings.Contains(string(data), word+":") {
			return true
		}
	}
	return false
}

// libraries are the shared libraries behind the development packages that the
// author builds against.
func (d *design) libraries() []string {
	set := map[string]bool{}
	for _, p := range d.packages {
		if libs, ok := image.RuntimeLibrary(d.in.Base.Family, d.suite(), p.name); ok {
			for _, l := range libs {
				set[l] = true
			}
		}
	}
	if strings.Contains(d.cgo.kind, "c++") {
		set["libstdc++6"] = !d.in.Base.Musl
		set["libstdc++"] = d.in.Base.Musl
	}
	var out []string
	for _, name := range sortedKeys(set) {
		if set[name] {
			out = append(out, name)
		}
	}
	return out
}
