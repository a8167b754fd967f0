package image

import "strings"

// librarySuites are the columns of runtimeLibraries.
var librarySuites = []string{"bullseye", "bookworm", "trixie"}

// RuntimeLibrary are the packages with the shared libraries that a development
// package's headers stand for: libpq5 for libpq-dev. ok is false where that has
// not been checked for the suite: names change from release to release (libssl3
// is libssl3t64 in trixie), so none is ever taken from another.
func RuntimeLibrary(family Family, suite, devPackage string) (libraries []string, ok bool) {
	if family != Debian {
		return nil, false
	}
	for i, s := range librarySuites {
		if s == suite {
			libraries = strings.Fields(runtimeLibraries[devPackage][i])
		}
	}
	return libraries, len(libraries) > 0
}
