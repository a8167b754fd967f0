package node

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// keepsFull are packages with compiled code that links to libraries which only
// the full image has (H20). They keep the author's image in production.
var keepsFull = set("ffi-napi ref-napi koffi node-ffi ffi-rs node-rdkafka odbc keytar imagemagick-native zmq mapnik robotjs printer @thiagoelg/node-printer ibm_db couchbase magickwand nodegit gl freetype2 v4l2camera")

// goneSuites are Debian releases whose package archives have moved, so that
// apt-get install fails on them.
var goneSuites = set("jessie stretch buster")

// chooseBase decides whether production can be the slim image, and which
// packages it then needs that the full one has.
func (d *designer) chooseBase() {
	base := d.in.Base
	defer d.heedPackages()
	if base.Slim || base.Family != image.Debian {
		return
	}
	slim, ok := image.Slim(base)
	if base.Digest != "" {
		slim, ok = d.pinnedSlim()
	}
	if !ok {
		if base.Digest != "" {
			d.slimWhy = "it is pinned by a digest, and what runs rests on its release of Debian, which the tag does not tell"
		}
		return
	}
	text := d.slimText(slim)
	if text == "" {
		return
	}
	if d.in.Hints.Floor == plan.AuthorImage {
		d.slimWhy = d.in.Hints.Why.Text
		return
	}
	if why := d.stays(); why != "" {
		d.slimWhy = why
		return
	}
	d.extra = d.missingPackages()
	if len(d.extra) > 0 && (goneSuites[base.Suite] || base.Suite == "" && d.app.node > 0 && d.app.node < 16) {
		d.slimWhy = fmt.Sprintf("run time needs %s, and packages of this old release cannot be installed any more", strings.Join(d.extra, ", "))
		d.extra = nil
		return
	}
	d.slim, d.slimRef = text, slim.Ref
}

// slimText is the slim image as the author would write it: with their variables.
func (d *designer) slimText(slim image.Base) string {
	written := d.in.Stage.BaseName
	if !strings.Contains(written, "$") {
		return slim.Ref
	}
	if slim.Tag == d.in.Base.Tag+"-slim" && strings.Contains(written, ":") {
		return written + "-slim"
	}
	return ""
}

// stays says why production stays on the full image.
func (d *designer) stays() string {
	for _, list := range [][]string{d.app.lock.native(), sortedKeys(d.app.manifest.Dependencies)} {
		for _, name := range list {
			if keepsFull[name] {
				return fmt.Sprintf("%s links to libraries of the full image", name)
			}
		}
	}
	if len(d.scan.programs) > 0 && d.readsSources() {
		return "the program starts other programs that cannot be told: " + d.scan.programs[0].String()
	}
	for _, name := range d.runPrograms() {
		if pkg, ok := fullTools[name]; ok && pkg == "" {
			return fmt.Sprintf("%s is used at run time", name)
		}
	}
	return ""
}

// runPrograms are the system programs that start command, health checks, kept
// steps and sources call.
func (d *designer) runPrograms() []string {
	var names []string
	for _, u := range d.run.system {
		names = append(names, u.Name)
	}
	if d.readsSources() {
		names = append(names, sortedKeys(d.scan.started)...)
	}
	for _, s := range d.steps {
		if s.Keyword != "RUN" {
			continue
		}
		for _, t := range s.Tasks {
			if d.keepsTask(s, t) {
				names = append(names, t.Unwrapped().Name())
			}
		}
	}
	return names
}

// missingPackages are the Debian packages for what the slim image lacks, in
// order and once each; what the author installs anyway is left out.
func (d *designer) missingPackages() []string {
	have := map[string]bool{"": true}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			manager, words := shell.Packages(t.Command)
			for _, w := range words {
				have[shell.PackageName(manager, w.Text)] = true
			}
		}
	}
	var out []string
	add := func(names ...string) {
		for _, n := range names {
			if !have[n] {
				have[n] = true
				out = append(out, n)
			}
		}
	}
	if d.trustsSystem() {
		add("ca-certificates")
	}
	for _, name := range d.runPrograms() {
		add(fullTools[name])
		if name == "curl" || name == "wget" || name == "git" {
			add("ca-certificates")
		}
	}
	if d.modules != noModules {
		for _, name := range sortedKeys(wrappedTools) {
			if d.app.manifest.section(name) == production || d.app.manifest.has(name) && d.modules == complete {
				add(wrappedTools[name]...)
			}
		}
	}
	return out
}

// trustsSystem reports that node is told to trust the system's certificates, which the
// slim image does not have (H6): of itself it trusts a list of its own. See
// https://nodejs.org/api/cli.html#--use-bundled-ca---use-openssl-ca.
func (d *designer) trustsSystem() bool {
	holds := func(text string) bool {
		return strings.Contains(text, "--use-openssl-ca") || strings.Contains(text, "--use-system-ca") || strings.Contains(text, "/etc/ssl/certs")
	}
	for _, s := range d.steps {
		switch s.Keyword {
		case "ENV", "CMD", "ENTRYPOINT":
			if text := d.in.File.Text(s.Args); holds(text) || s.Keyword == "ENV" && strings.Contains(text, "NODE_USE_SYSTEM_CA") {
				return true
			}
		}
	}
	for _, name := range d.run.scripts {
		if holds(d.app.manifest.Scripts[name]) {
			return true
		}
	}
	return false
}

// leavesPackages reports system packages that only the build needs.
func (d *designer) leavesPackages() bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if manager, words := shell.Packages(t.Command); manager != "" {
				for _, w := range words {
					if d.buildOnly(manager, w.Text) {
						return true
					}
				}
			}
		}
	}
	return false
}

// buildOnly reports a system package that production does without.
func (d *designer) buildOnly(manager, text string) bool {
	name := shell.PackageName(manager, text)
	for _, run := range d.started() {
		if run == name {
			return false
		}
	}
	if d.runsOwnCode() {
		if _, ok := d.scan.started[name]; ok {
			return false
		}
	}
	if strings.HasPrefix(name, "python") && !strings.HasSuffix(name, "-dev") {
		return d.pythonBuilds()
	}
	if build, known := image.PackageRole(d.in.Base.Family, name); !known || !build {
		return false
	}
	if strings.HasSuffix(name, "-dev") {
		_, known := image.RuntimeLibrary(d.in.Base.Family, d.in.Base.Suite, name)
		return known
	}
	return true
}

// pythonPackages are packages of npm that run Python.
var pythonPackages = set("python-shell youtube-dl-exec ytdlp-nodejs yt-dlp-exec yt-dlp-wrap pythonia node-calls-python")

// pythonBuilds reports that Python is there for node-gyp: a compiler is installed
// beside it, and nothing shows that the program runs it.
func (d *designer) pythonBuilds() bool {
	if len(d.scan.programs) > 0 {
		return false
	}
	for _, name := range append(sortedKeys(d.scan.started), d.started()...) {
		if strings.HasPrefix(name, "python") {
			return false
		}
	}
	for _, name := range sortedKeys(d.app.manifest.Dependencies) {
		if pythonPackages[name] {
			return false
		}
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			_, words := shell.Packages(t.Command)
			for _, w := range words {
				switch w.Text {
				case "make", "g++", "gcc", "build-base", "build-essential":
					return true
				}
			}
		}
	}
	return false
}

// started are the programs that the start command itself calls.
func (d *designer) started() []string {
	var names []string
	for _, u := range d.run.system {
		names = append(names, u.Name)
	}
	return names
}

// fromAs is the author's FROM with a stage's name, in the author's case.
func (d *designer) fromAs(name string) plan.Step { return d.in.From("", name) }

// fromProduction is the FROM of the production stage.
func (d *designer) fromProduction(name string) plan.Step { return d.in.From(d.slim, name) }
