package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// configurations are the files by which package managers are told of registries.
var configurations = set(".npmrc .yarnrc .yarnrc.yml")

// setsUpManager reports a command that does no more than to write or remove such a file:
// it belongs to the install, and what it writes is no file that run time reads.
func setsUpManager(t task) bool {
	if t.Kind != files && t.Kind != configure && t.Kind != prune && t.Kind != cache {
		return false
	}
	targets, _ := targetsOf(t)
	for _, w := range targets {
		if !configurations[path.Base(w)] {
			return false
		}
	}
	return len(targets) > 0
}

// takesAway reports that a step removes .npmrc again, so that the author's image has
// none.
func (d *designer) takesAway() bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == npmConfig && t.Name() == "rm" && s.Index >= d.first {
				return true
			}
		}
	}
	return false
}

// withoutToken takes .npmrc off a COPY of manifests where the author removes it again, or
// where it names the way in to a registry and nothing in production installs or starts
// through a package manager: only those read it (H95). A nil step is a COPY of nothing
// else.
func (d *designer) withoutToken(s step) plan.Step {
	if s.Keyword != "COPY" || s.JSON || len(s.Heredocs) > 0 || d.split != nil || s.Index > d.last || d.usesNpmrc() && !d.takesAway() {
		return d.keepItem(s)
	}
	words := s.Words
	for i, w := range words[:max(len(words)-1, 0)] {
		if path.Clean(w.Text) != ".npmrc" || !d.holdsToken(s, w.Text) && !d.takesAway() {
			continue
		}
		if len(words) == 2 {
			return nil
		}
		cut := dockerfile.Span{Start: w.Span.Start, End: words[i+1].Span.Start}
		ev := d.in.Evidence(s.Item, ".npmrc is the way in to a registry, and production installs nothing")
		return plan.Cut{Span: s.Span, Edits: []plan.Edit{{Span: cut}}, Evidence: ev}
	}
	return d.keepItem(s)
}

// holdsToken reports a configuration of npm with a password or token in it, or with the
// name of a variable that holds one.
func (d *designer) holdsToken(s step, source string) bool {
	data, ok := d.app.read(path.Join(s.Scope.Abs(s.Dest()), path.Base(source)))
	return ok && (strings.Contains(string(data), ":_auth") || strings.Contains(string(data), ":_password"))
}

// usesNpmrc reports that production runs a package manager, at the start or in a step.
func (d *designer) usesNpmrc() bool {
	if d.run.npm || len(d.run.managers)+len(d.run.unknown) > 0 {
		return true
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == global && d.keepsGlobal(t) || t.Kind == unknown || s.Index > d.end && t.Call != nil {
				return true
			}
		}
	}
	return false
}
