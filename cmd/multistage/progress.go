package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/multistage-app/multistage/app/buildkit"
)

// A progress shows people what a proof is doing. On a terminal it redraws a few lines
// at the bottom, one or two for each phase that is under way, and what has ended
// scrolls away above them; elsewhere it writes a line where a step starts and where
// it ends.
//
// BuildKit's own progressui draws a whole build from its status messages. A proof has
// builds, starts and measurements of two images, so this is drawn from our events.
type progress struct {
	w     io.Writer
	live  bool
	paint painter
	size  func() (width, height int)
	now   func() time.Time

	mu     sync.Mutex
	phases []*phase // under way, in the order in which they began
	drawn  int      // lines of the last frame
	closed bool
	stop   chan struct{}
	ended  chan struct{}
}

// phase is one thing done with one image: its build, or a step that is none of it.
type phase struct {
	image, name string
	began, last time.Time
	running     []*running
	steps       int
	cached      int
	failed      bool
	log         string // the last line that a step wrote
}

type running struct {
	step    string
	began   time.Time
	partial string // of a line that has not ended yet
}

// Limits of what is drawn and kept.
const (
	redrawEvery = 120 * time.Millisecond
	maxDrawn    = 12      // lines at the bottom
	maxPartial  = 4 << 10 // bytes of a line that does not end
)

// newProgress makes the progress of a mode: auto, plain or none. It is nil for none,
// and a nil progress does nothing.
func newProgress(w io.Writer, mode string) *progress {
	if mode == "none" {
		return nil
	}
	p := &progress{w: w, now: time.Now, size: func() (int, int) { return 80, 24 }}
	if f, ok := w.(*os.File); ok && mode == "auto" && isTerminal(f) {
		p.live = true
		p.paint = painter{on: os.Getenv("NO_COLOR") == ""}
		p.size = func() (int, int) {
			width, height, err := term.GetSize(int(f.Fd()))
			if err != nil || width < 1 {
				return 80, 24
			}
			return width, height
		}
	}
	p.start()
	return p
}

// isTerminal reports a terminal that knows how to move its cursor.
func isTerminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// start redraws by the clock, so that the seconds run.
func (p *progress) start() {
	if !p.live {
		return
	}
	p.stop, p.ended = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(p.ended)
		tick := time.NewTicker(redrawEvery)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				p.mu.Lock()
				p.draw(nil)
				p.mu.Unlock()
			}
		}
	}()
}

// event takes what a proof says. It may be called from several goroutines.
func (p *progress) event(e buildkit.Event) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	ph, done := p.phase(e)
	step := stepName(e.Step)
	r := ph.find(step)
	switch {
	case e.Log != "":
		if r != nil {
			ph.write(r, e.Log)
		}
	case e.Done:
		ph.end(r, e, p.time(e))
		p.plain(ph, r, e)
	case r == nil:
		r = &running{step: step, began: p.time(e)}
		ph.running = append(ph.running, r)
		p.plain(ph, r, e)
	}
	if len(done) > 0 {
		p.draw(done)
	}
}

func (p *progress) time(e buildkit.Event) time.Time {
	if e.Time.IsZero() {
		return p.now()
	}
	return e.Time
}

// phase is the one that an event belongs to. A new phase ends those in which nothing is
// running.
func (p *progress) phase(e buildkit.Event) (ph *phase, done []*phase) {
	image, name := clean(e.Image), phaseName(e.Step)
	for _, ph := range p.phases {
		if ph.image == image && ph.name == name {
			return ph, nil
		}
	}
	kept := p.phases[:0]
	for _, old := range p.phases {
		if len(old.running) == 0 {
			done = append(done, old)
		} else {
			kept = append(kept, old)
		}
	}
	ph = &phase{image: image, name: name, began: p.time(e), last: p.time(e)}
	p.phases = append(kept, ph)
	return ph, done
}

// phaseName is "build" for a step of a Dockerfile, which BuildKit names with its
// stage in brackets, and for what BuildKit does between them; else what is said.
func phaseName(step string) string {
	if strings.HasPrefix(step, "[") || strings.HasPrefix(step, "resolve ") || strings.HasPrefix(step, "exporting ") {
		return "build"
	}
	return clean(step)
}

var reDigest = regexp.MustCompile(`@sha256:[0-9a-f]{64}\b`)

// stepName is a step without the digest that BuildKit adds to an image's name.
func stepName(step string) string { return reDigest.ReplaceAllString(clean(step), "") }

func (ph *phase) find(step string) *running {
	for _, r := range ph.running {
		if r.step == step {
			return r
		}
	}
	return nil
}

func (ph *phase) end(r *running, e buildkit.Event, at time.Time) {
	ph.steps++
	if e.Cached {
		ph.cached++
	}
	ph.failed = ph.failed || e.Failed
	ph.last = at
	kept := ph.running[:0]
	for _, other := range ph.running {
		if other != r {
			kept = append(kept, other)
		}
	}
	ph.running = kept
}

// write keeps the last line of a step's output that says something.
func (ph *phase) write(r *running, log string) {
	text := r.partial + log
	i := strings.LastIndexAny(text, "\r\n")
	r.partial = text[i+1:]
	if len(r.partial) > maxPartial {
		r.partial = r.partial[len(r.partial)-maxPartial:]
	}
	whole := strings.FieldsFunc(text[:i+1], func(c rune) bool { return c == '\n' || c == '\r' })
	for j := len(whole) - 1; j >= 0; j-- {
		if line := strings.TrimSpace(clean(whole[j])); line != "" {
			ph.log = line
			return
		}
	}
}

// plain writes a step's start or end as a line, where nothing is redrawn.
func (p *progress) plain(ph *phase, r *running, e buildkit.Event) {
	if p.live {
		return
	}
	line := pad(ph.image, len("original")) + " | " + stepName(e.Step)
	switch {
	case e.Failed:
		line += " FAILED" + took(r, p.time(e))
	case e.Done && e.Cached:
		line += " cached"
	case e.Done:
		line += " done" + took(r, p.time(e))
	case e.Cached:
		return // its end comes with it
	}
	fmt.Fprintln(p.w, line)
}

func took(r *running, at time.Time) string {
	if r == nil {
		return ""
	}
	return " " + seconds(at.Sub(r.began).Seconds())
}

// close draws what is under way as it ended. Nothing is drawn after it.
func (p *progress) close() {
	if p == nil {
		return
	}
	if p.live {
		close(p.stop)
		<-p.ended
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	done := p.phases
	p.phases = nil
	p.draw(done)
}
