package main

import (
	"bytes"
	"html"
	"html/template"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	goldmarkhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxMarkdown is the most of one text that is shown, in bytes; GitHub's own limit.
const maxMarkdown = 65536

// gfm renders what GitHub renders, without HTML of the text's own: of that only
// <details> and <summary> count, comments are hidden, and the rest is shown as text.
var gfm = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough, extension.Linkify, extension.TaskList),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(cleaner{}, 100))),
	goldmark.WithRendererOptions(goldmarkhtml.WithHardWraps(), // a line break in a comment is one on the page
		renderer.WithNodeRenderers(util.Prioritized(blocks{}, 100))),
)

// suggestionShown says that the page shows the suggestion by itself.
var suggestionShown = parser.NewContextKey()

// markdown is a text as HTML.
func markdown(body string) template.HTML { return render(body, nil) }

// prose is a review comment as HTML, without the suggestion in it.
func prose(body string) template.HTML { return render(body, true) }

func render(body string, shown any) template.HTML {
	if len(body) > maxMarkdown {
		body = strings.ToValidUTF8(body[:maxMarkdown], "") + "…"
	}
	ctx := parser.NewContext()
	ctx.Set(suggestionShown, shown)
	var out bytes.Buffer
	if err := gfm.Convert([]byte(body), &out, parser.WithContext(ctx)); err != nil {
		return template.HTML("<pre>" + html.EscapeString(body) + "</pre>")
	}
	return template.HTML(out.String())
}

// suggestedText is the text of the first suggestion in a comment.
func suggestedText(body string) (string, bool) {
	source := []byte(body)
	if found := suggestion(gfm.Parser().Parse(text.NewReader(source)), source); found != nil {
		return string(found.Lines().Value(source)), true
	}
	return "", false
}

// suggestion finds the first suggestion of a document.
func suggestion(doc ast.Node, source []byte) *ast.FencedCodeBlock {
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if code, ok := n.(*ast.FencedCodeBlock); ok && string(code.Language(source)) == "suggestion" {
			return code
		}
	}
	return nil
}

// cleaner replaces the HTML in a document.
type cleaner struct{}

// Transform implements parser.ASTTransformer.
func (cleaner) Transform(doc *ast.Document, reader text.Reader, pc parser.Context) {
	source := reader.Source()
	if found := suggestion(doc, source); found != nil && pc.Get(suggestionShown) != nil {
		doc.RemoveChild(doc, found)
	}
	clean(doc, source)
}

// clean replaces the HTML below a node. What is opened below a node is closed there
// too, so that no text can end what the page has opened around it.
func clean(parent ast.Node, source []byte) {
	depth := 0
	for n := parent.FirstChild(); n != nil; {
		next := n.NextSibling()
		switch n := n.(type) {
		case *ast.HTMLBlock:
			raw := string(n.Lines().Value(source))
			if n.HasClosure() {
				raw += string(n.ClosureLine.Value(source))
			}
			parent.ReplaceChild(parent, n, safe(fold(raw, &depth)))
		case *ast.RawHTML:
			raw := string(n.Segments.Value(source))
			if strings.HasPrefix(raw, "<!--") {
				raw = ""
			}
			parent.ReplaceChild(parent, n, safe(html.EscapeString(raw)))
		default:
			clean(n, source)
		}
		n = next
	}
	if depth > 0 {
		parent.AppendChild(parent, safe(strings.Repeat("</details>\n", depth)))
	}
}

// safe is a node that is rendered as it is.
func safe(markup string) ast.Node {
	n := ast.NewString([]byte(markup))
	n.SetCode(true)
	return n
}

// known is the HTML that means something: comments, and what folds.
var known = regexp.MustCompile(`(?is)<!--.*?(?:-->|\z)|<details(?:\s[^<>]*)?>|</details\s*>|<summary>(.*?)</summary>`)

// fold keeps what folds and escapes the rest. Depth counts what is open.
func fold(raw string, depth *int) string {
	var out strings.Builder
	end := 0
	for _, m := range known.FindAllStringSubmatchIndex(raw, -1) {
		out.WriteString(html.EscapeString(raw[end:m[0]]))
		end = m[1]
		switch tag := strings.ToLower(raw[m[0]:m[1]]); {
		case strings.HasPrefix(tag, "<details"):
			*depth++
			out.WriteString("<details>")
		case strings.HasPrefix(tag, "</details") && *depth > 0:
			*depth--
			out.WriteString("</details>")
		case strings.HasPrefix(tag, "<summary"):
			out.WriteString("<summary>" + html.EscapeString(html.UnescapeString(raw[m[2]:m[3]])) + "</summary>")
		}
	}
	out.WriteString(html.EscapeString(raw[end:]))
	return out.String()
}

// blocks renders what the page shows in a way of its own.
type blocks struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (blocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, renderCode)
	r.Register(ast.KindImage, renderImage)
}

// renderCode marks the lines of a patch, which otherwise all look the same.
func renderCode(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	code := node.(*ast.FencedCodeBlock)
	value := string(code.Lines().Value(source))
	if string(code.Language(source)) != "diff" {
		_, err := w.WriteString("<pre tabindex=\"0\"><code>" + html.EscapeString(value) + "</code></pre>\n")
		return ast.WalkSkipChildren, err
	}
	_, err := w.WriteString("<pre tabindex=\"0\"><code>")
	for line := range strings.Lines(value) {
		class := ""
		switch {
		case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "index "):
			class = "meta"
		case strings.HasPrefix(line, "@@"):
			class = "hunk"
		case strings.HasPrefix(line, "+"):
			class = "add"
		case strings.HasPrefix(line, "-"):
			class = "del"
		}
		_, err = w.WriteString(`<span class="` + class + `">` + html.EscapeString(line) + "</span>")
	}
	_, err = w.WriteString("</code></pre>\n")
	return ast.WalkSkipChildren, err
}

// renderImage names an image: the page loads nothing from anywhere.
func renderImage(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	word := "]"
	if entering {
		word = "[image: "
	}
	_, err := w.WriteString(word)
	return ast.WalkContinue, err
}
