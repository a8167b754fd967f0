package node

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// nativePackages are packages with compiled code that are met often, for lock files that
// do not say which run a script when they are installed (H20).
var nativePackages = set(`sharp bcrypt argon2 canvas better-sqlite3 sqlite3 re2 node-rdkafka grpc isolated-vm usb serialport bufferutil utf-8-validate node-sass
	@swc/core esbuild lightningcss @tensorflow/tfjs-node libsql leveldown node-pty kerberos snappy microtime zeromq ffi-napi ref-napi cpu-features ssh2 oracledb pg-native
	@prisma/client prisma @prisma/engines puppeteer playwright @discordjs/opus sodium-native couchbase odbc deasync farmhash iconv hiredis @node-rs/bcrypt @node-rs/argon2`)

// pinnedSlim is the slim image for one that is pinned by its digest. The digest of the
// slim image cannot be told from here, so that the tag alone is named. The full image
// may be months older than it. That is certain to be good enough where the tag names the
// suite, so that both are of one release of Debian; else only where nothing that runs
// rests on the suite: no package of the system and no compiled code (H2, H12).
func (d *designer) pinnedSlim() (image.Base, bool) {
	base := d.in.Base
	ref, _, _ := strings.Cut(base.Ref, "@")
	if leading(base.Version) == 0 || strings.Contains(d.in.Stage.BaseName, "$") {
		return base, false
	}
	full, ok := image.Resolve(ref)
	if !ok {
		return base, false
	}
	slim, ok := image.Slim(full)
	if !ok || base.Suite == "" && !d.withoutSuite() {
		return base, false
	}
	return slim, true
}

// withoutSuite reports that nothing at run time rests on the release of Debian.
func (d *designer) withoutSuite() bool {
	if d.split != nil || len(d.missingPackages()) > 0 || len(d.in.Hints.Packages) > 0 || d.browser != "" {
		return false
	}
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			if t.Kind == system || t.Kind == unknown || t.Kind == fetch {
				return false
			}
		}
	}
	if d.modules == noModules {
		return true
	}
	a := d.app
	switch {
	case a.lock != nil && a.lock.Version >= 2:
		for _, name := range a.lock.names() {
			if nativePackages[name] {
				return false
			}
		}
		return len(a.lock.native()) == 0
	case a.yarn != nil:
		for name := range a.yarn.production(a.manifest) {
			if nativePackages[name] {
				return false
			}
		}
		return true
	}
	return a.manifest.installsNothing()
}

// names are the packages that are installed for production, at whatever place. Sorted.
func (l *lock) names() []string {
	var names []string
	for _, place := range sortedKeys(l.packages) {
		if !l.packages[place].Dev {
			names = append(names, place[strings.LastIndex(place, "node_modules/")+len("node_modules/"):])
		}
	}
	return names
}

// pinAgain says that production's image is no longer pinned.
func (d *designer) pinAgain() {
	if d.in.Base.Digest == "" || d.slim == "" || d.site != nil {
		return
	}
	d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "runtime-base",
		Evidence: plan.Evidence{Line: d.in.File.Line(d.in.Stage.From), Text: fmt.Sprintf("the builder keeps the digest, and production starts from %s, whose digest the file does not tell", d.slim)},
		Detail:   "pin it again: docker buildx imagetools inspect " + d.slim + " shows the digest"})
}
