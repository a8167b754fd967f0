package dockerfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
)

// sources are files whose text is easily lost: they seed the fuzz target too.
var sources = map[string]string{
	"plain":              "FROM golang:1.24\nWORKDIR /app\nCOPY . .\nRUN go build -o main .\nCMD [\"./main\"]\n",
	"no final newline":   "FROM alpine\nCMD [\"true\"]",
	"crlf":               "FROM alpine\r\nRUN a && \\\r\n    b\r\nCMD [\"c\"]\r\n",
	"byte order mark":    "\ufeffFROM alpine\nCMD true\n",
	"directives":         "# syntax=docker/dockerfile:1\n# escape=`\n\nFROM alpine\nRUN a `\n  b\n",
	"comment inside":     "FROM alpine\nRUN apk add \\\n    # the compiler\n    gcc \\\n\n    make\n",
	"heredoc script":     "FROM alpine\nRUN <<EOF\nset -e\nmake install\nEOF\nCMD x\n",
	"heredoc file":       "FROM alpine\nRUN cat <<'EOF' > /etc/x\na $b\nEOF\nCOPY <<a <<-b /etc/\none\na\n\ttwo\n\tb\n",
	"lower case":         "from alpine as x\n  run a\ncmd [\"b\"]\n",
	"arg before from":    "ARG V=1.24\nARG T=${V}-alpine\nFROM golang:${T} AS build\nRUN x\n",
	"env forms":          "FROM alpine\nENV A=1 B=\"two words\" \\\n    C=3\nENV OLD the rest of the line\nLABEL k=v\n",
	"blank after escape": "FROM alpine\nRUN a \\ \n b\n",
	"quotes":             "FROM alpine\nCOPY [\"a b\", \"/c d/\"]\nADD --chown=1:1 x y /z/\nVOLUME [\"/data\"]\nEXPOSE 80 443/tcp\n",
}

func TestFormatGivesTheSourceBack(t *testing.T) {
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			f, err := dockerfile.Parse("Dockerfile", []byte(source))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(f.Format()); got != source {
				t.Errorf("got %q, want %q", got, source)
			}
		})
	}
}

func parse(t *testing.T, source string) *dockerfile.File {
	t.Helper()
	f, err := dockerfile.Parse("Dockerfile", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestInstructions(t *testing.T) {
	f := parse(t, sources["quotes"])
	last := f.Stages[0].Instructions
	if got, want := last[0].Sources(), []string{"a b"}; !cmp.Equal(got, want) {
		t.Errorf("sources of the JSON form: %q, want %q", got, want)
	}
	if got := last[0].Dest(); got != "/c d/" {
		t.Errorf("destination of the JSON form: %q", got)
	}
	if got, want := last[1].Sources(), []string{"x", "y"}; !cmp.Equal(got, want) {
		t.Errorf("sources: %q, want %q", got, want)
	}
	if owner, ok := last[1].Flag("chown"); !ok || owner != "1:1" {
		t.Errorf("--chown: %q, %v", owner, ok)
	}
	if got, want := last[3].Values(), []string{"80", "443/tcp"}; !cmp.Equal(got, want) {
		t.Errorf("ports: %q, want %q", got, want)
	}
}

func TestPairsHaveTheirPlaces(t *testing.T) {
	f := parse(t, sources["env forms"])
	var got [][2]string
	for _, in := range f.Stages[0].Instructions {
		for _, p := range in.Pairs {
			got = append(got, [2]string{p.Key, p.Value})
			if text := f.Text(p.Span); !strings.HasPrefix(text, p.Key) || !strings.HasSuffix(text, p.Value) {
				t.Errorf("%s: its place holds %q", p.Key, text)
			}
		}
	}
	want := [][2]string{{"A", "1"}, {"B", `"two words"`}, {"C", "3"}, {"OLD", "the rest of the line"}, {"k", "v"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStages(t *testing.T) {
	f := parse(t, sources["arg before from"])
	s := f.Stages[0]
	if s.Base != "golang:1.24-alpine" || s.BaseName != "golang:${T}" || s.Name != "build" {
		t.Errorf("base %q, written %q, name %q", s.Base, s.BaseName, s.Name)
	}
}

// A script is as long as its place in the source, so that offsets carry over.
func TestScript(t *testing.T) {
	tests := map[string]struct {
		source string
		want   string
	}{
		"one line":        {"FROM a\nRUN make install\n", "make install"},
		"with flags":      {"FROM a\nRUN --mount=type=cache,target=/c make\n", "make"},
		"comments blank":  {"FROM a\nRUN a \\\n# c\n b\n", "a \\\n     b"},
		"blank at end":    {"FROM a\nRUN a \\ \n b\n", "a  \\\n b"},
		"own escape":      {"# escape=`\nFROM a\nRUN a `\n b\n", "a \\\n b"},
		"heredoc":         {"FROM a\nRUN <<EOF\nmake\ninstall\nEOF\n", "make\ninstall\n"},
		"heredoc to file": {"FROM a\nRUN cat <<EOF > /x\nhello\nEOF\n", "cat <<EOF > /x\nhello\nEOF"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := parse(t, tt.source)
			got, span, ok := f.Script(f.Stages[0].Instructions[0])
			if !ok || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, ok, tt.want)
			}
			if len(got) != span.Len() {
				t.Errorf("%d bytes for a place of %d", len(got), span.Len())
			}
		})
	}
}

func TestScopes(t *testing.T) {
	f := parse(t, "FROM a\nARG DIR=app\nWORKDIR /srv\nWORKDIR $DIR\nENV PORT=80\nUSER nobody\nCMD x\n")
	s := f.Stages[0].Scopes(dockerfile.Scope{Workdir: "/go"})
	end := s[len(s)-1]
	if s[0].Workdir != "/go" || end.Workdir != "/srv/app" || end.User != "nobody" || end.Vars["PORT"] != "80" {
		t.Errorf("first %+v, last %+v", s[0], end)
	}
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]struct {
		source string
		is     error
		says   string
	}{
		"too large":            {"FROM a\n" + strings.Repeat("#", dockerfile.MaxBytes), dockerfile.ErrTooLarge, "Dockerfile: "},
		"too many":             {"FROM a\n" + strings.Repeat("RUN x\n", dockerfile.MaxInstructions), dockerfile.ErrTooLarge, "1001 instructions"},
		"not UTF-8":            {"FROM a\nRUN \xff\n", dockerfile.ErrNotText, "UTF-8"},
		"binary":               {"\x7fELF\x00", dockerfile.ErrNotText, "UTF-8"},
		"empty":                {"", dockerfile.ErrNoInstructions, "no instructions"},
		"only comments":        {"# nothing\n", dockerfile.ErrNoInstructions, "no instructions"},
		"unterminated heredoc": {"FROM a\nRUN <<EOF\nx\n", nil, "Dockerfile:2: unterminated heredoc"},
		"unknown instruction":  {"FROM a\nRUM x\n", nil, "Dockerfile:2: "},
		"no FROM":              {"ARG A=1\n", nil, "no FROM"},
		"before FROM":          {"RUN x\nFROM a\n", nil, "Dockerfile:1: RUN before the first FROM"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := dockerfile.Parse("Dockerfile", []byte(tt.source))
			if err == nil || !strings.Contains(err.Error(), tt.says) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %v with %q", err, tt.is, tt.says)
			}
			if got := string(f.Format()); got != tt.source {
				t.Errorf("the source is lost: %d bytes of %d", len(got), len(tt.source))
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, source := range sources {
		f.Add([]byte(source))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		file, err := dockerfile.Parse("Dockerfile", source)
		if got := file.Format(); string(got) != string(source) {
			t.Fatalf("format(parse(x)) = %q, x = %q", got, source)
		}
		if err != nil {
			return
		}
		end := 0
		for _, in := range file.All {
			if in.Lead.Start != end || in.Span.Start != in.Lead.End || !in.Span.Contains(in.Args) {
				t.Fatalf("%s: places do not join: lead %v, span %v, arguments %v", in.Keyword, in.Lead, in.Span, in.Args)
			}
			end = in.Span.End
			if script, span, ok := file.Script(in); ok && len(script) != span.Len() {
				t.Fatalf("%s: script of %d bytes for a place of %d", in.Keyword, len(script), span.Len())
			}
		}
		for _, s := range file.Stages {
			s.Scopes(dockerfile.Scope{})
		}
	})
}

func BenchmarkParse(b *testing.B) {
	source := []byte(sources["comment inside"] + strings.Repeat("RUN go build ./... && \\\n  echo done\n", 50))
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dockerfile.Parse("Dockerfile", source); err != nil {
			b.Fatal(err)
		}
	}
}
