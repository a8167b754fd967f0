package dockerfile

import (
	"regexp"
	"strings"
)

var reDirective = regexp.MustCompile(`^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$`)

// directives reads the parser directives at the very top, which end at the first
// line that is not one, or that names one again.
// See https://docs.docker.com/reference/dockerfile/#parser-directives.
func (f *File) directives() []Directive {
	var found []Directive
	for n := 1; n <= len(f.lines); n++ {
		span := f.lines.span(n, n, len(f.Source))
		line := strings.TrimPrefix(strings.TrimRight(f.Text(span), "\r\n"), "\ufeff")
		m := reDirective.FindStringSubmatch(line)
		if m == nil {
			break
		}
		name := strings.ToLower(m[1])
		known := name == "syntax" || name == "escape" || name == "check"
		if !known {
			break
		}
		found = append(found, Directive{Name: name, Value: m[2], Span: span})
	}
	return found
}
