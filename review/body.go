package review

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
)

// body is the review's text: a section for each Dockerfile, what is left over,
// how to silence it, and the markers.
func (c *composition) body(markers []Marker) string {
	var parts []string
	if len(c.offers) > 1 {
		parts = append(parts, c.together())
	}
	for _, o := range c.offers {
		parts = append(parts, c.fileSection(o))
	}
	if rest := c.remainder(); rest != "" {
		parts = append(parts, rest)
	}
	text := strings.Join(append(parts, c.silence()+"\n"), "\n---\n\n")
	tail := withMarkers("", markers)
	return withMarkers(Fit(text, MaxBody-len(tail)), markers)
}

// together is what holds for several Dockerfiles at once.
func (c *composition) together() string {
	text := fmt.Sprintf("%d Dockerfiles can have several stages instead of one: %s.\n", len(c.offers), pathList(c.offers))
	if c.mayCommit() {
		text += "\n**Take all of them** with a comment `/multistage apply`" + applyWords + c.byHand()
	}
	if why := c.noCommit(); why != "" {
		text += "\nThere is no commit: " + why + ".\n"
	}
	return text
}

// applyWords says what an apply does.
const applyWords = ": the branch moves to the suggested-change commit. That is a push, so it starts CI and may dismiss approvals.\n"

// byHand is how to take the commit without us.
func (c *composition) byHand() string {
	return "The commit hangs on no branch, and nothing is built from it before. To take it by hand:\n\n" +
		Fence("sh", "git fetch origin "+shownRef(c.pr)+" && git cherry-pick FETCH_HEAD")
}

// shownRef is the commit's ref, also for a pull request that is not opened yet.
func shownRef(pr PullRequest) string {
	if pr.Number == 0 {
		return "refs/multistage/pull/NUMBER"
	}
	return CommitRef(pr.Number)
}

// silence is the last line of a review. It speaks of the proof where this server
// builds any.
func (c *composition) silence() string {
	verify := ""
	if slices.ContainsFunc(c.offers, func(o offer) bool { return o.Proof != nil || o.Absent.Why != ProofsOff }) {
		verify = "`/multistage verify [path]` builds and compares both images, "
	}
	return "To silence this, put the comment `# multistage: ignore` into the Dockerfile. " +
		"Commands, each on a line of its own: `/multistage` looks again, `/multistage apply [path]` commits the rewrite, " +
		verify + "`/multistage help`."
}

// remainder names the Dockerfiles that the review does not describe.
func (c *composition) remainder() string {
	var b strings.Builder
	if n := len(c.more); n > 0 {
		fmt.Fprintf(&b, "%s more can be redesigned too and %s not described here: %s.\n",
			count(n, "Dockerfile"), isAre(n), pathList(c.more))
		if c.mayCommit() {
			b.WriteString("`/multistage apply PATH` commits one of them.\n")
		}
	}
	if c.pr.Partial {
		b.WriteString(partial + "\n")
	}
	return b.String()
}

// partial is what is said where GitHub's list of changed files has an end before
// the pull request has.
const partial = "GitHub lists 3,000 changed files of a pull request, and this one has more: Dockerfiles beyond them were not looked at."

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func pathList(offers []offer) string {
	var parts []string
	for i, o := range offers {
		if i == maxRemainder {
			parts = append(parts, fmt.Sprintf("%d more", len(offers)-i))
			break
		}
		parts = append(parts, Code(firstRunes(o.File.Path, maxValue)))
	}
	return join(parts)
}

// fileSection is all that is said about one Dockerfile.
func (c *composition) fileSection(o offer) string {
	r := o.Result
	level, heading := "###", ""
	if len(c.offers) > 1 {
		level, heading = "####", "### "+Code(o.File.Path)+"\n\n"
	}
	stages := stagesOf(r)
	blocks := []string{
		heading + verdictLine(o) + "\n",
		c.howToTake(o),
		proofSection(o.Subject, level, tailBudget(len(c.offers))),
		level + " Stages\n\n" + stageTable(stages),
	}
	if table := contractTable(r.Contract); table != "" {
		blocks = append(blocks, level+" What the image promises\n\n"+table)
	}
	blocks = append(blocks, leftOut(r), otherFiles(r))
	if commands := usage(r, stages); commands != "" {
		blocks = append(blocks, level+" Build it\n\n"+commands)
	}
	blocks = append(blocks, sections(r, level), c.patchDetails(o), level+" Checklist\n\n"+checklist(o)+sizeGrounds(o))
	return joinBlocks(blocks)
}

// joinBlocks puts an empty line between blocks that are not empty.
func joinBlocks(blocks []string) string {
	var full []string
	for _, b := range blocks {
		if b != "" {
			full = append(full, b)
		}
	}
	return strings.Join(full, "\n")
}

// howToTake tells the ways in which this rewrite can be taken, the shortest
// first.
func (c *composition) howToTake(o offer) string {
	var b strings.Builder
	lead := "**Take it** with a comment"
	if o.suggestion != nil {
		fmt.Fprintf(&b, "**Take it** with **Commit suggestion** in the comment on %s: one click, one commit, the whole rewrite.\n", linesOf(*o.suggestion))
		lead = "Or comment"
	}
	switch several := len(c.offers) > 1; {
	case c.mayCommit() && !several:
		b.WriteString(lead + " `/multistage apply`" + applyWords + c.byHand())
	case c.mayCommit() && simplePath.MatchString(o.File.Path):
		fmt.Fprintf(&b, "%s `/multistage apply %s`: a commit on the branch with this file alone.\n", lead, o.File.Path)
	case !c.mayCommit() && o.suggestion == nil:
		b.WriteString("**Take it** with the patch below: save it as `multistage.patch` and run `git apply multistage.patch`.\n")
	}
	if o.why != "" {
		fmt.Fprintf(&b, "\nThere is no suggestion to click on: %s.\n", o.why)
	}
	if why := c.noCommit(); why != "" && len(c.offers) == 1 {
		fmt.Fprintf(&b, "\nThere is no commit: %s.\n", why)
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// simplePath is a path that can be typed into a comment.
var simplePath = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_./-]{0,200}$`)

// noCommit says why there is no suggested-change commit; "" where there is one,
// and where nobody expects one.
func (c *composition) noCommit() string {
	switch {
	case c.mayCommit() || c.cfg.CommitOff:
		return ""
	case c.pr.Fork():
		return "the pull request comes from a fork, and nothing of a fork is put into this repository"
	case !c.pr.MayCommit:
		return "Multistage was not given permission to write contents here"
	}
	return "a file that changes is a symbolic link or a workflow, or two rewrites want a shared file differently"
}

// linesOf is where a comment stands.
func linesOf(c Comment) string {
	if c.StartLine == 0 {
		return fmt.Sprintf("line %d", c.Line)
	}
	return fmt.Sprintf("lines %d to %d", c.StartLine, c.Line)
}

// otherFiles names what the rewrite brings along.
func otherFiles(r rewrite.Result) string {
	if len(r.Files) < 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString("Other files of the change:\n\n")
	for _, f := range r.Files[1:] {
		word := "changed"
		if f.Before == nil {
			word = "new"
		}
		fmt.Fprintf(&b, "- %s, %s%s\n", Code(f.Path), word, fileReason(r, f.Path))
	}
	return b.String()
}

func fileReason(r rewrite.Result, path string) string {
	if r.Plan != nil {
		for _, f := range r.Plan.Files {
			if f.Path == path && f.Reason.Text != "" {
				return ": " + evidence(f.Reason)
			}
		}
	}
	return ""
}

// patchDetails is the patch, folded, where no suggestion is possible.
func (c *composition) patchDetails(o offer) string {
	if o.suggestion != nil {
		return ""
	}
	return foldedPatch("The change as a patch", o.Result.Files, maxPatch/max(1, len(c.offers)))
}

// foldedPatch is a patch under a line to unfold it, where it is within the budget in bytes.
func foldedPatch(summary string, files []rewrite.FileChange, budget int) string {
	patch := Patch(files)
	if len(patch) > budget {
		return fmt.Sprintf("The patch is too long to show here (%s). `multistage design` prints it.\n", size(int64(len(patch))))
	}
	note := ""
	if shown := strings.NewReplacer("\n", "", "\r", "").Replace(patch); hidesText(shown) {
		note = "It holds characters that cannot be seen; they are written as escapes here, so it is for reading only.\n\n"
		lines := strings.Split(patch, "\n")
		for i := range lines {
			lines[i] = visible(strings.TrimSuffix(lines[i], "\r"))
		}
		patch = strings.Join(lines, "\n")
	} else if strings.Contains(patch, "\r") {
		note = "The file has CRLF line endings, which are lost when this is copied: `git apply --ignore-whitespace`, then restore them.\n\n"
	}
	return "<details>\n<summary>" + summary + "</summary>\n\n" + note + Fence("diff", patch) + "\n</details>\n"
}

// sizeGrounds says what an estimate rests on.
func sizeGrounds(o offer) string {
	if o.Proof != nil { // measured, or nothing to compare with
		return ""
	}
	var parts []string
	for _, e := range grounds(o.Result.Plan) {
		if len(parts) < maxEvidence && e.Text != "" {
			parts = append(parts, evidence(e))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "\nThe expected size rests on: " + strings.Join(parts, "; ") + ".\n"
}
