package python

import (
	"path"
	"regexp"
	"strings"
)

var (
	reVariable = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)
	reManifest = regexp.MustCompile(`^(requirements[^/]*\.(txt|in)|[^/]*requirements\.txt|constraints[^/]*\.txt|Pipfile(\.lock)?|poetry\.lock|uv\.lock|pdm\.lock|setup\.(py|cfg)|pyproject\.toml|poetry\.toml|\.python-version)$`)
)

// dropsCopy reports a COPY of which production needs nothing: what it brings comes
// with the folder from the builder, it is a manifest that a later COPY brings again
// or that lies in a folder for the install alone, or it is a tool of the install.
func (d *designer) dropsCopy(s step) bool {
	if s.Index > d.end || len(s.Heredocs) > 0 {
		return false
	}
	if from, ok := s.Flag("from"); ok {
		return d.toolImage(from) && !d.managed()
	}
	targets := d.targets(s)
	if len(targets) == 0 {
		return false
	}
	inFolder, manifests := d.folder != nil, true
	for _, t := range targets {
		inFolder = inFolder && under(t, d.folder.Path)
		manifests = manifests && reManifest.MatchString(path.Base(t)) && d.manifestIdle(s, t)
	}
	return manifests || inFolder && !d.usedBetween(s)
}

// toolImage reports an image that brings a tool of the install and nothing else.
func (d *designer) toolImage(from string) bool {
	name, _, _ := strings.Cut(from, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	return name == "ghcr.io/astral-sh/uv" || name == "astral/uv"
}

// targets are the paths that a COPY writes last.
func (d *designer) targets(s step) []string {
	var out []string
	for _, name := range d.tree.Names {
		if f := d.tree.Files[name]; f.First == s.Index || f.Last == s.Index {
			out = append(out, name)
		}
	}
	return out
}

// manifestIdle reports a manifest that run time has from a later COPY as well, or that
// only the install reads: it lies in /tmp, or it is a list of requirements that
// nothing else names.
func (d *designer) manifestIdle(s step, target string) bool {
	if d.named(path.Base(target)) {
		return false
	}
	if d.tree.Files[target].Last > s.Index {
		return true
	}
	base := path.Base(target)
	return under(target, "/tmp") || strings.HasSuffix(base, ".txt") && strings.Contains(base, "requirements")
}

// named reports a file that the start or a step that production keeps names.
func (d *designer) named(base string) bool {
	if strings.Contains(d.run.text.String(), base) {
		return true
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == deps || t.Kind == tool || t.Kind == cache {
				continue
			}
			for _, w := range t.Words() {
				if strings.Contains(w, base) || t.Kind == files && strings.Contains(w, "*") {
					return true
				}
			}
		}
	}
	return false
}

// usedBetween reports a step that production keeps between a COPY and the end of the
// build, for which the files have to be there.
func (d *designer) usedBetween(s step) bool {
	for _, later := range d.steps[s.Index+1 : d.end+1] {
		for _, t := range later.Tasks {
			if t.Kind != system && t.Kind != user && d.keepsTask(later, t) {
				return true
			}
		}
	}
	return false
}
