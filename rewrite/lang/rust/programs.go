package rust

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// findStart resolves the image's start command, and those of the services that
// are built from the file.
func (d *design) findStart() *plan.Refusal {
	d.start = readStart(d.in)
	d.readServices()
	if refusal := d.developmentOnly(); refusal != nil {
		return refusal
	}
	if refusal := d.toolInPipeline(); refusal != nil {
		return refusal
	}
	if d.start.inherited && len(d.serviceCommands()) == 0 && len(rustFiles(d.tree)) == 0 && !d.clones {
		return refuseAt(plan.BaseImage, plan.Evidence{Line: d.in.File.Line(d.in.Stage.From)}, "it brings tools and no program of its own", "")
	}
	if d.start.inherited && len(d.serviceCommands()) == 0 {
		return &plan.Refusal{Code: plan.StartUnknown,
			Evidence: plan.Evidence{Line: d.in.File.Line(d.in.Stage.From), Text: "the file has no CMD and no ENTRYPOINT, and nothing else says how the image is started"},
			Remedy:   "add a CMD that runs the program"}
	}
	for _, c := range d.start.commands {
		if refusal := d.resolveStart(c, 0, true); refusal != nil {
			return refusal
		}
	}
	for _, c := range d.serviceCommands() {
		if refusal := d.resolveStart(c, 0, false); refusal != nil {
			return refusal
		}
	}
	return nil
}

// resolveStart finds out what one start command leads to: a program that was built, a
// script of the repository, cargo run, or a command of the system. own is the
// image's own start command.
func (d *design) resolveStart(c startCommand, depth int, own bool) *plan.Refusal {
	words := c.unwrapped(func(w string) bool { _, ok := d.find(w, c.dir); return ok })
	if len(c.words) > 0 && len(words) < len(c.words) {
		d.uses(c.words[0], c)
	}
	if len(words) == 0 {
		return nil
	}
	name := path.Base(words[0])
	switch {
	case name == "cargo":
		return d.cargoStart(c, words[1:], own && depth == 0)
	case reloaders[name]:
		return refuseAt(d.reloadCode(), c.at, fmt.Sprintf("it starts %s, which compiles the sources while the container runs", name), "")
	case cargoTools[name]:
		return refuseAt(plan.ToolchainProduct, c.at, fmt.Sprintf("it starts %s, a tool of the Rust tool chain", name), "")
	case name == "make":
		return refuseAt(plan.NeedsBuildTool, c.at, "it starts make", "start the program that was built instead")
	}
	found, ok := d.find(words[0], c.dir)
	switch {
	case ok && d.isProgram(found):
		d.used[found] = true
	case ok:
		if refusal := d.startFile(found, c, words, depth, own); refusal != nil {
			return refusal
		}
	case shells[name] && len(words) > 1 && !strings.HasPrefix(words[1], "-"):
		if file, ok := d.find("./"+strings.TrimPrefix(words[1], "./"), c.dir); ok && !path.IsAbs(words[1]) {
			return d.startFile(file, c, words, depth, own)
		} else if file, ok := d.find(words[1], c.dir); ok {
			return d.startFile(file, c, words, depth, own)
		}
		return refuseAt(plan.StartUnknown, c.at, fmt.Sprintf("it starts %s, which is not in the image", words[1]), "")
	case strings.Contains(words[0], "/") && !strings.HasPrefix(path.Clean(words[0]), "/bin/") && !strings.HasPrefix(words[0], "/usr/") && !strings.Contains(words[0], "$") && depth == 0:
		return refuseAt(plan.StartUnknown, c.at, fmt.Sprintf("it starts %s, which no step makes", words[0]), "let the start command name a program that the build writes")
	case strings.ContainsAny(words[0], " \t") && own:
		return refuseAt(plan.StartUnknown, c.at, fmt.Sprintf("%q is taken for the name of one program", words[0]), "split the words: [\"./app\", \"serve\"]")
	case !strings.Contains(words[0], "$") && depth == 0 && own && !systemCommands[name] && !d.needsPackage(name):
		return refuseAt(plan.StartUnknown, c.at, fmt.Sprintf("it starts %s, which no step makes", words[0]), "let the start command name a program that the build writes")
	default:
		d.needs.command(name, c.at)
	}
	return nil
}

// uses notes a wrapper in front of the program.
func (d *design) uses(word string, c startCommand) {
	if found, ok := d.find(word, c.dir); ok {
		d.used[found] = true
		if !d.isProgram(found) {
			d.scriptNeeds(found, c, 1)
		}
		return
	}
	d.needs.command(path.Base(word), c.at)
}

// reloadCode tells a container for development from a program that always
// compiles itself.
func (d *design) reloadCode() plan.Code {
	for _, s := range d.services {
		if len(s.binds) > 0 {
			return plan.DevContainer
		}
	}
	return plan.CompilesAtRuntime
}

// startFile is a file of the context that is started: a script, or a program that
// was committed.
func (d *design) startFile(file string, c startCommand, words []string, depth int, own bool) *plan.Refusal {
	d.used[file] = true
	if refusal := d.scriptNeeds(file, c, depth); refusal != nil {
		return refusal
	}
	for i := 1; i < len(words) && depth == 0; i++ { // exec "$@"
		if f, ok := d.find(words[i], c.dir); ok && f != file {
			d.used[f] = true
			if !d.isProgram(f) {
				if refusal := d.scriptNeeds(f, c, depth+1); refusal != nil {
					return refusal
				}
			}
		}
	}
	return nil
}

// scriptNeeds reads a shell script that runs in the image: what it starts must be
// there.
func (d *design) scriptNeeds(file string, c startCommand, depth int) *plan.Refusal {
	data, ok := d.tree.Read(file)
	if !ok || depth > 4 || len(data) > 1<<20 || strings.HasPrefix(string(data), "\x7fELF") {
		return nil
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if !strings.HasSuffix(file, "sh") && !strings.HasPrefix(line, "#!") {
		return nil
	}
	interpreter := "sh"
	if strings.HasPrefix(line, "#!") {
		fields := strings.Fields(strings.TrimPrefix(line, "#!"))
		if len(fields) > 1 && path.Base(fields[0]) == "env" {
			fields = fields[1:]
		}
		if len(fields) > 0 {
			interpreter = path.Base(fields[0])
		}
	}
	if len(c.words) > 0 && shells[path.Base(c.words[0])] {
		interpreter = path.Base(c.words[0])
	}
	at := plan.Evidence{Path: d.tree.Files[file], Line: 1}
	d.needs.shellAt(at, "it is a script")
	d.needs.command(interpreter, at)
	if !shells[interpreter] {
		return nil
	}
	script, err := shell.ParseFile(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if err != nil {
		return refuseAt(plan.NeedsBuildTool, at, "the script cannot be read: "+err.Error(), "")
	}
	var s start
	s.addCommands(script.Commands, at, c.dir)
	for _, inner := range s.commands {
		if len(inner.words) > 0 && path.Base(inner.words[0]) == "cargo" {
			return refuseAt(plan.NeedsBuildTool, at, "the script that the image starts runs cargo", "compile in a RUN and start the program in the script")
		}
		if refusal := d.resolveStart(inner, depth+1, false); refusal != nil {
			return refusal
		}
	}
	return nil
}

// find resolves a program's name as the container would: by path from the working
// directory, or along PATH.
func (d *design) find(word, dir string) (string, bool) {
	word = dockerfile.Unquote(word)
	if strings.Contains(word, "$") {
		word = dockerfile.Expand(word, d.in.End.Vars)
	}
	if word == "" || strings.HasPrefix(word, "-") {
		return "", false
	}
	if strings.Contains(word, "/") {
		if !path.IsAbs(word) {
			word = path.Join(dir, word)
		}
		word = path.Clean(word)
		d.slashed[word] = true
		return word, d.isProgram(word) || d.tree.IsFile(word)
	}
	for _, bin := range d.searchPath() {
		if p := path.Join(bin, word); d.isProgram(p) || d.tree.IsFile(p) {
			d.bare[p] = true
			return p, true
		}
	}
	return "", false
}

func (d *design) searchPath() []string {
	p := d.in.End.Vars["PATH"]
	if p == "" || !strings.Contains(p, "/bin") {
		p += ":" + d.cargoHome() + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	}
	return strings.Split(p, ":")
}

func (d *design) isProgram(p string) bool {
	if d.ran != nil && d.ran.path == p {
		return true
	}
	_, ok := d.madeAt(p)
	return ok
}
