package review

import (
	"strings"

	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
)

// Answered reports whether every Dockerfile that the pull request changes has an
// answer in a review of ours for the content that it has, so that nothing new is
// to be said. The blobs of the files are enough to tell.
func Answered(pr PullRequest, cfg config.Config) bool {
	known := map[string]string{}
	for _, p := range pr.Posted {
		if p.Minimized {
			continue
		}
		for _, m := range ParseMarkers(p.Body) {
			known[m.Path] = m.Blob
		}
	}
	found := false
	for _, f := range pr.Files {
		if f.Status == Removed || !rewrite.IsDockerfileName(f.Path) || !cfg.Includes(f.Path) {
			continue
		}
		if f.SHA == "" || known[f.Path] != f.SHA {
			return false
		}
		found = true
	}
	return found
}

// Checked reports whether the pull request has a check run of ours on its head.
func Checked(pr PullRequest) bool {
	for _, c := range pr.Checks {
		if strings.HasPrefix(c.ExternalID, externalPrefix(pr.Number)) {
			return true
		}
	}
	return false
}
