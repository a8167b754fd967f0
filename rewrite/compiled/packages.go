package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// Install is a command line for packages; flags are those of apt-get install.
func (d *Design) Install(names []string, flags string) string {
	switch d.In.Base.Family {
	case image.Alpine:
		return "apk add --no-cache " + strings.Join(names, " ")
	case image.Debian, image.Ubuntu:
		return "apt-get update \\\n && apt-get install -y" + flags + " " + strings.Join(names, " ") + " \\\n && rm -rf /var/lib/apt/lists/*"
	}
	return ""
}

// Installs reports an item that installs something for the running image.
func (d *Design) Installs(item int) bool {
	for _, p := range d.Packages {
		if p.Item == item && p.Run {
			return true
		}
	}
	return false
}

// firstInstall is the first item that installs something for the running image and
// to which more may be added, -1 for none: not one that takes its packages from a
// place of its own.
func (d *Design) firstInstall() int {
	for _, p := range d.Packages {
		if p.Run && !d.fromElsewhere(p.Cmd) {
			return p.Item
		}
	}
	return -1
}

// fromElsewhere reports an installation with a repository or release of its own.
func (d *Design) fromElsewhere(n int) bool {
	for _, w := range d.Commands[n].Args {
		if strings.Contains(w.Text, "repository") || w.Text == "-X" || w.Text == "-t" || w.Text == "-o" || strings.HasSuffix(w.Text, ".deb") {
			return true
		}
	}
	return false
}

// PackageStep installs what the slim image lacks, where no step of the author's
// installs anything that it could be added to.
func (d *Design) PackageStep() (plan.Step, bool) {
	if !d.Runtime.Shell || len(d.Runtime.Packages) == 0 || d.firstInstall() >= 0 {
		return nil, false
	}
	text := d.Install(d.Runtime.Packages, " --no-install-recommends")
	return plan.New{Text: d.In.Keyword("RUN ") + text, Evidence: plan.Evidence{Text: "the slim image has none of them, and the original image had"}}, text != ""
}

// KeptCommands are the commands of an item that the running image needs, by their
// index in recipe.commands.
func (d *Design) KeptCommands(item int) map[int]bool {
	kept := map[int]bool{}
	installs := d.Installs(item)
	for n, c := range d.Commands {
		if c.Item != item || !c.Top || c.Nested {
			continue
		}
		switch c.Kind {
		case System:
			kept[n] = d.commandInstalls(n)
		case Update:
			_, removed := shell.Removed(c.Command)
			kept[n] = installs && len(removed) == 0
		case Account:
			kept[n] = true
		}
		if !kept[n] {
			delete(kept, n)
		}
	}
	return kept
}

// commandInstalls reports a command that installs something for the running image.
func (d *Design) commandInstalls(n int) bool {
	for _, p := range d.Packages {
		if p.Cmd == n && p.Run {
			return true
		}
	}
	return false
}

// Rewritten writes the kept commands anew, for scripts that cannot be cut apart.
func (d *Design) Rewritten(item int, kept map[int]bool) plan.Step {
	var parts []string
	var names []string
	for n, c := range d.Commands {
		if !kept[n] {
			continue
		}
		switch c.Kind {
		case Account:
			parts = append(parts, strings.Join(c.Words(), " "))
		case System:
			for _, p := range d.Packages {
				if p.Cmd == n && p.Run {
					names = append(names, p.Word.Text)
				}
			}
		}
	}
	if item == d.firstInstall() {
		names = append(names, d.Runtime.Packages...)
	}
	if len(names) > 0 {
		flags := ""
		if strings.Contains(d.In.File.Text(d.In.Items[item].Span), "--no-install-recommends") {
			flags = " --no-install-recommends"
		}
		parts = append([]string{d.Install(names, flags)}, parts...)
	}
	return plan.New{Text: d.In.Keyword("RUN ") + strings.Join(parts, " \\\n && "), Evidence: d.In.Evidence(d.In.Items[item], "the packages and users of the running image")}
}

// CutRun cuts the commands and packages of the build out of a RUN.
func (d *Design) CutRun(it plan.Item, item int, kept map[int]bool) plan.Step {
	var edits []plan.Edit
	added := item != d.firstInstall() || len(d.Runtime.Packages) == 0
	list := it.Script.Commands
	first := d.firstCommand(item)
	var outer []int // the commands of the list; those of substitutions are part of theirs
	lastKept := -1
	for k, c := range list {
		if c.Nested {
			continue
		}
		if kept[first+k] {
			lastKept = len(outer)
		}
		outer = append(outer, k)
	}
	end := 0 // of the last kept command
	for i, k := range outer {
		c := list[k]
		switch {
		case !kept[first+k] && i < lastKept:
			edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: c.Start, End: list[outer[i+1]].Start}})
		case !kept[first+k]:
			edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: end, End: c.End}})
			end = c.End
		default:
			edits = append(edits, d.cutPackages(first+k, &added)...)
			end = c.End
		}
	}
	if len(edits) == 0 {
		return it.Keep()
	}
	SortEdits(edits)
	return plan.Cut{Span: it.Span, Edits: Joined(edits), Evidence: d.In.Evidence(it, "the rest serves the build")}
}

// firstCommand is the index of an item's first command in recipe.commands.
func (d *Design) firstCommand(item int) int {
	for n, c := range d.Commands {
		if c.Item == item {
			return n
		}
	}
	return 0
}

// cutPackages takes the build's packages out of one command, and adds ours to the
// first.
func (d *Design) cutPackages(n int, added *bool) []plan.Edit {
	var edits []plan.Edit
	var last *shell.Word
	for i := range d.Packages {
		p := &d.Packages[i]
		if p.Cmd != n {
			continue
		}
		if p.Run {
			last = &p.Word
			continue
		}
		edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: d.wordBefore(n, p.Word.Start), End: p.Word.End}})
	}
	if last != nil && !*added && !d.fromElsewhere(n) {
		*added = true
		gap := d.In.File.Text(dockerfile.Span{Start: d.wordBefore(n, last.Start), End: last.Start})
		if strings.Trim(gap, " \\\t\r\n") != "" || gap == "" {
			gap = " "
		}
		edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: last.End, End: last.End}, Text: gap + strings.Join(d.Runtime.Packages, gap)})
	}
	return edits
}

// wordBefore is the end of the word before one.
func (d *Design) wordBefore(n, start int) int {
	end := start
	for _, w := range d.Commands[n].Args {
		if w.End <= start {
			end = w.End
		}
	}
	return end
}

// OwnerOf is whom a path was given to, where the program does not run as root.
func (d *Design) OwnerOf(p string) string {
	if !d.ByUser() {
		return ""
	}
	best, owner := -1, ""
	for _, dir := range SortedKeys(d.Chowned) {
		if inside.Below(p, dir) && len(dir) > best {
			best, owner = len(dir), d.Chowned[dir]
		}
	}
	return owner
}

// OwnerSteps give the working directory to its user, and folders their modes, as
// the original did.
func (d *Design) OwnerSteps() []plan.Step {
	var steps []plan.Step
	if !d.Runtime.Shell || !d.ByUser() {
		return nil
	}
	if owner, ok := d.GivenWorkdir(); ok && path.Clean(d.In.End.Workdir) != "/" {
		steps = append(steps, plan.New{Text: d.In.Keyword("RUN ") + "chown " + owner + " " + d.In.End.Workdir})
	}
	for _, dir := range SortedKeys(d.Modes) {
		if dir == d.In.End.Workdir || d.Carried(dir) {
			steps = append(steps, plan.New{Text: d.In.Keyword("RUN ") + "chmod " + d.Modes[dir] + " " + dir})
		}
	}
	return steps
}

// Carried reports a folder that is taken over as a whole.
func (d *Design) Carried(dir string) bool {
	for _, e := range d.Data {
		if e.Folder && inside.Below(dir, e.Path) {
			return true
		}
	}
	return false
}
