package rootfs

import (
	"bytes"
	"context"
	"io/fs"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// shells and packageManagers are where they are looked for, in order.
var (
	shells          = []string{"/bin/sh", "/bin/bash", "/bin/ash", "/bin/dash", "/usr/bin/sh", "/usr/bin/bash", "/busybox/sh", "/bin/busybox"}
	packageManagers = []string{"/usr/bin/apt-get", "/usr/bin/apt", "/sbin/apk", "/usr/bin/apk", "/usr/bin/microdnf", "/usr/bin/dnf", "/usr/bin/yum", "/usr/bin/zypper", "/usr/bin/dpkg", "/usr/bin/rpm"}
)

// Contents counts what is in the image. The groups add up to [Tree.Unpacked].
func (t *Tree) Contents(ctx context.Context) proof.Contents {
	out := proof.Contents{Groups: map[string]int64{}}
	t.eachGrouped(func(f *file, group string) {
		out.Files++
		if !f.regular() {
			return
		}
		if f.mode&(fs.ModeSetuid|fs.ModeSetgid) != 0 {
			out.Setuid++
		}
		if !f.hard && f.size > 0 {
			out.Groups[group] += f.size
		}
	})
	out.Packages = t.packages(ctx)
	out.Shell = t.firstProgram(shells)
	out.PackageManager = t.firstProgram(packageManagers)
	out.Leftovers = t.leftovers(ctx)
	return out
}

// firstProgram is the first of some paths that is an executable file.
func (t *Tree) firstProgram(names []string) string {
	for _, name := range names {
		if f, s := t.resolve(name); s == present && f.regular() && f.mode.Perm()&0o111 != 0 {
			return name
		}
	}
	return ""
}

// packages counts what the system's package manager has installed: dpkg's status file, or
// one file for each package as distroless images have them, or apk's database.
func (t *Tree) packages(ctx context.Context) int {
	n := 0
	for paragraph := range bytes.SplitSeq(t.textAt(ctx, "/var/lib/dpkg/status", maxText), []byte("\n\n")) {
		if bytes.Contains(paragraph, []byte("Status: install ok installed")) {
			n++
		}
	}
	if dir, s := t.resolve("/var/lib/dpkg/status.d"); s == present {
		for _, k := range dir.kids {
			if k.regular() && !strings.HasSuffix(k.name, ".md5sums") {
				n++
			}
		}
	}
	for _, name := range []string{"/lib/apk/db/installed", "/usr/lib/apk/db/installed"} {
		if data := t.textAt(ctx, name, maxText); data != nil {
			for line := range bytes.SplitSeq(data, []byte("\n")) {
				if bytes.HasPrefix(line, []byte("P:")) {
					n++
				}
			}
			break
		}
	}
	return n
}
