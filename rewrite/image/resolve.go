package image

// Resolve finds what is known about a base image reference. ok is false for an
// invalid reference, an unresolved variable and an unknown repository.
func Resolve(ref string) (Base, bool) { return Base{}, false }

// Slim is the small variant of the same language version and suite.
func Slim(b Base) (Base, bool) { return Base{}, false }

// Static is distroless static, for binaries that need no library.
func Static(b Base) (Base, bool) { return Base{}, false }

// DistrolessBase is distroless with the C library of a Debian suite.
func DistrolessBase(suite string) (Base, bool) { return Base{}, false }

// DistrolessCC is DistrolessBase with libgcc and libstdc++.
func DistrolessCC(suite string) (Base, bool) { return Base{}, false }

// NodeDistroless is distroless with Node.js of a major version.
func NodeDistroless(version string) (Base, bool) { return Base{}, false }

// DebianSlim is debian:<suite>-slim.
func DebianSlim(suite string) (Base, bool) { return Base{}, false }

// PackageRole says whether a system package belongs to the build side.
func PackageRole(family Family, name string) (build, known bool) { return false, false }

// RuntimeLibrary are the packages with the libraries that a development package's
// headers stand for.
func RuntimeLibrary(family Family, suite, devPackage string) ([]string, bool) { return nil, false }
