package review

import (
	"strings"

	"github.com/multistage-app/multistage/review/config"
)

// Building is what a pull request shows while its rewrites are being built and only
// proven ones are offered: a check run in progress that is no answer yet. Posted
// reviews stay. Where there is nothing to build it shows nothing.
func Building(pr PullRequest, subjects []Subject, cfg config.Config) Review {
	if Skipped(pr, cfg) != "" {
		return Review{Keep: true}
	}
	var lines []string
	for _, s := range subjects {
		if cfg.Includes(s.File.Path) && s.File.Status != Removed && s.Proof == nil && rewritten(s) {
			lines = append(lines, "- "+Code(firstRunes(s.File.Path, maxValue))+": the original and its rewrite are being built from this commit, started and compared.\n")
		}
	}
	if len(lines) == 0 {
		return Review{Keep: true}
	}
	check := &CheckRun{
		Name: CheckName, InProgress: true, Title: "Building and comparing " + count(len(lines), "Dockerfile"),
		Summary: Fit(strings.Join(lines, "")+"\nA rewrite is offered here once it is proven.\n", MaxBody),
	}
	check.wait(pr)
	return Review{Check: check, Keep: true}
}
