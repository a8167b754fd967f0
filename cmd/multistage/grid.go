package main

import (
	"fmt"
	"io"
	"strings"
)

// A grid is a table of texts.
type grid struct {
	header []string
	right  []bool // columns that are set to the right
	rows   [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// write sets the table in columns. Headers and cells are cleaned; the last column is
// cut where the line would be longer than width, which is 0 for no limit.
func (g *grid) write(w io.Writer, paint painter, width int) {
	widths := g.widths()
	if len(g.header) > 0 {
		fmt.Fprintln(w, paint.dim(g.line(g.header, widths, width)))
	}
	for _, row := range g.rows {
		fmt.Fprintln(w, g.line(row, widths, width))
	}
}

func (g *grid) widths() []int {
	widths := make([]int, len(g.header))
	for _, row := range append([][]string{g.header}, g.rows...) {
		for i, cell := range row {
			if i >= len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(clean(cell)))
		}
	}
	return widths
}

func (g *grid) line(row []string, widths []int, width int) string {
	var b strings.Builder
	for i, cell := range row {
		if i > 0 {
			b.WriteString("  ")
		}
		cell = clean(cell)
		blanks := strings.Repeat(" ", max(0, widths[i]-columns(cell)))
		switch {
		case i < len(g.right) && g.right[i]:
			b.WriteString(blanks + cell)
		case i < len(row)-1:
			b.WriteString(cell + blanks)
		default:
			b.WriteString(cell)
		}
	}
	line := strings.TrimRight(b.String(), " ")
	if width > 0 {
		line = cut(line, width)
	}
	return line
}

// markdown writes the table as GitHub's markdown has it. Cells are text: nothing in
// them is markup.
func (g *grid) markdown(w io.Writer) {
	fmt.Fprintf(w, "| %s |\n", strings.Join(g.header, " | "))
	rule := make([]string, len(g.header))
	for i := range rule {
		rule[i] = "---"
		if i < len(g.right) && g.right[i] {
			rule[i] = "--:"
		}
	}
	fmt.Fprintf(w, "| %s |\n", strings.Join(rule, " | "))
	for _, row := range g.rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = markdownText(cell)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
}

// markdownText is a text in which nothing is markup, an HTML tag, a mention or a link.
func markdownText(s string) string {
	var b strings.Builder
	for _, r := range clean(s) {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '@':
			b.WriteString("&#64;")
		case strings.ContainsRune("\\`*_[]|~#!>", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
