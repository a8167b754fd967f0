package rewrite

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/project"
)

// findContext is the build context of a Dockerfile: what a compose file names for
// it, or whoever else builds it if it has every COPY source, else the nearest of its folder and the folders above that has every COPY
// source, else its own folder.
func findContext(proj *project.Project, file *dockerfile.File) string {
	for _, s := range proj.Consumers() {
		if s.Builds && (s.Context == "." || proj.HasDir(s.Context)) && (s.Kind == project.Compose || hasSources(proj, file, s.Context)) {
			return s.Context
		}
	}
	own := path.Dir(file.Path)
	for dir := own; ; dir = path.Dir(dir) {
		if hasSources(proj, file, dir) {
			return dir
		}
		if dir == "." || dir == "/" {
			return own
		}
	}
}

// hasSources reports whether every COPY and ADD source that names files of the
// context is there.
func hasSources(proj *project.Project, file *dockerfile.File, dir string) bool {
	for _, in := range file.All {
		if !copiesContext(in) {
			continue
		}
		for _, source := range in.Sources() {
			if !mayExist(proj, dir, source) {
				return false
			}
		}
	}
	return true
}

// copiesContext reports a COPY or ADD from the build context.
func copiesContext(in *dockerfile.Instruction) bool {
	if in.Keyword != "COPY" && in.Keyword != "ADD" {
		return false
	}
	_, from := in.Flag("from")
	return !from
}

// mayExist reports whether a source is in the folder, or cannot be told: a
// pattern, a variable or a URL.
func mayExist(proj *project.Project, dir, source string) bool {
	if strings.ContainsAny(source, "*?[$") || strings.Contains(source, "://") || strings.HasPrefix(source, "git@") {
		return true
	}
	full := path.Join(dir, path.Clean("/"+source))
	return proj.HasFile(full) || proj.HasDir(full)
}
