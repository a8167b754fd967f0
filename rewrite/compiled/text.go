package compiled

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
)

// Quote writes a word for a shell.
func Quote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\"'$`\\*?[]{}()<>|&;#~!") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Trimmed is a span without blanks at its end.
func Trimmed(f *dockerfile.File, s dockerfile.Span) dockerfile.Span {
	text := strings.TrimRight(f.Text(s), " \t\r\n")
	return dockerfile.Span{Start: s.Start, End: s.Start + len(text)}
}
