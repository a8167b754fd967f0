package golang

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// findNeeds gathers what the program and its start want from the system.
func (d *design) findNeeds() *plan.Refusal {
	if d.Start.Shell {
		d.Needs.ShellAt(d.StartEvidence(), "the start command needs a shell")
	}
	if d.Start.Inherited {
		d.Needs.ShellAt(plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}, "the start command is the base image's shell")
	}
	if refusal := d.programNeeds(); refusal != nil {
		return refusal
	}
	d.healthNeeds()
	d.ProbeNeeds()
	d.classPackages()
	return d.provide()
}

// programNeeds are the programs that the program itself runs.
func (d *design) programNeeds() *plan.Refusal {
	for _, name := range compiled.SortedKeys(d.source.execs) {
		at := d.source.execs[name]
		base := name[strings.LastIndexByte(name, '/')+1:]
		switch {
		case base == "go" || base == "gofmt" || compiled.Compilers[base]:
			return compiled.RefuseAt(plan.NeedsBuildTool, at, "the program runs "+base, "")
		case d.present(base):
			d.Needs.Command(base, at)
			if compiled.Shells[base] {
				d.Needs.ShellAt(at, "the program runs a shell")
			}
		}
	}
	if len(d.source.unnamed) > 0 {
		d.unnamedNeeds(d.source.unnamed[0])
	}
	return nil
}

// unnamedNeeds: programs are run under names that are put together. Every string
// of the sources that is a command of the original image may be one.
func (d *design) unnamedNeeds(at plan.Evidence) {
	for _, lit := range d.source.literals {
		if ok := compiled.Unmistakable[lit.text]; ok || d.PackageOf(lit.text) != "" || compiled.Shells[lit.text] {
			d.Needs.Command(lit.text, at)
		}
	}
	d.Needs.ShellAt(at, "the program runs other programs under names that are not in the code")
	at.Text = "it runs programs under names that are put together at run time"
	d.Fact("runs-programs", at, "Every command that the sources name stays in the image")
}

// present reports whether the original image has a command of the system.
func (d *design) present(command string) bool {
	if compiled.SystemCommands[command] || d.PackageOf(command) != "" {
		return true
	}
	_, ok := compiled.InFull[command]
	return ok && !d.In.Base.Musl && d.In.Base.Language == "go" && !d.In.Base.Slim
}

// healthNeeds are the commands of health checks.
func (d *design) healthNeeds() {
	for _, it := range d.In.Items {
		if it.Keyword != "HEALTHCHECK" || strings.EqualFold(strings.TrimSpace(d.In.File.Text(it.Args)), "none") {
			continue
		}
		at := d.In.Evidence(it, "the health check")
		d.healthText(strings.TrimSpace(d.In.File.Text(it.Args)), at)
	}
	for _, s := range d.Services {
		if s.Health != "" && s.Health != "NONE" {
			d.healthText(s.Health, plan.Evidence{Path: s.File, Line: s.Line, Text: "the health check of the service"})
		}
	}
}

func (d *design) healthText(text string, at plan.Evidence) {
	exec := strings.HasPrefix(text, "CMD [") || strings.HasPrefix(text, "CMD ") && at.Path != ""
	text = strings.TrimPrefix(strings.TrimPrefix(text, "CMD-SHELL"), "CMD")
	if exec {
		text = strings.NewReplacer("[", " ", "]", " ", ",", " ").Replace(text)
	}
	script, err := shell.ParseFile(text)
	if err != nil {
		d.Needs.ShellAt(at, "a health check needs a shell")
		return
	}
	var s compiled.Start
	s.AddCommands(script.Commands, at, d.In.End.Workdir)
	for _, c := range s.Commands {
		if len(c.Words) == 0 {
			continue
		}
		if found, ok := d.find(c.Words[0], c.Dir); ok {
			d.Used[found] = true
		} else {
			d.Needs.Command(c.Words[0][strings.LastIndexByte(c.Words[0], '/')+1:], at)
			d.Needs.ShellAt(at, "a health check runs a command of the system")
		}
	}
	if !exec {
		d.Needs.ShellAt(at, "a health check needs a shell")
	}
}

// classPackages tells the packages of the running image from those of the build.
func (d *design) classPackages() {
	wanted := map[string]bool{}
	for name := range d.Needs.Commands {
		if p := d.PackageOf(name); p != "" {
			wanted[p] = true
		}
	}
	for i := range d.Packages {
		p := &d.Packages[i]
		build, known := image.PackageRole(d.In.Base.Family, p.Name)
		p.Run = wanted[p.Name] || !(known && build)
		if !wanted[p.Name] && (buildOnly[p.Name] || strings.HasPrefix(p.Name, "golang")) {
			p.Run = false
		}
	}
}

// buildOnly are packages that a Go build needs and a Go program does not, unless
// the program or a script runs them.
var buildOnly = compiled.Words("git gcc g++ make musl-dev libc-dev libc6-dev build-base build-essential pkg-config pkgconf pkgconfig protobuf protobuf-compiler protobuf-dev protoc upx binutils " +
	"go golang golang-go mercurial bzr subversion binutils-gold cmake autoconf automake libtool alpine-sdk linux-headers openssh openssh-client gnupg curl wget unzip zip tar nodejs npm yarn libcap2-bin " +
	"bash vim nano less tree htop jq apt-utils apt-transport-https software-properties-common lsb-release dirmngr gnupg2 build-dependencies file xz-utils")

// provide adds the packages for commands that the original's base brought.
func (d *design) provide() *plan.Refusal {
	set := map[string]bool{}
	for _, name := range compiled.SortedKeys(d.Needs.Commands) {
		switch {
		case d.PackageOf(name) != "":
		case d.In.Base.Musl:
			if name == "bash" {
				return compiled.RefuseAt(plan.StartUnknown, d.Needs.Commands[name], "it runs bash, which Alpine has not and no step installs", "")
			}
		case compiled.Compilers[name]:
			return compiled.RefuseAt(plan.NeedsBuildTool, d.Needs.Commands[name], "it runs "+name, "")
		case compiled.InFull[name] != "" && d.In.Base.Language == "go" && !d.In.Base.Slim:
			set[compiled.InFull[name]] = true
		}
	}
	d.Needs.Add = compiled.SortedKeys(set)
	return nil
}
