package python

import (
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// reVerbatim finds what a shell changes within double quotes before it hands the text
// on; variables apart, whose values the inner shell has as well. A line continuation
// goes away on either side.
var reVerbatim = regexp.MustCompile("[\"`]|\\$\\(|\\\\[^\r\n]")

// body are the commands of a script that one of the author's commands hands to a
// shell, as bash -c "…" does, with the places of their words in the file. ok is false
// where the text that the inner shell gets is not the text that stands there, or where
// the command does more than run it: a login shell, a redirection.
func body(in *plan.Input, it plan.Item, c shell.Command) (commands []shell.Command, ok bool) {
	if it.JSON || len(c.Args) < 3 || len(c.Assigns)+len(c.Redirects) > 0 {
		return nil, false
	}
	if _, ok := shell.Unwrap(c.Words()); !ok {
		return nil, false
	}
	last := c.Args[len(c.Args)-1]
	for _, w := range c.Args[1 : len(c.Args)-1] {
		if !w.Literal || loginOption(w.Text) {
			return nil, false
		}
	}
	text := textOf(in, it, last)
	if len(text) < 2 || text[0] != text[len(text)-1] {
		return nil, false
	}
	inside := text[1 : len(text)-1]
	switch text[0] {
	case '\'':
		ok = !strings.Contains(inside, "'")
	case '"':
		ok = !reVerbatim.MatchString(inside)
	}
	if !ok {
		return nil, false
	}
	script, err := shell.Parse(inside, last.Start+1)
	if err != nil || len(script.Commands) == 0 {
		return nil, false
	}
	return script.Commands, true
}

// loginOption reports -l, also among others (-lc), and --login.
func loginOption(word string) bool {
	return word == "--login" || strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && strings.Contains(word, "l")
}

// textOf is a word as it is written, with the comments that Docker drops blank.
func textOf(in *plan.Input, it plan.Item, w shell.Word) string {
	script, span, ok := in.File.Script(it.Instruction)
	from, to := w.Start-span.Start, w.End-span.Start
	if !ok || from < 0 || to > len(script) || from > to {
		return ""
	}
	return script[from:to]
}

// tasks are what a command does: itself, or the commands of the script that it hands
// to a shell. Those are taken over or left out together: each has the place of the
// whole command.
func (r *reader) tasks(in *plan.Input, c shell.Command) []task {
	commands, ok := body(in, r.it, c)
	if !ok {
		return []task{r.task(c)}
	}
	inner := *r // its folder and its environment end with it
	var out []task
	for i, b := range commands {
		t := inner.task(b)
		t.Body, t.Joined = true, i > 0
		t.Start, t.End, t.Nested = c.Start, c.End, c.Nested
		if i == 0 {
			t.Op = c.Op
		}
		out = append(out, t)
	}
	return out
}

// bodyWork are the units of shell bodies in which more is done than entering a folder,
// activating an environment and removing caches: there these go with the rest.
func (s step) bodyWork() map[int]bool {
	out := map[int]bool{}
	for _, t := range s.Tasks {
		if t.Body && t.Kind != nothing && t.Kind != cache {
			out[t.Unit] = true
		}
	}
	return out
}

// reInstalls finds an install of packages in text that is not read as commands.
var reInstalls = regexp.MustCompile(`\b(pip[0-9.]*|poetry|pipenv|pdm|uv|uv pip)["',\s]+(-[^\s"']+\s+)*(install|sync|add)\b`)

// repeats refuses a step of production that installs packages once more, after the
// packages that the builder installed were copied: one that cannot be taken apart, or
// whose text cannot be read.
func (d *designer) repeats(s step, parts []part) *plan.Refusal {
	for i, t := range s.Tasks {
		switch {
		case !parts[i].keep:
		case t.Kind == deps, t.Kind == tool, t.Kind == build, t.Kind == compile:
			return d.in.Refuse(plan.UnknownWriteSet, s.Item, "this step installs packages and does work for run time in a script that cannot be taken apart", "split it into one RUN for each")
		case t.Body && t.Kind == system && d.leavesOut(t):
			return d.in.Refuse(plan.UnknownWriteSet, s.Item, "this step installs packages of the system for the build and does work for run time in a script that cannot be taken apart", "split it into one RUN for each")
		case t.Kind == unknown && d.installsInside(t):
			return d.in.Refuse(plan.UnknownWriteSet, s.Item, "this step installs packages by a script that cannot be read, so where they go is not known", "write the commands of the script into the RUN")
		}
	}
	return nil
}

// leavesOut reports a command for system packages of which production needs none.
func (d *designer) leavesOut(t task) bool {
	p, follows := d.systemPart(t)
	return !p.keep && !follows
}

// installsInside reports an install in a command's own words, or in a script of the
// project that it runs.
func (d *designer) installsInside(t task) bool {
	words := t.Words()
	if reInstalls.MatchString(strings.Join(words, " ")) {
		return true
	}
	for _, w := range words {
		if text, ok := d.read(t.abs(dockerfile.Expand(w, d.in.End.Vars))); ok && len(text) <= maxScriptSize && strings.HasPrefix(text, "#!") && reInstalls.MatchString(text) {
			return true
		}
	}
	return false
}
