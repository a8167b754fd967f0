package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// developmentOnly: a service runs cargo in the image, over mounted sources or not.
func (d *design) developmentOnly() *plan.Refusal {
	for i := range d.Services {
		s := &d.Services[i]
		for _, c := range s.Commands {
			if len(c.Words) == 0 || !cargoTools[path.Base(c.Words[0])] {
				continue
			}
			for _, b := range s.Binds {
				if inside.Below(d.In.End.Workdir, b) {
					return compiled.RefuseAt(plan.DevContainer, c.At, "the service "+s.Name+" runs "+path.Base(c.Words[0])+" over mounted sources", "")
				}
			}
			if !d.serviceRun(s, c) {
				return compiled.RefuseAt(plan.NeedsBuildTool, c.At, "the service "+s.Name+" runs "+path.Base(c.Words[0])+" in this image", "start the compiled program in the service")
			}
		}
	}
	return nil
}

// serviceRun turns the cargo run of a service into the program that a step has
// compiled just so; the compose file is changed with the Dockerfile (H99).
func (d *design) serviceRun(s *compiled.Service, c compiled.StartCommand) bool {
	g := parseCargo(c.Words[1:])
	if len(s.Commands) != 1 || s.Entrypoint != "" || g.verb != "run" || g.has("config") || path.Base(c.Words[0]) != "cargo" || strings.ContainsAny(strings.Join(c.Words, " "), "$`") {
		return false
	}
	a, _, why := d.runArtifact(c, g)
	if why != "" {
		return false
	}
	s.Argv = append([]string{a.path}, g.rest...)
	if a.item < 0 {
		d.invent(g)
		d.artifact(artifact{path: a.path, item: len(d.In.Items), dir: a.dir, line: g, musl: a.musl})
	}
	s.Commands = []compiled.StartCommand{{Words: s.Argv, At: c.At, Dir: c.Dir}}
	d.Used[a.path] = true
	return true
}

// settleServices writes the commands of services anew that ran cargo.
func (d *design) settleServices() *plan.Refusal {
	files := map[string]string{}
	for _, s := range d.Services {
		if s.Argv == nil {
			continue
		}
		at := plan.Evidence{Path: s.File, Line: s.Line}
		text, ok := files[s.File]
		if !ok {
			data, err := d.In.Project.Read(s.File)
			text, ok = string(data), err == nil
		}
		changed, done := replaceCommand(text, s.Line, shell.ExecForm(s.Argv))
		if !ok || !done {
			return compiled.RefuseAt(plan.NeedsBuildTool, at, "the service "+s.Name+" runs cargo in this image", "start the compiled program in the service")
		}
		files[s.File] = changed
		at.Text = "the service " + s.Name + " starts the program itself"
		d.Fact("compose-overrides", at, "Its command was cargo run, which the image has no more")
	}
	for _, name := range compiled.SortedKeys(files) {
		d.files = append(d.files, plan.File{Path: name, Content: files[name], Reason: plan.Evidence{Path: name, Text: "a service ran cargo in the image"}})
	}
	return nil
}

// replaceCommand writes another command for the service whose name stands at a line;
// ok is false where its command is not on one line.
func replaceCommand(text string, line int, argv string) (string, bool) {
	lines := strings.SplitAfter(text, "\n")
	if line < 1 || line > len(lines) {
		return "", false
	}
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	outer := indent(lines[line-1])
	for i := line; i < len(lines); i++ {
		row := strings.TrimRight(lines[i], "\r\n")
		trimmed := strings.TrimSpace(row)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if indent(row) <= outer {
			return "", false
		}
		value, ok := strings.CutPrefix(trimmed, "command:")
		if !ok {
			continue
		}
		if !strings.Contains(value, "cargo") {
			return "", false
		}
		lines[i] = row[:indent(row)] + "command: " + argv + lines[i][len(row):]
		return strings.Join(lines, ""), true
	}
	return "", false
}
