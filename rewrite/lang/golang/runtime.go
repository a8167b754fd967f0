package golang

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// chooseRuntime picks the smallest image that has what the program needs: distroless
// static for a static binary that needs nothing of the system, distroless with a C
// library for cgo with its C code bundled, else the slim image of the same family
// and suite.
func (d *design) chooseRuntime() *plan.Refusal {
	d.cgo = d.decideCgo()
	packages := d.runPackages()
	account, hasAccount := d.Account()
	if d.ByUser() && len(d.Modes) > 0 {
		d.Needs.ShellAt(plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}, "folders are given modes for the user that the program runs as")
	}
	if _, ok := d.GivenWorkdir(); ok {
		d.Needs.ShellAt(plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}, "the working directory belongs to the user that the program runs as")
	}
	d.heedFloor()
	if d.Needs.Shell == nil && len(packages) == 0 && !hasAccount && len(d.Needs.Commands) == 0 {
		if !d.cgo.on && d.In.Hints.Floor == plan.AnyFloor {
			return d.onStatic()
		}
		if r, ok := d.withLibraries(); ok {
			d.Runtime = r
			return nil
		}
	}
	why := d.cgo.at
	switch {
	case d.Needs.Shell == nil && d.In.Hints.Floor > plan.AnyFloor:
		why = d.In.Hints.Why
	case d.Needs.Shell != nil:
		why = *d.Needs.Shell
	case len(packages) > 0:
		why = d.In.Evidence(d.In.Items[packages[0].Item], "the program may need "+packages[0].Name)
	case hasAccount:
		why = account
	}
	return d.onSlim(why)
}

func (d *design) suite() string { return d.In.Base.Suite }

// runPackages are the author's packages that the running image keeps; the ones that
// distroless has anyhow do not count.
func (d *design) runPackages() []compiled.SystemPackage {
	var out []compiled.SystemPackage
	for _, p := range d.Packages {
		if p.Run && p.Name != "ca-certificates" && p.Name != "tzdata" && p.Name != "ca-certificates-bundle" {
			out = append(out, p)
		}
	}
	return out
}

func (d *design) onStatic() *plan.Refusal {
	d.Runtime = compiled.Runtime{Base: image.Static(d.In.Base), Static: true}
	return nil
}

// onSlim takes the family's slim image, with certificates and time zones as the
// original image had them.
func (d *design) onSlim(why plan.Evidence) *plan.Refusal {
	base, ok := d.slim()
	if !ok {
		return compiled.RefuseAt(plan.UnknownBase, plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}, "no slim image of the same family and release is known for "+d.In.Base.Ref,
			"name a release in the tag")
	}
	d.Runtime = compiled.Runtime{Base: base, Shell: true, Why: why}
	set := map[string]bool{"ca-certificates": true}
	if d.wantsZones() {
		set["tzdata"] = true
	}
	for _, p := range append(d.Needs.Add, d.In.Hints.Packages...) {
		set[p] = true
	}
	if d.cgo.on {
		for _, p := range d.libraries() {
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

func (d *design) slim() (image.Base, bool) {
	if d.In.Base.Language == "" {
		return d.In.Base, true // a bare system without the Go that was installed
	}
	return image.System(d.In.Base)
}

// wantsZones reports a use of time zones. Go finds them in its own installation
// too, which the slim image does not have.
func (d *design) wantsZones() bool {
	if _, ok := d.source.traits["tzdata"]; ok {
		return false
	}
	_, zone := d.source.traits["zone"]
	_, tz := d.In.End.Vars["TZ"]
	return zone || tz || d.ComposeMentions("TZ")
}

// libraries are the shared libraries behind the development packages that the
// author builds against.
func (d *design) libraries() []string {
	set := map[string]bool{}
	for _, p := range d.Packages {
		if libs, ok := image.RuntimeLibrary(d.In.Base.Family, d.suite(), p.Name); ok {
			for _, l := range libs {
				set[l] = true
			}
		}
	}
	if strings.Contains(d.cgo.kind, "c++") {
		set["libstdc++6"] = !d.In.Base.Musl
		set["libstdc++"] = d.In.Base.Musl
	}
	var out []string
	for _, name := range compiled.SortedKeys(set) {
		if set[name] {
			out = append(out, name)
		}
	}
	return out
}
