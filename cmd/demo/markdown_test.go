package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"emphasis", "**Take it** with `x`", "<p><strong>Take it</strong> with <code>x</code></p>\n"},
		{"a line break stays one", "a\nb", "<p>a<br>\nb</p>\n"},
		{"a marker is hidden", "a\n\n<!-- multistage:v1 path=x -->\n", "<p>a</p>\n\n"},
		{"a comment in a line is hidden", "a<!-- b -->c", "<p>ac</p>\n"},
		{"an endless comment is hidden", "a\n\n<!-- b\n\nc", "<p>a</p>\n"},
		{"what folds", "<details>\n<summary>The change</summary>\n\n*b*\n\n</details>\n",
			"<details>\n<summary>The change</summary>\n<p><em>b</em></p>\n</details>\n"},
		{"what folds is closed", "<details>\n\nb", "<details>\n<p>b</p>\n</details>\n"},
		{"nothing of the page is closed", "a\n\n</details></div></article>\n", "<p>a</p>\n&lt;/div&gt;&lt;/article&gt;\n"},
		{"what is opened in a list is closed there", "- <details>\n\n</details>", "<ul>\n<li>\n<details>\n</details>\n</li>\n</ul>\n"},
		{"no attributes", "<details open ontoggle=alert(1)>\n", "<details>\n</details>\n"},
		{"no tags in a summary", "<details><summary><b onclick=x>y</b></summary></details>",
			"<details><summary>&lt;b onclick=x&gt;y&lt;/b&gt;</summary></details>"},
		{"no scripts", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		{"no tags in a line", "a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>\n"},
		{"no script in a link", "[a](javascript:alert(1))", "<p><a href=\"\">a</a></p>\n"},
		{"no script in an automatic link", "<javascript:alert(1)>", "<p><a href=\"\">javascript:alert(1)</a></p>\n"},
		{"no images", "![a](http://evil.example/b.png)", "<p>[image: a]</p>\n"},
		{"no style in a table", "|a|\n|-:|\n|b|", "<table>\n<thead>\n<tr>\n<th align=\"right\">a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td align=\"right\">b</td>\n</tr>\n</tbody>\n</table>\n"},
		{"code", "```sh\"onclick=x\na < b\n```", "<pre tabindex=\"0\"><code>a &lt; b\n</code></pre>\n"},
		{"a patch", "```diff\n-a\n+<b>\n```", "<pre tabindex=\"0\"><code><span class=\"del\">-a\n</span><span class=\"add\">+&lt;b&gt;\n</span></code></pre>\n"},
	} {
		if got := string(markdown(c.in)); got != c.want {
			t.Errorf("%s:\n%q\nwant\n%q", c.name, got, c.want)
		}
	}
}

func TestSuggestedText(t *testing.T) {
	for _, c := range []struct {
		name, in, text, rest string
		ok                   bool
	}{
		{"alone", "```suggestion\nFROM a\n\nRUN b\n```\n", "FROM a\n\nRUN b\n", "", true},
		{"with words", "See:\n\n````suggestion\n```\n````\n", "```\n", "<p>See:</p>\n", true},
		{"none", "```sh\nls\n```", "", "<pre tabindex=\"0\"><code>ls\n</code></pre>\n", false},
	} {
		text, ok := suggestedText(c.in)
		if text != c.text || ok != c.ok {
			t.Errorf("%s: %q, %v", c.name, text, ok)
		}
		if rest := string(prose(c.in)); rest != c.rest {
			t.Errorf("%s: the rest is %q, want %q", c.name, rest, c.rest)
		}
	}
}

var tag = regexp.MustCompile(`<(/?)([^\s>/]*)([^>]*)>`)

// Tags that may come out of anybody's text, with their attributes.
var (
	harmlessTags       = strings.Fields("p br strong em del code pre span ul ol li blockquote h1 h2 h3 h4 h5 h6 hr table thead tbody tr th td a input details summary")
	harmlessAttributes = regexp.MustCompile(`^( (tabindex="0"|class="(add|del|hunk|meta)?"|align="\w+"|start="\d+"|type="checkbox"|checked=""|disabled=""|title="[^"<>]*"|href="[^"<>]*"))*$`)
)

// FuzzMarkdown looks for a text that gets anything but harmless tags out.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"# a\n\n- b\n- [x] c\n\n|a|\n|-|\n|b|", "<details>\n\n> </details>\n", "[a](javascript:x) <b>", "<!-- x", "![[a](b)](c)", "1. <details>\n2. b\n\n</details>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := string(markdown(text))
		depth := 0
		for _, m := range tag.FindAllStringSubmatch(out, -1) {
			if !slices.Contains(harmlessTags, m[2]) || !harmlessAttributes.MatchString(m[3]) {
				t.Fatalf("%q came out of %q", m[0], text)
			}
			if m[2] == "details" {
				if depth++; m[1] != "" {
					depth -= 2
				}
			}
			if depth < 0 {
				t.Fatalf("%q closes what it did not open: %q", text, out)
			}
		}
		if depth != 0 {
			t.Fatalf("%q leaves something open: %q", text, out)
		}
		if slices.ContainsFunc([]string{`href="javascript:`, `href="data:text`, `href="vbscript:`}, func(s string) bool { return strings.Contains(strings.ToLower(out), s) }) {
			t.Fatalf("a script in a link: %q", out)
		}
	})
}
