package rootfs_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
	"github.com/multistage-app/multistage/rewrite/proof"
)

func TestContents(t *testing.T) {
	big := strings.Repeat("x", 70_000)
	i := nodeImage().
		file("/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: deinstall ok config-files\n\nPackage: c\nStatus: install ok installed\n").
		exec("/usr/bin/apt-get", "x").exec("/usr/bin/gcc-12", big).link("/usr/bin/gcc", "gcc-12").
		file("/usr/share/doc/a/copyright", "abc").file("/root/.npm/_cacache/x", big).
		file("/app/node_modules/a/index.js", "12345").file("/app/.git/objects/1", "1234").file("/app/server.js", "12")
	i.put("/usr/bin/su", 0o755|fs.ModeSetuid, "x", "")
	second := i.put("/usr/bin/gcc-ar", 0o755, big, "gcc-12") // a hard link, as a Reader lists it
	second.stat.Size = 0
	tree := walk(t, i)
	got := tree.Contents(context.Background())
	if got.Packages != 2 || got.Setuid != 1 || got.Shell != "/bin/sh" || got.PackageManager != "/usr/bin/apt-get" {
		t.Errorf("contents are %+v", got)
	}
	total := int64(0)
	for _, n := range got.Groups {
		total += n
	}
	if total != tree.Unpacked() {
		t.Errorf("groups add up to %d, want %d", total, tree.Unpacked())
	}
	if got.Groups[proof.GroupSystem] > 70_000 {
		t.Error("a hard link counts twice")
	}
	for group, want := range map[string]int64{proof.GroupToolchain: 70_000, proof.GroupCaches: 70_000, proof.GroupDocuments: 3, proof.GroupPackages: 5, proof.GroupVersionStore: 4, proof.GroupSources: 2} {
		if got.Groups[group] != want {
			t.Errorf("%s is %d bytes, want %d", group, got.Groups[group], want)
		}
	}
}

func TestPackagesOfOtherImages(t *testing.T) {
	distroless := newImage().file("/var/lib/dpkg/status.d/base", "").file("/var/lib/dpkg/status.d/base.md5sums", "").file("/var/lib/dpkg/status.d/tzdata", "")
	apk := alpine().file("/lib/apk/db/installed", "C:x\nP:musl\nV:1\n\nC:y\nP:busybox\n").exec("/sbin/apk", "x")
	for name, c := range map[string]struct {
		image     *image
		packages  int
		shell, pm string
	}{
		"distroless": {distroless, 2, "", ""},
		"alpine":     {apk, 2, "/bin/sh", "/sbin/apk"},
		"scratch":    {newImage().exec("/server", "x"), 0, "", ""},
	} {
		got := walk(t, c.image).Contents(context.Background())
		if got.Packages != c.packages || got.Shell != c.shell || got.PackageManager != c.pm {
			t.Errorf("%s: %d packages, shell %q, package manager %q", name, got.Packages, got.Shell, got.PackageManager)
		}
	}
}

func TestLeftovers(t *testing.T) {
	const key = "-----BEGIN RSA PRIVATE KEY-----\nMIIsecret\n"
	big := strings.Repeat("x", 70_000)
	for _, c := range []struct {
		name  string
		image *image
		want  []string // kind and path
	}{
		{"compilers", debian().exec("/usr/bin/gcc", "x").exec("/usr/local/go/bin/go", "x").exec("/opt/jdk/bin/javac", "x"),
			[]string{"compiler /opt/jdk/bin/javac", "compiler /usr/bin/gcc", "compiler /usr/local/go/bin/go"}},
		{"not compilers", debian().file("/app/make", "x").file("/usr/bin/gcc", "not executable").exec("/app/cc", "x").link("/usr/bin/cc", "gone"), nil},
		{"caches", debian().file("/var/lib/apt/lists/deb_Packages", big).file("/home/node/.npm/x", big).file("/root/go/pkg/mod/x", big),
			[]string{"package cache /home/node/.npm", "package cache /root/go/pkg/mod", "package cache /var/lib/apt/lists"}},
		{"an empty cache", debian().file("/var/lib/apt/lists/lock", "").file("/var/cache/apt/archives/lock", ""), nil},
		{"version control and environment", debian().file("/app/.git/HEAD", "x").file("/app/.env", "A=1").file("/app/.env.production", "A=1"),
			[]string{".env /app/.env", ".env /app/.env.production", ".git /app/.git"}},
		{"examples of environments", debian().file("/app/.env.example", "A=1").file("/app/.env.sample", "").file("/app/.env.dist", "").file("/app/node_modules/x/.env", ""), nil},
		{"private keys", debian().file("/app/server.pem", key).file("/root/.ssh/id_rsa", key), []string{"private key /app/server.pem", "private key /root/.ssh/id_rsa"}},
		{"not private keys", debian().file("/app/ca.pem", "-----BEGIN CERTIFICATE-----").file("/app/tests/server.key", key).file("/app/node_modules/x/test.pem", key).file("/etc/ssl/certs/ca.pem", "-----BEGIN CERTIFICATE-----"), nil},
		{"development packages", nodeImage().file("/app/package.json", `{"devDependencies":{"jest":"1","eslint":"1","gone":"1","both":"1"},"dependencies":{"both":"1"}}`).
			file("/app/node_modules/jest/a.js", "123").file("/app/node_modules/eslint/a.js", "12").file("/app/node_modules/both/a.js", "1"), []string{"development packages /app/node_modules/{eslint,jest}"}},
		{"production packages", nodeImage().file("/app/package.json", `{"devDependencies":{"jest":"1"},"dependencies":{"typescript":"1"}}`).file("/app/node_modules/typescript/a.js", "1"), nil},
		{"packages without a package.json", nodeImage().file("/app/node_modules/typescript/a.js", "1"), []string{"development packages /app/node_modules/{typescript}"}},
	} {
		var got []string
		for _, l := range walk(t, c.image).Contents(context.Background()).Leftovers {
			got = append(got, l.Kind+" "+l.Path)
			if strings.Contains(l.Path, "secret") {
				t.Errorf("%s: content of a file is in %q", c.name, l.Path)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// Lines of the checklist that never are a failure.
func TestInformation(t *testing.T) {
	config := cmd("node", "a.js")
	config.Env = []string{"PATH=/app/venv/bin:/usr/local/bin"}
	for _, c := range []struct {
		name  string
		image *image
		want  string // detail of the line that did not pass, "" for none
	}{
		{"moved environment", nodeImage().exec("/app/venv/bin/flask", "#!/build/venv/bin/python\n").exec("/app/venv/bin/pip", "#!/build/venv/bin/python\n"),
			"/app/venv/bin/flask starts with #!/build/venv/bin/python, which the image does not have, and 1 more"},
		{"environment in its place", nodeImage().exec("/app/venv/bin/flask", "#!/bin/sh\n"), ""},
		{"dangling link of the application", nodeImage().link("/app/current", "/srv/v1"), "/app/current leads to /srv/v1, which the image does not have"},
		{"dangling link of the system", nodeImage().link("/usr/share/x", "gone").link("/etc/mtab", "/proc/mounts"), ""},
		{"link to a device", nodeImage().link("/app/log", "/dev/stdout"), ""},
		{"a folder that was not read", broken(nodeImage(), "/var/spool"), "not checked: /var/spool"},
	} {
		checks, failure := walk(t, c.image.file("/app/a.js", "")).Check(context.Background(), config)
		if failure != nil {
			t.Errorf("%s: fails: %s", c.name, failure.Cause)
		}
		got := ""
		for _, row := range checks {
			if !row.Passed {
				got += row.Detail
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// folder is a root file system on disk.
type folder string

func (f folder) ReadDir(_ context.Context, name string) ([]*fstypes.Stat, error) {
	list, err := os.ReadDir(filepath.Join(string(f), name))
	var out []*fstypes.Stat
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		s := &fstypes.Stat{Path: e.Name(), Mode: uint32(info.Mode()), Size: info.Size()}
		if info.Mode()&fs.ModeSymlink != 0 {
			s.Linkname, _ = os.Readlink(filepath.Join(string(f), name, e.Name()))
		}
		out = append(out, s)
	}
	return out, err
}

func (f folder) ReadFile(_ context.Context, name string, offset, length int) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(string(f), name))
	if err != nil || offset > len(data) {
		return nil, err
	}
	return data[offset:min(len(data), offset+length)], nil
}

func TestAFolderOnDisk(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string, perm fs.FileMode) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), perm); err != nil {
			t.Fatal(err)
		}
	}
	write("app/server", string(program{static: true}.bytes()), 0o755)
	if err := os.Symlink("/app/server", filepath.Join(dir, "run")); err != nil {
		t.Fatal(err)
	}
	checks, failure := walk(t, folder(dir)).Check(context.Background(), rootfs.Config{Entrypoint: []string{"/run"}})
	if failure != nil || len(checks) == 0 || !checks[0].Passed || checks[0].Detail != "/run" {
		t.Errorf("%+v, %v", checks, failure)
	}
	if _, err := rootfs.Walk(context.Background(), folder(filepath.Join(dir, "gone"))); err == nil {
		t.Error("a root that is not there is no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := rootfs.Walk(ctx, folder(dir)); err == nil {
		t.Error("a context that ended is no error")
	}
}

// nested is a root in which every folder holds another one.
type nested struct{}

func (nested) ReadDir(context.Context, string) ([]*fstypes.Stat, error) {
	return []*fstypes.Stat{{Path: "a", Mode: uint32(fs.ModeDir | 0o755)}, nil, {Path: ".."}, {Path: "a"}}, nil
}
func (nested) ReadFile(context.Context, string, int, int) ([]byte, error) { return nil, nil }

func TestFoldersWithoutEndAreNotChecked(t *testing.T) {
	tree := walk(t, nested{})
	if got := tree.NotChecked(); len(got) != 1 {
		t.Fatalf("%d folders are not checked", len(got))
	}
	_, failure := tree.Check(context.Background(), rootfs.Config{Cmd: []string{tree.NotChecked()[0] + "/server"}})
	if failure != nil {
		t.Errorf("what lies beyond the limit is missing: %s", failure.Cause)
	}
}

// listed is a Reader that answers as fast as a map does.
type listed map[string][]*fstypes.Stat

func (l listed) ReadDir(_ context.Context, name string) ([]*fstypes.Stat, error) { return l[name], nil }
func (l listed) ReadFile(context.Context, string, int, int) ([]byte, error)      { return nil, nil }

func BenchmarkWalkAndContents(b *testing.B) {
	tree := listed{"/": {{Path: "app", Mode: uint32(fs.ModeDir | 0o755)}}, "/app": {{Path: "node_modules", Mode: uint32(fs.ModeDir | 0o755)}}}
	for d := range 2000 {
		name := fmt.Sprintf("package-%d", d)
		tree["/app/node_modules"] = append(tree["/app/node_modules"], &fstypes.Stat{Path: name, Mode: uint32(fs.ModeDir | 0o755)})
		for f := range 19 {
			tree["/app/node_modules/"+name] = append(tree["/app/node_modules/"+name], &fstypes.Stat{Path: fmt.Sprintf("file-%d.js", f), Mode: 0o644, Size: 1000})
		}
	}
	for b.Loop() {
		t := walk(b, tree)
		if got := t.Contents(context.Background()); got.Files != 38_000 {
			b.Fatalf("%d files", got.Files)
		}
	}
}
