package java

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// wrappers stand in front of the program and hand over to it.
var wrappers = wordSet("tini dumb-init catchsegv su-exec gosu")

// readCommands looks at every command that a start runs.
func (d *designer) readCommands(list []shell.Command, at plan.Evidence, depth int) {
	for _, c := range list {
		c = c.Unwrapped()
		if c.Name() == "exec" && len(c.Args) > 1 { // "$@"
			c.Args = c.Args[1:]
		}
		for len(c.Args) > 1 && wrappers[c.Name()] {
			d.start.programs = append(d.start.programs, c.Name())
			rest := c.Args[1:]
			for len(rest) > 0 && (strings.HasPrefix(rest[0].Text, "-") || c.Name() == "gosu" || c.Name() == "su-exec") {
				stop := !strings.HasPrefix(rest[0].Text, "-")
				rest = rest[1:]
				if stop {
					break
				}
			}
			c.Args = rest
			c = c.Unwrapped()
		}
		if len(c.Args) > 0 {
			d.readCommand(c, at, depth)
		}
	}
}

// readCommand sorts one command of the start.
func (d *designer) readCommand(c shell.Command, at plan.Evidence, depth int) {
	words, rest := d.words(c), c.Args[1:]
	name := path.Base(words[0].text)
	interpreter := slices.Contains([]string{"sh", "bash", "ash", "dash"}, name)
	if interpreter && len(words) > 1 {
		if d.throughShell(name, words, at, depth) {
			return
		}
		words, rest = words[1:], rest[1:]
		name = path.Base(words[0].text)
	}
	target := d.abs(words[0].text)
	if !interpreter && !strings.Contains(words[0].text, "/") {
		target = d.onPath(words[0].text, target)
	}
	switch {
	case name == "java" && !d.tree.Has(target):
		if strings.HasPrefix(words[0].text, "/") && words[0].text != "/usr/bin/java" {
			d.start.homes = true
		}
		d.start.java = append(d.start.java, d.parseJava(words[1:], at))
	case buildTools[name]:
		var texts []string
		for _, w := range words {
			texts = append(texts, w.text)
		}
		d.start.tools = append(d.start.tools, toolUse{name: name, words: texts, at: at})
	case d.tree.Has(target) && (interpreter || strings.Contains(words[0].text, "/") || depth == 0):
		d.readFile(target, depth)
		d.addPaths(words[1:])
		d.handsOver(rest, at, depth)
	case words[0].open:
		if !strings.HasPrefix(words[0].text, "$@") && !strings.HasPrefix(words[0].text, `"$@`) && words[0].text != "$@" {
			d.start.unknown = words[0].text
		}
	case strings.Contains(words[0].text, "/bin/") && !systemPath(words[0].text) || strings.HasPrefix(words[0].text, "./"):
		d.start.paths = append(d.start.paths, words[0].text)
		if !d.installDist(target) {
			d.start.unknown = words[0].text
		}
	case asks[name]:
	case shell.Classify(c) != shell.UnknownClass && shell.Classify(c) != shell.Fetch:
		d.addPaths(words[1:])
		if pkg, ok := image.CommandPackage(image.Debian, name); ok && pkg != "" {
			d.start.programs = append(d.start.programs, name)
		}
	default:
		d.start.programs = append(d.start.programs, name)
		d.addPaths(words[1:])
		d.handsOver(rest, at, depth)
		if depth == 0 && len(d.start.java) == 0 {
			d.start.unknown = name
		}
	}
}

// throughShell reads the script of sh -c; it reports whether there is one.
func (d *designer) throughShell(name string, words []word, at plan.Evidence, depth int) bool {
	if name == "bash" {
		d.start.programs = append(d.start.programs, "bash")
	}
	var argv []string
	for _, w := range words {
		argv = append(argv, w.text)
	}
	script, ok := shell.Unwrap(argv)
	if ok {
		d.readScript(script, at, depth)
	}
	return ok
}

// asks are commands that name a program and do not start it.
var asks = wordSet("which type command hash pgrep pkill killall pidof whereis")

// handsOver reads the command among the arguments of a script or of another program
// that starts it: "$@" behind the script's own work, what stands behind a --.
func (d *designer) handsOver(args []shell.Word, at plan.Evidence, depth int) {
	for i, w := range args {
		name := path.Base(w.Text)
		script := path.Ext(name) == ".sh" && d.tree.Has(d.abs(w.Text))
		if w.Literal && (name == "java" || buildTools[name] || script) && (script || i+1 < len(args)) {
			d.readCommand(shell.Command{Args: args[i:]}, at, depth)
			return
		}
	}
}

// onPath is the file of the repository that a plain name stands for, by the folders in
// which programs are looked for.
func (d *designer) onPath(name, beside string) string {
	for _, dir := range strings.Split(d.in.End.Vars["PATH"]+":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ":") {
		if p := path.Join(dir, name); path.IsAbs(dir) && d.tree.Has(p) {
			return p
		}
	}
	return beside
}

func systemPath(text string) bool {
	for _, dir := range []string{"/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"} {
		if path.Dir(text)+"/" == dir {
			return true
		}
	}
	return false
}

func (d *designer) addPaths(words []word) {
	for _, w := range words {
		if !w.open {
			d.start.paths = append(d.start.paths, w.text)
		}
	}
}
