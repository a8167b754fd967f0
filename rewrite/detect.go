package rewrite

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/contract"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// detect gives the verdicts that need no knowledge of a language: each detector
// says why single-stage is right here, or why nothing can be told. The first
// answer counts.
func detect(in *plan.Input) *plan.Refusal {
	for _, d := range []func(*plan.Input) *plan.Refusal{
		onbuild, devContainer, minimalBase, product, notebook, processManager, toolchainStart, action, noSource,
		unknownBase, brokenOriginal,
	} {
		if refusal := d(in); refusal != nil {
			return refusal
		}
	}
	return nil
}

// H92: triggers run in whichever stage uses the image.
func onbuild(in *plan.Input) *plan.Refusal {
	for _, it := range in.Items {
		if it.Keyword == "ONBUILD" {
			return in.Refuse(plan.Onbuild, it, "the file has ONBUILD instructions", "")
		}
	}
	if len(in.Base.Config.OnBuild) > 0 || strings.Contains(in.Base.Tag, "onbuild") {
		return atBase(in, plan.Onbuild, "the base image has ONBUILD instructions")
	}
	return nil
}

// atBase is a refusal that rests on the FROM.
func atBase(in *plan.Input, code plan.Code, text string) *plan.Refusal {
	return &plan.Refusal{Code: code, Evidence: plan.Evidence{Line: in.File.Line(in.Stage.From), Text: text}}
}

var (
	reDevName  = regexp.MustCompile(`(?i)(^|[./_-])(dev|devel|development|devcontainer|local)([./_-]|$)`)
	reIdle     = regexp.MustCompile(`^(sleep (infinity|\d{4,}|inf)|tail -[fF] /dev/null)$`)
	reNotebook = regexp.MustCompile(`(?i)^(jupyter|jupyterhub|continuumio|condaforge|mambaorg|nvidia/|nvcr\.io|pytorch/|tensorflow/|rapidsai/|rocm/|intel/|huggingface/transformers)`)
)

// S1: an image to work in.
func devContainer(in *plan.Input) *plan.Refusal {
	name := in.File.Path
	refuse := func(text string) *plan.Refusal {
		return &plan.Refusal{Code: plan.DevContainer, Evidence: plan.Evidence{Text: text}}
	}
	if strings.HasPrefix(name, ".devcontainer/") || strings.Contains(name, "/.devcontainer/") {
		return refuse("it lies under .devcontainer")
	}
	if reDevName.MatchString(strings.TrimPrefix(path.Base(name), "Dockerfile")) {
		return refuse(fmt.Sprintf("its name, %s, is that of a development image", path.Base(name)))
	}
	if start, it, ok := startLine(in); ok && reIdle.MatchString(start) {
		return in.Refuse(plan.DevContainer, it, "it starts nothing and waits, for people to work in it", "")
	}
	return nil
}

// S5: nothing to leave behind.
func minimalBase(in *plan.Input) *plan.Refusal {
	switch {
	case in.Base.Family == image.Scratch || in.Base.Family == image.Distroless:
		return atBase(in, plan.AlreadyMinimal, fmt.Sprintf("the base is %s", in.Base.Name))
	case in.Base.Language == "" && in.Base.Product == "" && !builds(in) && !installsPackages(in) && copies(in):
		return atBase(in, plan.AlreadyMinimal, "the files come from outside and nothing is built or installed")
	}
	return nil
}

// S3: a finished product with configuration.
func product(in *plan.Input) *plan.Refusal {
	if in.Base.Product == "" {
		return nil
	}
	return atBase(in, plan.Repackaged, fmt.Sprintf("the base is %s", in.Base.Product))
}

// S8: what looks like a build tool is needed at run time.
func notebook(in *plan.Input) *plan.Refusal {
	if reNotebook.MatchString(in.Base.Name) {
		return atBase(in, plan.NotebookOrCUDA, fmt.Sprintf("the base is %s", in.Base.Name))
	}
	if start, it, ok := startLine(in); ok && strings.HasPrefix(start, "jupyter") {
		return in.Refuse(plan.NotebookOrCUDA, it, "it starts Jupyter", "")
	}
	return nil
}

var supervisors = map[string]bool{
	"supervisord": true, "runsvdir": true, "s6-svscan": true, "systemd": true, "init": true,
	"my_init": true, "crond": true, "cron": true, "monit": true, "circusd": true, "honcho": true, "foreman": true,
}

// S7 and H103: several processes.
func processManager(in *plan.Input) *plan.Refusal {
	for _, it := range in.Items {
		if it.Keyword != "CMD" && it.Keyword != "ENTRYPOINT" {
			continue
		}
		for _, c := range startCommands(it) {
			if name := c.Name(); supervisors[name] {
				return in.Refuse(plan.ProcessManager, it, fmt.Sprintf("it starts %s", name), "")
			}
			if startsService(c) || c.Op == "&" {
				return in.Refuse(plan.ProcessManager, it, "it starts several processes", "")
			}
		}
	}
	return nil
}

// startsService reports the system's service command; a program of the author's may
// have the same name in another place.
func startsService(c shell.Command) bool {
	return len(c.Args) > 2 && (c.Args[0].Text == "service" || c.Args[0].Text == "/usr/sbin/service")
}

// startCommands are the simple commands of a CMD or ENTRYPOINT, of either form,
// looked at through "sh -c".
func startCommands(it plan.Item) []shell.Command {
	if it.Script != nil {
		return it.Script.Commands
	}
	if script, ok := shell.Unwrap(it.Argv); ok {
		if parsed, err := shell.Parse(script, 0); err == nil {
			return parsed.Commands
		}
		return nil
	}
	var c shell.Command
	for _, a := range it.Argv {
		c.Args = append(c.Args, shell.Word{Text: a, Literal: true})
	}
	return []shell.Command{c}
}

// startLine is the last CMD or ENTRYPOINT as one line of text.
func startLine(in *plan.Input) (string, plan.Item, bool) {
	for i := len(in.Items) - 1; i >= 0; i-- {
		it := in.Items[i]
		if it.Keyword != "CMD" && it.Keyword != "ENTRYPOINT" {
			continue
		}
		if it.JSON {
			return strings.Join(it.Argv, " "), it, true
		}
		return strings.TrimSpace(in.File.Text(it.Args)), it, true
	}
	return "", plan.Item{}, false
}

// toolchains are programs of the build side, and the argument that makes them run
// an application after all ("" means never).
var toolchains = map[string]bool{
	"terraform": true, "ansible": true, "ansible-playbook": true, "gcloud": true, "aws": true, "az": true, "kubectl": true, "helm": true,
	"gcc": true, "g++": true, "clang": true, "make": true, "cmake": true, "protoc": true, "buf": true, "hugo": true,
	"golangci-lint": true, "eslint": true, "pytest": true, "playwright": true, "cypress": true, "mvn": true, "gradle": true,
	"goreleaser": true, "mockery": true, "jest": true, "tox": true,
}

// S6: the toolchain is what people start.
func toolchainStart(in *plan.Input) *plan.Refusal {
	start, it, ok := startLine(in)
	if !ok {
		return nil
	}
	words := strings.Fields(start)
	if len(words) > 0 && toolchains[path.Base(words[0])] && in.Base.Language != "java" {
		return in.Refuse(plan.ToolchainProduct, it, fmt.Sprintf("it starts %s", path.Base(words[0])), "")
	}
	return nil
}

var reActionImage = regexp.MustCompile(`(?m)^\s*image:\s*['"]?(?:\./)?([\w./-]*[Dd]ockerfile[\w.-]*)['"]?\s*$`)

// S6: an action that GitHub builds anew on each run.
func action(in *plan.Input) *plan.Refusal {
	dir := path.Dir(in.File.Path)
	for _, name := range []string{"action.yml", "action.yaml"} {
		name = path.Join(dir, name)
		data, err := in.Project.Read(name)
		if err != nil {
			continue
		}
		m := reActionImage.FindSubmatch(data)
		if m != nil && path.Join(dir, string(m[1])) == in.File.Path {
			return &plan.Refusal{Code: plan.ToolchainProduct, Evidence: plan.Evidence{Path: name, Text: "GitHub builds this image for each run of an action"}}
		}
	}
	for _, it := range in.Items {
		for _, p := range it.Pairs {
			if it.Keyword == "LABEL" && strings.HasPrefix(p.Key, "com.github.actions.") {
				return in.Refuse(plan.ToolchainProduct, it, "GitHub builds this image for each run of an action", "")
			}
		}
	}
	return nil
}

// S2: no application in it.
func noSource(in *plan.Input) *plan.Refusal {
	if copies(in) || clones(in) {
		return nil
	}
	return &plan.Refusal{Code: plan.BaseImage, Evidence: plan.Evidence{
		Line: in.File.Line(in.Stage.From), Text: "no application source is copied into the image"}}
}

// copies reports a COPY or ADD from the build context, or a bind mount of it.
func copies(in *plan.Input) bool {
	for _, it := range in.Items {
		if copiesContext(it.Instruction) {
			return true
		}
		for _, f := range it.Flags {
			if _, from := mountFrom(f); f.Name == "mount" && strings.Contains(f.Value, "type=bind") && !from {
				return true
			}
		}
	}
	return false
}

// clones reports a RUN that fetches sources by itself.
func clones(in *plan.Input) bool {
	return anyCommand(in, func(c shell.Command) bool {
		words := c.Words()
		return c.Name() == "git" && len(words) > 1 && words[1] == "clone" ||
			c.Name() == "go" && len(words) > 1 && (words[1] == "get" || words[1] == "install")
	})
}

func installsPackages(in *plan.Input) bool {
	return anyCommand(in, func(c shell.Command) bool { return shell.Classify(c) == shell.SystemPackage })
}

// builds reports a RUN that does more than arrange files.
func builds(in *plan.Input) bool {
	return anyCommand(in, func(c shell.Command) bool {
		switch shell.Classify(c) {
		case shell.UnknownClass, shell.Fetch:
			return true
		}
		return false
	})
}

func anyCommand(in *plan.Input, is func(shell.Command) bool) bool {
	for _, it := range in.Items {
		if it.Keyword != "RUN" {
			continue
		}
		if it.Script == nil {
			return true
		}
		for _, c := range it.Script.Commands {
			if is(c) {
				return true
			}
		}
	}
	return false
}

func unsupported(in *plan.Input) *plan.Refusal {
	what := in.Base.Language
	if what == "" {
		what = "what is built here"
	}
	return atBase(in, plan.UnsupportedLanguage, fmt.Sprintf("there is no designer for %s yet", what))
}

// H110: what BuildKit would not build cannot be redesigned.
func brokenOriginal(in *plan.Input) *plan.Refusal {
	_, err := contract.Of(in.File.Path, in.File.Source)
	if err == nil {
		return nil
	}
	return &plan.Refusal{Code: plan.BrokenOriginal, Evidence: plan.Evidence{Text: "BuildKit would not build it: " + err.Error()},
		Remedy: "the file has to build before it can be redesigned"}
}
