package rust

import (
	"fmt"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// What a Rust program adds to its image, in bytes: a small server is some 4 MB, one
// with many clients and frameworks 60 MB. What the build leaves behind beside it is
// the folder target and cargo's registry.
const (
	binaryMin, binaryMax     = 2_000_000, 60_000_000
	leftoverMin, leftoverMax = 100_000_000, 2_000_000_000
)

// saving is the expected size before and after, from the bases and the range of
// what Rust programs weigh. The system's packages are not counted.
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
			{Text: fmt.Sprintf("a Rust program is some %d to %d MB, and target and cargo's registry stay behind", binaryMin/1_000_000, binaryMax/1_000_000)},
		},
	}
}
