package config

import (
	"fmt"
	"path"
	"strings"

	"github.com/moby/patternmatcher"
)

// Limits of a configuration.
const (
	MaxBytes   = 64 << 10 // of the file
	maxEntries = 200      // of one list
	maxEntry   = 1024     // bytes of one entry
	maxErrors  = 20       // that are reported
)

// kind is what a key's value is.
type kind uint8

const (
	number kind = iota
	flag        // true, false, on or off
	list        // of strings
	group       // of keys
)

// key is one key of the file. The table of keys is the one source of what is
// read, of the JSON schema and of what "did you mean" knows.
type key struct {
	name   string
	kind   kind
	doc    string // for the schema
	keys   []key  // of a group
	values []string
	check  func(entry string) string // what is wrong with an entry, "" if nothing is
	number func(*Config) *int
	flag   func(*Config, bool)
	list   func(*Config) *[]string
}

// keys are all keys of the file.
var keys = []key{
	{name: "version", kind: number, doc: "Version of this format.",
		number: func(c *Config) *int { return &c.Version }},
	{name: "paths", kind: group, doc: "Which Dockerfiles are looked at. Patterns are those of .dockerignore; ** stands for any number of folders.", keys: []key{
		{name: "include", kind: list, check: checkPattern, doc: "Patterns of paths that are looked at; without any, all are.",
			list: func(c *Config) *[]string { return &c.Include }},
		{name: "exclude", kind: list, check: checkPattern, doc: "Patterns of paths that are not looked at.",
			list: func(c *Config) *[]string { return &c.Exclude }},
	}},
	{name: "ignore", kind: group, doc: "Which pull requests are left alone.", keys: []key{
		{name: "authors", kind: list, doc: "Logins of their authors, such as renovate[bot].",
			list: func(c *Config) *[]string { return &c.Authors }},
		{name: "labels", kind: list, doc: "Labels on them.",
			list: func(c *Config) *[]string { return &c.Labels }},
		{name: "drafts", kind: flag, doc: "Whether drafts wait until they are ready for review. The default is true.",
			flag: func(c *Config, on bool) { c.Drafts = !on }},
	}},
	{name: "review", kind: flag, doc: "Whether a review is posted; without one the check run says everything. The default is true.",
		flag: func(c *Config, on bool) { c.ReviewOff = !on }},
	{name: "commit", kind: flag, doc: "Whether the suggested-change commit may be made and applied. The default is true.",
		flag: func(c *Config, on bool) { c.CommitOff = !on }},
	{name: "stages", kind: list, values: Stages, doc: "Stages that are designed although the image does not need them.",
		list: func(c *Config) *[]string { return &c.Stages }},
}

// checkPattern finds what is wrong with a pattern.
func checkPattern(p string) string {
	switch {
	case strings.HasPrefix(p, "!"):
		return "a pattern cannot start with '!'; use paths.exclude"
	case strings.HasPrefix(p, "/"):
		return "a pattern is relative to the repository's root and cannot start with '/'"
	case path.Clean(p) == ".." || strings.HasPrefix(path.Clean(p), "../"):
		return "a pattern cannot leave the repository"
	}
	if _, err := patternmatcher.MatchesOrParentMatches("a/Dockerfile", []string{p}); err != nil {
		return fmt.Sprintf("the pattern %q cannot be read: %v", p, err)
	}
	return ""
}
