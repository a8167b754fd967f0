package rust

import (
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// linking is how a -sys crate finds its library.
type linking struct {
	dev     string // the Debian package with its headers
	bundled string // another package that is locked where the library is compiled along
	soname  string // of the library, for Alpine
	ask     bool   // links to the system's library only where pkg-config finds one: in the full image or by the author's packages
}

// sysCrates are the crates that link to shared libraries of the system, from their
// build scripts.
var sysCrates = map[string]linking{
	"openssl-sys":             {dev: "libssl-dev", bundled: "openssl-src", soname: "libssl.so.3"},
	"pq-sys":                  {dev: "libpq-dev", bundled: "pq-src", soname: "libpq.so.5"},
	"mysqlclient-sys":         {dev: "default-libmysqlclient-dev", bundled: "mysqlclient-src", soname: "libmariadb.so.3"},
	"libsqlite3-sys":          {dev: "libsqlite3-dev", soname: "libsqlite3.so.0"},
	"libz-sys":                {dev: "zlib1g-dev", soname: "libz.so.1", ask: true},
	"bzip2-sys":               {dev: "libbz2-dev", ask: true},
	"lzma-sys":                {dev: "liblzma-dev", ask: true},
	"liblzma-sys":             {dev: "liblzma-dev", ask: true},
	"curl-sys":                {dev: "libcurl4-openssl-dev", soname: "libcurl.so.4", ask: true},
	"sasl2-sys":               {dev: "libsasl2-dev", ask: true},
	"libssh2-sys":             {dev: "libssh2-1-dev", ask: true},
	"libgit2-sys":             {dev: "libgit2-dev", ask: true},
	"alsa-sys":                {dev: "libasound2-dev"},
	"libudev-sys":             {dev: "libudev-dev"},
	"libdbus-sys":             {dev: "libdbus-1-dev", ask: true},
	"freetype-sys":            {dev: "libfreetype-dev", ask: true},
	"fontconfig-sys":          {dev: "libfontconfig1-dev"},
	"yeslogic-fontconfig-sys": {dev: "libfontconfig1-dev"},
	"servo-fontconfig-sys":    {dev: "libfontconfig1-dev"},
	"expat-sys":               {dev: "libexpat1-dev", ask: true},
	"libsodium-sys":           {dev: "libsodium-dev", ask: true},
	"libusb1-sys":             {dev: "libusb-1.0-0-dev", ask: true},
	"pcap":                    {dev: "libpcap-dev"},
	"zmq-sys":                 {dev: "libzmq3-dev", bundled: "zeromq-src"},
	"libxml":                  {dev: "libxml2-dev"},
	"pcre2-sys":               {dev: "libpcre2-dev", ask: true},
	"libpulse-sys":            {dev: "libpulse-dev"},
	"odbc-sys":                {dev: "unixodbc-dev"},
	"libsystemd-sys":          {dev: "libsystemd-dev"},
	"libgssapi-sys":           {dev: "libkrb5-dev"},
	"magick_rust":             {dev: "libmagickwand-dev"},
	"tesseract-sys":           {dev: "libtesseract-dev"},
	"leptonica-sys":           {dev: "libleptonica-dev"},
	"x11":                     {dev: "libx11-dev"},
	"gdal-sys":                {dev: "libgdal-dev"},
	"geos-sys":                {dev: "libgeos-dev"},
	"proj-sys":                {dev: "libproj-dev", ask: true},
	"opus-sys":                {dev: "libopus-dev", ask: true},
	"audiopus_sys":            {dev: "libopus-dev", ask: true},
	"vips-sys":                {dev: "libvips-dev"},
	"libseccomp-sys":          {dev: "libseccomp-dev"},
	"libarchive3-sys":         {dev: "libarchive-dev"},
	"mosquitto-sys":           {dev: "libmosquitto-dev"},
	"libheif-sys":             {dev: "libheif-dev"},
	"hdf5-sys":                {dev: "libhdf5-dev"},
	"ffmpeg-sys-next":         {dev: "libavformat-dev"},
	"portaudio-sys":           {dev: "portaudio19-dev"},
	"gobject-sys":             {dev: "libglib2.0-dev"},
	"cairo-sys-rs":            {dev: "libcairo2-dev"},
	"pango-sys":               {dev: "libpango1.0-dev"},
	"gdk-pixbuf-sys":          {dev: "libgdk-pixbuf-2.0-dev"},
	"zstd-sys":                {}, "ring": {}, "aws-lc-sys": {}, "aws-lc-fips-sys": {}, "tikv-jemalloc-sys": {}, "jemalloc-sys": {}, "libmimalloc-sys": {},
}

// elsewhere are crates of other systems, and those that link to nothing.
var elsewhere = []string{
	"windows", "winapi", "wasm", "js-sys", "web-sys", "core-foundation", "security-framework", "linux-raw-sys", "macos", "objc", "cocoa", "mach", "fsevent", "inotify", "kqueue",
	"android", "ndk", "jni", "kernel32", "ws2_32", "schannel", "system-configuration", "crypt32", "bcrypt", "libffi-sys", "clang-sys", "renderdoc", "iokit", "io-kit", "coreaudio",
	"dirs-sys", "librocksdb-sys", "lz4-sys", "rdkafka-sys", "onig_sys", "libwebp-sys", "mozjpeg-sys", "brotli-sys", "snap-sys", "libloading", "userfaultfd", "io-uring", "uring-sys", "hermit", "redox",
	"secp256k1-sys", "blst", "libnghttp2-sys", "protobuf-src", "psm", "stacker", "ittapi-sys", "libbpf-sys", "tree-sitter", "unrar_sys", "libduckdb-sys", "croaring-sys", "simsimd", "openblas", "grpcio-sys",
	"gl_generator", "khronos", "parity-rocksdb", "lmdb", "mdbx-sys", "minimp3-sys", "rav1e", "mimalloc", "sentry", "v8", "duktape", "mlua-sys", "zstd-safe", "cloudflare-zlib-sys", "libz-ng-sys", "libz-rs-sys", "sev", "gix", "dlopen",
}

// links is what the programs link to.
type links struct {
	libraries []string      // packages with the shared libraries, sorted
	headers   []string      // -dev packages of the author's whose libraries are not known for the suite
	inCC      bool          // distroless cc has all of them
	unknown   bool          // there is no lock file, or a -sys crate that is not in the table
	tls       bool          // the program may check certificates
	at        plan.Evidence // what decided
}

// nothingButC reports programs that need the C library alone, and what distroless cc
// has beside it.
func (l links) nothingButC() bool { return l.inCC && !l.unknown && len(l.headers) == 0 }

// findLinks reads the lock files for crates that link to the system's libraries
// (H66), and the packages that the author installs for them.
func (d *design) findLinks() {
	l := links{inCC: true, at: plan.Evidence{Line: d.In.File.Line(d.In.Stage.From), Text: "nothing that it is built from links to more than the C library"}}
	devs := map[string]bool{}
	for _, name := range d.systemCrates() {
		c, known := sysCrates[name]
		at, p, _ := d.locked(name)
		switch {
		case !known:
			l.unknown, l.at = true, at
			l.at.Text = name + " may link to a library of the system"
		case c.dev != "" && d.linksTo(name, c, p):
			devs[c.dev] = true
			if c.dev != "libssl-dev" {
				l.inCC = false
			}
			l.at = at
			l.at.Text = name + " links to a library of the system"
		}
	}
	switch {
	case len(d.locks) > 0:
	case d.onlyPure():
		d.Fact("lock-file-missing", plan.Evidence{Line: l.at.Line, Text: "there is no Cargo.lock"}, "Cargo takes the newest versions that fit at each build")
	default:
		l.unknown, l.at = true, plan.Evidence{Line: l.at.Line, Text: "there is no Cargo.lock that would tell what the program links to"}
		d.Fact("lock-file-missing", l.at, "Cargo takes the newest versions that fit at each build")
		d.guessed(devs)
	}
	d.tools(&l, devs)
	d.fromHeaders(&l, devs)
	l.tls = d.mayUseTLS()
	d.resolveLinks(&l, devs)
	d.links = l
}

// systemCrates are the locked crates that may link to libraries, sorted.
func (d *design) systemCrates() []string {
	set := map[string]bool{}
	for _, l := range d.locks {
		for name := range l.packages {
			if _, ok := sysCrates[name]; ok || strings.HasSuffix(name, "-sys") || strings.HasSuffix(name, "_sys") {
				set[name] = !foreign(name)
			}
		}
	}
	var out []string
	for _, name := range compiled.SortedKeys(set) {
		if set[name] {
			out = append(out, name)
		}
	}
	return out
}

func foreign(name string) bool {
	if _, ok := sysCrates[name]; ok {
		return false
	}
	for _, prefix := range elsewhere {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// linksTo reports whether a crate links to the system's library in this build.
func (d *design) linksTo(name string, c linking, p locked) bool {
	if c.bundled != "" {
		if _, _, ok := d.locked(c.bundled); ok {
			return false
		}
	}
	if name == "libsqlite3-sys" && has(p.dependencies, "cc") {
		return false // the feature bundled is what brings the compiler
	}
	full := d.In.Base.Language == "rust" && !d.In.Base.Slim && !d.In.Base.Musl
	return !c.ask || full || d.Installed[c.dev]
}

// guessed are the usual libraries where no lock file tells.
func (d *design) guessed(devs map[string]bool) {
	full := d.In.Base.Language == "rust" && !d.In.Base.Slim
	if full || d.Installed["libssl-dev"] || d.Installed["openssl-dev"] {
		devs["libssl-dev"] = true
	}
	for _, a := range d.programs {
		m := d.manifest(a.dir)
		if m == nil {
			continue
		}
		for _, row := range [][3]string{{"diesel", "postgres", "libpq-dev"}, {"diesel", "mysql", "default-libmysqlclient-dev"}, {"diesel", "sqlite", "libsqlite3-dev"}, {"rusqlite", "", "libsqlite3-dev"}, {"rocket_sync_db_pools", "diesel_postgres_pool", "libpq-dev"}} {
			if table, ok := m.Dependencies[row[0]]; ok && (row[1] == "" || hasFeature(table, row[1])) {
				devs[row[2]] = true
			}
		}
	}
}

// tools are programs from the network that the image starts, of which no lock file
// tells what they link to.
func (d *design) tools(l *links, devs map[string]bool) {
	for _, a := range d.programs {
		if a.dir != "" {
			continue
		}
		l.unknown, l.at = true, d.evidence(a.item, "what "+path.Base(a.path)+" links to is in no lock file")
		if path.Base(a.path) != "diesel" {
			devs["libssl-dev"] = true
			continue
		}
		for feature, dev := range map[string]string{"postgres": "libpq-dev", "mysql": "default-libmysqlclient-dev", "sqlite": "libsqlite3-dev"} {
			if !a.line.has("no-default-features") || strings.Contains(a.line.features(), feature) {
				devs[dev] = true
			}
		}
	}
}

// hasFeature reports a feature of a dependency's table.
func hasFeature(dependency any, feature string) bool {
	table, _ := dependency.(map[string]any)
	list, _ := table["features"].([]any)
	for _, f := range list {
		if f == feature {
			return true
		}
	}
	return false
}

// fromHeaders adds what the author installs headers of, unless a table above says
// that no crate asks for it.
func (d *design) fromHeaders(l *links, devs map[string]bool) {
	for _, p := range d.Packages {
		if !strings.HasSuffix(p.Name, "-dev") || d.In.Base.Family != image.Debian || noLibrary[p.Name] {
			continue
		}
		crate := ""
		for _, name := range compiled.SortedKeys(sysCrates) {
			if sysCrates[name].dev == p.Name {
				crate = name
				break
			}
		}
		if crate != "" && len(d.locks) > 0 && !d.anyCrate(p.Name) {
			continue
		}
		if !devs[p.Name] && !d.bundledFor(p.Name) {
			devs[p.Name] = true
			if p.Name != "libssl-dev" {
				l.inCC = false
				l.at = d.evidence(p.Item, "it builds against "+p.Name)
			}
		}
	}
}

// anyCrate reports a locked crate that links to what a -dev package has.
func (d *design) anyCrate(dev string) bool {
	for name, c := range sysCrates {
		if c.dev != dev {
			continue
		}
		if _, _, ok := d.locked(name); ok {
			return true
		}
	}
	return false
}

// bundledFor reports that all crates of a -dev package bring the library along.
func (d *design) bundledFor(dev string) bool {
	found := false
	for name, c := range sysCrates {
		if c.dev != dev {
			continue
		}
		if _, p, ok := d.locked(name); ok {
			if found = true; d.linksTo(name, c, p) {
				return false
			}
		}
	}
	return found
}

// noLibrary are -dev packages of which nothing is linked to that a slim image lacks.
var noLibrary = compiled.Words("libc6-dev linux-libc-dev musl-dev libclang-dev libprotobuf-dev libstdc++-12-dev libstdc++-14-dev libgcc-12-dev llvm-dev python3-dev")

// resolveLinks turns -dev packages into those of the running image. Of a suite whose
// names are not known the author's own -dev packages stay.
func (d *design) resolveLinks(l *links, devs map[string]bool) {
	set := map[string]bool{}
	for _, dev := range compiled.SortedKeys(devs) {
		libraries, ok := image.RuntimeLibrary(d.In.Base.Family, d.suite(), dev)
		switch {
		case ok:
			for _, name := range libraries {
				set[name] = !inSlim[name]
			}
		case d.In.Base.Family == image.Alpine:
			d.alpineLinks(l, dev, set)
		case dev == "libssl-dev" && d.In.Base.Family == image.Ubuntu:
			set["openssl"] = true // it depends on the suite's libssl
		case d.Installed[dev]:
			l.headers = append(l.headers, dev)
		default:
			l.unknown = true
		}
	}
	if d.In.Base.Family == image.Ubuntu {
		for _, p := range d.Packages {
			if strings.HasSuffix(p.Name, "-dev") && !noLibrary[p.Name] && p.Name != "libssl-dev" && !has(l.headers, p.Name) {
				l.headers = append(l.headers, p.Name)
			}
		}
	}
	for _, name := range compiled.SortedKeys(set) {
		if set[name] {
			l.libraries = append(l.libraries, name)
		}
	}
	sort.Strings(l.headers)
}

// inSlim are libraries that Debian's slim images have of themselves: dpkg, apt and
// util-linux need them.
var inSlim = compiled.Words("zlib1g libbz2-1.0 liblzma5 libzstd1 liblz4-1 libpcre2-8-0 libudev1 libsystemd0 libuuid1 libgcc-s1 libstdc++6 libtinfo6")

// alpineLinks: a program for musl is static unless flags or Alpine's own cargo make
// it otherwise.
func (d *design) alpineLinks(l *links, dev string, set map[string]bool) {
	if d.static() {
		return
	}
	for _, c := range sysCrates {
		if c.dev == dev && c.soname != "" {
			if name, ok := image.LibraryPackage(image.Alpine, d.suite(), c.soname); ok {
				set[name] = true
			}
			return
		}
	}
	l.unknown = true
}

// static reports programs that link to no shared library.
func (d *design) static() bool {
	for _, a := range d.programs {
		if !a.musl {
			return false
		}
	}
	return len(d.programs) > 0
}

// mayUseTLS reports a crate that checks certificates; without a lock file, that
// cannot be ruled out.
func (d *design) mayUseTLS() bool {
	if len(d.locks) == 0 {
		return !d.onlyPure()
	}
	for _, name := range []string{"openssl", "openssl-sys", "native-tls", "rustls", "boring", "mbedtls", "s2n-tls", "curl-sys", "wolfssl-sys", "libgit2-sys"} {
		if _, _, ok := d.locked(name); ok {
			return true
		}
	}
	return false
}
