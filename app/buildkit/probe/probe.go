// Package probe is the part of the program that runs inside a container of an image
// that is being proven. It waits for what listens there, asks it, runs the image's
// HEALTHCHECK and reports; and it can start an application as a user other than root
// that may bind a port below 1024, as Docker lets every user.
//
// It needs nothing of the image: no shell, no library, no file of /etc. What it meets
// is not trusted: everything that is read has a limit, and it always ends.
package probe

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"time"
)

// Request is what to look at. Durations are in nanoseconds when it is JSON.
type Request struct {
	Wait    time.Duration // at most, for listeners
	Idle    time.Duration // where no port is expected and none listens, this is enough
	Settle  time.Duration // that the listeners must stay as they are
	Partial time.Duration // the same, where some but not all expected ports listen
	Expect  []string      // ports, "8080/tcp"
	Paths   []string      // asked with GET on each port that speaks HTTP, in order
	Health  []string      // the HEALTHCHECK in the words of an image's configuration; nil runs none
	Dir     string        // where the HEALTHCHECK is run: the image's WORKDIR
	Shell   []string      // of the image, for a HEALTHCHECK in shell form
	Limit   time.Duration // of one run of the HEALTHCHECK

	Proc string `json:"-"` // the folder of proc(5), for tests; "" is /proc
	Pid  string `json:"-"` // whose network is read, for tests; "" is the probe's own
}

// Report is what was seen. A probe prints it several times, each time with more in it.
type Report struct {
	Listeners []Listener
	Answers   []Answer
	Health    *Health
	Seconds   float64 // until the first port listened; 0 where none did
	Signals   uint64  // the signals that process 1 catches or holds back: bit n-1 is signal n
	Waited    bool    // the wait for listeners is over
	Done      bool    // nothing more will come
}

// Listener is a port that something listens on.
type Listener struct {
	Port     int
	Network  string // "tcp" or "udp"
	Loopback bool   // on no other address than the loopback's
	address  string // to dial
}

// Answer is what came back on one port for one path: see proof.Answer, of which this
// is the twin.
type Answer struct {
	Port     int
	Path     string
	Protocol string
	Status   int
	Type     string
	Location string
	Length   int64
	Digest   string
	Body     string
}

// Health is the outcome of the HEALTHCHECK. ExitCode is -1 where it did not end in
// time, 126 or 127 where it cannot be started, as a shell has it.
type Health struct {
	ExitCode int
	Output   string
}

// Ask does what the request says and prints reports as lines of JSON to out. The last
// whole line counts: the probe is killed with the container when the application ends.
func Ask(ctx context.Context, request Request, out io.Writer) {
	request = request.withDefaults()
	encoder := json.NewEncoder(out)
	var report Report
	report.Listeners, report.Seconds = waitForListeners(ctx, request)
	report.Signals = signalsOf(request.Proc)
	report.Waited = true
	_ = encoder.Encode(report) // nobody reads any more: there is nobody to tell either
	asked, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	for _, l := range report.Listeners[:min(len(report.Listeners), maxPorts)] {
		if l.Network != "tcp" {
			continue
		}
		report.Answers = append(report.Answers, askPort(asked, l, request.Paths)...)
		_ = encoder.Encode(report)
	}
	if !slices.Equal(report.Listeners, listeners(filepath.Join(request.Proc, request.Pid, "net"), request.Expect)) {
		pause(ctx, deathPause)
	}
	report.Health = runHealth(ctx, request)
	report.Signals = signalsOf(request.Proc) // a handler may be set after the port listens
	report.Done = true
	_ = encoder.Encode(report)
}

// The limits of one probe.
const (
	maxPorts = 16               // that are asked
	askLimit = 45 * time.Second // for all answers together

	// An application that died of a question has closed its ports, and takes the probe
	// with it a moment later: then the report must not be called whole.
	deathPause = 2 * time.Second
)

func (r Request) withDefaults() Request {
	defaults := []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&r.Wait, time.Minute}, {&r.Idle, 8 * time.Second}, {&r.Settle, 500 * time.Millisecond},
		{&r.Partial, 3 * time.Second}, {&r.Limit, 15 * time.Second},
	}
	for _, d := range defaults {
		if *d.value <= 0 {
			*d.value = d.fallback
		}
	}
	if len(r.Paths) == 0 {
		r.Paths = []string{"/"}
	}
	if len(r.Shell) == 0 {
		r.Shell = []string{"/bin/sh", "-c"}
	}
	if r.Proc == "" {
		r.Proc = "/proc"
	}
	if r.Pid == "" {
		r.Pid = "self"
	}
	return r
}
