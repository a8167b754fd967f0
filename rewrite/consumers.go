package rewrite

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// maxAside bounds how often a language is asked again without some services.
const maxAside = 4

// designFor asks a language for a design that everybody who uses the image can go on
// with. Where compose services with a command of their own stand against it, or work
// over mounted sources and make it larger, it asks again without them: they are given
// the stage of the build, by a target in the compose file, if that stage is the image
// that they have now.
func designFor(language plan.Language, in *plan.Input) (*plan.Input, *plan.Plan, *plan.Refusal) {
	p, refusal := language.Design(in)
	if _, _, starts := startLine(in); !starts {
		return in, p, refusal // without its services the image would be for nothing
	}
	services := in.Project.Services()
	aside := mounting(in, services)
	for no, round := refusal, 0; round < maxAside; round++ {
		other := *in
		if no != nil {
			more := restsOn(no, services, aside)
			if more == nil && !against(no, aside) {
				break
			}
			aside = append(aside, more...)
		}
		if len(aside) == 0 || forDevelopment(in, services, aside) {
			break
		}
		other.Project, other.Development = in.Project.Aside(aside), aside
		q, again := ask(language, &other)
		if again != nil && other.Mounts { // what a cache mount takes out of the stage is missing there
			other.Mounts = false
			q, again = ask(language, &other)
		}
		if again != nil && !other.Hints.AsWritten { // and what is set for the build is set for the service too
			other.Hints.AsWritten = true
			other.Hints.Why = plan.Evidence{Path: aside[0].File, Line: aside[0].Line, Text: fmt.Sprintf("%s goes on with the stage of the build, so nothing is set there that the author did not set", aside[0])}
			q, again = ask(language, &other)
		}
		in.Project.Missing = other.Project.Missing
		if again == nil && (p == nil || q.Saving.AfterMax > 0 && q.Saving.AfterMax < p.Saving.AfterMax) {
			return &other, q, nil
		}
		if again == nil || restsOn(again, services, aside) == nil {
			break
		}
		no = again
	}
	return in, p, refusal
}

// ask asks a language for a design, and gives the services that were set aside their
// stage.
func ask(language plan.Language, in *plan.Input) (*plan.Plan, *plan.Refusal) {
	p, refusal := language.Design(in)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := settle(in, p); refusal != nil {
		return nil, refusal
	}
	return p, nil
}

// movable reports a compose service that can be given another stage: it has a command
// of its own and names no stage.
func movable(s project.Service) bool {
	return s.Kind == project.Compose && s.Builds && s.Target == "" && (s.Command != "" || s.Entrypoint != "")
}

// mounting are the services that work over sources of the repository, which they mount
// on the working directory.
func mounting(in *plan.Input, services []project.Service) []project.Service {
	var out []project.Service
	for _, s := range services {
		for _, m := range s.Mounts() {
			if movable(s) && m != "/" && (m == in.End.Workdir || strings.HasPrefix(in.End.Workdir, m+"/")) {
				out = append(out, s)
				break
			}
		}
	}
	return out
}

// forDevelopment reports that nobody would be left who uses the image as it starts, and
// that somebody works over mounted sources in it: then it is there for that (S1).
func forDevelopment(in *plan.Input, services, aside []project.Service) bool {
	for _, s := range services {
		if !slices.ContainsFunc(aside, func(a project.Service) bool { return a.File == s.File && a.Line == s.Line }) {
			return false
		}
	}
	return len(mounting(in, aside)) > 0
}

// restsOn is the further service on which a refusal rests; nil for none.
func restsOn(refusal *plan.Refusal, services, aside []project.Service) []project.Service {
	at := refusal.Evidence
	for _, s := range services {
		if movable(s) && at.Path == s.File && at.Line == s.Line && !against(refusal, aside, at.Line) {
			return []project.Service{s}
		}
	}
	return nil
}

// against reports a refusal that rests on one of the services, or on what stands at
// one of the lines of its file.
func against(refusal *plan.Refusal, services []project.Service, lines ...int) bool {
	for _, s := range services {
		if refusal.Evidence.Path == s.File && (len(lines) == 0 || slices.Contains(lines, s.Line)) {
			return true
		}
	}
	return false
}

// settle gives the services that were set aside the stage of the build, and refuses
// where no stage is what they have now.
func settle(in *plan.Input, p *plan.Plan) *plan.Refusal {
	texts := map[string]string{}
	services := slices.Clone(in.Development)
	slices.SortStableFunc(services, func(a, b project.Service) int { // from below, so that lines above stay
		return cmp.Or(strings.Compare(a.File, b.File), b.Line-a.Line)
	})
	for _, s := range services {
		at := plan.Evidence{Path: s.File, Line: s.Line, Text: fmt.Sprintf("%s runs a command of its own in the image", s)}
		stage := stageFor(in, p, s)
		text, ok := texts[s.File]
		if !ok {
			data, err := in.Project.Read(s.File)
			if text = string(data); err != nil {
				stage = ""
			}
		}
		changed, ok := in.Project.Retarget(s, text, stage)
		if stage == "" || !ok {
			return &plan.Refusal{Code: plan.NeedsBuildTool, Evidence: at, Remedy: "give the service a build with a target of its own"}
		}
		texts[s.File] = changed
		at.Text = fmt.Sprintf("%s builds the stage %s now", s, stage)
		p.Facts = append(p.Facts, plan.Fact{Rule: "consumer-target", Evidence: at,
			Detail: "It runs a command of its own, for which that stage has all that the image had"})
	}
	for _, s := range services {
		if text, ok := texts[s.File]; ok {
			p.Files = append(p.Files, plan.File{Path: s.File, Content: text,
				Reason: plan.Evidence{Path: s.File, Line: s.Line, Text: "a service runs a command of its own in the image"}})
			delete(texts, s.File)
		}
	}
	return nil
}

// stageFor is the stage of the plan that is, for a service with a command of its own,
// the image that the file makes now; "" where none is for certain.
func stageFor(in *plan.Input, p *plan.Plan, s project.Service) string {
	for _, it := range in.Items {
		switch it.Keyword {
		case "VOLUME", "STOPSIGNAL", "ONBUILD":
			return ""
		case "HEALTHCHECK":
			if s.Health == "" {
				return ""
			}
		case "ENTRYPOINT":
			if s.Entrypoint == "" {
				return ""
			}
		}
	}
	for i := len(p.Stages) - 2; i >= 0; i-- {
		if p.Stages[i].Role == plan.Build && isOriginal(in, p, i, s.Mounts()) {
			return p.Stages[i].Name
		}
	}
	return ""
}

// isOriginal reports a stage that does all that the file does, in its order and to the
// byte; what it has besides are copies and arguments. What is copied below the mounts
// is hidden by them.
func isOriginal(in *plan.Input, p *plan.Plan, index int, mounts []string) bool {
	steps, ok := chain(in, p, index)
	if !ok {
		return false
	}
	var done []dockerfile.Span
	for _, step := range steps {
		switch step := step.(type) {
		case plan.Keep:
			done = append(done, step.Span)
		case plan.New:
			word, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(step.Text)), " ")
			if word != "ARG" && word != "COPY" && !strings.HasPrefix(word, "#") {
				return false
			}
		}
	}
	for _, it := range in.Items {
		switch it.Keyword {
		case "COPY", "ADD":
			if under(it.Scope.Abs(it.Dest()), mounts) {
				continue
			}
		case "RUN", "ENV", "ARG", "WORKDIR", "USER", "SHELL":
		default:
			continue
		}
		for len(done) > 0 && done[0] != it.Span {
			done = done[1:]
		}
		if len(done) == 0 {
			return false
		}
	}
	return true
}

// chain are the steps of a stage behind those of the stages that it goes on from; false
// where it does not begin at the author's image.
func chain(in *plan.Input, p *plan.Plan, index int) ([]plan.Step, bool) {
	stage := p.Stages[index]
	for i := index - 1; i >= 0; i-- {
		if p.Stages[i].Name == stage.Base {
			steps, ok := chain(in, p, i)
			return append(steps, stage.Steps...), ok
		}
	}
	return append([]plan.Step{}, stage.Steps...), stage.Base == in.Base.Ref || stage.Base == in.Stage.BaseName
}

func under(name string, dirs []string) bool {
	for _, d := range dirs {
		if name = path.Clean(name); name == d || strings.HasPrefix(name, d+"/") {
			return true
		}
	}
	return false
}

// checkTargets sees that a stage that somebody builds by its name is the image that it
// was (H98).
func checkTargets(in *plan.Input, file *dockerfile.File) error {
	last := file.Stages[len(file.Stages)-1]
	for _, s := range in.Project.Consumers() {
		if !s.Builds || s.Target == "" {
			continue
		}
		byNumber := s.Target == strconv.Itoa(in.Stage.Index)
		if byNumber || strings.EqualFold(s.Target, in.Stage.Name) && !strings.EqualFold(last.Name, in.Stage.Name) {
			return fmt.Errorf("%s:%d: %s builds the stage %s, which would be another one", s.File, s.At("target").Line, s, s.Target)
		}
	}
	return nil
}
