package rust

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// systemPackage is a package of the system that the author installs.
type systemPackage struct {
	name string
	item int
	word shell.Word
	cmd  int // index in recipe.commands
	run  bool
}

// needs is what the running image wants beside the program.
type needs struct {
	shell    *plan.Evidence           // a shell
	commands map[string]plan.Evidence // programs of the system
	add      []string                 // packages that we install for them, sorted
}

func (n *needs) shellAt(at plan.Evidence, why string) {
	if n.shell == nil {
		at.Text = why
		n.shell = &at
	}
}

func (n *needs) command(name string, at plan.Evidence) {
	if n.commands == nil {
		n.commands = map[string]plan.Evidence{}
	}
	if _, ok := n.commands[name]; !ok && name != "" && !strings.ContainsAny(name, "$ `") {
		n.commands[name] = at
	}
}

// providers are the packages that bring a command, where the names differ, for
// Debian and Alpine alike unless both have their own.
var providers = map[string][]string{
	"nc": {"netcat-openbsd", "netcat", "netcat-traditional", "busybox-extras"}, "psql": {"postgresql-client", "postgresql"}, "pg_isready": {"postgresql-client", "postgresql"},
	"pg_dump": {"postgresql-client", "postgresql"}, "mysql": {"default-mysql-client", "mariadb-client", "mysql-client"}, "mysqladmin": {"default-mysql-client", "mariadb-client", "mysql-client"},
	"mysqldump": {"default-mysql-client", "mariadb-client", "mysql-client"}, "redis-cli": {"redis-tools", "redis"}, "ssh": {"openssh-client", "openssh"},
	"ssh-keygen": {"openssh-client", "openssh-keygen", "openssh"}, "scp": {"openssh-client", "openssh"}, "ps": {"procps"}, "top": {"procps"}, "pkill": {"procps"}, "dig": {"dnsutils", "bind-tools"},
	"envsubst": {"gettext-base", "gettext"}, "ping": {"iputils-ping", "iputils"}, "convert": {"imagemagick"}, "magick": {"imagemagick"}, "identify": {"imagemagick"}, "pdftotext": {"poppler-utils"}, "pdftoppm": {"poppler-utils"},
	"tesseract": {"tesseract-ocr"}, "soffice": {"libreoffice"}, "libreoffice": {"libreoffice"}, "chromium-browser": {"chromium"}, "python": {"python3"}, "pip": {"python3-pip"}, "node": {"nodejs"},
	"docker": {"docker.io", "docker-cli", "docker"}, "sqlite3": {"sqlite3", "sqlite"}, "ffprobe": {"ffmpeg"}, "tini": {"tini"}, "gs": {"ghostscript"}, "xz": {"xz-utils", "xz"}, "7z": {"p7zip-full", "p7zip"}, "hg": {"mercurial"}, "svn": {"subversion"},
	"ip": {"iproute2"}, "iptables": {"iptables"}, "update-ca-certificates": {"ca-certificates"},
}

// inFull are the commands that the full Rust image has and Debian's slim image
// has not, with their packages.
var inFull = map[string]string{
	"curl": "curl", "wget": "wget", "git": "git", "ssh": "openssh-client", "scp": "openssh-client", "ssh-keygen": "openssh-client", "gpg": "gnupg", "hg": "mercurial",
	"svn": "subversion", "ps": "procps", "top": "procps", "pkill": "procps", "pgrep": "procps", "openssl": "openssl", "unzip": "unzip", "xz": "xz-utils", "perl": "perl", "python3": "python3", "file": "file", "patch": "patch",
}

// unmistakable are those of them that are no common words.
var unmistakable = wordSet("curl wget git ssh scp ssh-keygen gpg openssl unzip pgrep pkill python3")

// compilers are commands of the build side; a program that runs them needs them.
var compilers = wordSet("gcc g++ cc c++ make ld as pkg-config cpp gdb")

// systemCommands are commands that every image with a shell has.
var systemCommands = wordSet("sh ash dash bash cat cp mv ls echo printf sleep true false test [ [[ mkdir rm ln chmod chown chgrp grep sed awk cut sort uniq head tail tr wc env id " +
	"date touch xargs find expr basename dirname tee kill sync mktemp readlink realpath stat seq timeout hostname uname whoami su nohup tar gzip gunzip base64 md5sum sha256sum " +
	"cd set export exit exec trap wait shift read eval source . : unset local return if then while until for do done case esac fi let (( type command umask ulimit pwd break continue getopts alias declare readonly ((")

// readPackages lists the system packages that the author installs.
func (d *design) readPackages() *plan.Refusal {
	for i, c := range d.commands {
		if c.kind != system {
			continue
		}
		manager, words := shell.Packages(c.Command)
		for _, w := range words {
			text, _ := d.word(w)
			name := shell.PackageName(manager, text)
			d.installed[name] = true
			d.packages = append(d.packages, systemPackage{name: name, item: c.item, word: w, cmd: i})
		}
	}
	return nil
}

// needsPackage reports whether an installed package brings the command.
func (d *design) needsPackage(command string) bool { return d.packageOf(command) != "" }

// packageOf is the installed package that brings a command, "" for none.
func (d *design) packageOf(command string) string {
	for _, name := range append([]string{command}, providers[command]...) {
		if d.installed[name] {
			return name
		}
	}
	return ""
}

// findNeeds gathers what the program and its start want from the system.
func (d *design) findNeeds() *plan.Refusal {
	if d.start.shell {
		d.needs.shellAt(d.startEvidence(), "the start command needs a shell")
	}
	if d.start.inherited {
		d.needs.shellAt(plan.Evidence{Line: d.in.File.Line(d.in.Stage.From)}, "the start command is the base image's shell")
	}
	if refusal := d.programNeeds(); refusal != nil {
		return refusal
	}
	d.healthNeeds()
	d.probeNeeds()
	d.findLinks()
	d.classPackages()
	return d.provide()
}

func (d *design) startEvidence() plan.Evidence {
	if d.start.entry != nil {
		return d.in.Evidence(*d.start.entry, "")
	}
	if d.start.cmd != nil {
		return d.in.Evidence(*d.start.cmd, "")
	}
	return plan.Evidence{}
}

// programNeeds are the programs that the program itself runs.
func (d *design) programNeeds() *plan.Refusal {
	for _, name := range sortedKeys(d.source.execs) {
		at := d.source.execs[name]
		base := name[strings.LastIndexByte(name, '/')+1:]
		switch {
		case base == "cargo" || base == "rustc" || compilers[base]:
			return refuseAt(plan.NeedsBuildTool, at, "the program runs "+base, "")
		case d.present(base):
			d.needs.command(base, at)
			if shells[base] {
				d.needs.shellAt(at, "the program runs a shell")
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
		if ok := unmistakable[lit.text]; ok || d.packageOf(lit.text) != "" || shells[lit.text] {
			d.needs.command(lit.text, at)
		}
	}
	d.needs.shellAt(at, "the program runs other programs under names that are not in the code")
	at.Text = "it runs programs under names that are put together at run time"
	d.fact("runs-programs", at, "Every command that the sources name stays in the image")
}

// present reports whether the original image has a command of the system.
func (d *design) present(command string) bool {
	if systemCommands[command] || d.packageOf(command) != "" {
		return true
	}
	_, ok := inFull[command]
	return ok && !d.in.Base.Musl && d.in.Base.Language == "rust" && !d.in.Base.Slim
}

// healthNeeds are the commands of health checks.
func (d *design) healthNeeds() {
	for _, it := range d.in.Items {
		if it.Keyword != "HEALTHCHECK" || strings.EqualFold(strings.TrimSpace(d.in.File.Text(it.Args)), "none") {
			continue
		}
		at := d.in.Evidence(it, "the health check")
		d.healthText(strings.TrimSpace(d.in.File.Text(it.Args)), at)
	}
	for _, s := range d.services {
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
		d.needs.shellAt(at, "a health check needs a shell")
		return
	}
	var s start
	s.addCommands(script.Commands, at, d.in.End.Workdir)
	for _, c := range s.commands {
		if len(c.words) == 0 {
			continue
		}
		if found, ok := d.find(c.words[0], c.dir); ok {
			d.used[found] = true
		} else {
			d.needs.command(c.words[0][strings.LastIndexByte(c.words[0], '/')+1:], at)
			d.needs.shellAt(at, "a health check runs a command of the system")
		}
	}
	if !exec {
		d.needs.shellAt(at, "a health check needs a shell")
	}
}

// classPackages tells the packages of the running image from those of the build.
func (d *design) classPackages() {
	wanted := map[string]bool{}
	for name := range d.needs.commands {
		if p := d.packageOf(name); p != "" {
			wanted[p] = true
		}
	}
	for i := range d.packages {
		p := &d.packages[i]
		build, known := image.PackageRole(d.in.Base.Family, p.name)
		p.run = wanted[p.name] || !(known && build)
		if has(d.links.headers, p.name) {
			p.run = true
			continue
		}
		if !wanted[p.name] && (buildOnly[p.name] || strings.HasPrefix(p.name, "cargo") || strings.HasPrefix(p.name, "rustc")) {
			p.run = false
		}
	}
}

// buildOnly are packages that a Rust build needs and a Rust program does not, unless
// the program or a script runs them.
var buildOnly = wordSet("git gcc g++ make musl-dev musl-tools libc-dev libc6-dev build-base build-essential pkg-config pkgconf pkgconfig protobuf protobuf-compiler protobuf-dev protoc upx upx-ucl binutils " +
	"cargo rust rustc rustup mold lld clang llvm libclang1 cmake autoconf automake libtool alpine-sdk linux-headers openssh openssh-client gnupg curl wget unzip zip tar nodejs npm yarn perl sccache " +
	"bash vim nano less tree htop jq apt-utils apt-transport-https software-properties-common lsb-release dirmngr gnupg2 build-dependencies file xz-utils gcc-multilib crossbuild-essential-arm64")

// provide adds the packages for commands that the original's base brought.
func (d *design) provide() *plan.Refusal {
	set := map[string]bool{}
	for _, name := range sortedKeys(d.needs.commands) {
		switch {
		case d.packageOf(name) != "":
		case d.in.Base.Musl:
			if name == "bash" {
				return refuseAt(plan.StartUnknown, d.needs.commands[name], "it runs bash, which Alpine has not and no step installs", "")
			}
		case compilers[name]:
			return refuseAt(plan.NeedsBuildTool, d.needs.commands[name], "it runs "+name, "")
		case inFull[name] != "" && d.in.Base.Language == "rust" && !d.in.Base.Slim:
			set[inFull[name]] = true
		}
	}
	d.needs.add = sortedKeys(set)
	return nil
}
