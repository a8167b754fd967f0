package python

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// testStage is the stage in which the project's tests run; its name is "" where there
// is none.
type testStage struct {
	name    string
	command string
	more    bool // tools that the builder lacks are needed
	why     plan.Evidence
}

var (
	reForeign  = regexp.MustCompile(`/(site-packages|node_modules|\.?venv|env)/`)
	reService  = regexp.MustCompile(`localhost:(5432|3306|6379|27017|9200)`)
	reTestList = regexp.MustCompile(`^(requirements[-_.](dev|test|tests|testing|development)|(dev|test|tests)[-_.]requirements|requirements/(dev|test|tests|local))\.txt$`)
	// reApart are folders of tests that need more than the program.
	reApart = regexp.MustCompile(`^((tests?/)?(integration|integration[-_]tests?|e2e|end[-_]to[-_]end))/`)
)

const maxTestFiles = 200

// services are words of tests that ask for something beside the program.
var services = []string{"testcontainers", "selenium", "playwright", "pytest_postgresql", "pytest_docker", "docker.from_env"}

// testName reports a name that pytest or Django takes for one of tests.
func testName(base string) bool {
	stem, ok := strings.CutSuffix(base, ".py")
	return ok && (strings.HasPrefix(stem, "test_") || strings.HasSuffix(stem, "_test") || stem == "tests")
}

// asksService reports a test that needs a service beside it.
func asksService(text string) bool {
	return firstOf(text, services) >= 0 || strings.Contains(text, "localhost:") && reService.MatchString(text)
}

// chooseTest decides whether there is a test stage: test files are in the image, and
// pytest is installed or a command that brings it is known.
func (d *designer) chooseTest() {
	found := d.testFiles()
	if found.services != "" {
		d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "tests-need-services", Evidence: plan.Evidence{Path: found.services, Text: "a test asks a service"}})
		return
	}
	if found.first == "" || d.production == "test" || !d.toolsRun() || !d.tools.has("pytest") {
		return
	}
	t := testStage{name: "test", command: d.runs("pytest"), more: !d.tools.installed["pytest"], why: plan.Evidence{Path: found.first, Text: "the project has tests"}}
	if d.tools.has("pytest-cov") && (t.more || d.tools.installed["pytest-cov"]) {
		t.command += " --cov"
	}
	for _, dir := range found.apart {
		t.command += " --ignore=" + dir
	}
	d.test = t
}

// toolsRun reports that a stage on the builder finds what is installed there, and can
// install more.
func (d *designer) toolsRun() bool {
	if d.in.End.Workdir == "/" {
		return false
	}
	if d.uvEnvironment() {
		return true
	}
	return (d.fresh || d.onPath()) && (d.tools.list == "" || !d.apart)
}

// runs is the command of a tool of the project's.
func (d *designer) runs(tool string) string {
	switch {
	case d.uvEnvironment():
		return "uv run " + tool
	case tool == "pytest":
		return "python -m pytest"
	}
	return tool
}

// testsFound are the project's test files.
type testsFound struct {
	first    string   // the first one, named from the repository's root
	services string   // one that needs a service beside it
	apart    []string // folders of tests that are run by themselves, from the working directory
}

// testFiles looks at the project's test files, once. Tests in a folder for integration
// may ask for what they like.
func (d *designer) testFiles() testsFound {
	if d.tests == nil {
		found := d.findTests()
		d.tests = &found
	}
	return *d.tests
}

func (d *designer) findTests() (out testsFound) {
	dir, count := path.Clean(d.in.End.Workdir), 0
	for _, name := range d.tree.Under(dir) {
		base := path.Base(name)
		if !testName(base) && base != "conftest.py" || reForeign.MatchString(name) {
			continue
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
		if m := reApart.FindStringSubmatch(rel); m != nil {
			if base != "conftest.py" && !slices.Contains(out.apart, m[1]) {
				out.apart = append(out.apart, m[1])
			}
			continue
		}
		text, _ := d.read(name)
		file := d.in.Project.Join(d.tree.Files[name].Source)
		if asksService(text) {
			out.services = file
			return out
		}
		if out.first == "" && base != "conftest.py" && base != "tests.py" {
			out.first = file
		}
		if count++; count > maxTestFiles {
			break
		}
	}
	return out
}

// uvEnvironment reports an environment that uv sync makes.
func (d *designer) uvEnvironment() bool {
	for _, s := range d.steps[:d.end+1] {
		for _, t := range s.Tasks {
			if t.Call != nil && t.Call.Tool == "uv" && t.Call.Verb == "sync" {
				return true
			}
		}
	}
	return false
}

// onPath reports that PATH finds what is installed: the interpreter's own packages, or
// an environment that the author activates.
func (d *designer) onPath() bool {
	for _, p := range d.places {
		if p.Path == "/usr/local" || p.Path == "/usr/local/bin" {
			return !d.system()
		}
	}
	last := d.steps[d.end]
	for _, t := range last.Tasks {
		if t.Venv != "" && t.Call != nil && t.Call.Bin == "" && t.Venv == activeIn(last.Item, map[string]bool{t.Venv: true}) {
			return true
		}
	}
	return false
}
