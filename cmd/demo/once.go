package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// errChecks says that the end state is not what it has to be.
var errChecks = errors.New("the end state is not as it should be")

// findings are the checks of one pull request.
type findings struct {
	t      *terminal
	failed int
}

// check prints one line of the list.
func (f *findings) check(ok bool, what, otherwise string, args ...any) {
	if ok {
		fmt.Fprintln(f.t.w, f.t.style(green, "✓")+" "+what)
		return
	}
	f.failed++
	fmt.Fprintln(f.t.w, f.t.style(red, "✗")+" "+what+": "+plain(fmt.Sprintf(otherwise, args...)))
}

// runOnce prints the conversations, applies the first rewrite as somebody with write
// permission does, and holds what is there to what has to be there.
func runOnce(ctx context.Context, w *world, t *terminal) error {
	if err := t.conversations(w); err != nil {
		return err
	}
	f := &findings{t: t}
	var apply *pullName
	for i, name := range w.pulls {
		p, err := w.gh.Pull(name.Repository, name.Number)
		if err != nil {
			return err
		}
		f.heading(p)
		commit, err := w.suggested(p)
		if err != nil {
			return err
		}
		if f.answer(ctx, w, p, name.Expect, commit); commit != "" && apply == nil {
			apply = &w.pulls[i]
		}
	}
	if apply != nil {
		if err := f.apply(ctx, w, *apply); err != nil {
			return err
		}
	}
	if f.failed > 0 {
		fmt.Fprintf(t.w, "\n%d of these failed\n", f.failed)
		return errChecks
	}
	fmt.Fprintln(t.w, "\nall is as it should be")
	return nil
}

func (f *findings) heading(p githubtest.Pull) {
	fmt.Fprintf(f.t.w, "\n%s\n", f.t.style(bold, fmt.Sprintf("checked: %s #%d", p.Repository, p.Number)))
}

// suggestedRef is where the App keeps its commit for a pull request.
func suggestedRef(p githubtest.Pull) string { return fmt.Sprintf("refs/multistage/pull/%d", p.Number) }

// suggested is the App's suggested-change commit, "" for none.
func (w *world) suggested(p githubtest.Pull) (string, error) {
	refs, err := w.gh.Refs(p.Repository)
	return refs[suggestedRef(p)], err
}

// answer checks what the App made of a new pull request.
func (f *findings) answer(ctx context.Context, w *world, p githubtest.Pull, expect outcome, commit string) {
	reviews := reviewsOf(p, w.bot)
	if expect == either {
		expect = leftAlone
		if len(reviews) > 0 {
			expect = rewritten
		}
	}
	runs := runsOf(p, p.HeadSHA)
	if expect == leftAlone {
		f.check(len(reviews) == 0 && commit == "", "no review and no commit", "%d reviews, commit %q", len(reviews), commit)
		if len(runs) == 0 && !changesDockerfile(p) {
			f.check(true, "no check run, for no Dockerfile changed", "")
			return
		}
		f.check(len(runs) == 1 && runs[0].Status == "completed", "one completed check run that says why", "%d check runs", len(runs))
		if len(runs) == 1 && len(w.pulls) > 1 {
			f.check(runs[0].Conclusion == "success", "it is a success: "+runs[0].Output.Title, "%s: %s", runs[0].Conclusion, runs[0].Output.Title)
		}
		return
	}
	f.check(len(reviews) == 1 && reviews[0].State == "COMMENTED", "one review, a comment and no vote", "%d reviews", len(reviews))
	f.check(len(runs) == 1 && runs[0].Status == "completed", "one completed check run on the head", "%d check runs", len(runs))
	if commit == "" {
		f.check(false, "a suggested-change commit", "%s is not there", suggestedRef(p))
		return
	}
	found, err := w.gh.Commit(p.Repository, commit)
	f.check(err == nil && slices.Equal(found.Parents, []string{p.HeadSHA}) && found.Author == w.bot && found.Verified,
		"one verified commit of the App on top of the head", "%+v, %v", found, err)
	refs, err := w.containing(ctx, p.Repository, commit)
	f.check(err == nil && slices.Equal(refs, []string{suggestedRef(p)}), "it is reachable from "+suggestedRef(p)+" alone", "%v, %v", refs, err)
	if w.pulls[0].Expect != either {
		f.suggestion(w, p, commit)
	}
}

// suggestion checks that one click takes the whole rewrite: the Dockerfile is new, so
// everything that changes lies in one hunk.
func (f *findings) suggestion(w *world, p githubtest.Pull, commit string) {
	const what = "one suggestion, which makes the same file as the commit"
	if len(p.ReviewComments) != 1 {
		f.check(false, what, "%d comments", len(p.ReviewComments))
		return
	}
	c := p.ReviewComments[0]
	before, _, err := w.gh.File(p.Repository, p.HeadSHA, c.Path)
	if err != nil {
		f.check(false, what, "%v", err)
		return
	}
	after, _, err := w.gh.File(p.Repository, commit, c.Path)
	text, ok := suggestedText(c.Body)
	lines := strings.SplitAfter(string(before), "\n")
	start := cmp.Or(c.StartLine, c.Line)
	if !ok || err != nil || start < 1 || c.Line > len(lines) {
		f.check(false, what, "%v, on %s: %q", err, lineRange(c), c.Body)
		return
	}
	taken := strings.Join(lines[:start-1], "") + text + strings.Join(lines[c.Line:], "")
	f.check(taken == string(after), what, "it makes:\n%s", taken)
}

// apply comments "/multistage apply" and checks what comes of it.
func (f *findings) apply(ctx context.Context, w *world, name pullName) error {
	before, err := w.gh.Pull(name.Repository, name.Number)
	if err != nil {
		return err
	}
	commit, err := w.suggested(before)
	if err != nil {
		return err
	}
	f.t.who(writer, fmt.Sprintf("commented on %s #%d", name.Repository, name.Number))
	f.t.text("/multistage apply")
	if err := w.act(ctx, func() error {
		_, err := w.gh.Comment(name.Repository, name.Number, writer, "/multistage apply")
		return err
	}); err != nil {
		return err
	}
	after, err := w.gh.Pull(name.Repository, name.Number)
	if err != nil {
		return err
	}
	for _, e := range w.timeline(after)[len(w.timeline(before))+1:] {
		f.t.event(after, e)
	}
	f.heading(after)
	f.check(after.HeadSHA == commit && len(after.Commits) == len(before.Commits)+1,
		"the branch moved by one commit, the suggested one", "the head is %s, the commit %s", after.HeadSHA, commit)
	last := after.Commits[len(after.Commits)-1]
	f.check(last.Verified && last.Author == w.bot, "it is verified and the App's", "%+v", last)
	comment := slices.IndexFunc(after.IssueComments, func(c githubtest.IssueComment) bool { return c.Author == writer })
	f.check(slices.Contains(after.IssueComments[comment].Reactions, githubtest.Reaction{Author: w.bot, Content: "eyes"}),
		"the comment has the App's reaction", "%v", after.IssueComments[comment].Reactions)
	answers := slices.DeleteFunc(slices.Clone(after.IssueComments), func(c githubtest.IssueComment) bool { return c.Author != w.bot })
	f.check(len(answers) == 1, "one answer", "%d answers", len(answers))
	f.end(w, after)
	return nil
}

// end checks the pull request after the rewrite was taken.
func (f *findings) end(w *world, p githubtest.Pull) {
	reviews := reviewsOf(p, w.bot)
	f.check(len(reviews) == 1, "still one review", "%d reviews", len(reviews))
	f.check(len(reviews) > 0 && reviews[0].Minimized == "OUTDATED", "which is hidden as outdated", "it is not")
	for _, sha := range []string{p.Commits[len(p.Commits)-2].SHA, p.HeadSHA} {
		runs := runsOf(p, sha)
		f.check(len(runs) == 1 && runs[0].Status == "completed", fmt.Sprintf("one completed check run on %.10s", sha), "%d check runs", len(runs))
	}
	if runs := runsOf(p, p.HeadSHA); len(runs) == 1 {
		f.check(runs[0].Conclusion == "success", "a success on the new head: "+runs[0].Output.Title, "%s", runs[0].Conclusion)
	}
}

func reviewsOf(p githubtest.Pull, login string) []githubtest.Review {
	return slices.DeleteFunc(slices.Clone(p.Reviews), func(r githubtest.Review) bool { return r.Author != login })
}

func runsOf(p githubtest.Pull, sha string) []githubtest.CheckRun {
	return slices.DeleteFunc(slices.Clone(p.CheckRuns), func(r githubtest.CheckRun) bool { return r.HeadSHA != sha })
}

func changesDockerfile(p githubtest.Pull) bool {
	return slices.ContainsFunc(p.Files, func(f githubtest.File) bool {
		return strings.Contains(strings.ToLower(f.Path), "dockerfile") && f.Status != "removed"
	})
}

// containing lists the refs from which a commit is reachable.
func (w *world) containing(ctx context.Context, repository, sha string) ([]string, error) {
	repo, err := w.gh.Repository(repository)
	if err != nil {
		return nil, err
	}
	out, err := copier{env: w.gitEnv()}.git(ctx, "-C", repo.Dir, "for-each-ref", "--format=%(refname)", "--contains", sha)
	return strings.Fields(out), err
}
