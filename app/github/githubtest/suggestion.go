package githubtest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Why a suggestion cannot be applied, in the site's words.
var (
	ErrNoSuggestion       = errors.New("this comment has no suggested change")
	ErrSuggestionOutdated = errors.New("suggestion cannot be applied: this comment is outdated")
	ErrSuggestionNoChange = errors.New("suggestion cannot be applied: it makes no change")
	ErrSuggestionDeleted  = errors.New("suggestion cannot be applied: the lines were deleted")
	ErrSuggestionClosed   = errors.New("suggestion cannot be applied: the pull request is closed")
	ErrSuggestionResolved = errors.New("suggestion cannot be applied: the conversation is resolved")
	ErrMayNotPush         = errors.New("suggestion cannot be applied: no write permission on the head repository")
)

// fenceLine is the first line of a suggestion.
var fenceLine = regexp.MustCompile("^ {0,3}(`{3,}|~{3,})[ \t]*suggestion[ \t]*$")

// suggested takes the text out of the first suggestion block. The text has its
// line breaks, none for an empty block.
func suggested(body string) (string, bool) {
	var fence string
	var text strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(body, "\r\n", "\n")) {
		line = strings.TrimSuffix(line, "\n")
		if fence == "" {
			if m := fenceLine.FindStringSubmatch(line); m != nil {
				fence = m[1]
			}
			continue
		}
		if closing := strings.TrimSpace(line); len(closing) >= len(fence) && strings.Trim(closing, fence[:1]) == "" {
			return text.String(), true
		}
		text.WriteString(line + "\n")
	}
	return "", false
}

// ApplySuggestion presses "Commit suggestion" on a review comment: one commit on
// the head branch, by the person, with the comment's author as co-author. It
// refuses what the site refuses. Like the site it turns the whole file to CRLF
// where one line of it has that.
func (s *Server) ApplySuggestion(repository string, number int, comment int64, login string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.findPull(repository, number)
	if err != nil {
		return "", err
	}
	c := p.findReviewComment(comment)
	if c == nil {
		return "", fmt.Errorf("githubtest: no review comment %d", comment)
	}
	u := s.user(login, "User")
	entry, content, err := p.applied(c, u)
	if err != nil {
		return "", err
	}
	blob, err := p.head.writeBlob([]byte(content))
	if err != nil {
		return "", err
	}
	tree, err := p.head.writeTree(p.headSHA, []treeEntry{{Mode: entry.Mode, SHA: blob, Path: c.thread.Path}})
	if err != nil {
		return "", err
	}
	message := "Update " + c.thread.Path
	if c.author != u {
		message += fmt.Sprintf("\n\nCo-authored-by: %s <%s>", c.author.Login, c.author.email())
	}
	sha, err := p.head.commitTree(tree, message, []string{p.headSHA}, identity{u.Login, u.email(), s.now()},
		identity{"GitHub", "noreply@github.com", s.now()})
	if err != nil {
		return "", err
	}
	if _, err := p.head.run("update-ref", "refs/heads/"+p.headRef, sha, p.headSHA); err != nil {
		return "", err
	}
	s.verified[sha] = s.now()
	c.thread.resolved = u
	return sha, s.moved(p.head, "refs/heads/"+p.headRef, u)
}

// applied is the file with the suggestion in it, or the reason why that is not possible.
func (p *pull) applied(c *reviewComment, u *user) (treeEntry, string, error) {
	t := c.thread
	replacement, ok := suggested(c.body)
	if !ok {
		return treeEntry{}, "", ErrNoSuggestion
	}
	line, start, current := p.now(t)
	switch {
	case p.closed:
		return treeEntry{}, "", ErrSuggestionClosed
	case t.resolved != nil:
		return treeEntry{}, "", ErrSuggestionResolved
	case t.Side == "LEFT" || t.StartLine > 0 && t.StartSide == "LEFT":
		return treeEntry{}, "", ErrSuggestionDeleted
	case !current:
		return treeEntry{}, "", ErrSuggestionOutdated
	case !p.head.canWrite(u) && !(p.maintainer && p.repo.canWrite(u)):
		return treeEntry{}, "", ErrMayNotPush
	}
	if start == 0 {
		start = line
	}
	entry, err := p.head.entryAt(p.headSHA, t.Path)
	if err != nil {
		return treeEntry{}, "", ErrSuggestionOutdated
	}
	blob, err := p.head.object(entry.SHA)
	if err != nil {
		return treeEntry{}, "", err
	}
	changed, err := replaceLines(string(blob.Data), start, line, replacement)
	return entry, changed, err
}

// replaceLines puts a text in the place of lines, counted from 1, the last included.
func replaceLines(text string, start, end int, replacement string) (string, error) {
	crlf := strings.Contains(text, "\r\n")
	before := strings.ReplaceAll(text, "\r\n", "\n")
	lines := strings.SplitAfter(before, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if start < 1 || end > len(lines) {
		return "", ErrSuggestionOutdated
	}
	if !strings.HasSuffix(lines[end-1], "\n") {
		replacement = strings.TrimSuffix(replacement, "\n")
	}
	after := strings.Join(lines[:start-1], "") + replacement + strings.Join(lines[end:], "")
	if after == before {
		return "", ErrSuggestionNoChange
	}
	if crlf {
		after = strings.ReplaceAll(after, "\n", "\r\n")
	}
	return after, nil
}
