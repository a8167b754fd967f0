package app

import "time"

// A payload is the little of a webhook's body that routing needs. GitHub adds
// fields at any time, so unknown ones are no error:
// https://docs.github.com/en/webhooks/webhook-events-and-payloads
type payload struct {
	Action          string              `json:"action"`
	Installation    payloadInstallation `json:"installation"`
	Repository      payloadRepository   `json:"repository"`
	Sender          payloadUser         `json:"sender"`
	PullRequest     payloadPull         `json:"pull_request"`
	Changes         payloadChanges      `json:"changes"`
	Issue           payloadIssue        `json:"issue"`
	Comment         payloadComment      `json:"comment"`
	CheckRun        payloadCheck        `json:"check_run"`
	CheckSuite      payloadCheck        `json:"check_suite"`
	RequestedAction payloadButton       `json:"requested_action"`
}

type payloadInstallation struct {
	ID int64 `json:"id"`
}

type payloadRepository struct {
	ID    int64       `json:"id"`
	Name  string      `json:"name"`
	Owner payloadUser `json:"owner"`
}

type payloadUser struct {
	Login string `json:"login"`
	Type  string `json:"type"` // User, Bot or Organization
}

type payloadPull struct {
	Number int64       `json:"number"`
	Head   payloadHead `json:"head"`
	Base   payloadBase `json:"base"`
}

type payloadHead struct {
	SHA string `json:"sha"`
}

type payloadBase struct {
	Repo payloadRepository `json:"repo"`
}

// payloadChanges says what an edit changed; a key is there only where it did.
type payloadChanges struct {
	Base *struct{} `json:"base"`
}

// payloadIssue is an issue or a pull request: PullRequest is there only for the latter.
type payloadIssue struct {
	Number      int64     `json:"number"`
	PullRequest *struct{} `json:"pull_request"`
}

type payloadComment struct {
	ID        int64     `json:"id"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
}

// payloadCheck is a check run or a check suite. PullRequests is empty for a pull
// request from a fork; a suite has no ExternalID.
type payloadCheck struct {
	HeadSHA      string        `json:"head_sha"`
	ExternalID   string        `json:"external_id"`
	App          payloadApp    `json:"app"`
	PullRequests []payloadPull `json:"pull_requests"`
}

type payloadApp struct {
	ID int64 `json:"id"`
}

type payloadButton struct {
	Identifier string `json:"identifier"`
}
