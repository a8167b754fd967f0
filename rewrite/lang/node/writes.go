package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// readWrites adds to the build's outputs what other steps of the build side write
// into the project: copies, redirections, downloads. It refuses where a step on the
// build side may write anywhere (H94).
func (d *designer) readWrites() *plan.Refusal {
	for _, s := range d.steps {
		if s.Index > d.end {
			break
		}
		for _, t := range s.Tasks {
			switch t.Kind {
			case unknown:
				if d.hasFiles(s.Index) && t.Dir == d.app.dir {
					return d.in.Refuse(plan.UnknownWriteSet, s.Item, "it is not known what this step writes",
						"move it behind the build, or write its result to a folder of its own")
				}
			case files, configure, fetch:
				if refusal := d.written(s, t); refusal != nil {
					return refusal
				}
			}
		}
	}
	if len(d.built.outputs)+len(d.built.unknown) > 0 {
		d.built.any = true
	}
	return nil
}

// hasFiles reports files of the project in the image before an item.
func (d *designer) hasFiles(at int) bool {
	for _, name := range d.app.tree.Under(d.app.dir) {
		if d.app.tree.Files[name].First < at {
			return true
		}
	}
	return false
}

// written notes what one step writes into the project.
func (d *designer) written(s step, t task) *plan.Refusal {
	targets, sources := targetsOf(t)
	if t.Name() == "mkdir" {
		return nil // production makes its folders itself
	}
	l := leaf{Bin: t.Name(), Evidence: d.in.Evidence(s.Item, "this step changes files of the project")}
	for _, w := range targets {
		p := w
		if !path.IsAbs(p) {
			p = path.Join(t.Dir, p)
		}
		rel, inside := d.app.rel(path.Clean(p))
		switch {
		case strings.ContainsAny(w, "$*~"):
			d.built.unsure(l.Evidence)
		case path.Clean(p) == d.app.dir:
			d.built.unsure(l.Evidence)
		case inside && d.app.dir == "/" && !d.hasFiles(s.Index):
		case inside:
			d.built.add(d.app, l, rel)
		case d.takesFrom(t, sources):
			return d.in.Refuse(plan.UnknownWriteSet, s.Item, "files of the project are moved to "+w, "copy them with COPY")
		}
	}
	return nil
}

// takesFrom reports sources that are files of the project.
func (d *designer) takesFrom(t task, sources []string) bool {
	for _, w := range sources {
		if !path.IsAbs(w) {
			w = path.Join(t.Dir, w)
		}
		if rel, inside := d.app.rel(path.Clean(w)); inside && d.app.dir != "/" || d.app.tree.Has(w) && rel != "" {
			return true
		}
	}
	return false
}

// targetsOf are the paths that a command writes, and those that it reads.
func targetsOf(t task) (targets, sources []string) {
	for _, r := range t.Redirects {
		if strings.Contains(r.Op, ">") && !strings.HasPrefix(r.File.Text, "/dev/") && !strings.HasPrefix(r.Op, ">&") {
			targets = append(targets, r.File.Text)
		}
	}
	words := t.Unwrapped().Words()
	var plain []string
	for _, w := range words[min(1, len(words)):] {
		if !strings.HasPrefix(w, "-") {
			plain = append(plain, w)
		}
	}
	switch t.Unwrapped().Name() {
	case "mkdir", "touch", "rm", "tee":
		targets = append(targets, plain...)
	case "cp", "mv", "ln", "install", "rsync":
		if n := len(plain); n > 1 {
			targets, sources = append(targets, plain[n-1]), plain[:n-1]
			if t.Name() == "mv" {
				targets = append(targets, sources...)
			}
		}
	case "sed", "perl":
		if n := len(plain); n > 1 {
			targets = append(targets, plain[n-1])
		}
	case "curl":
		if out := optionValue(words, "-o", "--output"); out != "" {
			targets = append(targets, out)
		} else if contains(words, "-O", "-LO", "-fsSLO", "--remote-name") {
			targets = append(targets, ".")
		}
	case "wget":
		if out := optionValue(words, "-O", "--output-document", "-P"); out != "" && out != "-" {
			targets = append(targets, out)
		} else if out == "" {
			targets = append(targets, ".")
		}
	case "tar", "unzip", "git", "gunzip", "patch", "dd", "scp", "svn":
		out := optionValue(words, "-C", "-d", "--directory")
		if out == "" {
			out = "."
		}
		targets = append(targets, out)
	}
	return targets, sources
}

// touchesApp reports a step that writes into the project's folder only, so that a
// copy from the build brings what it made.
func (d *designer) touchesApp(t task) bool {
	targets, _ := targetsOf(t)
	for _, w := range targets {
		if !path.IsAbs(w) {
			w = path.Join(t.Dir, w)
		}
		if _, inside := d.app.rel(path.Clean(w)); !inside && path.Clean(w) != d.app.dir {
			return false
		}
	}
	return len(targets) > 0
}
