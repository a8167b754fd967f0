package buildkit

import (
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/app/buildkit/probe"
)

// startup are the words in which runc and BuildKit refuse to start a process. runc
// writes them into the process' own output and exits with 1, where Docker's exit code
// is 126 or 127.
var startup = regexp.MustCompile(`(?m)(?:^|: )(?:runc run failed: )?unable to start container process: (.+)$` +
	`|^(exec /?\S+: (?:no such file or directory|exec format error|permission denied|is a directory))$` +
	`|(unable to find (?:user|group) .+?|no matching entries in (?:passwd|group) file)(?:: unknown)?$` +
	`|^` + regexp.QuoteMeta(probe.CannotStart) + `(.+)$`)

// notStarted says why a process was not started at all, false where it was. An
// application may print such words as well, of another program: then they are not all
// that was printed.
func notStarted(code int, text string) (string, bool) {
	text = strings.TrimSpace(plain(text))
	if code == 0 || strings.Count(text, "\n") > 2 {
		return "", false
	}
	m := startup.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return firstRunes(strings.TrimSpace(m[1]+m[2]+m[3]+m[4]), 300), true
}

// reasons are the lines that say why a program ended, the surest first. The first line
// that one of them fits is taken, or the last where the reason comes last.
var reasons = []struct {
	match *regexp.Regexp
	last  bool
	next  bool // the line after it says more
}{
	{match: regexp.MustCompile(`error while loading shared libraries: |Error loading shared library |version .?GLIBC(XX)?_\S+ not found|symbol not found|symbol lookup error`)},
	{match: regexp.MustCompile(`^panic: |^fatal error: |^goroutine stack exceeds`)},    // Go
	{match: regexp.MustCompile(`thread '.*' (\(\d+\) )?panicked at .*:$`), next: true}, // Rust since 1.73
	{match: regexp.MustCompile(`thread '.*' panicked at `)},                            // Rust before
	{match: regexp.MustCompile(`^Caused by: `), last: true},                            // Java
	{match: regexp.MustCompile(`^Exception in thread |^Error: (Could not find|Unable to access) |no main manifest attribute|UnsupportedClassVersionError`)},
	{match: regexp.MustCompile(`^\s*(Uncaught |Unhandled )?([A-Za-z_$][\w$.]*)?(Error|Exception)( \[\w+\])?: \S`)}, // Node, .NET
	{match: regexp.MustCompile(`\((LoadError|NameError|[A-Z]\w*Error|[A-Z]\w*::\w+)\)$`)},                          // Ruby
	{match: regexp.MustCompile(`PHP Fatal error: |^Fatal error: |PHP Warning: .*Failed opening`)},
	{match: regexp.MustCompile(`(: (not found|command not found|No such file or directory|[Pp]ermission denied|cannot execute)|Exec format error)$|can't open file '`)},
	{match: regexp.MustCompile(`(?i)\b(fatal|emerg|panic|critical)\b`)},
	{match: regexp.MustCompile(`(?i)\berror\b|\bcannot\b|\bcould not\b|\bfailed\b|\bunable to\b|permission denied|no such file|not found|missing`)},
}

// firstError is the first line of a log that says why a program ended; where none does,
// the last line that is not empty.
func firstError(log string) string {
	lines := strings.Split(strings.TrimSpace(plain(log)), "\n")
	if line := traceback(lines); line != "" {
		return firstRunes(line, 300)
	}
	for _, reason := range reasons {
		found := ""
		for i, line := range lines {
			if !reason.match.MatchString(line) || strings.HasPrefix(strings.TrimSpace(line), "at ") {
				continue
			}
			found = strings.TrimSpace(line)
			if reason.next && i+1 < len(lines) {
				found += " " + strings.TrimSpace(lines[i+1])
			}
			if !reason.last {
				break
			}
		}
		if found != "" {
			return firstRunes(found, 300)
		}
	}
	return firstRunes(lastWords(log), 300)
}

// traceback is the last line of Python's first traceback, or of the last one of those
// that were raised while the first was handled.
func traceback(lines []string) string {
	found, inside := "", false
	for _, line := range lines {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "Traceback (most recent call last)"):
			inside = true
		case strings.HasPrefix(line, "During handling of the above exception"), strings.HasPrefix(line, "The above exception was the direct cause"):
			found = ""
		case inside && line != "" && line[0] != ' ' && line[0] != '\t':
			if found == "" {
				found = strings.TrimSpace(line)
			}
			inside = false
		}
	}
	return found
}

var (
	position  = regexp.MustCompile(`:\d+(:\d+)?\b|, line \d+|\bline \d+`)
	installed = regexp.MustCompile(`[^\s"'(]*/(site-packages|dist-packages|node_modules)/`)
)

// sameLine reports whether two lines of logs say the same: without what differs from run
// to run, places in a source file, and the folder that packages are installed in.
func sameLine(a, b string) bool { return essence(a) == essence(b) }

func essence(line string) string {
	line = installed.ReplaceAllString(line, "$1/")
	line = position.ReplaceAllString(line, "")
	return strings.Join(strings.Fields(string(probe.Normalise([]byte(line)))), " ")
}
