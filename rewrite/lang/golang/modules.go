package golang

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// writtenModules finds the author's own download of the modules, with nothing but
// manifests copied before it.
func (d *design) writtenModules() (int, bool) {
	for i, it := range d.In.Items {
		switch it.Keyword {
		case "COPY", "ADD":
			if d.copiesSources(it) {
				return 0, false
			}
		case "RUN":
			if d.Only(i, compiled.Download) {
				for i+1 < len(d.In.Items) && d.Only(i+1, compiled.Download) {
					i++
				}
				return i + 1, true
			}
			if k := d.Kinds(i); k[compiled.Compile] || k[compiled.Resolve] {
				return 0, false
			}
		}
	}
	return 0, false
}

func (d *design) copiesSources(it plan.Item) bool {
	if _, from := it.Flag("from"); from {
		return false
	}
	scratch := newTree(d.In.Project)
	scratch.Copy(it)
	for p := range scratch.Files {
		if strings.HasSuffix(p, ".go") {
			return true
		}
	}
	return false
}

// inventModules puts a download of the modules in front of the copy of the sources,
// where the manifests show that it does what the build would do anyhow (H64).
func (d *design) inventModules(l *layout) {
	if len(d.modules) == 0 || d.vendored || d.Clones {
		return
	}
	m := d.modules[0]
	source, ok := strings.CutSuffix(d.Tree.Files[path.Join(m.dir, "go.mod")], "go.mod")
	if !ok || m.file == nil || len(m.file.Require) == 0 || !d.tidy(m) || d.private() {
		return
	}
	for i, it := range d.In.Items {
		switch it.Keyword {
		case "COPY", "ADD":
			if !d.copiesSources(it) {
				continue
			}
			if _, flagged := it.Flag("chown"); flagged || it.Scope.Workdir != m.dir || it.Scope.User != "" && it.Scope.User != "root" {
				return
			}
			l.split = i
			if !d.copiedBefore(i, path.Join(m.dir, "go.mod"), path.Join(m.dir, "go.sum")) {
				l.invented = []plan.Step{plan.New{Text: d.In.Keyword("COPY ") + source + "go.mod " + source + "go.sum ./"}}
			}
			l.moved = d.movedDownload(i)
			if l.moved < 0 {
				l.invented = append(l.invented, plan.New{Text: d.In.Keyword("RUN ") + "go mod download"})
			}
			return
		case "RUN":
			if k := d.Kinds(i); k[compiled.Compile] || k[compiled.Resolve] || k[compiled.Generate] {
				return
			}
		}
	}
}

// copiedBefore reports that earlier COPYs bring the files.
func (d *design) copiedBefore(item int, names ...string) bool {
	scratch := newTree(d.In.Project)
	for _, it := range d.In.Items[:item] {
		if _, from := it.Flag("from"); !from && (it.Keyword == "COPY" || it.Keyword == "ADD") {
			scratch.Copy(it)
		}
	}
	for _, n := range names {
		if !scratch.IsFile(n) {
			return false
		}
	}
	return true
}

// movedDownload is the author's own RUN go mod download behind the copy of the
// sources, which then belongs in front of it.
func (d *design) movedDownload(from int) int {
	for i := from; i < len(d.In.Items); i++ {
		if d.Only(i, compiled.Download) && len(d.In.Items[i].Flags) == 0 {
			return i
		}
		if k := d.Kinds(i); d.In.Items[i].Keyword == "RUN" && (k[compiled.Compile] || k[compiled.Resolve] || k[compiled.Generate]) {
			return -1
		}
	}
	return -1
}

// tidy reports that go.sum has the sum of every required module, so that all of
// them are served, and that no module lies on disk or in a workspace.
func (d *design) tidy(m module) bool {
	if len(d.modules) > 1 || d.Tree.IsFile(path.Join(m.dir, "go.work")) {
		return false
	}
	data, ok := d.Tree.Read(path.Join(m.dir, "go.sum"))
	if !ok {
		return false
	}
	sums := map[string]bool{}
	for _, line := range strings.Split(string(data), "\n") {
		if f := strings.Fields(line); len(f) == 3 {
			sums[f[0]+"@"+f[1]] = true
		}
	}
	instead := map[string]string{}
	for _, r := range replaces(d.Tree, m) {
		instead[r.Old.Path] = r.New.Path + "@" + r.New.Version
	}
	for _, req := range m.file.Require {
		want := req.Mod.Path + "@" + req.Mod.Version
		if other, ok := instead[req.Mod.Path]; ok {
			want = other
		}
		if !sums[want] {
			return false
		}
	}
	return true
}

// private reports settings for modules that only their owners can fetch.
func (d *design) private() bool {
	for _, it := range d.In.Items {
		text := d.In.File.Text(it.Span)
		for _, word := range []string{"GOPRIVATE", "GONOSUM", "netrc", "insteadOf", "GOFLAGS", "--mount=type=ssh", "--mount=type=secret", ".ssh"} {
			if strings.Contains(text, word) {
				return true
			}
		}
	}
	return false
}
