package rewrite

import (
	"fmt"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// estimate is the expected size where the language gave none: the base images of
// the table, and what the application adds to either. What a build leaves behind
// in the original (caches, development dependencies) is not counted, so the
// original is at least this large.
func estimate(in *plan.Input, p *plan.Plan) {
	s := &p.Saving
	final, ok := finalBase(p)
	if s.BeforeMin != 0 || !ok || in.Base.Size == 0 || final.Size == 0 {
		return
	}
	s.BeforeMin, s.BeforeMax = in.Base.Size+p.Payload.Min, in.Base.Size+p.Payload.Max
	s.AfterMin, s.AfterMax = final.Size+p.Payload.Min, final.Size+p.Payload.Max
	s.Grounds = append(s.Grounds,
		plan.Evidence{Line: in.File.Line(in.Stage.From), Text: fmt.Sprintf("%s is about %s unpacked", in.Base.Ref, megabytes(in.Base.Size))},
		plan.Evidence{Text: fmt.Sprintf("%s is about %s unpacked", final.Ref, megabytes(final.Size))},
	)
	if p.Payload.Max > 0 {
		s.Grounds = append(s.Grounds, p.Payload.Ground)
	}
}

func megabytes(size int64) string { return fmt.Sprintf("%d MB", max(1, (size+5e5)/1e6)) }

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
