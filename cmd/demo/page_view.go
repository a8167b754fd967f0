package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// listView is the page with all pull requests.
type listView struct {
	Title string
	Pulls []listed
}

// listed is a pull request in the list.
type listed struct {
	githubtest.Pull
	Path  string
	Check *githubtest.CheckRun // of the head; nil for none
	Talk  int                  // reviews and comments
}

func (p *page) list(w http.ResponseWriter, _ *http.Request) {
	view := listView{Title: "Pull requests"}
	for _, name := range p.w.pulls {
		pull, err := p.w.gh.Pull(name.Repository, name.Number)
		if err != nil {
			p.problem(w, http.StatusInternalServerError, sentence(err))
			return
		}
		l := listed{Pull: pull, Path: pullPath(pull), Talk: len(pull.Reviews) + len(pull.IssueComments)}
		if runs := runsOf(pull, pull.HeadSHA); len(runs) > 0 {
			l.Check = &runs[len(runs)-1]
		}
		view.Pulls = append(view.Pulls, l)
	}
	p.show(w, http.StatusOK, "list", view)
}

// pullView is what the pages of a pull request have in common.
type pullView struct {
	Title string
	Pull  githubtest.Pull
	Path  string
	Tab   string
	Owner string
	Repo  string

	Events  []entry
	Checks  []githubtest.CheckRun // of the head
	Earlier []githubtest.CheckRun // of the heads before
	Commit  *githubtest.Commit    // suggested, on no branch; nil for none
	Ref     string                // that it hangs on
	Dir     string                // the bare repository
	Files   []diffFile
}

// entry is an event as the page shows it.
type entry struct {
	event
	Path        string                   // of the pull request
	Base        string                   // of the repository
	Suggestions map[int64]suggestionView // by the comment's number
}

// suggestionView is a suggested change as a difference.
type suggestionView struct {
	Lines []diffLine
	Open  bool // it can be committed
}

func (p *page) view(pull githubtest.Pull, tab string) (pullView, error) {
	owner, repo, _ := strings.Cut(pull.Repository, "/")
	v := pullView{
		Title: fmt.Sprintf("%s · #%d", pull.Title, pull.Number), Pull: pull, Path: pullPath(pull), Tab: tab,
		Owner: owner, Repo: repo, Ref: suggestedRef(pull),
	}
	sha, err := p.w.suggested(pull)
	if err != nil {
		return v, err
	}
	if sha != "" && !slices.ContainsFunc(pull.Commits, func(c githubtest.Commit) bool { return c.SHA == sha }) {
		commit, err := p.w.gh.Commit(pull.Repository, sha)
		if err != nil {
			return v, err
		}
		v.Commit = &commit
	}
	r, err := p.w.gh.Repository(pull.Repository)
	v.Dir = r.Dir
	return v, err
}

func (p *page) conversation(w http.ResponseWriter, r *http.Request) {
	pull, err := p.pull(r)
	if err != nil {
		p.problem(w, http.StatusNotFound, "There is no such pull request.")
		return
	}
	v, err := p.view(pull, "conversation")
	if err != nil {
		p.problem(w, http.StatusInternalServerError, sentence(err))
		return
	}
	for _, e := range p.w.timeline(pull) {
		v.Events = append(v.Events, p.entry(pull, e))
	}
	for _, run := range pull.CheckRuns {
		if run.HeadSHA == pull.HeadSHA {
			v.Checks = append(v.Checks, run)
		} else {
			v.Earlier = append(v.Earlier, run)
		}
	}
	p.show(w, http.StatusOK, "pull", v)
}

// entry adds the differences that an event's suggestions make.
func (p *page) entry(pull githubtest.Pull, e event) entry {
	out := entry{event: e, Path: pullPath(pull), Base: "/" + pull.Repository, Suggestions: map[int64]suggestionView{}}
	for _, c := range e.Comments {
		text, ok := suggestedText(c.Body)
		content, _, err := p.w.gh.File(pull.Repository, c.CommitID, c.Path)
		if !ok || err != nil {
			continue
		}
		start, end := c.OriginalStartLine, c.OriginalLine
		if start == 0 {
			start = end
		}
		lines := strings.SplitAfter(string(content), "\n")
		if start < 1 || end > len(lines) {
			continue
		}
		before := strings.Join(lines[start-1:end], "")
		if !strings.HasSuffix(before, "\n") {
			before += "\n"
		}
		out.Suggestions[c.ID] = suggestionView{
			Lines: textDiff(before, text, start),
			Open:  !c.Outdated && !c.Resolved && pull.State == "open",
		}
	}
	return out
}

func (p *page) files(w http.ResponseWriter, r *http.Request) {
	pull, err := p.pull(r)
	if err != nil {
		p.problem(w, http.StatusNotFound, "There is no such pull request.")
		return
	}
	v, err := p.view(pull, "files")
	if err != nil {
		p.problem(w, http.StatusInternalServerError, sentence(err))
		return
	}
	v.Files = pullFiles(pull)
	p.show(w, http.StatusOK, "files", v)
}

// commitView is the page of a commit.
type commitView struct {
	Title       string
	Owner, Repo string
	Commit      githubtest.Commit
	Message     string // without the subject
	Files       []diffFile
}

func (p *page) commit(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("owner") + "/" + r.PathValue("repo")
	repo, err := p.w.gh.Repository(name)
	if err != nil || strings.Trim(r.PathValue("sha"), "0123456789abcdef") != "" {
		p.problem(w, http.StatusNotFound, "There is no such commit.")
		return
	}
	commit, err := p.w.gh.Commit(name, r.PathValue("sha"))
	if err != nil {
		p.problem(w, http.StatusNotFound, "There is no such commit.")
		return
	}
	patch, err := copier{env: p.w.gitEnv()}.git(r.Context(), "-C", repo.Dir, "diff-tree", "-r", "-p", "-M", "--root", "--no-commit-id", "--no-color", commit.SHA)
	if err != nil {
		p.problem(w, http.StatusInternalServerError, sentence(err))
		return
	}
	_, rest, _ := strings.Cut(commit.Message, "\n")
	p.show(w, http.StatusOK, "commit", commitView{
		Title: subject(commit), Owner: r.PathValue("owner"), Repo: r.PathValue("repo"),
		Commit: commit, Message: strings.TrimSpace(rest), Files: commitFiles(patch + "\n"),
	})
}

// problemView is a page that says what is wrong.
type problemView struct{ Title, Text string }

// pullPath is the address of a pull request on the page.
func pullPath(p githubtest.Pull) string { return fmt.Sprintf("/%s/pull/%d", p.Repository, p.Number) }

// short is as much of a commit's name as people read.
func short(sha string) string { return sha[:min(len(sha), 7)] }

// subject is the first line of a commit's message.
func subject(c githubtest.Commit) string {
	line, _, _ := strings.Cut(c.Message, "\n")
	return line
}

// Face stands for a person's picture: a letter on one of six colours.
type Face struct {
	Letter string
	Color  int
	Bot    bool
}

func face(login string) Face {
	f := Face{Bot: strings.HasSuffix(login, "[bot]")}
	first, _ := utf8.DecodeRuneInString(login)
	f.Letter = string(unicode.ToUpper(first))
	for _, b := range []byte(login) {
		f.Color = (f.Color*31 + int(b)) % 6
	}
	return f
}
