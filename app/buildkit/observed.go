package buildkit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/multistage-app/multistage/app/buildkit/probe"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// report is the last whole report of the probe, and whether it was its last word.
func (r *run) report() (probe.Report, bool) {
	var report probe.Report
	if err := json.Unmarshal(r.reports.last(), &report); err != nil {
		return probe.Report{}, false
	}
	return report, report.Done
}

// seen is a report in the words of a proof.
func (r *run) seen(report probe.Report) proof.Start {
	var s proof.Start
	if len(report.Listeners) > 0 {
		s.Seconds = report.Seconds
	}
	for _, l := range report.Listeners {
		port := fmt.Sprintf("%d/%s", l.Port, l.Network)
		s.Ports = append(s.Ports, port)
		if l.Loopback {
			s.Loopback = append(s.Loopback, port)
		}
	}
	for _, a := range report.Answers {
		s.Answers = append(s.Answers, proof.Answer{
			Port: strconv.Itoa(a.Port) + "/tcp", Path: a.Path, Protocol: a.Protocol, Status: a.Status, Type: a.Type,
			Location: a.Location, Length: a.Length, Digest: a.Digest, Body: a.Body,
		})
	}
	slices.SortStableFunc(s.Answers, func(a, b proof.Answer) int {
		return cmp.Or(cmp.Compare(portNumber(a.Port), portNumber(b.Port)), cmp.Compare(a.Path, b.Path))
	})
	if report.Health != nil {
		s.Health = &proof.Health{ExitCode: report.Health.ExitCode, Output: tail(report.Health.Output, 10)}
	}
	return s
}

// portNumber is the number of "8080/tcp", 0 for none.
func portNumber(port string) int {
	number, _, _ := strings.Cut(port, "/")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// healthTest is the HEALTHCHECK's command, nil for none.
func (r *run) healthTest() []string {
	if r.image.config.Healthcheck == nil {
		return nil
	}
	return r.image.config.Healthcheck.Test
}

func (r *run) healthLimit() time.Duration {
	if check := r.image.config.Healthcheck; check != nil && check.Timeout > 0 {
		return min(check.Timeout, healthLimit)
	}
	return healthLimit
}

// inURL finds what a HEALTHCHECK asks for.
var inURL = regexp.MustCompile(`https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::[\w${}:-]+)?(/[\w./~%-]*)`)

// commonPaths are asked for on every port: the page, what services answer for their
// health, and a page that is not there, where a router of a static site shows itself.
var commonPaths = []string{"/", "/health", "/healthz", "/api/health", "/ready", "/no/such/page"}

// pathsOf are the paths to ask a container of an image for.
func pathsOf(c config) []string {
	paths := slices.Clone(commonPaths)
	if c.Healthcheck != nil {
		for _, m := range inURL.FindAllStringSubmatch(strings.Join(c.Healthcheck.Test, " "), 4) {
			if !slices.Contains(paths, m[1]) {
				paths = append(paths, m[1])
			}
		}
	}
	return paths
}

// withDefaults fills what is zero, from the image.
func (ask startRequest) withDefaults(img *image) startRequest {
	if ask.Wait == 0 {
		ask.Wait = time.Minute
	}
	if ask.Idle == 0 {
		ask.Idle = idleTime
	}
	if ask.Grace == 0 {
		ask.Grace = stopGrace
	}
	if ask.Paths == nil {
		ask.Paths = pathsOf(img.config)
	}
	if ask.Expect == nil {
		ask.Expect = exposed(img.config)
	}
	return ask
}

// exposed are the ports that an image exposes, those of TCP, by number.
func exposed(c config) []string {
	var ports []string
	for port := range c.ExposedPorts {
		if strings.HasSuffix(port, "/tcp") {
			ports = append(ports, port)
		}
	}
	slices.SortFunc(ports, func(a, b string) int { return cmp.Compare(portNumber(a), portNumber(b)) })
	return ports
}

// askOriginal is how an original is looked at: what it exposes is what it is expected
// to listen on. The limit is until it must listen.
func askOriginal(c config, env []string, limit time.Duration) startRequest {
	return startRequest{Env: env, Wait: limit, Idle: idleTime, Paths: pathsOf(c), Expect: exposed(c)}
}

// askRewrite is how a rewrite is looked at, after its original: the same ports are
// expected, it is asked for everything that the original was asked for, and has twice
// the time that the original took and five seconds more.
func askRewrite(c config, env []string, limit time.Duration, was proof.Start) startRequest {
	patience := time.Duration(2*was.Seconds*float64(time.Second)) + 5*time.Second
	ask := startRequest{Env: env, Wait: max(limit, patience), Idle: idleTime, Partial: patience, Paths: pathsOf(c), Expect: []string{}}
	for _, a := range was.Answers {
		// Names with a hash in them are the original's own, the rewrite's page has others.
		if a.Path != "" && comparablePath(a.Path) == a.Path && !slices.Contains(ask.Paths, a.Path) {
			ask.Paths = append(ask.Paths, a.Path)
		}
	}
	switch was.State {
	case proof.Listening:
		for _, port := range was.Ports {
			if !ephemeral(port) || slices.Contains(exposed(c), port) {
				ask.Expect = append(ask.Expect, port)
			}
		}
		ask.Idle = max(ask.Idle, patience)
	case proof.Exited:
		ask.Idle = max(ask.Idle, patience)
	}
	return ask
}

// capture keeps the first and the last bytes of an application's output. It never
// fails and never makes the application wait: BuildKit takes an error for the end.
type capture struct {
	mu      sync.Mutex
	head    []byte
	tailing []byte
	dropped bool
}

const captured = 16 << 10 // bytes of the head, and of the tail

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(p)
	if room := captured - len(c.head); room > 0 {
		taken := min(room, len(p))
		c.head, p = append(c.head, p[:taken]...), p[taken:]
	}
	if len(p) > captured {
		p, c.dropped = p[len(p)-captured:], true
	}
	c.tailing = append(c.tailing, p...)
	if extra := len(c.tailing) - captured; extra > 0 {
		c.tailing, c.dropped = append(c.tailing[:0], c.tailing[extra:]...), true
	}
	return n, nil
}

// Close does nothing: output may still come.
func (c *capture) Close() error { return nil }

// text is what was kept.
func (c *capture) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dropped {
		return string(c.head) + "\n[…]\n" + string(c.tailing)
	}
	return string(c.head) + string(c.tailing)
}

func (c *capture) tail() string { return tail(c.text(), 40) }

// lastLine keeps the last whole line that is written to it, up to a limit.
type lastLine struct {
	mu    sync.Mutex
	open  []byte
	whole []byte
}

const maxLine = 4 << 20 // bytes; a longer line is lost

func (l *lastLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			break
		}
		l.whole = append(l.open, p[:end]...)
		l.open, p = nil, p[end+1:]
	}
	if len(l.open)+len(p) <= maxLine {
		l.open = append(l.open, p...)
	}
	return n, nil
}

// Close does nothing.
func (l *lastLine) Close() error { return nil }

func (l *lastLine) last() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.whole
}
