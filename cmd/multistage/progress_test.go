package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app/buildkit"
)

var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func at(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }

// events are those of a short proof.
var events = []buildkit.Event{
	{Image: "original", Step: "[1/3] FROM golang:1.24", Time: at(0)},
	{Image: "original", Step: "[1/3] FROM golang:1.24", Done: true, Time: at(2)},
	{Image: "original", Step: "[2/3] COPY . .", Cached: true, Time: at(2)},
	{Image: "original", Step: "[2/3] COPY . .", Done: true, Cached: true, Time: at(2)},
	{Image: "original", Step: "[3/3] RUN go build", Time: at(2)},
	{Image: "original", Step: "[3/3] RUN go build", Log: "go: downloading exam", Time: at(3)},
	{Image: "original", Step: "[3/3] RUN go build", Log: "ple.com\x1b[31m/a\x1b[0m v1\n\x1b]0;title\x07part", Time: at(3)},
	{Image: "original", Step: "[3/3] RUN go build", Done: true, Time: at(9.5)},
	{Image: "original", Step: "starting it", Time: at(9.5)},
	{Image: "original", Step: "starting it", Done: true, Time: at(10)},
	{Image: "rewrite", Step: "[builder 3/3] RUN go build", Time: at(10)},
	{Image: "rewrite", Step: "[builder 3/3] RUN go build", Done: true, Failed: true, Time: at(11)},
}

func TestPlainProgress(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, "auto")
	for _, e := range events {
		p.event(e)
	}
	p.close()
	want := `original | [1/3] FROM golang:1.24
original | [1/3] FROM golang:1.24 done 2.0s
original | [2/3] COPY . . cached
original | [3/3] RUN go build
original | [3/3] RUN go build done 7.5s
original | starting it
original | starting it done 0.5s
rewrite  | [builder 3/3] RUN go build
rewrite  | [builder 3/3] RUN go build FAILED 1.0s
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestNoProgress(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, "none")
	p.event(events[0])
	p.close()
	if b.Len() > 0 {
		t.Errorf("it writes %q", b.String())
	}
}

// screen plays what was written to a terminal of some columns: only what the renderer
// uses, and a line that is too long wraps as it would there.
func screen(t *testing.T, written string, width int) []string {
	t.Helper()
	lines := []string{""}
	row := 0
	for i := 0; i < len(written); {
		rest := written[i:]
		switch {
		case strings.HasPrefix(rest, "\x1b["):
			n := escapeLen(rest)
			var up int
			switch rest[n-1] {
			case 'A':
				for _, c := range rest[2 : n-1] {
					up = 10*up + int(c-'0')
				}
				if row -= up; row < 0 {
					t.Fatalf("the cursor leaves the screen at %q", rest[:n])
				}
			case 'J':
				lines = append(lines[:row], "")
			case 'm':
			default:
				t.Fatalf("the renderer writes %q", rest[:n])
			}
			i += n
		case rest[0] == '\n':
			row++
			if row == len(lines) {
				lines = append(lines, "")
			}
			i++
		case rest[0] == '\r':
			i++
		default:
			r := []rune(rest)[0]
			if columns(lines[row])+1 > width {
				t.Fatalf("a line wraps: %q", lines[row])
			}
			lines[row] += string(r)
			i += len(string(r))
		}
	}
	return lines
}

func TestLiveProgress(t *testing.T) {
	for _, width := range []int{100, 60, 24, 5} {
		var b bytes.Buffer
		now := at(0)
		p := &progress{w: &b, live: true, paint: painter{on: true}, now: func() time.Time { return now }, size: func() (int, int) { return width, 10 }}
		for i, e := range events {
			now = e.Time
			p.event(e)
			p.draw(nil)
			if i == 6 && width == 100 {
				now = at(5)
				p.draw(nil)
				got := screen(t, b.String(), width)
				want := []string{
					" → original [3/3] RUN go build                                                        3.0s",
					"    go: downloading example.com/a v1", "",
				}
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("under way:\n%s", strings.Join(got, "\n"))
				}
			}
		}
		done := p.phases
		p.phases = nil
		p.draw(done)
		got := strings.Join(screen(t, b.String(), width), "\n")
		if width != 100 {
			continue
		}
		for _, want := range []string{"✓ original build, 3 steps, 1 cached", "✓ original starting it", "✗ rewrite  build, 1 step"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in\n%s", want, got)
			}
		}
	}
}

// The clock redraws too, and nothing is drawn after the end.
func TestProgressEnds(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b, live: true, now: time.Now, size: func() (int, int) { return 80, 24 }}
	p.start()
	p.event(events[0])
	p.close()
	if !strings.Contains(b.String(), "not finished") {
		t.Errorf("what was under way at the end is not told: %q", b.String())
	}
	n := b.Len()
	p.event(events[8])
	if b.Len() > n {
		t.Errorf("after the end it draws %q", b.String()[n:])
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                "plain",
		"a\x1b[1;31mb\x1b[0mc": "abc",
		"a\x1b]8;;http://x\x07link\x1b]8;;\x1b\\": "alink",
		"a\x1b[12":                "a",
		"a\x1b":                   "a",
		"tab\there\x00\x07\u009b": "tab here",
		"\xff\xfeok":              "??ok",
		"abc\u202ednah\u200b":     "abcdnah",
		"":                        "",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := cleanLines("\n10 %\r50 %\r100 %\r\nnext\n\n"); strings.Join(got, "|") != "100 %|next" {
		t.Errorf("cleanLines gives %q", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\x1b[31mb", "\x1b]0;x\x1b\\", "\xff\x1b", "\u202e", "a\rb\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range clean(s) {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e {
				t.Errorf("clean(%q) has %U", s, r)
			}
		}
		for _, width := range []int{0, 1, 7} {
			if got := cut(clean(s), width); columns(got) > width {
				t.Errorf("cut to %d gives %d columns", width, columns(got))
			}
		}
	})
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{{"short", 10, "short"}, {"exactly", 7, "exactly"}, {"too long", 5, "too …"}, {"漢字漢字", 5, "漢字…"}, {"x", 0, ""}} {
		if got := cut(c.in, c.width); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

func TestFigures(t *testing.T) {
	for got, want := range map[string]string{
		seconds(0.04): "0.0s", seconds(59.97): "1m00s", seconds(125): "2m05s", seconds(3720): "1h02m", seconds(12.34): "12.3s",
		size(999): "999 B", size(999_999): "1.0 MB", size(312_400_000): "312.4 MB", size(1_400_000_000): "1.40 GB",
		savedText(100, 8): "−92 %", savedText(100, 103): "+3 %", savedText(1_000_000, 1): "−99 %", savedText(0, 5): "", savedText(100, 100): "±0 %",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
