package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// Service is a consumer that starts the image, with what it starts.
type Service struct {
	project.Service
	Binds    []string // folders of the image that a folder of the repository is mounted over
	Commands []StartCommand
	Argv     []string // instead of the command that the service has
}

// ReadServices reads the services that are built from the file. A need of a shell is
// noted in needs.
func ReadServices(in *plan.Input, needs *Needs) []Service {
	var out []Service
	for _, s := range in.Project.Services() {
		v := Service{Service: s}
		for _, m := range s.Volumes {
			parts := strings.Split(m, ":")
			if len(parts) >= 2 && (strings.HasPrefix(parts[0], ".") || strings.HasPrefix(parts[0], "$PWD") || strings.HasPrefix(parts[0], "${PWD")) && path.IsAbs(parts[1]) {
				v.Binds = append(v.Binds, path.Clean(parts[1]))
			}
		}
		for _, text := range []string{s.Entrypoint, s.Command} {
			v.Commands = append(v.Commands, serviceCommands(in, needs, text, s)...)
		}
		out = append(out, v)
	}
	return out
}

// serviceCommands reads a command of a compose file. Compose does not run it in a
// shell unless it says so.
func serviceCommands(in *plan.Input, needs *Needs, text string, s project.Service) []StartCommand {
	at := plan.Evidence{Path: s.File, Line: s.Line}
	for _, prefix := range []string{"sh -c ", "bash -c ", "/bin/sh -c ", "/bin/bash -c ", "bash -lc ", "/bin/ash -c "} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = strings.Trim(strings.TrimSpace(rest), `"'`)
			needs.ShellAt(at, "its compose service runs a shell")
		}
	}
	script, err := shell.ParseFile(text)
	if err != nil || text == "" {
		return nil
	}
	var st Start
	st.AddCommands(script.Commands, at, in.End.Workdir)
	return st.Commands
}

// ServiceCommands are the commands that compose services start in the image.
func (d *Design) ServiceCommands() []StartCommand {
	var out []StartCommand
	entry := len(d.Start.Argv) > 0 && d.Start.Entry != nil
	for _, s := range d.Services {
		if s.Entrypoint == "" && entry {
			continue // the command is only arguments
		}
		out = append(out, s.Commands...)
	}
	return out
}

// HotMounts are mounts of the repository over the working directory.
func (d *Design) HotMounts() []string {
	var out []string
	for _, s := range d.Services {
		for _, b := range s.Binds {
			if inside.Below(d.In.End.Workdir, b) {
				out = append(out, s.File)
			}
		}
	}
	return out
}

// ReloadCode tells a container for development from a program that always
// compiles itself.
func (d *Design) ReloadCode() plan.Code {
	for _, s := range d.Services {
		if len(s.Binds) > 0 {
			return plan.DevContainer
		}
	}
	return plan.CompilesAtRuntime
}
