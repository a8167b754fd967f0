package review

import "io/fs"

// PullRequest is a snapshot of a pull request: everything is of one head.
type PullRequest struct {
	Owner, Repo string
	RepoID      int64
	Number      int
	Title       string
	Author      string // login
	AuthorIsBot bool
	Draft       bool
	Open        bool
	Labels      []string
	Head        Branch
	Base        Branch
	Files       []File // changed files that could be Dockerfiles or configuration; all of them in app/local
	Partial     bool   // GitHub listed its 3,000 files and the pull request has more
	Tree        fs.FS  // the repository at Head.SHA; nil where no candidate asked for it
	Config      []byte // .github/multistage.yml of the base branch; nil where there is none
	ConfigPath  string // where Config comes from, for messages
	Posted      []Posted
	Checks      []PostedCheck // our check runs on Head.SHA
	Suggested   *PostedCommit // the commit at CommitRef(Number); nil where there is none
	MayCommit   bool          // contents: write was granted and the head is no fork
}

// Branch is one side of a pull request.
type Branch struct {
	SHA    string
	Ref    string // branch name
	RepoID int64
	Owner  string
	Repo   string
}

// Fork reports a head in another repository.
func (pr PullRequest) Fork() bool { return pr.Head.RepoID != pr.Base.RepoID }

// Status is what happened to a file, in GitHub's words.
type Status string

// The statuses.
const (
	Added    Status = "added"
	Modified Status = "modified"
	Renamed  Status = "renamed"
	Removed  Status = "removed"
)

// File is one changed file.
type File struct {
	Path         string
	PreviousPath string // of a renamed file
	Status       Status
	SHA          string // of the blob at the head
	Mode         fs.FileMode
	Content      []byte // of a candidate Dockerfile, read as a blob; nil for others
	Hunks        []Hunk // of the patch, with its context lines
	PatchMissing bool   // GitHub gave no patch: where the lines are is not known
}

// Hunk is one hunk of a patch. Lines are counted from 1 on the new side.
type Hunk struct {
	Start, Lines int   // new side, context included
	Added        []int // line numbers that the pull request adds
}

// Posted is one review of ours that is on the pull request already.
type Posted struct {
	ID        int64
	NodeID    string
	Body      string
	SHA       string // the commit that it is about
	Minimized bool
	Dismissed bool
	Discussed bool // somebody answered in one of its threads
	Comments  []PostedComment
}

// PostedComment is one inline comment of a posted review.
type PostedComment struct {
	ID       int64
	NodeID   string
	ThreadID string
	Path     string
	Line     int // on the head's diff; 0 once the comment is outdated
	Body     string
	Resolved bool

	StartLine int // 0 for a comment on a single line
	Minimized bool
}

// PostedCheck is one check run of ours.
type PostedCheck struct {
	ID         int64
	ExternalID string
}

// PostedCommit is the suggested-change commit that our ref points at.
type PostedCommit struct {
	SHA     string
	Parent  string // SHA of its only parent
	Message string
}
