package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// Limits on the manifests that are read for probes.
const (
	maxProbeFiles = 200
	maxProbeBytes = 128 << 10
)

// ExecProbe finds a Kubernetes manifest that runs a command in the container: an exec
// probe or a hook, for which the image needs a shell and the command (H101).
func ExecProbe(proj *project.Project) (plan.Evidence, bool) {
	files := 0
	for _, e := range proj.Entries() {
		if ext := path.Ext(e.Path); ext != ".yaml" && ext != ".yml" || strings.HasPrefix(e.Path, ".github/") || e.Size > maxProbeBytes {
			continue
		}
		if files++; files > maxProbeFiles {
			break
		}
		data, err := proj.Read(e.Path)
		if err != nil {
			continue
		}
		if line, ok := execProbe(string(data)); ok {
			return plan.Evidence{Path: e.Path, Line: line, Text: "a probe or hook runs a command in the container"}, true
		}
	}
	return plan.Evidence{}, false
}

// execProbe is the line of the first probe or hook that is a command.
func execProbe(text string) (line int, ok bool) {
	if !strings.Contains(text, "exec:") {
		return 0, false
	}
	inside, depth := false, 0
	for i, row := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(row)
		if trimmed == "" {
			continue
		}
		indent := len(row) - len(strings.TrimLeft(row, " "))
		switch {
		case strings.HasSuffix(trimmed, "Probe:") || trimmed == "preStop:" || trimmed == "postStart:":
			inside, depth = true, indent
		case inside && indent <= depth:
			inside = false
		case inside && strings.HasPrefix(trimmed, "exec:"):
			return i + 1, true
		}
	}
	return 0, false
}
