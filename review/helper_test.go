package review_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// shown is the hunk of a whole file that a pull request adds.
func shown(content string) []review.Hunk {
	n := strings.Count(content, "\n")
	if !strings.HasSuffix(content, "\n") {
		n++
	}
	return []review.Hunk{{Start: 1, Lines: n}}
}

// pullRequest is an open pull request with the subjects' files.
func pullRequest(subjects ...review.Subject) review.PullRequest {
	pr := review.PullRequest{
		Owner: "acme", Repo: "shop", RepoID: 1, Number: 12, Title: "Add a service", Author: "mona", Open: true, MayCommit: true,
		Head: review.Branch{SHA: strings.Repeat("a", 40), Ref: "service", RepoID: 1, Owner: "acme", Repo: "shop"},
		Base: review.Branch{SHA: strings.Repeat("b", 40), Ref: "main", RepoID: 1, Owner: "acme", Repo: "shop"},
	}
	for _, s := range subjects {
		pr.Files = append(pr.Files, s.File)
	}
	return pr
}

// blob stands for the SHA of a content.
func blob(content string) string {
	var h uint64 = 14695981039346656037
	for i := range len(content) {
		h = (h ^ uint64(content[i])) * 1099511628211
	}
	return fmt.Sprintf("%016x%024x", h, len(content))
}

// subject is a new Dockerfile with its rewrite.
func subject(path, before, after string) review.Subject {
	source, _ := dockerfile.Parse(path, []byte(before))
	return review.Subject{
		File: review.File{Path: path, Status: review.Added, SHA: blob(before), Mode: 0o644, Content: []byte(before), Hunks: shown(before)},
		Result: rewrite.Result{
			Path: path, Verdict: plan.Rewritten, Language: "go", Source: source,
			Files: []rewrite.FileChange{{Path: path, Mode: 0o644, Before: []byte(before), After: []byte(after)}},
			Plan:  &plan.Plan{},
		},
	}
}

// left is a Dockerfile without a rewrite.
func left(path, content string, code plan.Code, line int, why string) review.Subject {
	s := subject(path, content, content)
	s.Result = rewrite.Result{Path: path, Verdict: code.Verdict(), Code: code, Reason: plan.Evidence{Line: line, Text: why}}
	return s
}

const (
	single = "FROM golang:1.26\nWORKDIR /src\nCOPY . .\nRUN go build -o /server .\nCMD [\"/server\"]\n"
	multi  = "FROM golang:1.26 AS builder\nWORKDIR /src\nCOPY . .\nRUN go build -o /server .\n\n" +
		"FROM gcr.io/distroless/static-debian12:nonroot AS production\nCOPY --from=builder /server /server\nCMD [\"/server\"]\n"
)

// applySuggestion does what GitHub does when somebody commits a suggestion.
func applySuggestion(t *testing.T, source string, c review.Comment) string {
	t.Helper()
	start := c.StartLine
	if start == 0 {
		start = c.Line
	}
	lines := strings.SplitAfter(source, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if start < 1 || start > c.Line || c.Line > len(lines) || c.StartLine == c.Line {
		t.Fatalf("the comment stands on lines %d to %d of %d", c.StartLine, c.Line, len(lines))
	}
	return strings.Join(lines[:start-1], "") + suggested(t, c.Body) + strings.Join(lines[c.Line:], "")
}

// suggested is the content of the suggestion block in a comment.
func suggested(t *testing.T, body string) string {
	t.Helper()
	first, rest, ok := strings.Cut(body, "\n")
	fence, found := strings.CutSuffix(first, "suggestion")
	if !ok || !found || strings.Trim(fence, "`") != "" || len(fence) < 3 {
		t.Fatalf("no suggestion in %q", body)
	}
	var content strings.Builder
	for _, l := range strings.SplitAfter(rest, "\n") {
		if bare := strings.TrimSpace(l); strings.Trim(bare, "`") == "" && len(bare) >= len(fence) {
			return content.String()
		}
		content.WriteString(l)
	}
	t.Fatalf("the suggestion has no end: %q", body)
	return ""
}
