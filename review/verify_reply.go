package review

import "fmt"

// Replies to "/multistage verify". Who may not ask gets ReplyDenied, and what is no
// path of a Dockerfile ReplyError.

// ReplyVerifying says that the proof of a head was started; path is "" for all
// Dockerfiles.
func ReplyVerifying(path, headSHA string) string {
	return fmt.Sprintf("Both images of %s at %s are being built, started and compared. The check run has the result once it is there, and so has the review where there is one.\n",
		dockerfileOr(path), Code(shortSHA(headSHA)))
}

// ReplyVerified says that the proof is done and where it can be read. The title is
// the check run's; edited says that the review has the figures now.
func ReplyVerified(title string, edited bool) string {
	where := "The check run has the details."
	if edited {
		where = "The review has the figures, and the check run the details."
	}
	return fmt.Sprintf("Built and compared: %s. %s\n", Text(trimStop(title)), where)
}

// ReplyVerifyOff says that this server builds nothing.
func ReplyVerifyOff() string {
	return "Nothing was built: this server has no BuildKit daemon, or its proofs are switched off. " +
		"`multistage verify` does the same on your own machine.\n"
}

// ReplyVerifyMoved says that somebody pushed after the command was written: what was
// asked for is not what would be built.
func ReplyVerifyMoved(branch string) string {
	return fmt.Sprintf("Nothing was built: the head of %s moved since you asked. Look at the new commits and comment `/multistage verify` again.\n", Code(branch))
}

// ReplyNothingToVerify says that there is no rewrite to compare with; path is ""
// where none was named.
func ReplyNothingToVerify(path string) string {
	if path == "" {
		return "Nothing was built: this pull request has no rewrite to compare with. The check run says why.\n"
	}
	return fmt.Sprintf("Nothing was built: there is no rewrite for %s in this pull request. The check run says why.\n", Code(path))
}

// ReplyVerifyUnavailable says that the daemon could not, which is no verdict.
func ReplyVerifyUnavailable(detail string) string {
	return fmt.Sprintf("Nothing was compared: %s. This says nothing about the rewrite; comment `/multistage verify` to try again.\n", Text(trimStop(detail)))
}

func dockerfileOr(path string) string {
	if path == "" {
		return "each redesigned Dockerfile"
	}
	return Code(path)
}
