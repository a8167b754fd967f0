package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// proofTable writes a proof for people: the verdict first, then both images side by
// side, then what explains the difference, and what failed.
type proofTable struct {
	w       io.Writer
	paint   painter
	width   int    // of a line; 0 for no limit
	rewrite string // the name of the rewritten file, for file:line
}

func (t proofTable) write(r rewrite.Result, p *proof.Proof) {
	t.summary(r, p)
	if p.Original.Built || p.Rewrite.Built {
		fmt.Fprintln(t.w)
		t.images(r, p)
	}
	t.causes(p)
	t.leftovers(p)
	t.targets(p)
	t.checks(p)
	t.rounds(p)
	for _, note := range p.Notes {
		fmt.Fprintf(t.w, "\nnote: %s\n", clean(note))
	}
}

// summary is the verdict, and what failed.
func (t proofTable) summary(r rewrite.Result, p *proof.Proof) {
	fmt.Fprintln(t.w, t.verdict(r, p))
	if p.Failure != nil {
		t.failure(r, p)
	}
}

// verdict is the first line.
func (t proofTable) verdict(r rewrite.Result, p *proof.Proof) string {
	name := clean(r.Path)
	switch p.Outcome {
	case proof.Proven:
		line := t.paint.bold(t.paint.green("proven")) + ": " + name + ": the rewrite builds and behaves as the original does"
		if percent, ok := saved(p.Original.Sizes.Compressed, p.Rewrite.Sizes.Compressed); ok && percent >= 0.5 {
			line += fmt.Sprintf(", in an image %.0f %% smaller", min(percent, 99))
		}
		return line
	case proof.OriginalBroken:
		return t.paint.bold(t.paint.red("not proven")) + ": " + name + ": the original does not build, so there is nothing to compare with"
	}
	return t.paint.bold(t.paint.red("not proven")) + ": " + name + ": the rewrite does not do what the original does"
}

// failure says what failed, where, and what the log says.
func (t proofTable) failure(r rewrite.Result, p *proof.Proof) {
	f := p.Failure
	fmt.Fprintf(t.w, "\n%s %s: %s\n", t.paint.mark(false), f.Step, clean(f.Cause))
	if place, text := t.place(r, p); place != "" {
		fmt.Fprintf(t.w, "  at %s", place)
		if text != "" {
			fmt.Fprintf(t.w, ": %s", clean(text))
		}
		fmt.Fprintln(t.w)
	}
	t.tail(f.Tail)
}

// place is the file and line of a failure, with the line's text.
func (t proofTable) place(r rewrite.Result, p *proof.Proof) (place, text string) {
	line := p.Failure.Line
	if line < 1 {
		return "", ""
	}
	name, source := t.rewrite, r.Dockerfile()
	if p.Outcome == proof.OriginalBroken {
		name, source = r.Path, nil
		if len(r.Files) > 0 {
			source = r.Files[0].Before
		}
	}
	if name == "" {
		name = r.Path + " (rewritten)"
	}
	if lines := strings.Split(string(source), "\n"); line <= len(lines) {
		text = strings.TrimSpace(lines[line-1])
	}
	return fmt.Sprintf("%s:%d", clean(name), line), text
}

const maxTail = 20 // lines of a log

func (t proofTable) tail(log string) {
	lines := cleanLines(log)
	if n := len(lines) - maxTail; n > 0 {
		lines = lines[n:]
	}
	for _, line := range lines {
		if t.width > 0 {
			line = cut(line, t.width-4)
		}
		fmt.Fprintln(t.w, t.paint.dim("  | "+line))
	}
}

// images is both images side by side.
func (t proofTable) images(r rewrite.Result, p *proof.Proof) {
	a, b := p.Original, p.Rewrite
	g := grid{header: []string{"", "original", "rewrite"}}
	row := func(name string, show func(proof.Image) string, more string) {
		if before, after := show(a), show(b); before != "" || after != "" {
			if more != "" {
				after += " (" + more + ")"
			}
			g.add(name, orDash(before), orDash(after))
		}
	}
	row("built", built, "")
	row("starts", starts, "")
	g.rows = append(g.rows, answers(a.Start.Answers, b.Start.Answers)...)
	row("health", healthOf, "")
	if before, after, ok := user(r); ok {
		g.add("user", before, after)
	}
	row("compressed", func(i proof.Image) string { return sizeOf(i.Sizes.Compressed) }, savedText(a.Sizes.Compressed, b.Sizes.Compressed))
	row("unpacked", func(i proof.Image) string { return sizeOf(i.Sizes.Unpacked) }, savedText(a.Sizes.Unpacked, b.Sizes.Unpacked))
	row("", func(i proof.Image) string { return bar(i.Sizes.Unpacked, a.Sizes.Unpacked, b.Sizes.Unpacked) }, "")
	row("packages", count(func(c proof.Contents) int { return c.Packages }), "")
	row("setuid", count(func(c proof.Contents) int { return c.Setuid }), "")
	row("shell", named(func(c proof.Contents) string { return c.Shell }), "")
	row("package manager", named(func(c proof.Contents) string { return c.PackageManager }), "")
	row("rebuild", rebuild, "")
	t.fit(&g)
	g.write(t.w, t.paint, t.width)
	if name := changedFile(p); name != "" {
		line := "rebuild: after a change of one line of " + clean(name)
		if t.width > 0 {
			line = cut(line, t.width)
		}
		fmt.Fprintln(t.w, t.paint.dim(line))
	}
}

// fit shares the width between both images, so that neither pushes the other out.
func (t proofTable) fit(g *grid) {
	room := (t.width - columns("package manager") - 4) / 2
	if t.width == 0 || room < 8 {
		return
	}
	for _, row := range g.rows {
		for i := 1; i < len(row); i++ {
			row[i] = cut(clean(row[i]), room)
		}
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func built(i proof.Image) string {
	switch {
	case !i.Built:
		return "no"
	case i.Cached > 0:
		return fmt.Sprintf("%s, %d of %d steps cached", seconds(i.Seconds), i.Cached, i.Steps)
	}
	return seconds(i.Seconds) + ", " + steps(i.Steps)
}

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return strconv.Itoa(n) + " steps"
}

func starts(i proof.Image) string {
	s := i.Start
	switch s.State {
	case proof.Listening:
		return fmt.Sprintf("listens on %s after %s", strings.Join(s.Ports, ", "), milliseconds(s.Seconds))
	case proof.Running:
		return "runs, listens on nothing"
	case proof.Exited:
		text := fmt.Sprintf("exits with %d after %s", s.ExitCode, milliseconds(s.Seconds))
		if s.Error != "" {
			text += ": " + cut(clean(s.Error), 40)
		}
		return text
	case proof.NotStartable:
		return cut("cannot be started: "+clean(s.Error), 60)
	}
	return ""
}

// answers has a row for the first answer and for each that differs; the others are
// counted.
func answers(before, after []proof.Answer) (rows [][]string) {
	same := 0
	type question struct{ port, path string }
	left := map[question]string{}
	for _, a := range after {
		left[question{a.Port, a.Path}] = answer(a)
	}
	for i, a := range before {
		q := question{a.Port, a.Path}
		other := left[q]
		delete(left, q)
		if i > 0 && other == answer(a) {
			same++
			continue
		}
		rows = append(rows, []string{"answers", answer(a), orDash(other)})
	}
	for _, a := range after {
		if text, ok := left[question{a.Port, a.Path}]; ok {
			rows = append(rows, []string{"answers", "-", text})
		}
	}
	if same > 0 {
		rows = append(rows, []string{"", fmt.Sprintf("and %d more", same), "with the same status and type"})
	}
	return rows
}

func answer(a proof.Answer) string {
	if a.Path == "" {
		return a.Port + " accepts"
	}
	text := fmt.Sprintf("%s %s %d", a.Port, cut(clean(a.Path), 30), a.Status)
	if a.Location != "" {
		return text + " to " + cut(clean(a.Location), 30)
	}
	return text + " " + cut(clean(a.Type), 30)
}

func healthOf(i proof.Image) string {
	if i.Start.Health == nil {
		return ""
	}
	return fmt.Sprintf("exit %d", i.Start.Health.ExitCode)
}

// user is the contract's row of it; where there is none, both run as the base does.
func user(r rewrite.Result) (before, after string, ok bool) {
	for _, row := range r.Contract {
		if row.Field == plan.FieldUser {
			return rootIfEmpty(row.Before), rootIfEmpty(row.After), true
		}
	}
	return "", "", false
}

func rootIfEmpty(user string) string {
	if user == "" {
		return "root"
	}
	return user
}

func sizeOf(n int64) string {
	if n <= 0 {
		return ""
	}
	return size(n)
}

const barWidth = 24

// bar is a size against the larger of both.
func bar(n, a, b int64) string {
	largest := max(a, b)
	if n <= 0 || largest <= 0 {
		return ""
	}
	return strings.Repeat("█", max(1, int((n*barWidth+largest/2)/largest)))
}

// count and named leave out images that were not looked at.
func count(of func(proof.Contents) int) func(proof.Image) string {
	return func(i proof.Image) string {
		if i.Contents.Files == 0 {
			return ""
		}
		return strconv.Itoa(of(i.Contents))
	}
}

func named(of func(proof.Contents) string) func(proof.Image) string {
	return func(i proof.Image) string {
		if i.Contents.Files == 0 {
			return ""
		}
		if path := of(i.Contents); path != "" {
			return path
		}
		return "none"
	}
}

func rebuild(i proof.Image) string {
	if i.Rebuild == nil {
		return ""
	}
	return fmt.Sprintf("%s, %s", seconds(i.Rebuild.Seconds), steps(i.Rebuild.Steps))
}

// changedFile is the file whose change the rebuilds measured.
func changedFile(p *proof.Proof) string {
	for _, i := range []proof.Image{p.Original, p.Rewrite} {
		if i.Rebuild != nil && i.Rebuild.Path != "" {
			return i.Rebuild.Path
		}
	}
	return ""
}
