package rootfs_test

import (
	"context"
	"debug/elf"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// server is a dynamic program of glibc that needs some libraries.
func server(needed ...string) program {
	return program{interp: glibcLoader, needed: append(needed, "libc.so.6")}
}

func vips(needed ...string) program {
	return program{soname: "libvips.so.42", needed: append(needed, "libc.so.6")}
}

func TestLibraries(t *testing.T) {
	run := cmd("/app/server")
	withPath := rootfs.Config{Cmd: []string{"/app/server"}, Env: []string{"LD_LIBRARY_PATH=/opt/lib:/x"}}
	needs := func(v ...string) program {
		return program{interp: glibcLoader, needed: []string{"libc.so.6"}, needs: map[string][]string{"libc.so.6": v}}
	}
	runpath := func(p string) program {
		return program{interp: glibcLoader, needed: []string{"libvips.so.42"}, runpath: p}
	}
	const multiarch = "/usr/lib/x86_64-linux-gnu/libvips.so.42"
	for _, c := range []check{
		{name: "all there", image: debian().elf("/app/server", server("libz.so.1")), config: run},
		{name: "missing", image: debian().elf("/app/server", server("libvips.so.42")), config: run, kind: proof.MissingLibrary, subject: "libvips.so.42", cause: "/app/server needs libvips.so.42, which no folder of the loader has"},
		{name: "missing of a library", image: debian().elf("/app/server", server("libvips.so.42")).elf(multiarch, vips("libglib-2.0.so.0")), config: run, kind: proof.MissingLibrary, subject: "libglib-2.0.so.0", cause: "libvips.so.42 needs"},
		{name: "in a default folder without the cache", image: debian().elf("/app/server", server("libvips.so.42")).elf(multiarch, vips()), config: run},
		{name: "in /usr/local/lib without ldconfig", image: debian().elf("/app/server", server("libvips.so.42")).elf("/usr/local/lib/libvips.so.42", vips()), config: run, kind: proof.MissingLibrary, subject: "libvips.so.42", cause: "ldconfig has not run"},
		{name: "in /usr/local/lib with a cache that cannot be read", image: debian().elf("/app/server", server("libvips.so.42")).elf("/usr/local/lib/libvips.so.42", vips()).file("/etc/ld.so.cache", "another layout"), config: run},
		{name: "in the cache alone", image: debian().elf("/app/server", server("libvips.so.42")).elf("/opt/v/libvips.so.42", vips()).file("/etc/ld.so.cache", ldCache(map[string]string{"libvips.so.42": "/opt/v/libvips.so.42"})), config: run},
		{name: "in the cache, but gone", image: debian().elf("/app/server", server("libz.so.1")).remove("/usr/lib/x86_64-linux-gnu/libz.so.1.2.13"), config: run, kind: proof.MissingLibrary, subject: "libz.so.1"},
		{name: "LD_LIBRARY_PATH", image: debian().elf("/app/server", server("libvips.so.42")).elf("/opt/lib/libvips.so.42", vips()), config: withPath},
		{name: "LD_LIBRARY_PATH without it", image: debian().elf("/app/server", server("libvips.so.42")).elf("/opt/lib64/libvips.so.42", vips()), config: withPath, kind: proof.MissingLibrary, subject: "libvips.so.42"},
		{name: "RUNPATH with $ORIGIN", image: debian().elf("/app/server", runpath("$ORIGIN/lib")).elf("/app/lib/libvips.so.42", vips()), config: run},
		{name: "RUNPATH behind a symbolic link", image: debian().elf("/opt/v/server", runpath("${ORIGIN}/lib")).elf("/opt/v/lib/libvips.so.42", vips()).link("/app/server", "/opt/v/server"), config: run},
		{name: "RUNPATH is for the object alone", image: debian().elf("/app/server", runpath("$ORIGIN/lib")).elf("/app/lib/libvips.so.42", vips("libglib.so")).elf("/app/lib/libglib.so", program{}), config: run, kind: proof.MissingLibrary, subject: "libglib.so"},
		{name: "RPATH is for what it loads too", image: debian().elf("/app/server", program{interp: glibcLoader, needed: []string{"libvips.so.42"}, rpath: "$ORIGIN/lib"}).elf("/app/lib/libvips.so.42", vips("libglib.so")).elf("/app/lib/libglib.so", program{}), config: run},
		{name: "another architecture is passed over", image: debian().elf("/app/server", program{interp: glibcLoader, needed: []string{"libvips.so.42"}, runpath: "/arm"}).elf("/arm/libvips.so.42", program{machine: elf.EM_AARCH64}).elf(multiarch, vips()), config: run},
		{name: "only another architecture", image: debian().elf("/app/server", runpath("/arm")).elf("/arm/libvips.so.42", program{machine: elf.EM_AARCH64}), config: run, kind: proof.MissingLibrary, subject: "libvips.so.42", cause: "another architecture"},
		{name: "soname of what is loaded", image: debian().elf("/app/server", program{interp: glibcLoader, needed: []string{"/opt/z.so", "libzed.so.1"}}).elf("/opt/z.so", program{soname: "libzed.so.1"}), config: run},
		{name: "glibc is new enough", image: debian().elf("/app/server", needs("GLIBC_2.34", "GLIBC_2.2.5")), config: run},
		{name: "glibc is too old", image: debian().elf("/app/server", needs("GLIBC_2.2.5", "GLIBC_2.38")), config: run, kind: proof.LibcVersion, subject: "GLIBC_2.38", cause: "libc.so.6 does not define"},
		{name: "static", image: newImage().elf("/app/server", program{static: true}), config: run},
		{name: "no loader", image: newImage().elf("/app/server", server()), config: run, kind: proof.WrongLibc, subject: glibcLoader, cause: "(glibc), which the image does not have"},
		{name: "glibc on musl", image: alpine().elf("/app/server", server()), config: run, kind: proof.WrongLibc, subject: glibcLoader},
		{name: "musl on glibc", image: debian().elf("/app/server", program{interp: muslLoader}), config: run, kind: proof.WrongLibc, subject: muslLoader, cause: "(musl)"},
		{name: "another architecture", image: debian().elf("/app/server", program{machine: elf.EM_AARCH64, static: true}), config: run, kind: proof.Other, subject: "/app/server", cause: "is built for arm64, and the image is for amd64"},
		{name: "a loader in a place of its own", image: newImage().elf("/nix/store/g/lib/ld-linux-x86-64.so.2", program{}).elf("/app/server", program{interp: "/nix/store/g/lib/ld-linux-x86-64.so.2", needed: []string{"libx.so"}}), config: run},
		{name: "a loader of another name", image: debian().elf("/usr/lib/x86_64-linux-gnu/run.so", program{}).elf("/app/server", program{interp: "/usr/lib/x86_64-linux-gnu/run.so", needed: []string{"libx.so"}}), config: run},
		{name: "musl's folders", image: alpine().elf("/app/server", program{interp: muslLoader, needed: []string{"libvips.so.42", "libc.musl-x86_64.so.1"}}).elf("/usr/local/lib/libvips.so.42", program{}), config: run},
		{name: "musl's own list of folders", image: alpine().elf("/app/server", program{interp: muslLoader, needed: []string{"libvips.so.42"}}).elf("/usr/local/lib/libvips.so.42", program{}).file("/etc/ld-musl-x86_64.path", "/lib:/opt/lib\n"), config: run, kind: proof.MissingLibrary, subject: "libvips.so.42"},
		{name: "gcompat", image: alpine().elf("/lib64/ld-linux-x86-64.so.2", program{}).elf("/lib/libgcompat.so.0", program{}).elf("/app/server", server()), config: run},
		{name: "broken ELF", image: debian().exec("/app/server", "\x7fELF and then nothing that is one, for a while, so that it is long enough"), config: run},
	} {
		c.run(t)
	}
}

// A native module may never be loaded: alone it is a line of the checklist, against an
// original that has the library it is a failure.
func TestNativeModules(t *testing.T) {
	const modules, site = "/app/node_modules/", "/usr/local/lib/python3.12/site-packages/"
	so := func(needed ...string) program { return program{needed: append(needed, "libc.so.6")} }
	node := func() *image { return nodeImage().file("/app/a.js", "") }
	python := func() *image { return pythonImage().file("/app/a.py", "") }
	runNode, runPython := cmd("node", "a.js"), cmd("python", "a.py")
	pq := "/usr/lib/x86_64-linux-gnu/libpq.so.5"
	for _, c := range []struct {
		name    string
		image   *image
		config  rootfs.Config
		subject string // that is missing, "" for none
	}{
		{"library of the system is missing", python().elf(site+"psycopg2/_psycopg.so", so("libpq.so.5")), runPython, "libpq.so.5"},
		{"library of the system is there", python().elf(site+"psycopg2/_psycopg.so", so("libpq.so.5")).elf(pq, so()), runPython, ""},
		{"library of a library is missing", python().elf(site+"psycopg2/_psycopg.so", so("libpq.so.5")).elf(pq, so("libldap.so.2")), runPython, "libldap.so.2"},
		{"bundled with $ORIGIN", python().elf(site+"numpy/core/_m.so", program{needed: []string{"libopenblas.so"}, runpath: "$ORIGIN/../../numpy.libs"}).elf(site+"numpy.libs/libopenblas.so", so()), runPython, ""},
		{"loaded before by another module", python().elf(site+"torch/lib/libtorch.so", so()).elf(site+"vision/_C.so", so("libtorch.so")), runPython, ""},
		{"loaded by the interpreter", python().elf(site+"m/_m.so", so("libpython3.12.so.1.0")), runPython, ""},
		{"driver of the machine", python().elf(site+"torch/lib/libtorch_cuda.so", so("libcuda.so.1")), runPython, ""},
		{"plugin", python().elf(site+"PyQt5/Qt5/plugins/platforms/libqxcb.so", so("libxcb-icccm.so.4")), runPython, ""},
		{"module that its package does without", python().elf(site+"numba/np/ufunc/omppool.cpython-312.so", so("libgomp.so.1")), runPython, ""},
		{"the interpreter's own module", python().elf("/usr/local/lib/python3.12/lib-dynload/_tkinter.so", so("libtk8.6.so")), runPython, ""},
		{"prebuild for musl", node().elf(modules+"@img/sharp-linuxmusl-x64/sharp.node", program{needed: []string{"libvips-cpp.so.42", "libc.musl-x86_64.so.1"}}), runNode, ""},
		{"prebuild for another musl", node().elf(modules+"@oxc/binding-linux-x64-musl/p.node", program{needed: []string{"libc.so", "libgcc_s.so.1"}}), runNode, ""},
		{"prebuild for FreeBSD", node().elf(modules+"argon2/prebuilds/freebsd-x64/argon2.glibc.node", program{needed: []string{"libc++.so.1", "libc.so.7"}}), runNode, ""},
		{"prebuild for FreeBSD by its header", node().elf(modules+"argon2/prebuilds/freebsd-x64/a.node", program{abi: elf.ELFOSABI_FREEBSD, needed: []string{"libthr.so.3"}}), runNode, ""},
		{"prebuild for Android", node().elf(modules+"@x/android-x64/a.node", program{needed: []string{"libc.so", "liblog.so"}}), runNode, ""},
		{"prebuild for another architecture", node().elf(modules+"bcrypt/prebuilds/linux-arm64/bcrypt.node", program{machine: elf.EM_AARCH64, needed: []string{"libx.so"}}), runNode, ""},
		{"built here for glibc, and the image has musl", alpine().elf("/usr/bin/node", program{interp: muslLoader}).file("/app/a.js", "").elf(modules+"bcrypt/build/Release/bcrypt.node", so()), runNode, modules + "bcrypt/build/Release/bcrypt.node"},
		{"prebuild for Android, and the image has musl", alpine().elf("/usr/bin/node", program{interp: muslLoader}).file("/app/a.js", "").elf(modules+"@x/android-x64/a.node", program{needed: []string{"libc.so", "liblog.so"}}), runNode, ""},
		{"prebuild for glibc, and the image has musl", alpine().elf("/usr/bin/node", program{interp: muslLoader}).file("/app/a.js", "").elf(modules+"bcrypt/prebuilds/linux-x64/bcrypt.glibc.node", so()), runNode, ""},
		{"helper program beside the application", node().elf("/app/bin/convert", server("libMagick.so.6")), runNode, "libMagick.so.6"},
		{"needs a newer glibc", node().elf(modules+"m/build/Release/m.node", program{needed: []string{"libc.so.6"}, needs: map[string][]string{"libc.so.6": {"GLIBC_2.38"}}}), runNode, "GLIBC_2.38"},
	} {
		t.Run(c.name, func(t *testing.T) { native(t, c.image, c.config, c.subject) })
	}
}

// native checks that a module without a library is no failure alone, and one of that
// subject against an original that starts the same way without the module.
func native(t *testing.T, i *image, config rootfs.Config, subject string) {
	config.Architecture = "amd64"
	ins := walk(t, i).Inspect(context.Background(), config)
	if _, f := ins.Against(nil); f != nil {
		t.Errorf("alone it fails: %s", f.Cause)
	}
	if _, f := ins.Against(ins); f != nil {
		t.Errorf("against itself it fails: %s", f.Cause)
	}
	plain := debian().elf("/usr/local/bin/node", server()).elf("/usr/local/bin/python", server()).file("/app/a.js", "").file("/app/a.py", "")
	checks, f := ins.Against(walk(t, plain).Inspect(context.Background(), config))
	switch {
	case f == nil && subject != "":
		t.Errorf("nothing fails, want %s; %+v", subject, checks)
	case f != nil && f.Subject != subject:
		t.Errorf("%s fails, want %q: %s", f.Subject, subject, f.Cause)
	}
	passed := true
	for _, row := range checks {
		passed = passed && row.Passed
	}
	if passed != (subject == "") {
		t.Errorf("passed is %v: %+v", passed, checks)
	}
}

// What the original has too is said to be so, and fails nothing.
func TestAgainstTheOriginal(t *testing.T) {
	config := cmd("/app/start.sh")
	make := func() *image { return debian().exec("/app/start.sh", "#!/bin/zsh\n") }
	original := walk(t, make()).Inspect(context.Background(), config)
	rewrite := walk(t, make()).Inspect(context.Background(), config)
	checks, failure := rewrite.Against(original)
	if failure != nil {
		t.Errorf("fails: %s", failure.Cause)
	}
	if len(checks) == 0 || checks[0].Passed || !strings.HasSuffix(checks[0].Detail, "as in the original") {
		t.Errorf("checks are %+v", checks)
	}
	if _, failure := rewrite.Against(nil); failure == nil || failure.Kind != proof.MissingCommand {
		t.Errorf("alone it is %v", failure)
	}
}
