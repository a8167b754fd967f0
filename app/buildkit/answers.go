package buildkit

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// answersDiffer compares the answers on ports that both listen on. The files of a page
// are found again by their names without hashes.
func answersDiffer(o, r proof.Start, names map[string]string) []difference {
	theirs := map[string][]proof.Answer{}
	for _, a := range r.Answers {
		key := a.Port + " " + comparablePath(a.Path)
		theirs[key] = append(theirs[key], a)
	}
	var all []difference
	for _, port := range o.Ports {
		mapped := cmp.Or(names[port], port)
		if !slices.Contains(r.Ports, mapped) {
			continue
		}
		for _, a := range o.Answers {
			if a.Port != port {
				continue
			}
			key := mapped + " " + comparablePath(a.Path)
			if len(theirs[key]) == 0 {
				all = append(all, notAsked(a, r, mapped)...)
				continue
			}
			all = append(all, answerDiffers(a, theirs[key][0])...)
			theirs[key] = theirs[key][1:]
		}
	}
	slices.SortStableFunc(all, func(a, b difference) int { return cmp.Compare(weight(a), weight(b)) })
	return all
}

// weight puts a page before its files, and what a server says before what it contains.
func weight(d difference) int {
	switch {
	case strings.HasSuffix(d.key, "content"):
		return 1
	case strings.HasSuffix(d.key, "file"):
		return 2
	}
	return 0
}

// notAsked is an answer of the original that the rewrite has no match of: the port
// speaks another protocol, or the page does not name the file.
func notAsked(a proof.Answer, r proof.Start, port string) []difference {
	d := difference{key: thing(a) + " protocol", kind: proof.WrongAnswer, subject: thing(a)}
	for _, b := range r.Answers {
		if b.Port != port {
			continue
		}
		if b.Protocol != a.Protocol {
			d.cause = fmt.Sprintf("%s speaks %s instead of %s", a.Port, protocol(b.Protocol), protocol(a.Protocol))
			return []difference{d}
		}
		d.key, d.varies = thing(a)+" file", true
		d.cause = fmt.Sprintf("the page on %s does not load %s, the original's does", a.Port, a.Path)
		return []difference{d}
	}
	d.cause = fmt.Sprintf("nothing answers on %s, in the original something does", a.Port)
	return []difference{d}
}

func protocol(name string) string {
	switch name {
	case "http":
		return "HTTP"
	case "https":
		return "HTTPS"
	}
	return "another protocol than HTTP"
}

func thing(a proof.Answer) string {
	if a.Path == "" {
		return a.Port
	}
	return a.Port + " GET " + a.Path
}

// answerDiffers compares two answers to the same question.
func answerDiffers(o, r proof.Answer) []difference {
	d := difference{key: thing(o), kind: proof.WrongAnswer, subject: thing(o)}
	asked := fmt.Sprintf("GET %s on %s", o.Path, o.Port)
	switch {
	case o.Protocol != r.Protocol:
		d.cause = fmt.Sprintf("%s speaks %s instead of %s", o.Port, protocol(r.Protocol), protocol(o.Protocol))
	case o.Status != r.Status || o.Type != r.Type:
		d.cause = fmt.Sprintf("%s answers %s instead of %s", asked, answered(r), answered(o))
	case o.Location != r.Location:
		d.cause = fmt.Sprintf("%s redirects to %s instead of %s", asked, orNone(r.Location), orNone(o.Location))
	case o.Digest != r.Digest && comparablePath(o.Path) == o.Path:
		// A file with a hash in its name says what is in it by its name.
		d.key, d.varies = d.key+" content", true
		d.cause = fmt.Sprintf("%s answers %s as the original does, with another content: %s", asked, answered(r), contents(o, r))
	case (o.Length == 0) != (r.Length == 0):
		d.cause = fmt.Sprintf("%s answers %d bytes instead of %d", asked, r.Length, o.Length)
	default:
		return nil
	}
	return []difference{d}
}

func answered(a proof.Answer) string {
	if a.Status == 0 {
		return "nothing"
	}
	return strings.TrimSpace(strconv.Itoa(a.Status) + " " + a.Type)
}

func orNone(text string) string {
	if text == "" {
		return "nowhere"
	}
	return text
}

// contents shows where two bodies part, or their lengths.
func contents(o, r proof.Answer) string {
	a, b := []rune(o.Body), []rune(r.Body)
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	if at == len(a) && at == len(b) {
		return fmt.Sprintf("%d bytes instead of %d", r.Length, o.Length)
	}
	from := max(0, at-20)
	show := func(text []rune) string {
		return strconv.Quote(firstRunes(strings.Join(strings.Fields(string(text[min(from, len(text)):])), " "), 60))
	}
	return show(b) + " instead of " + show(a)
}

// checks are what was compared, for the checklist.
func checks(o, r proof.Start, found []difference, varies map[string]bool) []proof.Check {
	failed := func(prefixes ...string) (string, bool) {
		for _, d := range found {
			for _, p := range prefixes {
				if strings.HasPrefix(d.key, p) {
					return d.cause, false
				}
			}
		}
		return "", true
	}
	var all []proof.Check
	add := func(name, detail string, prefixes ...string) {
		if cause, ok := failed(prefixes...); !ok {
			all = append(all, proof.Check{Name: name, Detail: cause})
			return
		}
		for key := range varies {
			if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
				detail = strings.TrimPrefix(detail+"; varies from run to run in the original as well", "; ")
				break
			}
		}
		all = append(all, proof.Check{Name: name, Passed: true, Detail: detail})
	}
	switch o.State {
	case proof.NotStartable:
		add("cannot be started, as the original", o.Error, "state", "error")
		return all
	case proof.Exited:
		add(fmt.Sprintf("ends with exit %d, as the original", o.ExitCode), o.Error, "state", "exit", "error", "output")
		return all
	}
	add("starts", fmt.Sprintf("in %.1f s, the original in %.1f s", r.Seconds, o.Seconds), "state")
	if _, ok := failed("state"); !ok {
		return all
	}
	for _, port := range o.Ports {
		add("listens on "+port, "", "port "+port)
		if detail := summary(o, port); detail != "" {
			add("answers on "+port, detail, port)
		}
	}
	for _, port := range r.Ports {
		if cause, ok := failed("port " + port); !ok && !slices.Contains(o.Ports, port) {
			all = append(all, proof.Check{Name: "listens on no other port", Detail: cause})
		}
	}
	if r.Health != nil {
		add("passes its HEALTHCHECK", healthDetail(o, r), "health")
	}
	return append(all, stopCheck(o, r)...)
}

// summary says what a port answered.
func summary(s proof.Start, port string) string {
	for _, a := range s.Answers {
		if a.Port != port {
			continue
		}
		if a.Protocol == "other" {
			return "not HTTP, as the original"
		}
		n := 0
		for _, b := range s.Answers {
			if b.Port == port {
				n++
			}
		}
		text := fmt.Sprintf("GET %s: %s", a.Path, answered(a))
		if n > 1 {
			text += fmt.Sprintf(", and %d more alike", n-1)
		}
		return text
	}
	return ""
}

func healthDetail(o, r proof.Start) string {
	switch {
	case r.Health.ExitCode != 0:
		return outcome(r.Health.ExitCode) + ", as the original's"
	case o.Health == nil:
		return "the original has none"
	case o.Health.ExitCode != 0:
		return "the original's " + outcome(o.Health.ExitCode)
	}
	return ""
}

// stopCheck compares how both end when they are told to stop. It proves nothing of an
// image: what it shows may hang on the moment of the signal. A rewrite that is better
// at it than its original is as it should be.
func stopCheck(o, r proof.Start) []proof.Check {
	switch {
	case o.Stopped == "" || r.Stopped == "":
		return nil
	case r.Stopped == "killed" && o.Stopped != "killed":
		return []proof.Check{{Name: "stops when told to", Detail: "it must be killed, the original ends with " + o.Stopped}}
	case r.Stopped == "killed":
		return []proof.Check{{Name: "stops as the original", Passed: true, Detail: "both must be killed"}}
	case o.Stopped == "killed":
		return []proof.Check{{Name: "stops when told to", Passed: true, Detail: r.Stopped + "; the original must be killed"}}
	}
	return []proof.Check{{Name: "stops when told to", Passed: true, Detail: r.Stopped}}
}

// refusals are the words in which runc refuses to start a command, with what they are
// about.
var refusals = []struct {
	match *regexp.Regexp
	kind  proof.Kind
}{
	{regexp.MustCompile(`exec: "([^"]+)": (?:executable file not found|stat .*no such file)`), proof.MissingCommand},
	{regexp.MustCompile(`unable to find (?:user|group) ([^:\s]+)`), proof.NoUser},
	{regexp.MustCompile(`exec: "([^"]+)": (?:permission denied|is a directory)`), proof.NoPermission},
	{regexp.MustCompile(`exec (\S+): permission denied`), proof.NoPermission},
	{regexp.MustCompile(`exec (\S+): no such file or directory`), proof.WrongLibc}, // the file is there: its interpreter is not
	{regexp.MustCompile(`fork/exec (\S+): no such file or directory`), proof.WrongLibc},
}

// refusal names what runc's words are about.
func refusal(text string) (proof.Kind, string) {
	for _, r := range refusals {
		if m := r.match.FindStringSubmatch(text); m != nil {
			return r.kind, m[1]
		}
	}
	return proof.Other, ""
}
