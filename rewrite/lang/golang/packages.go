package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// installs reports an item that installs something for the running image.
func (d *design) installs(item int) bool {
	for _, p := range d.packages {
		if p.item == item && p.run {
			return true
		}
	}
	return false
}

// firstInstall is the first item that installs something for the running image and
// to which more may be added, -1 for none: not one that takes its packages from a
// place of its own.
func (d *design) firstInstall() int {
	for _, p := range d.packages {
		if p.run && !d.fromElsewhere(p.cmd) {
			return p.item
		}
	}
	return -1
}

// fromElsewhere reports an installation with a repository or release of its own.
func (d *design) fromElsewhere(n int) bool {
	for _, w := range d.commands[n].Args {
		if strings.Contains(w.Text, "repository") || w.Text == "-X" || w.Text == "-t" || w.Text == "-o" || strings.HasSuffix(w.Text, ".deb") {
			return true
		}
	}
	return false
}

// packageStep installs what the slim image lacks, where no step of the author's
// installs anything that it could be added to.
func (d *design) packageStep() (plan.Step, bool) {
	if !d.runtime.shell || len(d.runtime.packages) == 0 || d.firstInstall() >= 0 {
		return nil, false
	}
	text := d.install(d.runtime.packages, " --no-install-recommends")
	return plan.New{Text: d.in.Keyword("RUN ") + text, Evidence: plan.Evidence{Text: "the slim image has none of them, and the original image had"}}, text != ""
}

// install is a command line for packages; flags are those of apt-get install.
func (d *design) install(names []string, flags string) string {
	switch d.in.Base.Family {
	case image.Alpine:
		return "apk add --no-cache " + strings.Join(names, " ")
	case image.Debian, image.Ubuntu:
		return "apt-get update \\\n && apt-get install -y" + flags + " " + strings.Join(names, " ") + " \\\n && rm -rf /var/lib/apt/lists/*"
	}
	return ""
}

// runtimeRun is the part of a RUN that the running image needs: its run-side
// packages and its users.
func (d *design) runtimeRun(i int) plan.Step {
	it := d.in.Items[i]
	if !d.runtime.shell {
		return nil
	}
	if d.only(i, update) && d.updatesFor(i, false) {
		return it.Keep()
	}
	kept := d.keptCommands(i)
	if len(kept) == 0 {
		return nil
	}
	if it.Script == nil || !it.Script.Plain || len(it.Heredocs) > 0 {
		return d.rewritten(i, kept)
	}
	return d.cutRun(it, i, kept)
}

// keptCommands are the commands of an item that the running image needs, by their
// index in recipe.commands.
func (d *design) keptCommands(item int) map[int]bool {
	kept := map[int]bool{}
	installs := d.installs(item)
	for n, c := range d.commands {
		if c.item != item || !c.top || c.Nested {
			continue
		}
		switch c.kind {
		case system:
			kept[n] = d.commandInstalls(n)
		case update:
			_, removed := shell.Removed(c.Command)
			kept[n] = installs && len(removed) == 0
		case account:
			kept[n] = true
		}
		if !kept[n] {
			delete(kept, n)
		}
	}
	return kept
}

func (d *design) commandInstalls(n int) bool {
	for _, p := range d.packages {
		if p.cmd == n && p.run {
			return true
		}
	}
	return false
}

// rewritten writes the kept commands anew, for scripts that cannot be cut apart.
func (d *design) rewritten(item int, kept map[int]bool) plan.Step {
	var parts []string
	var names []string
	for n, c := range d.commands {
		if !kept[n] {
			continue
		}
		switch c.kind {
		case account:
			parts = append(parts, strings.Join(c.Words(), " "))
		case system:
			for _, p := range d.packages {
				if p.cmd == n && p.run {
					names = append(names, p.word.Text)
				}
			}
		}
	}
	if item == d.firstInstall() {
		names = append(names, d.runtime.packages...)
	}
	if len(names) > 0 {
		flags := ""
		if strings.Contains(d.in.File.Text(d.in.Items[item].Span), "--no-install-recommends") {
			flags = " --no-install-recommends"
		}
		parts = append([]string{d.install(names, flags)}, parts...)
	}
	return plan.New{Text: d.in.Keyword("RUN ") + strings.Join(parts, " \\\n && "), Evidence: d.in.Evidence(d.in.Items[item], "the packages and users of the running image")}
}

// cutRun cuts the commands and packages of the build out of a RUN.
func (d *design) cutRun(it plan.Item, item int, kept map[int]bool) plan.Step {
	var edits []plan.Edit
	added := item != d.firstInstall() || len(d.runtime.packages) == 0
	list := it.Script.Commands
	at := d.firstCommand(item)
	lastKept := -1
	for k := range list {
		if kept[at+k] {
			lastKept = k
		}
	}
	end := 0 // of the last kept command
	for k, c := range list {
		switch {
		case !kept[at+k] && k < lastKept:
			edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: c.Start, End: list[k+1].Start}})
		case !kept[at+k]:
			edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: end, End: c.End}})
			end = c.End
		default:
			edits = append(edits, d.cutPackages(at+k, &added)...)
			end = c.End
		}
	}
	if len(edits) == 0 {
		return it.Keep()
	}
	sortEdits(edits)
	return plan.Cut{Span: it.Span, Edits: joined(edits), Evidence: d.in.Evidence(it, "the rest serves the build")}
}

// firstCommand is the index of an item's first command in recipe.commands.
func (d *design) firstCommand(item int) int {
	for n, c := range d.commands {
		if c.item == item {
			return n
		}
	}
	return 0
}

// cutPackages takes the build's packages out of one command, and adds ours to the
// first.
func (d *design) cutPackages(n int, added *bool) []plan.Edit {
	var edits []plan.Edit
	var last *shell.Word
	for i := range d.packages {
		p := &d.packages[i]
		if p.cmd != n {
			continue
		}
		if p.run {
			last = &p.word
			continue
		}
		edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: d.wordBefore(n, p.word.Start), End: p.word.End}})
	}
	if last != nil && !*added && !d.fromElsewhere(n) {
		*added = true
		gap := d.in.File.Text(dockerfile.Span{Start: d.wordBefore(n, last.Start), End: last.Start})
		if strings.Trim(gap, " \\\t\r\n") != "" || gap == "" {
			gap = " "
		}
		edits = append(edits, plan.Edit{Span: dockerfile.Span{Start: last.End, End: last.End}, Text: gap + strings.Join(d.runtime.packages, gap)})
	}
	return edits
}

// wordBefore is the end of the word before one.
func (d *design) wordBefore(n, start int) int {
	end := start
	for _, w := range d.commands[n].Args {
		if w.End <= start {
			end = w.End
		}
	}
	return end
}

// droppedRun names the RUNs that no stage has any more.
func (d *design) droppedRun(i int) *plan.Dropped {
	it := d.in.Items[i]
	if it.Keyword != "RUN" || d.inBuilder(i) || d.runtimeRun(i) != nil || d.only(i, test) {
		return nil
	}
	drop := d.in.Drop(it, "the new base image has it already")
	return &drop
}

// ownerOf is whom a path was given to, where the program does not run as root.
func (d *design) ownerOf(p string) string {
	if !d.byUser() {
		return ""
	}
	best, owner := -1, ""
	for _, dir := range sortedKeys(d.chowned) {
		if inside.Below(p, dir) && len(dir) > best {
			best, owner = len(dir), d.chowned[dir]
		}
	}
	return owner
}

// ownerSteps give the working directory to its user, and folders their modes, as
// the original did.
func (d *design) ownerSteps() []plan.Step {
	var steps []plan.Step
	if !d.runtime.shell || !d.byUser() {
		return nil
	}
	if owner, ok := d.givenWorkdir(); ok && path.Clean(d.in.End.Workdir) != "/" {
		steps = append(steps, plan.New{Text: d.in.Keyword("RUN ") + "chown " + owner + " " + d.in.End.Workdir})
	}
	for _, dir := range sortedKeys(d.modes) {
		if dir == d.in.End.Workdir || d.carried(dir) {
			steps = append(steps, plan.New{Text: d.in.Keyword("RUN ") + "chmod " + d.modes[dir] + " " + dir})
		}
	}
	return steps
}

// carried reports a folder that is taken over as a whole.
func (d *design) carried(dir string) bool {
	for _, e := range d.data {
		if e.dir && inside.Below(dir, e.path) {
			return true
		}
	}
	return false
}
