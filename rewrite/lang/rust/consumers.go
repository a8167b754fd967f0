package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// service is a compose service that is built from the file.
type service struct {
	project.Service
	binds    []string // folders of the image that a folder of the repository is mounted over
	commands []startCommand
	argv     []string // instead of the cargo run that the service has
}

func (d *design) readServices() {
	for _, s := range d.in.Project.Services() {
		v := service{Service: s}
		for _, m := range s.Volumes {
			parts := strings.Split(m, ":")
			if len(parts) >= 2 && (strings.HasPrefix(parts[0], ".") || strings.HasPrefix(parts[0], "$PWD") || strings.HasPrefix(parts[0], "${PWD")) && path.IsAbs(parts[1]) {
				v.binds = append(v.binds, path.Clean(parts[1]))
			}
		}
		for _, text := range []string{s.Entrypoint, s.Command} {
			v.commands = append(v.commands, d.composeCommands(text, s)...)
		}
		d.services = append(d.services, v)
	}
}

// composeCommands reads a command of a compose file. Compose does not run it in a
// shell unless it says so.
func (d *design) composeCommands(text string, s project.Service) []startCommand {
	at := plan.Evidence{Path: s.File, Line: s.Line}
	for _, prefix := range []string{"sh -c ", "bash -c ", "/bin/sh -c ", "/bin/bash -c ", "bash -lc ", "/bin/ash -c "} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = strings.Trim(strings.TrimSpace(rest), `"'`)
			d.needs.shellAt(at, "its compose service runs a shell")
		}
	}
	script, err := shell.ParseFile(text)
	if err != nil || text == "" {
		return nil
	}
	var st start
	st.addCommands(script.Commands, at, d.in.End.Workdir)
	return st.commands
}

// serviceCommands are the commands that compose services start in the image.
func (d *design) serviceCommands() []startCommand {
	var out []startCommand
	entry := len(d.start.argv) > 0 && d.start.entry != nil
	for _, s := range d.services {
		if s.Entrypoint == "" && entry {
			continue // the command is only arguments
		}
		out = append(out, s.commands...)
	}
	return out
}

// hotMounts are mounts of the repository over the working directory.
func (d *design) hotMounts() []string {
	var out []string
	for _, s := range d.services {
		for _, b := range s.binds {
			if inside.Below(d.in.End.Workdir, b) {
				out = append(out, s.File)
			}
		}
	}
	return out
}

// developmentOnly: a service runs cargo in the image, over mounted sources or not.
func (d *design) developmentOnly() *plan.Refusal {
	for i := range d.services {
		s := &d.services[i]
		for _, c := range s.commands {
			if len(c.words) == 0 || !cargoTools[path.Base(c.words[0])] {
				continue
			}
			for _, b := range s.binds {
				if inside.Below(d.in.End.Workdir, b) {
					return refuseAt(plan.DevContainer, c.at, "the service "+s.Name+" runs "+path.Base(c.words[0])+" over mounted sources", "")
				}
			}
			if !d.serviceRun(s, c) {
				return refuseAt(plan.NeedsBuildTool, c.at, "the service "+s.Name+" runs "+path.Base(c.words[0])+" in this image", "start the compiled program in the service")
			}
		}
	}
	return nil
}

// serviceRun turns the cargo run of a service into the program that a step has
// compiled just so; the compose file is changed with the Dockerfile (H99).
func (d *design) serviceRun(s *service, c startCommand) bool {
	g := parseCargo(c.words[1:])
	if len(s.commands) != 1 || s.Entrypoint != "" || g.verb != "run" || g.has("config") || path.Base(c.words[0]) != "cargo" || strings.ContainsAny(strings.Join(c.words, " "), "$`") {
		return false
	}
	a, _, why := d.runArtifact(c, g)
	if why != "" {
		return false
	}
	s.argv = append([]string{a.path}, g.rest...)
	if a.item < 0 {
		d.invent(g)
		d.artifact(artifact{path: a.path, item: len(d.in.Items), dir: a.dir, line: g, musl: a.musl})
	}
	s.commands = []startCommand{{words: s.argv, at: c.at, dir: c.dir}}
	d.used[a.path] = true
	return true
}

// settleServices writes the commands of services anew that ran cargo.
func (d *design) settleServices() *plan.Refusal {
	files := map[string]string{}
	for _, s := range d.services {
		if s.argv == nil {
			continue
		}
		at := plan.Evidence{Path: s.File, Line: s.Line}
		text, ok := files[s.File]
		if !ok {
			data, err := d.in.Project.Read(s.File)
			text, ok = string(data), err == nil
		}
		changed, done := replaceCommand(text, s.Line, execForm(s.argv))
		if !ok || !done {
			return refuseAt(plan.NeedsBuildTool, at, "the service "+s.Name+" runs cargo in this image", "start the compiled program in the service")
		}
		files[s.File] = changed
		at.Text = "the service " + s.Name + " starts the program itself"
		d.fact("compose-overrides", at, "Its command was cargo run, which the image has no more")
	}
	for _, name := range sortedKeys(files) {
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
