package review

import (
	"slices"
	"sort"
	"strings"
)

// Diff says what has to change so that the pull request shows what is wanted.
// Applied in order and run again, it gives nothing.
//
//   - The same content of the same Dockerfiles is never answered twice. Where
//     what is said about it changed, the review is edited in place, unless
//     somebody answered in it: then only the figures that it promised are put in.
//   - Other content edits the review in place where nobody answered in it and
//     its inline comments can stay where they are. A suggestion that has to stand
//     elsewhere needs a new review; the old one is then minimised.
//   - What no longer holds is minimised, never deleted. A dismissed review is
//     left as it is.
//   - A commit is made where the pull request has none for this content. Its
//     parent may be an older head: it still applies, and a push that does not
//     touch a Dockerfile costs no calls.
func Diff(pr PullRequest, wanted Review) []Change {
	var changes []Change
	if wanted.Commit != nil && (pr.Suggested == nil || !sameMessage(pr.Suggested.Message, wanted.Commit.Message)) {
		changes = append(changes, CreateCommit{*wanted.Commit})
	}
	if !wanted.Keep {
		d := differ{pr: pr, wanted: wanted, about: blobs(wanted.Markers), standing: blobs(wanted.Standing), commits: len(changes) > 0}
		for _, p := range pr.Posted {
			if markers := ParseMarkers(p.Body); len(markers) > 0 {
				d.posted = append(d.posted, posted{p, markers})
			}
		}
		sort.SliceStable(d.posted, func(i, j int) bool { return d.posted[i].ID < d.posted[j].ID })
		changes = append(changes, d.reviews()...)
	}
	return append(changes, checkChanges(pr, wanted)...)
}

// sameMessage compares commit messages as git keeps them.
func sameMessage(a, b string) bool {
	return strings.TrimRight(a, " \r\n") == strings.TrimRight(b, " \r\n")
}

// checkChanges creates the check run on this head, or updates the one that this
// pull request has there.
func checkChanges(pr PullRequest, wanted Review) []Change {
	if wanted.Check == nil {
		return nil
	}
	var ours []PostedCheck
	for _, c := range pr.Checks {
		if strings.HasPrefix(c.ExternalID, externalPrefix(pr.Number)) {
			ours = append(ours, c)
		}
	}
	if len(ours) == 0 {
		return []Change{CreateCheckRun{SHA: pr.Head.SHA, Check: *wanted.Check}}
	}
	newest := ours[0]
	for _, c := range ours {
		if c.ID > newest.ID {
			newest = c
		}
	}
	if newest.ExternalID == wanted.Check.ExternalID {
		return nil
	}
	return []Change{UpdateCheckRun{ID: newest.ID, Check: *wanted.Check}}
}

// differ compares reviews.
type differ struct {
	pr       PullRequest
	wanted   Review
	about    map[string]string // path → blob of what is wanted
	standing map[string]string // path → blob of what is left as it was answered
	posted   []posted          // ours with markers, oldest first
	commits  bool              // the commit is made anew: the rewrite is another one
}

type posted struct {
	Posted
	markers []Marker
}

// live reports whether people see the review.
func (p posted) live() bool { return !p.Minimized && !p.Dismissed }

func blobs(markers []Marker) map[string]string {
	m := make(map[string]string, len(markers))
	for _, k := range markers {
		m[k.Path] = k.Blob
	}
	return m
}

// reviews are the changes to reviews.
func (d *differ) reviews() []Change {
	if d.wanted.Body == "" {
		return d.minimise(d.superseded)
	}
	current := d.current()
	switch {
	case current == nil && d.hidden() && !d.wanted.Asked:
		return d.minimise(d.superseded)
	case current == nil:
		return d.replace()
	}
	others := d.minimise(func(p posted) bool { return p.ID != current.ID && d.superseded(p) })
	if current.Discussed && !pending(current.markers) || sameStates(current.markers, d.wanted.Markers) {
		return others
	}
	edits, ok := d.edit(*current)
	switch {
	case ok && len(edits) == 1 && !d.commits && losesProof(current.markers, d.wanted.Markers):
		return others
	case ok:
		return append(edits, others...)
	}
	return d.create()
}

// current is the live review about exactly the content that is wanted: the
// oldest, should two runs have posted twins.
func (d *differ) current() *posted {
	for i, p := range d.posted {
		if p.live() && d.same(p) {
			return &d.posted[i]
		}
	}
	return nil
}

// same reports whether a review is about exactly the content that is wanted, or
// about more whose answer still stands.
func (d *differ) same(p posted) bool {
	wanted := 0
	for _, m := range p.markers {
		switch m.Blob {
		case d.about[m.Path]:
			wanted++
		case d.standing[m.Path]:
		default:
			return false
		}
	}
	return wanted == len(d.about)
}

// hidden reports whether our last word was about this content and somebody put it
// out of sight.
func (d *differ) hidden() bool {
	if len(d.posted) == 0 {
		return false
	}
	last := d.posted[len(d.posted)-1]
	return !last.live() && d.same(last)
}

// replace answers other content: in place where that is possible.
func (d *differ) replace() []Change {
	for i := len(d.posted) - 1; i >= 0; i-- {
		p := d.posted[i]
		if !p.live() || !d.superseded(p) {
			continue
		}
		if edits, ok := d.edit(p); ok && !p.Discussed && !answered(p) {
			others := d.minimise(func(o posted) bool { return o.ID != p.ID && d.superseded(o) })
			return append(edits, others...)
		}
		break
	}
	return d.create()
}

// create posts a new review and hides what it takes the place of.
func (d *differ) create() []Change {
	create := CreateReview{SHA: d.pr.Head.SHA, Body: d.wanted.Body, Comments: d.wanted.Comments}
	return append([]Change{create}, d.minimise(d.superseded)...)
}

// answered reports whether a thread of the review was resolved.
func answered(p posted) bool {
	for _, c := range p.Comments {
		if c.Resolved {
			return true
		}
	}
	return false
}

// edit turns a posted review into the wanted one. It is not possible where a
// comment would have to stand on other lines. Comments that are not wanted any
// more are minimised.
func (d *differ) edit(p posted) ([]Change, bool) {
	changes := []Change{EditReview{p.ID, d.wanted.Body}}
	used := map[int64]bool{}
	for _, w := range d.wanted.Comments {
		found := false
		for _, c := range p.Comments {
			if used[c.ID] || c.Minimized || c.Path != w.Path || c.Line != w.Line || c.StartLine != w.StartLine {
				continue
			}
			found, used[c.ID] = true, true
			if !sameBody(c.Body, w.Body) {
				changes = append(changes, EditComment{c.ID, w.Body})
			}
			break
		}
		if !found {
			return nil, false
		}
	}
	for _, c := range p.Comments {
		if !used[c.ID] && !c.Minimized {
			changes = append(changes, MinimizeComment{c.NodeID})
		}
	}
	return changes, true
}

// sameBody compares bodies as GitHub gives them back.
func sameBody(a, b string) bool {
	return strings.TrimSpace(strings.ReplaceAll(a, "\r\n", "\n")) == strings.TrimSpace(b)
}

// sameStates reports whether a review says of each file what is wanted.
func sameStates(posted, wanted []Marker) bool {
	states := map[string]string{}
	for _, m := range posted {
		states[m.Path] = m.State
	}
	for _, m := range wanted {
		if states[m.Path] != m.State {
			return false
		}
	}
	return true
}

// pending reports whether a review promised figures.
func pending(markers []Marker) bool {
	return slices.ContainsFunc(markers, func(m Marker) bool { return m.Proof == ProofPending })
}

// losesProof reports whether all that an edit would do is to take figures out of a
// review that has them: a proof that is made again and is not there yet, or a daemon
// that could not, says nothing against the one before.
func losesProof(posted, wanted []Marker) bool {
	before := map[string]Marker{}
	for _, m := range posted {
		before[m.Path] = m
	}
	for _, m := range wanted {
		if b := before[m.Path]; b.State != m.State && !(b.Proof == ProofDone && m.Proof == ProofPending) {
			return false
		}
	}
	return true
}

// superseded reports whether a review has no place beside the wanted one: it
// speaks of a file that the wanted one speaks of, or of a content that is not
// there any more or would get no answer today.
func (d *differ) superseded(p posted) bool {
	for _, m := range p.markers {
		if _, ok := d.about[m.Path]; ok || d.standing[m.Path] != m.Blob {
			return true
		}
	}
	return false
}

// minimise hides the live reviews that which picks, with their comments.
func (d *differ) minimise(which func(posted) bool) []Change {
	var changes []Change
	for _, p := range d.posted {
		if !p.live() || !which(p) {
			continue
		}
		for _, c := range p.Comments {
			if !c.Minimized {
				changes = append(changes, MinimizeComment{c.NodeID})
			}
		}
		changes = append(changes, MinimizeComment{p.NodeID})
	}
	return changes
}
