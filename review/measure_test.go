package review_test

import (
	"strings"
	"testing"

	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/review/config"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// TestFigures says what people read of sizes and times.
func TestFigures(t *testing.T) {
	full := strings.Repeat("█", 30)
	for name, tt := range map[string]struct {
		before, after int64
		want          []string
		title         string
	}{
		"much smaller": {1_142_000_000, 14_300_000, []string{"before  " + full + " 1.14 GB\n", "after   ▍                              14 MB  (−99 %)\n",
			"| Unpacked | 1.14 GB | 14 MB (−99 %) |"}, "Dockerfile: 1.14 GB → 14 MB (−99 %), proven"},
		"nearly nothing left": {12_000_000_000, 1_000, []string{"after   ▏                              1 kB  (−99 %)\n", "12 GB"}, "Dockerfile: 12 GB → 1 kB (−99 %), proven"},
		"half":                {900_000_000, 450_000_000, []string{"after   " + full[:15*3] + strings.Repeat(" ", 16) + "450 MB  (−50 %)\n"}, "Dockerfile: 900 MB → 450 MB (−50 %), proven"},
		"the same":            {90_000_000, 90_100_000, []string{"before  " + full + " 90 MB\n", "after   " + full + " 90 MB  (±0 %)\n"}, "Dockerfile: 90 MB → 90 MB (±0 %), proven"},
		"larger":              {80_000_000, 100_000_000, []string{"before  " + full[:24*3] + strings.Repeat(" ", 7) + "80 MB\n", "(+25 %)"}, "Dockerfile: 80 MB → 100 MB (+25 %), proven"},
		"not measured":        {0, 14_000_000, []string{"**Proven.**"}, "The Dockerfile can be multi-stage, proven"},
	} {
		p := figures()
		p.Original.Sizes.Unpacked, p.Rewrite.Sizes.Unpacked = tt.before, tt.after
		r := compose(with(subject("Dockerfile", single, multi), p, ""))
		for _, want := range tt.want {
			if !strings.Contains(r.Body, want) {
				t.Errorf("%s: no %q in\n%s", name, want, r.Body)
			}
		}
		if r.Check.Title != tt.title {
			t.Errorf("%s: title %q", name, r.Check.Title)
		}
	}
}

// TestBuildTimes claims none where a step came from the cache.
func TestBuildTimes(t *testing.T) {
	for name, tt := range map[string]struct {
		seconds float64
		cached  int
		want    string
	}{
		"short":                  {3.24, 0, "| Build without a cache | 3.2 s | 3.2 s |"},
		"seconds":                {41.4, 0, "| Build without a cache | 41 s | 41 s |"},
		"minutes":                {191.7, 0, "| Build without a cache | 3 min 12 s | 3 min 12 s |"},
		"one step of one cached": {191.7, 1, ""},
	} {
		p := figures()
		for _, i := range []*proof.Image{&p.Original, &p.Rewrite} {
			i.Steps, i.Seconds = 5, tt.seconds
		}
		p.Rewrite.Cached = tt.cached
		body := compose(with(a, p, "")).Body
		if tt.want == "" && strings.Contains(body, "Build without") || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %s", name, body)
		}
	}
}

// TestTails cuts logs: the end is kept, colours go, long lines are cut, and what
// cannot be seen is shown.
func TestTails(t *testing.T) {
	for name, tt := range map[string]struct{ log, want string }{
		"short":      {"a\r\nb\n\n", "```text\na\nb\n```\n"},
		"colours":    {"\x1b[1;31mred\x1b[0m \x1b]0;title\x07x", "```text\nred x\n```\n"},
		"invisible":  {"a\u202eb\x00", "```text\na\\u{202e}b\\u{0000}\n```\n"},
		"long":       {strings.Repeat("line\n", 99) + "end", "```text\n…\n" + strings.Repeat("line\n", 14) + "end\n```\n"},
		"long lines": {strings.Repeat("é", 300), "```text\n" + strings.Repeat("é", 200) + "…\n```\n"},
		"a fence":    {"```\n@x", "````text\n```\n@x\n````\n"},
	} {
		p := disproof()
		p.Failure.Tail = tt.log
		if text := compose(with(a, p, "")).Check.Text; !strings.Contains(text, "</summary>\n\n"+tt.want+"\n</details>") {
			t.Errorf("%s: %s", name, text)
		}
	}
	p := disproof()
	p.Failure.Tail = " \n\x1b[0m\n"
	if text := compose(with(a, p, "")).Check.Text; strings.Contains(text, "<details>") {
		t.Errorf("an empty log: %s", text)
	}
}

// TestStarts words what two containers did.
func TestStarts(t *testing.T) {
	listens := func(digest string, status int) proof.Start {
		return proof.Start{State: proof.Listening, Ports: []string{"80/tcp"}, Answers: []proof.Answer{{Port: "80/tcp", Path: "/", Protocol: "http", Status: status, Digest: digest}}}
	}
	exit := func(code int) proof.Start {
		return proof.Start{State: proof.Exited, ExitCode: code, Error: "no database"}
	}
	for want, starts := range map[string][2]proof.Start{
		"compared: both listen on `80/tcp`, and give the same answer.":                      {listens("a", 200), listens("a", 200)},
		"compared: both listen on `80/tcp`, and the answers have the same status and type.": {listens("a", 200), listens("b", 200)},
		"compared: both listen on `80/tcp`; the answers are listed below.":                  {listens("a", 200), listens("a", 404)},
		"200 before, 404 after":            {listens("a", 200), listens("a", 404)},
		"200, the same; the bodies differ": {listens("a", 200), listens("b", 200)},
		"compared: both end by themselves with exit code 1 and the same first error, `no database`.": {exit(1), exit(1)},
		"compared: both keep running, without listening on a port.":                                  {{State: proof.Running}, {State: proof.Running}},
		"**Proven.** Both images were built from this commit and compared.":                          {},
	} {
		p := figures()
		p.Original.Start, p.Rewrite.Start = starts[0], starts[1]
		if body := compose(with(a, p, "")).Body; !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
}

// TestSeveralProofs sums them up in one title, each with its own section in the check
// run.
func TestSeveralProofs(t *testing.T) {
	one, two, three := subject("a/Dockerfile", single, multi), subject("b/Dockerfile", single, multi), subject("c/Dockerfile", single, multi)
	all := []review.Subject{with(one, figures(), ""), with(two, disproof(), ""), with(three, nil, review.Pending)}
	r := review.Compose(pullRequest(all...), all, config.Config{})
	if r.Check.Title != "2 of 3 Dockerfiles can be multi-stage, 1 proven" {
		t.Errorf("title %q", r.Check.Title)
	}
	for _, want := range []string{"### `a/Dockerfile`\n\n#### Proof\n\n**Proven.**", "### `b/Dockerfile`\n\n#### Proof\n\nThe rewrite is withdrawn"} {
		if !strings.Contains(r.Check.Text, want) {
			t.Errorf("no %q in\n%s", want, r.Check.Text)
		}
	}
	if strings.Contains(r.Body, "b/Dockerfile") {
		t.Error("a withdrawn rewrite is in the review")
	}
	required := review.Compose(pullRequest(all...), all[2:], config.Config{Required: true})
	if required.Check.Title != "No rewrite is offered: the proof is under way" || required.Check.Conclusion != review.Neutral {
		t.Errorf("%+v", required.Check)
	}
}
