package rewrite

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// remedy is one thing to try: what the next design has to heed, and how it is told.
// {base} in the text is the image of the next design's production stage.
type remedy struct {
	hints plan.Hints
	text  string
}

// The remedies that need nothing but their name.
var (
	allDependencies = remedy{plan.Hints{AllDependencies: true}, "production has all dependencies, those of development too"}
	wholeApp        = remedy{plan.Hints{WholeApp: true}, "production takes the application's whole folder from the build"}
	noUser          = remedy{plan.Hints{NoUser: true}, "no user is added: the process runs as it does in the original"}
	withShell       = remedy{plan.Hints{Floor: plan.WithShell}, "production starts from {base}, which has a shell and the C library of the build"}
	authorImage     = remedy{plan.Hints{Floor: plan.AuthorImage}, "production starts from {base}, which has more of the system"}
	callsC          = remedy{plan.Hints{AsWritten: true, Floor: plan.WithShell}, "the program is built with cgo as in the original, and production starts from {base}"}
)

// remedies are what may help against a failure, the least first. Those that are true
// to the original in all but the build's own files come last; for a failure without a
// cause they are the only ones.
func remedies(r Result, f proof.Failure) []remedy {
	var special []remedy
	switch f.Kind {
	case proof.MissingLibrary:
		special = forLibrary(r.input.Base, f.Subject)
	case proof.LibcVersion, proof.WrongLibc, proof.NoUser:
		special = []remedy{withShell, authorImage}
	case proof.MissingModule:
		special = forModule(f.Subject)
	case proof.Lifecycle:
		special = []remedy{allDependencies}
	case proof.MissingCommand:
		special = forCommand(r, f)
	case proof.MissingFile:
		special = forFile(r, f)
	case proof.NoPermission:
		special = forRight(r, f)
	}
	return append(special, conservative(f)...)
}

// forModule finds what brings a module of a language: an install with nothing left
// out, or, for code that a generator writes beside the modules (.prisma/client), the
// folder as it is after the build.
func forModule(name string) []remedy {
	switch {
	case name == "C":
		return []remedy{callsC}
	case strings.HasPrefix(name, "."):
		return []remedy{wholeApp, allDependencies}
	}
	return []remedy{allDependencies}
}

// conservative are the steps back towards the original. A build that fails is one
// that needs what the original has; an image that does otherwise, or that lacks files
// or rights, may be set up otherwise. Where the cause is a thing of its own, only the
// last step is left.
func conservative(f proof.Failure) []remedy {
	near := remedy{plan.Hints{WholeApp: true, NoUser: true, AsWritten: true, Floor: plan.WithShell},
		"production takes the application's whole folder on {base}, with the original's user and environment"}
	if f.Step == proof.StepBuild {
		near = remedy{plan.Hints{AllDependencies: true, AsWritten: true},
			"dependencies are installed and the program is built as in the original, and production starts from {base}"}
	}
	all := remedy{plan.Hints{WholeApp: true, NoUser: true, AsWritten: true, AllDependencies: true, Floor: plan.AuthorImage},
		"production takes the application's whole folder with all dependencies on {base}, with the original's user and environment"}
	if vague(f.Kind) || f.Kind == proof.NoPermission || f.Kind == proof.MissingFile {
		return []remedy{near, all}
	}
	return []remedy{all}
}

func install(name, what string) remedy {
	text := fmt.Sprintf("production installs %s, which has %s", name, what)
	switch name {
	case what:
		text = "production installs " + name
	case "so:" + what:
		text = "production installs the package of " + what
	}
	return remedy{plan.Hints{Packages: []string{name}, Floor: plan.WithShell}, text}
}

// forLibrary finds an image or a package that has a shared library.
func forLibrary(base image.Base, soname string) []remedy {
	soname = path.Base(soname)
	var out []remedy
	if image.InDistrolessBase(soname) {
		out = append(out, remedy{plan.Hints{Floor: plan.CLibrary}, "production starts from {base}, which has " + soname})
	}
	if image.InDistrolessCC(soname) {
		out = append(out, remedy{plan.Hints{Floor: plan.CPlusPlus}, "production starts from {base}, which has " + soname})
	}
	if name, ok := image.LibraryPackage(base.Family, base.Suite, soname); ok {
		out = append(out, install(name, soname))
	}
	return append(out, authorImage)
}

// forCommand finds where a command comes from. In a stage of the build of a rewrite,
// which has the author's own image, it can only be a development dependency's.
func forCommand(r Result, f proof.Failure) []remedy {
	if last, known := lastStage(r, f.Line); f.Step == proof.StepBuild && known && !last {
		return []remedy{allDependencies}
	}
	if name, ok := image.CommandPackage(r.input.Base.Family, f.Subject); ok {
		return []remedy{install(name, path.Base(f.Subject)), authorImage}
	}
	if inSystemFolder(f.Subject) || path.Base(f.Subject) == "sh" || path.Base(f.Subject) == "bash" {
		return []remedy{withShell, authorImage}
	}
	return []remedy{allDependencies, withShell, authorImage}
}

// systemFiles are files of the system that the slim images lack, by their folder, with
// the package that has them on Debian and Alpine alike.
var systemFiles = []struct{ dir, name string }{
	{"/usr/share/zoneinfo", "tzdata"},
	{"/etc/ssl/certs", "ca-certificates"},
}

// forFile finds what brings a file along.
func forFile(r Result, f proof.Failure) []remedy {
	workdir := r.input.End.Workdir
	p := f.Subject
	if !path.IsAbs(p) {
		p = path.Join(workdir, p)
	}
	p = path.Clean(p)
	for _, s := range systemFiles {
		if strings.HasPrefix(p, s.dir) {
			return []remedy{install(s.name, s.dir)}
		}
	}
	switch {
	case inSystemFolder(p):
		return []remedy{withShell, authorImage}
	case strings.Contains(p, "/node_modules/"), f.Step == proof.StepBuild && lockFile(f.Subject):
		return []remedy{allDependencies, wholeApp}
	case f.Step == proof.StepBuild, below(p, workdir):
		return []remedy{wholeApp}
	}
	return []remedy{authorImage}
}

func lockFile(name string) bool {
	switch path.Base(name) {
	case "pnpm-lock.yaml", "yarn.lock", "package-lock.json":
		return true
	}
	return false
}

// below reports a path in a folder.
func below(p, dir string) bool {
	return dir != "/" && strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// forRight gives the path that the process writes to its user where it lies in a
// folder of its own below the application's; else no user is added. A user of the
// author's stays.
func forRight(r Result, f proof.Failure) []remedy {
	if strings.HasSuffix(f.Subject, "/tcp") || f.Subject == "" {
		return []remedy{noUser}
	}
	workdir := r.input.End.Workdir
	p := f.Subject
	if !path.IsAbs(p) {
		p = path.Join(workdir, p)
	}
	if p = path.Clean(p); !below(path.Dir(p), workdir) {
		return []remedy{noUser}
	}
	return []remedy{
		{plan.Hints{Own: []string{p}}, fmt.Sprintf("the folder of %s belongs to the user of the process", p)},
		noUser,
	}
}
