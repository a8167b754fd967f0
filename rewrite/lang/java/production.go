package java

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// productionStep is what the running image has of an item; nil for nothing.
func (d *designer) productionStep(i int) plan.Step {
	s := d.steps[i]
	switch s.Keyword {
	case "RUN":
		if i > d.last {
			return s.Keep()
		}
		return d.repeated(s)
	case "COPY", "ADD":
		if i > d.last {
			return s.Keep()
		}
		return nil
	case "WORKDIR":
		return d.workdirStep(i)
	case "USER":
		if d.lastOf(i) && d.gradleUser() && d.own.Text == "" {
			at := d.in.Evidence(s.Item, "the number of the gradle image's user, which the JRE's image does not name")
			d.changes = append(d.changes, plan.Change{Field: plan.FieldUser, Before: d.in.End.User, After: gradleNumber, Evidence: at})
			return plan.Cut{Span: s.Span, Edits: []plan.Edit{{Span: s.Words[0].Span, Text: gradleNumber}}, Evidence: at}
		}
		if d.lastOf(i) || i > d.last {
			return s.Keep()
		}
		return nil
	case "ARG":
		if i > d.last || d.argInProduction(i) {
			return s.Keep()
		}
		return nil
	case "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL":
		return d.startStep(i)
	}
	return s.Keep() // ENV, EXPOSE, LABEL, VOLUME, SHELL, MAINTAINER
}

// lastOf reports the last item with its keyword.
func (d *designer) lastOf(i int) bool {
	for _, it := range d.in.Items[i+1:] {
		if it.Keyword == d.in.Items[i].Keyword {
			return false
		}
	}
	return true
}

// startStep is the last of its kind, or java in the place of the build tool.
func (d *designer) startStep(i int) plan.Step {
	s := d.steps[i]
	if !d.lastOf(i) {
		d.dropped = append(d.dropped, d.in.Drop(s.Item, "a later "+s.Keyword+" takes its place"))
		return nil
	}
	c := d.conversion
	if c == nil || c.item.Span != s.Span {
		return s.Keep()
	}
	at := with(c.tool.at, "java starts the jar that "+c.tool.name+" would have started")
	d.changes = append(d.changes, plan.Change{Field: plan.FieldCommand, Before: strings.Join(c.tool.words, " "), After: c.startText(d.in.End.Workdir), Evidence: at})
	d.fact("start-changed", at, "")
	args := s.Args
	args.End = args.Start + len(strings.TrimRight(d.in.File.Text(args), " \t\r\n"))
	return plan.Cut{Span: s.Span, Edits: []plan.Edit{{Span: args, Text: c.startText(d.in.End.Workdir)}}, Evidence: at}
}

// workdirStep keeps the WORKDIRs that lead to the last one.
func (d *designer) workdirStep(i int) plan.Step {
	last := -1
	for j, it := range d.in.Items {
		if it.Keyword == "WORKDIR" && path.IsAbs(dockerfile.Expand(it.Value(), it.Scope.Vars)) {
			last = j
		}
	}
	s := d.steps[i]
	switch {
	case last < 0 && d.in.Base.Config.WorkingDir != d.runtime.Config.WorkingDir:
		// relative to the working directory of the author's image, which production lacks
		if !d.lastOf(i) {
			if i > d.last {
				d.dropped = append(d.dropped, d.in.Drop(s.Item, "a later WORKDIR goes on from it"))
			}
			return nil
		}
		return plan.Cut{Span: s.Span, Edits: []plan.Edit{{Span: s.Args, Text: d.in.End.Workdir}}, Evidence: d.in.Evidence(s.Item, "it is relative to the original image's working directory")}
	case i >= last || i > d.last:
		return s.Keep()
	}
	return nil
}

// repeated is what a RUN of the builder does for the running image as well: users,
// folders, settings of the system.
func (d *designer) repeated(s step) plan.Step {
	var kept []string
	for _, c := range s.commands {
		if d.both(s, c) {
			kept = append(kept, strings.TrimSpace(d.text(c)))
		}
	}
	if len(kept) == 0 {
		return nil
	}
	if len(kept) == len(s.commands) && s.Script != nil && s.Script.Plain {
		return s.Keep()
	}
	return plan.New{Text: d.keyword("RUN") + " " + strings.Join(kept, " \\\n && "), Evidence: d.in.Evidence(s.Item, "the running image needs it as well")}
}

// both reports a command of the builder that production repeats.
func (d *designer) both(s step, c command) bool {
	if c.outer.Nested || s.Script == nil {
		return false
	}
	switch c.kind {
	case account:
		return true
	case trust:
		return true
	case files, configure:
		if c.Name() == "mkdir" {
			return d.newFolder(s, c)
		}
		return slices.ContainsFunc(c.touched(), system)
	case permission:
		return slices.ContainsFunc(c.touched(), func(p string) bool { return d.madeFolder(p) || c.Name() == "chown" && p == d.in.End.Workdir })
	}
	return false
}

// touched are the paths that a command's words and redirections name.
func (c command) touched() []string {
	var out []string
	for _, w := range c.Args[1:] {
		out = append(out, resolve(c.dir, w.Text))
	}
	for _, r := range c.outer.Redirects {
		out = append(out, resolve(c.dir, r.File.Text))
	}
	return out
}

// newFolder reports mkdir of folders that are not there anyway, by paths that mean
// the same in production.
func (d *designer) newFolder(s step, c command) bool {
	found := false
	for _, w := range c.Args[1:] {
		if strings.HasPrefix(w.Text, "-") {
			continue
		}
		if !w.Literal || !path.IsAbs(w.Text) && c.dir != d.in.End.Workdir {
			return false
		}
		p := resolve(c.dir, w.Text)
		if strings.Contains(p, "/.m2") || strings.Contains(p, "/.gradle") {
			continue
		}
		switch owned := d.owned(p); {
		case within(d.in.End.Workdir, p):
			found = found || owned && !within(s.Scope.Workdir, p) // a chown comes before the WORKDIR
		case !d.tree.Dirs[p] && !d.files.has(p):
			found = found || owned || !slices.ContainsFunc(d.files, func(e element) bool { return within(e.path, p) })
		}
	}
	return found
}

// owned reports a folder that a command of the builder gives to someone.
func (d *designer) owned(dir string) bool {
	for _, s := range d.steps {
		for _, c := range s.commands {
			if c.kind == permission && slices.ContainsFunc(c.touched(), func(p string) bool { return within(dir, p) && p != "/" }) {
				return true
			}
		}
	}
	return false
}

// madeFolder reports a folder that a mkdir of the builder makes for run time.
func (d *designer) madeFolder(p string) bool {
	for i, s := range d.steps {
		for _, c := range s.commands {
			if i <= d.last && c.Name() == "mkdir" && slices.Contains(c.touched(), p) && d.newFolder(s, c) {
				return true
			}
		}
	}
	return false
}

// argInProduction reports an ARG that an instruction of the running image uses (H80).
func (d *designer) argInProduction(item int) bool {
	for _, p := range d.in.Items[item].Pairs {
		for i, it := range d.in.Items {
			switch it.Keyword {
			case "RUN", "COPY", "ADD":
				if i <= d.last {
					continue
				}
			case "ARG":
				continue
			}
			if i > item && shell.Mentions(d.in.File.Text(it.Span), p.Key) {
				return true
			}
		}
	}
	return false
}

// baseChanges names what the new base image makes different.
func (d *designer) baseChanges() {
	if d.runtime.Ref == d.in.Base.Ref {
		return
	}
	before, after := d.in.Base.Config, d.runtime.Config
	own := slices.ContainsFunc(d.in.Items, func(it plan.Item) bool {
		return it.Keyword == "ENTRYPOINT" && !(it.JSON && len(it.Argv) == 0)
	})
	cmd := slices.ContainsFunc(d.in.Items, func(it plan.Item) bool { return it.Keyword == "CMD" })
	if !own && (!slices.Equal(before.Entrypoint, after.Entrypoint) || !cmd && !slices.Equal(before.Cmd, after.Cmd)) && d.conversion == nil {
		d.changes = append(d.changes, plan.Change{Field: plan.FieldCommand, Before: strings.Join(before.Entrypoint, " "), After: strings.Join(after.Entrypoint, " "),
			Evidence: d.atBase("the image's own entry point hands over to the same command")})
	}
	for _, v := range before.Volumes {
		if !slices.Contains(after.Volumes, v) {
			d.changes = append(d.changes, plan.Change{Field: plan.FieldVolume, Key: v, Before: v, Evidence: d.atBase("it is the build tool's cache")})
		}
	}
	d.envChanges()
}

// envChanges names the variables of the author's, and those of the base that the
// start uses, whose value depends on the base image.
func (d *designer) envChanges() {
	was, now := configVars(d.in.Base.Config.Env), configVars(d.runtime.Config.Env)
	vars := configVars(d.runtime.Config.Env)
	keys := map[string]bool{}
	for i, it := range d.in.Items {
		if it.Keyword != "ENV" && !(it.Keyword == "ARG" && (i > d.last || d.argInProduction(i))) {
			continue
		}
		for _, p := range it.Pairs {
			if p.HasValue {
				vars[p.Key] = dockerfile.Expand(dockerfile.Unquote(p.Value), vars)
			}
			if it.Keyword == "ENV" {
				keys[p.Key] = true
			}
		}
	}
	start := ""
	for i, it := range d.in.Items {
		if (it.Keyword == "CMD" || it.Keyword == "ENTRYPOINT" || it.Keyword == "HEALTHCHECK") && d.lastOf(i) {
			start += d.in.File.Text(it.Args) + " "
		}
	}
	for key := range was {
		if !keys[key] && (strings.Contains(start, "$"+key) || strings.Contains(start, "${"+key)) && was[key] != now[key] {
			d.changes = append(d.changes, plan.Change{Field: plan.FieldEnv, Key: key, Before: was[key], After: now[key], Evidence: d.atBase("the image sets it")})
		}
	}
	for key := range keys {
		if before := d.in.End.Vars[key]; before != vars[key] {
			d.changes = append(d.changes, plan.Change{Field: plan.FieldEnv, Key: key, Before: before, After: vars[key], Evidence: d.atBase("the value depends on the base image")})
		}
	}
	slices.SortFunc(d.changes, func(a, b plan.Change) int {
		return strings.Compare(string(a.Field)+a.Key, string(b.Field)+b.Key)
	})
}

func configVars(env []string) map[string]string {
	vars := map[string]string{"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, kv := range env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			vars[k] = v
		}
	}
	return vars
}
