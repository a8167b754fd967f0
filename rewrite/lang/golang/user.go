package golang

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// reWritten are names of files that are written by whoever names them.
var reWritten = regexp.MustCompile(`^[\w./-]{1,80}\.(log|db|sqlite|sqlite3|pid|lock)$`)

// rePort finds a listen address without a host, or with one, in a string.
var rePort = regexp.MustCompile(`^[\w.\[\]:-]*:(\d{1,5})$`)

// chooseUser adds a user only where nothing shows that the program needs root
// (H89, H90): no file is written, no low port, no volume, no rights of root's.
func (d *design) chooseUser() *plan.Refusal {
	defer d.SettleTag()
	if d.In.End.User != "" || d.AuthorUser() {
		return nil
	}
	at, why := d.rootNeeded()
	if d.In.Hints.NoUser && why == "" {
		at, why = d.In.Hints.Why, d.In.Hints.Why.Text
	}
	if why == "" {
		d.User = compiled.User{NonRoot: !d.Runtime.Shell}
		if !d.User.NonRoot {
			d.Fact("user-kept-root", plan.Evidence{Line: d.In.File.Line(d.In.Stage.From), Text: "nothing shows that the program needs root"}, "A numeric USER may be added after a trial")
		}
		return nil
	}
	at.Text = why
	d.Fact("user-kept-root", at, "")
	return nil
}

// rootNeeded is the first sign that the program needs root.
func (d *design) rootNeeded() (plan.Evidence, string) {
	if len(d.source.writes) > 0 {
		at := d.source.writes[0]
		return at, "the program " + at.Text
	}
	for _, name := range compiled.SortedKeys(d.source.imports) {
		for _, table := range []map[string]string{writingImports, rootImports} {
			if why, ok := table[name]; ok {
				return d.source.imports[name], "the program " + why
			}
		}
	}
	if at, ok := d.source.traits["home"]; ok || d.source.env["HOME"] {
		return at, "the program uses its home directory"
	}
	if at, why := d.ImageNeedsRoot(); why != "" {
		return at, why
	}
	if at, why := d.namesNeedRoot(); why != "" {
		return at, why
	}
	if at, ok := d.source.traits["listens"]; ok && !d.highPort() {
		return at, "the program listens on a port that is not in its code, which may be below 1024"
	}
	return plan.Evidence{}, ""
}

// namesNeedRoot looks at the strings of the sources.
func (d *design) namesNeedRoot() (plan.Evidence, string) {
	for _, lit := range d.source.literals {
		if m := rePort.FindStringSubmatch(lit.text); m != nil {
			if port, err := strconv.Atoi(m[1]); err == nil && port > 0 && port < 1024 && (strings.HasPrefix(lit.text, ":") || strings.HasPrefix(lit.text, "0.0.0.0:")) {
				return plan.Evidence{}, fmt.Sprintf("it listens on port %d", port)
			}
		}
		if reWritten.MatchString(lit.text) {
			return plan.Evidence{}, "the program names " + lit.text + ", which it may write"
		}
		if strings.Contains(lit.text, "/var/run/docker.sock") {
			return plan.Evidence{}, "it talks to Docker's socket"
		}
	}
	return plan.Evidence{}, ""
}

// reHighPort is a port, or an address that ends in one.
var reHighPort = regexp.MustCompile(`^(?:[\w.\[\]-]*:)?(\d{4,5})$`)

// highPort reports that the file, a service or the code names a port from 1024 on.
func (d *design) highPort() bool {
	high := func(text string) bool {
		m := reHighPort.FindStringSubmatch(text)
		if m == nil {
			return false
		}
		port, err := strconv.Atoi(m[1])
		return err == nil && port >= 1024 && port < 65536
	}
	for _, it := range d.In.Items {
		switch it.Keyword {
		case "EXPOSE":
			for _, v := range it.Values() {
				if high(strings.SplitN(dockerfile.Expand(v, it.Scope.Vars), "/", 2)[0]) {
					return true
				}
			}
		case "ENV":
			for _, p := range it.Pairs {
				if high(dockerfile.Unquote(p.Value)) {
					return true
				}
			}
		}
	}
	for _, s := range d.Services {
		for _, p := range s.Ports {
			if high(p[strings.LastIndexByte(p, ':')+1:]) {
				return true
			}
		}
	}
	for _, lit := range d.source.literals {
		if high(lit.text) {
			return true
		}
	}
	return false
}
