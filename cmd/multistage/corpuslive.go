package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// corpusLive shows how far a run over a corpus is: one line that redraws on a
// terminal, a line for each result elsewhere.
type corpusLive struct {
	w     io.Writer
	width func() int // nil where nothing is redrawn
	quiet bool
	now   func() time.Time

	mu      sync.Mutex
	total   int
	jobs    int
	began   time.Time
	done    int
	fresh   int // of done, those that were found now
	counts  map[string]int
	running map[string]time.Time
	stop    chan struct{}
	ended   chan struct{}
}

func newCorpusLive(w io.Writer, mode string, total, jobs int) *corpusLive {
	l := &corpusLive{w: w, quiet: mode == "none", now: time.Now, total: total, jobs: jobs, began: time.Now(),
		counts: map[string]int{}, running: map[string]time.Time{}}
	if f, ok := w.(*os.File); ok && mode == "auto" && isTerminal(f) {
		l.width = func() int {
			if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
				return width
			}
			return 80
		}
		l.start()
	}
	return l
}

func (l *corpusLive) start() {
	l.stop, l.ended = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(l.ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
				l.mu.Lock()
				fmt.Fprint(l.w, "\r\x1b[K"+cut(l.line(), l.width()-1))
				l.mu.Unlock()
			}
		}
	}()
}

func (l *corpusLive) begin(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[id] = l.now()
}

// forget takes away one that came to no result.
func (l *corpusLive) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, id)
}

func (l *corpusLive) end(r corpusResult, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, r.ID)
	l.done++
	if !known {
		l.fresh++
	}
	l.counts[r.class()]++
	if l.quiet || l.width != nil {
		return
	}
	text := seconds(r.Seconds)
	if known {
		text = "as before"
	}
	fmt.Fprintf(l.w, "%d/%d %s: %s, %s\n", l.done, l.total, clean(r.ID), r.class(), text)
}

func (l *corpusLive) close() {
	if l.stop == nil {
		return
	}
	close(l.stop)
	<-l.ended
	fmt.Fprint(l.w, "\r\x1b[K")
}

// The classes of results, in the order in which they are told.
const (
	classDisproven   = "not proven"
	classError       = "failure"
	classNoVerdict   = "no verdict" // infrastructure
	classBroken      = "original broken"
	classProven      = "proven"
	classNotProposed = "no rewrite"
)

var classes = []string{classDisproven, classError, classNoVerdict, classBroken, classNotProposed, classProven}

func (r *corpusResult) class() string {
	switch {
	case r.Error != "":
		return classError
	case r.Unavailable != nil:
		return classNoVerdict
	case r.Verdict != plan.Rewritten:
		return classNotProposed
	case r.Proof == nil:
		return classError
	case r.Proof.Outcome == proof.OriginalBroken:
		return classBroken
	case r.Proof.Outcome == proof.Proven:
		return classProven
	}
	return classDisproven
}

// line is the state in one line: counts, the time that is left, what is running.
func (l *corpusLive) line() string {
	parts := []string{fmt.Sprintf("%d/%d", l.done, l.total)}
	for _, class := range classes {
		if n := l.counts[class]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, class))
		}
	}
	if left, ok := l.left(); ok {
		parts = append(parts, "about "+left+" left")
	}
	var ids []string
	for id := range l.running {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return l.running[ids[i]].Before(l.running[ids[j]]) })
	for _, id := range ids {
		parts = append(parts, clean(id)+" "+seconds(l.now().Sub(l.running[id]).Seconds()))
	}
	return strings.Join(parts, " · ")
}

// left is the time that the rest takes if it goes on like that.
func (l *corpusLive) left() (string, bool) {
	if l.fresh == 0 || l.done >= l.total {
		return "", false
	}
	each := l.now().Sub(l.began).Seconds() / float64(l.fresh)
	return seconds(each * float64(l.total-l.done)), true
}
