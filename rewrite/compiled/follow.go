package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/shell"
)

// Redirected notes the files that a command's output goes to.
func (d *Design) Redirected(c shell.Command, k Kind) Kind {
	if !c.WritesFile() {
		return k
	}
	for _, red := range c.Redirects {
		if !strings.Contains(red.Op, ">") || strings.HasPrefix(red.Op, ">&") || strings.HasPrefix(red.File.Text, "/dev/") {
			continue
		}
		name, ok := d.Word(red.File)
		if !ok {
			return Unknown
		}
		d.Made(d.Abs(name))
	}
	return Files
}

// Made notes a file that a step wrote. What lies in the tree of sources is part of
// it; a file of the system has to be carried over by itself.
func (d *Design) Made(name string) {
	d.Tree.Add(name, "")
	if strings.HasPrefix(name, "/etc/") && !strings.HasPrefix(name, "/etc/apt/") && !strings.HasPrefix(name, "/etc/apk/") {
		d.Tree.Make(name)
	}
}

// Edited follows sed -i: the last words that are files.
func (d *Design) Edited(c shell.Command) Kind {
	words := d.Words(c)
	if len(words) == 0 {
		return Unknown
	}
	name := d.Abs(words[len(words)-1])
	switch {
	case d.Tree.IsFile(name) || strings.HasPrefix(name, "/etc/apt") || strings.HasPrefix(name, "/etc/apk"):
		return Files
	case strings.HasPrefix(name, "/etc/"):
		d.Made(name)
		return Files
	}
	return Unknown
}

// Git: settings serve the build; what is cloned is not in the repository.
func (d *Design) Git(words []string) Kind {
	if len(words) == 0 {
		return Nothing
	}
	switch words[0] {
	case "clone", "submodule", "pull", "checkout":
		d.Clones = true
		d.Tree.Opaque = append(d.Tree.Opaque, d.Dir)
		return Generate
	}
	return Nothing
}

// Fetch brings a file to a place that the command line names.
func (d *Design) Fetch(c shell.Command, name string, words []string) Kind {
	if c.WritesFile() {
		return d.Redirected(c, Fetch)
	}
	if d.Piped {
		return Nothing // what reads it says where it goes
	}
	remoteName := ""
	for _, w := range words {
		if strings.Contains(w, "://") {
			remoteName = path.Base(strings.SplitN(w, "?", 2)[0])
		}
	}
	for i, w := range words {
		switch {
		case (name == "curl" && (w == "-o" || w == "--output") || name == "wget" && w == "-O") && i+1 < len(words):
			if words[i+1] == "-" {
				return Unknown
			}
			d.fetched(d.Abs(words[i+1]))
			return Fetch
		case name == "curl" && strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.HasSuffix(w, "o") && i+1 < len(words):
			d.fetched(d.Abs(words[i+1]))
			return Fetch
		case name == "curl" && (w == "--remote-name" || strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "O")):
			d.fetched(path.Join(d.Dir, remoteName))
			return Fetch
		}
	}
	if name == "wget" && remoteName != "" && remoteName != "." {
		d.fetched(path.Join(d.Dir, remoteName))
		return Fetch
	}
	return Unknown
}

// fetched notes a file from the network; where it lies among the programs of the
// system, it has to be carried over by itself.
func (d *Design) fetched(name string) {
	d.Tree.Add(name, "")
	d.Tree.Make(name)
}
