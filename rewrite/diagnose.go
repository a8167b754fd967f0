package rewrite

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// A log is untrusted text of any size: its end is read, and of a line its beginning.
const (
	maxLog     = 64 << 10 // bytes of the log's end
	maxLogLine = 2 << 10  // bytes of a line
	maxSubject = 200      // bytes of a subject
)

// Diagnose names what a log of a build or of a container says that went wrong, and
// what it speaks of: see [proof.Kind] for what Subject is. The last line that says
// anything counts, since what comes before it may have been survived. A log that says
// nothing known, or that speaks of a full disk, is proof.Other: that is no fault of a
// Dockerfile.
//
// Only the last 64 KiB are read, in time linear to them. It is deterministic, and
// the subject is at most 200 bytes of one line of printable text.
func Diagnose(log string) (kind proof.Kind, subject string) {
	if len(log) > maxLog {
		log = log[len(log)-maxLog:]
	}
	lines := strings.Split(log, "\n")
	for i, line := range lines {
		lines[i] = clean(line)
		if noRoom(lines[i]) {
			return proof.Other, ""
		}
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if remark(lines[i]) {
			continue
		}
		for _, c := range causes {
			if kind, subject, ok := c.match(lines, i); ok {
				return kind, subject
			}
		}
	}
	return proof.Other, ""
}

var (
	reProcess = regexp.MustCompile(`process ".*" did not complete successfully`) // quotes the author's command
	reColour  = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")
	reRemark  = regexp.MustCompile(`(?i)^(?:#\d+ [\d.]+ )?\s*(?:npm (?:warn|notice)|warn(?:ing)?\b|\[warn(?:ing)?\]|deprecat|debug\b|info\b|hint\b)`)
	quoteMark = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`)
)

// clean is a line as it is looked at: without colours and control characters, with
// plain quotation marks, not longer than one needs.
func clean(line string) string {
	if len(line) > maxLogLine {
		line = line[:maxLogLine]
	}
	line = reColour.ReplaceAllString(strings.ToValidUTF8(line, ""), "")
	line = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, line)
	return reProcess.ReplaceAllString(quoteMark.Replace(line), "the process failed")
}

// noRoom reports a full disk. Watches of files that run out are called the same, and
// are no fault of a Dockerfile either.
func noRoom(line string) bool {
	lower := strings.ToLower(line)
	return strings.Contains(lower, "no space left on device") || strings.Contains(lower, "enospc") || strings.Contains(lower, "disk quota exceeded")
}

// remark reports a line that only warns.
func remark(line string) bool { return reRemark.MatchString(line) }

// cause is one row of the table: what a line says and what it means.
type cause struct {
	word    string // that the line has; saves the expression for most lines
	pattern *regexp.Regexp
	kind    proof.Kind
	// read refines kind and subject from the groups; nil takes the first group that
	// is not empty. ok is false where the line does not mean this after all.
	read func(m []string, lines []string, at int) (kind proof.Kind, subject string, ok bool)
}

func (c cause) match(lines []string, at int) (proof.Kind, string, bool) {
	line := lines[at]
	if !strings.Contains(line, c.word) {
		return "", "", false
	}
	m := c.pattern.FindStringSubmatch(line)
	if m == nil {
		return "", "", false
	}
	kind, subject, ok := c.kind, firstGroup(m), true
	if c.read != nil {
		kind, subject, ok = c.read(m, lines, at)
	}
	return kind, short(subject), ok
}

func firstGroup(m []string) string {
	for _, g := range m[1:] {
		if g != "" {
			return g
		}
	}
	return ""
}

func short(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxSubject {
		s = strings.ToValidUTF8(s[:maxSubject], "")
	}
	return s
}

// isPath reports a name that is looked up in the file system and not along PATH or in
// the folders of modules.
func isPath(name string) bool {
	return strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") || strings.HasPrefix(name, "file:")
}

// readModule tells a file of the project from a module, and node's own file URLs from
// names.
func readModule(m, _ []string, _ int) (proof.Kind, string, bool) {
	name := strings.TrimPrefix(firstGroup(m), "file://")
	if isPath(name) {
		return proof.MissingFile, name, true
	}
	return proof.MissingModule, name, true
}

// inSystemFolder reports a path at which programs of the system lie.
func inSystemFolder(name string) bool {
	switch path.Dir(name) {
	case "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin":
		return true
	}
	return false
}

// readCommand tells a command from a program that was named by its path, and a script
// of a package manager from both.
func readCommand(m, lines []string, at int) (proof.Kind, string, bool) {
	name := firstGroup(m)
	switch {
	case strings.HasPrefix(name, "-") || strings.ContainsAny(name, `"'$`):
		return "", "", false
	case strings.Contains(name, "/") && !inSystemFolder(name):
		return proof.MissingFile, name, true
	case lifecycleBefore(lines, at):
		return proof.Lifecycle, name, true
	}
	return proof.MissingCommand, name, true
}

// reLifecycle is how npm, pnpm and yarn announce a script that an install runs.
var reLifecycle = regexp.MustCompile(`(?:^|\s)> \S+ (?:pre|post)?(?:install|prepare)\s*$|(?:^|\s)(?:\. |\$ |\S+ )?(?:pre|post)(?:install|prepare)\$ |(?:^|\s)(?:\. )?prepare\$ `)

// lifecycleBefore reports that a line stands in the output of such a script.
func lifecycleBefore(lines []string, at int) bool {
	for i := at; i >= 0 && i >= at-12; i-- {
		if reLifecycle.MatchString(lines[i]) {
			return true
		}
	}
	return false
}

// readOpened is a file that could not be opened; a program that Python starts is
// missing under the same words.
func readOpened(m, lines []string, at int) (proof.Kind, string, bool) {
	name := firstGroup(m)
	if !strings.Contains(name, "/") && !strings.Contains(name, ".") {
		for i := at; i >= 0 && i >= at-30; i-- {
			if strings.Contains(lines[i], "subprocess.py") {
				return proof.MissingCommand, name, true
			}
		}
	}
	return proof.MissingFile, name, true
}

// readStarted is a program that another one could not start.
func readStarted(m, _ []string, _ int) (proof.Kind, string, bool) {
	name := firstGroup(m)
	if !strings.Contains(name, "/") || inSystemFolder(name) {
		return proof.MissingCommand, name, true
	}
	return proof.MissingFile, name, true
}

// readLibrary tells the C library itself from the others.
func readLibrary(m, _ []string, _ int) (proof.Kind, string, bool) {
	name := firstGroup(m)
	base := path.Base(name)
	if strings.HasPrefix(base, "ld-linux") || strings.HasPrefix(base, "ld-musl") || strings.HasPrefix(base, "libc.musl") {
		return proof.WrongLibc, base, true
	}
	return proof.MissingLibrary, base, true
}

// port is a port's name in the words of EXPOSE.
func port(number string) string { return number + "/tcp" }

func readBind(m, _ []string, _ int) (proof.Kind, string, bool) {
	return proof.NoPermission, port(firstGroup(m)), true
}

func readInUse(m, _ []string, _ int) (proof.Kind, string, bool) {
	return proof.WrongPort, port(firstGroup(m)), true
}
