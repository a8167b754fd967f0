package shell

// Class is the kind of work that a command does, as far as it can be told
// without knowing the language.
type Class string

// The classes. A language package turns many an UnknownClass into one of its own.
const (
	UnknownClass  Class = "unknown"
	SystemPackage Class = "system-package" // apt-get install, apk add, …
	SystemUpdate  Class = "system-update"  // apt-get update, upgrade
	Fetch         Class = "fetch"          // curl, wget, git clone
	User          Class = "user"           // useradd, groupadd, adduser
	Permission    Class = "permission"     // chmod, chown
	CleanUp       Class = "clean-up"       // rm -rf /var/lib/apt/lists/*, apt-get clean
	Files         Class = "files"          // mkdir, cp, mv, ln, touch, install
	Configuration Class = "configuration"  // echo … > file, sed -i, locale-gen
	Nothing       Class = "nothing"        // cd, set, echo, export, :, true
)
