package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// AfterCopies reports an instruction in front of which the copies read best.
func (d *Design) AfterCopies(it plan.Item) bool {
	switch it.Keyword {
	case "WORKDIR", "ARG", "SHELL":
		return false
	}
	return true
}

// RuntimeRef is the reference of the runtime image.
func (d *Design) RuntimeRef() string { return d.Runtime.Base.Ref }

// RuntimeWorkdir is the runtime image's own working directory.
func (d *Design) RuntimeWorkdir() string {
	if w := d.Runtime.Base.Config.WorkingDir; w != "" {
		return w
	}
	return "/"
}

// HasWorkdir reports an absolute WORKDIR.
func (d *Design) HasWorkdir() bool {
	for _, it := range d.In.Items {
		if it.Keyword == "WORKDIR" && path.IsAbs(dockerfile.Expand(it.Value(), it.Scope.Vars)) {
			return true
		}
	}
	return false
}

// LastOf reports the last item with its keyword.
func (d *Design) LastOf(i int) bool {
	for _, it := range d.In.Items[i+1:] {
		if it.Keyword == d.In.Items[i].Keyword {
			return false
		}
	}
	return true
}

// Account finds a user that the author makes and then runs the program as.
func (d *Design) Account() (plan.Evidence, bool) {
	for _, c := range d.Commands {
		if c.Kind == Account && c.Top {
			return d.In.Evidence(d.In.Items[c.Item], "it makes a user"), true
		}
	}
	return plan.Evidence{}, false
}

// ByUser reports that the author lets the program run as somebody else than root.
func (d *Design) ByUser() bool {
	u := d.In.End.User
	return u != "" && u != "root" && u != "0" && !strings.HasPrefix(u, "root:") && !strings.HasPrefix(u, "0:")
}

// GivenWorkdir is the owner that a chown gave the working directory to, where the
// program runs as somebody else than root.
func (d *Design) GivenWorkdir() (owner string, ok bool) {
	owner = d.OwnerOf(d.In.End.Workdir)
	for dir := range d.Given {
		ok = ok || inside.Below(d.In.End.Workdir, dir) && dir != "/"
	}
	return owner, ok && owner != ""
}

// ComposeMentions reports a compose file with the word as a key.
func (d *Design) ComposeMentions(word string) bool {
	for _, s := range d.Services {
		if data, err := d.In.Project.Read(s.File); err == nil && strings.Contains(string(data), word+"=") || err == nil && strings.Contains(string(data), word+":") {
			return true
		}
	}
	return false
}
