// Package proof has the types of what building and starting an image showed.
// Nothing here builds or starts anything.
package proof

import "github.com/multistage-app/multistage/rewrite/dockerfile"

// Proof is what was found when the original and the rewrite were built, opened,
// started and measured.
type Proof struct {
	Original, Rewrite Image
	Checks            []Check
	Failure           *Failure // nil where everything that was checked held
}

// Proven reports whether the rewrite may be offered.
func (p *Proof) Proven() bool { return p != nil && p.Failure == nil }

// Image is one built image.
type Image struct {
	Built bool
	Sizes Sizes
}

// Sizes are in bytes.
type Sizes struct {
	Compressed int64
	Unpacked   int64
}

// Check is one thing that was looked at, for the checklist.
type Check struct {
	Name   string // "starts", "listens on 8080/tcp"
	Passed bool
	Detail string
}

// Failure is why a rewrite is not proven.
type Failure struct {
	Step  string          // "build", "files", "start"
	Span  dockerfile.Span // of the rewrite, where it is known
	Cause string          // one sentence
	Tail  string          // the last lines of the log that matter
}
