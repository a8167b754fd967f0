package proof

// Start is what a container of an image did, without network.
type Start struct {
	State    State
	ExitCode int      // of Exited
	Seconds  float64  // until it listened, or ended
	Ports    []string // "8080/tcp", sorted by number
	Loopback []string // those of Ports that listen on the loopback address alone: out of reach from outside
	Answers  []Answer // sorted by port and path
	Health   *Health  // nil where the image has no HEALTHCHECK, or the container ended before
	Stopped  string   // how it ended at SIGTERM: "exit 0", "exit 143", "killed"; "" where it had ended
	Error    string   // the first line that says why it ended, or that it cannot be started
	Log      string   // the last lines of its output
}

// State is what became of a container within the time that it was given.
type State string

// The states.
const (
	Listening    State = "listening" // on at least one port
	Running      State = "running"   // without listening
	Exited       State = "exited"
	NotStartable State = "not-startable" // no such command, no such user, wrong architecture
)

// Answer is what came back on one port for one path.
type Answer struct {
	Port     string // "8080/tcp"
	Path     string // asked for with GET; "" where the port does not speak HTTP
	Protocol string // "http", "https" or "other"
	Status   int    // of HTTP
	Type     string // media type without parameters
	Location string // of a redirect
	Length   int64  // bytes of the body, as far as it was read
	Digest   string // sha256 of the body, of a text of its first 64 KiB with what differs from run to run taken out
	Body     string // the first bytes of the body, the same taken out
}

// Health is one run of the image's HEALTHCHECK command.
type Health struct {
	ExitCode int
	Output   string // the last lines
}
