package rust

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// findStart resolves the image's start command, and those of the services that
// are built from the file.
func (d *design) findStart() *plan.Refusal {
	d.Start = compiled.ReadStart(d.In)
	d.Services = compiled.ReadServices(d.In, &d.Needs)
	if refusal := d.developmentOnly(); refusal != nil {
		return refusal
	}
	if refusal := toolchain.InPipeline(d.In.Project); refusal != nil {
		return refusal
	}
	if d.Start.Inherited && len(d.ServiceCommands()) == 0 && len(rustFiles(d.Tree)) == 0 && !d.Clones {
		return compiled.RefuseAt(plan.BaseImage, plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}, "it brings tools and no program of its own", "")
	}
	if d.Start.Inherited && len(d.ServiceCommands()) == 0 {
		return d.unstarted()
	}
	for _, c := range d.Start.Commands {
		if refusal := d.resolveStart(c, 0, true); refusal != nil {
			return refusal
		}
	}
	for _, c := range d.ServiceCommands() {
		if refusal := d.resolveStart(c, 0, false); refusal != nil {
			return refusal
		}
	}
	return nil
}

// resolveStart finds out what one start command leads to: a program that was built, a
// script of the repository, cargo run, or a command of the system. own is the
// image's own start command.
func (d *design) resolveStart(c compiled.StartCommand, depth int, own bool) *plan.Refusal {
	words := c.Unwrapped("cargo", func(w string) bool { _, ok := d.find(w, c.Dir); return ok })
	if len(c.Words) > 0 && len(words) < len(c.Words) {
		d.uses(c.Words[0], c)
	}
	if len(words) == 0 {
		return nil
	}
	name := path.Base(words[0])
	switch {
	case name == "cargo":
		return d.cargoStart(c, words[1:], own && depth == 0)
	case reloaders[name]:
		return compiled.RefuseAt(d.ReloadCode(), c.At, fmt.Sprintf("it starts %s, which compiles the sources while the container runs", name), "")
	case cargoTools[name]:
		return compiled.RefuseAt(plan.ToolchainProduct, c.At, fmt.Sprintf("it starts %s, a tool of the Rust tool chain", name), "")
	case name == "make":
		return compiled.RefuseAt(plan.NeedsBuildTool, c.At, "it starts make", "start the program that was built instead")
	}
	found, ok := d.find(words[0], c.Dir)
	switch {
	case ok && d.isProgram(found):
		d.Used[found] = true
	case ok:
		if refusal := d.startFile(found, c, words, depth, own); refusal != nil {
			return refusal
		}
	case compiled.Shells[name] && len(words) > 1 && !strings.HasPrefix(words[1], "-"):
		if file, ok := d.find("./"+strings.TrimPrefix(words[1], "./"), c.Dir); ok && !path.IsAbs(words[1]) {
			return d.startFile(file, c, words, depth, own)
		} else if file, ok := d.find(words[1], c.Dir); ok {
			return d.startFile(file, c, words, depth, own)
		}
		return compiled.RefuseAt(plan.StartUnknown, c.At, fmt.Sprintf("it starts %s, which is not in the image", words[1]), "")
	case strings.ContainsAny(words[0], " \t") && own && depth == 0:
		return compiled.RefuseAt(plan.BrokenOriginal, c.At, fmt.Sprintf("%q is one word, which the runtime takes for the name of a program: it cannot start", words[0]), "split the words: [\"./app\", \"serve\"]")
	case strings.Contains(words[0], "/") && !strings.HasPrefix(path.Clean(words[0]), "/bin/") && !strings.HasPrefix(words[0], "/usr/") && !strings.Contains(words[0], "$") && depth == 0:
		return compiled.RefuseAt(plan.StartUnknown, c.At, fmt.Sprintf("it starts %s, which no step makes", words[0]), "let the start command name a program that the build writes")
	case !strings.Contains(words[0], "$") && depth == 0 && own && !compiled.SystemCommands[name] && !d.NeedsPackage(name):
		return compiled.RefuseAt(plan.StartUnknown, c.At, fmt.Sprintf("it starts %s, which no step makes", words[0]), "let the start command name a program that the build writes")
	default:
		d.Needs.Command(name, c.At)
	}
	return nil
}

// uses notes a wrapper in front of the program.
func (d *design) uses(word string, c compiled.StartCommand) {
	if found, ok := d.find(word, c.Dir); ok {
		d.Used[found] = true
		if !d.isProgram(found) {
			d.scriptNeeds(found, c, 1)
		}
		return
	}
	d.Needs.Command(path.Base(word), c.At)
}

// startFile is a file of the context that is started: a script, or a program that
// was committed.
func (d *design) startFile(file string, c compiled.StartCommand, words []string, depth int, own bool) *plan.Refusal {
	d.Used[file] = true
	if refusal := d.scriptNeeds(file, c, depth); refusal != nil {
		return refusal
	}
	for i := 1; i < len(words) && depth == 0; i++ { // exec "$@"
		if f, ok := d.find(words[i], c.Dir); ok && f != file {
			d.Used[f] = true
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
func (d *design) scriptNeeds(file string, c compiled.StartCommand, depth int) *plan.Refusal {
	data, ok := d.Tree.Read(file)
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
	if len(c.Words) > 0 && compiled.Shells[path.Base(c.Words[0])] {
		interpreter = path.Base(c.Words[0])
	}
	at := plan.Evidence{Path: d.Tree.Files[file], Line: 1}
	d.Needs.ShellAt(at, "it is a script")
	d.Needs.Command(interpreter, at)
	if !compiled.Shells[interpreter] {
		return nil
	}
	script, err := shell.ParseFile(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if err != nil {
		return compiled.RefuseAt(plan.NeedsBuildTool, at, "the script cannot be read: "+err.Error(), "")
	}
	var s compiled.Start
	s.AddCommands(script.Commands, at, c.Dir)
	for _, inner := range s.Commands {
		if len(inner.Words) > 0 && path.Base(inner.Words[0]) == "cargo" {
			return compiled.RefuseAt(plan.NeedsBuildTool, at, "the script that the image starts runs cargo", "compile in a RUN and start the program in the script")
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
		word = dockerfile.Expand(word, d.In.End.Vars)
	}
	if word == "" || strings.HasPrefix(word, "-") {
		return "", false
	}
	if strings.Contains(word, "/") {
		if !path.IsAbs(word) {
			word = path.Join(dir, word)
		}
		word = path.Clean(word)
		d.Slashed[word] = true
		return word, d.isProgram(word) || d.Tree.IsFile(word)
	}
	for _, bin := range d.searchPath() {
		if p := path.Join(bin, word); d.isProgram(p) || d.Tree.IsFile(p) {
			d.Bare[p] = true
			return p, true
		}
	}
	return "", false
}

func (d *design) searchPath() []string {
	p := d.In.End.Vars["PATH"]
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
