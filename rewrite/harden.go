package rewrite

import (
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// Hardening is a patch for a file whose single stage is right: what makes the same
// image smaller or its process better behaved, and changes nothing else.
type Hardening struct {
	After   []byte
	Changes []plan.Evidence // one for each change, at the line of the original
}

// hardener collects the edits of a hardening patch.
type hardener struct {
	in      *plan.Input
	edits   []plan.Edit
	changes []plan.Evidence

	promised []plan.Change // what the image promises differently
}

// harden makes the patch, nil where there is nothing to improve. Every edit keeps what
// the commands do: pip and apk keep no cache, apt's lists go in the layer that fetched
// them, and a start without any feature of a shell needs none.
func harden(in *plan.Input, code plan.Code) *Hardening {
	if code.Verdict() != plan.Acceptable || code == plan.DevContainer || code == plan.ToolchainProduct {
		return nil
	}
	h := hardener{in: in}
	for _, it := range in.Items {
		if it.Keyword != "RUN" || it.Script == nil || mounts(it) {
			continue
		}
		h.installs(it)
		if code != plan.BaseImage && h.selfSufficient() {
			h.lists(it)
		}
	}
	h.start()
	if len(h.edits) == 0 {
		return nil
	}
	slices.SortStableFunc(h.edits, func(a, b plan.Edit) int { return a.Span.Start - b.Span.Start })
	whole := dockerfile.Span{End: len(in.File.Source)}
	after := []byte(cut(in.File, plan.Cut{Span: whole, Edits: h.edits}))
	if h.broken(after) {
		return nil
	}
	return &Hardening{After: after, Changes: h.changes}
}

// mounts reports a RUN with a mount, where a cache may be kept on purpose.
func mounts(it plan.Item) bool {
	_, ok := it.Flag("mount")
	return ok
}

func (h *hardener) edit(it plan.Item, at dockerfile.Span, text, why string) {
	h.edits = append(h.edits, plan.Edit{Span: at, Text: text})
	h.changes = append(h.changes, h.in.Evidence(it, why))
}

// insert adds an option after a word.
func (h *hardener) insert(it plan.Item, after shell.Word, option, why string) {
	h.edit(it, dockerfile.Span{Start: after.End, End: after.End}, " "+option, why)
}

// installs lets pip and apk keep no cache in the layer.
// See https://pip.pypa.io/en/stable/topics/caching/ and apk(8), --no-cache.
func (h *hardener) installs(it plan.Item) {
	for _, c := range it.Script.Commands {
		words := c.Words()
		switch at := slices.Index(words, "install"); {
		case at > 0 && isPip(c, at) && !slices.Contains(words, "--no-cache-dir") && !cacheChosen(it):
			h.insert(it, c.Args[at], "--no-cache-dir", "pip keeps its downloads in the layer")
		}
		if at := slices.Index(words, "add"); c.Name() == "apk" && at > 0 && !slices.Contains(words, "--no-cache") {
			h.insert(it, c.Args[at], "--no-cache", "apk keeps its index in the layer")
		}
	}
}

// isPip reports pip install and python -m pip install, where the word at is "install".
func isPip(c shell.Command, at int) bool {
	words := c.Words()
	switch name := c.Name(); {
	case name == "pip" || name == "pip3":
		return at == 1
	case strings.HasPrefix(name, "python"):
		return at == 3 && words[1] == "-m" && words[2] == "pip"
	}
	return false
}

// cacheChosen reports that the file itself says where pip keeps its cache, or that it
// keeps none.
func cacheChosen(it plan.Item) bool {
	for _, key := range []string{"PIP_NO_CACHE_DIR", "PIP_CACHE_DIR"} {
		if _, ok := it.Scope.Vars[key]; ok {
			return true
		}
	}
	return false
}

// selfSufficient reports that every RUN that installs packages with apt fetches the lists
// itself, so that none rests on lists of an earlier layer.
func (h *hardener) selfSufficient() bool {
	for _, it := range h.in.Items {
		if it.Keyword != "RUN" || it.Script == nil {
			continue
		}
		updated := false
		for _, c := range it.Script.Commands {
			if !isApt(c) {
				continue
			}
			updated = updated || shell.Classify(c) == shell.SystemUpdate
			if shell.Classify(c) == shell.SystemPackage && !updated {
				return false
			}
		}
	}
	return true
}

func isApt(c shell.Command) bool { return c.Name() == "apt-get" || c.Name() == "apt" }

// lists removes apt's package lists at the end of the RUN that fetched them, joined as
// the author joins the last two commands.
func (h *hardener) lists(it plan.Item) {
	commands := it.Script.Commands
	if !it.Script.Plain || len(it.Heredocs) > 0 || len(commands) < 2 || strings.Contains(h.in.File.Text(it.Span), "/var/lib/apt/lists") {
		return
	}
	if !slices.ContainsFunc(commands, func(c shell.Command) bool { return isApt(c) && shell.Classify(c) == shell.SystemUpdate }) {
		return
	}
	for _, c := range commands[1:] {
		if c.Op != "&&" {
			return
		}
	}
	last, before := commands[len(commands)-1], commands[len(commands)-2]
	join := string(h.in.File.Source[before.End:last.Start])
	if strings.Trim(join, " \t\r\n&"+string(h.in.File.Escape)) != "" {
		join = " && " // a comment stands between the two
	}
	h.edit(it, dockerfile.Span{Start: last.End, End: last.End}, join+"rm -rf /var/lib/apt/lists/*", "apt-get update leaves its lists in the layer")
}

// start gives the exec form to a CMD or ENTRYPOINT that uses no feature of a shell, where
// it is the only one, so that signals reach the program.
func (h *hardener) start() {
	var it plan.Item
	n := 0
	for _, x := range h.in.Items {
		if x.Keyword == "CMD" || x.Keyword == "ENTRYPOINT" {
			it, n = x, n+1
		}
	}
	if n != 1 || it.JSON || it.Script == nil || len(h.in.End.Shell) > 0 || h.entrypoint() {
		return
	}
	text, _, ok := h.in.File.Script(it.Instruction)
	if !ok {
		return
	}
	argv, ok := shell.Argv(it.Script, text)
	if !ok || strings.ContainsAny(strings.Join(argv, ""), "\\\"") {
		return
	}
	const why = "a shell is process 1, and signals do not reach the program"
	h.edit(it, it.Args, shell.ExecForm(argv), why)
	h.promised = append(h.promised, plan.Change{Field: plan.FieldCommand, Evidence: h.in.Evidence(it, why)})
}

// entrypoint reports a base whose entrypoint may read its arguments; that of the node
// images starts them as they are.
// See https://github.com/nodejs/docker-node/blob/main/docker-entrypoint.sh.
func (h *hardener) entrypoint() bool {
	base := h.in.Base
	return base.Product != "" || len(base.Config.Entrypoint) > 0 && base.Language != "node"
}

// broken reports a patch that BuildKit would not build, warns of anew, or that changes
// what the image promises beyond the form of its start.
func (h *hardener) broken(after []byte) bool {
	fresh, err := newWarnings(h.in.File.Path, h.in.File.Source, after)
	if err != nil || len(fresh) > 0 {
		return true
	}
	_, err = checkContract(h.in, &plan.Plan{Changes: h.promised}, after)
	return err != nil
}
