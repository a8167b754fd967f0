package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// Limits on the manifests that are read for probes.
const (
	maxProbeFiles = 200
	maxProbeBytes = 128 << 10
)

// probeNeeds looks for Kubernetes manifests that run commands in the container: exec
// probes and hooks, for which the image needs a shell (H101).
func (d *design) probeNeeds() {
	files := 0
	for _, e := range d.in.Project.Entries() {
		if ext := path.Ext(e.Path); ext != ".yaml" && ext != ".yml" || strings.HasPrefix(e.Path, ".github/") || e.Size > maxProbeBytes {
			continue
		}
		if files++; files > maxProbeFiles {
			return
		}
		data, err := d.in.Project.Read(e.Path)
		if err != nil {
			continue
		}
		if line, ok := execProbe(string(data)); ok {
			d.needs.shellAt(plan.Evidence{Path: e.Path, Line: line}, "a probe or hook runs a command in the container")
			return
		}
	}
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

// toolInPipeline: a pipeline or Makefile runs cargo in the image that it has built, so
// that the image has to keep it (H100). A run of the official image is another one.
func (d *design) toolInPipeline() *plan.Refusal {
	for _, text := range d.in.Project.BuildTexts() {
		for _, line := range strings.Split(text, "\n") {
			runs := strings.Contains(line, "docker run ") || strings.Contains(line, "compose run ") || strings.Contains(line, "compose exec ") || strings.Contains(line, "docker exec ")
			if runs && strings.Contains(line, " cargo ") && !strings.Contains(line, "rust:") && !strings.Contains(line, "muslrust") && !strings.Contains(line, "rust-musl") {
				return refuseAt(plan.NeedsBuildTool, plan.Evidence{}, "the repository runs cargo in the image: "+shortened(strings.TrimSpace(line)), "run it in a stage that has cargo: docker build --target builder")
			}
		}
	}
	return nil
}

func shortened(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}
