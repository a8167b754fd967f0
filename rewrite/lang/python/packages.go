package python

import (
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// part is a command of a RUN that is taken over, with edits inside it.
type part struct {
	keep  bool
	edits []plan.Edit
}

// buildOnly reports a system package that production does without.
func (d *designer) buildOnly(manager, text string) bool {
	name := shell.PackageName(manager, text)
	family := d.in.Base.Family
	programs := d.used()
	switch {
	case d.in.Hints.Floor == plan.AuthorImage || slices.Contains(d.in.Hints.Packages, name) || strings.ContainsAny(name, "$*/"):
		return false
	case family == image.Alpine && strings.HasSuffix(name, "-dev"):
		_, known := alpineLibraries[name]
		return known || alpineHeaders[name]
	case name == "python3-pip" || name == "python3-dev" || name == "python-pip" || name == "python-dev" || name == "python3-venv" || name == "py3-pip":
		return !programs["pip"] && !programs["pip3"]
	case strings.Contains(name, "jdk") || strings.Contains(name, "jre") || strings.Contains(name, "java"): // PySpark and its like run on it
		return false
	case name == "nodejs" || name == "npm" || name == "yarn" || name == "yarnpkg":
		return d.frontEnd() && !d.names["pyexecjs"] && !programs["node"] && !programs["npm"] && !programs["npx"] && !programs["yarn"]
	case neverAtRun[name]:
		return !programs["add-apt-repository"]
	case fetchers[name] != "":
		return d.fetchesOnly(name, programs)
	case programs[name]:
		return false
	}
	if build, known := image.PackageRole(family, name); !known || !build {
		return false
	}
	if strings.HasSuffix(name, "-dev") && family != image.Alpine && !headersOnly[name] {
		return len(d.librariesOf(name)) > 0
	}
	return !programs["gcc"] && !programs["cc"] && !programs["g++"] || !compilers[name]
}

// headersOnly are Debian development packages without a library that a program
// loads, or whose library every image of Python has.
var headersOnly = words("python3-dev python-dev python3-all-dev libc6-dev linux-libc-dev libc-dev musl-dev libstdc++-12-dev libstdc++-14-dev zlib1g-dev libffi-dev libssl-dev libbz2-dev liblzma-dev libsqlite3-dev libreadline-dev uuid-dev libncurses-dev libncurses5-dev libncursesw5-dev libgdbm-dev tk-dev libeigen3-dev libboost-dev")

var compilers = words("gcc g++ build-essential build-base clang")

// fetchers are packages whose program fetches, with that program. Programs call them
// at run time as well, so they stay unless a step of the build explains them.
var fetchers = map[string]string{"git": "git", "git-core": "git", "git-lfs": "git", "curl": "curl", "wget": "wget", "unzip": "unzip", "gnupg": "gpg", "gnupg2": "gpg", "openssh-client": "ssh", "subversion": "svn", "mercurial": "hg"}

// fetchesOnly reports that a step of the build uses a fetching program and nothing at
// run time does.
func (d *designer) fetchesOnly(name string, programs map[string]bool) bool {
	program := fetchers[name]
	if programs[program] || d.scan.partial {
		return false
	}
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			if d.keepsTask(s, t) {
				continue
			}
			if t.Unwrapped().Name() == program {
				return true
			}
			if program == "git" && t.Kind == deps && (strings.Contains(strings.Join(t.Words(), " "), "git+") || d.gitRequirement(t)) {
				return true
			}
		}
	}
	return false
}

// reGit finds requirements that are cloned, and what reads a version from git (H48).
var reGit = regexp.MustCompile(`git\+|git = "|setuptools[-_]scm|hatch-vcs|versioningit|setuptools-git|dynamic-versioning|\bpbr\b|versioneer`)

// gitRequirement reports an install that calls git.
func (d *designer) gitRequirement(t task) bool {
	if t.Call == nil {
		return false
	}
	files := append([]string{}, t.Call.Files...)
	for _, f := range append(files, "pyproject.toml", "Pipfile", "setup.py", "setup.cfg") {
		if text, ok := d.read(t.abs(strings.Trim(f, `"'`))); ok && reGit.MatchString(text) {
			return true
		}
	}
	return false
}

// used are the programs that run time calls, in a set that is made once.
func (d *designer) used() map[string]bool {
	if d.programs == nil {
		d.programs = map[string]bool{}
		for name := range d.runPrograms() {
			d.programs[name] = true
		}
	}
	return d.programs
}

// frontEnd reports that Node.js is there for a build.
func (d *designer) frontEnd() bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			switch t.Unwrapped().Name() {
			case "npm", "yarn", "npx", "pnpm":
				return t.Kind == build
			}
		}
	}
	return false
}

// systemPart is what production takes of a command for system packages; follows marks
// one that only makes sense beside another that is kept.
func (d *designer) systemPart(t task) (p part, follows bool) {
	manager, list := shell.Packages(t.Command)
	if manager == "" || len(list) == 0 {
		if shell.Classify(t.Command) == shell.SystemPackage { // dpkg -i, apt-get install -f
			return part{keep: true}, false
		}
		if _, gone := shell.Removed(t.Command); len(gone) > 0 {
			return part{keep: d.removesOthers(gone)}, false
		}
		return part{keep: upgrades(t)}, !upgrades(t)
	}
	if v := shell.Virtual(t.Command); v != "" && d.removed(v) {
		return part{}, false
	}
	left := 0
	for _, w := range list {
		name := shell.PackageName(manager, w.Text)
		if !d.buildOnly(manager, w.Text) && !d.removed(name) {
			left++
			continue
		}
		if libs := d.lacking(name); len(libs) > 0 && !d.removed(name) {
			p.edits = append(p.edits, plan.Edit{Span: dockerfile.Span{Start: w.Start, End: w.End}, Text: strings.Join(libs, " ")})
			left++
			continue
		}
		p.edits = append(p.edits, plan.Edit{Span: dockerfile.Span{Start: before(t, w), End: w.End}})
	}
	p.keep = left > 0
	return p, false
}

// lacking are the libraries that stand for a package of the build and that the author
// does not install as well.
func (d *designer) lacking(name string) []string {
	var out []string
	for _, lib := range d.needed(d.librariesOf(name)) {
		if !d.authors(lib) {
			out = append(out, lib)
		}
	}
	return out
}

// librariesOf are the run-time packages that stand for one of the build.
func (d *designer) librariesOf(name string) []string {
	if d.in.Base.Family == image.Alpine {
		switch lib := alpineLibraries[name]; {
		case lib != "":
			return []string{lib}
		case name == "g++" || name == "build-base":
			return []string{"libstdc++"}
		}
		return nil
	}
	if name == "python3-pip" && d.system() { // which pip depends on, and packages import
		return []string{"python3-setuptools", "ca-certificates"}
	}
	if needs := d.interpreterFor(name); needs != nil {
		return needs
	}
	if name == "gfortran" {
		return []string{"libgfortran5"}
	}
	if !strings.HasSuffix(name, "-dev") {
		return nil
	}
	if libs, ok := image.RuntimeLibrary(d.in.Base.Family, d.in.Base.Suite, name); ok {
		return libs
	}
	if lib := sameEverywhere[name]; lib != "" && (lib != "libmagic1" && lib != "libxml2" || d.in.Base.Suite != "noble" && d.in.Base.Suite != "resolute") {
		return []string{lib}
	}
	return nil
}

// upgrades reports apt-get upgrade, which the author wants in the image that runs.
func upgrades(t task) bool {
	for _, w := range t.Words() {
		switch w {
		case "upgrade", "dist-upgrade", "full-upgrade":
			return true
		}
	}
	return false
}

// removesOthers reports a removal of packages that the file does not install itself.
func (d *designer) removesOthers(gone []shell.Word) bool {
	for _, w := range gone {
		found := false
		for _, s := range d.steps {
			for _, t := range s.Tasks {
				manager, list := shell.Packages(t.Command)
				for _, in := range list {
					found = found || shell.PackageName(manager, in.Text) == w.Text
				}
				found = found || shell.Virtual(t.Command) == w.Text
			}
		}
		if !found && !strings.HasPrefix(w.Text, "-") {
			return true
		}
	}
	return false
}

// before is the end of the word in front of a word, so that blanks and line
// continuations between the two go with it.
func before(t task, w shell.Word) int {
	end := t.Start
	for _, a := range t.Args {
		if a.Start >= w.Start {
			break
		}
		end = a.End
	}
	return end
}

// removed reports a system package that the file takes out again: it is not in the
// original's image either.
func (d *designer) removed(name string) bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			_, list := shell.Removed(t.Command)
			for _, w := range list {
				if w.Text == name {
					return true
				}
			}
		}
	}
	return false
}
