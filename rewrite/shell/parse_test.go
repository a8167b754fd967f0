package shell_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/rewrite/shell"
)

// render writes a script as one line per command: join, nesting, assignments,
// words and redirections; a word that is not literal stands in angle brackets.
func render(s *shell.Script) string {
	var b strings.Builder
	for _, c := range s.Commands {
		op := c.Op
		if op == "" {
			op = "-"
		}
		b.WriteString(op)
		if c.Nested {
			b.WriteString(" nested")
		}
		for _, a := range c.Assigns {
			fmt.Fprintf(&b, " %s=%s", a.Name, word(a.Value))
		}
		for _, w := range c.Args {
			b.WriteString(" " + word(w))
		}
		for _, r := range c.Redirects {
			fmt.Fprintf(&b, " %s%s%s", r.FD, r.Op, word(r.File))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func word(w shell.Word) string {
	switch {
	case w.Literal:
		return fmt.Sprintf("%q", w.Text)
	case w.Glob:
		return "*" + w.Text
	}
	return "<" + w.Text + ">"
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, script string
		plain        bool
		want         string
	}{
		{"one command", "npm ci", true, `- "npm" "ci"`},
		{"list", "apt-get update && apt-get install -y gcc; rm -rf /var/lib/apt/lists/*", true,
			`- "apt-get" "update"` + "\n" + `&& "apt-get" "install" "-y" "gcc"` + "\n" + `; "rm" "-rf" */var/lib/apt/lists/*`},
		{"continuations", "a \\\n    b && \\\n  c", true, `- "a" "b"` + "\n" + `&& "c"`},
		{"quotes and escapes", `echo "a b" 'c $d' e\ f "g\"h\\i\j" ''`, true, `- "echo" "a b" "c $d" "e f" "g\"h\\i\\j" ""`},
		{"expansions", `echo $A "${B:-x}" $(nproc) ~/x a*b x[ab] {a,b} "*" [ a]`, true,
			`- "echo" <$A> <"${B:-x}"> <$(nproc)> <~/x> *a*b *x[ab] <{a,b}> "*" "[" "a]"` + "\n" + `- nested "nproc"`},
		{"assignments", `A=1 B="$C" cmd && X=2`, true, `- A="1" B=<"$C"> "cmd"` + "\n" + `&& X="2"`},
		{"redirections", `echo x > /etc/a 2>&1 && cat < in >> out`, true, `- "echo" "x" >"/etc/a" 2>&"1"` + "\n" + `&& "cat" <"in" >>"out"`},
		{"pipe", "curl -fsSL x | tar xz", false, `- "curl" "-fsSL" "x"` + "\n" + `| "tar" "xz"`},
		{"alternative", "a || true", false, `- "a"` + "\n" + `|| "true"`},
		{"background", "a & b", false, `- "a"` + "\n" + `& "b"`},
		{"negation", "! a", false, `- "a"`},
		{"subshell", "(cd x && make) && y", false, `- nested "cd" "x"` + "\n" + `&& nested "make"` + "\n" + `&& "y"`},
		{"condition", "if [ -f a ]; then b; else c; fi", false, `- nested "[" "-f" "a" "]"` + "\n" + `- nested "b"` + "\n" + `- nested "c"`},
		{"loop", "for i in 1 2; do a $i; b; done; c", false, `- nested "a" <$i>` + "\n" + `; nested "b"` + "\n" + `; "c"`},
		{"loop over output", "for i in $(ls); do a; done", false, `- nested "ls"` + "\n" + `- nested "a"`},
		{"case", "case $x in a) b;; *) c;; esac", false, `- nested "b"` + "\n" + `- nested "c"`},
		{"function", "f() { a; }; f", false, `- nested "a"` + "\n" + `; "f"`},
		{"backquotes", "echo `uname -m`", true, "- \"echo\" <`uname -m`>\n- nested \"uname\" \"-m\""},
		{"bash only", "[[ -f $a ]] && arr=(1 2) && b <(c)", false, `- "[["` + "\n" + `&& arr=<arr=(1 2)>` + "\n" + `&& "b" <<(c)>` + "\n" + `- nested "c"`},
		{"test", "[ -f a ] && b", false, `- "[" "-f" "a" "]"` + "\n" + `&& "b"`},
		{"here-document", "cat <<EOF > /x && y\nbody $z\nEOF", false, `- "cat" <<"EOF" >"/x"` + "\n" + `&& "y"`},
		{"single quotes over lines", "sh -c 'a && \\\n b'", true, `- "sh" "-c" "a &&  b"`},
		{"lines of a here-document body", "set -e\na 'x\\\ny'\nb", true, `- "set" "-e"` + "\n" + `; "a" "x\\` + `\ny"` + "\n" + `; "b"`},
		{"export", "export A=1 B=$A", true, `- "export" "A=1" <B=$A>`},
		{"comment", "a # && b", true, `- "a"`},
		{"dollar before a quote", `echo $'a\nb'`, true, `- "echo" <$'a\nb'>`},
		{"nothing", "  ", true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			script, err := shell.Parse(c.script, 100)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSuffix(render(script), "\n"); got != c.want {
				t.Errorf("commands of %q\n got\n%s\nwant\n%s", c.script, got, c.want)
			}
			if script.Plain != c.plain {
				t.Errorf("Plain = %v, want %v", script.Plain, c.plain)
			}
			checkSpans(t, script, c.script, 100)
		})
	}
}

func TestParseSpans(t *testing.T) {
	const script = "apt-get update && \\\n  FOO=bar sudo apt-get install -y \\\n   gcc 'g++' > /log 2>&1 ; x"
	s, err := shell.Parse(script, 7)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"apt-get update", "FOO=bar sudo apt-get install -y \\\n   gcc 'g++' > /log 2>&1", "x"} {
		if got := script[s.Commands[i].Start-7 : s.Commands[i].End-7]; got != want {
			t.Errorf("command %d is %q, want %q", i, got, want)
		}
	}
	last := s.Commands[1].Args[len(s.Commands[1].Args)-1]
	if got := script[last.Start-7 : last.End-7]; got != "'g++'" || last.Text != "g++" {
		t.Errorf("last word is %q at %q", last.Text, got)
	}
}

// A blank or backslash that is escaped belongs to the word.
func TestParseEscapedEnd(t *testing.T) {
	for script, want := range map[string]string{`a b\ `: `b\ `, "a b\\\\\nc": `b\\`, "a b\\\n c": "b", "a b \\\n": "b"} {
		s, err := shell.Parse(script, 0)
		if err != nil {
			t.Fatal(err)
		}
		if w := s.Commands[0].Args[1]; script[w.Start:w.End] != want {
			t.Errorf("second word of %q stands at %q, want %q", script, script[w.Start:w.End], want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		script string
		offset int // -1: any
		text   string
	}{
		{"a && ", -1, ""},
		{"a\nb &&\n if x; then", -1, ""},
		{`echo "abc`, 10 + 5, "quote"},
		{"a # why; \\\n b", 10 + 2, "hides"},
		{strings.Repeat("a;", 40<<10), 10, "longer"},
		{strings.Repeat("(", 500), -1, "deeply"},
		{strings.Repeat("$(", 5000), -1, "deeply"},
		{"a\x00b", 11, "NUL"},
	} {
		script, err := shell.Parse(c.script, 10)
		var syntax *shell.SyntaxError
		if !errors.As(err, &syntax) || script != nil {
			t.Errorf("Parse(%.20q): %v, want a *SyntaxError", c.script, err)
			continue
		}
		if c.offset >= 0 && syntax.Offset != c.offset || !strings.Contains(syntax.Text, c.text) {
			t.Errorf("Parse(%.20q): %q at %d, want %q at %d", c.script, syntax.Text, syntax.Offset, c.text, c.offset)
		}
		if !strings.HasPrefix(err.Error(), "shell script, line ") {
			t.Errorf("error %q has no place", err)
		}
	}
}

func TestVars(t *testing.T) {
	s, err := shell.Parse(`go build -o /out -ldflags "-X v=${VERSION} $EXTRA" ./${PKG:-cmd/$NAME}`, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range s.Commands[0].Args {
		got = append(got, w.Vars...)
	}
	if want := "VERSION EXTRA PKG NAME"; strings.Join(got, " ") != want {
		t.Errorf("variables %v, want %s", got, want)
	}
}

func TestParseFile(t *testing.T) {
	const text = "#!/bin/sh\nset -e\n# wait for it \\\nif [ \"$1\" = serve ]; then\n  exec gosu app \"$@\"\nfi\nexec \"$@\"\n"
	s, err := shell.ParseFile(text)
	if err != nil {
		t.Fatal(err)
	}
	want := `- "set" "-e"
; nested "[" <"$1"> "=" "serve" "]"
- nested "exec" "gosu" "app" <"$@">
; "exec" <"$@">
`
	if got := render(s); got != want {
		t.Errorf("commands\n%s\nwant\n%s", got, want)
	}
	checkSpans(t, s, text, 0)
}

// checkSpans: every span lies inside the script, commands begin in the order of
// the source, words lie within their command, and a word without quotes or
// escapes is its own text.
func checkSpans(t *testing.T, s *shell.Script, script string, base int) {
	t.Helper()
	last := base
	for _, c := range s.Commands {
		if c.Start < last || c.End < c.Start || c.End > base+len(script) {
			t.Fatalf("command %v at %d:%d, previous at %d, script of %d bytes from %d", c.Words(), c.Start, c.End, last, len(script), base)
		}
		last = c.Start
		for _, w := range c.Args {
			if w.Start < c.Start || w.End > c.End || w.End < w.Start {
				t.Fatalf("word %q at %d:%d outside its command %d:%d in %q", w.Text, w.Start, w.End, c.Start, c.End, script)
			}
			source := script[w.Start-base : w.End-base]
			if w.Literal && !strings.ContainsAny(source, "\\\"'") && source != w.Text || !w.Literal && source != w.Text {
				t.Fatalf("word %q stands at %q in %q", w.Text, source, script)
			}
			if strings.Trim(source, " \t\n") != source && !strings.ContainsAny(source, "\\\"'`$(") {
				t.Fatalf("word %q has blanks at its ends", source)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev && rm -rf /var/lib/apt/lists/*",
		"set -eux; \\\n  savedAptMark=\"$(apt-mark showmanual)\"; \\\n  find /usr/local -type f -exec ldd '{}' ';' | awk '/=>/ { print $3 }'",
		"if [ \"$A\" = 1 ] ; then pip install x[y]==1 ; else echo `date` >> /x 2>&1; fi", "cat <<EOF > /x\na $b\nEOF\n", "f() { (a); }; [[ a =~ b ]] && ((x++))",
		"a=(1 2) b+=c export d=~/e:{f,g}", "<x >y a", "a \\\n", "'\\\n'", "$'x'", "case a in b) c;; esac & d", "!", "a|&b", "#\\\n", "time -p a", "coproc a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		s, err := shell.Parse(script, 50)
		if err != nil {
			var syntax *shell.SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 50 || syntax.Offset > 50+len(script) {
				t.Fatalf("error %v", err)
			}
			return
		}
		checkSpans(t, s, script, 50)
		for _, c := range s.Commands {
			shell.Classify(c)
			shell.Packages(c)
			shell.Removed(c)
			shell.Virtual(c)
			c.Unwrapped()
		}
		shell.Argv(s, script)
	})
}

func BenchmarkParse(b *testing.B) {
	script := "set -eux; \\\n" + strings.Repeat("apt-get install -y --no-install-recommends gcc \"$PKG\" > /log 2>&1 && \\\n", 20) + "true"
	for b.Loop() {
		if _, err := shell.Parse(script, 0); err != nil {
			b.Fatal(err)
		}
	}
}
