package rootfs

import (
	"context"
	"debug/elf"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// Inspection is what an image's root file system shows of its start. As JSON it has
// what another image is held against.
type Inspection struct {
	rows     []row
	Problems []Problem
}

// Problem is something that is not as it must be.
type Problem struct {
	Failure proof.Failure
	// Certain says that what the image starts fails of it. What is not certain, such as
	// a native module that may never be loaded, is a failure only of a rewrite whose
	// original does not have it.
	Certain bool
	row     string
}

// row is one line of the checklist.
type row struct {
	name   string
	detail string
	passed bool // false for what was not checked
}

// The lines of the checklist, in order.
const (
	rowStart     = "the start command resolves"
	rowHealth    = "the health check's command resolves"
	rowLibraries = "the libraries of what starts are there"
	rowUser      = "the user exists"
	rowAccess    = "the user may run the start command"
	rowModules   = "the libraries of native modules are there"
	rowScripts   = "console scripts find their interpreter"
	rowLinks     = "symbolic links of the application lead somewhere"
	rowIndex     = "the whole root file system was read"
)

// inspector looks at one image.
type inspector struct {
	tree    *Tree
	ctx     context.Context
	config  Config
	env     map[string]string
	path    []string
	dir     string // the working directory
	who     identity
	machine elf.Machine    // EM_NONE where it is not known
	process *closure       // of the first dynamic program of the start command
	libs    map[*file]bool // that were loaded for what starts
	trail   map[string][]string
	visited map[string]bool // what was run already, against loops
	out     *Inspection
}

// Inspect looks at everything that [Tree.Check] speaks of.
func (t *Tree) Inspect(ctx context.Context, config Config) *Inspection {
	in := &inspector{tree: t, ctx: ctx, config: config, env: environment(config.Env), dir: config.WorkingDir,
		trail: map[string][]string{}, visited: map[string]bool{}, libs: map[*file]bool{}, out: &Inspection{}}
	if !strings.HasPrefix(in.dir, "/") {
		in.dir = "/" + in.dir
	}
	in.path = searchPath(in.env)
	in.machine = t.architecture(ctx, config.Architecture)
	who, failed := t.identify(ctx, config.User)
	in.who = who
	in.commands()
	in.user(failed)
	in.nativeModules()
	in.consoleScripts()
	in.danglingLinks()
	if len(t.skipped) > 0 {
		in.row(rowIndex, false, "not checked: "+sample(t.skipped))
	}
	return in.out
}

// commands follows what the image starts and what its health check starts.
func (in *inspector) commands() {
	argv := append(append([]string{}, in.config.Entrypoint...), in.config.Cmd...)
	if len(argv) > 0 {
		in.run(run{argv: argv, dir: in.dir, row: rowStart, by: "the image", certain: true, who: in.who})
		in.row(rowStart, true, in.trailOf(rowStart))
	}
	health := in.config.Healthcheck
	switch {
	case len(health) > 1 && health[0] == "CMD":
		argv = health[1:]
	case len(health) > 1 && health[0] == "CMD-SHELL":
		argv = in.config.Shell
		if len(argv) == 0 {
			argv = []string{"/bin/sh", "-c"}
		}
		argv = append(append([]string{}, argv...), health[1])
	default:
		argv = nil
	}
	if len(argv) > 0 {
		in.run(run{argv: argv, dir: in.dir, row: rowHealth, by: "the health check", certain: true, who: in.who, health: true})
		in.row(rowHealth, true, in.trailOf(rowHealth))
	}
	if len(in.libs) > 0 {
		in.row(rowLibraries, true, count(len(in.libs), "object"))
	}
}

// user checks that the user is there and gets to the working directory.
func (in *inspector) user(failed *proof.Failure) {
	if failed != nil {
		in.problem(rowUser, true, *failed)
	}
	in.row(rowUser, true, userName(in.config.User))
	if bar := in.tree.barred(in.who, absolute(in.dir, ".")); bar != nil && failed == nil {
		in.problem(rowAccess, false, failure(proof.NoPermission, in.dir, "the user %s may not enter %s, the working directory", userName(in.config.User), in.dir))
	}
	if in.who.known && len(in.trail[rowStart]) > 0 {
		in.row(rowAccess, true, "")
	}
}

// row adds a line to the checklist; of two of a name the first counts.
func (in *inspector) row(name string, passed bool, detail string) {
	for _, r := range in.out.rows {
		if r.name == name {
			return
		}
	}
	in.out.rows = append(in.out.rows, row{name, clip(detail, 300), passed})
}

func (in *inspector) problem(name string, certain bool, f proof.Failure) {
	if len(in.out.Problems) >= maxVisited {
		return
	}
	in.out.Problems = append(in.out.Problems, Problem{Failure: f, Certain: certain, row: name})
}

func (in *inspector) step(row, text string) {
	text = clip(text, 120)
	if trail := in.trail[row]; len(trail) < 6 && !slices.Contains(trail, text) {
		in.trail[row] = append(trail, text)
	}
}

func (in *inspector) trailOf(row string) string { return strings.Join(in.trail[row], " → ") }

// environment is the image's Env; as for a process the last of a name counts.
func environment(env []string) map[string]string {
	out := make(map[string]string, len(env))
	for _, e := range env {
		if k, v, ok := strings.Cut(e, "="); ok {
			out[k] = v
		}
	}
	return out
}

// defaultPath is what Docker and BuildKit give an image without one.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const maxPath = 64 // folders of PATH

func searchPath(env map[string]string) []string {
	value, ok := env["PATH"]
	if !ok {
		value = defaultPath
	}
	list := strings.Split(value, ":")
	return list[:min(len(list), maxPath)]
}

// architecture is the machine that the image is for: as it says, else that of its own
// shell.
func (t *Tree) architecture(ctx context.Context, goarch string) elf.Machine {
	switch goarch {
	case "amd64":
		return elf.EM_X86_64
	case "arm64":
		return elf.EM_AARCH64
	case "386":
		return elf.EM_386
	case "arm":
		return elf.EM_ARM
	}
	for _, name := range []string{"/bin/sh", "/bin/busybox", "/bin/bash"} {
		if f, s := t.resolve(name); s == present {
			if o := t.object(ctx, f); o != nil {
				return o.machine
			}
		}
	}
	return elf.EM_NONE
}
