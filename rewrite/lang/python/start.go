package python

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// needs is what the image is started with, and what that calls.
type needs struct {
	programs map[string]plan.Evidence // names of programs: start commands, health checks, scripts that they run
	text     strings.Builder          // all of it as text
	scripts  []string                 // files of the project that are run by a shell, paths in the image
	cmd      *plan.Item               // the CMD or ENTRYPOINT that counts
	none     bool                     // nothing says how the image is started
	idle     bool                     // a shell or an interpreter without a program is all that starts
	managers []use                    // poetry run, pipenv run, uv run
	strip    bool                     // the manager is taken off the start command
	edits    []plan.Edit              // … by these edits
}

// use is a program with the place that calls it.
type use struct {
	Name     string
	Own      bool // the file's own start command, and nothing else in it
	Evidence plan.Evidence
}

// maxScripts and maxScriptSize bound what is followed of the start.
const (
	maxScripts    = 30
	maxScriptSize = 256 << 10
)

// readStart follows ENTRYPOINT, CMD, the health check and what compose files and a
// Procfile start.
func (d *designer) readStart() *plan.Refusal {
	d.run = needs{programs: map[string]plan.Evidence{}, none: true}
	own := 0
	for i := range d.in.Items {
		it := &d.in.Items[i]
		switch it.Keyword {
		case "CMD", "ENTRYPOINT":
			d.run.cmd, d.run.none = it, false
			own++
			d.follow(itemCommands(*it), d.in.Evidence(*it, "the start calls it"), 0)
		case "HEALTHCHECK":
			d.health(*it)
		}
	}
	if cmd := d.in.Base.Config.Cmd; own == 0 && len(cmd) == 1 && path.IsAbs(cmd[0]) && d.in.Base.Name != "ghcr.io/astral-sh/uv" && !d.system() {
		d.run.none = false // the base has a start script of its own
	}
	if own == 1 && len(d.run.managers) == 1 {
		d.run.managers[0].Own = true
	}
	d.run.idle = d.startsNothing()
	for _, s := range d.in.Project.Services() {
		ev := plan.Evidence{Path: s.File, Line: s.Line, Text: "the service " + s.Name + " calls it"}
		for _, text := range []string{s.Entrypoint, s.Command} {
			if text != "" {
				d.run.none, d.run.idle = false, false
				d.followText(text, ev, 0)
			}
		}
		if s.Health != "" {
			d.followText(strings.TrimPrefix(strings.TrimPrefix(s.Health, "CMD-SHELL "), "CMD "), ev, 0)
		}
	}
	d.procfile()
	return nil
}

var reProcess = regexp.MustCompile(`(?m)^[A-Za-z0-9_-]+:\s*(.+)$`)

func (d *designer) procfile() {
	for _, name := range []string{d.in.Project.Join("Procfile"), "Procfile"} {
		data, err := d.in.Project.Read(name)
		if err != nil || len(data) > maxScriptSize {
			continue
		}
		for _, m := range reProcess.FindAllStringSubmatch(string(data), 20) {
			d.run.none = false
			d.followText(m[1], plan.Evidence{Path: name, Text: "a process of the Procfile calls it"}, 0)
		}
		return
	}
}

// health reads a HEALTHCHECK, whose words follow CMD.
func (d *designer) health(it plan.Item) {
	ev := d.in.Evidence(it, "the health check calls it")
	if it.JSON {
		d.follow([]shell.Command{literal(it.Argv)}, ev, 0)
		return
	}
	text := strings.TrimSpace(d.in.File.Text(it.Args))
	d.followText(strings.TrimSpace(strings.TrimPrefix(text, "CMD")), ev, 0)
}

// itemCommands are the commands of a CMD or ENTRYPOINT of either form.
func itemCommands(it plan.Item) []shell.Command {
	if it.Script != nil {
		return it.Script.Commands
	}
	if script, ok := shell.Unwrap(it.Argv); ok {
		if parsed, err := shell.Parse(script, 0); err == nil {
			return parsed.Commands
		}
		return nil
	}
	return []shell.Command{literal(it.Argv)}
}

func (d *designer) followText(text string, ev plan.Evidence, depth int) {
	if len(text) > maxScriptSize {
		return
	}
	d.run.text.WriteString(text + "\n")
	if script, err := shell.Parse(text, 0); err == nil {
		d.follow(script.Commands, ev, depth)
	}
}

// follow notes the programs of commands and goes on into scripts of the project.
func (d *designer) follow(commands []shell.Command, ev plan.Evidence, depth int) {
	for _, c := range commands {
		u := c.Unwrapped()
		words := u.Words()
		d.run.text.WriteString(strings.Join(c.Words(), " ") + "\n")
		if len(words) == 0 {
			continue
		}
		d.program(c.Name(), ev)
		d.program(u.Name(), ev)
		if n, ok := parseCall(u); ok && n.Verb == "run" {
			d.run.managers = append(d.run.managers, use{Name: n.Tool, Evidence: ev})
			if len(n.Program) > 0 {
				d.follow([]shell.Command{{Args: n.Program}}, ev, depth)
			}
			continue
		}
		if script, ok := shell.Unwrap(words); ok {
			d.followText(script, ev, depth)
		}
		for i, w := range words[:min(len(words), 12)] {
			if i == 0 || !strings.HasPrefix(w, "-") {
				d.script(w, depth)
			}
		}
	}
}

func (d *designer) program(name string, ev plan.Evidence) {
	if _, ok := d.run.programs[name]; !ok && name != "" {
		ev.Text = strings.TrimSuffix(ev.Text, " it") + " " + name
		d.run.programs[name] = ev
	}
}

// script reads a word that names a shell script of the project.
func (d *designer) script(word string, depth int) {
	p := path.Clean(d.in.End.Abs(word))
	file, ok := d.tree.Files[p]
	if !ok || depth > 3 || len(d.run.scripts) >= maxScripts {
		return
	}
	for _, s := range d.run.scripts {
		if s == p {
			return
		}
	}
	data, err := d.in.Project.Read(d.in.Project.Join(file.Source))
	if err != nil || len(data) > maxScriptSize || !shellScript(p, data) {
		return
	}
	d.run.scripts = append(d.run.scripts, p)
	ev := plan.Evidence{Path: d.in.Project.Join(file.Source), Text: "a script of the start calls it"}
	d.followText(string(data), ev, depth+1)
}

var reShebang = regexp.MustCompile(`^#!.*\b(ba|da|a|z|k)?sh\b`)

func shellScript(name string, data []byte) bool {
	ext := path.Ext(name)
	return ext == ".sh" || ext == ".bash" || reShebang.Match(data)
}

// startsNothing reports a start command that is a shell, or Python without a
// program: an image to work in.
func (d *designer) startsNothing() bool {
	it := d.run.cmd
	if it == nil {
		return false
	}
	commands := itemCommands(*it)
	if len(commands) != 1 || it.Keyword == "ENTRYPOINT" {
		return false
	}
	words := commands[0].Unwrapped().Words()
	if len(words) == 0 {
		return false
	}
	name := path.Base(words[0])
	switch name {
	case "sh", "bash", "ash", "zsh", "dash":
		return len(words) == 1 || len(words) == 2 && strings.HasPrefix(words[1], "-") && !strings.Contains(words[1], "c")
	case "ipython":
		return len(words) == 1
	}
	return rePython.MatchString(name) && len(words) == 1
}

// calls reports a program that the start calls.
func (d *designer) calls(name string) bool { _, ok := d.run.programs[name]; return ok }

// distributionsPython reports a start by the distribution's own interpreter, which the
// full image has and the slim one lacks: by its path, or by the first line of a program
// of the project.
func (d *designer) distributionsPython() (plan.Evidence, bool) {
	if strings.Contains(d.run.text.String(), "/usr/bin/python") {
		return plan.Evidence{Text: "the start calls the distribution's own Python"}, true
	}
	if d.run.cmd == nil {
		return plan.Evidence{}, false
	}
	for _, c := range itemCommands(*d.run.cmd) {
		words := c.Unwrapped().Words()
		if len(words) == 0 || !strings.Contains(words[0], "/") {
			continue
		}
		p := path.Clean(d.in.End.Abs(words[0]))
		if text, ok := d.read(p); ok && reOwnPython.MatchString(text) {
			return plan.Evidence{Path: d.in.Project.Join(d.tree.Files[p].Source), Line: 1, Text: "it is run by the distribution's own Python"}, true
		}
	}
	return plan.Evidence{}, false
}

var reOwnPython = regexp.MustCompile(`^#!\s*/usr/bin/python`)
