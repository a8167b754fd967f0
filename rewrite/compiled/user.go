package compiled

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// SettleTag takes the unprivileged user off a distroless image that is to run as
// root, or as the author's own user.
func (d *Design) SettleTag() {
	if plain, ok := strings.CutSuffix(d.Runtime.Base.Ref, ":nonroot"); ok && !d.User.NonRoot {
		if base, known := image.Resolve(plain); known {
			d.Runtime.Base = base
		}
	}
}

// AuthorUser reports a USER.
func (d *Design) AuthorUser() bool {
	for _, it := range d.In.Items {
		if it.Keyword == "USER" {
			return true
		}
	}
	return false
}

// ImageNeedsRoot looks at what the file and the services promise: volumes, ports.
func (d *Design) ImageNeedsRoot() (plan.Evidence, string) {
	for _, it := range d.In.Items {
		switch it.Keyword {
		case "VOLUME":
			return d.In.Evidence(it, ""), "a volume may hold files of root"
		case "EXPOSE":
			for _, v := range it.Values() {
				if port, err := strconv.Atoi(strings.SplitN(v, "/", 2)[0]); err == nil && port < 1024 {
					return d.In.Evidence(it, ""), fmt.Sprintf("port %d is below 1024", port)
				}
			}
		}
	}
	for _, s := range d.Services {
		at := plan.Evidence{Path: s.File, Line: s.Line}
		if len(s.Volumes) > 0 {
			return at, "the service " + s.Name + " mounts a volume"
		}
		for _, p := range s.Ports {
			if port, err := strconv.Atoi(p[strings.LastIndexByte(p, ':')+1:]); err == nil && port < 1024 {
				return at, fmt.Sprintf("the service %s listens on port %d", s.Name, port)
			}
		}
	}
	return plan.Evidence{}, ""
}

// HintedOwner is the user of the process where a proof showed that it writes to one
// of the paths.
func (d *Design) HintedOwner(paths ...string) string {
	for _, own := range d.In.Hints.Own {
		for _, p := range paths {
			switch {
			case !inside.Below(own, p) && !inside.Below(p, own):
			case d.User.NonRoot:
				return image.NonRoot + ":" + image.NonRoot
			case d.ByUser():
				return d.In.End.User
			}
		}
	}
	return ""
}
