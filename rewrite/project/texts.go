package project

import (
	"path"
	"strings"
)

const maxBuildTexts = 60

// BuildTexts are the contents of the files that say how images are built: CI
// workflows, Makefiles and the like, in the order of their paths.
func (p *Project) BuildTexts() []string {
	var texts []string
	for _, e := range p.entries {
		if len(texts) >= maxBuildTexts {
			break
		}
		if !saysHowToBuild(e.Path) {
			continue
		}
		if data, err := p.Read(e.Path); err == nil {
			texts = append(texts, string(data))
		}
	}
	return texts
}

func saysHowToBuild(name string) bool {
	if ext := path.Ext(name); strings.HasPrefix(name, ".github/workflows/") || strings.HasPrefix(name, ".circleci/") {
		return ext == ".yml" || ext == ".yaml"
	}
	switch name {
	case ".gitlab-ci.yml", "cloudbuild.yaml", "cloudbuild.yml", "Jenkinsfile", "skaffold.yaml", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".travis.yml":
		return true
	}
	return path.Base(name) == "Makefile" && strings.Count(name, "/") <= 1
}
