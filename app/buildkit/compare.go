package buildkit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/app/buildkit/probe"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// A difference is one thing that a container of the rewrite does otherwise.
type difference struct {
	key     string // names the thing, the same in every comparison
	varies  bool   // it may differ from run to run of one image: see [compareStarts]
	kind    proof.Kind
	subject string
	cause   string
}

// compareStarts holds a start of the rewrite against one of the original. The checks
// are everything that was held, in order; the failure is the first difference, nil for
// none.
//
// With a second start of the original, what the original itself does differently does
// not count: the content of an answer that varies is left out, and for everything else
// it is enough that the rewrite does as the original did in one of the two.
func compareStarts(original, rewritten proof.Start, again *proof.Start) ([]proof.Check, *proof.Failure) {
	found := differences(original, rewritten, nil)
	if again == nil || len(found) == 0 {
		return checks(original, rewritten, found, nil), failureOf(original, rewritten, found)
	}
	varies := map[string]bool{}
	for _, d := range differences(original, *again, again) {
		varies[d.key] = true
	}
	runs := []proof.Start{*again, original}
	for i, base := range runs {
		found = slices.DeleteFunc(differences(base, rewritten, &runs[1-i]), func(d difference) bool { return d.varies && varies[d.key] })
		if len(found) == 0 {
			return checks(base, rewritten, nil, varies), nil
		}
	}
	return checks(original, rewritten, found, varies), failureOf(original, rewritten, found)
}

// differences are everything that two starts do differently, in order. Another run of
// o's image, if there is one, says which of o's ports the kernel chose.
func differences(o, r proof.Start, other *proof.Start) []difference {
	if o.State != r.State {
		return []difference{stateDiffers(o, r)}
	}
	switch o.State {
	case proof.NotStartable:
		if !sameLine(o.Error, r.Error) {
			return []difference{{key: "error", kind: proof.WrongExit, cause: fmt.Sprintf("it cannot be started (%s), nor can the original (%s)", r.Error, o.Error)}}
		}
		return nil
	case proof.Exited:
		return exitDiffers(o, r)
	}
	var names map[string]string
	if other != nil {
		names = renamed(o.Ports, other.Ports, r.Ports)
	}
	all := portsDiffer(o, r, names)
	all = append(all, answersDiffer(o, r, names)...)
	return append(all, healthDiffers(o, r)...)
}

func stateDiffers(o, r proof.Start) difference {
	d := difference{key: "state", kind: proof.WrongExit}
	switch {
	case r.State == proof.Running && o.State == proof.Listening:
		d.kind, d.subject = proof.WrongPort, o.Ports[0]
		d.cause = fmt.Sprintf("nothing listens on %s, the original does", list(o.Ports))
	case r.State == proof.Listening && o.State == proof.Running:
		d.kind, d.subject = proof.WrongPort, r.Ports[0]
		d.cause = fmt.Sprintf("it listens on %s, the original on no port", list(r.Ports))
	default:
		d.cause = did(r) + "; the original " + strings.TrimPrefix(did(o), "it ")
	}
	return d
}

// did says what a container did.
func did(s proof.Start) string {
	switch s.State {
	case proof.Listening:
		return "it listens on " + list(s.Ports)
	case proof.Exited:
		return strings.TrimSuffix(fmt.Sprintf("it ends with exit %d: %s", s.ExitCode, s.Error), ": ")
	case proof.NotStartable:
		return "it cannot be started: " + s.Error
	}
	return "it runs on without listening"
}

func exitDiffers(o, r proof.Start) []difference {
	if o.ExitCode != r.ExitCode {
		return []difference{{key: "exit", kind: proof.WrongExit, cause: did(r) + "; the original " + strings.TrimPrefix(did(o), "it ")}}
	}
	if o.ExitCode == 0 {
		return outputDiffers(o, r)
	}
	if sameLine(o.Error, r.Error) || says(o.Log, r.Error) && says(r.Log, o.Error) {
		return nil
	}
	return []difference{{key: "error", kind: proof.WrongExit, cause: fmt.Sprintf(
		"it ends with exit %d: %s; the original ends with the same code: %s", r.ExitCode, orNothing(r.Error), orNothing(o.Error))}}
}

// outputDiffers compares what two programs say at their end that did their work: a
// program that found nothing to do ends with 0 as well.
func outputDiffers(o, r proof.Start) []difference {
	was, is := lastWords(o.Log), lastWords(r.Log)
	if sameLine(was, is) || says(o.Log, is) && says(r.Log, was) {
		return nil
	}
	return []difference{{key: "output content", varies: true, kind: proof.WrongAnswer, subject: "output", cause: fmt.Sprintf(
		"it ends with exit 0 as the original does, its last words are %q instead of %q", is, was)}}
}

// says reports whether a log has a line.
func says(log, line string) bool {
	for have := range strings.Lines(log) {
		if sameLine(have, line) {
			return true
		}
	}
	return false
}

func orNothing(text string) string {
	if text == "" {
		return "without a word"
	}
	return text
}

// ephemeral reports whether a port's number is one that the kernel chose
// (net.ipv4.ip_local_port_range: 32768 to 60999).
func ephemeral(port string) bool { n := portNumber(port); return 32768 <= n && n <= 60999 }

// renamed maps ports of one run of the original to the ones of the rewrite: the kernel's
// own choices, which another run does not have, as many of them, one to one in order.
func renamed(original, again, rewritten []string) map[string]string {
	only := func(ports, others []string) (all []string) {
		for _, p := range ports {
			if ephemeral(p) && !slices.Contains(others, p) {
				all = append(all, p)
			}
		}
		return all
	}
	names := map[string]string{}
	mine, theirs := only(original, again), only(rewritten, original)
	if len(mine) == len(theirs) {
		for i, p := range mine {
			names[p] = theirs[i]
		}
	}
	return names
}

func portsDiffer(o, r proof.Start, names map[string]string) []difference {
	var all []difference
	expected := map[string]bool{}
	for _, port := range o.Ports {
		theirs := cmp.Or(names[port], port)
		expected[theirs] = true
		d := difference{key: "port " + port, kind: proof.WrongPort, subject: port}
		switch {
		case !slices.Contains(r.Ports, theirs):
			d.cause = fmt.Sprintf("nothing listens on %s, the original does", port)
		case slices.Contains(r.Loopback, theirs) && !slices.Contains(o.Loopback, port):
			d.cause = fmt.Sprintf("%s listens on the loopback address alone, in the original on all", port)
		default:
			continue
		}
		all = append(all, d)
	}
	for _, port := range r.Ports {
		if !expected[port] {
			all = append(all, difference{key: "port " + port, kind: proof.WrongPort, subject: port,
				cause: fmt.Sprintf("it listens on %s as well, the original does not", port)})
		}
	}
	return all
}

func healthDiffers(o, r proof.Start) []difference {
	switch {
	case r.Health == nil && o.Health == nil, r.Health != nil && r.Health.ExitCode == 0:
		return nil
	case r.Health == nil:
		if o.Health.ExitCode != 0 {
			return nil // it never passed: nothing is lost
		}
		return []difference{{key: "health", kind: proof.WrongConfig, subject: "Healthcheck", cause: "it has no HEALTHCHECK, the original's passes"}}
	case o.Health != nil && o.Health.ExitCode == r.Health.ExitCode:
		return nil
	}
	d := difference{key: "health", kind: proof.WrongAnswer, subject: "HEALTHCHECK"}
	if kind, subject := rewrite.Diagnose(r.Health.Output); kind != proof.Other {
		d.kind, d.subject = kind, subject
	} else if r.Health.ExitCode == 127 {
		d.kind = proof.MissingCommand
	}
	was := "the original has none"
	if o.Health != nil {
		was = "the original's " + outcome(o.Health.ExitCode)
	}
	d.cause = strings.TrimSuffix(fmt.Sprintf("its HEALTHCHECK %s, %s: %s", outcome(r.Health.ExitCode), was, lastWords(r.Health.Output)), ": ")
	return []difference{d}
}

func outcome(code int) string {
	switch code {
	case 0:
		return "passes"
	case -1:
		return "does not end in time"
	}
	return fmt.Sprintf("fails with exit %d", code)
}

// failureOf is the first difference as a failure. Where the rewrite's log knows better
// what is wrong, and the original's does not say the same, that is its kind.
func failureOf(o, r proof.Start, found []difference) *proof.Failure {
	if len(found) == 0 {
		return nil
	}
	d := found[0]
	f := &proof.Failure{Step: proof.StepStart, Kind: d.kind, Subject: d.subject, Cause: firstRunes(d.cause, 600), Tail: r.Log}
	if strings.HasPrefix(d.key, "health") {
		if r.Health != nil {
			f.Tail = r.Health.Output
		}
		return f
	}
	kind, subject := diagnoseStart(r)
	if kind == proof.Other {
		return f
	}
	if was, of := diagnoseStart(o); was == kind && of == subject {
		return f
	}
	f.Kind, f.Subject = kind, subject
	return f
}

// diagnoseStart names what is wrong with a start, from the line that says why it ended
// or from all of its log.
func diagnoseStart(s proof.Start) (proof.Kind, string) {
	if s.Error != "" {
		if kind, subject := rewrite.Diagnose(s.Error); kind != proof.Other {
			return kind, subject
		}
	}
	if s.State == proof.NotStartable {
		if kind, subject := refusal(s.Error); kind != proof.Other {
			return kind, subject
		}
	}
	return rewrite.Diagnose(s.Log)
}

// comparablePath is a path without what a bundler puts a hash into.
func comparablePath(path string) string { return string(probe.Normalise([]byte(path))) }

// list is "8080/tcp and 8443/tcp".
func list(ports []string) string {
	if len(ports) < 2 {
		return strings.Join(ports, "")
	}
	return strings.Join(ports[:len(ports)-1], ", ") + " and " + ports[len(ports)-1]
}
