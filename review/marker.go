package review

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
)

// Marker is our hidden note in a review about one Dockerfile. It is worth
// nothing in a text that somebody else wrote: only bodies of our own reviews may
// be given to ParseMarkers.
type Marker struct {
	Path  string
	Blob  string // SHA of the Dockerfile's content
	State string // hash of what is said about it: engine, options and proof are in it
	Proof ProofState
}

// ProofState is how far the proof is that a review speaks of.
type ProofState string

// The states.
const (
	ProofNone    ProofState = ""        // the server builds none
	ProofPending ProofState = "pending" // it is not there yet: the review is no last word
	ProofDone    ProofState = "done"
)

// markerLine allows what GitHub does to a body (CRLF) and what a person's edit
// does (blanks).
var markerLine = regexp.MustCompile(
	`<!--\s*multistage:v1\s+path=([A-Za-z0-9_-]*)\s+blob=([0-9a-f]{1,64})\s+state=([0-9a-f]{1,64})(?:\s+proof=(pending|done))?\s*-->`)

// maxMarkers is how many are read from one body.
const maxMarkers = 4 * MaxFiles

// String is the marker as an HTML comment, which GitHub does not show.
func (m Marker) String() string {
	proof := ""
	if m.Proof != ProofNone {
		proof = " proof=" + string(m.Proof)
	}
	return "<!-- multistage:v1 path=" + base64.RawURLEncoding.EncodeToString([]byte(m.Path)) +
		" blob=" + m.Blob + " state=" + m.State + proof + " -->"
}

// ParseMarkers finds the markers at the end of a review's body, in order, the first
// of each path. What does not parse is skipped. Further up a body quotes patches and
// logs, and in code a comment is text: a stranger's marker there is none of ours.
func ParseMarkers(body string) []Marker {
	var markers []Marker
	seen := map[string]bool{}
	for _, m := range markerLine.FindAllStringSubmatch(trailing(body), maxMarkers) {
		path, err := base64.RawURLEncoding.DecodeString(m[1])
		if err != nil || len(path) == 0 || seen[string(path)] {
			continue
		}
		seen[string(path)] = true
		markers = append(markers, Marker{Path: string(path), Blob: m[2], State: m[3], Proof: ProofState(m[4])})
	}
	return markers
}

// trailing is the run of HTML comments that ends a body.
func trailing(body string) string {
	rest := strings.TrimRight(body, " \t\r\n")
	for strings.HasSuffix(rest, "-->") {
		open := strings.LastIndex(rest, "<!--")
		if open < 0 {
			break
		}
		rest = strings.TrimRight(rest[:open], " \t\r\n")
	}
	return body[len(rest):]
}

// withMarkers puts the markers under a body.
func withMarkers(body string, markers []Marker) string {
	var b strings.Builder
	b.WriteString(strings.TrimRight(body, "\n"))
	b.WriteString("\n")
	for _, m := range markers {
		b.WriteString("\n" + m.String())
	}
	b.WriteString("\n")
	return b.String()
}

// fingerprint is a short hash of several texts; no two lists of texts that differ
// are hashed from the same bytes.
func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		n := sha256.Sum256([]byte(p))
		h.Write(n[:])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
