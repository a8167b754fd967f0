// Package proof has the types of what building and starting an image showed.
// Nothing here builds or starts anything.
package proof

// Proof is what was found when the original and the rewrite were built, opened,
// started and measured. That a daemon was absent, died or had no room is no proof
// of anything and is never in here.
type Proof struct {
	Outcome  Outcome
	Original Image
	Rewrite  Image // zero where the original does not build
	Causes   []Cause
	Targets  []Target
	Checks   []Check  // what was looked at, in order
	Rounds   []Round  // repairs that were tried, in order
	Failure  *Failure // nil where Outcome is Proven
	Notes    []string // what the reader must know to judge the proof; one sentence each
}

// Outcome is the result in one word.
type Outcome string

// The outcomes.
const (
	Proven         Outcome = "proven"          // the rewrite builds and behaves as the original does
	Disproven      Outcome = "disproven"       // it does not: Failure says why
	OriginalBroken Outcome = "original-broken" // the original does not build: there is nothing to compare with
)

// Proven reports whether the rewrite may be offered as proven.
func (p *Proof) Proven() bool { return p != nil && p.Outcome == Proven }

// Image is one built image and what was seen of it.
type Image struct {
	Built    bool
	Seconds  float64 // that the build took; near 0 where it came from the cache
	Cached   int     // steps that came from the cache
	Steps    int     // all steps, without the ones that BuildKit adds
	Sizes    Sizes
	Contents Contents
	Start    Start
	Rebuild  *Rebuild // after a one-line change of a source file; nil where not measured
}

// Sizes are in bytes.
type Sizes struct {
	Compressed int64 // the layers as a registry stores them, gzip
	Unpacked   int64 // the files of the final image
}

// Contents are what counts of a root file system.
type Contents struct {
	Files          int
	Packages       int              // of the system's package manager
	Setuid         int              // setuid and setgid files
	Shell          string           // path of a shell, "" for none
	PackageManager string           // path of the system's package manager, "" for none
	Groups         map[string]int64 // unpacked bytes by kind: see the Group constants
	Leftovers      []Leftover       // what a production image should not have
}

// The groups that unpacked bytes are counted in.
const (
	GroupToolchain    = "compilers and build tools"
	GroupPackages     = "language packages"
	GroupCaches       = "package caches"
	GroupSources      = "application"
	GroupSystem       = "base system"
	GroupInterpreter  = "language runtime"
	GroupDocuments    = "documentation and locales"
	GroupVersionStore = "version control"
)

// Leftover is something that a production image should not have.
type Leftover struct {
	Kind string // "compiler", "package cache", ".git", ".env", "private key", "development packages"
	Path string
	Size int64 // bytes, of a folder with everything in it
}

// Cause is one part of the difference in size.
type Cause struct {
	Name          string // one of the groups
	Before, After int64  // unpacked bytes
}

// Rebuild is what a one-line change of a source file costs.
type Rebuild struct {
	Path    string // the file that was changed
	Steps   int    // that ran again
	Seconds float64
}

// Target is one advertised stage built for itself.
type Target struct {
	Name    string
	Built   bool
	Test    bool // a test or lint stage: its outcome is reported, it proves nothing of the image
	Seconds float64
	Tail    string // the last lines where it did not build
}

// Check is one thing that was looked at, for the checklist.
type Check struct {
	Name   string // "starts", "listens on 8080/tcp"
	Passed bool
	Detail string
}

// Round is one repair.
type Round struct {
	Failure Failure // that it answers
	Repair  string  // what was changed, one sentence
}
