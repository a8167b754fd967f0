package compiled

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// Toolchain is a language's build tool, as pipelines, Makefiles and people name it.
type Toolchain struct {
	Name     string   // "cargo"
	Verbs    []string // words behind it, one of which it needs to be meant; none for any
	Official []string // parts of the names of public images that have it
}

// Limits on the texts for people that are read.
const (
	maxReadmes     = 10
	maxReadmeBytes = 256 << 10
)

// InPipeline refuses an image in which a pipeline or Makefile runs the build tool: it
// has to stay there (H100). A run of a public image that has the tool is another one,
// and so is a compose service that is not built from this file.
func (t Toolchain) InPipeline(proj *project.Project) *plan.Refusal {
	return t.in(proj.BuildTexts(), proj)
}

// InReadme refuses an image in which people are told to run the build tool.
func (t Toolchain) InReadme(proj *project.Project) *plan.Refusal {
	var texts []string
	for _, e := range proj.Entries() {
		base := strings.ToLower(path.Base(e.Path))
		if !strings.HasPrefix(base, "readme") && !strings.HasSuffix(base, ".sh") || e.Size > maxReadmeBytes {
			continue
		}
		if data, err := proj.Read(e.Path); err == nil {
			texts = append(texts, string(data))
		}
		if len(texts) >= maxReadmes {
			break
		}
	}
	return t.in(texts, proj)
}

func (t Toolchain) in(texts []string, proj *project.Project) *plan.Refusal {
	var services []string
	for _, s := range proj.Services() {
		services = append(services, s.Name)
	}
	for _, text := range texts {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
		for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ';' || r == '&' }) {
			if words := strings.Fields(line); t.runsIn(words, services) {
				return &plan.Refusal{Code: plan.NeedsBuildTool,
					Evidence: plan.Evidence{Text: "the repository runs " + t.Name + " in the image: " + shortened(strings.Join(words, " "))},
					Remedy:   "run it in a stage that has " + t.Name + ": docker build --target builder"}
			}
		}
	}
	return nil
}

// runsIn reports a command line that runs the tool in a container of ours.
func (t Toolchain) runsIn(words, services []string) bool {
	at, compose := runAt(words)
	if at < 0 {
		return false
	}
	words = words[at:]
	if compose && !slices.ContainsFunc(words, func(w string) bool { return slices.Contains(services, w) }) {
		return false
	}
	found := false
	for i, w := range words {
		if slices.ContainsFunc(t.Official, func(image string) bool { return strings.Contains(w, image) }) {
			return false
		}
		next := ""
		if i+1 < len(words) {
			next = strings.Trim(words[i+1], "\"'`")
		}
		found = found || strings.Trim(w, "\"'`") == t.Name && (len(t.Verbs) == 0 || slices.Contains(t.Verbs, next))
	}
	return found
}

// runAt is where docker run or exec, or compose's, names what it runs; -1 for none.
func runAt(words []string) (at int, compose bool) {
	for i := 1; i < len(words); i++ {
		if words[i] != "run" && words[i] != "exec" {
			continue
		}
		switch before := words[i-1]; {
		case slices.Contains(words[:i], "compose") || slices.Contains(words[:i], "docker-compose"):
			return i + 1, true
		case strings.HasSuffix(before, "docker") || before == "podman" || before == "container":
			return i + 1, false
		}
	}
	return -1, false
}

func shortened(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}
