package probe

import (
	"bytes"
	"regexp"
)

// A pattern is something that differs from one run of a program to the next though the
// program is the same.
type pattern struct {
	name    string
	re      *regexp.Regexp
	only    func(match []byte) bool // of the matches; nil takes all
	needs   string                  // a line without one of these bytes has no match; "" is any line
	example string
}

const digits = "0123456789"

// patterns are taken out one after the other, the more specific first.
var patterns = []pattern{
	{name: "colours of a terminal", needs: "\x1b", example: "\x1b[32mready\x1b[0m",
		re: regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)},
	{name: "nonce or token in an attribute", needs: `"`, example: `<script nonce="r4nd0m">`,
		re: regexp.MustCompile(`(?i)\b(?:nonce|csrf[_-]?token|xsrf[_-]?token|request[_-]?id|trace[_-]?id)"?\s*[=:]\s*"[^"\n]{0,512}"`)},
	{name: "UUID", needs: digits, example: "9b2f6c1e-4f0a-4d6e-8f53-0a1b2c3d4e5f",
		re: regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)},
	{name: "date of HTTP and of JavaScript", needs: digits, example: "Tue, 02 Jan 2024 03:04:05 GMT",
		re: regexp.MustCompile(`\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? (?:\d{1,2} [A-Z][a-z]{2}|[A-Z][a-z]{2} +\d{1,2}),? (?:\d{4} )?\d{1,2}:\d{2}:\d{2}(?: ?(?:GMT|UTC|[A-Z]{3,4})?(?:[+-]\d{4})?(?: \d{4})?(?: \([A-Za-z ]+\))?)?`)},
	{name: "date and time", needs: digits, example: "2024-01-02T03:04:05.678Z",
		re: regexp.MustCompile(`\d{4}[-/.]\d{2}[-/.]\d{2}(?:[T _]\d{2}[:_]\d{2}(?:[:_]\d{2})?(?:[.,_]\d+)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?`)},
	{name: "date of the United States", needs: digits, example: "1/2/2024, 3:04:05 AM",
		re: regexp.MustCompile(`\b\d{1,2}/\d{1,2}/\d{4}\b,?`)},
	{name: "time of day", needs: digits, example: "03:04:05.678",
		re: regexp.MustCompile(`\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?[AP]M\b)?Z?`)},
	{name: "day in a log of syslog's kind", needs: digits, example: "Jan  2 #",
		re: regexp.MustCompile(`\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} #`)},
	{name: "address with a port", needs: digits, example: "http://localhost:8080/",
		re: regexp.MustCompile(`(?:\blocalhost|\b127\.0\.0\.1|\b0\.0\.0\.0|\[::1?\]|\bbuildkitsandbox):\d{1,5}\b`)},
	{name: "address in memory", needs: digits, example: "<Server object at 0x7f0c2a>",
		re: regexp.MustCompile(`\b0x[0-9a-fA-F]{2,}\b`)},
	{name: "number of a process", needs: digits, example: "(node:17)",
		re: regexp.MustCompile(`(?i)\b(?:pid|process|worker|thread|goroutine)(?: id)?"?[=: ]{1,3}\[?\d+\]?|\(node:\d+\)|\[Nest\] \d+`)},
	{name: "number of a process before a level", needs: digits, example: "[7] [INFO]",
		re: regexp.MustCompile(`\[\d+\] \[?(?:DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL)\b`)},
	{name: "file of a temporary folder", needs: "/", example: "/tmp/build-1f3/x",
		re: regexp.MustCompile(`/(?:var/)?tmp/[^\s"'<>):,]+`)},
	{name: "identifier of a build of Next.js", needs: "/", example: "/_next/static/aB3dE6gH9/_buildManifest.js",
		re: regexp.MustCompile(`/_next/static/[A-Za-z0-9_-]{8,64}/_`)},
	{name: "hashed name of a bundler", needs: ".", example: "/assets/index-DiwrgTda.js",
		re:   regexp.MustCompile(`[-._][A-Za-z0-9_-]{8,64}\.(?:js|mjs|css|map|json|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|wasm)\b`),
		only: mixed},
	{name: "build identifier", needs: `"`, example: `"buildId":"development"`,
		re: regexp.MustCompile(`(?i)"build_?id"\s*:\s*"[^"\n]{0,128}"`)},
	{name: "eight hexadecimal digits or more", needs: digits, example: "W/1a2b3c4d",
		re: regexp.MustCompile(`\b[0-9a-fA-F]{8,}\b`), only: hasDigit},
	{name: "long token", example: "eyJhbGciOiJIUzI1NiJ9",
		re: regexp.MustCompile(`[A-Za-z0-9_-]{20,}`), only: mixed},
	{name: "duration", needs: digits, example: "ready in 350 ms",
		re: regexp.MustCompile(`\b\d+(?:[.,]\d+)?(?: ?(?:ns|µs|us|ms|milliseconds?|secs?|seconds?)|s|m\d+s)\b`)},
	{name: "fine decimal", needs: digits, example: `{"uptime":12.3456}`,
		re: regexp.MustCompile(`\b\d+\.\d{3,}\b`)},
}

// maxPasses bounds the work on text that is made to need many. Two are enough for what
// programs print.
const maxPasses = 64

// Normalise takes out what differs from run to run and puts a # in its place. It is
// idempotent, and what it gives is never longer than what it got. It goes line by line:
// that is some ten times as fast, and nothing of the kind goes over a line's end.
func Normalise(text []byte) []byte {
	normal := make([]byte, 0, len(text))
	for line := range bytes.Lines(text) {
		normal = append(normal, normaliseLine(line)...)
	}
	return normal
}

func normaliseLine(line []byte) []byte {
	for range maxPasses {
		changed := false
		for _, p := range patterns {
			if p.needs != "" && !bytes.ContainsAny(line, p.needs) {
				continue
			}
			if after := p.remove(line); !bytes.Equal(after, line) {
				line, changed = after, true
			}
		}
		if !changed {
			break
		}
	}
	return line
}

func (p pattern) remove(text []byte) []byte {
	return p.re.ReplaceAllFunc(text, func(match []byte) []byte {
		if p.only != nil && !p.only(match) {
			return match
		}
		return []byte("#")
	})
}

func hasDigit(match []byte) bool { return bytes.ContainsAny(match, digits) }

// mixed reports what no word is: letters and digits, or capitals within small letters.
func mixed(match []byte) bool {
	var digit, letter, inner bool
	for i, c := range match {
		switch {
		case '0' <= c && c <= '9':
			digit = true
		case 'a' <= c && c <= 'z':
			letter = true
		case 'A' <= c && c <= 'Z':
			letter = true
			inner = inner || i > 0 && 'a' <= match[i-1] && match[i-1] <= 'z'
		}
	}
	return letter && (digit || inner)
}
