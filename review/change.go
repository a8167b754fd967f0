package review

// Change is one difference between what a pull request shows and what it should
// show. It is one of CreateCommit, CreateReview, EditReview, EditComment,
// MinimizeComment, CreateCheckRun and UpdateCheckRun, and it is pure data.
type Change interface{ change() }

// CreateCommit makes the suggested-change commit and points its ref at it, also
// where the ref already points at an older one.
type CreateCommit struct{ Commit Commit }

// CreateReview posts a review with the event COMMENT.
type CreateReview struct {
	SHA      string // commit_id: the head that was read
	Body     string
	Comments []Comment
}

// EditReview replaces the body of a review.
type EditReview struct {
	ID   int64
	Body string
}

// EditComment replaces the body of an inline comment.
type EditComment struct {
	ID   int64
	Body string
}

// MinimizeComment hides a review or an inline comment, always as OUTDATED.
type MinimizeComment struct{ NodeID string }

// CreateCheckRun creates a completed check run.
type CreateCheckRun struct {
	SHA   string
	Check CheckRun
}

// UpdateCheckRun replaces a check run of ours on the same head.
type UpdateCheckRun struct {
	ID    int64
	Check CheckRun
}

func (CreateCommit) change()    {}
func (CreateReview) change()    {}
func (EditReview) change()      {}
func (EditComment) change()     {}
func (MinimizeComment) change() {}
func (CreateCheckRun) change()  {}
func (UpdateCheckRun) change()  {}
