package review

import (
	"io/fs"
	"strings"

	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// Compose says what a pull request should show for the Dockerfiles that were
// looked at. Without one it shows nothing. It is deterministic.
func Compose(pr PullRequest, subjects []Subject, cfg config.Config) Review {
	if reason := Skipped(pr, cfg); reason != "" {
		return skippedReview(pr, reason, len(subjects) > 0)
	}
	var seen []Subject
	for _, s := range subjects {
		if cfg.Includes(s.File.Path) && s.File.Status != Removed {
			seen = append(seen, s)
		}
	}
	if len(seen) == 0 {
		return Review{}
	}
	all := composition{pr: pr, cfg: cfg, subjects: seen}
	for _, s := range seen {
		if o, ok := newOffer(s, cfg); ok {
			all.add(o)
		}
	}
	return all.review()
}

// Skip is why a pull request as a whole is left alone.
type Skip string

// The reasons; "" is none.
const (
	SkipClosed Skip = "closed" // closed or merged
	SkipDraft  Skip = "draft"  // waits until it is ready for review
	SkipTitle  Skip = "title"  // [skip multistage] in the title
	SkipAuthor Skip = "author" // by the configuration
	SkipLabel  Skip = "label"  // by the configuration
)

// Skipped says why a pull request is left alone, "" where it is not. Nothing has
// to be read for it but the pull request itself.
func Skipped(pr PullRequest, cfg config.Config) Skip {
	_, labelled := cfg.IgnoresLabels(pr.Labels)
	title := strings.ToLower(pr.Title[:min(len(pr.Title), maxTitleSkip)])
	switch {
	case !pr.Open:
		return SkipClosed
	case cfg.Asked:
		return ""
	case strings.Contains(title, "[skip multistage]"), strings.Contains(title, "[multistage skip]"):
		return SkipTitle
	case cfg.IgnoresAuthor(pr.Author):
		return SkipAuthor
	case labelled:
		return SkipLabel
	case pr.Draft && !cfg.Drafts:
		return SkipDraft
	}
	return ""
}

// skippedReview says nothing, except that a draft with a Dockerfile waits.
func skippedReview(pr PullRequest, reason Skip, subjects bool) Review {
	if reason != SkipDraft || !subjects && !hasCandidate(pr) {
		return Review{Keep: true}
	}
	check := &CheckRun{
		Name:       CheckName,
		Conclusion: Neutral,
		Title:      "Waiting until the pull request is ready for review",
		Summary:    "Drafts are looked at when they become ready for review, or when somebody with write permission comments `/multistage`.",
	}
	check.wait(pr)
	return Review{Check: check, Keep: true}
}

// hasCandidate reports whether the pull request changes a Dockerfile.
func hasCandidate(pr PullRequest) bool {
	for _, f := range pr.Files {
		if f.Status != Removed && rewrite.IsDockerfileName(f.Path) {
			return true
		}
	}
	return false
}

// composition is a review while it is being composed.
type composition struct {
	pr       PullRequest
	cfg      config.Config
	subjects []Subject
	offers   []offer // rewrites that the review speaks about
	more     []offer // rewrites beyond MaxFiles: named only
	quiet    []offer // rewrites that only the check run speaks about
}

// offer is a rewrite that may be shown.
type offer struct {
	Subject
	suggestion *Comment // nil where there is none
	why        string   // why there is no suggestion
	declined   bool     // somebody turned an earlier answer down
}

// newOffer reports whether a subject has a rewrite to show: one that changes the
// file and was not disproved, and where the server demands it, one that was proven.
// An original that does not build disproves nothing: the rewrite is offered for what
// it is, and the review says that nothing was compared.
func newOffer(s Subject, cfg config.Config) (offer, bool) {
	if !rewritten(s) {
		return offer{}, false
	}
	if disproven(s) || cfg.Required && !s.Proof.Proven() {
		return offer{}, false
	}
	o := offer{Subject: s}
	o.suggestion, o.why = suggest(s)
	return o, true
}

// rewritten reports whether there is a rewrite that changes the file.
func rewritten(s Subject) bool {
	r := s.Result
	return r.Verdict == plan.Rewritten && len(r.Files) > 0 && string(r.Files[0].Before) != string(r.Files[0].After)
}

// disproven reports whether the rewrite was built and does not do what the original
// does. A proof that says neither is none.
func disproven(s Subject) bool {
	return s.Proof != nil && !s.Proof.Proven() && s.Proof.Outcome != proof.OriginalBroken
}

// verifiable reports whether somebody can ask for a proof that is not there: the
// server builds, and did not for a reason that may pass.
func (s Subject) verifiable() bool {
	if !rewritten(s) {
		return false
	}
	if s.Proof != nil {
		return s.Proof.Outcome == proof.OriginalBroken
	}
	return s.Absent.Why == ForkWaits || s.Absent.Why == Unavailable
}

// unsettled reports whether the next run has to look again: a proof is under way, or
// the daemon could not, which says nothing of the rewrite.
func (s Subject) unsettled() bool {
	return s.awaited() || s.Proof == nil && s.Absent.Why == Unavailable && rewritten(s)
}

// proofState is how far the proof of a rewrite is.
func proofState(s Subject) ProofState {
	switch {
	case s.Proof != nil:
		return ProofDone
	case s.Absent.Why != ProofsOff:
		return ProofPending
	}
	return ProofNone
}

// awaited reports whether the proof of a rewrite is under way.
func (s Subject) awaited() bool { return s.Proof == nil && s.Absent.Why == Pending && rewritten(s) }

func (c *composition) add(o offer) {
	o.declined = !c.cfg.Asked && declined(c.pr, o.File)
	switch {
	case o.declined, c.cfg.ReviewOff, c.pr.AuthorIsBot && !c.cfg.Asked:
		c.quiet = append(c.quiet, o)
	case len(c.offers) < MaxFiles:
		c.offers = append(c.offers, o)
	default:
		c.more = append(c.more, o)
	}
}

// declined reports whether somebody dismissed a review of ours about the file, or
// resolved a thread of ours on it, whatever its content was: then it gets no
// review until somebody asks.
func declined(pr PullRequest, f File) bool {
	for _, p := range pr.Posted {
		if resolvedOn(p, f.Path) {
			return true
		}
		for _, m := range ParseMarkers(p.Body) {
			if p.Dismissed && m.Path == f.Path {
				return true
			}
		}
	}
	return false
}

// resolvedOn reports whether a thread on a file was resolved. We resolve none.
func resolvedOn(p Posted, path string) bool {
	for _, c := range p.Comments {
		if c.Path == path && c.Resolved {
			return true
		}
	}
	return false
}

// review puts the parts together.
func (c *composition) review() Review {
	r := Review{Asked: c.cfg.Asked}
	if len(c.offers) > 0 {
		if c.mayCommit() {
			r.Commit = commitOf(c.pr, c.offers)
		}
		for _, o := range c.offers {
			m := Marker{Path: o.File.Path, Blob: o.File.SHA, Proof: proofState(o.Subject)}
			m.State = fingerprint(c.fileSection(o), string(o.Result.Dockerfile()))
			r.Markers = append(r.Markers, m)
			if o.suggestion != nil {
				r.Comments = append(r.Comments, *o.suggestion)
			}
		}
		r.Body = c.body(r.Markers)
	}
	for _, o := range append(c.more[:len(c.more):len(c.more)], c.quiet...) {
		r.Standing = append(r.Standing, Marker{Path: o.File.Path, Blob: o.File.SHA})
	}
	for _, s := range c.subjects {
		if c.withheld(s) && s.Proof == nil { // a proof of the same content that was posted still holds
			r.Standing = append(r.Standing, Marker{Path: s.File.Path, Blob: s.File.SHA})
		}
	}
	r.Check = c.check()
	return r
}

// mayCommit reports whether the commit can be made.
func (c *composition) mayCommit() bool {
	if !c.pr.MayCommit || c.pr.Fork() || c.cfg.CommitOff {
		return false
	}
	content := map[string]string{}
	for _, o := range c.offers {
		if !committable(o) {
			return false
		}
		for _, f := range o.Result.Files {
			if other, ok := content[f.Path]; ok && other != string(f.After) {
				return false // two rewrites want a shared file differently
			}
			content[f.Path] = string(f.After)
		}
	}
	return true
}

// committable reports whether a rewrite can be part of a commit. A workflow's
// folder needs a permission that we do not ask for.
func committable(o offer) bool {
	if o.File.Mode&fs.ModeSymlink != 0 {
		return false
	}
	for _, f := range o.Result.Files {
		if f.Mode&fs.ModeSymlink != 0 || strings.HasPrefix(f.Path, ".github/workflows/") || !fs.ValidPath(f.Path) {
			return false
		}
	}
	return true
}

// subjectVerdict is the verdict of a subject with what the proof says put in.
func subjectVerdict(s Subject) (plan.Verdict, plan.Code, plan.Evidence) {
	r := s.Result
	if r.Verdict == plan.Rewritten && disproven(s) {
		return plan.Refused, plan.ProofFailed, plan.Evidence{Text: failureWords(s.Proof)}
	}
	return r.Verdict, r.Code, r.Reason
}
