package main

import (
	"fmt"
	"strings"
	"time"
)

// painter colours text, or leaves it as it is.
type painter struct{ on bool }

func (p painter) sgr(code, s string) string {
	if !p.on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p painter) green(s string) string { return p.sgr("32", s) }
func (p painter) red(s string) string   { return p.sgr("31", s) }
func (p painter) dim(s string) string   { return p.sgr("2", s) }
func (p painter) bold(s string) string  { return p.sgr("1", s) }

// mark is a tick or a cross.
func (p painter) mark(ok bool) string {
	if ok {
		return p.green("✓")
	}
	return p.red("✗")
}

// draw replaces the last frame: what has ended goes above it for good, then comes one
// line for each phase under way, with its last line of output where there is room.
func (p *progress) draw(done []*phase) {
	if !p.live {
		return
	}
	width, height := p.size()
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.drawn)
	}
	b.WriteString("\r\x1b[J")
	for _, ph := range done {
		b.WriteString(p.settled(ph, width) + "\n")
	}
	room := min(maxDrawn, height-1)
	lines := p.frame(width, room)
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	p.drawn = len(lines)
	// One write for a frame, so that it does not flicker. A terminal that is gone is no
	// reason to stop the proof.
	_, _ = p.w.Write([]byte(b.String()))
}

// frame is the lines of what is under way. The latest phases are shown where there
// is not room for all.
func (p *progress) frame(width, room int) []string {
	var lines []string
	phases := p.phases
	if len(phases) > room {
		phases = phases[len(phases)-max(room, 0):]
	}
	spare := room - len(phases)
	for _, ph := range phases {
		lines = append(lines, p.underWay(ph, width))
		if ph.log != "" && len(ph.running) > 0 && spare > 0 {
			spare--
			lines = append(lines, p.paint.dim(cut("    "+ph.log, width-1)))
		}
	}
	return lines
}

const (
	labelWidth = 8 // of "original"
	timeWidth  = 7
)

func (p *progress) underWay(ph *phase, width int) string {
	text, since := ph.name, ph.began
	if n := len(ph.running); n > 0 {
		r := ph.running[n-1]
		text, since = r.step, r.began
		if n > 1 {
			text = fmt.Sprintf("(%d at once) %s", n, text)
		}
	}
	return p.line(" ", "→", ph.image, text, p.now().Sub(since), width)
}

// settled is the line that stays of a phase.
func (p *progress) settled(ph *phase, width int) string {
	text := ph.name
	if ph.name == "build" {
		text = "build, " + steps(ph.steps)
		if ph.cached > 0 {
			text += fmt.Sprintf(", %d cached", ph.cached)
		}
	}
	end := ph.last
	if len(ph.running) > 0 {
		end, text = p.now(), text+", not finished"
	}
	sign := "✓"
	if ph.failed || len(ph.running) > 0 {
		sign = "✗"
	}
	return p.line(" ", sign, ph.image, text, end.Sub(ph.began), width)
}

// line is a sign, an image, a text and a time at the right edge.
func (p *progress) line(indent, sign, image, text string, d time.Duration, width int) string {
	head := indent + sign + " " + pad(cut(image, 26), labelWidth) + " "
	tail := fmt.Sprintf("%*s", timeWidth, seconds(d.Seconds()))
	room := width - 1 - columns(head) - columns(tail) - 1
	if room < 8 {
		return cut(head+text, width-1)
	}
	body := pad(cut(text, room), min(room, 70))
	switch sign {
	case "✓":
		head = strings.Replace(head, sign, p.paint.green(sign), 1)
	case "✗":
		head = strings.Replace(head, sign, p.paint.red(sign), 1)
	}
	return head + body + " " + p.paint.dim(tail)
}
