package compiled

import (
	"encoding/json"
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

// ExecForm writes a command as Docker's exec form.
func ExecForm(argv []string) string {
	parts := make([]string, len(argv))
	for i, a := range argv {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(a) // a string always encodes
		parts[i] = strings.TrimSpace(b.String())
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Trimmed is a span without blanks at its end.
func Trimmed(f *dockerfile.File, s dockerfile.Span) dockerfile.Span {
	text := strings.TrimRight(f.Text(s), " \t\r\n")
	return dockerfile.Span{Start: s.Start, End: s.Start + len(text)}
}

// Mentions reports $NAME or ${NAME… in a text.
func Mentions(text, name string) bool {
	for _, ref := range []string{"$" + name, "${" + name} {
		for at := 0; ; {
			i := strings.Index(text[at:], ref)
			if i < 0 {
				break
			}
			at += i + len(ref)
			if at == len(text) || !WordByte(text[at]) {
				return true
			}
		}
	}
	return false
}

// WordByte reports a byte of a name in a shell.
func WordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
