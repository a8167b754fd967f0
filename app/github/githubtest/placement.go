package githubtest

import (
	"slices"
	"strings"
)

// draftComment is a comment in the request for a review.
type draftComment struct {
	Path, Body string
	Position   *int
	Line       *int
	Side       string
	StartLine  *int   `json:"start_line"`
	StartSide  string `json:"start_side"`
}

// anchor is where a thread of comments hangs: lines of one side of a file.
type anchor struct {
	Path            string
	Side, StartSide string // LEFT or RIGHT
	Line, StartLine int    // StartLine is 0 for one line
	DiffHunk        string
	Position        int
}

// The sentences of GitHub's refusals. They do not say which comment is meant.
const (
	noPath    = "Path could not be resolved"
	noLine    = "Line could not be resolved"
	outside   = "Pull request review thread line must be part of the diff"
	otherHunk = "Pull request review thread start line must be part of the same hunk as the line."
	notBefore = "Pull request review thread start line must precede the end line."
	badSide   = "Pull request review thread side is not included in the list"
	mixedUp   = "Pull request review thread cannot have both position and line"
	blankBody = "Body can't be blank"
	tooLong   = "Body is too long (maximum is 65536 characters)"
	otherHead = "Commit is not part of the pull request"
)

// place finds the lines that a comment is about in the difference, or the
// sentence that says why it cannot hang there.
func place(files []diffFile, d draftComment) (anchor, string) {
	f := fileAt(files, d.Path)
	if f == nil {
		return anchor{}, noPath
	}
	if d.Position != nil {
		if d.Line != nil || d.StartLine != nil {
			return anchor{}, mixedUp
		}
		return f.placeAt(*d.Position)
	}
	if d.Line == nil {
		return anchor{}, noLine
	}
	a := anchor{Path: d.Path, Side: orElse(d.Side, "RIGHT"), Line: *d.Line}
	a.StartSide = orElse(d.StartSide, a.Side)
	if !slices.Contains([]string{"LEFT", "RIGHT"}, a.Side) || !slices.Contains([]string{"LEFT", "RIGHT"}, a.StartSide) {
		return anchor{}, badSide
	}
	end := f.hunkAt(a.Side, a.Line)
	if end == nil {
		return anchor{}, outside
	}
	if d.StartLine != nil {
		a.StartLine = *d.StartLine
		if a.StartSide == a.Side && a.StartLine >= a.Line {
			return anchor{}, notBefore
		}
		if f.hunkAt(a.StartSide, a.StartLine) != end {
			return anchor{}, otherHunk
		}
	}
	a.DiffHunk, a.Position = end.upTo(a.Side, a.Line)
	return a, ""
}

// placeAt finds the line at a position: lines below the first hunk's header,
// later headers counted.
func (f *diffFile) placeAt(position int) (anchor, string) {
	hunks := f.hunks()
	for i := range hunks {
		h := &hunks[i]
		old, new := h.oldStart, h.newStart
		for n, line := range h.lines {
			if strings.HasPrefix(line, `\`) {
				continue
			}
			if h.position+n+1 == position {
				a := anchor{Path: f.Path, Side: "RIGHT", StartSide: "RIGHT", Line: new, Position: position}
				if line[:1] == "-" {
					a.Side, a.StartSide, a.Line = "LEFT", "LEFT", old
				}
				a.DiffHunk, _ = h.upTo(a.Side, a.Line)
				return a, ""
			}
			old, new = step(line, old, new)
		}
	}
	return anchor{}, noLine
}

// step counts a line of a hunk on the sides that have it.
func step(line string, old, new int) (int, int) {
	switch {
	case strings.HasPrefix(line, "-"):
		return old + 1, new
	case strings.HasPrefix(line, "+"):
		return old, new + 1
	case strings.HasPrefix(line, `\`):
		return old, new
	}
	return old + 1, new + 1
}

// hunkAt finds the hunk that shows a line of a side, context included.
func (f *diffFile) hunkAt(side string, line int) *hunk {
	hunks := f.hunks()
	for i := range hunks {
		h := &hunks[i]
		start, lines := h.newStart, h.newLines
		if side == "LEFT" {
			start, lines = h.oldStart, h.oldLines
		}
		if line >= start && line < start+lines {
			return h
		}
	}
	return nil
}

// upTo is the hunk up to a line, as diff_hunk shows it, and the line's position.
func (h *hunk) upTo(side string, at int) (string, int) {
	text := h.header
	old, new := h.oldStart, h.newStart
	for n, line := range h.lines {
		text += "\n" + line
		here := new == at && !strings.HasPrefix(line, "-")
		if side == "LEFT" {
			here = old == at && !strings.HasPrefix(line, "+")
		}
		if here && !strings.HasPrefix(line, `\`) {
			return text, h.position + n + 1
		}
		old, new = step(line, old, new)
	}
	return text, h.position + len(h.lines)
}

// follow carries lines of a file over to a later version of it. The files are
// the difference of the two without context. It fails where a line of the range
// was changed, removed or split.
func follow(files []diffFile, path string, start, end int) (int, int, bool) {
	for i := range files {
		if files[i].OldPath != path {
			continue
		}
		if files[i].Status != 'M' {
			return 0, 0, false
		}
		shift := 0
		for _, h := range files[i].hunks() {
			last := h.oldStart + h.oldLines - 1
			switch {
			case h.oldLines == 0 && h.oldStart < start, h.oldLines > 0 && last < start:
				shift += h.newLines - h.oldLines
			case h.oldStart > end || h.oldLines == 0 && h.oldStart >= end:
			default:
				return 0, 0, false
			}
		}
		return start + shift, end + shift, true
	}
	return start, end, true
}

// now says where a thread's lines are at the pull request's head. It fails when
// the thread is outdated: a line changed, or the difference no longer shows it.
func (p *pull) now(t *thread) (line, start int, ok bool) {
	line, start = t.Line, t.StartLine
	if t.commit == p.headSHA {
		return line, start, true
	}
	changes, err := p.repo.diff(t.commit, p.headSHA, 0)
	if err != nil {
		return 0, 0, false
	}
	from := line
	if start > 0 {
		from = start
	}
	if t.Side == "LEFT" {
		for i := range changes {
			if changes[i].OldPath == t.Path {
				return 0, 0, false
			}
		}
	} else if from, line, ok = follow(changes, t.Path, from, line); !ok {
		return 0, 0, false
	}
	files, err := p.files(p.headSHA)
	if err != nil {
		return 0, 0, false
	}
	f := fileAt(files, t.Path)
	if f == nil || f.hunkAt(t.Side, line) == nil {
		return 0, 0, false
	}
	if start > 0 {
		start = from
	}
	return line, start, true
}
