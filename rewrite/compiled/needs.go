package compiled

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// SystemPackage is a package of the system that the author installs.
type SystemPackage struct {
	Name string
	Item int
	Word shell.Word
	Cmd  int // index in the commands
	Run  bool
}

// Needs is what the running image wants beside the program.
type Needs struct {
	Shell    *plan.Evidence           // a shell
	Commands map[string]plan.Evidence // programs of the system
	Add      []string                 // packages that we install for them, sorted
}

// ShellAt notes a need of a shell; the first one counts.
func (n *Needs) ShellAt(at plan.Evidence, why string) {
	if n.Shell == nil {
		at.Text = why
		n.Shell = &at
	}
}

// Command notes a need of a program of the system.
func (n *Needs) Command(name string, at plan.Evidence) {
	if n.Commands == nil {
		n.Commands = map[string]plan.Evidence{}
	}
	if _, ok := n.Commands[name]; !ok && name != "" && !strings.ContainsAny(name, "$ `") {
		n.Commands[name] = at
	}
}

// ReadPackages lists the system packages that the author installs.
func (d *Design) ReadPackages() *plan.Refusal {
	for i, c := range d.Commands {
		if c.Kind != System {
			continue
		}
		manager, words := shell.Packages(c.Command)
		for _, w := range words {
			text, _ := d.Word(w)
			name := shell.PackageName(manager, text)
			d.Installed[name] = true
			d.Packages = append(d.Packages, SystemPackage{Name: name, Item: c.Item, Word: w, Cmd: i})
		}
	}
	return nil
}

// NeedsPackage reports whether an installed package brings the command.
func (d *Design) NeedsPackage(command string) bool { return d.PackageOf(command) != "" }

// PackageOf is the installed package that brings a command, "" for none.
func (d *Design) PackageOf(command string) string {
	for _, name := range append([]string{command}, providers[command]...) {
		if d.Installed[name] {
			return name
		}
	}
	return ""
}

// StartEvidence is where the start command stands.
func (d *Design) StartEvidence() plan.Evidence {
	if d.Start.Entry != nil {
		return d.In.Evidence(*d.Start.Entry, "")
	}
	if d.Start.Cmd != nil {
		return d.In.Evidence(*d.Start.Cmd, "")
	}
	return plan.Evidence{}
}

// ProbeNeeds: exec probes and hooks need a shell (H101).
func (d *Design) ProbeNeeds() {
	if at, ok := ExecProbe(d.In.Project); ok {
		d.Needs.ShellAt(at, at.Text)
	}
}
