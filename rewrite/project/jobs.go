package project

import (
	"path"
	"strings"
)

// readWorkflows gives the images that GitHub workflows build and run: by
// docker/build-push-action, in scripts, and as the container of a job.
// See https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax.
func (p *Project) readWorkflows() []Service {
	var out []Service
	wanted := func(name string) bool { return strings.HasPrefix(name, ".github/workflows/") && isYAML(name) }
	p.documents(wanted, []string{"docker", "container:", "podman"}, func(file string, docs []*value) {
		jobs := docs[0].at("jobs")
		for _, name := range jobs.names() {
			out = append(out, workflowJob(file, name, jobs.at(name))...)
		}
	})
	return out
}

func workflowJob(file, name string, job *value) []Service {
	var out []Service
	if image := job.at("container"); image != nil {
		text := image.str()
		if image.fields != nil {
			text = image.at("image").str()
		}
		out = append(out, Service{Kind: Workflow, File: file, Line: image.line, Name: name, Image: text, Command: "sh"})
	}
	images := ""
	for _, step := range job.at("steps").each() {
		uses, with := step.at("uses").str(), step.at("with")
		switch {
		case strings.HasPrefix(uses, "docker/metadata-action@"):
			images = firstLine(with.at("images").str())
		case strings.HasPrefix(uses, "docker/build-push-action@"), strings.HasPrefix(uses, "redhat-actions/buildah-build@"), strings.HasPrefix(uses, "elgohr/Publish-Docker-Github-Action@"):
			out = append(out, buildStep(file, name, step, with, images))
		case step.at("run") != nil:
			dir := step.at("working-directory").str()
			if dir == "" {
				dir = job.at("defaults", "run", "working-directory").str()
			}
			run := step.at("run")
			s := script{kind: Workflow, file: file, line: run.line, name: name, dir: path.Clean(dir), text: run.str()}
			out = append(out, s.consumers()...)
		}
	}
	return out
}

// buildStep is docker/build-push-action, whose context is the repository where none is
// named. See https://github.com/docker/build-push-action#inputs.
func buildStep(file, job string, step, with *value, images string) Service {
	context := with.at("context").str()
	if reVariable.MatchString(context) && strings.HasPrefix(context, "${{ github.workspace") {
		context = "."
	}
	s := Service{Kind: Workflow, File: file, Line: step.line, Name: job, Builds: true, Context: path.Clean(context), Target: with.at("target").str(), Image: images}
	if tag := firstLine(with.at("tags").str()); tag != "" && !strings.HasPrefix(tag, "${{ steps.") {
		s.Image = tag
	}
	for arg := range strings.SplitSeq(with.at("build-args").str(), "\n") {
		if arg = strings.TrimSpace(arg); arg != "" {
			s.Args = append(s.Args, arg)
		}
	}
	s.Dockerfile = path.Join(s.Context, "Dockerfile")
	if f := with.at("file").str(); f != "" {
		s.Dockerfile = path.Clean(strings.TrimPrefix(f, "${{ github.workspace }}/"))
	}
	s.note("target", with.at("target"))
	return s
}

// firstLine is the first name of a list in lines or commas.
func firstLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	text, _, _ = strings.Cut(text, ",")
	return strings.TrimSpace(text)
}

// notJobs are GitLab's keywords at the top of a file.
// See https://docs.gitlab.com/ci/yaml/#keywords.
var notJobs = map[string]bool{"stages": true, "variables": true, "include": true, "workflow": true, "image": true, "services": true, "cache": true, "default": true, "pages": true}

// readPipelines gives the images that GitLab's jobs build and run.
func (p *Project) readPipelines() []Service {
	var out []Service
	wanted := func(name string) bool {
		return name == ".gitlab-ci.yml" || strings.HasPrefix(name, ".gitlab/") && isYAML(name)
	}
	p.documents(wanted, []string{"docker", "podman", "kaniko"}, func(file string, docs []*value) {
		for _, doc := range docs {
			for _, name := range doc.names() {
				if job := doc.at(name); !notJobs[name] && job.fields != nil {
					out = append(out, pipelineJob(file, name, job)...)
				}
			}
		}
	})
	return out
}

func pipelineJob(file, name string, job *value) []Service {
	var out []Service
	for _, part := range []string{"before_script", "script", "after_script"} {
		lines := job.at(part).each()
		if v := job.at(part); v != nil && !v.list {
			lines = []*value{v}
		}
		dir := "."
		for _, l := range lines {
			s := script{kind: Pipeline, file: file, line: 1, name: name, dir: dir, text: l.str()}
			if l != nil {
				s.line = l.line
			}
			out = append(out, s.consumers()...)
			out = append(out, s.kaniko()...)
			if words := strings.Fields(l.str()); len(words) == 2 && words[0] == "cd" && !variable(words[1]) {
				dir = path.Join(dir, words[1])
			}
		}
	}
	return out
}

// kaniko reads calls of kaniko's executor.
// See https://github.com/GoogleContainerTools/kaniko#additional-flags.
func (s script) kaniko() []Service {
	if !strings.Contains(s.text, "/kaniko/executor") {
		return nil
	}
	const valued = " --context -c --dockerfile -f --destination -d --target --build-arg "
	for _, words := range splitLine(strings.ReplaceAll(joinLines(strings.TrimSpace(s.text)), "\x00", " ")) {
		if len(words) == 0 || words[0] != "/kaniko/executor" {
			continue
		}
		c := Service{Kind: s.kind, File: s.file, Line: s.line, Name: s.name, Builds: true, Context: "."}
		file := "Dockerfile"
		for words = words[1:]; len(words) > 0; {
			name, value, rest := option(words, valued)
			if name == "" {
				rest = words[1:]
			}
			value = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(value, "dir://"), "${CI_PROJECT_DIR}"), "$CI_PROJECT_DIR")
			switch name {
			case "--context", "-c":
				c.Context = path.Clean("./" + value)
			case "--dockerfile", "-f":
				file = strings.TrimPrefix(value, "/")
			case "--destination", "-d":
				c.Image = value
			case "--target":
				c.Target = value
			}
			words = rest
		}
		c.Dockerfile = path.Clean(file)
		return []Service{c}
	}
	return nil
}

// readSkaffold gives Skaffold's artifacts. See https://skaffold.dev/docs/references/yaml/.
func (p *Project) readSkaffold() []Service {
	var out []Service
	wanted := func(name string) bool { return strings.HasPrefix(path.Base(name), "skaffold") && isYAML(name) }
	p.documents(wanted, []string{"artifacts"}, func(file string, docs []*value) {
		for _, doc := range docs {
			lists := []*value{doc.at("build", "artifacts")}
			for _, profile := range doc.at("profiles").each() {
				lists = append(lists, profile.at("build", "artifacts"))
			}
			for _, list := range lists {
				for _, a := range list.each() {
					if a.at("image") != nil && a.at("buildpacks") == nil && a.at("jib") == nil && a.at("ko") == nil {
						out = append(out, artifact(file, a))
					}
				}
			}
		}
	})
	return out
}

func artifact(file string, a *value) Service {
	docker := a.at("docker")
	if docker == nil {
		docker = a.at("kaniko")
	}
	s := Service{Kind: Skaffold, File: file, Line: a.at("image").line, Name: a.at("image").str(), Image: a.at("image").str(), Builds: true,
		Context: path.Join(path.Dir(file), a.at("context").str()), Target: docker.at("target").str(), Args: pairs(docker.at("buildArgs"))}
	name := docker.at("dockerfile").str()
	if name == "" {
		name = "Dockerfile"
	}
	s.Dockerfile = path.Join(s.Context, name)
	s.note("target", docker.at("target"))
	for _, m := range a.at("sync", "manual").each() {
		if dest := m.at("dest").str(); dest != "" {
			s.Sync = append(s.Sync, dest)
		}
	}
	return s
}
