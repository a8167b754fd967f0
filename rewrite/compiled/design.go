package compiled

import (
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// Design is what is found out about one file, as far as it does not depend on the
// language: what the author's steps do, in order, what starts the image, and what the
// running image wants. A language's own design has it embedded.
type Design struct {
	In       *plan.Input
	Tree     *inside.Tree
	Commands []Command
	Foreign  []int             // items that copy from other images
	Chowned  map[string]string // path → owner that a COPY or chown gave it
	Given    map[string]bool   // the paths that chown gave away
	Modes    map[string]string // folder → how chmod set its mode
	Clones   bool              // sources come from the network during the build
	Scripted bool              // a Makefile or script ran: what it reads from the environment is not known
	Refusal  *plan.Refusal

	// where the reader of the steps stands
	Item  int
	Depth int
	Dir   string
	Piped bool // the output of the command in hand goes to the next one
	Vars  map[string]string
	Set   map[string]string // variables of the command in hand

	Start     Start
	Services  []Service
	Used      map[string]bool // paths of programs and files that a start command or script leads to
	Bare      map[string]bool // programs that were found along PATH
	Slashed   map[string]bool // programs that were named by a path
	Unnamed   bool            // nothing says how the image is started
	Packages  []SystemPackage
	Installed map[string]bool
	Needs     Needs
	Runtime   Runtime
	Data      []Element
	User      User
	Facts     []plan.Fact
	Changes   []plan.Change
}

// Runtime is the image that the program runs on, and why.
type Runtime struct {
	Base     image.Base
	Static   bool     // distroless static: no C library, no shell
	Shell    bool     // has a shell and a package manager
	Packages []string // that we install beside the author's, sorted
	Why      plan.Evidence
}

// Element is a file or folder that is carried over to the running image at its place.
type Element struct {
	Path   string
	Folder bool
	Maybe  bool // a step may have made it: it comes along where it is there
}

// User is whom the program runs as.
type User struct {
	NonRoot bool // we add a user of our own
}

// New is a design of which nothing is known yet.
func New(in *plan.Input, tree *inside.Tree) *Design {
	return &Design{In: in, Tree: tree, Chowned: map[string]string{}, Given: map[string]bool{}, Modes: map[string]string{},
		Used: map[string]bool{}, Bare: map[string]bool{}, Slashed: map[string]bool{}, Installed: map[string]bool{}}
}

// Fact notes something for the findings.
func (d *Design) Fact(rule string, at plan.Evidence, detail string) {
	d.Facts = append(d.Facts, plan.Fact{Rule: rule, Evidence: at, Detail: detail})
}
