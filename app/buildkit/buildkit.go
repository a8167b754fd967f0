// Package buildkit proves a rewrite with a BuildKit daemon: it builds the original and
// the rewrite from the same files, opens and starts both, and measures both. It is the
// only package that talks to a daemon.
//
// Code from a pull request runs inside BuildKit alone. A session never carries a
// secret, a token or an agent, asks for no entitlement and for no network of the host,
// and its cache mounts are a repository's own.
package buildkit

import (
	"time"

	"github.com/multistage-app/multistage/rewrite"
)

// Config says which daemon to use and how far.
type Config struct {
	Host   string // as BUILDKIT_HOST: unix:///run/buildkit/buildkitd.sock, tcp://buildkitd:1234
	Probe  string // a static multistage binary for Linux, started in the containers; "" is the running one
	Policy string // file with a BuildKit source policy (JSON); "" allows every source
	Limits Limits // zero fields have the defaults
}

// Limits bound what a proof may use.
type Limits struct {
	Build        time.Duration // of one image or target (20 minutes)
	Start        time.Duration // until an image that means to listen must listen (60 seconds)
	Proof        time.Duration // of everything together (60 minutes)
	Silence      time.Duration // until a daemon that does not answer counts as hanging (45 seconds)
	ContextBytes int64         // of the build context (2 GiB)
	ContextFiles int           // of the build context (200,000)
	Memory       int64         // bytes of each RUN; 0 sets none
}

// Job is one rewrite to prove.
type Job struct {
	Repository string            // whose caches and results of RUN are used: "github.com/owner/name", or a folder's path
	Dir        string            // the repository on disk
	Result     rewrite.Result    // the rewrite; its Path, Context and Files are built
	BuildArgs  map[string]string // for original and rewrite both
	Env        []string          // KEY=value for the containers of both
	Rebuild    bool              // measure also what a one-line change costs
	Originals  string            // folder that keeps what originals showed, by content; "" keeps nothing
	Progress   func(Event)       // called from one goroutine; may be nil
}

// Event is something that happened in a proof, for people who wait.
type Event struct {
	Image  string // "original", "rewrite", or a target's name
	Step   string // "[builder 3/7] RUN go build", or what else is being done
	Done   bool   // the step ended
	Cached bool
	Failed bool
	Log    string // a part of the step's output, neither line by line nor whole; "" for none
	Time   time.Time
}

// Unavailable is why nothing can be said of a rewrite: it is no verdict.
type Unavailable struct {
	Reason Reason
	Detail string // one sentence for people, without a full stop
	Err    error  // may be nil
}

// Error is the detail and what lies under it.
func (u *Unavailable) Error() string {
	if u.Err == nil {
		return u.Detail
	}
	return u.Detail + ": " + u.Err.Error()
}

func (u *Unavailable) Unwrap() error { return u.Err }

// Reason is the kind of an [Unavailable].
type Reason string

// The reasons.
const (
	DaemonAbsent Reason = "daemon-absent" // no daemon answers at the address
	DaemonDied   Reason = "daemon-died"   // it answered, and went away
	DaemonHangs  Reason = "daemon-hangs"  // it does not answer any more
	DiskFull     Reason = "disk-full"     // the daemon has no room
	Timeout      Reason = "timeout"       // a limit of time was reached
	TooLarge     Reason = "too-large"     // a limit of size was reached
	Network      Reason = "network"       // a registry or a server of packages could not be reached
	NoProbe      Reason = "no-probe"      // this binary cannot be started in a Linux container
	OutOfMemory  Reason = "out-of-memory" // a step was killed
	LogClipped   Reason = "log-clipped"   // a step failed, and why is in the part of its log that the daemon cut
	Denied       Reason = "denied"        // the source policy does not allow an image
	Cancelled    Reason = "cancelled"
)
