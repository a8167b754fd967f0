package python

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

const devDeps = "dev-deps"

// devStages are the stages beside production: the project's tests, and what was asked
// for. None of them is on production's way.
func (d *designer) devStages() {
	d.tools = d.readTools()
	d.chooseTest()
	var stages []plan.Stage
	if d.test.name != "" {
		stages = append(stages, d.devStage(d.test.name, "runs the project's tests", d.test.why, d.test.more, "RUN "+d.test.command))
		d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "tests-not-run", Evidence: d.test.why, Detail: "docker build --target " + d.test.name + " runs them"})
	}
	if d.in.Wants("lint") && d.toolsRun() && !d.hasLinter() {
		d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "lint-without-linter", Evidence: plan.Evidence{Line: d.line(), Text: "a lint stage is asked for, and no linter is among the project's packages"}})
	}
	if d.toolsRun() {
		stages = append(d.lint(), append(stages, d.asked()...)...)
	}
	d.share(stages)
}

// asked are the stages that were asked for, beside lint.
func (d *designer) asked() []plan.Stage {
	var out []plan.Stage
	why := plan.Evidence{Text: "asked for"}
	for _, name := range []string{"integration-test", "e2e"} {
		if !d.in.Wants(name) || !d.tools.has("pytest") || d.production == name {
			continue
		}
		dir := d.apartFolder(name)
		if dir == "" {
			continue
		}
		words := append(strings.Fields(d.runs("pytest")), dir)
		out = append(out, d.devStage(name, "runs the tests in "+dir+" beside the services that they need", why, !d.tools.installed["pytest"], `CMD ["`+strings.Join(words, `", "`)+`"]`))
	}
	if d.in.Wants("security") && d.production != "security" {
		audit := "pip install pip-audit && (pip-audit --local -f json -o /security.json || test -s /security.json)"
		if d.uvEnvironment() {
			audit = "uv run --with pip-audit pip-audit --local -f json -o /security.json || test -s /security.json"
		}
		out = append(out, plan.Stage{Name: "security", Purpose: "looks for known weaknesses among the packages and leaves /security.json", Role: plan.Test, From: d.in.FromStage(builder, "security"), Base: builder,
			Steps: append(d.onPathAgain(), plan.New{Text: d.in.Keyword("RUN") + " " + audit, Evidence: why})})
	}
	if d.in.Wants("development") && d.production != "development" {
		out = append(out, d.development(why))
	}
	return out
}

// apartFolder is the folder of the tests for a stage, from the working directory.
func (d *designer) apartFolder(stage string) string {
	for _, dir := range d.testFiles().apart {
		if strings.Contains(dir, "integration") == (stage == "integration-test") {
			return dir
		}
	}
	return ""
}

// devStage is a stage on the builder with the sources, and with the project's tools
// where it needs more of them.
func (d *designer) devStage(name, purpose string, why plan.Evidence, more bool, last ...string) plan.Stage {
	steps := append(d.onPathAgain(), d.sources()...)
	if more {
		steps = append(steps, d.installTools(why)...)
	}
	for _, text := range last {
		keyword, rest, _ := strings.Cut(text, " ")
		steps = append(steps, plan.New{Text: d.in.Keyword(keyword) + " " + rest, Evidence: why})
	}
	return plan.Stage{Name: name, Purpose: purpose, Role: plan.Test, From: d.in.FromStage(builder, name), Base: builder, Steps: steps}
}

// onPathAgain puts an environment that was filled from outside on PATH.
func (d *designer) onPathAgain() []plan.Step {
	if !d.apart {
		return nil
	}
	return []plan.Step{plan.New{Text: d.in.Keyword("ENV") + " PATH=\"" + freshVenv + "/bin:$PATH\"", Evidence: d.atFrom("programs of the packages are found there")}}
}

// sources are the author's instructions behind the build that bring the application.
func (d *designer) sources() []plan.Step {
	var steps []plan.Step
	for _, s := range d.steps[d.end+1:] {
		if slices.Contains([]string{"COPY", "ADD", "WORKDIR", "ENV", "ARG"}, s.Keyword) {
			d.covered[s.Index] = true
			steps = append(steps, s.Keep())
		}
	}
	return steps
}

// installTools brings the project's tools.
func (d *designer) installTools(why plan.Evidence) []plan.Step {
	text := d.tools.command
	if text == "" {
		text = "pip install -r " + d.tools.list
	}
	return []plan.Step{plan.New{Text: d.in.Keyword("RUN") + " " + text, Evidence: why}}
}

// share puts the tools into a stage of their own where several stages install them.
func (d *designer) share(stages []plan.Stage) {
	users := 0
	for _, s := range stages {
		if d.installsTools(s) >= 0 {
			users++
		}
	}
	steps, ok := d.sharedTools()
	if users > 1 && ok && d.production != devDeps {
		d.plan.Stages = append(d.plan.Stages, plan.Stage{Name: devDeps, Purpose: "installs what the project is tested and checked with", Role: plan.Test, From: d.in.FromStage(builder, devDeps), Base: builder, Steps: steps})
		for i, s := range stages {
			at := d.installsTools(s)
			if at < 0 {
				continue
			}
			stages[i].Steps = slices.Delete(slices.Clone(s.Steps), at, at+1)
			if d.apart { // PATH comes with the stage below
				stages[i].Steps = stages[i].Steps[1:]
			}
			stages[i].From, stages[i].Base = d.in.FromStage(devDeps, s.Name), devDeps
		}
	}
	d.plan.Stages = append(d.plan.Stages, stages...)
}

// installsTools is the step of a stage that installs the tools; -1 for none.
func (d *designer) installsTools(s plan.Stage) int {
	if d.tools.command == "" && d.tools.list == "" {
		return -1
	}
	want := d.installTools(plan.Evidence{})[0].(plan.New).Text
	return slices.IndexFunc(s.Steps, func(step plan.Step) bool { n, ok := step.(plan.New); return ok && n.Text == want })
}

// sharedTools install the tools before the sources are there. ok is false where that
// cannot be done with the files that the builder has and the lists.
func (d *designer) sharedTools() (steps []plan.Step, ok bool) {
	why := d.atFrom("several stages use these tools")
	dir := path.Clean(d.in.End.Workdir)
	if path.Clean(d.steps[d.end].Scope.Workdir) != dir || d.tools.command != "" && (d.tools.dir != dir || strings.HasPrefix(d.tools.command, "pip ")) {
		return nil, false
	}
	from := map[string][]string{}
	for _, f := range d.tools.files {
		rel := strings.TrimPrefix(strings.TrimPrefix(f, dir), "/")
		if strings.ContainsAny(d.tree.Files[f].Source+rel, " \t[*?") || path.Base(rel) != path.Base(d.tree.Files[f].Source) {
			return nil, false
		}
		from[path.Dir(rel)] = append(from[path.Dir(rel)], d.tree.Files[f].Source)
	}
	for _, to := range sortedKeys(from) {
		steps = append(steps, plan.New{Text: d.in.Keyword("COPY") + " " + strings.Join(from[to], " ") + " " + strings.TrimPrefix(to+"/", "/"), Evidence: why})
	}
	return append(append(steps, d.installTools(why)...), d.onPathAgain()...), true
}

// development has everything that the project is worked on with, and starts the program
// so that it takes up changes.
func (d *designer) development(why plan.Evidence) plan.Stage {
	s := d.devStage("development", "starts the program anew when its sources change", why, d.tools.command != "" || d.tools.list != "")
	for _, st := range d.steps {
		switch st.Keyword {
		case "EXPOSE", "ENTRYPOINT":
			s.Steps = append(s.Steps, st.Keep())
		case "CMD":
			if text := d.reloading(st.Item); text != "" {
				s.Steps = append(s.Steps, plan.New{Text: text, Evidence: why})
				continue
			}
			s.Steps = append(s.Steps, st.Keep())
		}
	}
	s.Role = plan.Both
	return s
}

var reReloads = regexp.MustCompile(`^(uvicorn|gunicorn|hypercorn|flask|fastapi)$`)

// reloading is the start command with its server's option for development; "" for
// servers that have none.
func (d *designer) reloading(it plan.Item) string {
	argv := it.Argv
	if !it.JSON || len(argv) == 0 || slices.Contains(argv, "--reload") {
		return ""
	}
	name := argv[0]
	if rePython.MatchString(name) && len(argv) > 2 && argv[1] == "-m" {
		name = argv[2]
	}
	if !reReloads.MatchString(path.Base(name)) || strings.ContainsAny(strings.Join(argv, ""), `"\`) {
		return ""
	}
	option := "--reload"
	switch {
	case path.Base(name) == "flask":
		option = "--debug"
	case path.Base(name) == "fastapi":
		return ""
	}
	if d.run.strip && it.Span == d.run.cmd.Span {
		return ""
	}
	return d.in.Keyword("CMD") + ` ["` + strings.Join(append(slices.Clone(argv), option), `", "`) + `"]`
}
