package image

import "strings"

// PackageRole says on which side a system package belongs. build: it is needed
// to compile or to fetch and not to run. known is false for a package of which
// that cannot be told, which then stays on the runtime side.
//
// Tools that programs also call at run time (git, curl, ssh) are not known:
// whether they are called is for the project's sources to say.
func PackageRole(family Family, name string) (build, known bool) {
	name, _, _ = strings.Cut(name, ":")
	if family == Ubuntu {
		family = Debian
	}
	switch {
	case buildPackages[family][name], buildPackages[Other][name]:
		return true, true
	case runtimePackages[name]:
		return false, true
	case compiler(name):
		return true, true
	case family == RHEL && strings.HasSuffix(name, "-devel"), family != RHEL && (strings.HasSuffix(name, "-dev") || strings.HasSuffix(name, "-dev-compat")):
		return true, true
	case family == Debian && sharedLibrary(name):
		return false, true
	}
	return false, false
}

// compiler reports gcc-12, g++-12, clang-15, llvm-15, …
func compiler(name string) bool {
	base, version, ok := strings.Cut(name, "-")
	if !ok || version == "" || version[0] < '0' || version[0] > '9' {
		return false
	}
	switch base {
	case "gcc", "g++", "cpp", "gfortran", "clang", "llvm", "lld", "automake", "autoconf":
		return true
	}
	return false
}

// sharedLibrary reports Debian's names of shared libraries: lib…<number>, with
// t64 behind it since trixie.
func sharedLibrary(name string) bool {
	if !strings.HasPrefix(name, "lib") || strings.Contains(name, "perl") || strings.Contains(name, "java") {
		return false
	}
	name = strings.TrimSuffix(name, "t64")
	last := name[len(name)-1]
	return last >= '0' && last <= '9'
}

// buildPackages are compilers, build systems and headers by family; those under
// Other have the same name everywhere.
var buildPackages = map[Family]map[string]bool{
	Other: set("gcc g++ cpp make cmake ninja meson autoconf automake libtool m4 bison flex nasm yasm clang llvm lld pkgconf pkg-config " +
		"gettext-dev ccache gdb valgrind strace patch patchelf swig scons cargo rustc golang go gperf re2c byacc texinfo doxygen"),
	Debian: set("build-essential gfortran libc6-dev libc-dev linux-libc-dev linux-headers-generic dpkg-dev ninja-build debhelper devscripts " +
		"fakeroot autotools-dev libtool-bin python3-dev python-dev python2-dev python3-setuptools python3-wheel python-dev-is-python3 " +
		"golang-go node-gyp protobuf-compiler gobjc musl-tools musl-dev mingw-w64 gcc-multilib g++-multilib cython3 cargo-1.82 " +
		"libstdc++-12-dev libstdc++-14-dev ruby-dev php-dev default-jdk default-jdk-headless openjdk-8-jdk openjdk-11-jdk openjdk-17-jdk openjdk-21-jdk " +
		"openjdk-8-jdk-headless openjdk-11-jdk-headless openjdk-17-jdk-headless openjdk-21-jdk-headless maven gradle ant"),
	Alpine: set("build-base alpine-sdk musl-dev libc-dev linux-headers gfortran python3-dev python2-dev py3-setuptools py3-wheel abuild binutils " +
		"g++ fortify-headers samurai ninja-build protoc protobuf-dev openjdk8 openjdk11 openjdk17 openjdk17-jdk openjdk21 openjdk21-jdk maven gradle " +
		"rust cargo eudev-dev perl-dev autoconf-archive .build-deps"),
	RHEL: set("gcc-c++ gcc-gfortran glibc-devel kernel-headers kernel-devel rpm-build redhat-rpm-config ninja-build java-1.8.0-openjdk-devel " +
		"java-11-openjdk-devel java-17-openjdk-devel java-21-openjdk-devel maven golang"),
}

// runtimePackages are packages that programs need when they run.
var runtimePackages = set("ca-certificates tzdata locales locales-all openssl tini dumb-init gosu su-exec bash libc6-compat gcompat libstdc++ libgcc " +
	"libc6 libgcc-s1 libatomic1 libgomp1 ffmpeg imagemagick graphicsmagick ghostscript poppler-utils wkhtmltopdf tesseract-ocr chromium chromium-browser " +
	"firefox-esr fontconfig fonts-liberation fonts-noto-cjk fonts-dejavu fonts-dejavu-core ttf-dejavu ttf-freefont font-noto nginx apache2 supervisor " +
	"cron redis-server postgresql-client default-mysql-client mariadb-client mysql-client procps netcat-openbsd iputils-ping libpq libffi icu-libs " +
	"icu-data-full krb5-libs libjpeg-turbo libwebp libpng freetype harfbuzz nss nodejs npm gdal-bin gettext gettext-base openssh-server mime-support media-types " +
	"libmagic vips libxml2 libxslt zlib sqlite-libs mariadb-connector-c postgresql-libs libcurl pango cairo jre default-jre default-jre-headless")

// set makes a set of the words of a text.
func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(words) {
		out[word] = true
	}
	return out
}
