package main

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// storyFiles are the projects of an invented company, one archive each: go:embed
// leaves folders with a go.mod out.
//
//go:embed stories/*.txtar
var storyFiles embed.FS

// outcome is what a pull request has to lead to.
type outcome string

const (
	rewritten outcome = "rewrite" // a review, a commit and a check run
	leftAlone outcome = "alone"   // a check run alone
	either    outcome = ""        // unknown: a repository of the user's
)

// story is a project and the pull request that somebody opens in it.
type story struct {
	Repository string // owner/name
	Branch     string
	Author     string
	Title      string
	Body       string
	Expect     outcome

	Main    map[string]string // files of the default branch
	Changed map[string]string // files that the branch adds or changes
}

// stories reads all archives, in the order of their names.
func stories() ([]story, error) {
	names, err := fs.Glob(storyFiles, "stories/*.txtar")
	if err != nil {
		return nil, err
	}
	var all []story
	for _, name := range names {
		data, err := storyFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s, err := parseStory(txtar.Parse(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// parseStory reads an archive: "pull" is the pull request, "main/…" the project and
// "branch/…" what the pull request changes.
func parseStory(a *txtar.Archive) (story, error) {
	s := story{Main: map[string]string{}, Changed: map[string]string{}}
	for _, f := range a.Files {
		folder, path, _ := strings.Cut(f.Name, "/")
		switch {
		case f.Name == "pull":
			if err := s.parsePull(string(f.Data)); err != nil {
				return s, err
			}
		case folder == "main" && path != "":
			s.Main[path] = string(f.Data)
		case folder == "branch" && path != "":
			s.Changed[path] = string(f.Data)
		default:
			return s, fmt.Errorf("%s is neither pull nor under main/ or branch/", f.Name)
		}
	}
	if s.Repository == "" || s.Branch == "" || len(s.Changed) == 0 {
		return s, fmt.Errorf("no repository, no branch or no change")
	}
	return s, nil
}

// parsePull reads "key: value" lines, and after an empty line the description.
func (s *story) parsePull(text string) error {
	head, body, _ := strings.Cut(text, "\n\n")
	s.Body = strings.TrimSpace(body) + "\n"
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "repository":
			s.Repository = value
		case "branch":
			s.Branch = value
		case "author":
			s.Author = value
		case "title":
			s.Title = value
		case "expect":
			s.Expect = outcome(value)
		default:
			return fmt.Errorf("pull: unknown key %q", key)
		}
	}
	return nil
}

// openStories sets the company up and lets its people open their pull requests.
func (w *world) openStories() error {
	all, err := stories()
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := w.openStory(s); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) openStory(s story) error {
	if err := w.addRepository(githubtest.RepositoryOptions{Name: s.Repository, Files: s.Main}, s.Author); err != nil {
		return err
	}
	if _, err := w.gh.Push(s.Repository, s.Branch, githubtest.Change{Author: s.Author, Message: s.Title, Files: s.Changed}); err != nil {
		return err
	}
	return w.openPull(githubtest.PullOptions{
		Repository: s.Repository, Head: s.Branch, Author: s.Author, Title: s.Title, Body: s.Body,
	}, s.Expect)
}
