package review_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/multistage-app/multistage/review"
)

// words is a short form of commands, for the tables below.
func words(commands []review.Command) string {
	var out []string
	for _, c := range commands {
		w := fmt.Sprintf("%d:%s", c.Line, c.Verb)
		if c.Path != "" {
			w += "(" + c.Path + ")"
		}
		if c.Err != nil {
			w += "!" + string(c.Err.Problem)
			if c.Err.Nearest != "" {
				w += "~" + c.Err.Nearest
			}
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

func TestParseCommands(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"alone", "/multistage", "1:review"},
		{"spelled out", "/multistage review", "1:review"},
		{"help", "/multistage help", "1:help"},
		{"apply", "/multistage apply", "1:apply"},
		{"apply a path", "/multistage apply services/a/Dockerfile", "1:apply(services/a/Dockerfile)"},
		{"path as code", "/multistage apply `./a/Dockerfile`", "1:apply(a/Dockerfile)"},
		{"with CRLF", "Looks good.\r\n\r\n/multistage apply\r\n", "3:apply"},
		{"between lines", "Thanks!\n/multistage apply\nSee you.", "2:apply"},
		{"several", "/multistage\n/multistage apply\n", "1:review 2:apply"},
		{"any case", "/Multistage APPLY", "1:apply"},
		{"blanks around", "   /multistage   apply  ", "1:apply"},
		{"after a fence", "```\n/multistage\n```\n/multistage help", "4:help"},
		{"after a comment", "<!-- hello -->\n/multistage", "2:review"},
		{"after a quote", "> /multistage\n\n/multistage help", "3:help"},

		{"unknown", "/multistage aply", "1:!unknown~apply"},
		{"unknown, far off", "/multistage dance", "1:!unknown"},
		{"verify", "/multistage verify", "1:verify"},
		{"verify a path", "/multistage verify ./a/Dockerfile", "1:verify(a/Dockerfile)"},
		{"verify two paths", "/multistage verify a b", "1:verify!bad-arguments"},
		{"verify, nearly", "/multistage verfy", "1:!unknown~verify"},
		{"not yet", "/multistage pr", "1:!unavailable"},
		{"option not yet", "/multistage --with=lint", "1:!unavailable"},
		{"two paths", "/multistage apply a b", "1:apply!bad-arguments"},
		{"path that leaves", "/multistage apply ../x", "1:apply!bad-arguments"},
		{"absolute path", "/multistage apply /etc/passwd", "1:apply!bad-arguments"},
		{"option of apply", "/multistage apply --force", "1:apply!bad-arguments"},
		{"help with a word", "/multistage help me", "1:help!bad-arguments"},
		{"six", strings.Repeat("/multistage\n", 7), "1:review 2:review 3:review 4:review 5:review 6:!too-many"},

		{"empty", "", ""},
		{"inside a line", "Please run /multistage apply", ""},
		{"in code", "`/multistage apply`", ""},
		{"in a fence", "```\n/multistage apply\n```", ""},
		{"in a fence with tildes", "~~~ sh\n/multistage apply\n~~~", ""},
		{"in a fence without an end", "```\n/multistage apply", ""},
		{"in a longer fence", "````\n```\n/multistage apply\n````", ""},
		{"in a fence of a list", "- ```\n  /multistage apply\n  ```", ""},
		{"indented", "    /multistage apply", ""},
		{"behind a tab", "\t/multistage apply", ""},
		{"in a quote", "> /multistage apply", ""},
		{"in a quote of a quote", "On Monday she wrote:\n>> /multistage apply", ""},
		{"in an HTML comment", "<!--\n/multistage apply\n-->", ""},
		{"in an HTML comment without an end", "text <!-- x\n/multistage apply", ""},
		{"in a preformatted element", "<pre>\n/multistage apply\n</pre>", ""},
		{"in a list", "- /multistage apply", ""},
		{"another word", "/multistages apply", ""},
		{"a path", "/multistage/apply", ""},
		{"a mention", "@multistage apply", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, words(review.ParseCommands(tt.body))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// plainLines are the lines that Markdown shows as text, by goldmark.
func plainLines(body string) map[string]bool {
	src := []byte(body)
	shown := map[string]bool{}
	_ = ast.Walk(markdown.Parser().Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n.Kind() {
		case ast.KindParagraph, ast.KindHeading, ast.KindTextBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				shown[strings.TrimSpace(string(line.Value(src)))] = true
			}
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return shown
}

// TestCommandsAreProse holds the reader against a Markdown parser: it never takes
// a line for a command that people see as code or do not see.
func TestCommandsAreProse(t *testing.T) {
	parts := []string{"```", "~~~", "````", "> x", "- x", "1. ```", "<!-- x", "-->", "<pre>", "</pre>", "", "text", "    x", "/multistage"}
	n := len(parts)
	tried := 0
	for i := range n * n * n {
		body := strings.Join([]string{parts[i%n], parts[i/n%n], parts[i/n/n], "/multistage help"}, "\n")
		for _, c := range review.ParseCommands(body) {
			if c.Verb == review.Help {
				tried++
				if !plainLines(body)["/multistage help"] {
					t.Errorf("%q", body)
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d commands were found", tried)
	}
}

func FuzzParseCommands(f *testing.F) {
	f.Add("/multistage apply x\r\n```\n/multistage")
	f.Add("<!-- \n/multistage --\n-->\n/multistage\u00a0apply")
	f.Fuzz(func(t *testing.T, body string) {
		commands := review.ParseCommands(body)
		if len(commands) > review.MaxCommands+1 {
			t.Fatalf("%d commands", len(commands))
		}
		for _, c := range commands {
			if c.Line < 1 || c.Err == nil && c.Verb == "" || strings.HasPrefix(c.Path, "/") || strings.HasPrefix(c.Path, "..") {
				t.Fatalf("%+v", c)
			}
			checkReply(t, review.ReplyError(c))
		}
	})
}

// checkReply holds a reply to what every text of ours must be.
func checkReply(t *testing.T, reply string) {
	t.Helper()
	kinds, prose := tree(reply)
	for _, k := range []ast.NodeKind{ast.KindLink, ast.KindImage, ast.KindAutoLink, ast.KindRawHTML, ast.KindHTMLBlock} {
		if kinds[k] > 0 {
			t.Errorf("%q has a %s", reply, k)
		}
	}
	if m := reference.FindString(prose); m != "" {
		t.Errorf("%q refers to %q", reply, m)
	}
}

func TestReplies(t *testing.T) {
	bad := "`@octocat` <img src=x> fixes #1 \n> x"
	for name, reply := range map[string]string{
		"help":                 review.ReplyHelp(),
		"denied":               review.ReplyDenied(bad, "write", bad),
		"reviewed":             review.ReplyReviewed(bad),
		"applied":              review.ReplyApplied("0123456789abcdef", bad, []string{bad, "b"}),
		"nothing":              review.ReplyNothingToApply(""),
		"nothing at":           review.ReplyNothingToApply(bad),
		"moved":                review.ReplyHeadMoved(bad),
		"fork":                 review.ReplyFork(),
		"off":                  review.ReplyCommitOff(bad),
		"verifying":            review.ReplyVerifying(bad, "0123456789abcdef"),
		"verifying all":        review.ReplyVerifying("", "0123456789abcdef"),
		"verified":             review.ReplyVerified(bad, true),
		"verify off":           review.ReplyVerifyOff(),
		"verify moved":         review.ReplyVerifyMoved(bad),
		"nothing to verify":    review.ReplyNothingToVerify(""),
		"nothing to verify at": review.ReplyNothingToVerify(bad),
		"unavailable":          review.ReplyVerifyUnavailable(bad),
		"failed":               review.ReplyFailed(review.Command{Verb: review.Apply}, bad),
	} {
		if !strings.HasSuffix(reply, "\n") || len(reply) < 20 {
			t.Errorf("%s: %q", name, reply)
		}
		checkReply(t, reply)
	}
}

func TestReplyError(t *testing.T) {
	for body, want := range map[string]string{
		"/multistage aply":      "There is no command `aply`. Did you mean `/multistage apply`? There are `/multistage`, `/multistage apply [path]`, `/multistage verify [path]` and `/multistage help`.\n",
		"/multistage dance":     "There is no command `dance`. There are `/multistage`, `/multistage apply [path]`, `/multistage verify [path]` and `/multistage help`.\n",
		"/multistage pr":        "`pr` is not available yet. There are `/multistage`, `/multistage apply [path]`, `/multistage verify [path]` and `/multistage help`.\n",
		"/multistage help me":   "`/multistage help` takes no argument, and `me` was given.\n",
		"/multistage apply ../": "`../` is no path that `/multistage apply` takes: give one path of a Dockerfile, from the repository's root, or none.\n",
		"/multistage verify /":  "`/` is no path that `/multistage verify` takes: give one path of a Dockerfile, from the repository's root, or none.\n",
		"/multistage review a":  "`/multistage review` takes no argument, and `a` was given.\n",
		"/multistage":           "",
	} {
		if got := review.ReplyError(review.ParseCommands(body)[0]); got != want {
			t.Errorf("%s: %q", body, got)
		}
	}
	if got, want := review.ReplyDenied("mona", "write", "acme/shop"), "Nothing was done: this needs write permission on `acme/shop`, and `mona` does not have it.\n"; got != want {
		t.Errorf("%q", got)
	}
}
