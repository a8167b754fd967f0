package buildkit

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ansi are the terminal sequences that tools colour their output with.
var ansi = regexp.MustCompile("\x1b(\\[[0-9;?]*[A-Za-z]|\\][^\x07]*\x07|[()][A-Z0-9])")

// plain is a log without colours, control characters and what a carriage return wrote
// over, in valid UTF-8.
func plain(log string) string {
	log = ansi.ReplaceAllString(strings.ToValidUTF8(log, "�"), "")
	list := strings.Split(strings.ReplaceAll(log, "\r\n", "\n"), "\n")
	for i, line := range list {
		line = strings.TrimRight(line, "\r")
		if at := strings.LastIndexByte(line, '\r'); at >= 0 {
			line = line[at+1:]
		}
		list[i] = strings.Map(func(r rune) rune {
			if r != '\t' && unicode.IsControl(r) {
				return -1
			}
			return r
		}, line)
	}
	return strings.Join(list, "\n")
}

// tail is the last lines of a log, each cut to a length that can be read.
func tail(log string, n int) string {
	list := strings.Split(strings.TrimSpace(plain(log)), "\n")
	if len(list) > n {
		list = list[len(list)-n:]
	}
	for i := range list {
		list[i] = firstRunes(list[i], 300)
	}
	return strings.Join(list, "\n")
}

// noise are lines at the end of a log that say less than those before.
var noise = regexp.MustCompile(`(?i)^(npm (err!|error|warn|notice)( |$)|\[output clipped|info Visit |error Command failed|make: \*\*\*|note: |To see the|\[ERROR\] (Re-run|To see|For more|\[Help|-> \[Help)|Exiting|> |(Compiling|Checking) \S+ v\d|Finished (\x60|release|dev)|Running \x60|Blocking waiting|Download(ing|ed) |Updating (crates\.io|git)|Locking \d|\s*at .*[(:]|-+$)`)

// npmReason finds the line of npm's own errors that says what it is about. It comes
// first, after a code.
var npmReason = regexp.MustCompile(`(?im)^npm (?:err!|error) +((?:code|errno|syscall|path|command|cwd|dest)\b.*|A complete log.*)?(.*)$`)

// lastWords is the last line of a log that says something. npm speaks last, of what its
// script has said before: it is asked where nobody else says anything.
func lastWords(log string) string {
	text := strings.TrimSpace(plain(lastBytes(log, 16<<10)))
	list := strings.Split(text, "\n")
	for i := len(list) - 1; i >= 0; i-- {
		line := strings.TrimSpace(list[i])
		if line != "" && !noise.MatchString(line) {
			return firstRunes(line, 200)
		}
	}
	for _, m := range npmReason.FindAllStringSubmatch(text, -1) {
		if m[2] != "" {
			return firstRunes(strings.TrimSpace(m[2]), 200)
		}
	}
	return ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(line)
}

// firstRunes cuts a text to n runes and says so.
func firstRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n])) + "…"
}

func lastBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[len(s)-n:]
}

// lineAt is the line of a text that holds a byte.
func lineAt(s string, at int) string {
	start := strings.LastIndexByte(s[:at], '\n') + 1
	line, _, _ := strings.Cut(s[start:], "\n")
	return firstRunes(strings.TrimSpace(plain(line)), 200)
}
