package review

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// CommitRef is the ref that the suggested-change commit of a pull request hangs
// on. It is no branch: nothing is built from it and nobody is asked to review it.
func CommitRef(number int) string { return fmt.Sprintf("refs/multistage/pull/%d", number) }

// Trailers of the suggested-change commit: the blob that a Dockerfile's rewrite
// was made from, and a hash of all that the commit changes.
const (
	TrailerSource  = "Multistage-Source"
	TrailerChanges = "Multistage-Changes"
)

// CommitOf is the suggested-change commit for the rewrites among subjects, or for
// the one at path where path is not "". It is nil where there is none to make:
// no such rewrite, a fork, no permission, or a configuration that forbids it.
func CommitOf(pr PullRequest, subjects []Subject, cfg config.Config, path string) *Commit {
	c := composition{pr: pr, cfg: cfg}
	for _, s := range subjects {
		o, ok := newOffer(s, cfg)
		if ok && cfg.Includes(s.File.Path) && (path == "" || path == s.File.Path) {
			c.offers = append(c.offers, o)
		}
	}
	if len(c.offers) == 0 || !c.mayCommit() {
		return nil
	}
	return commitOf(pr, c.offers)
}

// commitOf makes the commit of rewrites that mayCommit has looked at.
func commitOf(pr PullRequest, offers []offer) *Commit {
	c := &Commit{Parent: pr.Head.SHA, Ref: CommitRef(pr.Number)}
	var hashed []string
	seen := map[string]bool{}
	for _, o := range offers {
		for i, f := range o.Result.Files {
			if seen[f.Path] {
				continue
			}
			seen[f.Path] = true
			mode := f.Mode
			if i == 0 && o.File.Mode != 0 {
				mode = o.File.Mode
			}
			c.Changes = append(c.Changes, CommitChange{Path: f.Path, Mode: mode, Content: f.After})
			hashed = append(hashed, f.Path, mode.String(), string(f.After))
		}
	}
	c.Message = commitMessage(pr, offers, fingerprint(hashed...))
	return c
}

func commitMessage(pr PullRequest, offers []offer, changes string) string {
	var b strings.Builder
	subject := "Dockerfile"
	if len(offers) > 1 {
		subject = fmt.Sprintf("%d Dockerfiles", len(offers))
	}
	fmt.Fprintf(&b, "multistage: split %s into stages", subject)
	if pr.Number > 0 {
		fmt.Fprintf(&b, " (#%d)", pr.Number)
	}
	b.WriteString("\n")
	for _, o := range offers {
		fmt.Fprintf(&b, "\n%s: %s.\n", Plain(o.File.Path), plainStages(o.Result))
		for _, line := range plainChanges(o.Result) {
			b.WriteString(line + "\n")
		}
	}
	b.WriteString("\n")
	for _, o := range offers {
		fmt.Fprintf(&b, "%s: %s\n", TrailerSource, o.File.SHA)
	}
	fmt.Fprintf(&b, "%s: %s\n", TrailerChanges, changes)
	return b.String()
}

// plainStages names the stages without any marks.
func plainStages(r rewrite.Result) string {
	var names []string
	for _, s := range stagesOf(r) {
		names = append(names, Plain(s.name))
	}
	return "stages " + join(names)
}

// maxCommitChanges is how many changes a commit's message lists.
const maxCommitChanges = 20

// plainChanges lists the named changes and the other files without any marks.
func plainChanges(r rewrite.Result) []string {
	var out []string
	for _, p := range r.Contract {
		if p.Change != nil {
			out = append(out, "- "+plainChange(*p.Change))
		}
	}
	if len(r.Files) > 1 {
		for _, f := range r.Files[1:] {
			out = append(out, "- "+Plain(f.Path)+" comes with it")
		}
	}
	if len(out) > maxCommitChanges {
		rest := len(out) - maxCommitChanges
		out = append(out[:maxCommitChanges], fmt.Sprintf("- and %d more", rest))
	}
	return out
}

func plainChange(c plan.Change) string {
	name := string(c.Field)
	if c.Key != "" {
		name += " " + c.Key
	}
	return firstRunes(Plain(fmt.Sprintf("%s: %s", name, c.Evidence.Text)), 200)
}
