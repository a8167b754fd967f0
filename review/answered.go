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

// Repeat says of a head that moved beside the Dockerfiles what was said of the one
// before: previous is the check run there, nil where the head has one already. Its
// buttons are made anew, for GitHub does not give them back.
func Repeat(pr PullRequest, previous *CheckRun) Review {
	r := Review{Keep: true}
	if previous == nil {
		return r
	}
	check := *previous
	if pr.Suggested != nil && pr.MayCommit && check.Conclusion == Neutral {
		check.Actions = append(check.Actions, applyButton)
	}
	if strings.HasSuffix(check.ExternalID, verifiable) {
		check.Actions = append(check.Actions, verifyButton)
	}
	r.Check = &check
	return r
}
