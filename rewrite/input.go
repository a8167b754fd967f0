package rewrite

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// newInput reads the instructions of the single effective stage. A base that the
// image table does not know is the zero Base.
func newInput(file *dockerfile.File, proj *project.Project, options Options) *plan.Input {
	stage := file.Stages[len(file.Stages)-1]
	base, _ := image.Resolve(stage.Base)
	in := &plan.Input{
		File: file, Stage: stage, Base: base, Project: proj, With: options.With,
		Mounts: buildsWithBuildKit(proj),
	}
	scopes := stage.Scopes(baseScope(base))
	for i, ins := range stage.Instructions {
		in.Items = append(in.Items, newItem(file, ins, scopes[i]))
	}
	in.End = scopes[len(scopes)-1]
	return in
}

// newItem reads an instruction's shell text where it has one.
func newItem(file *dockerfile.File, ins *dockerfile.Instruction, scope dockerfile.Scope) plan.Item {
	item := plan.Item{Instruction: ins, Scope: scope}
	switch ins.Keyword {
	case "RUN", "CMD", "ENTRYPOINT":
	default:
		return item
	}
	script, span, ok := file.Script(ins)
	if !ok {
		return item
	}
	if sh := scope.Shell; len(sh) > 0 && !strings.HasSuffix(path.Base(sh[0]), "sh") {
		item.ParseErr = fmt.Errorf("the shell is %s", sh[0])
		return item
	}
	item.Script, item.ParseErr = shell.Parse(script, span.Start)
	return item
}

// baseScope is what a base image gives to the first instruction.
func baseScope(base image.Base) dockerfile.Scope {
	scope := dockerfile.Scope{
		Vars: map[string]string{}, Workdir: base.Config.WorkingDir,
		User: base.Config.User, Shell: base.Config.Shell,
	}
	for _, kv := range base.Config.Env {
		k, v, _ := strings.Cut(kv, "=")
		scope.Vars[k] = v
	}
	return scope
}

// notSingle refuses a file whose last stage rests on other stages. Stages that
// the last one does not use are left as they are.
func notSingle(file *dockerfile.File, stage *dockerfile.Stage) *plan.Refusal {
	refuse := func(in *dockerfile.Instruction, text string) *plan.Refusal {
		return &plan.Refusal{Code: plan.MultiStage, Evidence: plan.Evidence{Line: file.Line(in), Text: text}}
	}
	if isStage(file, stage.Index, stage.BaseName) {
		return refuse(stage.From, fmt.Sprintf("it goes on from the stage %s", stage.BaseName))
	}
	for _, in := range stage.Instructions {
		if from, ok := in.Flag("from"); ok && isStage(file, stage.Index, from) {
			return refuse(in, fmt.Sprintf("it copies from the stage %s", from))
		}
		for _, f := range in.Flags {
			if from, ok := mountFrom(f); ok && isStage(file, stage.Index, from) {
				return refuse(in, fmt.Sprintf("it mounts the stage %s", from))
			}
		}
	}
	return nil
}

// isStage reports whether a name or number means one of the first n stages.
func isStage(file *dockerfile.File, n int, name string) bool {
	if i, err := strconv.Atoi(name); err == nil {
		return i >= 0 && i < n
	}
	for _, s := range file.Stages[:n] {
		if s.Name != "" && strings.EqualFold(s.Name, name) {
			return true
		}
	}
	return false
}

// mountFrom is the from= of a --mount.
func mountFrom(f dockerfile.Flag) (string, bool) {
	if f.Name != "mount" {
		return "", false
	}
	for _, part := range strings.Split(f.Value, ",") {
		if from, ok := strings.CutPrefix(part, "from="); ok {
			return from, true
		}
	}
	return "", false
}

// unknownBase refuses a base that the image table does not know. It is asked last:
// much can be said without knowing the base.
func unknownBase(in *plan.Input) *plan.Refusal {
	stage := in.Stage
	if _, known := image.Resolve(stage.Base); known {
		return nil
	}
	text := fmt.Sprintf("the base image %s is not known", stage.BaseName)
	if strings.Contains(stage.BaseName, "$") && stage.Base != stage.BaseName {
		text = fmt.Sprintf("the base image %s comes to %q, which is not known", stage.BaseName, stage.Base)
	}
	refusal := atBase(in, plan.UnknownBase, text)
	refusal.Remedy = "build from a public image of a known family, or give the build argument a default"
	return refusal
}

// buildsWithBuildKit reports whether nothing in the repository builds images
// without BuildKit: kaniko, buildah and Docker's classic builder know no RUN
// --mount and no heredocs.
func buildsWithBuildKit(proj *project.Project) bool {
	for _, text := range proj.BuildTexts() {
		for _, word := range []string{"kaniko", "buildah", "DOCKER_BUILDKIT=0", "DOCKER_BUILDKIT: 0", "podman build", "gcr.io/cloud-builders/docker"} {
			if strings.Contains(text, word) {
				return false
			}
		}
	}
	return true
}
