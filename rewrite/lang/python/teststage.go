package python

import (
	"path"
	"regexp"
	"slices"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// testStage is the stage in which the project's tests run; its name is "" where there
// is none.
type testStage struct {
	name    string
	install string // a list of requirements for the tests, a path in the image
	command string
	why     plan.Evidence
}

var (
	reTestFile   = regexp.MustCompile(`(^|/)(test_[^/]*|[^/]*_test|tests)\.py$`)
	reForeign    = regexp.MustCompile(`/(site-packages|node_modules|\.?venv|env)/`)
	reServices   = regexp.MustCompile(`testcontainers|selenium|playwright|pytest_postgresql|pytest_docker|localhost:(5432|3306|6379|27017|9200)|docker\.from_env`)
	reTestList   = regexp.MustCompile(`^(requirements[-_.](dev|test|tests|testing|development)|(dev|test|tests)[-_.]requirements|requirements/(dev|test|tests|local))\.txt$`)
	rePytestName = regexp.MustCompile(`(?m)^pytest\b`)
)

const maxTestFiles = 200

// chooseTest decides whether there is a test stage: test files are in the image, and
// pytest is installed or a list of requirements for it is at hand.
func (d *designer) chooseTest() {
	file, services := d.testFile()
	if file == "" || services {
		if services {
			d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "tests-need-services", Evidence: plan.Evidence{Path: file, Text: "a test asks a service"}})
		}
		return
	}
	t := testStage{name: "test", command: "python -m pytest", why: plan.Evidence{Path: file, Text: "the project has tests"}}
	switch {
	case d.production == t.name || d.in.End.Workdir == "/":
		return
	case d.uvEnvironment():
		t.command = "uv run pytest"
		if !d.names["pytest"] {
			return
		}
	case !d.fresh && !d.onPath():
		return
	case !d.names["pytest"]:
		if t.install = d.testList(); t.install == "" || d.apart {
			return
		}
	}
	d.test = t
}

// testFile is the first test file of the project, named from the repository's root;
// services reports that one of the test files needs a service beside it.
func (d *designer) testFile() (first string, services bool) {
	count := 0
	for _, name := range d.tree.Names {
		if !under(name, d.in.End.Workdir) || !reTestFile.MatchString(name) && path.Base(name) != "conftest.py" || reForeign.MatchString(name) {
			continue
		}
		text, _ := d.read(name)
		file := d.in.Project.Join(d.tree.Files[name].Source)
		if reServices.MatchString(text) {
			return file, true
		}
		if first == "" && path.Base(name) != "conftest.py" && path.Base(name) != "tests.py" {
			first = file
		}
		if count++; count > maxTestFiles {
			break
		}
	}
	return first, false
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

// testList is a list of requirements with pytest that a COPY brings.
func (d *designer) testList() string {
	for _, name := range d.tree.Under(d.in.End.Workdir) {
		rel := name[len(path.Clean(d.in.End.Workdir))+1:]
		if !reTestList.MatchString(rel) {
			continue
		}
		if text, ok := d.read(name); ok && rePytestName.MatchString(text) {
			return rel
		}
	}
	return ""
}

// testStage runs the project's tests on what the builder installed. No other stage
// depends on it.
func (d *designer) testStage() {
	d.chooseTest()
	if d.test.name == "" {
		return
	}
	var steps []plan.Step
	if d.apart {
		steps = append(steps, plan.New{Text: d.in.Keyword("ENV") + " PATH=\"" + freshVenv + "/bin:$PATH\"", Evidence: d.test.why})
	}
	for _, s := range d.steps {
		inStage := s.Index > d.end && slices.Contains([]string{"COPY", "ADD", "WORKDIR", "ENV"}, s.Keyword)
		if inStage || s.Keyword == "ARG" && s.Index > d.end {
			d.covered[s.Index] = true
			steps = append(steps, s.Keep())
		}
	}
	if d.test.install != "" {
		steps = append(steps, plan.New{Text: d.in.Keyword("RUN") + " pip install -r " + d.test.install, Evidence: d.test.why})
	}
	steps = append(steps, plan.New{Text: d.in.Keyword("RUN") + " " + d.test.command, Evidence: d.test.why})
	d.plan.Stages = append(d.plan.Stages, plan.Stage{Name: d.test.name, Purpose: "runs the project's tests", Role: plan.Test, From: d.in.FromStage(builder, d.test.name), Base: builder, Steps: steps})
	d.plan.Facts = append(d.plan.Facts, plan.Fact{Rule: "tests-not-run", Evidence: d.test.why, Detail: "docker build --target " + d.test.name + " runs them"})
}
