package review_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/multistage-app/multistage/review"
)

func TestFit(t *testing.T) {
	const notice = "\n\n*The rest is left out: GitHub's limit on the length of one text is reached. `multistage design` prints the rewrite and all findings of one Dockerfile.*\n"
	long := strings.Repeat("x", 50) + "\n"
	for _, tt := range []struct {
		name, body string
		limit      int
		want       string
	}{
		{"short enough", "a\n", 2, "a\n"},
		{"between blocks", "one\n\ntwo\n\n" + strings.Repeat(long, 9), 180, "one\n\ntwo\n\n" + notice},
		{"inside a fence", "```sh\n" + strings.Repeat(long, 9) + "```\n", 280, "```sh\n" + long + long + "```\n" + notice},
		{"inside a longer fence", "````sh\n```\n" + strings.Repeat(long, 9) + "````\n", 240, "````sh\n```\n" + long + "````\n" + notice},
		{"inside details", "<details>\n<summary>x</summary>\n\n" + strings.Repeat(long, 9) + "</details>\n", 440,
			"<details>\n<summary>x</summary>\n\n" + strings.Repeat(long, 4) + "\n</details>\n" + notice},
		{"no room", "a\n" + strings.Repeat(long, 9), 10, notice[:10]},
		{"one long line", strings.Repeat("é", 500), 250, notice},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := review.Fit(tt.body, tt.limit); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// FuzzFit holds for any text of ours: it fits, nothing stays open, and what fits
// is not touched.
func FuzzFit(f *testing.F) {
	f.Add("a\n\n```sh\nb\n```\n<details>\n\nc\n</details>\n", 150)
	f.Add("````\n```\n"+strings.Repeat("x\n", 200), 160)
	f.Fuzz(func(t *testing.T, body string, limit int) {
		if limit < 170 || limit > 5000 || !utf8.ValidString(body) || strings.ContainsAny(body, "\r\t\x00~<") {
			return
		}
		got := review.Fit(body, limit)
		if len(got) > limit {
			t.Fatalf("%d bytes of %d", len(got), limit)
		}
		if len(body) <= limit {
			if got != body {
				t.Fatal("it fits and was changed")
			}
			return
		}
		if again := review.Fit(got, limit); again != got {
			t.Fatal("cut twice")
		}
		if !utf8.ValidString(got) || !strings.Contains(got, "The rest is left out") {
			t.Fatalf("%q", got)
		}
	})
}

// TestFitCloses parses what is cut at every length: the notice is always text at
// the top level.
func TestFitCloses(t *testing.T) {
	body := "### A\n\ntext\n\n| a | b |\n|---|---|\n| c | d |\n\n````sh\n```\ncode\n````\n\n<details>\n<summary>s</summary>\n\n```diff\n+x\n```\n\n</details>\n\n- a\n- b\n\n" + strings.Repeat("end\n", 60)
	for limit := 170; limit < len(body); limit++ {
		got := review.Fit(body, limit)
		doc := markdown.Parser().Parse(text.NewReader([]byte(got)))
		last := doc.LastChild()
		if last == nil || last.Kind() != ast.KindParagraph || last.FirstChild().Kind() != ast.KindEmphasis {
			t.Fatalf("limit %d: the notice is in a %s:\n%s", limit, last.Kind(), got)
		}
		if strings.Count(got, "<details>") != strings.Count(got, "</details>") {
			t.Fatalf("limit %d: details stay open:\n%s", limit, got)
		}
	}
}
