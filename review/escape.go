package review

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Everything that comes from a pull request goes through Text, Prose, Code, Cell
// or Fence before it is part of something that we say. GitHub looks for mentions,
// references and links in what Markdown has rendered, so a backslash does not
// stop them; a zero-width space does. Code is not looked into.

// zeroWidth breaks a mention or reference without being seen.
const zeroWidth = "\u200b"

// escapes are for the characters that Markdown, HTML or GitHub's mathematics give
// a meaning, see https://spec.commonmark.org/0.31.2/#backslash-escapes. Entities
// stand where a backslash would not do: in HTML, in a table and before a dollar.
var escapes = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&vert;", "$", "&dollar;", "\\", "&bsol;",
	"`", "\\`", "*", "\\*", "_", "\\_", "~", "\\~", "[", "\\[", "]", "\\]", "!", "\\!",
	"@", "@"+zeroWidth, "#", "#"+zeroWidth,
)

// mentions are what starts a mention or a reference.
var mentions = strings.NewReplacer("@", "@"+zeroWidth, "#", "#"+zeroWidth)

var (
	// schemes start a link without any mark, see
	// https://github.github.com/gfm/#autolinks-extension-.
	schemes = regexp.MustCompile(`(?i)(www)(\.)|(:)(//)|\b(mailto|xmpp)(:)`)
	// ghReference is the third form of a reference, beside #1 and SHAs, see
	// https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls.
	ghReference = regexp.MustCompile(`(?i)\b(gh)-([0-9])`)
	hexWord     = regexp.MustCompile(`(?i)[0-9a-f]{7,}`)
	// lineStart is what opens a list, a heading or a rule at the start of a line.
	lineStart = regexp.MustCompile(`^(\s*)([0-9]{0,9})([-+=.)])`)
)

// Text is s as plain text on one line of Markdown: no mark, mention, reference,
// link, image or HTML in it means anything. Control characters are shown.
func Text(s string) string { return text(strings.TrimSpace(oneLine(s))) }

func text(s string) string {
	return lineStart.ReplaceAllString(escapes.Replace(unlinked(visible(s))), `$1$2\$3`)
}

// Plain is s on one line without marks, mentions or references, for what is not
// Markdown: a commit's message, in which GitHub looks for both and for words that
// close an issue.
func Plain(s string) string {
	return mentions.Replace(unlinked(visible(strings.TrimSpace(oneLine(s)))))
}

// unlinked breaks what becomes a link without any mark.
func unlinked(s string) string {
	s = hexWord.ReplaceAllStringFunc(s, func(w string) string {
		var b strings.Builder
		for len(w) > 6 { // a SHA has seven digits at least
			b.WriteString(w[:6] + zeroWidth)
			w = w[6:]
		}
		return b.String() + w
	})
	s = schemes.ReplaceAllString(s, "$1$3$5"+zeroWidth+"$2$4$6")
	return ghReference.ReplaceAllString(s, "$1-"+zeroWidth+"$2")
}

// Prose is a sentence that may hold code in backticks: the code stays code, the
// rest is Text. It is for the words of rules and evidence, which quote the pull
// request.
func Prose(s string) string {
	parts := strings.Split(strings.TrimSpace(oneLine(s)), "`")
	if len(parts)%2 == 0 {
		return Text(s)
	}
	var b strings.Builder
	for i, p := range parts {
		switch {
		case i%2 == 1 && strings.TrimSpace(p) != "":
			b.WriteString(Cell(p))
		case i%2 == 1:
			b.WriteString("\\`\\`")
		case p == "" && i > 0 && i < len(parts)-1:
			b.WriteString(zeroWidth) // two code spans in a row would be read as one
		default:
			b.WriteString(text(p))
		}
	}
	return b.String()
}

// Code is s as a code span on one line. An empty s gives an empty string.
func Code(s string) string {
	if s == "" {
		return ""
	}
	s = visible(oneLine(s))
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) != s {
		s = " " + s + " "
	}
	return fence + s + fence
}

// Cell is Code for a cell of a table, where a bar would end the cell even in a
// code span: then it is the HTML element with every mark as an entity.
func Cell(s string) string {
	if !strings.Contains(s, "|") {
		return Code(s)
	}
	var b strings.Builder
	for _, r := range visible(oneLine(s)) {
		if strings.ContainsRune("&<>|$\\`*_~[]!@#:.", r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return "<code>" + b.String() + "</code>"
}

// Fence is a fenced code block of content, byte for byte, that content cannot
// end. It ends with a line end.
func Fence(info, content string) string {
	fence := strings.Repeat("`", max(3, longestRun(content, '`')+1))
	if content != "" && !strings.HasSuffix(content, "\n") {
		content += "\n"
	}
	return fence + info + "\n" + content + fence + "\n"
}

// Log is the tail of a log in a code block: control characters are shown, except
// line ends and tabs.
func Log(tail string) string {
	lines := splitLines(strings.TrimRight(tail, "\n"))
	for i, l := range lines {
		lines[i] = visible(l)
	}
	return Fence("text", strings.Join(lines, "\n"))
}

// oneLine turns line ends into blanks.
func oneLine(s string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(s)
}

// visible writes what cannot be seen, or changes what is seen, as an escape:
// control characters, marks of direction and invisible ones, and bytes that are
// no text. Tabs stay.
func visible(s string) string {
	if !hidesText(s) {
		return s
	}
	var b strings.Builder
	for i, w := 0, 0; i < len(s); i += w {
		var r rune
		r, w = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && w <= 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			fmt.Fprintf(&b, `\u{%04x}`, r)
		default:
			b.WriteString(s[i : i+w])
		}
	}
	return b.String()
}

// hidesText reports whether visible would change s.
func hidesText(s string) bool {
	return !utf8.ValidString(s) || strings.IndexFunc(s, hidden) >= 0
}

// hidden are control and format characters (the marks of direction among them),
// line and paragraph separators, and what is private or no character.
func hidden(r rune) bool {
	return r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

// longestRun is the length of the longest run of c in s.
func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// firstRunes is s cut after n characters, with an ellipsis where it was cut.
func firstRunes(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return s[:i] + "…"
		}
		count++
	}
	return s
}
