package review_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/review"
)

func TestMarker(t *testing.T) {
	a := review.Marker{Path: "Dockerfile", Blob: blob("a"), State: "0123456789abcdef"}
	b := review.Marker{Path: "a -->\n<b> größe/Dockerfile", Blob: blob("b"), State: "ab", Proof: review.ProofPending}
	for name, body := range map[string]string{
		"as written":          "text\n\n" + a.String() + "\n" + b.String() + "\n",
		"behind a forged one": "```text\n" + strings.Replace(a.String(), "state=0", "state=f", 1) + "\n```\n\ntext\n" + a.String() + b.String(),
		"with CRLF":           "text\r\n" + a.String() + "\r\n" + b.String() + "\r\n",
		"blanks edited":       strings.ReplaceAll(a.String(), " ", "  ") + strings.ReplaceAll(b.String(), " ", "\r\n"),
		"twice":               a.String() + b.String() + strings.Replace(a.String(), "state=0", "state=f", 1),
		"among others":        "<!-- multistage:v2 path=x -->" + a.String() + "<!-- else -->" + b.String(),
	} {
		if diff := cmp.Diff([]review.Marker{a, b}, review.ParseMarkers(body)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, body := range map[string]string{
		"empty":        "",
		"no path":      "<!-- multistage:v1 path= blob=ab state=ab -->",
		"bad base64":   "<!-- multistage:v1 path=A blob=ab state=ab -->",
		"bad hash":     "<!-- multistage:v1 path=QQ blob=xyz state=ab -->",
		"in a log":     "```text\n" + a.String() + "\n```\n",
		"other proof":  "<!-- multistage:v1 path=QQ blob=ab state=ab proof=maybe -->",
		"other format": "<!-- multistage:v2 path=QQ blob=ab state=ab -->",
		"without end":  "<!-- multistage:v1 path=QQ blob=ab state=ab",
	} {
		if got := review.ParseMarkers(body); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzMarker(f *testing.F) {
	f.Add("a/Dockerfile", "<!-- multistage:v1 path=QQ blob=ab state=ab -->")
	f.Fuzz(func(t *testing.T, path, body string) {
		for _, m := range review.ParseMarkers(body) {
			if again := review.ParseMarkers(m.String()); len(again) != 1 || again[0] != m {
				t.Fatalf("%+v reads as %+v", m, again)
			}
		}
		m := review.Marker{Path: path, Blob: "ab", State: "cd"}
		if strings.Count(m.String(), "-->") != 1 || strings.ContainsAny(m.String(), "\r\n") {
			t.Fatalf("%q", m)
		}
		if got := review.ParseMarkers(m.String()); path != "" && (len(got) != 1 || got[0] != m) {
			t.Fatalf("%q reads as %+v", m, got)
		}
	})
}
