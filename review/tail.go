package review

import (
	"regexp"
	"strings"
)

const (
	maxTailBytes = 10_000 // of all tails of one text together
	maxTailLines = 15     // of one tail
	maxTailLine  = 200    // characters of one line
	maxLogRead   = 64_000 // bytes at the end of a log that are looked at
)

// tailBudget is how many bytes one tail may have where a text speaks of n
// Dockerfiles.
func tailBudget(n int) int { return max(300, min(2_000, maxTailBytes/(3*max(n, 1)))) }

// terminal are the sequences by which programs colour their output, see ECMA-48,
// §5.4, and the operating system commands of §8.3.89.
var terminal = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)")

// tail is the end of a log in a block of code, without colours, of at most limit
// bytes. It is empty where the log is.
func tail(log string, limit int) string {
	if len(log) > maxLogRead {
		log = log[len(log)-maxLogRead:]
	}
	all := splitLines(strings.TrimSpace(terminal.ReplaceAllString(log, "")))
	var kept []string
	used, cut := 0, false
	for i := len(all) - 1; i >= 0; i-- {
		line := strings.TrimRight(visible(firstRunes(all[i], maxTailLine)), " \t")
		if used += len(line) + 1; len(kept) == maxTailLines || used > limit && len(kept) > 0 {
			cut = true
			break
		}
		kept = append(kept, cutBytes(line, limit))
	}
	if len(kept) == 1 && kept[0] == "" {
		return ""
	}
	if cut {
		kept = append(kept, "…")
	}
	for i, j := 0, len(kept)-1; i < j; i, j = i+1, j-1 {
		kept[i], kept[j] = kept[j], kept[i]
	}
	return Fence("text", strings.Join(kept, "\n"))
}

// tailDetails is a tail, folded.
func tailDetails(log string, limit int) string {
	block := tail(log, limit)
	if block == "" {
		return ""
	}
	return "<details>\n<summary>The last lines of the log</summary>\n\n" + block + "\n</details>\n"
}
