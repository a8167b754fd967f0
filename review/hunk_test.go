package review_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/review"
)

func TestHunks(t *testing.T) {
	for _, tt := range []struct {
		name, patch string
		want        []review.Hunk
	}{
		{"a new file", "@@ -0,0 +1,3 @@\n+FROM a\n+RUN b\n+CMD c", []review.Hunk{{Start: 1, Lines: 3, Added: []int{1, 2, 3}}}},
		{"a new file of one line", "@@ -0,0 +1 @@\n+FROM a", []review.Hunk{{Start: 1, Lines: 1, Added: []int{1}}}},
		{"no line end at the end", "@@ -0,0 +1,2 @@\n+FROM a\n+CMD c\n\\ No newline at end of file", []review.Hunk{{Start: 1, Lines: 2, Added: []int{1, 2}}}},
		{"line end added", "@@ -1,2 +1,2 @@\n FROM a\n-CMD c\n\\ No newline at end of file\n+CMD c", []review.Hunk{{Start: 1, Lines: 2, Added: []int{2}}}},
		{"context counts", "@@ -1,4 +1,5 @@ FROM a\n FROM a\n-RUN b\n+RUN c\n+RUN d\n CMD e\n USER f", []review.Hunk{{Start: 1, Lines: 5, Added: []int{2, 3}}}},
		{"two hunks", "@@ -1,2 +1,1 @@\n FROM a\n-RUN b\n@@ -10,1 +9,2 @@\n CMD e\n+USER f", []review.Hunk{{Start: 1, Lines: 1}, {Start: 9, Lines: 2, Added: []int{10}}}},
		{"empty context line without its blank", "@@ -1,3 +1,3 @@\n FROM a\n\n-RUN b\n+RUN c", []review.Hunk{{Start: 1, Lines: 3, Added: []int{3}}}},
		{"lines that look like headers", "@@ -1,2 +1,3 @@\n FROM a\n---- old\n+--- new\n++++ newer", []review.Hunk{{Start: 1, Lines: 3, Added: []int{2, 3}}}},
		{"none", "", nil},
		{"binary", "Binary files a/x and b/x differ", nil},
		{"cut off", "@@ -0,0 +1,3 @@\n+FROM a", nil},
		{"nonsense", "@@ what @@\n+x", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, review.Hunks(tt.patch)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzHunks(f *testing.F) {
	f.Add("@@ -1,2 +1,3 @@\n FROM a\n-RUN b\n+RUN c\n+RUN d")
	f.Add("@@ -0,0 +1,99999999999 @@\n+x")
	f.Fuzz(func(t *testing.T, patch string) {
		for _, h := range review.Hunks(patch) {
			if h.Lines < 0 {
				t.Fatalf("%+v", h)
			}
			for _, a := range h.Added {
				if !h.Contains(a, a) {
					t.Fatalf("line %d is not in %+v", a, h)
				}
			}
		}
	})
}
