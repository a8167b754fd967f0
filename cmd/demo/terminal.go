package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// terminal prints what happens, with a little style where there is a terminal.
type terminal struct {
	w      io.Writer
	styled bool
}

// Styles, as in ECMA-48's SGR.
const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
	cyan  = "36"
)

func (t *terminal) style(code, text string) string {
	if !t.styled {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// say prints a line about what the command does.
func (t *terminal) say(text string) { fmt.Fprintln(t.w, t.style(dim, text)) }

// last prints the line that a person should see when everything else has scrolled by.
func (t *terminal) last(text string) { fmt.Fprintln(t.w, "\n"+t.style(bold, text)) }

// conversations prints every pull request as it stands.
func (t *terminal) conversations(w *world) error {
	for _, name := range w.pulls {
		p, err := w.gh.Pull(name.Repository, name.Number)
		if err != nil {
			return err
		}
		t.head(p)
		for _, e := range w.timeline(p) {
			t.event(p, e)
		}
		t.checks(p)
	}
	return nil
}

func (t *terminal) head(p githubtest.Pull) {
	title := fmt.Sprintf("%s #%d  %s", p.Repository, p.Number, p.Title)
	fmt.Fprintf(t.w, "\n%s\n%s\n", t.style(bold, plain(title)), strings.Repeat("=", len([]rune(plain(title)))))
	t.who(p.Author, fmt.Sprintf("wants to merge %s into %s", p.HeadRef, p.BaseRef))
	t.text(p.Body)
}

// who prints who did what.
func (t *terminal) who(login, what string) {
	fmt.Fprintf(t.w, "\n%s %s\n\n", t.style(bold+";"+cyan, plain(login)), t.style(bold, plain(what)))
}

// event prints one entry of the conversation.
func (t *terminal) event(p githubtest.Pull, e event) {
	switch {
	case e.Review != nil:
		t.who(e.Review.Author, "reviewed"+hidden(e.Review.Minimized))
		t.text(e.Review.Body)
		for _, c := range e.Comments {
			t.who(c.Author, fmt.Sprintf("commented on %s, %s%s", c.Path, lineRange(c), hidden(c.Minimized)))
			t.text(c.Body)
		}
	case e.Comment != nil:
		t.who(e.Comment.Author, "commented"+hidden(e.Comment.Minimized))
		t.text(e.Comment.Body)
		for _, r := range e.Comment.Reactions {
			fmt.Fprintf(t.w, "%s %s\n", emoji(r.Content), t.style(dim, plain(r.Author)))
		}
	case len(e.Commits) > 0 && !e.First:
		for _, c := range e.Commits {
			subject, _, _ := strings.Cut(c.Message, "\n")
			t.who(c.Author, fmt.Sprintf("added commit %.10s to %s: %s", c.SHA, p.HeadRef, subject))
		}
	}
}

func hidden(why string) string {
	if why == "" {
		return ""
	}
	return " (hidden: " + strings.ToLower(why) + ")"
}

// checks prints the check runs of the head.
func (t *terminal) checks(p githubtest.Pull) {
	for _, run := range p.CheckRuns {
		if run.HeadSHA != p.HeadSHA {
			continue
		}
		color := green
		if run.Conclusion == "failure" {
			color = red
		}
		fmt.Fprintf(t.w, "\n%s %s: %s\n\n", t.style(bold+";"+cyan, "check run "+plain(run.Name)),
			t.style(bold+";"+color, plain(run.Conclusion)), t.style(bold, plain(run.Output.Title)))
		t.text(run.Output.Summary)
		for _, a := range run.Output.Annotations {
			fmt.Fprintf(t.w, "%s %s\n", t.style(dim, fmt.Sprintf("%s:%d:", plain(a.Path), a.StartLine)), plain(a.Message))
		}
		for _, a := range run.Actions {
			fmt.Fprintf(t.w, "[%s] %s\n", t.style(bold, plain(a.Label)), t.style(dim, plain(a.Description)))
		}
	}
}

// htmlComment is what GitHub does not show.
var htmlComment = regexp.MustCompile(`(?s)<!--.*?-->\n?`)

// text prints markdown as it was written.
func (t *terminal) text(body string) {
	if body = strings.TrimSpace(plain(htmlComment.ReplaceAllString(body, ""))); body != "" {
		fmt.Fprintln(t.w, body)
	}
}

// plain takes control characters out of text of others, which could otherwise steer
// the terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}
