package review

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// CheckName is the check run's name.
const CheckName = "Multistage"

// ActionApply is the identifier of the button that does what "/multistage apply"
// does.
const ActionApply = "apply"

// ActionVerify is the identifier of the button that does what "/multistage verify"
// does.
const ActionVerify = "verify"

var verifyButton = Action{Label: "Build and compare", Description: "Build, start and measure both images", Identifier: ActionVerify}

var applyButton = Action{Label: "Apply to branch", Description: "Commit the multi-stage Dockerfile", Identifier: ActionApply}

// externalPrefix starts the external ID of a pull request's check runs. A check
// run belongs to a commit and two pull requests can share one, so the number is
// part of it.
func externalPrefix(number int) string { return fmt.Sprintf("v1:%d:", number) }

// provisional starts the last part of the external ID of a check run that says why
// nothing was looked at, or that a proof is not there yet: it is no answer for the
// Dockerfiles.
const provisional = "wait-"

// verifiable ends the external ID of a check run with the button to build, so that
// the button can be made anew.
const verifiable = "-verify"

// IsAnswer reports whether an external ID of ours is that of a check run that
// answers for the pull request's Dockerfiles, and does not only say that it waits.
func IsAnswer(externalID string) bool {
	parts := strings.SplitN(externalID, ":", 3)
	return len(parts) == 3 && parts[0] == "v1" && !strings.HasPrefix(parts[2], provisional)
}

// wait identifies a check run that is no answer.
func (c *CheckRun) wait(pr PullRequest) {
	c.identify(pr)
	prefix := externalPrefix(pr.Number)
	c.ExternalID = prefix + provisional + strings.TrimPrefix(c.ExternalID, prefix)
}

// identify sets the external ID from all that the check run shows.
func (c *CheckRun) identify(pr PullRequest) {
	parts := []string{string(c.Conclusion), c.Title, c.Summary, c.Text}
	for _, a := range c.Annotations {
		parts = append(parts, a.Path, fmt.Sprint(a.StartLine, a.EndLine), string(a.Level), a.Title, a.Message)
	}
	for _, a := range c.Actions {
		parts = append(parts, a.Identifier)
	}
	c.ExternalID = externalPrefix(pr.Number) + fingerprint(parts...)
	if slices.Contains(c.Actions, verifyButton) {
		c.ExternalID += verifiable
	}
}

// CheckPullRequest reads the number of the pull request out of an external ID of
// ours: GitHub gives no pull request for the check runs of forks.
func CheckPullRequest(externalID string) (number int, ok bool) {
	var hash string
	n, err := fmt.Sscanf(strings.Replace(externalID, ":", " ", 2), "v1 %d %s", &number, &hash)
	return number, err == nil && n == 2 && number > 0 && externalPrefix(number)+hash == externalID
}

// check is the pull request's check run.
func (c *composition) check() *CheckRun {
	offers := len(c.offers) + len(c.more) + len(c.quiet)
	check := &CheckRun{Name: CheckName, Conclusion: Success, Title: c.checkTitle(offers)}
	if offers > 0 {
		check.Conclusion = Neutral
	}
	var summary strings.Builder
	for _, s := range c.subjects {
		verdict, _, _ := subjectVerdict(s)
		if verdict == plan.Refused || c.withheld(s) {
			check.Conclusion = Neutral
		}
		summary.WriteString("- " + c.summaryLine(s) + "\n")
		check.Annotations = append(check.Annotations, annotations(s)...)
	}
	if c.pr.Partial {
		summary.WriteString("\n" + partial + "\n")
	}
	check.Summary = Fit(summary.String(), MaxBody)
	check.Text = c.checkText()
	check.Annotations = check.Annotations[:min(len(check.Annotations), MaxAnnotations)]
	if len(c.offers) > 0 && c.mayCommit() {
		check.Actions = append(check.Actions, applyButton)
	}
	if slices.ContainsFunc(c.subjects, Subject.verifiable) {
		check.Actions = append(check.Actions, verifyButton)
	}
	if slices.ContainsFunc(c.subjects, Subject.unsettled) {
		check.wait(c.pr)
	} else {
		check.identify(c.pr)
	}
	return check
}

// annotations are a subject's findings that have a line, or its reason.
func annotations(s Subject) []Annotation {
	verdict, code, reason := subjectVerdict(s)
	if verdict == plan.Refused && reason.Line > 0 {
		return []Annotation{annotation(pathOr(reason.Path, s.File.Path), reason.Line, rewrite.Notice,
			"Multistage: "+code.Info().Title, reason.Text)}
	}
	var out []Annotation
	if verdict != plan.Rewritten {
		return nil
	}
	for _, f := range s.Result.Findings {
		if f.Line > 0 {
			out = append(out, annotation(pathOr(f.Path, s.File.Path), f.Line, f.Rule.Level, f.Rule.Title, f.Message))
		}
	}
	return out
}

func annotation(path string, line int, level rewrite.Level, title, message string) Annotation {
	return Annotation{
		Path: path, StartLine: line, EndLine: line, Level: level,
		Title:   firstRunes(visible(oneLine(title)), MaxAnnotationTitle-1),
		Message: cutBytes(visible(oneLine(message)), MaxAnnotationMessage),
	}
}

func pathOr(path, other string) string {
	if path == "" {
		return other
	}
	return path
}

// cutBytes cuts at a character, so that at most n bytes are left.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// Misconfigured is what a pull request shows when its configuration cannot be
// read: a failed check run that says where and what. Posted reviews stay. Where
// the pull request changes no Dockerfile it shows nothing.
func Misconfigured(pr PullRequest, err error) Review {
	if !hasCandidate(pr) || !pr.Open {
		return Review{Keep: true}
	}
	var b strings.Builder
	b.WriteString("Nothing was looked at, because the configuration cannot be read:\n\n")
	var several config.Errors
	if !errors.As(err, &several) {
		fmt.Fprintf(&b, "- %s\n", Text(err.Error()))
	}
	for _, e := range several {
		fmt.Fprintf(&b, "- %s\n", configError(e))
	}
	b.WriteString("\nThe file is read from the base branch, so it has to be corrected there.\n")
	check := &CheckRun{Name: CheckName, Conclusion: Failure, Title: "The configuration cannot be read", Summary: Fit(b.String(), MaxBody)}
	check.wait(pr)
	return Review{Check: check, Keep: true}
}

func configError(e *config.Error) string {
	line := Code(e.Path)
	if e.Line > 0 {
		line += fmt.Sprintf(", line %d", e.Line)
	}
	line += ": " + Prose(e.Message)
	if e.Nearest != "" {
		line += "; did you mean " + Code(e.Nearest) + "?"
		return line
	}
	return sentence(line)
}
