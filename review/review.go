// Package review says what to tell a pull request: the review and its
// suggestions, the check run, the commit. It is pure; app/github puts it on
// GitHub and app/local prints it.
package review

import (
	"io/fs"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// Subject is one Dockerfile of the pull request with what was found.
type Subject struct {
	File   File
	Result rewrite.Result
	Proof  *proof.Proof // nil where nothing was built
	Absent Absence      // why Proof is nil
}

// Absence is why there is no proof of a rewrite.
type Absence struct {
	Why    Why
	Detail string // one sentence without a full stop, for Unavailable
}

// Why is the kind of an [Absence].
type Why string

// The kinds.
const (
	ProofsOff   Why = ""            // the server builds no proofs
	Pending     Why = "pending"     // it is being built: the answer is edited when it is there
	ForkWaits   Why = "fork"        // a fork is built when somebody with write permission asks
	Unavailable Why = "unavailable" // the daemon could not: Detail says why; it is no verdict
)

// Review is what a pull request should show. The zero value shows nothing.
type Review struct {
	Body     string    // of the review; "" posts none
	Comments []Comment // inline, with suggestions
	Check    *CheckRun // nil creates none
	Commit   *Commit   // the suggested-change commit; nil makes none
	Markers  []Marker  // what Body says about which files, for the next run
	Standing []Marker  // contents that Body does not speak of and whose posted answer still holds; no State
	Keep     bool      // leave posted reviews as they are: nothing was looked at
	Asked    bool      // somebody asked: an answer that was hidden or dismissed is given again
}

// Comment is one inline comment on the new side of the diff.
type Comment struct {
	Path      string
	StartLine int // 0 for a comment on a single line
	Line      int
	Body      string
}

// CheckRun is the pull request's check.
type CheckRun struct {
	Name        string
	ExternalID  string
	InProgress  bool       // it is not completed yet: no Conclusion and no Actions
	Conclusion  Conclusion // "" while InProgress
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation
	Actions     []Action
}

// Conclusion is a completed check run's, in GitHub's words.
type Conclusion string

// The conclusions that are used; a review never blocks a merge.
const (
	Neutral Conclusion = "neutral"
	Success Conclusion = "success"
	Failure Conclusion = "failure" // only for a configuration that cannot be read
)

// Annotation is one line of a check run's annotations.
type Annotation struct {
	Path               string
	StartLine, EndLine int
	Level              rewrite.Level
	Title, Message     string
}

// Action is a button on the check run.
type Action struct{ Label, Description, Identifier string }

// Commit is the suggested-change commit on top of the head.
type Commit struct {
	Parent  string // the head's SHA
	Message string
	Ref     string // full name of the ref that it hangs on: refs/multistage/pull/12
	Changes []CommitChange
}

// CommitChange is one file of a commit.
type CommitChange struct {
	Path    string
	Mode    fs.FileMode
	Content []byte
}
