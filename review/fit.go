package review

import "strings"

// cutNotice ends a text that was too long.
const cutNotice = "\n\n*The rest is left out: GitHub's limit on the length of one text is reached. `multistage design` prints the rewrite and all findings of one Dockerfile.*\n"

// Fit shortens Markdown to at most limit bytes. It cuts between blocks where it
// can, else between lines, closes code fences and <details> that are open there,
// and says that something is missing. A limit that is too small even for that
// gives as much of the notice as fits.
func Fit(body string, limit int) string {
	if len(body) <= limit {
		return body
	}
	if limit <= len(cutNotice) {
		return cutNotice[:max(0, limit)]
	}
	var at position
	var block, line cut
	end := 0
	for _, l := range lines(body) {
		at.next(l)
		if end += len(l); end > limit {
			break
		}
		here := cut{end, at.closers()}
		if end+len(here.closers)+len(cutNotice) > limit {
			continue
		}
		line = here
		if at.fence == "" && strings.TrimSpace(l) == "" {
			block = here
		}
	}
	if block.end == 0 || block.end+len(cutNotice) < limit/2 {
		block = line
	}
	return body[:block.end] + block.closers + cutNotice
}

// cut is a place where a text can end, and what closes what is open there.
type cut struct {
	end     int
	closers string
}

// position is what is open at a place of a Markdown text.
type position struct {
	fence   string
	details int
}

// next takes one line. Only fences and <details> at the start of a line count:
// ours are all there, and foreign text never comes so far unescaped.
func (p *position) next(line string) {
	s := strings.TrimSpace(line)
	switch {
	case p.fence != "":
		if closesFence(strings.TrimRight(line, "\r\n"), p.fence) {
			p.fence = ""
		}
	case strings.HasPrefix(s, "```"):
		p.fence = s[:len(s)-len(strings.TrimLeft(s, "`"))]
	case strings.HasPrefix(s, "<details"):
		p.details++
	case strings.HasPrefix(s, "</details") && p.details > 0:
		p.details--
	}
}

// closers are the lines that close what is open.
func (p *position) closers() string {
	var b strings.Builder
	if p.fence != "" {
		b.WriteString(p.fence + "\n")
	}
	b.WriteString(strings.Repeat("\n</details>\n", p.details))
	return b.String()
}
