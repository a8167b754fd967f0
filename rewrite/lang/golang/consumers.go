package golang

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

// developmentOnly: a service mounts the repository over the image's sources and
// runs the go command or a reloader there.
func (d *design) developmentOnly() *plan.Refusal {
	for _, s := range d.services {
		for _, c := range s.commands {
			if len(c.words) == 0 {
				continue
			}
			name := path.Base(c.words[0])
			mounted := false
			for _, b := range s.binds {
				mounted = mounted || inside.Below(d.in.End.Workdir, b)
			}
			if mounted && (reloaders[name] || goTools[name]) {
				return refuseAt(plan.DevContainer, c.at, "the service "+s.Name+" runs "+name+" over mounted sources", "")
			}
			if goTools[name] || reloaders[name] {
				return refuseAt(plan.NeedsBuildTool, c.at, "the service "+s.Name+" runs "+name+" in this image", "compile that program in the Dockerfile too, and start it in the service")
			}
		}
	}
	return nil
}
