package rewrite

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/contract"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// check holds a rendered plan against the original: nothing of the author's is
// lost unsaid, every stage that is copied from exists, the final image promises
// the same, BuildKit has nothing new to warn of, and a second run would call the
// outcome multi-stage. An error means that the plan is withdrawn.
func check(in *plan.Input, p *plan.Plan, after []byte) ([]Promise, error) {
	if err := checkCoverage(in, p); err != nil {
		return nil, err
	}
	file, err := dockerfile.Parse(in.File.Path, after)
	if err != nil {
		return nil, fmt.Errorf("the rewrite cannot be parsed: %w", err)
	}
	if err := checkScripts(in, file); err != nil {
		return nil, err
	}
	if err := checkStages(in, file); err != nil {
		return nil, err
	}
	if err := checkTargets(in, file); err != nil {
		return nil, err
	}
	if err := checkWarnings(in.File.Path, in.File.Source, after); err != nil {
		return nil, err
	}
	return checkContract(in, p, after)
}

// checkCoverage adds up the author's bytes: each is in a step of some stage or
// dropped with a reason. White space and what joins commands does not count.
func checkCoverage(in *plan.Input, p *plan.Plan) error {
	source := in.File.Source
	covered := make([]bool, len(source))
	for _, s := range p.Stages {
		cover(covered, s.From)
		for _, step := range s.Steps {
			cover(covered, step)
		}
	}
	for _, d := range p.Dropped {
		mark(covered, d.Span, true)
	}
	all := append([]*dockerfile.Instruction{in.Stage.From}, in.Stage.Instructions...)
	for _, ins := range all {
		if lost := lostWords(source, covered, ins.Span); lost != "" {
			return fmt.Errorf("line %d: %s is in no stage and not dropped either", in.File.Line(ins), lost)
		}
	}
	return nil
}

// cover marks what a step takes over.
func cover(covered []bool, s plan.Step) {
	switch s := s.(type) {
	case plan.Keep:
		mark(covered, s.Span, true)
	case plan.Cut:
		pos := s.Span.Start
		for _, e := range s.Edits {
			mark(covered, dockerfile.Span{Start: pos, End: e.Span.Start}, true)
			pos = e.Span.End
		}
		mark(covered, dockerfile.Span{Start: pos, End: s.Span.End}, true)
	}
}

func mark(covered []bool, span dockerfile.Span, value bool) {
	for i := span.Start; i < span.End; i++ {
		covered[i] = value
	}
}

// lostWords are the uncovered bytes of a span that mean something, quoted.
func lostWords(source []byte, covered []bool, span dockerfile.Span) string {
	var lost []byte
	for i := span.Start; i < span.End; i++ {
		if !covered[i] {
			lost = append(lost, source[i])
		}
	}
	if len(bytes.Trim(lost, " \t\r\n\\&;`")) == 0 {
		return ""
	}
	return fmt.Sprintf("%q", string(lost[:min(len(lost), 80)]))
}

// checkScripts sees that a shell could read what is left of the author's scripts, where it
// could read all of them before.
func checkScripts(in *plan.Input, file *dockerfile.File) error {
	for _, it := range in.Items {
		if it.ParseErr != nil {
			return nil
		}
	}
	for _, ins := range file.All {
		if ins.Keyword != "RUN" || ins.JSON {
			continue
		}
		if text, span, ok := file.Script(ins); ok {
			if _, err := shell.Parse(text, span.Start); err != nil {
				return fmt.Errorf("line %d of the rewrite: a shell cannot read it: %w", file.Line(ins), err)
			}
		}
	}
	return nil
}

// checkStages resolves what the rewrite copies from, and sees that the last stage
// really rests on another one.
func checkStages(in *plan.Input, file *dockerfile.File) error {
	external := map[string]bool{}
	for _, ins := range in.File.All {
		if from, ok := ins.Flag("from"); ok {
			external[from] = true
		}
	}
	names := map[string]bool{}
	for _, s := range file.Stages {
		if s.Name != "" && names[strings.ToLower(s.Name)] {
			return fmt.Errorf("two stages are named %s", s.Name)
		}
		for _, ins := range s.Instructions {
			from, ok := ins.Flag("from")
			if ok && !isStage(file, s.Index, from) && !external[from] {
				return fmt.Errorf("the stage %s copies from %s, which is no earlier stage", s.Name, from)
			}
		}
		names[strings.ToLower(s.Name)] = true
	}
	last := file.Stages[len(file.Stages)-1]
	if notSingle(file, last) == nil {
		return fmt.Errorf("the last stage takes nothing from another stage")
	}
	return nil
}

// checkWarnings compares BuildKit's build checks before and after.
func checkWarnings(path string, before, after []byte) error {
	fresh, err := newWarnings(path, before, after)
	if err != nil {
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	w := fresh[0]
	return fmt.Errorf("BuildKit warns of line %d of the rewrite, which it did not of the original: %s (%s)", w.Line, w.Detail, w.Rule)
}

// newWarnings are what BuildKit's build checks say of the rewrite and did not say of
// the original. The error is BuildKit's about a file that it would not build.
func newWarnings(path string, before, after []byte) ([]contract.Warning, error) {
	old, _ := contract.Lint(path, before)
	now, err := contract.Lint(path, after)
	if err != nil {
		return nil, fmt.Errorf("BuildKit would not build the rewrite: %w", err)
	}
	known := map[string]bool{}
	for _, w := range old {
		known[warned(w)] = true
	}
	var fresh []contract.Warning
	for _, w := range now {
		if !known[warned(w)] {
			fresh = append(fresh, w)
		}
	}
	return fresh, nil
}

// warned is what a warning says without the nearest name that it suggests: that may be
// in another stage now.
func warned(w contract.Warning) string {
	what, _, _ := strings.Cut(w.Detail, " (did you mean ")
	return w.Rule + what
}
