// Package image knows public base images: their family, suite and language, the
// configuration that they give to what is built on them, and their slimmer
// counterparts. One table, with the date on which it was right.
package image

// AsOf is the month for which the tables of this package are right. Suites come
// from the tag lists that the official images published until then.
const AsOf = "2026-08"

// Family is a line of distributions whose binaries and packages belong together.
type Family string

// The families.
const (
	Debian     Family = "debian"
	Ubuntu     Family = "ubuntu"
	Alpine     Family = "alpine"
	Distroless Family = "distroless" // Debian without shell and package manager
	Scratch    Family = "scratch"
	RHEL       Family = "rhel" // ubi, centos, rocky, amazonlinux, fedora
	Other      Family = "other"
)

// Base is a base image as far as it is known.
type Base struct {
	Ref      string // as written, ARG defaults put in
	Name     string // familiar repository name: "golang", "gcr.io/distroless/static-debian12"
	Tag      string // "latest" where none is written, "" where only a digest is
	Digest   string // "" where none is written
	Family   Family
	Suite    string // "bookworm", "3.20"; "" where the tag does not tell
	Musl     bool
	Language string // "go", "node", "python", "java", "rust", …; "" for a bare system
	Version  string // of the language as the tag says it: "1.22", "20"; "" for latest
	Slim     bool   // the family's small variant: no compilers
	Tools    bool   // compilers and headers of the system are in it
	Product  string // a finished product ("postgres", "nginx"): configured, not built on
	// Toolchain reports an image made for CI jobs and development, such as cimg/go:
	// the tools in it are its purpose.
	Toolchain bool
	Config    Config
	Size      int64 // unpacked bytes on linux/amd64, about; 0 where not known
}

// Config is what an image gives to what is built on it (OCI image configuration).
type Config struct {
	Env          []string
	Entrypoint   []string
	Cmd          []string
	User         string
	WorkingDir   string
	StopSignal   string
	Volumes      []string
	ExposedPorts []string
	Shell        []string
	OnBuild      []string
}
