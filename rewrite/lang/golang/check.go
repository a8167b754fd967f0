package golang

import (
	"fmt"
	"go/version"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// readSources reads the packages of the programs.
func (d *design) readSources() *plan.Refusal {
	var roots []string
	for _, a := range d.programs {
		roots = append(roots, a.roots...)
	}
	if len(roots) == 0 {
		roots = everything(d.Tree)
	}
	d.source = load(d.Tree, roots)
	if d.source.files == 0 {
		roots = everything(d.Tree)
		d.source = load(d.Tree, roots)
	}
	seen := map[string]bool{}
	for _, a := range d.programs {
		dirs := modulesAt(d.Tree, a.dir)
		if len(dirs) == 0 && len(a.roots) > 0 {
			dirs = modulesAt(d.Tree, rootDir(a))
		}
		for _, m := range dirs {
			if !seen[m.dir] {
				seen[m.dir] = true
				d.modules = append(d.modules, m)
				d.vendored = d.vendored || d.Tree.IsFile(path.Join(m.dir, "vendor/modules.txt"))
			}
		}
	}
	if d.source.files == 0 && d.Clones {
		return compiled.RefuseAt(plan.UnknownWriteSet, plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}, "the sources come from the network during the build, so what the program needs at run time cannot be told", "build from the repository's own sources")
	}
	if d.source.files == 0 {
		return compiled.RefuseAt(plan.BrokenOriginal, plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}, "no Go source of the program is in the image", "")
	}
	if len(d.source.missing) > 0 && !d.generates() {
		at := d.source.missing[0]
		return compiled.RefuseAt(plan.BrokenOriginal, at, "it imports "+at.Text+", which is not in the build context", "commit the package, or generate it in a step")
	}
	if at, ok := d.source.traits["plugin"]; ok {
		return compiled.RefuseAt(plan.NeedsBuildTool, at, "it loads shared objects at run time, which have to be built by the same tool chain", "")
	}
	if at, ok := d.source.traits["gotool"]; ok {
		return compiled.RefuseAt(plan.NeedsBuildTool, at, "it loads Go packages at run time, for which it needs the go command", "")
	}
	return nil
}

// generates reports a step that may write sources.
func (d *design) generates() bool {
	for _, c := range d.Commands {
		if c.Kind == compiled.Generate || c.Kind == compiled.Fetch {
			return true
		}
	}
	return d.Clones || len(d.Foreign) > 0
}

// checkModules finds what keeps the original itself from building: no go.mod where
// Go wants one, and one that asks for a newer Go than the image has.
func (d *design) checkModules() *plan.Refusal {
	for _, a := range d.programs {
		if len(a.roots) == 0 {
			continue
		}
		m, ok := moduleAround(d.Tree, rootDir(a))
		if !ok && d.needsModule(a) {
			return compiled.RefuseAt(plan.BrokenOriginal, d.at(a), "there is no go.mod where it builds, and Go wants one since 1.16", "add a go.mod")
		}
		if ok && m.file != nil && m.file.Go != nil {
			if refusal := d.tooNew(m); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}

// rootDir is the folder of a program's main package.
func rootDir(a artifact) string {
	if strings.HasSuffix(a.roots[0], ".go") {
		return path.Dir(a.roots[0])
	}
	return a.roots[0]
}

// at is where a program is built, or started by go run.
func (d *design) at(a artifact) plan.Evidence {
	if a.item >= 0 {
		return d.In.Evidence(d.In.Items[a.item], "")
	}
	if d.Start.Cmd != nil && d.Start.Entry == nil {
		return d.In.Evidence(*d.Start.Cmd, "")
	}
	if d.Start.Entry != nil {
		return d.In.Evidence(*d.Start.Entry, "")
	}
	return plan.Evidence{}
}

func (d *design) goVersion() string {
	if d.In.Base.Language == "go" {
		return d.In.Base.Version
	}
	return ""
}

// needsModule: from Go 1.16 on a package is only found by way of a go.mod.
func (d *design) needsModule(a artifact) bool {
	v := d.goVersion()
	mode := d.In.End.Vars["GO111MODULE"]
	if d.In.Base.Language != "go" || v == "" && d.In.Base.Digest != "" || mode == "off" || mode == "auto" || v != "" && version.Compare("go"+v, "go1.16") < 0 {
		return false
	}
	return !strings.HasSuffix(a.roots[0], ".go")
}

// tooNew compares go.mod's go line with the image's Go. Official images set
// GOTOOLCHAIN=local, so that no newer one is fetched.
func (d *design) tooNew(m module) *plan.Refusal {
	have, want := d.goVersion(), m.file.Go.Version
	if have == "" || !strings.Contains(have, ".") || version.Compare("go"+have, "go1.21") < 0 {
		return nil
	}
	if tc, ok := d.In.End.Vars["GOTOOLCHAIN"]; ok && tc != "local" {
		return nil
	}
	if strings.Count(have, ".") == 1 {
		want = strings.TrimPrefix(version.Lang("go"+want), "go")
	}
	if version.Compare("go"+want, "go"+have) <= 0 {
		return nil
	}
	at := plan.Evidence{Path: d.Tree.Files[path.Join(m.dir, "go.mod")], Line: m.file.Go.Syntax.Start.Line}
	return compiled.RefuseAt(plan.BrokenOriginal, at, fmt.Sprintf("go.mod asks for Go %s and the image has %s, with GOTOOLCHAIN=local", m.file.Go.Version, have),
		"take a newer golang image")
}
