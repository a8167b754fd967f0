package app

import (
	"context"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/review"
)

// request is one thing that somebody asks for in a lane's events.
type request struct {
	event   Event
	command review.Command
	builds  bool        // it wants proofs, and this server makes them
	role    github.Role // of who asks; known where the command needs it
}

// requests are the commands, buttons and re-runs of a lane's events, with what
// their senders may do. A person is looked up once.
func (b *Bot) requests(ctx context.Context, inst *github.Installation, lane Lane) ([]request, error) {
	var asked []request
	roles := map[string]github.Role{}
	for _, e := range lane.Events {
		for _, c := range commands(e) {
			q := request{event: e, command: c, builds: b.Proofs != nil && (c.Verb == review.Verify || e.Why == WhyRerun)}
			if q.needsRole() {
				role, known := roles[e.Sender]
				if !known {
					var err error
					if role, err = inst.Permission(ctx, e.Sender); err != nil {
						return nil, err
					}
					roles[e.Sender] = role
				}
				q.role = role
			}
			asked = append(asked, q)
		}
	}
	return asked, nil
}

// commands are what an event asks for, a button and a re-run in the words of a
// command.
func commands(e Event) []review.Command {
	switch {
	case e.Why == WhyCommand:
		return review.ParseCommands(e.Comment)
	case e.Why == WhyButton && e.Button == review.ActionApply:
		return []review.Command{{Verb: review.Apply}}
	case e.Why == WhyButton && e.Button == review.ActionVerify:
		return []review.Command{{Verb: review.Verify}}
	case e.Why == WhyRerun:
		return []review.Command{{Verb: review.Now}}
	}
	return nil
}

// needsRole reports whether what the sender may do matters. GitHub offers the
// re-run of a check to those with write permission alone, but that is not what code
// from elsewhere is built on.
func (q request) needsRole() bool {
	return q.command.Err == nil && (q.event.Why != WhyRerun && q.looks() || q.builds)
}

// looks reports whether the request wants the pull request looked at anew.
func (q request) looks() bool {
	return q.command.Err == nil && (q.command.Verb == review.Now || q.command.Verb == review.Apply || q.builds)
}

// allowed reports whether the sender may ask for it: a look for the author and
// those with write permission, a write and a proof for the latter alone.
func (q request) allowed(pr review.PullRequest) bool {
	switch {
	case q.event.Why == WhyRerun, !q.looks(), q.role.MayWrite():
		return true
	}
	return q.command.Verb == review.Now && q.event.Sender == pr.Author
}
