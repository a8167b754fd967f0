package review

import (
	"bytes"
	"io/fs"
	"strings"
)

// suggestion is one contiguous change of a file: lines start to end of the
// source, counted from 1 and both included, become text.
type suggestion struct {
	start, end int
	text       string // whole lines, each with its line end; "" deletes
}

// Why a rewrite cannot be a suggestion, for the reader.
const (
	noSuggestionFiles   = "the change is in more than one file"
	noSuggestionPatch   = "GitHub gave no patch for this file, so its lines cannot be commented on"
	noSuggestionHunk    = "the change reaches lines that the diff of this pull request does not show"
	noSuggestionEndings = "the file has CRLF or mixed line endings, which a committed suggestion would change"
	noSuggestionNewline = "the change reaches the last line, and that line has no line end"
	noSuggestionHidden  = "the change holds invisible or control characters"
	noSuggestionLong    = "the change is longer than GitHub takes in one comment"
	noSuggestionStale   = "the file that was read is not the one that was redesigned"
	noSuggestionLink    = "the path is a symbolic link"
)

// suggest makes the inline comment that turns the whole of a file into its
// rewrite with one click, or says why there is none. Half of a rewrite is never
// suggested: every rewrite is one range of lines in one hunk of the diff.
func suggest(s Subject) (*Comment, string) {
	files := s.Result.Files
	switch {
	case len(files) != 1:
		return nil, noSuggestionFiles
	case s.File.Mode&fs.ModeSymlink != 0:
		return nil, noSuggestionLink
	case !bytes.Equal(s.File.Content, files[0].Before):
		return nil, noSuggestionStale
	case s.File.PatchMissing || len(s.File.Hunks) == 0:
		return nil, noSuggestionPatch
	}
	before, after := string(files[0].Before), string(files[0].After)
	if strings.Contains(before, "\r") || strings.Contains(after, "\r") {
		return nil, noSuggestionEndings
	}
	change, why := oneRange(before, after)
	if why != "" {
		return nil, why
	}
	for _, h := range s.File.Hunks {
		if h.Contains(change.start, change.end) {
			return change.comment(s.File.Path)
		}
	}
	return nil, noSuggestionHunk
}

// oneRange finds the smallest range of lines whose replacement turns before into
// after. An insertion takes a neighbouring line along, because a comment needs a
// line to stand on.
func oneRange(before, after string) (suggestion, string) {
	old, new := lines(before), lines(after)
	head := 0
	for head < len(old) && head < len(new) && old[head] == new[head] {
		head++
	}
	tail := 0
	for tail < len(old)-head && tail < len(new)-head && old[len(old)-1-tail] == new[len(new)-1-tail] {
		tail++
	}
	if head+tail == len(old) && len(old) > 0 {
		if head > 0 {
			head--
		} else {
			tail--
		}
	}
	s := suggestion{start: head + 1, end: len(old) - tail, text: strings.Join(new[head:len(new)-tail], "")}
	switch {
	case before == after || s.start > s.end:
		return s, noSuggestionStale
	case tail == 0 && !(strings.HasSuffix(before, "\n") && (after == "" || strings.HasSuffix(after, "\n"))):
		return s, noSuggestionNewline
	case hidesText(strings.ReplaceAll(s.text, "\n", "")):
		return s, noSuggestionHidden
	}
	return s, ""
}

// comment is the suggestion on its lines.
func (s suggestion) comment(path string) (*Comment, string) {
	c := &Comment{Path: path, StartLine: s.start, Line: s.end, Body: Fence("suggestion", s.text)}
	if s.start == s.end {
		c.StartLine = 0
	}
	if len(c.Body) > MaxBody {
		return nil, noSuggestionLong
	}
	return c, ""
}

// lines splits a text into lines with their line ends.
func lines(s string) []string {
	all := strings.SplitAfter(s, "\n")
	if all[len(all)-1] == "" {
		return all[:len(all)-1]
	}
	return all
}
