package rewrite

import (
	"fmt"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// estimate fills in the expected saving where the language gave none: what the
// base images alone weigh. It is a lower bound of what is saved, since what the
// build leaves behind is not counted.
func estimate(in *plan.Input, p *plan.Plan) {
	s := &p.Saving
	final, ok := finalBase(p)
	if s.BeforeMin != 0 || !ok || in.Base.Size == 0 || final.Size == 0 {
		return
	}
	s.BeforeMin, s.BeforeMax = in.Base.Size, in.Base.Size
	s.AfterMin, s.AfterMax = final.Size, final.Size
	s.Grounds = append(s.Grounds,
		plan.Evidence{Line: in.File.Line(in.Stage.From), Text: fmt.Sprintf("%s is about %d MB unpacked", in.Base.Ref, in.Base.Size/1e6)},
		plan.Evidence{Text: fmt.Sprintf("%s is about %d MB unpacked", final.Ref, final.Size/1e6)},
	)
}

// finalBase is the image that the production stage starts from, through other
// stages if need be.
func finalBase(p *plan.Plan) (image.Base, bool) {
	bases := map[string]string{}
	for _, s := range p.Stages {
		bases[s.Name] = s.Base
	}
	ref := p.Stages[len(p.Stages)-1].Base
	for range p.Stages {
		next, ok := bases[ref]
		if !ok {
			break
		}
		ref = next
	}
	return image.Resolve(ref)
}
