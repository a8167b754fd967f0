package python

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// cutRun takes some commands of a RUN over. All of them without an edit is the
// author's instruction as it is; none is no step. ok is false where the script cannot
// be cut apart.
func cutRun(s step, parts []part) (out plan.Step, ok bool) {
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
	case !s.Cuttable:
		return nil, false
	}
	return plan.Cut{Span: s.Span, Edits: removals(s.Tasks, parts)}, true
}

// removals are the edits that take units out of a list joined by && or ;. What joins
// a command to the one before goes with it; in front of the first one that stays,
// everything goes.
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

// keepsTask reports whether production runs a command of the author's that is not for
// system packages.
func (d *designer) keepsTask(s step, t task) bool {
	if s.does(compile) && t.Kind != user && t.Kind != program {
		return false // it serves the sources that are compiled in the same RUN
	}
	if s.sets(t) {
		return false
	}
	switch t.Kind {
	case unknown, program, user:
		return !d.onlyInFolder(s, t) || t.Kind == user
	case configure, files, permission, fetch:
		return !d.onlyInFolder(s, t) && !d.inPlaces(s, t)
	case setting:
		return t.Call != nil && t.Call.Tool != "pip" && d.managed()
	}
	return false
}

// sets reports a command that puts a tool in its place behind the tool's own installer
// in the same RUN: a link, a check of its version.
func (s step) sets(t task) bool {
	if t.Kind != files && t.Kind != permission && t.Kind != nothing && t.Kind != configure {
		return false
	}
	text := strings.Join(t.Words(), " ")
	for _, other := range s.Tasks {
		if other.Call == nil || other.Call.Tool != "installer" {
			continue
		}
		for _, name := range other.Call.Names {
			if strings.Contains(text, name) {
				return true
			}
		}
	}
	return false
}

// inPlaces reports a command before the end of the build that makes something within
// what production takes from the builder.
func (d *designer) inPlaces(s step, t task) bool {
	args := t.Unwrapped().Args
	if s.Index > d.end || t.Kind != files && t.Kind != permission || len(args) < 2 || len(t.Redirects) > 0 {
		return false
	}
	target := t.abs(dockerfile.Expand(args[len(args)-1].Text, s.Scope.Vars))
	for _, p := range d.places {
		if under(target, p.Path) {
			return true
		}
	}
	return false
}

// onlyInFolder reports a command before the end of the build whose result lies in the
// folder that production takes from the builder.
func (d *designer) onlyInFolder(s step, t task) bool {
	if d.folder == nil || s.Index > d.end || t.Kind == program || t.Kind == unknown {
		return false
	}
	if dir := d.clone(t); t.Kind == fetch && dir != "" {
		return under(dir, d.folder.Path)
	}
	some := false
	for _, w := range t.Unwrapped().Args[1:] {
		if strings.HasPrefix(w.Text, "-") || t.Kind == permission && !strings.Contains(w.Text, "/") && !w.Glob && !d.tree.Has(t.abs(w.Text)) {
			continue
		}
		p := dockerfile.Expand(w.Text, s.Scope.Vars)
		if strings.Contains(p, "://") {
			continue
		}
		if !under(path.Clean(t.abs(p)), d.folder.Path) {
			return false
		}
		some = true
	}
	for _, r := range t.Redirects {
		if r.FD == "" && strings.HasPrefix(r.Op, ">") {
			if !under(t.abs(r.File.Text), d.folder.Path) {
				return false
			}
			some = true
		}
	}
	return some || t.Kind == fetch && under(t.Dir, d.folder.Path)
}

// runParts is what production takes of each command of a RUN.
func (d *designer) runParts(s step) (parts []part, any bool) {
	parts = make([]part, len(s.Tasks))
	follow := make([]bool, len(s.Tasks))
	packages, dropped := false, false
	for i, t := range s.Tasks {
		switch t.Kind {
		case system:
			parts[i], follow[i] = d.systemPart(t)
		case nothing, cache:
			follow[i] = true
		default:
			parts[i] = part{keep: d.keepsTask(s, t)}
		}
		any = any || parts[i].keep
		packages = packages || parts[i].keep && t.Kind == system
		dropped = dropped || !follow[i] && !parts[i].keep
	}
	if !any {
		return parts, false
	}
	inner := s.bodyWork()
	for i, t := range s.Tasks {
		switch {
		case !follow[i], t.Body && inner[t.Unit]:
		case t.Kind == nothing:
			parts[i].keep = t.Call == nil && !s.sets(t)
		case t.Kind == system:
			parts[i].keep = packages || !dropped
		case t.Kind == cache:
			parts[i].keep = (packages || !dropped) && t.Call == nil
		}
	}
	if s.Cuttable {
		parts = whole(s.Tasks, parts)
	}
	return parts, true
}

// whole keeps pipelines together: one command that stays keeps the others.
func whole(tasks []task, parts []part) []part {
	for i := range parts {
		for j := range parts {
			if tasks[i].Unit == tasks[j].Unit && parts[j].keep {
				parts[i].keep = true
			}
		}
	}
	return parts
}

// productionRun is what production takes of a RUN; nil for nothing.
func (d *designer) productionRun(s step) (plan.Step, *plan.Refusal) {
	parts, any := d.runParts(s)
	if !any {
		switch {
		case s.only(nothing, cache) && s.Index > d.end:
			return s.Keep(), nil
		case d.updatesOnly(s) && d.installsLater(s):
			return s.Keep(), nil
		}
		return nil, nil
	}
	if refusal := d.repeats(s, parts); refusal != nil {
		return nil, refusal
	}
	out, ok := cutRun(s, parts)
	if !ok {
		return nil, d.in.Refuse(plan.UnknownWriteSet, s.Item, "this step does work for the build and for run time in a script that cannot be taken apart",
			"split it into one RUN for each")
	}
	return out, nil
}

// updatesOnly reports a RUN that only brings the package lists up to date.
func (d *designer) updatesOnly(s step) bool {
	if !s.only(system, nothing) || !s.does(system) {
		return false
	}
	for _, t := range s.Tasks {
		if p, follows := d.systemPart(t); t.Kind == system && (p.keep || !follows) {
			return false
		}
	}
	return true
}

// installsLater reports packages that production installs behind a step, for which
// the lists are needed.
func (d *designer) installsLater(s step) bool {
	for _, later := range d.steps[s.Index+1:] {
		for _, t := range later.Tasks {
			if t.Kind == system {
				if p, _ := d.systemPart(t); p.keep {
					return true
				}
			}
		}
	}
	return false
}
