package node

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// part is a command of a RUN that is taken over, with edits inside it.
type part struct {
	keep  bool
	edits []plan.Edit
}

// cutRun takes some commands of a RUN over. All of them without an edit is the
// author's instruction as it is; none is no step. ok is false where the script
// cannot be cut apart.
func cutRun(s step, parts []part) (out plan.Step, ok bool) {
	tasks, parts := listed(s.Tasks, parts)
	kept, whole := 0, true
	var edits []plan.Edit
	for _, p := range parts {
		if p.keep {
			kept++
		}
		whole = whole && p.keep && len(p.edits) == 0
	}
	switch {
	case kept == 0:
		return nil, true
	case whole:
		return s.Keep(), true
	case kept == len(parts):
		for _, p := range parts {
			edits = append(edits, p.edits...)
		}
		return plan.Cut{Span: s.Span, Edits: edits}, s.Script != nil
	case s.Script == nil || !s.Script.Plain:
		return nil, false
	}
	return plan.Cut{Span: s.Span, Edits: removals(tasks, parts)}, true
}

// listed are the commands of a list with their parts. Those of a substitution are words of another: one
// of them that stays keeps it, and none goes alone.
func listed(tasks []task, parts []part) (outer []task, merged []part) {
	for i, t := range tasks {
		last := len(outer) - 1
		if !t.Nested || last < 0 || t.End > outer[last].End {
			outer, merged = append(outer, t), append(merged, parts[i])
			continue
		}
		merged[last].keep = merged[last].keep || parts[i].keep
		merged[last].edits = append(merged[last].edits, parts[i].edits...)
	}
	return outer, merged
}

// removals are the edits that take commands out of a list joined by && or ;. What
// joins a command to the one before goes with it; in front of the first one that
// stays, everything goes.
func removals(tasks []task, parts []part) []plan.Edit {
	var edits []plan.Edit
	end := -1 // behind the last command that stays
	for i, p := range parts {
		if !p.keep {
			continue
		}
		if end < 0 && i > 0 {
			edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: tasks[0].Start, End: tasks[i].Start}})
		} else if i > 0 && !parts[i-1].keep {
			edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: end, End: tasks[i-1].End}})
		}
		edits = append(edits, p.edits...)
		end = tasks[i].End
	}
	if last := len(tasks) - 1; !parts[last].keep {
		edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: end, End: tasks[last].End}})
	}
	return edits
}

// runPart is what production takes of one command; follows marks one that only
// makes sense beside another that is kept.
func (d *designer) runPart(s step, t task) (p part, follows bool) {
	if t.Kind != system {
		if t.Kind == nothing || t.Kind == cache {
			return part{}, true
		}
		return part{keep: d.keepsTask(s, t)}, false
	}
	manager, words := shell.Packages(t.Command)
	if manager == "" {
		return part{}, true // apt-get update
	}
	if v := shell.Virtual(t.Command); v != "" && d.removed(v) {
		return part{}, false
	}
	left := 0
	for _, w := range words {
		name := shell.PackageName(manager, w.Text)
		if !d.buildOnly(manager, w.Text) && !d.removed(name) {
			left++
			continue
		}
		text := ""
		if libs, ok := image.RuntimeLibrary(d.in.Base.Family, d.in.Base.Suite, name); ok && strings.HasSuffix(name, "-dev") && len(libs) > 0 {
			text = " " + strings.Join(libs, " ")
			left++
		}
		p.edits = append(p.edits, plan.Edit{Span: dockerfile.Span{Start: d.before(t, w), End: w.End}, Text: text})
	}
	p.keep = left > 0
	return p, false
}

// before is the end of the word in front of a word, so that blanks and line
// continuations between the two go with it.
func (d *designer) before(t task, w shell.Word) int {
	end := t.Start
	for _, a := range t.Args {
		if a.Start >= w.Start {
			break
		}
		end = a.End
	}
	return end
}

// removed reports a system package that the file takes out again: it is not in
// the original's image either.
func (d *designer) removed(name string) bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			_, words := shell.Removed(t.Command)
			for _, w := range words {
				if w.Text == name {
					return true
				}
			}
		}
	}
	return false
}

// updatesOnly reports a RUN that only brings the package lists up to date.
func (s step) updatesOnly() bool {
	if !s.only(system, nothing) {
		return false
	}
	for _, t := range s.Tasks {
		if manager, _ := shell.Packages(t.Command); manager != "" {
			return false
		}
	}
	return s.does(system)
}

// installsLater reports packages that production installs behind a step, for
// which the lists are needed.
func (d *designer) installsLater(s step) bool {
	for _, later := range d.steps[s.Index+1:] {
		for _, t := range later.Tasks {
			if t.Kind == system {
				if p, _ := d.runPart(later, t); p.keep {
					return true
				}
			}
		}
	}
	return false
}

// productionRun is what production takes of a RUN; nil for nothing.
func (d *designer) productionRun(s step) (plan.Step, *plan.Refusal) {
	parts := make([]part, len(s.Tasks))
	follow := make([]bool, len(s.Tasks))
	packages, any, dropped := false, false, false
	for i, t := range s.Tasks {
		parts[i], follow[i] = d.runPart(s, t)
		any = any || parts[i].keep
		packages = packages || parts[i].keep && t.Kind == system
		dropped = dropped || !follow[i] && !parts[i].keep
	}
	if !any {
		if s.updatesOnly() && d.installsLater(s) {
			return s.Keep(), nil
		}
		return nil, nil
	}
	for i, t := range s.Tasks {
		switch {
		case !follow[i]:
		case t.Kind == nothing:
			parts[i].keep = true
		case t.Kind == system, t.Kind == cache:
			_, words := shell.Removed(t.Command)
			npm := t.Call != nil
			parts[i].keep = (packages || !dropped) && len(words) == 0 && !npm || npm && !dropped
		}
	}
	out, ok := cutRun(s, parts)
	if !ok {
		return nil, d.in.Refuse(plan.UnknownWriteSet, s.Item, "this step does work for the build and for run time in a script that cannot be taken apart",
			"split it into one RUN for each")
	}
	return out, nil
}
