package buildkit

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"
)

// maxLog is what is kept of one step's output, in bytes: the beginning is of no use
// where the end is there.
const maxLog = 64 << 10

// progress follows what a session's builds do: for people who wait, for the logs of
// what fails, and for the number of steps that ran.
type progress struct {
	label  string
	notify func(Event) // may be nil
	status chan *client.SolveStatus
	ended  chan struct{}

	mu    sync.Mutex
	names map[digest.Digest]string
	logs  map[digest.Digest][]byte
	order []digest.Digest // of the steps that wrote something
	steps map[digest.Digest]*step
}

// step is one vertex since the last [progress.begin].
type step struct {
	started, ended bool
	cached         bool
	began          time.Time
	took           time.Duration
}

func newProgress(label string, notify func(Event)) *progress {
	return &progress{
		label: label, notify: notify, ended: make(chan struct{}), status: make(chan *client.SolveStatus),
		names: map[digest.Digest]string{}, logs: map[digest.Digest][]byte{}, steps: map[digest.Digest]*step{},
	}
}

// channel is where the client writes; it closes it at the end.
func (p *progress) channel() chan *client.SolveStatus {
	go func() {
		defer close(p.ended)
		for status := range p.status {
			p.update(status)
		}
	}()
	return p.status
}

// wait returns when everything that the client wrote was seen.
func (p *progress) wait() { <-p.ended }

// begin starts to count anew, under a label.
func (p *progress) begin(label string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.label = label
	p.steps = map[digest.Digest]*step{}
}

func (p *progress) update(status *client.SolveStatus) {
	p.mu.Lock()
	var events []Event
	for _, v := range status.Vertexes {
		events = append(events, p.vertex(v)...)
	}
	for _, l := range status.Logs {
		if _, ok := p.logs[l.Vertex]; !ok {
			p.order = append(p.order, l.Vertex)
		}
		p.logs[l.Vertex] = appendTail(p.logs[l.Vertex], l.Data)
		events = append(events, Event{Image: p.label, Step: p.names[l.Vertex], Log: string(l.Data), Time: l.Timestamp})
	}
	p.mu.Unlock()
	if p.notify == nil {
		return
	}
	for _, e := range events {
		p.notify(e)
	}
}

// vertex notes a step's state and says what is new about it.
func (p *progress) vertex(v *client.Vertex) (events []Event) {
	p.names[v.Digest] = v.Name
	if strings.HasPrefix(v.Name, "[internal]") {
		return nil
	}
	s := p.steps[v.Digest]
	if s == nil {
		s = &step{}
		p.steps[v.Digest] = s
	}
	s.cached = s.cached || v.Cached
	if v.Started != nil && !s.started {
		s.started, s.began = true, *v.Started
		events = append(events, Event{Image: p.label, Step: v.Name, Cached: v.Cached, Time: *v.Started})
	}
	if v.Completed != nil && !s.ended {
		s.ended, s.took = true, v.Completed.Sub(s.began)
		events = append(events, Event{Image: p.label, Step: v.Name, Done: true, Cached: v.Cached, Failed: v.Error != "", Time: *v.Completed})
	}
	return events
}

// say tells people about something that is no step of a build.
func (p *progress) say(what string) func() {
	if p.notify == nil {
		return func() {}
	}
	p.notify(Event{Image: p.label, Step: what, Time: time.Now()})
	return func() { p.notify(Event{Image: p.label, Step: what, Done: true, Time: time.Now()}) }
}

// counts are the steps of the Dockerfile since the last begin, and those of them that
// came from the cache. BuildKit never calls a FROM cached.
func (p *progress) counts() (steps, cached int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for d, s := range p.steps {
		if isFrom(p.names[d]) {
			continue
		}
		steps++
		if s.cached || !s.started {
			cached++
		}
	}
	return steps, cached
}

// numbered matches the place of a step in its stage: "[builder 3/7] RUN …".
var numbered = regexp.MustCompile(`^\[(?:\S+ )?(\d+)/\d+\] `)

// timing is how long the steps of a file with one stage took, by their number in it.
type timing struct {
	ran   map[int]time.Duration // without those that came from the cache
	steps int                   // all of them, without the FROM
}

// timing is what the steps since the last begin took; zero where there are several
// stages.
func (p *progress) timing() timing {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen, t := map[int]bool{}, timing{ran: map[int]time.Duration{}}
	for d, s := range p.steps {
		m := numbered.FindStringSubmatch(p.names[d])
		if m == nil || isFrom(p.names[d]) {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		if seen[n] {
			return timing{}
		}
		seen[n] = true
		t.steps++
		if !s.cached && s.ended {
			t.ran[n] = s.took
		}
	}
	return t
}

// isFrom reports whether a step's name is that of a FROM, "[builder 1/5] FROM …", or of
// the image of a COPY --from, "FROM …".
func isFrom(name string) bool {
	if _, instruction, ok := strings.Cut(name, "] "); ok {
		name = instruction
	}
	return strings.HasPrefix(name, "FROM ")
}

// logOf is the kept output of a step.
func (p *progress) logOf(d digest.Digest) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.logs[d])
}

// appendTail appends and keeps the end.
func appendTail(kept, data []byte) []byte {
	kept = append(kept, data...)
	if len(kept) > 2*maxLog {
		kept = append([]byte(nil), kept[len(kept)-maxLog:]...)
	}
	return kept
}
