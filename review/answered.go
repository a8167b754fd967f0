package review

import "strings"

// Answered reports whether the pull request has a check run of ours on its head that
// answers for its Dockerfiles. It is written last, so all else was said before.
func Answered(pr PullRequest) bool {
	for _, c := range pr.Checks {
		if strings.HasPrefix(c.ExternalID, externalPrefix(pr.Number)) && IsAnswer(c.ExternalID) {
			return true
		}
	}
	return false
}
