package rewrite

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

var (
	reTemplate     = regexp.MustCompile(`\{\{|\{%|<%|%%[A-Za-z_]+%%|@@[A-Za-z_]+@@`)
	reTemplateName = regexp.MustCompile(`(?i)\.(tmpl|template|tpl|j2|jinja2?|erb|ejs|in|m4|mustache|hbs)$`)
	reDockerSyntax = regexp.MustCompile(`^(docker\.io/)?docker/dockerfile(-upstream)?([:@].*)?$`)
	reIgnore       = regexp.MustCompile(`(?im)^\s*#\s*multistage:\s*ignore\b`)
	reDockerfile   = regexp.MustCompile(`(?i)^(dockerfile|containerfile)(\.[^/]+)?$|^[^/]+\.(dockerfile|containerfile)$`)
	reOtherName    = regexp.MustCompile(`(?i)\.(md|txt|rst|adoc|dockerignore|sh|py|go|ts|js|html|orig|rej|bak|sha256)$`)
)

// IsDockerfileName reports whether a file is looked at for its name alone:
// Dockerfile, Dockerfile.*, *.Dockerfile and Containerfile in any case. What a
// workflow runs is never touched, so files there are not looked at.
func IsDockerfileName(name string) bool {
	if strings.HasPrefix(name, ".github/workflows/") {
		return false
	}
	base := path.Base(name)
	return reDockerfile.MatchString(base) && !reOtherName.MatchString(base)
}

func looksLikeTemplate(source []byte) bool {
	return len(source) <= dockerfile.MaxBytes && reTemplate.Match(source)
}

// screenSyntax refuses what follows other rules than Docker's own.
func screenSyntax(file *dockerfile.File) *plan.Refusal {
	if loc := reIgnore.FindIndex(file.Source); loc != nil {
		at := file.Lines(dockerfile.Span{Start: loc[1] - 1, End: loc[1]}).First
		return &plan.Refusal{Code: plan.Ignored, Evidence: plan.Evidence{Line: at, Text: "the file asks to be left alone"}}
	}
	if reTemplateName.MatchString(file.Path) {
		return &plan.Refusal{Code: plan.Template, Evidence: plan.Evidence{Text: "its name is that of a template"}}
	}
	if syntax := file.Directive("syntax"); syntax != "" && !reDockerSyntax.MatchString(syntax) {
		return &plan.Refusal{Code: plan.ForeignSyntax, Evidence: plan.Evidence{Line: 1, Text: "the syntax is that of " + syntax}}
	}
	for _, s := range file.Stages {
		line := file.Line(s.From)
		switch base := strings.ToLower(s.BaseName); {
		case reTemplate.MatchString(base):
			return &plan.Refusal{Code: plan.Template, Evidence: plan.Evidence{Line: line, Text: "the base image is a placeholder"}}
		case strings.Contains(base, "windows/") || strings.Contains(base, "windowsservercore") || strings.Contains(base, "nanoserver"):
			return &plan.Refusal{Code: plan.Windows, Evidence: plan.Evidence{Line: line, Text: "the base is a Windows image"}}
		}
	}
	if file.Escape == '`' {
		return &plan.Refusal{Code: plan.Windows, Evidence: plan.Evidence{Line: 1, Text: "the escape character is that of Windows files"}}
	}
	return nil
}
