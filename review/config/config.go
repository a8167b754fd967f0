// Package config reads .github/multistage.yml: what Multistage looks at in a
// repository and what it may do there. Parsing is strict, and an error names the
// line and the key that was probably meant.
package config

import (
	"strings"

	"github.com/moby/patternmatcher"

	"github.com/multistage-app/multistage/rewrite"
)

// Path is where the configuration lies in a repository.
const Path = ".github/multistage.yml"

// Config is a repository's configuration. The zero value is the default: every
// Dockerfile of every pull request that is not a draft is looked at.
type Config struct {
	Version   int      // of the format; 1, or 0 where there is no file
	Include   []string // patterns of paths that are looked at; none stands for all
	Exclude   []string // patterns of paths that are not looked at
	Authors   []string // logins whose pull requests are left alone
	Labels    []string // labels that make a pull request left alone
	Drafts    bool     // look at drafts too
	ReviewOff bool     // post no review, the check run alone
	CommitOff bool     // make no commit, also when asked by a command
	Stages    []string // extra stages: see Stages

	// Asked says that somebody asked for this run by a command or button: then
	// drafts, authors, labels and the answer given before do not matter. It is no
	// key of the file.
	Asked bool
	// Required says that only what is proven is offered. It is the server's to say
	// and no key of the file.
	Required bool
}

// Stages are the extra stages that can be asked for.
var Stages = []string{"lint", "integration-test", "e2e", "security", "development"}

// Options are what the designer is told.
func (c Config) Options() rewrite.Options { return rewrite.Options{With: c.Stages} }

// Includes reports whether the Dockerfile at path is looked at. Patterns are
// those of .dockerignore: ** stands for any number of folders, and a pattern that
// matches a folder covers what lies in it.
func (c Config) Includes(path string) bool {
	return (len(c.Include) == 0 || matches(path, c.Include)) && !matches(path, c.Exclude)
}

// IgnoresAuthor reports whether pull requests of a login are left alone. GitHub's
// logins do not differ in case.
func (c Config) IgnoresAuthor(login string) bool { return !c.Asked && containsFold(c.Authors, login) }

// IgnoresLabels gives the first label for which a pull request is left alone.
func (c Config) IgnoresLabels(labels []string) (label string, ignored bool) {
	if c.Asked {
		return "", false
	}
	for _, l := range labels {
		if containsFold(c.Labels, l) {
			return l, true
		}
	}
	return "", false
}

func containsFold(list []string, s string) bool {
	for _, e := range list {
		if strings.EqualFold(e, s) {
			return true
		}
	}
	return false
}

// matches treats a pattern that cannot be compiled as one that matches nothing;
// Parse has reported it.
func matches(path string, patterns []string) bool {
	for _, p := range patterns {
		if ok, err := patternmatcher.MatchesOrParentMatches(path, []string{p}); err == nil && ok {
			return true
		}
	}
	return false
}
