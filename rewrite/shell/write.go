package shell

import (
	"encoding/json"
	"strings"
)

// ExecForm writes a command as Docker's exec form.
// See https://docs.docker.com/reference/dockerfile/#shell-and-exec-form.
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
