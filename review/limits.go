package review

// GitHub's limits, and ours below them. Sizes are in bytes of UTF-8: GitHub
// counts characters for some texts and bytes for others, and bytes are the
// stricter of the two.
const (
	// MaxBody is our budget for a review, a comment, and each text of a check
	// run. GitHub refuses a review or comment with "body is too long (maximum is
	// 65536 characters)" and a check run with more than 65,535 bytes, see
	// https://docs.github.com/rest/checks/runs and
	// https://github.com/github/rest-api-description/issues/5399.
	MaxBody = 60_000

	// MaxAnnotations are the annotations of one request, see
	// https://docs.github.com/rest/checks/runs#create-a-check-run.
	MaxAnnotations = 50

	// MaxAnnotationTitle is in characters and MaxAnnotationMessage in bytes
	// (64 KB), by the same page. Ours are far shorter.
	MaxAnnotationTitle   = 255
	MaxAnnotationMessage = 4_000

	// MaxActions are the buttons of a check run; the others are the characters
	// of a button's parts, by the same page.
	MaxActions           = 3
	MaxActionLabel       = 20
	MaxActionDescription = 40
	MaxActionIdentifier  = 20

	// MaxCheckTitle is ours: the page of a pull request shows one line.
	MaxCheckTitle = 120

	// MaxCommands is how many commands of one comment are carried out.
	MaxCommands = 5
	// MaxFiles is how many Dockerfiles one review describes; the rest is named.
	MaxFiles = 10

	maxPatch     = 24_000 // of all patches that a review shows
	maxRemainder = 40     // names of Dockerfiles that a review does not describe
	maxTitleSkip = 1_000  // bytes of a title that are searched
)
