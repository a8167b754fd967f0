package review

import (
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// maxPatchRead is the largest patch that is read, in bytes. GitHub leaves a
// patch out well below that.
const maxPatchRead = 4 << 20

// Hunks reads the hunks of a file's patch as GitHub gives it in the list of a
// pull request's files: hunks alone, without the headers of a diff. Only lines
// inside a hunk, its context included, can carry a comment. A patch that cannot
// be read has no hunks; File.PatchMissing is then right.
func Hunks(patch string) []Hunk {
	if !strings.HasPrefix(patch, "@@") || len(patch) > maxPatchRead {
		return nil
	}
	if !strings.HasSuffix(patch, "\n") {
		patch += "\n"
	}
	files, _, err := gitdiff.Parse(strings.NewReader("--- a/f\n+++ b/f\n" + patch))
	if err != nil || len(files) != 1 {
		return nil
	}
	var hunks []Hunk
	for _, f := range files[0].TextFragments {
		h := Hunk{Start: int(f.NewPosition), Lines: int(f.NewLines)}
		at := h.Start
		for _, l := range f.Lines {
			if l.Op == gitdiff.OpAdd {
				h.Added = append(h.Added, at)
			}
			if l.New() {
				at++
			}
		}
		hunks = append(hunks, h)
	}
	return hunks
}

// Contains reports whether all lines from start to end, both included, lie in
// the hunk.
func (h Hunk) Contains(start, end int) bool {
	return start >= h.Start && start <= end && end < h.Start+h.Lines
}
