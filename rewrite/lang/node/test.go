package node

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

var (
	rePortOption = regexp.MustCompile(`(?:-l|-p|--listen|--port)[\s"',=]*(?:tcp://[\w.]+:)?(\d{2,5})`)
	reTestFile   = regexp.MustCompile(`\.(test|spec)\.[cm]?[jt]sx?$|(^|/)(__tests__|tests?)/[^/].*\.[cm]?[jt]sx?$`)
	reRunner     = regexp.MustCompile(`\b(jest|vitest|mocha|ava|tap|tape|jasmine|uvu|nyc|c8|react-scripts test)\b|node --test`)
	reNoUnit     = regexp.MustCompile(`--watch|cypress|playwright|karma|\bng test|docker|testcontainers|newman|no test specified|e2e|selenium|detox`)
)

// chooseTest decides whether there is a test stage: the project has a script that
// runs a unit test runner, and test files reach the image.
func (d *designer) chooseTest() {
	if d.ownTest {
		d.names.test = "test"
		return
	}
	script := d.app.manifest.Scripts["test"]
	if d.prunesInBuild() || d.testsInBuild() || !reRunner.MatchString(script) || reNoUnit.MatchString(script) || d.modules == asAuthor && d.app.hasDevelopment() {
		return
	}
	found := false
	for _, name := range d.app.tree.Under(d.app.dir) {
		rel, _ := d.app.rel(name)
		if reTestFile.MatchString(rel) && !strings.Contains(rel, "node_modules/") && !strings.Contains(rel, "e2e") && !d.templateTest(name) {
			found = true
			break
		}
	}
	if !found || !d.runnerInstalled(script) {
		return
	}
	d.names.test = "test"
	if d.names.build == "" && d.names.devDeps == "" && d.modules == fresh {
		d.names.devDeps = "dev-deps"
	}
}

// templateTest reports the test that Create React App begins a project with. It
// looks for words of the template's page, which few projects keep.
func (d *designer) templateTest(name string) bool {
	if !strings.HasPrefix(path.Base(name), "App.test.") {
		return false
	}
	data, ok := d.app.read(name)
	return ok && strings.Contains(strings.ToLower(string(data)), "learn react")
}

// runnerInstalled reports that the test runner is a dependency.
func (d *designer) runnerInstalled(script string) bool {
	m := reRunner.FindStringSubmatch(script)
	if len(m) < 2 || m[1] == "" {
		return d.app.node >= 18 // node --test
	}
	name := strings.Fields(m[1])[0]
	return d.app.manifest.has(packageOfBin(name))
}

// prunesInBuild reports that the stage of the build ends without development
// dependencies, so that nothing can be tested in it.
func (d *designer) prunesInBuild() bool {
	for _, s := range d.steps[:d.end+1] {
		if s.does(prune) {
			return true
		}
	}
	return false
}

// testsInBuild reports that the author's build runs the tests already.
func (d *designer) testsInBuild() bool {
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			if t.Kind == check && t.Call != nil && (t.Call.Verb == "test" || t.Call.Verb == "run" && len(t.Call.Args) > 0 && t.Call.Args[0].Text == "test") {
				return true
			}
		}
	}
	return false
}

// testStage runs the project's own tests. No other stage depends on it.
func (d *designer) testStage() {
	n := d.names
	if n.test == "" {
		return
	}
	if d.ownTest {
		d.stage(n.test, "runs the author's checks", plan.Test, d.from(n.full, n.test), n.full, d.laterSteps())
		return
	}
	command := d.app.manager.tool + " test"
	if d.app.manager.tool == "bun" {
		command = "bun run test" // bun test is a runner of its own
	}
	ev := d.app.says("scripts", "test", "the project tests itself with "+command)
	if strings.Contains(d.app.manifest.Scripts["test"], "react-scripts test") {
		command = "CI=true " + command // it would watch otherwise
	}
	run := plan.New{Text: d.in.Keyword("RUN") + " " + d.inApp(command), Evidence: ev}
	if n.build != "" {
		d.stage(n.test, "runs the project's tests", plan.Test, d.from(n.build, n.test), n.build, []plan.Step{run})
		return
	}
	base, steps := d.withSources(n.test)
	d.stage(n.test, "runs the project's tests", plan.Test, d.from(base, n.test), base, append(steps, run))
}
