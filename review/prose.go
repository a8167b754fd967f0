package review

import (
	"regexp"
	"strings"
)

// proseReader follows a comment line by line and tells which lines are plain
// text. In doubt a line is not: a command that is overlooked costs a second
// comment, one that was only quoted costs trust.
type proseReader struct {
	fence   string // that is open: its marks, "" where none is
	indent  int    // of the list item that the fence is in: less of it ends both
	comment bool   // an HTML comment is open
	raw     string // the raw HTML element that is open, such as pre
}

var (
	// fenceOpen is a code fence, also behind list markers, see
	// https://spec.commonmark.org/0.31.2/#fenced-code-blocks.
	fenceOpen = regexp.MustCompile("^([ \t]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*)(`{3,}|~{3,})(.*)$")
	rawOpen   = regexp.MustCompile(`(?i)<(pre|script|style|textarea|code|blockquote|details)\b`)
)

// prose takes the next line and reports whether it is plain text.
func (r *proseReader) prose(line string) bool {
	if r.fence != "" && indentOf(line) < r.indent {
		r.fence = ""
	}
	switch {
	case r.fence != "":
		if closesFence(line, r.fence) {
			r.fence = ""
		}
		return false
	case r.comment:
		r.comment = !strings.Contains(line, "-->")
		return false
	case r.raw != "":
		if strings.Contains(strings.ToLower(line), "</"+r.raw) {
			r.raw = ""
		}
		return false
	}
	if strings.HasPrefix(strings.TrimLeft(line, " \t"), ">") || strings.HasPrefix(line, "\t") {
		return false
	}
	if m := fenceOpen.FindStringSubmatch(line); m != nil && (m[2][0] == '~' || !strings.Contains(m[3], "`")) {
		r.fence, r.indent = m[2], 0
		if strings.Trim(m[1], " \t") != "" {
			r.indent = len(m[1])
		}
		return false
	}
	if i := strings.LastIndex(line, "<!--"); i >= 0 {
		r.comment = !strings.Contains(line[i+4:], "-->")
		return false
	}
	if m := rawOpen.FindStringSubmatch(line); m != nil {
		if name := strings.ToLower(m[1]); !strings.Contains(strings.ToLower(line), "</"+name) {
			r.raw = name
		}
		return false
	}
	return true
}

// indentOf is a line's indentation; an empty line has as much as is needed.
func indentOf(line string) int {
	rest := strings.TrimLeft(line, " \t")
	if rest == "" {
		return maxComment
	}
	return len(line) - len(rest)
}

// closesFence reports whether a line ends the code that a fence opened: as many
// of the same marks or more, and nothing else.
func closesFence(line, fence string) bool {
	s := strings.Trim(line, " \t")
	return len(s) >= len(fence) && strings.Trim(s, fence[:1]) == ""
}

// splitLines splits at LF, CRLF and CR, as Markdown does.
func splitLines(s string) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
}
