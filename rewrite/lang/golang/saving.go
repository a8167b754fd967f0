package golang

import (
	"fmt"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// What a Go program adds to its image, in bytes: a small server is some 5 MB, one
// with the clients of a few clouds and databases 50 MB. What the build leaves
// behind beside it, modules and the build cache, begins at the standard library's.
const (
	binaryMin, binaryMax     = 4_000_000, 50_000_000
	leftoverMin, leftoverMax = 60_000_000, 400_000_000
)

// saving is the expected size before and after, from the bases and the range of
// what Go programs weigh. The system's packages are not counted.
func (d *design) saving() plan.Saving {
	base, final := d.In.Base, d.Runtime.Base
	if base.Size == 0 || final.Size == 0 {
		return plan.Saving{}
	}
	return plan.Saving{
		BeforeMin: base.Size + binaryMin + leftoverMin, BeforeMax: base.Size + binaryMax + leftoverMax,
		AfterMin: final.Size + binaryMin, AfterMax: final.Size + binaryMax,
		Grounds: []plan.Evidence{
			{Line: d.In.File.Line(d.In.Stage.From), Text: fmt.Sprintf("%s is about %d MB unpacked", base.Ref, base.Size/1e6)},
			{Text: fmt.Sprintf("%s is about %d MB unpacked", final.Ref, max(1, final.Size/1e6))},
			{Text: fmt.Sprintf("a Go program is some %d to %d MB, and its modules and build cache stay behind", binaryMin/1_000_000, binaryMax/1_000_000)},
		},
	}
}
