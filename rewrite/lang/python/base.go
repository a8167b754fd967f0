package python

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// goneSuites are Debian releases whose package archives have moved, so that
// apt-get install fails on them.
var goneSuites = words("jessie stretch buster")

// chooseBase decides whether production can be the slim image, which packages it
// then needs that the builder has, and what is left behind.
func (d *designer) chooseBase() *plan.Refusal {
	if refusal := d.compiles(); refusal != nil {
		return refusal
	}
	if refusal := d.browser(); refusal != nil {
		return refusal
	}
	extra, why := d.missing()
	base := d.in.Base
	if _, no := d.pinnedSlim(); d.pinned() && why == "" && base.Tools {
		why = no
	}
	switch {
	case d.system() || (base.Slim || !base.Tools) && !d.uvImage():
	case d.in.Hints.Floor == plan.AuthorImage:
		d.slimWhy = d.in.Hints.Why.Text
	case why != "":
		d.slimWhy = why
	default:
		d.slim, d.slimRef = d.slimImage()
	}
	if d.slim != "" && len(extra) > 0 && goneSuites[base.Suite] {
		d.slimWhy = fmt.Sprintf("run time needs %s, and packages of this old release cannot be installed any more", strings.Join(extra, ", "))
		d.slim, d.slimRef = "", ""
	}
	if d.slim != "" {
		d.left = append(d.left, "the tools of "+base.Ref)
	}
	d.leavesUV()
	d.leavesPackages()
	if d.slim == "" && (base.Tools || len(d.left) == 0) {
		extra = nil
	}
	for _, name := range append(extra, d.in.Hints.Packages...) {
		if !slices.Contains(d.extra, name) && !d.installs(name) {
			d.extra = append(d.extra, name)
		}
	}
	return nil
}

// compiles refuses programs that start a compiler when they run.
func (d *designer) compiles() *plan.Refusal {
	for _, name := range sorted(d.names) {
		if compilesAtRun[name] {
			return &plan.Refusal{Code: plan.CompilesAtRuntime, Evidence: d.atFrom(name + " compiles when the program runs")}
		}
	}
	for _, module := range []string{"torch.compile", "pyximport", "cppyy", "theano", "pytensor", "triton"} {
		if ev, ok := d.scan.modules[module]; ok {
			return &plan.Refusal{Code: plan.CompilesAtRuntime, Evidence: ev}
		}
	}
	return nil
}

// browser refuses browsers that are installed without the packages that they need:
// which of them the base has cannot be told (H38).
func (d *designer) browser() *plan.Refusal {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			text := strings.Join(t.Words(), " ")
			if !strings.Contains(text, "playwright install") && !strings.Contains(text, "patchright install") && !strings.Contains(text, "camoufox fetch") {
				continue
			}
			if !strings.Contains(text, "--with-deps") && !d.browserPackages() && d.in.Base.Tools {
				return d.in.Refuse(plan.UnknownWriteSet, s.Item, "a browser is installed without the libraries that it needs, of which the full image has some",
					"install them with playwright install --with-deps")
			}
		}
	}
	return nil
}

func (d *designer) browserPackages() bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if strings.Contains(strings.Join(t.Words(), " "), "install-deps") {
				return true
			}
		}
	}
	return d.installs("libnss3")
}

// slimImage is the slim image, as the author would write it and as it is.
func (d *designer) slimImage() (text, ref string) {
	base := d.in.Base
	slim, ok := image.Slim(base)
	switch {
	case d.pinned():
		ref, _ := d.pinnedSlim()
		slim, ok = image.Resolve(ref)
	case base.Name == "ghcr.io/astral-sh/uv" && d.managed():
		slim, ok = image.Resolve(base.Ref + "-slim")
	case d.uvImage():
		slim, ok = image.Resolve("python:" + base.Version + "-slim-" + base.Suite)
	case base.Name != "python" && slimTags(base):
		slim, ok = image.Resolve(base.Ref + "-slim")
	}
	if !ok || slim.Ref == base.Ref {
		return "", ""
	}
	written := d.in.Stage.BaseName
	if !strings.Contains(written, "$") {
		return slim.Ref, slim.Ref
	}
	if slim.Tag == base.Tag+"-slim" && strings.Contains(written, ":") {
		return written + "-slim", slim.Ref
	}
	if head, ok := strings.CutSuffix(written, "-"+base.Suite); ok && base.Suite != "" {
		return head + "-slim-" + base.Suite, slim.Ref
	}
	return "", ""
}

// slimTags reports images of others on Python's, whose tags have a small variant with
// -slim behind them.
func slimTags(base image.Base) bool {
	switch {
	case base.Name == "nikolaik/python-nodejs":
		return base.Version != "" && base.Suite == ""
	case strings.HasPrefix(base.Name, "tiangolo/uvicorn-gunicorn"):
		_, minor, _ := strings.Cut(majorMinor(base.Version), ".")
		n, err := strconv.Atoi(minor)
		return err == nil && n >= 9 && base.Tag == "python"+base.Version
	}
	return false
}

// uvImage reports a small image of uv's whose uv run time does not need: Python's own
// image is below it.
func (d *designer) uvImage() bool {
	base := d.in.Base
	return base.Name == "ghcr.io/astral-sh/uv" && base.Slim && base.Version != "" && base.Suite != "" && !d.managed()
}

// leavesUV notes uv where it is copied from its image for the install alone.
func (d *designer) leavesUV() {
	for _, s := range d.steps[:d.end+1] {
		if from, ok := s.Flag("from"); ok && s.Keyword == "COPY" && d.toolImage(from) && !d.managed() {
			d.left = append(d.left, "uv")
			return
		}
	}
}

// missing are the packages that production needs beside the author's own: programs
// and libraries that the builder has because it is the full image, or because a
// package that is left behind brought them. why is what cannot be installed.
func (d *designer) missing() (extra []string, why string) {
	add := func(names ...string) {
		for _, n := range names {
			if !slices.Contains(extra, n) && !d.installs(n) {
				extra = append(extra, n)
			}
		}
	}
	full := d.in.Base.Tools && !d.in.Base.Slim
	if full {
		if ev, ok := d.distributionsPython(); ok {
			return nil, ev.String()
		}
		used := d.runPrograms()
		for _, name := range sortedKeys(used) {
			if !fullPrograms[name] {
				continue
			}
			pkg, known := d.commandPackage(name)
			if !known || name == "make" {
				return nil, used[name].Text
			}
			add(pkg)
		}
	}
	for _, name := range d.loaded() {
		lib := libraries[name]
		if lib.wheels != nil && !d.compiledHere(name, lib.wheels) {
			continue
		}
		if !full && !slices.Contains(lib.names, "libgomp1") {
			continue
		}
		add(lib.names...)
		for _, dev := range lib.dev {
			libs, ok := image.RuntimeLibrary(d.in.Base.Family, d.in.Base.Suite, dev)
			if !ok && d.in.Base.Family == image.Debian {
				return nil, fmt.Sprintf("%s needs the library of %s, whose package is not known for this release", name, dev)
			}
			add(d.needed(libs)...)
		}
	}
	if d.in.Base.Family != image.Debian {
		return nil, ""
	}
	return extra, ""
}

// loaded are the packages and modules of the table that are used, sorted.
func (d *designer) loaded() []string {
	var out []string
	for _, name := range sorted(d.names) {
		if lib, ok := libraries[name]; ok && !lib.imports {
			out = append(out, name)
		}
	}
	for _, module := range sortedKeys(d.scan.modules) {
		if libraries[module].imports {
			out = append(out, module)
		}
	}
	return out
}

// needed leaves out what every image of Python has.
func (d *designer) needed(libs []string) []string {
	var out []string
	for _, l := range libs {
		if !slimHas[l] {
			out = append(out, l)
		}
	}
	return out
}

// compiledHere reports a pinned release that is older than its first wheels for the
// base's Python.
func (d *designer) compiledHere(name string, first []wheels) bool {
	pinned := d.versions[name]
	_, minor, ok := strings.Cut(majorMinor(d.in.Base.Version), ".")
	if !ok || pinned == "" {
		return false
	}
	parts := strings.SplitN(pinned+".0", ".", 3)
	major, _ := strconv.Atoi(parts[0])
	release, _ := strconv.Atoi(parts[1])
	for _, w := range first {
		if strconv.Itoa(w.minor) == minor {
			return major < w.major || major == w.major && release < w.release
		}
	}
	return false
}

// installs reports a package that production gets from the author's own commands: it
// is named there, or stands for headers that are.
func (d *designer) installs(name string) bool {
	if d.authors(name) {
		return true
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			manager, list := shell.Packages(t.Command)
			for _, w := range list {
				of := shell.PackageName(manager, w.Text)
				if slices.Contains(d.librariesOf(of), name) && d.buildOnly(manager, w.Text) && !d.removed(of) {
					return true
				}
			}
		}
	}
	return false
}

// authors reports a package that the author installs by its name and does not take
// out again.
func (d *designer) authors(name string) bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			manager, list := shell.Packages(t.Command)
			for _, w := range list {
				if shell.PackageName(manager, w.Text) == name && !d.removed(name) {
					return true
				}
			}
		}
	}
	return false
}

// leavesPackages notes the system packages that only the build needs and that the
// original's image has.
func (d *designer) leavesPackages() {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			manager, list := shell.Packages(t.Command)
			for _, w := range list {
				name := shell.PackageName(manager, w.Text)
				if d.heavy(name) && !(d.staysFull() && fullHas[name]) && d.buildOnly(manager, w.Text) && !d.removedAtOnce(s, t, name) && !slices.Contains(d.left, name) {
					d.left = append(d.left, name)
				}
			}
		}
	}
}

// staysFull reports that production starts from the full image as well.
func (d *designer) staysFull() bool {
	return d.slim == "" && d.in.Base.Tools && !d.in.Base.Slim && !d.system()
}

// fullHas are packages of the build that the full image has already, so that a file
// that names them adds nothing. See https://github.com/docker-library/buildpack-deps.
var fullHas = words(`build-essential gcc g++ make dpkg-dev autoconf automake libtool patch curl wget git gnupg unzip file libc6-dev linux-libc-dev default-libmysqlclient-dev libmariadb-dev
	libbz2-dev libcurl4-openssl-dev libdb-dev libevent-dev libffi-dev libgdbm-dev libglib2.0-dev libgmp-dev libjpeg-dev libkrb5-dev liblzma-dev libmagickcore-dev libmagickwand-dev
	libmaxminddb-dev libncurses5-dev libncursesw5-dev libpng-dev libpq-dev libreadline-dev libsqlite3-dev libssl-dev libwebp-dev libxml2-dev libxslt-dev libxslt1-dev libyaml-dev zlib1g-dev tk-dev uuid-dev`)

// light are packages whose absence alone is not worth a second stage.
var light = words("apt-utils apt-transport-https dialog pkg-config pkgconf patch")

func (d *designer) heavy(name string) bool { return !light[name] }

// removedAtOnce reports a package that the same RUN takes out again, so that it is in
// no layer.
func (d *designer) removedAtOnce(s step, t task, name string) bool {
	virtual := shell.Virtual(t.Command)
	for _, other := range s.Tasks {
		_, list := shell.Removed(other.Command)
		for _, w := range list {
			if w.Text == name || virtual != "" && w.Text == virtual {
				return true
			}
		}
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
