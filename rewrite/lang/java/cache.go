package java

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// cacheOf is the folder in which a build tool keeps what it downloads, for root. The
// gradle image's is a volume already.
func (d *designer) cacheOf(tool string) string {
	switch {
	case tool == "mvn" || tool == "mvnw":
		return "/root/.m2"
	case tool == "gradlew" && d.in.Base.Name != "gradle":
		return "/root/.gradle"
	}
	return ""
}

// cached is an item of the builder; a RUN that downloads has a cache mount, so that a
// change of the sources downloads nothing again (H104, H109).
func (d *designer) cached(s step) plan.Step {
	mount := ""
	if s.Keyword == "RUN" && s.Script != nil && len(s.Flags) == 0 && len(s.Heredocs) == 0 && d.mayCache() {
		for _, c := range s.commands {
			if dir := d.cacheOf(c.tool); dir != "" {
				mount = cacheMount(dir)
			}
		}
	}
	if mount == "" {
		return s.Keep()
	}
	at := dockerfile.Span{Start: s.Args.Start, End: s.Args.Start}
	return plan.Cut{Span: s.Span, Edits: []plan.Edit{{Span: at, Text: mount}}, Evidence: d.in.Evidence(s.Item, "downloads are kept for the next build")}
}

// cacheMount is locked: Maven's repository is not made for two writers.
func cacheMount(dir string) string { return "--mount=type=cache,target=" + dir + ",sharing=locked " }

// mayCache reports that BuildKit builds the file, as root, and that nothing else is
// kept in the folder or asks for it: settings, another place, work without a network.
func (d *designer) mayCache() bool {
	if !d.in.Mounts {
		return false
	}
	for i, s := range d.steps {
		if i > d.last {
			break
		}
		text := d.in.File.Text(s.Span)
		for _, word := range []string{".m2", ".gradle/", "GRADLE_USER_HOME", "maven.repo.local", "MAVEN_CONFIG", " -o ", "--offline", "HOME="} {
			if strings.Contains(text, word) {
				return false
			}
		}
		if user := s.Scope.User; user != "" && user != "root" && user != "0" {
			return false
		}
	}
	return true
}

// mountFor is the mount of a step of ours.
func (d *designer) mountFor(tool string) string {
	if dir := d.cacheOf(tool); dir != "" && d.mayCache() {
		return cacheMount(dir)
	}
	return ""
}
