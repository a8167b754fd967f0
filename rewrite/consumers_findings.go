package rewrite

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// consumers says what those who build and start the image should know.
func (f *finder) consumers(r Result) {
	for _, s := range f.in.Project.Consumers() {
		f.target(s)
		f.nonRoot(s, r)
		if r.Plan != nil {
			f.command(s, r.Plan)
		}
	}
}

// target reports a stage that somebody builds and that the file does not have.
func (f *finder) target(s project.Service) {
	if !s.Builds || s.Target == "" || strings.ContainsAny(s.Target, "${}()") {
		return
	}
	if n, err := strconv.Atoi(s.Target); err == nil && n < len(f.in.File.Stages) {
		return
	}
	for _, stage := range f.in.File.Stages {
		if strings.EqualFold(stage.Name, s.Target) {
			return
		}
	}
	at := s.At("target")
	f.add("consumer-target", plan.Evidence{Path: at.File, Line: at.Line, Text: fmt.Sprintf("%s builds the stage %s, which the file does not have", s, s.Target)}, "")
}

// nonRoot reports a Pod that does not start, since the image's user is root, or has a
// name and no number. See https://kubernetes.io/docs/tasks/configure-pod-container/security-context/.
func (f *finder) nonRoot(s project.Service, r Result) {
	if !s.NonRoot || s.User != "" {
		return
	}
	name := f.in.End.User
	for _, row := range r.Contract {
		if row.Field == plan.FieldUser && row.Change != nil {
			name = row.After
		}
	}
	name, _, _ = strings.Cut(name, ":")
	at := s.At("securityContext")
	switch _, err := strconv.Atoi(name); {
	case user(name) == "root":
		f.add("runs-as-root", plan.Evidence{Path: at.File, Line: at.Line, Text: fmt.Sprintf("%s must not run as root, and the image's user is root", s)},
			"Kubernetes does not start it without a runAsUser")
	case err != nil && !strings.Contains(name, "$"):
		f.add("runs-as-root", plan.Evidence{Path: at.File, Line: at.Line, Text: fmt.Sprintf("%s must not run as root, and the image's user is the name %s", s, name)},
			"Kubernetes asks for a number, in USER or as runAsUser")
	}
}

var shells = map[string]bool{"sh": true, "bash": true, "ash": true, "dash": true, "zsh": true}

// command reports a make target, job or script that starts another program in the
// image than the image itself does: a tool of the build may be meant, or a shell.
// Compose services and containers of Pods bound the design instead.
func (f *finder) command(s project.Service, p *plan.Plan) {
	if s.Builds || s.Kind == project.Compose || s.Kind == project.Manifest {
		return
	}
	words := strings.Fields(s.Entrypoint + " " + s.Command)
	if len(words) == 0 || s.Entrypoint == "" && f.entrypoint() {
		return
	}
	program := path.Base(strings.Trim(words[0], `"'`))
	at := s.At("command")
	last := p.Stages[len(p.Stages)-1]
	advice := ""
	for i := len(p.Stages) - 2; i >= 0 && advice == ""; i-- {
		switch {
		case p.Stages[i].Role == plan.Test && strings.Contains(s.Command, "test"):
			advice = "docker build --target " + p.Stages[i].Name + " runs the project's tests"
		case p.Stages[i].Role == plan.Build:
			advice = "docker build --target " + p.Stages[i].Name + " makes an image with the build's tools"
		}
	}
	switch base, known := image.Resolve(last.Base); {
	case shells[program] && (!known || base.Family != image.Distroless && base.Family != image.Scratch):
	case shells[program]:
		f.add("consumer-command", plan.Evidence{Path: at.File, Line: at.Line, Text: fmt.Sprintf("%s starts %s in the image, and production has no shell", s, program)}, advice)
	case !f.starts(program):
		f.add("consumer-command", plan.Evidence{Path: at.File, Line: at.Line,
			Text: fmt.Sprintf("%s runs %s in the image, and production holds what its own start needs", s, quoted(words))}, advice)
	}
}

// quoted are the first words of a command.
func quoted(words []string) string {
	text := strings.Join(words[:min(len(words), 6)], " ")
	if len(words) > 6 {
		text += " …"
	}
	return strconv.Quote(text)
}

// entrypoint reports that what is given to the image are arguments.
func (f *finder) entrypoint() bool {
	for _, it := range f.in.Items {
		if it.Keyword == "ENTRYPOINT" {
			return true
		}
	}
	return false
}

// starts reports a program that the image itself starts.
func (f *finder) starts(program string) bool {
	for _, it := range f.in.Items {
		if it.Keyword != "CMD" && it.Keyword != "ENTRYPOINT" {
			continue
		}
		for _, c := range startCommands(it) {
			if path.Base(c.Name()) == program {
				return true
			}
		}
	}
	return false
}
