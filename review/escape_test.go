package review_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/multistage-app/multistage/review"
)

// hostile is text that wants to do something.
var hostile = []string{
	"*b00000000_ ~~x",
	"000000000000 000000000000|000",
	"0www.0",
	"runs `a | b` and <c>, `<d|e>`",
	"@octocat", "ping @org/team!", "fixes #12", "closes org/repo#1", "GH-7", "gh-7",
	"deadbeefcafe", "0123456", "https://evil.example/x", "www.evil.example", "fixes https://github.com/o/r/issues/1",
	"mailto:a@b.example", "xmpp:a@b.example/x", "[x](https://evil.example)", "![x](https://evil.example/i.png)", "[x]: https://evil.example",
	"<img src=x onerror=alert(1)>", "</details>", "<!-- open", "--> closed", "<https://evil.example>",
	"a|b|c", "a\\|b", "a\\", "`code`", "``", "a`b", "` @octocat `", "```\nfence\n```", "~~~", "line\nbreak\r\nand\rmore",
	"# heading", "- list", "+ list", "* list", "1. list", "2) list", "> quote", "===", "---", "    code", "\tcode",
	"$x$ and $$y$$", "a\u202eb", "a\u200bb", "a\x00b\x1b[31m", "\xff\xfe", "&#64;octocat", "&commat;octocat", "&lt;", "[^1]", "[ ]",
	"*bold* _it_ ~~gone~~ **b**", "a  ", "\u2028x", ":::", "e\u0301", "日本語 @x",
}

var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM))

// tree parses Markdown and gives the kinds of its nodes and the text that GitHub
// looks for mentions and references in: all that is not code.
func tree(source string) (kinds map[ast.NodeKind]int, prose string) {
	kinds = map[ast.NodeKind]int{}
	var b strings.Builder
	code := false // within an element of code, where GitHub looks for neither
	src := []byte(source)
	doc := markdown.Parser().Parse(text.NewReader(src))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		kinds[n.Kind()]++
		if n.Kind() == ast.KindCodeSpan {
			return ast.WalkSkipChildren, nil
		}
		if raw, ok := n.(*ast.RawHTML); ok {
			switch string(raw.Segments.Value(src)) {
			case "<code>":
				code = true
			case "</code>":
				code = false
			}
		}
		if t, ok := n.(*ast.Text); ok && !code {
			b.WriteString(html.UnescapeString(string(t.Segment.Value(src))))
			b.WriteByte('\n')
		}
		return ast.WalkContinue, nil
	})
	return kinds, b.String()
}

// dangerous are the kinds of nodes that a stranger's text must never make.
var dangerous = []ast.NodeKind{
	ast.KindLink, ast.KindImage, ast.KindAutoLink, ast.KindRawHTML, ast.KindHTMLBlock, ast.KindHeading, ast.KindList,
	ast.KindBlockquote, ast.KindEmphasis, ast.KindFencedCodeBlock, ast.KindCodeBlock, ast.KindThematicBreak,
	extast.KindStrikethrough, extast.KindTaskCheckBox,
}

// reference is what GitHub makes a mention or reference of, in text that is not
// code; the zero-width space in ours keeps it from matching.
var reference = regexp.MustCompile(`(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|\b[0-9a-f]{7,40}\b|://|www\.[a-z0-9]`)

func checkInert(t *testing.T, what, in, out string) {
	t.Helper()
	if strings.ContainsAny(out, "\n\r") {
		t.Errorf("%s(%q) has several lines: %q", what, in, out)
	}
	if strings.IndexFunc(out, func(r rune) bool {
		return r != '\t' && r != '\u200b' && unicode.In(r, unicode.Cc, unicode.Cf)
	}) >= 0 {
		t.Errorf("%s(%q) hides a character: %q", what, in, out)
	}
	kinds, prose := tree(out)
	for _, k := range dangerous {
		if kinds[k] > 0 && !(k == ast.KindRawHTML && codeElements(what, out, kinds[k])) {
			t.Errorf("%s(%q) makes a %s: %q", what, in, k, out)
		}
	}
	if what == "Cell" && strings.HasPrefix(out, "<code>") {
		return // an element that GitHub does not look into, checked by its entities below
	}
	if m := reference.FindString(prose); m != "" {
		t.Errorf("%s(%q) refers to %q: %q", what, in, m, out)
	}
}

func checkAll(t *testing.T, s string) {
	t.Helper()
	checkInert(t, "Text", s, review.Text(s))
	checkInert(t, "Prose", s, review.Prose(s))
	checkInert(t, "Code", s, review.Code(s))
	checkInert(t, "Cell", s, review.Cell(s))
	checkRow(t, s)
	if strings.Contains(review.Text(s), "<") {
		t.Errorf("Text(%q) has a raw <", s)
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(review.Cell(s), "<code>"), "</code>")
	if strings.HasPrefix(review.Cell(s), "<code>") && strings.ContainsAny(inner, "<>@|`[]*:.\\~_") {
		t.Errorf("Cell(%q) has a raw mark: %q", s, inner)
	}
	if m := reference.FindString(review.Plain(s)); m != "" {
		t.Errorf("Plain(%q) refers to %q", s, m)
	}
	checkFence(t, s)
}

// codeElements reports whether so many elements are no more than the code elements
// that Cell writes, and Prose by way of it.
func codeElements(what, out string, n int) bool {
	return (what == "Cell" || what == "Prose") && n <= strings.Count(out, "<code>")+strings.Count(out, "</code>")
}

// checkRow puts s into every cell of a table: it stays one row of three cells.
func checkRow(t *testing.T, s string) {
	t.Helper()
	source := "| A | B | C |\n|---|---|---|\n| " + review.Cell(s) + " | " + review.Text(s) + " | " + review.Prose(s) + " |\n"
	doc := markdown.Parser().Parse(text.NewReader([]byte(source)))
	table := doc.FirstChild()
	if table == nil || table.Kind() != extast.KindTable || table.NextSibling() != nil {
		t.Fatalf("%q breaks the table: %q", s, source)
	}
	if rows := table.ChildCount(); rows != 2 {
		t.Errorf("%q makes %d rows: %q", s, rows, source)
	}
	if cells := strings.Count(strings.ReplaceAll(source, `\|`, ""), "|"); cells != 12 {
		t.Errorf("%q makes other cells: %q", s, source)
	}
}

// checkFence puts s into a fence: one block, with exactly the bytes of s.
func checkFence(t *testing.T, s string) {
	t.Helper()
	if strings.ContainsAny(s, "\r\x00") {
		return // Markdown itself changes these
	}
	source := "before\n\n" + review.Fence("text", s) + "\nafter\n"
	doc := markdown.Parser().Parse(text.NewReader([]byte(source)))
	block := doc.FirstChild().NextSibling()
	fenced, ok := block.(*ast.FencedCodeBlock)
	if !ok || block.NextSibling() == nil || block.NextSibling().NextSibling() != nil {
		t.Fatalf("%q breaks out of its fence: %q", s, source)
	}
	var got strings.Builder
	for i := range fenced.Lines().Len() {
		line := fenced.Lines().At(i)
		got.Write(line.Value([]byte(source)))
	}
	want := s
	if want != "" && !strings.HasSuffix(want, "\n") {
		want += "\n"
	}
	if got.String() != want {
		t.Errorf("the fence of %q holds %q", s, got.String())
	}
}

func TestEscape(t *testing.T) {
	for _, s := range hostile {
		checkAll(t, s)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkAll(t, s) })
}

// TestEscapeReads says what people see of harmless text: the text.
func TestEscapeReads(t *testing.T) {
	for _, tt := range []struct{ in, code, prose string }{
		{"Dockerfile", "`Dockerfile`", "Dockerfile"},
		{"a/b c.Dockerfile", "`a/b c.Dockerfile`", "a/b c.Dockerfile"},
		{"x`y", "``x`y``", "x\\`y"},
		{"`x", "`` `x ``", "\\`x"},
		{"runs `npm ci` first", "``runs `npm ci` first``", "runs `npm ci` first"},
		{"a\u202eb", `a\u{202e}b`, "a&bsol;u{202e}b"},
		{"", "", ""},
	} {
		want := tt.code
		if tt.in == "a\u202eb" {
			want = "`" + want + "`"
		}
		if got := review.Code(tt.in); got != want {
			t.Errorf("Code(%q) = %q, want %q", tt.in, got, want)
		}
		if got := review.Prose(tt.in); got != tt.prose {
			t.Errorf("Prose(%q) = %q, want %q", tt.in, got, tt.prose)
		}
	}
}

func TestLogShowsEscapes(t *testing.T) {
	got := review.Log("ok\n\x1b[31mred\x1b[0m ```\n\n")
	want := "````text\nok\n\\u{001b}[31mred\\u{001b}[0m ```\n````\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
