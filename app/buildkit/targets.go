package buildkit

import (
	"context"
	"errors"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// maxTargets bounds how many stages are built for themselves.
const maxTargets = 20

// stage is one stage that a file advertises.
type stage struct {
	name string
	test bool
}

// stages are the named stages of a rewrite but the last, which is the image itself.
func stages(r rewrite.Result) []stage {
	var list []stage
	if r.Plan != nil {
		for _, s := range r.Plan.Stages[:len(r.Plan.Stages)-1] {
			list = append(list, stage{s.Name, s.Role == plan.Test})
		}
	} else if file, err := dockerfile.Parse(r.Path, r.Dockerfile()); err == nil {
		for _, s := range file.Stages[:len(file.Stages)-1] {
			if s.Name != "" {
				list = append(list, stage{s.Name, isTestName(s.Name)})
			}
		}
	}
	return list[:min(len(list), maxTargets)]
}

// isTestName goes by the names that people give to stages whose outcome is a report.
func isTestName(name string) bool {
	switch name {
	case "test", "tests", "unit-test", "integration-test", "e2e", "lint", "security", "check":
		return true
	}
	return false
}

// targets builds every stage that the rewrite advertises. One that does not build
// disproves the rewrite, unless it is there to report: then its outcome is told.
func (s *session) targets(ctx context.Context) ([]proof.Target, *proof.Failure, error) {
	var list []proof.Target
	for _, st := range stages(s.source.job.Result) {
		s.log.begin(s.source.label + ", " + st.name)
		_, took, err := s.solve(ctx, st.name)
		target := proof.Target{Name: st.name, Test: st.test, Built: err == nil, Seconds: took.seconds}
		var failed *broken
		switch {
		case errors.As(err, &failed):
			target.Tail = failed.failure.Tail
		case err != nil && (!st.test || !reports(err)):
			return list, nil, err
		case err != nil:
			target.Tail = err.Error()
		}
		list = append(list, target)
		if failed != nil && !st.test {
			f := failed.failure
			f.Step, f.Cause = proof.StepTarget, "the stage "+st.name+" does not build: "+f.Cause
			return list, &f, nil
		}
	}
	return list, nil, nil
}

// reports reports whether an obstacle is one that a test stage may meet by itself: no
// network, too little memory, too much time. The others end the proof.
func reports(err error) bool {
	var u *Unavailable
	return errors.As(err, &u) && (u.Reason == Network || u.Reason == OutOfMemory || u.Reason == Timeout || u.Reason == LogClipped)
}
