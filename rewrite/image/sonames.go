package image

import (
	"regexp"
	"strings"
)

// reSoname is what a shared library may be called in a package request.
var reSoname = regexp.MustCompile(`^lib[A-Za-z0-9_+-][A-Za-z0-9_+.-]{0,60}\.so(\.[0-9]{1,6}){0,4}$`)

// LibraryPackage is the package that brings a shared library, by its soname: libpq5
// for libpq.so.5 on Debian. On Alpine a library is itself a name that apk finds its
// package by (so:libpq.so.5). A soname without a version is looked up under the one
// that the suite has. ok is false where it has not been checked for the suite: names
// change from release to release, so none is taken from another.
func LibraryPackage(family Family, suite, soname string) (name string, ok bool) {
	soname = soname[strings.LastIndexByte(soname, '/')+1:]
	if !reSoname.MatchString(soname) {
		return "", false
	}
	if family == Alpine {
		return "so:" + soname, strings.Contains(soname, ".so.")
	}
	if family != Debian {
		return "", false
	}
	for i, s := range librarySuites {
		if s != suite {
			continue
		}
		if name = sonamePackages[soname][i]; name != "" {
			return name, true
		}
		return unversioned(soname, i)
	}
	return "", false
}

// unversioned finds the one library of a suite whose soname begins with a name that
// has no version, such as libvips.so.
func unversioned(soname string, column int) (name string, ok bool) {
	if !strings.HasSuffix(soname, ".so") {
		return "", false
	}
	for have, packages := range sonamePackages {
		if packages[column] == "" || !strings.HasPrefix(have, soname+".") {
			continue
		}
		if name != "" && name != packages[column] {
			return "", false
		}
		name = packages[column]
	}
	return name, name != ""
}

// libraryLevels are the libraries that distroless images bring.
// See https://github.com/GoogleContainerTools/distroless#what-images-are-available.
var (
	inDistrolessBase = set("libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libresolv.so.2 libutil.so.1 libnss_files.so.2 libnss_dns.so.2 libcrypto.so.3 libssl.so.3 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1")
	inDistrolessCC   = set("libgcc_s.so.1 libstdc++.so.6 libgomp.so.1")
)

// InDistrolessBase and InDistrolessCC report what distroless base and distroless cc
// of Debian 12 and 13 bring, by soname.
func InDistrolessBase(soname string) bool { return inDistrolessBase[soname] }

// InDistrolessCC reports what distroless cc has beside distroless base.
func InDistrolessCC(soname string) bool { return inDistrolessCC[soname] }
