package app

import "slices"

// Why says what an [Event] asks of its pull request.
type Why string

// The reasons to look at a pull request, and the two that have none of their own.
const (
	WhyChanged      Why = "changed"      // it was opened, or its head, base, state or labels changed
	WhyClosed       Why = "closed"       // it was closed or merged: tidy up
	WhyCommand      Why = "command"      // somebody wrote a /multistage command
	WhyRerun        Why = "rerun"        // somebody asked for the check run again
	WhyButton       Why = "button"       // somebody pressed a button on the check run
	WhyInstallation Why = "installation" // the installation changed: no pull request
)

// A Subscription is one event and action that we act on, with what makes us act.
type Subscription struct {
	Event  string // GitHub's name, as in X-GitHub-Event
	Action string
	Why    Why

	// Supersedes: a run that has begun is stopped, because what it reads is not the
	// pull request's state any more.
	Supersedes bool

	// Always: GitHub sends it to every App, so the manifest does not subscribe to it.
	Always bool
}

// Subscriptions returns the table of everything that we act on. app.yml subscribes to
// exactly its events; whatever is not in it is answered 202 and forgotten.
//
// Comments are read when they are created only: an edited comment would run its
// command again.
func Subscriptions() []Subscription { return slices.Clone(subscriptions) }

var subscriptions = []Subscription{
	{Event: "pull_request", Action: "opened", Why: WhyChanged},
	{Event: "pull_request", Action: "reopened", Why: WhyChanged},
	{Event: "pull_request", Action: "synchronize", Why: WhyChanged, Supersedes: true},
	{Event: "pull_request", Action: "ready_for_review", Why: WhyChanged},
	{Event: "pull_request", Action: "converted_to_draft", Why: WhyChanged},
	{Event: "pull_request", Action: "edited", Why: WhyChanged, Supersedes: true}, // only where the base changed
	{Event: "pull_request", Action: "labeled", Why: WhyChanged},
	{Event: "pull_request", Action: "unlabeled", Why: WhyChanged},
	{Event: "pull_request", Action: "closed", Why: WhyClosed, Supersedes: true},

	{Event: "issue_comment", Action: "created", Why: WhyCommand},

	{Event: "check_run", Action: "rerequested", Why: WhyRerun},
	{Event: "check_run", Action: "requested_action", Why: WhyButton},
	{Event: "check_suite", Action: "rerequested", Why: WhyRerun},

	{Event: "installation", Action: "created", Why: WhyInstallation, Always: true},
	{Event: "installation", Action: "deleted", Why: WhyInstallation, Always: true},
	{Event: "installation", Action: "suspend", Why: WhyInstallation, Always: true},
	{Event: "installation", Action: "unsuspend", Why: WhyInstallation, Always: true},
	{Event: "installation", Action: "new_permissions_accepted", Why: WhyInstallation, Always: true},
	{Event: "installation_repositories", Action: "added", Why: WhyInstallation, Always: true},
	{Event: "installation_repositories", Action: "removed", Why: WhyInstallation, Always: true},
}

func subscription(event, action string) (Subscription, bool) {
	i := slices.IndexFunc(subscriptions, func(s Subscription) bool { return s.Event == event && s.Action == action })
	if i < 0 {
		return Subscription{}, false
	}
	return subscriptions[i], true
}
