package rootfs

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// A folderRule says what a folder and everything in it counts as.
type folderRule struct {
	pattern string // of path.Match
	group   string
}

const maxRule = 4 // folders in the longest pattern

// folderRules are looked at in order; the first that fits counts.
var folderRules = []folderRule{
	{"/usr/local/go", proof.GroupToolchain},
	{"/usr/lib/go*", proof.GroupToolchain},
	{"/usr/share/go-*", proof.GroupToolchain},
	{"/usr/include", proof.GroupToolchain},
	{"/usr/local/include", proof.GroupToolchain},
	{"/usr/lib/gcc", proof.GroupToolchain},
	{"/usr/libexec/gcc", proof.GroupToolchain},
	{"/usr/lib/gcc-cross", proof.GroupToolchain},
	{"/usr/lib/llvm*", proof.GroupToolchain},
	{"/usr/lib/git-core", proof.GroupToolchain},
	{"/usr/share/git-core", proof.GroupToolchain},
	{"/usr/lib/pkgconfig", proof.GroupToolchain},
	{"/usr/lib/*/pkgconfig", proof.GroupToolchain},
	{"/usr/lib/*/cmake", proof.GroupToolchain},
	{"/usr/share/cmake*", proof.GroupToolchain},
	{"/usr/share/aclocal*", proof.GroupToolchain},
	{"/usr/share/autoconf", proof.GroupToolchain},
	{"/usr/share/automake*", proof.GroupToolchain},
	{"/usr/share/maven*", proof.GroupToolchain},
	{"/usr/share/gradle*", proof.GroupToolchain},
	{"/opt/maven*", proof.GroupToolchain},
	{"/opt/gradle*", proof.GroupToolchain},
	{"/usr/lib/rustlib", proof.GroupToolchain},
	{"/usr/local/cargo", proof.GroupToolchain},
	{"/usr/local/rustup", proof.GroupToolchain},
	{"/root/.cargo", proof.GroupToolchain},
	{"/root/.rustup", proof.GroupToolchain},
	{"/usr/local/*/jmods", proof.GroupToolchain},
	{"/opt/java/*/jmods", proof.GroupToolchain},
	{"/usr/lib/jvm/*/jmods", proof.GroupToolchain},
	{"/opt/java/*/include", proof.GroupToolchain},
	{"/usr/lib/jvm/*/include", proof.GroupToolchain},
	{"/go/pkg", proof.GroupCaches},
	{"/root/go/pkg", proof.GroupCaches},
	{"/home/*/go/pkg", proof.GroupCaches},
	{"/usr/local/share/.cache", proof.GroupCaches},
	{"/var/cache", proof.GroupCaches},
	{"/var/lib/apt/lists", proof.GroupCaches},
	{"/usr/local/lib/node_modules", proof.GroupInterpreter},
	{"/usr/lib/node_modules", proof.GroupInterpreter},
	{"/opt/yarn*", proof.GroupInterpreter},
	{"/nodejs", proof.GroupInterpreter},
	{"/opt/java", proof.GroupInterpreter},
	{"/usr/lib/jvm", proof.GroupInterpreter},
	{"/usr/local/openjdk*", proof.GroupInterpreter},
	{"/usr/lib/python*", proof.GroupInterpreter},
	{"/usr/local/lib/python*", proof.GroupInterpreter},
	{"/usr/lib/ruby", proof.GroupInterpreter},
	{"/usr/local/lib/ruby", proof.GroupInterpreter},
	{"/usr/local/lib/php", proof.GroupInterpreter},
	{"/usr/local/bundle", proof.GroupPackages},
	{"/var/lib/gems", proof.GroupPackages},
	{"/usr/share/doc", proof.GroupDocuments},
	{"/usr/share/doc-base", proof.GroupDocuments},
	{"/usr/share/gtk-doc", proof.GroupDocuments},
	{"/usr/share/man", proof.GroupDocuments},
	{"/usr/local/share/man", proof.GroupDocuments},
	{"/usr/local/share/doc", proof.GroupDocuments},
	{"/usr/share/info", proof.GroupDocuments},
	{"/usr/share/locale", proof.GroupDocuments},
	{"/usr/share/i18n", proof.GroupDocuments},
	{"/usr/lib/locale", proof.GroupDocuments},
	{"/usr/local", proof.GroupSources},
	{"/usr/src", proof.GroupSources},
	{"/var/www", proof.GroupSources},
	{"/var/task", proof.GroupSources},
	{"/bin", proof.GroupSystem},
	{"/sbin", proof.GroupSystem},
	{"/lib*", proof.GroupSystem},
	{"/usr", proof.GroupSystem},
	{"/etc", proof.GroupSystem},
	{"/var", proof.GroupSystem},
	{"/boot", proof.GroupSystem},
	{"/dev", proof.GroupSystem},
	{"/run", proof.GroupSystem},
	{"/busybox", proof.GroupSystem},
}

// homeCaches are folders of a home that package managers and tools fill.
var homeCaches = []string{".cache", ".npm", ".m2", ".gradle", ".yarn", ".pnpm-store", ".ivy2", ".sbt", ".nuget", ".bundle", ".node-gyp", ".bun"}

var (
	compilerName = regexp.MustCompile(`^([a-z0-9_]+-linux-[a-z]+-)?(gcc|g\+\+|cc|c\+\+|c89|c99|cpp|clang|clang\+\+|ld|ld\.bfd|ld\.gold|as|ar|nm|ranlib|objdump|objcopy|readelf|strip|gprof|gcov|gcov-tool|gcov-dump|dwp|gdb|make|cmake|ninja|lto-dump|git|hg|svn)(-[0-9.]+)?$`)
	runtimeName  = regexp.MustCompile(`^(node|nodejs|npm|npx|corepack|python[0-9.]*|pip[0-9.]*|idle[0-9.]*|pydoc[0-9.]*|2to3[-0-9.]*|python[0-9.]*-config|ruby|gem|bundle|irb|php|java|bun|deno|libpython.*|libruby.*)$`)
	toolLibrary  = regexp.MustCompile(`^(libLLVM|libclang|libasan|libtsan|liblsan|libubsan|libbfd|libopcodes|libcc1|libisl|libmpc).*\.so`)
)

// eachGrouped visits every entry that is no folder with its group.
func (t *Tree) eachGrouped(visit func(f *file, group string)) {
	t.grouped.Do(func() { t.root.assign(proof.GroupSources) })
	t.root.each(func(f *file) bool {
		if !f.dir() {
			visit(f, f.group)
		}
		return true
	})
}

// assign gives every file in a folder of a group its own.
func (f *file) assign(group string) {
	for _, k := range f.kids {
		if k.dir() {
			k.assign(folderGroup(k, group))
			continue
		}
		k.group = fileGroup(k, group)
	}
}

// folderGroup is the group of a folder in a folder of a group.
func folderGroup(f *file, in string) string {
	switch {
	case f.name == ".git" || f.name == ".hg" || f.name == ".svn":
		return proof.GroupVersionStore
	case in == proof.GroupVersionStore || in == proof.GroupCaches || in == proof.GroupDocuments:
		return in
	case in == proof.GroupToolchain:
		if f.name == "registry" && path.Base(path.Dir(f.path)) == "cargo" || f.name == "registry" && path.Base(path.Dir(f.path)) == ".cargo" {
			return proof.GroupCaches
		}
		return in
	}
	if slices.Contains(homeCaches, f.name) && home(path.Dir(f.path)) {
		return proof.GroupCaches
	}
	for _, r := range folderRules {
		if strings.Count(f.path, "/") > maxRule {
			break
		}
		if ok, _ := path.Match(r.pattern, f.path); ok {
			return r.group
		}
	}
	switch f.name {
	case "node_modules", ".pnpm":
		if in != proof.GroupInterpreter {
			return proof.GroupPackages
		}
	case "site-packages":
		return proof.GroupPackages
	case "dist-packages":
		if within(f.path, "/usr/local") {
			return proof.GroupPackages
		}
	case "BOOT-INF", "bundle":
		if in == proof.GroupSources && (f.name == "BOOT-INF" || path.Base(path.Dir(f.path)) == "vendor") {
			return proof.GroupPackages
		}
	}
	return in
}

// home reports a folder that is somebody's home.
func home(dir string) bool {
	return dir == "/root" || path.Dir(dir) == "/home" || dir == "/"
}

// fileGroup is the group of a file in a folder of a group.
func fileGroup(f *file, in string) string {
	dir := path.Base(path.Dir(f.path))
	switch {
	case in == proof.GroupSystem || in == proof.GroupSources && within(f.path, "/usr/local"):
		switch {
		case dir == "bin" && compilerName.MatchString(f.name):
			return proof.GroupToolchain
		case runtimeName.MatchString(f.name):
			return proof.GroupInterpreter
		case in == proof.GroupSystem && (strings.HasSuffix(f.name, ".a") || strings.HasSuffix(f.name, ".o")), toolLibrary.MatchString(f.name):
			return proof.GroupToolchain
		}
	case in == proof.GroupInterpreter:
		if f.name == "src.zip" || f.name == "ct.sym" || f.name == "javac" {
			return proof.GroupToolchain
		}
	case in == proof.GroupSources:
		if strings.HasSuffix(f.name, ".jar") && (dir == "lib" || dir == "libs" || dir == "dependencies") {
			return proof.GroupPackages
		}
	}
	return in
}

// application reports a group of files that come with the application.
func application(group string) bool {
	return group == proof.GroupSources || group == proof.GroupPackages
}
