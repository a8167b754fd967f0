package plan

import "slices"

// Hints are what a proof has taught about a design that failed: what the next one
// must not be sparing with. The zero value teaches nothing. A language honours a hint
// or ignores it: a design that comes out the same is no repair.
type Hints struct {
	Why             Evidence // what the proof showed last
	AllDependencies bool     // production has the development dependencies too
	WholeApp        bool     // production has the application's folder as it is after the build
	NoUser          bool     // no user is added; one that the author wrote stays
	AsWritten       bool     // nothing is set that the author did not set: NODE_ENV, CGO_ENABLED, the exec form
	Floor           Floor    // the least that production's image has
	Packages        []string // of the system, that production installs beside the author's; sorted
	Own             []string // absolute paths in the image that the user of the process writes; sorted
}

// Floor is the least that the image of the production stage has. Each level has what
// the ones before it have.
type Floor uint8

// The levels.
const (
	AnyFloor    Floor = iota
	CLibrary          // a C library of the builder's suite
	CPlusPlus         // … with libgcc, libstdc++ and libgomp
	WithShell         // … with a shell and a package manager: the slim image
	AuthorImage       // the author's own image, where it has more than the slim one
)

// With adds hints to hints: what either says holds, and the newer reason.
func (h Hints) With(more Hints) Hints {
	return Hints{
		Why:             more.Why,
		AllDependencies: h.AllDependencies || more.AllDependencies,
		WholeApp:        h.WholeApp || more.WholeApp,
		NoUser:          h.NoUser || more.NoUser,
		AsWritten:       h.AsWritten || more.AsWritten,
		Floor:           max(h.Floor, more.Floor),
		Packages:        merged(h.Packages, more.Packages),
		Own:             merged(h.Own, more.Own),
	}
}

// merged is the union of two lists, sorted.
func merged(a, b []string) []string {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}
