package app

import (
	"github.com/rs/zerolog"
)

// Keys of log lines. They are those of palantir/go-githubapp, so that one query finds
// the lines of every App that an organisation runs.
const (
	LogKeyEventType       = "github_event_type"
	LogKeyDeliveryID      = "github_delivery_id"
	LogKeyInstallationID  = "github_installation_id"
	LogKeyRepositoryOwner = "github_repository_owner"
	LogKeyRepositoryName  = "github_repository_name"
	LogKeyPRNum           = "github_pr_num"
)

// MarshalZerologObject adds an event's keys to a log line: no text that a person wrote.
func (e Event) MarshalZerologObject(line *zerolog.Event) {
	line.Str(LogKeyEventType, e.Name).Str(LogKeyDeliveryID, e.Delivery).
		Int64(LogKeyInstallationID, e.InstallationID).
		Str(LogKeyRepositoryOwner, e.Owner).Str(LogKeyRepositoryName, e.Repo).
		Int64(LogKeyPRNum, e.Number).Str("action", e.Action).Str("why", string(e.Why))
}

// MarshalZerologObject adds a lane's keys to a log line.
func (l Lane) MarshalZerologObject(line *zerolog.Event) {
	line.Int64(LogKeyInstallationID, l.InstallationID).
		Str(LogKeyRepositoryOwner, l.Owner).Str(LogKeyRepositoryName, l.Repo).
		Int64(LogKeyPRNum, l.Number)
}

// eventLabel is an event's name where GitHub knows it to us, else "other": a label of a
// metric, and a word in an answer, must not be what a sender makes up.
func eventLabel(event string) string {
	for _, s := range subscriptions {
		if s.Event == event {
			return event
		}
	}
	if event == "ping" {
		return event
	}
	return "other"
}

func actionLabel(action string) string {
	for _, s := range subscriptions {
		if s.Action == action {
			return action
		}
	}
	if action == "" {
		return "none"
	}
	return "other"
}
