package golang

import (
	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// splitStart takes go commands off the front of a start command such as
// "go build -o app && ./app": they become the builder's last step, and the rest
// starts the program.
func (d *design) splitStart() {
	it, item := d.startItem()
	if it == nil || it.Script == nil || !it.Script.Plain || len(d.In.End.Shell) > 0 || len(d.HotMounts()) > 0 {
		return
	}
	list := it.Script.Commands
	n := len(list) - 1
	if n < 1 || list[n].Unwrapped().Name() == "go" {
		return
	}
	for _, c := range list[:n] {
		words := c.Words()
		if c.Name() != "go" || len(words) < 2 || (words[1] != "build" && words[1] != "mod" && words[1] != "get" && words[1] != "install") {
			return
		}
	}
	argv := literalArgv(list[n].Unwrapped())
	if argv == nil {
		return
	}
	d.Item, d.Dir, d.Vars = item, d.In.End.Workdir, compiled.CopyVars(d.In.End.Vars)
	for _, c := range list[:n] {
		d.command(c, false)
	}
	d.leading = d.In.File.Text(dockerfile.Span{Start: list[0].Start, End: list[n-1].End})
	d.Start.Argv, d.Start.Shell, d.Start.Convert = argv, false, true
	d.Start.Commands = []compiled.StartCommand{{Words: argv, At: d.In.Evidence(*it, ""), Dir: d.In.End.Workdir}}
}

// literalArgv is a command of literal words, nil for any other.
func literalArgv(c shell.Command) []string {
	if len(c.Assigns) > 0 || len(c.Redirects) > 0 {
		return nil
	}
	for _, w := range c.Args {
		if !w.Literal {
			return nil
		}
	}
	return c.Words()
}

// startItem is the instruction that names the program.
func (d *design) startItem() (*plan.Item, int) {
	want := d.Start.Entry
	if want == nil {
		want = d.Start.Cmd
	}
	for i := range d.In.Items {
		if &d.In.Items[i] == want {
			return want, i
		}
	}
	return nil, 0
}

// late reports a compilation that has no step of the author's: the builder needs
// the working directory of the start command.
func (d *design) late() bool { return d.invented != nil || d.leading != "" }
