package node

import (
	"bytes"
	"path"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// freshSteps install the production dependencies by the author's own command.
func (d *designer) freshSteps() ([]plan.Step, *plan.Refusal) {
	var steps []plan.Step
	copied := false
	for i := 0; i <= d.last; i++ {
		s := d.steps[i]
		switch {
		case contractOnly[s.Keyword]:
		case d.broad(s):
			if !copied {
				steps = append(steps, d.manifests(s)...)
				copied = true
			}
		case s.Keyword == "ENV" && d.onlyRunEnv(s):
		case s.Keyword == "RUN":
			step, refusal := d.freshRun(s)
			if refusal != nil {
				return nil, refusal
			}
			if step != nil {
				steps = append(steps, step)
			}
		default:
			steps = append(steps, d.keepItem(s))
		}
	}
	return steps, nil
}

// onlyRunEnv reports an ENV that no install looks at.
func (d *designer) onlyRunEnv(s step) bool {
	for _, p := range s.Pairs {
		switch p.Key {
		case "PORT", "HOST", "TZ":
		default:
			return false
		}
	}
	return true
}

// freshRun is what a production install needs of one RUN.
func (d *designer) freshRun(s step) (plan.Step, *plan.Refusal) {
	parts := make([]part, len(s.Tasks))
	first := true
	for i, t := range s.Tasks {
		switch t.Kind {
		case install:
			parts[i] = part{keep: true, edits: t.Call.withoutDev(d.app.manager)}
			if d.husky && first {
				at := dockerfile.Span{Start: t.Start, End: t.Start}
				hook := plan.Edit{Span: at, Text: "npm pkg delete scripts." + d.hooks[0] + " && "}
				parts[i].edits = append([]plan.Edit{hook}, parts[i].edits...)
			}
			first = false
		case build, check, prune:
		case global:
			parts[i].keep = d.helpsInstall(t)
		case files, configure, fetch, permission:
			parts[i].keep = t.Name() == "mkdir" || !d.touchesApp(t) && !(t.Kind == permission && d.operatesOnApp(t))
		default:
			parts[i].keep = true
		}
	}
	idle := true
	for i, t := range s.Tasks {
		idle = idle && (!parts[i].keep || t.Kind == nothing || t.Kind == cache)
	}
	if idle && !s.only(nothing, cache) || d.onlyRunPackages(s) {
		return nil, nil
	}
	out, ok := cutRun(s, parts)
	if !ok {
		return nil, d.in.Refuse(plan.UnknownWriteSet, s.Item, "the install stands in a script that cannot be taken apart", "give the install a RUN of its own")
	}
	d.coverRun(s, out)
	return out, nil
}

// helpsInstall reports a global package that installs need: npm itself, and what
// builds native modules.
func (d *designer) helpsInstall(t task) bool {
	for _, w := range t.Call.Args {
		switch unversioned(w.Text) {
		case "npm", "yarn", "pnpm", "bun", "corepack", "node-gyp", "node-pre-gyp", "@mapbox/node-pre-gyp", "prebuild-install", "cmake-js", "node-gyp-build":
			return true
		}
	}
	return false
}

// runPackages are system packages that no install of npm packages and no build
// uses.
var runPackages = set("ffmpeg chromium chromium-browser tini dumb-init tzdata gosu su-exec nss freetype harfbuzz ttf-freefont font-noto fonts-liberation fonts-freefont-ttf xvfb")

// onlyRunPackages reports a RUN that installs nothing else than those.
func (d *designer) onlyRunPackages(s step) bool {
	if !s.only(system, cache, nothing) {
		return false
	}
	some := false
	for _, t := range s.Tasks {
		manager, words := shell.Packages(t.Command)
		for _, w := range words {
			name := shell.PackageName(manager, w.Text)
			if build, known := image.PackageRole(d.in.Base.Family, name); !runPackages[name] || known && build {
				return false
			}
			some = true
		}
	}
	return some
}

// ignoresModules reports that .dockerignore leaves the project's node_modules out.
func (d *designer) ignoresModules() bool { return d.ignores("node_modules") }

// ignores reports that .dockerignore leaves out what lies beside package.json under
// a name, whether it is there or not.
func (d *designer) ignores(what string) bool {
	file := d.in.Project.IgnoreFile()
	if file == "" {
		return false
	}
	data, err := d.in.Project.Read(file)
	if err != nil {
		return false
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(data))
	if err != nil {
		return false
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return false
	}
	name := d.app.tree.Files[d.app.path("package.json")].Source
	ignored, err := matcher.MatchesOrParentMatches(path.Join(path.Dir(name), what))
	return err == nil && ignored
}

// manifests copies what an install reads.
func (d *designer) manifests(s step) []plan.Step {
	var sources []string
	for _, name := range manifestFiles {
		if file, ok := d.app.tree.Files[d.app.path(name)]; ok && file.First <= d.last && !d.copiedBefore(file, s.Index) && d.app.manager.reads(name) {
			sources = append(sources, file.Source)
		}
	}
	ev := d.in.Evidence(s.Item, "an install reads only the manifests")
	keyword := d.in.Keyword("COPY")
	var steps []plan.Step
	if len(sources) > 0 {
		steps = append(steps, plan.New{Text: keyword + " " + strings.Join(sources, " ") + " " + d.dest(s.Index, ""), Evidence: ev})
	}
	for _, name := range manifestFolders {
		if files := d.app.tree.Under(d.app.path(name)); len(files) > 0 && d.app.tree.Files[files[0]].First <= d.last {
			source := path.Join(path.Dir(d.app.manifest.Path), name)
			steps = append(steps, plan.New{Text: keyword + " " + source + " " + d.dest(s.Index, name), Evidence: ev})
		}
	}
	return steps
}

// copiedBefore reports a file that a COPY of manifests above an item brings already.
func (d *designer) copiedBefore(file inside.Copied, at int) bool {
	return file.First < at && !d.broad(d.steps[file.First])
}

// dest is a path of the project as a COPY's destination at an item.
func (d *designer) dest(at int, name string) string {
	if d.steps[at].Scope.Workdir == d.app.dir {
		return "./" + name
	}
	if name == "" {
		return strings.TrimSuffix(d.app.dir, "/") + "/"
	}
	return d.app.path(name)
}
