package golang

import (
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// explain notes what the design rests on, for the findings.
func (d *design) explain() {
	from := plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}
	switch {
	case d.cgo.on:
		d.Fact("native-code", d.cgo.at, "The binary needs the C library of its builder, so it runs on the same system")
	default:
		at := from
		at.Text = "nothing in the program calls C"
		detail := ""
		if user, ok := d.source.traits["user"]; ok {
			at, detail = user, "Users and groups are looked up in /etc/passwd and /etc/group only, and names by Go's own resolver"
			at.Text = "it looks up users, and nothing in it calls C"
		}
		d.Fact("static-binary", at, detail)
	}
	if d.late() || d.Start.Convert {
		at := d.StartEvidence()
		at.Text = "the start command names the program itself"
		detail := ""
		if d.invented != nil {
			detail = "go run ends with exit code 1 on every failure; the program ends with its own"
		}
		d.Fact("start-changed", at, detail)
	}
	for _, s := range d.Services {
		for _, b := range s.Binds {
			if inside.Below(d.In.End.Workdir, b) {
				d.Fact("compose-overrides", plan.Evidence{Path: s.File, Line: s.Line, Text: "the service " + s.Name + " mounts the repository over " + b},
					"What the image has there is hidden, as it was before")
			}
		}
	}
}
