package review_test

import (
	"io/fs"
	"math/rand"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
)

func compose(s review.Subject) review.Review {
	return review.Compose(pullRequest(s), []review.Subject{s}, config.Config{})
}

// TestSuggestion says where a suggestion stands, and what it turns the file into.
func TestSuggestion(t *testing.T) {
	for _, tt := range []struct {
		name, before, after string
		start, line         int
	}{
		{"the whole file", "FROM a\nRUN b\n", "FROM c AS x\nFROM d\n", 1, 2},
		{"common lines at both ends", "FROM a\nRUN b\nRUN c\nCMD d\n", "FROM a\nRUN x\nRUN y\nRUN z\nCMD d\n", 2, 3},
		{"one line", "FROM a\nRUN b\nCMD c\n", "FROM a\nRUN x\nRUN y\nCMD c\n", 0, 2},
		{"insertion takes the line above", "FROM a\nCMD c\n", "FROM a\nRUN b\nCMD c\n", 0, 1},
		{"insertion at the top takes the line below", "FROM a\n", "ARG x\nFROM a\n", 0, 1},
		{"addition at the end", "FROM a\nCMD c\n", "FROM a\nCMD c\nUSER 1\n", 0, 2},
		{"deletion", "FROM a\nRUN b\nRUN c\nCMD d\n", "FROM a\nCMD d\n", 2, 3},
		{"repeated lines", "RUN a\nRUN a\nRUN a\n", "RUN a\nRUN a\nRUN a\nRUN a\n", 0, 3},
		{"backticks", "FROM a\nRUN `x` ``` y\n", "FROM b\nRUN ```` z\n", 1, 2},
		{"blanks and tabs at line ends", "FROM a \nRUN b\t\n", "FROM c  \nRUN\td\t\n", 1, 2},
		{"an empty line", "FROM a\nRUN b\nCMD c\n", "FROM a\n\nCMD c\n", 0, 2},
		{"no line end, far from the change", "FROM a\nRUN b\nCMD c", "FROM x\nRUN b\nCMD c", 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := compose(subject("Dockerfile", tt.before, tt.after))
			if len(r.Comments) != 1 {
				t.Fatalf("%d comments", len(r.Comments))
			}
			c := r.Comments[0]
			if c.StartLine != tt.start || c.Line != tt.line {
				t.Errorf("lines %d to %d, want %d to %d", c.StartLine, c.Line, tt.start, tt.line)
			}
			if got := applySuggestion(t, tt.before, c); got != tt.after {
				t.Errorf("applied it is\n%q, want\n%q", got, tt.after)
			}
		})
	}
}

// TestNoSuggestion has the cases in which a click would not give the rewrite. The
// body then has the patch and says why.
func TestNoSuggestion(t *testing.T) {
	edit := func(change func(*review.Subject)) review.Subject {
		s := subject("Dockerfile", single, multi)
		change(&s)
		return s
	}
	for _, tt := range []struct {
		name string
		s    review.Subject
		says string
	}{
		{"CRLF", subject("Dockerfile", "FROM a\r\nRUN b\r\n", "FROM c\r\nRUN d\r\n"), "CRLF or mixed"},
		{"mixed line ends", subject("Dockerfile", "FROM a\r\nRUN b\n", "FROM c\r\nRUN b\n"), "CRLF or mixed"},
		{"last line without its end", subject("Dockerfile", "FROM a\nRUN b", "FROM a\nRUN c"), "last line"},
		{"last line gains its end", subject("Dockerfile", "FROM a\nRUN b", "FROM a\nRUN b\n"), "last line"},
		{"last line loses its end", subject("Dockerfile", "FROM a\nRUN b\n", "FROM a\nRUN b"), "last line"},
		{"marks of direction", subject("Dockerfile", "FROM a\nRUN b\n", "FROM a\nRUN b\u202e\n"), "invisible"},
		{"byte order mark moves", subject("Dockerfile", "\ufeffFROM a\n", "\ufeffFROM b\n"), "invisible"},
		{"no patch", edit(func(s *review.Subject) { s.File.PatchMissing = true }), "no patch"},
		{"no hunk", edit(func(s *review.Subject) { s.File.Hunks = nil }), "no patch"},
		{"two hunks with a gap", edit(func(s *review.Subject) { s.File.Hunks = []review.Hunk{{Start: 1, Lines: 2}, {Start: 4, Lines: 2}} }), "does not show"},
		{"hunk is too short", edit(func(s *review.Subject) { s.File.Hunks = []review.Hunk{{Start: 1, Lines: 3}} }), "does not show"},
		{"hunk starts too late", edit(func(s *review.Subject) { s.File.Hunks = []review.Hunk{{Start: 2, Lines: 4}} }), "does not show"},
		{"another file too", edit(func(s *review.Subject) {
			s.Result.Files = append(s.Result.Files, rewrite.FileChange{Path: ".dockerignore", Mode: 0o644, After: []byte(".git\n")})
		}), "more than one file"},
		{"other content was read", edit(func(s *review.Subject) { s.File.Content = []byte("FROM x\n") }), "not the one"},
		{"symbolic link", edit(func(s *review.Subject) { s.File.Mode = fs.ModeSymlink | 0o777 }), "symbolic link"},
		{"too long", subject("Dockerfile", "FROM a\n", "FROM a\n"+strings.Repeat("RUN something long enough to fill it\n", 3000)), "longer than GitHub"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := compose(tt.s)
			if len(r.Comments) != 0 {
				t.Fatalf("a suggestion: %q", r.Comments[0].Body)
			}
			if !strings.Contains(r.Body, tt.says) {
				t.Errorf("the body does not say %q:\n%s", tt.says, r.Body)
			}
			if !strings.Contains(r.Body, "<summary>The change as a patch</summary>") && !strings.Contains(r.Body, "too long to show") {
				t.Errorf("the body has no patch:\n%s", r.Body)
			}
		})
	}
}

// TestSuggestionProperty holds for any two files: what is suggested gives exactly
// the rewrite, in the one hunk that is there.
func TestSuggestionProperty(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	words := []string{"FROM a\n", "RUN b\n", "\n", "  \n", "# ```\n", "````x\n", "CMD c\n", "COPY . .\n"}
	file := func() string {
		var b strings.Builder
		for range 1 + random.Intn(8) {
			b.WriteString(words[random.Intn(len(words))])
		}
		if random.Intn(4) == 0 {
			b.WriteString("last")
		}
		return b.String()
	}
	made := 0
	for range 1500 {
		before, after := file(), file()
		s := subject("Dockerfile", before, after)
		s.File.Hunks = []review.Hunk{{Start: 1 + random.Intn(3), Lines: 1 + random.Intn(10)}}
		for _, c := range compose(s).Comments {
			made++
			if got := applySuggestion(t, before, c); got != after {
				t.Fatalf("%q to %q: applied it is %q", before, after, got)
			}
			h := s.File.Hunks[0]
			if start := max(c.StartLine, 1); c.StartLine != 0 && !h.Contains(start, c.Line) || !h.Contains(c.Line, c.Line) {
				t.Fatalf("lines %d to %d are not in %+v", c.StartLine, c.Line, h)
			}
		}
	}
	if made < 150 {
		t.Errorf("only %d suggestions were tried", made)
	}
}
