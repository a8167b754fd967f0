package rust

import (
	"path"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
)

var (
	configExt = compiled.Words(".yaml .yml .json .toml .ini .env .properties .conf .cfg .hcl .xml")
	reNotData = regexp.MustCompile(`(^|/)(Cargo\.(toml|lock)|rust-toolchain(\.toml)?|clippy\.toml|\.?rustfmt\.toml|deny\.toml|Cross\.toml|Trunk\.toml|sqlx-data\.json|\.envrc|[Dd]ockerfile[^/]*|[^/]*\.[Dd]ockerfile|Containerfile|(docker-)?compose[^/]*\.ya?ml|\.dockerignore|\.git(ignore|attributes|modules|keep)?|` +
		`Makefile|Taskfile\.ya?ml|Jenkinsfile|\.editorconfig|\.pre-commit-config\.yaml|LICENSE[^/]*|NOTICE|AUTHORS|CODEOWNERS)$`)
	// reNotice are names such as COPYING and Makefile.in.
	reNotice = regexp.MustCompile(`^([A-Z][A-Z_-]{3,}|[Mm]akefile\..*)$`)
	// reMount are the lines of a compose file that mount folders of the host.
	reMount = regexp.MustCompile(`(?m)^.*:/.*$`)
	// Folders of the repository that serve people and machines that work on it.
	notRuntime = compiled.Words(".git .github .gitlab .circleci .vscode .idea .devcontainer .husky vendor node_modules testdata " +
		"target .cargo .sqlx benches docs doc test tests e2e examples example deploy deployment deployments k8s kubernetes helm charts terraform hack ci .ci scripts build proto third_party benchmarks")
)

// isData reports a file that a program may read: no source, no build file.
func isData(p string) bool {
	return !strings.HasSuffix(p, ".rs") && !reNotData.MatchString(p)
}

// documentation reports a text for people, or a file for tools that work on the
// repository.
func documentation(p string) bool {
	base := strings.ToLower(path.Base(p))
	switch path.Ext(base) {
	case ".sh", ".bat", ".ps1", ".templ", ".proto", ".patch", ".orig", ".ts", ".md", ".example", ".sample", ".dist":
		return true
	}
	if projectFiles[base] {
		return true
	}
	if reNotice.MatchString(path.Base(p)) || strings.HasPrefix(base, ".") && !strings.HasPrefix(base, ".env") {
		return true
	}
	for _, prefix := range []string{"readme", "license", "changelog", "contributing", "code_of_conduct", "security.md", "todo"} {
		if strings.HasPrefix(base, prefix) {
			return true
		}
	}
	return false
}

// projectFiles configure tools that work on a repository.
var projectFiles = compiled.Words("package.json package-lock.json yarn.lock pnpm-lock.yaml tsconfig.json codecov.yml sqlc.yaml sqlc.yml buf.yaml buf.gen.yaml buf.lock " +
	"renovate.json sonar-project.properties gqlgen.yml skaffold.yaml cloudbuild.yaml fly.toml render.yaml procfile vercel.json netlify.toml mkdocs.yml requirements.txt")
