// Package java designs images of programs on the JVM that Maven, Gradle or javac
// build: the author's image and commands in a builder, and a JRE with what the
// start command leads to.
//
// The way: follow the author's steps (work), find out how the image starts
// (start), find the files that this leads to (artifact, maven, gradle), read the
// sources for files, fonts and programs that run time needs (sources), choose the
// image that runs (runtime), and put the stages together from the author's lines.
// What is copied is one jar where it is known to hold everything, the folder that
// the build writes where it is not, and the working directory where files are read
// that cannot be told. What is not understood is refused.
package java

import (
	"slices"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// Language is Java, and what else Maven and Gradle build for the JVM.
var Language = plan.Language{Name: "java", Claims: claims, Design: design}

// claims takes files on a Java image, and those that build for the JVM on a bare
// system.
func claims(in *plan.Input) bool {
	if in.Base.Language != "" || in.Base.Product != "" {
		return in.Base.Language == "java"
	}
	for _, s := range readSteps(in) {
		if s.Keyword == "RUN" && s.does(build) {
			for _, c := range s.commands {
				if jvmTools[c.tool] {
					return true
				}
			}
		}
	}
	return false
}

// designer is what is found out about one file, step by step.
type designer struct {
	in         *plan.Input
	tree       *tree
	steps      []step
	last       int // index of the last item of the builder
	start      start
	modules    map[string]*module // by folder in the image
	sources    sources
	files      elements
	copied     map[string]bool // elements that stand in production already
	own        plan.Evidence   // why production stays on the author's image; no text where it does not
	compiler   plan.Evidence   // why production has a JDK; no text where a JRE does
	runtime    image.Base
	install    []string // packages that production installs
	names      names
	conversion *conversion
	facts      []plan.Fact
	changes    []plan.Change
	dropped    []plan.Dropped
}

type names struct{ builder, test, production string }

// design makes the plan, or says why there is none.
func design(in *plan.Input) (*plan.Plan, *plan.Refusal) {
	d := &designer{in: in, tree: inside.NewCopies(in), steps: readSteps(in), modules: map[string]*module{}, copied: map[string]bool{}}
	for _, step := range []func() *plan.Refusal{
		d.checkBuild,
		d.findStart,
		d.checkServices,
		d.checkSources,
		d.follow,
		d.readSources,
		d.findFiles,
		d.chooseRuntime,
		d.pays,
	} {
		if refusal := step(); refusal != nil {
			return nil, refusal
		}
	}
	return d.plan(), nil
}

// fact notes something for the findings.
func (d *designer) fact(rule string, at plan.Evidence, detail string) {
	d.facts = append(d.facts, plan.Fact{Rule: rule, Evidence: at, Detail: detail})
}

// atBase is evidence that rests on the FROM.
func (d *designer) atBase(text string) plan.Evidence {
	return plan.Evidence{Line: d.in.File.Line(d.in.Stage.From), Text: text}
}

// stay notes why production stays on the author's image; the first reason counts.
func (d *designer) stay(at plan.Evidence) {
	if d.own.Text == "" {
		d.own = at
	}
}

// with is evidence at the same place with other words.
func with(at plan.Evidence, text string) plan.Evidence {
	at.Text = text
	return at
}

// checkBuild finds the builder's last item. Where nothing is built there is
// nothing to leave behind, or the program is compiled when it starts.
func (d *designer) checkBuild() *plan.Refusal {
	first := -1
	for i := range d.steps {
		d.ownScripts(i)
	}
	for i, s := range d.steps {
		if s.Keyword != "RUN" {
			continue
		}
		if s.builds() {
			if first < 0 {
				first = i
			}
			d.last = i
		} else if first >= 0 && (s.does(build) || s.afterBuild()) {
			d.last = i
		}
	}
	if first >= 0 {
		return nil
	}
	d.last = -1
	return nil
}

// pays refuses a split that leaves next to nothing behind: the same image, and a
// build that downloads nothing that would stay in it.
func (d *designer) pays() *plan.Refusal {
	if d.own.Text == "" || d.in.Hints.Floor == plan.AuthorImage {
		return nil
	}
	keeps := false
	for _, s := range d.steps {
		for _, c := range s.commands {
			downloads := slices.Contains([]string{"mvn", "mvnw", "mvnd", "gradlew", "sbt"}, c.tool) || c.tool == "gradle" && d.in.Base.Name != "gradle"
			keeps = keeps || s.Keyword == "RUN" && downloads
		}
	}
	if keeps {
		return nil
	}
	return &plan.Refusal{Code: plan.SmallSaving, Evidence: with(d.own, d.own.Text+", so production would have the same image; only sources would stay behind")}
}
