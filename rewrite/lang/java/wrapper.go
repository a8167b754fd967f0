package java

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// checkWrapper refuses a wrapper that is not in the image, whose jar is not, or that
// Linux cannot start as it stands in the repository.
func (d *designer) checkWrapper(s step, c command) *plan.Refusal {
	if c.tool != "mvnw" && c.tool != "gradlew" || d.brings(s.index) {
		return nil
	}
	word, shell := c.Args[0], false
	if path.Base(word.Text) != c.tool && len(c.Args) > 1 {
		word, shell = c.Args[1], true
	}
	if !word.Literal || c.Nested || !strings.Contains(word.Text, "/") && !shell {
		return nil
	}
	at := resolve(c.dir, word.Text)
	if !d.tree.Has(at) {
		return d.in.Refuse(plan.BrokenOriginal, s.Item, at+" is not in the image", "copy the wrapper before it runs")
	}
	if jar := path.Join(path.Dir(at), "gradle/wrapper/gradle-wrapper.jar"); c.tool == "gradlew" && !d.tree.Has(jar) {
		return d.in.Refuse(plan.BrokenOriginal, s.Item, "gradlew needs gradle/wrapper/gradle-wrapper.jar, which is not in the image", "commit the wrapper's jar, or build with the gradle image")
	}
	name := d.in.Project.Join(d.tree.Files[at].Source)
	if !shell && d.plainMode(name) && !d.madeExecutable(s.index, at) {
		return d.in.Refuse(plan.BrokenOriginal, s.Item, name+" is not executable in the repository, so Linux does not start it",
			"git update-index --chmod=+x "+name+", or RUN chmod +x "+c.tool)
	}
	if d.windowsLines(name) && !d.mended(s.index) {
		return d.in.Refuse(plan.BrokenOriginal, s.Item, name+" has the line ends of Windows, with which its first line names no shell",
			"write *.sh and "+c.tool+" with text eol=lf in .gitattributes, and commit the file anew")
	}
	return nil
}

// plainMode reports a file without any executable bit, where the tree has modes at
// all: Docker sets the bits of a context on Windows, whose files are all 0666.
func (d *designer) plainMode(name string) bool {
	entry, ok := d.in.Project.Stat(name)
	perm := entry.Mode.Perm()
	return ok && entry.Mode&fs.ModeType == 0 && perm != 0 && perm != 0o666 && perm&0o111 == 0
}

// madeExecutable reports a chmod, or a COPY with --chmod, at or before the step.
func (d *designer) madeExecutable(index int, at string) bool {
	for _, s := range d.steps[:index+1] {
		if _, ok := s.Flag("chmod"); ok {
			return true
		}
		for _, c := range s.commands {
			if c.Name() != "chmod" && c.Name() != "install" {
				continue
			}
			for _, p := range c.touched() {
				if within(at, p) || strings.ContainsAny(p, "*$") || path.Base(p) == path.Base(at) {
					return true
				}
			}
		}
	}
	return false
}

// windowsLines reports a script whose first line ends as on Windows, where git does
// not change that when it checks the file out.
func (d *designer) windowsLines(name string) bool {
	data, err := d.in.Project.Read(name)
	if err != nil {
		return false
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	if !bytes.HasPrefix(first, []byte("#!")) || !bytes.HasSuffix(first, []byte("\r")) {
		return false
	}
	attributes, err := d.in.Project.Read(".gitattributes")
	return err != nil || !bytes.Contains(attributes, []byte("eol=lf"))
}

// mended reports a command at or before the step that may change the line ends.
func (d *designer) mended(index int) bool {
	for _, s := range d.steps[:index+1] {
		if slices.ContainsFunc(s.commands, func(c command) bool {
			return slices.Contains([]string{"sed", "dos2unix", "tr", "perl", "awk", "find"}, c.Name())
		}) {
			return true
		}
	}
	return false
}
