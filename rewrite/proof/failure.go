package proof

import "github.com/multistage-app/multistage/rewrite/dockerfile"

// Failure is why a rewrite is not proven, or why an original does not build.
type Failure struct {
	Step    Step
	Kind    Kind            // what a repair goes by
	Subject string          // the library, module, command, path, user or port that Kind speaks of
	Span    dockerfile.Span // of the file that was built, where the instruction is known
	Line    int             // of the same, counted from 1; 0 where not known
	Cause   string          // one sentence without a full stop
	Tail    string          // the last lines of the log that matter
}

// Step is the part of the proof in which something failed.
type Step string

// The steps, in order.
const (
	StepContract Step = "contract" // the images' configurations
	StepBuild    Step = "build"
	StepFiles    Step = "files" // the root file system, not started
	StepStart    Step = "start"
	StepTarget   Step = "target" // a further stage that the rewrite advertises
)

// Kind is the kind of a failure.
type Kind string

// The kinds. What fits none is Other.
const (
	MissingLibrary Kind = "missing-library" // a shared library; Subject is its soname
	LibcVersion    Kind = "libc-version"    // built against a newer libc; Subject is the symbol version
	WrongLibc      Kind = "wrong-libc"      // the ELF interpreter is not there; Subject is its path
	MissingModule  Kind = "missing-module"  // of the language; Subject is the module's name
	MissingCommand Kind = "missing-command" // Subject is the command
	MissingFile    Kind = "missing-file"    // Subject is the path
	NoPermission   Kind = "no-permission"   // Subject is the path
	NoUser         Kind = "no-user"         // Subject is the user or group
	WrongPort      Kind = "wrong-port"      // Subject is "8080/tcp"
	WrongAnswer    Kind = "wrong-answer"    // Subject is "8080/tcp GET /"
	WrongExit      Kind = "wrong-exit"      // ends, or ends otherwise, or does not end
	WrongConfig    Kind = "wrong-config"    // the image promises something else; Subject is the field
	Lifecycle      Kind = "lifecycle"       // a script of a package manager needs a development dependency; Subject is the command
	Other          Kind = "other"
)
