package node

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// prebuilt says that what is started is made outside the image and only copied: by CI,
// by hand, or long ago. A stage has nothing to build then (S5). ok is false where any of
// what is started comes from elsewhere.
func (d *designer) prebuilt() (ev plan.Evidence, ok bool) {
	if d.built.any || d.split != nil {
		return ev, false
	}
	targets := append([]string{}, d.run.entries...)
	if folder, one := d.served(); one {
		targets = append(targets, d.app.path(folder))
	}
	if len(targets) == 0 || len(d.run.unknown) > 0 {
		return ev, false
	}
	made := d.madeOutside()
	for _, target := range targets {
		found := false
		for _, m := range made {
			if m.holds(d, target) {
				ev, found = m.why, true
				break
			}
		}
		if !found {
			return ev, false
		}
	}
	return ev, true
}

// unseen is the first started file that neither is in the repository nor is made by the
// build: what it needs cannot be told.
func (d *designer) unseen() (ev plan.Evidence, ok bool) {
	if d.built.any {
		return ev, false
	}
	for _, e := range d.run.entries {
		if rel, inside := d.app.rel(e); inside && !d.app.tree.Has(e) && !d.resolves(e) {
			return plan.Evidence{Line: d.startLine(), Text: rel + " is not in the repository, so that what it needs is not known"}, true
		}
	}
	return ev, false
}

// outsider is a file or folder that a COPY takes and that is made outside the image.
type outsider struct {
	source string // from the context; of files that are in the repository
	target string // in the image
	there  bool   // it is in the repository
	why    plan.Evidence
}

// holds reports a file that comes from there, or that nothing of the repository is.
func (m outsider) holds(d *designer, target string) bool {
	if !within(target, []string{m.target}) {
		return false
	}
	file, has := d.app.tree.Files[target]
	switch {
	case has:
		return m.there && within(file.Source, []string{m.source})
	case m.there:
		return d.resolves(target) || d.app.tree.HasDir(target)
	}
	return !d.resolves(target) && !d.app.tree.HasDir(target)
}

// madeOutside are the copied files and folders that are not in the repository, and
// folders that are and that the project's own script build writes.
func (d *designer) madeOutside() []outsider {
	var out []outsider
	outputs := d.app.buildOutputs()
	for _, s := range d.steps {
		if _, from := s.Flag("from"); from || s.Keyword != "COPY" || len(s.Heredocs) > 0 {
			continue
		}
		sources := s.Sources()
		for _, source := range sources {
			pattern := strings.TrimPrefix(path.Clean("/"+inside.Expand(s.Item, source)), "/")
			if pattern == "" || strings.ContainsAny(pattern, "*?[$") {
				continue
			}
			target := s.Scope.Abs(s.Dest())
			if strings.HasSuffix(s.Dest(), "/") && path.Ext(pattern) != "" || len(sources) > 1 && path.Ext(pattern) != "" {
				target = path.Join(target, path.Base(pattern))
			}
			m := outsider{source: pattern, target: target, there: len(d.in.Project.Sources(pattern)) > 0}
			switch {
			case !m.there:
				m.why = d.in.Evidence(s.Item, fmt.Sprintf("%s is not in the repository: it is made outside, and nothing is built here", pattern))
			case contains(outputs, pattern), builtNames[path.Base(pattern)] && d.app.manifest.Scripts["build"] != "":
				m.why = d.in.Evidence(s.Item, fmt.Sprintf("%s, which the project's script build makes, is built outside and copied, and nothing is built here", pattern))
			default:
				continue
			}
			out = append(out, m)
		}
	}
	return out
}

// builtNames are names of folders that builds write.
var builtNames = set("build dist out .output .next")

// buildOutputs are the folders, from the context, that the script build writes.
func (a *app) buildOutputs() []string {
	text := a.manifest.Scripts["build"]
	if text == "" {
		return nil
	}
	x, b := &expander{proj: a, workdir: a.dir}, &built{}
	x.text(text, true, plan.Evidence{}, 1)
	b.follow(a, x)
	at := path.Dir(a.manifest.Path)
	var out []string
	for _, o := range b.outputs {
		out = append(out, path.Join(at, o))
	}
	return out
}
