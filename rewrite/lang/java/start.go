package java

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// start is what the image starts, and what that needs.
type start struct {
	at       plan.Evidence
	java     []launch
	tools    []toolUse // build tools that it runs
	scripts  []string  // files of the repository in the image that it runs
	programs []string  // commands of the system that it runs
	paths    []string  // every other word that may be a path in the image
	homes    bool      // names a folder of the JDK by its path
	unknown  string    // a command that is nothing of these
}

// toolUse is a build tool in a start command.
type toolUse struct {
	name  string
	words []string
	at    plan.Evidence
}

// word is a word of a start command, variables put in where they are known.
type word struct {
	text string
	glob bool // a shell expands the pattern
	open bool // holds something that is not known
}

const maxScriptDepth = 3

// findStart reads ENTRYPOINT and CMD, and what compose says instead.
func (d *designer) findStart() *plan.Refusal {
	s := &d.start
	var entry, cmd *plan.Item
	for i := range d.in.Items {
		switch d.in.Items[i].Keyword {
		case "ENTRYPOINT":
			entry, cmd = &d.in.Items[i], nil // it resets the base's CMD; a CMD above it stays
			for j := range d.in.Items[:i] {
				if d.in.Items[j].Keyword == "CMD" {
					cmd = &d.in.Items[j]
				}
			}
		case "CMD":
			cmd = &d.in.Items[i]
		}
	}
	main := entry
	if main == nil || main.JSON && len(main.Argv) == 0 {
		main = cmd
	}
	services := d.in.Project.Services()
	for _, svc := range services {
		if line := strings.TrimSpace(svc.Entrypoint + " " + svc.Command); line != "" {
			d.readScript(line, plan.Evidence{Path: svc.File, Line: svc.Line}, 0)
		}
	}
	if main == nil {
		if len(s.java)+len(s.tools)+len(s.scripts) > 0 {
			return nil
		}
		if d.in.Base.Name == "maven" || d.in.Base.Name == "gradle" {
			return &plan.Refusal{Code: plan.ToolchainProduct, Evidence: d.atBase("there is no CMD, so the image starts the build tool of its base")}
		}
		return &plan.Refusal{Code: plan.StartUnknown, Evidence: d.atBase("there is no CMD and no ENTRYPOINT, and no compose service says how it is started"), Remedy: "add a CMD"}
	}
	s.at = d.in.Evidence(*main, "")
	d.readItem(*main, entry, cmd)
	if s.unknown != "" && len(s.java) == 0 {
		if d.last < 0 && len(s.tools) == 0 {
			return d.nothingBuilt()
		}
		return &plan.Refusal{Code: plan.StartUnknown, Evidence: with(s.at, "it starts "+s.unknown+", of which nothing is known"), Remedy: "start the program with java"}
	}
	return nil
}

// readItem reads the start command: ENTRYPOINT with CMD behind it, where both are in
// exec form.
func (d *designer) readItem(main plan.Item, entry, cmd *plan.Item) {
	if main.Script != nil {
		d.readCommands(main.Script.Commands, d.start.at, 0)
		return
	}
	argv := slices.Clone(main.Argv)
	if entry != nil && cmd != nil && main.Span == entry.Span && cmd.JSON {
		argv = append(argv, cmd.Argv...)
	} else if entry != nil && cmd != nil && main.Span == entry.Span && cmd.Script != nil {
		defer d.readCommands(cmd.Script.Commands, d.start.at, 0)
	}
	if script, ok := shell.Unwrap(argv); ok {
		d.readScript(script, d.start.at, 0)
		return
	}
	var c shell.Command
	for _, a := range argv {
		c.Args = append(c.Args, shell.Word{Text: a, Literal: true})
	}
	d.readCommands([]shell.Command{c}, d.start.at, 0)
}

func (d *designer) readScript(text string, at plan.Evidence, depth int) {
	script, err := shell.Parse(text, 0)
	if err != nil {
		d.start.unknown = "a script that cannot be read"
		return
	}
	d.readCommands(script.Commands, at, depth)
}

// readFile reads a script of the repository that the start runs.
func (d *designer) readFile(target string, depth int) {
	if slices.Contains(d.start.scripts, target) {
		return
	}
	d.start.scripts = append(d.start.scripts, target)
	name := d.in.Project.Join(d.tree.Files[target].Source)
	data, err := d.in.Project.Read(name)
	if err != nil || depth >= maxScriptDepth || len(data) > shell.MaxSize {
		d.start.unknown = name
		return
	}
	if strings.HasPrefix(string(data), "#!") && strings.Contains(strings.SplitN(string(data), "\n", 2)[0], "bash") {
		d.start.programs = append(d.start.programs, "bash")
	}
	script, err := shell.ParseFile(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if err != nil {
		d.start.unknown = name
		return
	}
	d.readCommands(script.Commands, plan.Evidence{Path: name}, depth+1)
}

var reKnownVar = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// words puts in the variables that ENV sets.
func (d *designer) words(c shell.Command) []word {
	out := make([]word, len(c.Args))
	env := d.envVars()
	for i, w := range c.Args {
		text := w.Text
		if !w.Literal {
			text = strings.Trim(text, `"`)
		}
		out[i] = word{text: text, glob: w.Glob, open: !w.Literal && !w.Glob}
		known := !w.Literal
		for _, v := range w.Vars {
			if _, ok := env[v]; !ok {
				known = false
			}
		}
		if known && len(w.Vars) > 0 && !strings.ContainsAny(text, "`(") {
			text = dockerfile.Expand(reKnownVar.ReplaceAllString(text, "$${$1}"), env)
			text = strings.ReplaceAll(text, "}}", "}")
			out[i] = word{text: text, glob: strings.ContainsAny(text, "*?"), open: strings.ContainsAny(text, "${}")}
		}
	}
	return out
}

// envVars are the ENVs that the author set; ARGs are not there at run time.
func (d *designer) envVars() map[string]string {
	vars := map[string]string{}
	for _, it := range d.in.Items {
		if it.Keyword != "ENV" {
			continue
		}
		for _, p := range it.Pairs {
			vars[p.Key] = d.in.End.Vars[p.Key]
		}
	}
	return vars
}

// abs is a path of the start command in the image.
func (d *designer) abs(p string) string {
	if !path.IsAbs(p) {
		p = path.Join(d.in.End.Workdir, p)
	}
	return path.Clean(p)
}
