package review

import (
	"fmt"
	"strings"
)

// Replies to commands are a few lines of Markdown. None mentions anybody: who
// asked is named as code.

// ReplyHelp lists the commands.
func ReplyHelp() string {
	return "Commands, each on a line of its own:\n\n" +
		"| Command | Does | Who |\n|---|---|---|\n" +
		"| `/multistage` | looks at this pull request's Dockerfiles again, also in a draft | write permission, or the author |\n" +
		"| `/multistage apply` | moves the branch to the suggested-change commit | write permission |\n" +
		"| `/multistage apply PATH` | the same for one Dockerfile | write permission |\n" +
		"| `/multistage verify` | builds, starts and compares both images, also of a fork | write permission |\n" +
		"| `/multistage verify PATH` | the same for one Dockerfile | write permission |\n" +
		"| `/multistage help` | shows this table | everybody |\n\n" +
		"The comment `# multistage: ignore` in a Dockerfile leaves that file alone.\n"
}

// ReplyDenied says which permission a command needs. The repository is
// "owner/name", login is who asked.
func ReplyDenied(login, need, repository string) string {
	return fmt.Sprintf("Nothing was done: this needs %s permission on %s, and %s does not have it.\n",
		Text(need), Code(repository), Code(login))
}

// ReplyError says what is wrong with a command.
func ReplyError(c Command) string {
	if c.Err == nil {
		return ""
	}
	word := Code(c.Err.Word)
	switch c.Err.Problem {
	case NotAvailableYet:
		return fmt.Sprintf("%s is not available yet. %s\n", word, available())
	case BadArguments:
		if c.Verb == Apply || c.Verb == Verify {
			return fmt.Sprintf("%s is no path that `/multistage %s` takes: give one path of a Dockerfile, from the repository's root, or none.\n", word, c.Verb)
		}
		return fmt.Sprintf("`/multistage %s` takes no argument, and %s was given.\n", c.Verb, word)
	case TooManyCommands:
		return fmt.Sprintf("One comment can have %d commands; the first %d were read.\n", MaxCommands, MaxCommands)
	}
	if c.Err.Nearest != "" {
		return fmt.Sprintf("There is no command %s. Did you mean `/multistage %s`? %s\n", word, c.Err.Nearest, available())
	}
	return fmt.Sprintf("There is no command %s. %s\n", word, available())
}

func available() string {
	return "There are `/multistage`, `/multistage apply [path]`, `/multistage verify [path]` and `/multistage help`."
}

// ReplyReviewed answers "/multistage" where there is nothing new to say.
func ReplyReviewed(title string) string {
	return fmt.Sprintf("Looked again: %s. The check run has the details.\n", Text(trimStop(title)))
}

// ReplyApplied says which commit the branch has now.
func ReplyApplied(sha, branch string, paths []string) string {
	return fmt.Sprintf("Applied to %s: %s is now at %s.\n", codeList(paths), Code(branch), Code(shortSHA(sha)))
}

// ReplyNothingToApply says that there is no rewrite to commit; path is "" where
// none was named.
func ReplyNothingToApply(path string) string {
	if path == "" {
		return "Nothing was applied: this pull request has no rewrite to commit. The check run says why.\n"
	}
	return fmt.Sprintf("Nothing was applied: there is no rewrite for %s in this pull request. The check run says why.\n", Code(path))
}

// ReplyHeadMoved says that somebody pushed in between.
func ReplyHeadMoved(branch string) string {
	return fmt.Sprintf("Nothing was applied: %s moved in the meantime. The new head is being looked at; comment `/multistage apply` again once that is done.\n", Code(branch))
}

// ReplyFork says that branches of forks are not written to.
func ReplyFork() string {
	return "Nothing was applied: the pull request comes from a fork, and Multistage writes to this repository only. " +
		"The author can commit the suggestion in the review, or apply its patch with `git apply`.\n"
}

// ReplyCommitOff says that the configuration or the installation forbids commits.
func ReplyCommitOff(reason string) string {
	return fmt.Sprintf("Nothing was applied: %s.\n", Text(trimStop(reason)))
}

// ReplyFailed says that a command could not be carried out, in words for the
// person who asked.
func ReplyFailed(c Command, reason string) string {
	name := strings.TrimSpace("/multistage " + strings.TrimPrefix(string(c.Verb), string(Now)))
	return fmt.Sprintf("%s failed: %s.\n", Code(name), Text(trimStop(reason)))
}

// trimStop leaves out a full stop that the sentence around gives.
func trimStop(s string) string { return strings.TrimRight(s, ".") }

// shortSHA is as much of a commit's name as people read.
func shortSHA(sha string) string { return sha[:min(len(sha), 10)] }
