package image

import (
	"slices"
	"strings"
	"testing"
)

// Every row of the table resolves by its own name, has a PATH unless it is a
// product of which only the name is known, and says the same thing everywhere.
func TestRows(t *testing.T) {
	for name := range languages {
		b, ok := Resolve(name + ":latest")
		if !ok || b.Name != name {
			t.Errorf("%s resolves to %q, %v", name, b.Name, ok)
			continue
		}
		if b.Language == "" && b.Product == "" {
			t.Errorf("%s has no language", name)
		}
		checkRow(t, b)
	}
	for name := range systems {
		if b, ok := Resolve(name + ":latest"); ok && b.Product == "" {
			checkRow(t, b)
		}
	}
	for name, product := range products {
		if b, ok := Resolve(name + ":latest"); !ok || b.Name != name || b.Product != product {
			t.Errorf("%s resolves to product %q, name %q, %v", name, b.Product, b.Name, ok)
		}
		if _, twice := languages[name]; twice {
			t.Errorf("%s is a language and a product", name)
		}
	}
}

func checkRow(t *testing.T, b Base) {
	t.Helper()
	paths := 0
	for _, env := range b.Config.Env {
		name, value, ok := strings.Cut(env, "=")
		if !ok || name == "" || strings.ContainsAny(value, "$\n") {
			t.Errorf("%s: environment variable %q", b.Ref, env)
		}
		if name == "PATH" {
			paths++
			if !strings.Contains(value, "/usr/bin") {
				t.Errorf("%s: PATH is %s", b.Ref, value)
			}
		}
	}
	if paths != 1 && b.Family != Scratch {
		t.Errorf("%s has %d PATHs", b.Ref, paths)
	}
	if b.Musl != (b.Family == Alpine) && b.Name != "busybox" {
		t.Errorf("%s: family %s, musl %v", b.Ref, b.Family, b.Musl)
	}
	if b.Suite != "" && b.Family != Alpine && b.Family != Distroless && suites[b.Suite].family != b.Family {
		t.Errorf("%s: suite %s is not of the family %s", b.Ref, b.Suite, b.Family)
	}
}

// A size belongs to a repository of the table.
func TestSizes(t *testing.T) {
	for key, size := range sizes {
		name, _, _ := strings.Cut(key, ":")
		if _, ok := lookUp(name); !ok || size <= 0 {
			t.Errorf("the size %d of %s belongs to no row", size, key)
		}
	}
	small, _ := Resolve("node:20-slim")
	full, _ := Resolve("node:20")
	if small.Size == 0 || small.Size >= full.Size {
		t.Errorf("node:20-slim has %d bytes, node:20 %d", small.Size, full.Size)
	}
}

// The points of a history are in order and name suites that exist.
func TestHistories(t *testing.T) {
	for name, h := range map[string]*history{
		"go": goDebian, "go alpine": goAlpine, "node": nodeDebian, "node alpine": nodeAlpine, "python": pythonDebian, "python alpine": pythonAlpine,
		"rust": rustDebian, "rust alpine": rustAlpine, "ruby": rubyDebian, "ruby alpine": rubyAlpine, "php": phpDebian, "php alpine": phpAlpine,
	} {
		if len(h.newest) == 0 || !slices.IsSortedFunc(h.points, func(a, b point) int { return compareVersions(a.version, b.version) }) {
			t.Errorf("%s: the points are not in order", name)
		}
		for i, p := range h.points {
			alpine := strings.HasSuffix(name, "alpine")
			if p.suite != "" && alpine != alpineRelease(p.suite) || p.suite != "" && !alpine && suites[p.suite].family != Debian {
				t.Errorf("%s: %v has the suite %q", name, p.version, p.suite)
			}
			if i > 0 && h.points[i-1].suite == p.suite {
				t.Errorf("%s: %v repeats a suite", name, p.version)
			}
		}
	}
}

// Packages are in one list only, and every runtime library is one.
func TestPackageLists(t *testing.T) {
	for name := range runtimePackages {
		for family, list := range buildPackages {
			if list[name] {
				t.Errorf("%s is on the build side of %s and on the runtime side", name, family)
			}
		}
	}
	for dev, columns := range runtimeLibraries {
		if build, known := PackageRole(Debian, dev); !build || !known {
			t.Errorf("%s is not on the build side", dev)
		}
		for _, column := range columns {
			for _, library := range strings.Fields(column) {
				if build, _ := PackageRole(Debian, library); build {
					t.Errorf("%s, which %s stands for, is on the build side", library, dev)
				}
			}
		}
	}
}
