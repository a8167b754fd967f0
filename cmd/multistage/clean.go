package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// clean makes one line of text from a build or a repository harmless for a terminal:
// escape sequences, control characters and what turns the direction of writing are
// taken out, white space is one blank, and what is no UTF-8 becomes a question mark.
func clean(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == 0x1b {
			i += escapeLen(s[i:])
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == utf8.RuneError && n <= 1:
			b.WriteByte('?')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// cleanLines is clean for each line of a text; empty lines at its ends are dropped.
func cleanLines(s string) []string {
	var lines []string
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		if i := strings.LastIndexByte(line, '\r'); i >= 0 {
			line = line[i+1:] // a progress bar was drawn over itself: its last state counts
		}
		lines = append(lines, clean(line))
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// escapeLen is the length of the escape sequence at the start of s: CSI to its final
// byte, OSC and its like to BEL or ST, of others two bytes. One that does not end is
// the rest of the text. See ECMA-48, 5.4 and 5.6.
func escapeLen(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[':
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
		return len(s)
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
		}
		return len(s)
	}
	_, n := utf8.DecodeRuneInString(s[1:])
	return 1 + n
}

// columns is the most that a text takes on a terminal. What may be wide counts as
// wide: a line that is too short does no harm, one that wraps spoils the redrawing.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r < 0x2000, r >= 0x2e80, r >= 0x231a && r <= 0x23ff:
		return 2
	}
	return 1
}

// cut shortens a text to a number of columns, with an ellipsis.
func cut(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	n := 0
	for i, r := range s {
		if n += runeColumns(r); n > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// pad fills a text with blanks to a number of columns.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-columns(s)))
}

// seconds is a duration for people: "0.4s", "12.3s", "2m05s", "1h02m".
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	switch {
	case d < 0:
		return "0.0s"
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		whole := int(d.Seconds() + 0.5)
		return fmt.Sprintf("%dm%02ds", whole/60, whole%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// milliseconds is seconds, finer for what takes less than one.
func milliseconds(s float64) string {
	if s >= 0 && s < 0.9995 {
		return fmt.Sprintf("%.0fms", 1000*s)
	}
	return seconds(s)
}

// size is a number of bytes for people, in the decimal units of registries.
func size(n int64) string {
	switch f := float64(n); {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 999_950:
		return fmt.Sprintf("%.1f kB", f/1e3)
	case n < 999_950_000:
		return fmt.Sprintf("%.1f MB", f/1e6)
	default:
		return fmt.Sprintf("%.2f GB", f/1e9)
	}
}

// saved is the part by which after is smaller than before, in per cent; ok is false
// where there is nothing to compare with.
func saved(before, after int64) (percent float64, ok bool) {
	if before <= 0 || after < 0 {
		return 0, false
	}
	return 100 * (1 - float64(after)/float64(before)), true
}

// savedText is saved for people: "−92 %", "+3 %", "" for nothing to say.
func savedText(before, after int64) string {
	percent, ok := saved(before, after)
	switch {
	case !ok:
		return ""
	case percent >= 99.5 && after > 0:
		return "−99 %" // what is there is not nothing
	case percent > -0.5 && percent < 0.5:
		return "±0 %"
	case percent < 0:
		return fmt.Sprintf("+%.0f %%", -percent)
	}
	return fmt.Sprintf("−%.0f %%", percent)
}
