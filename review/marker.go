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
}

// markerLine allows what GitHub does to a body (CRLF) and what a person's edit
// does (blanks).
var markerLine = regexp.MustCompile(
	`<!--\s*multistage:v1\s+path=([A-Za-z0-9_-]*)\s+blob=([0-9a-f]{1,64})\s+state=([0-9a-f]{1,64})\s*-->`)

// maxMarkers is how many are read from one body.
const maxMarkers = 4 * MaxFiles

// String is the marker as an HTML comment, which GitHub does not show.
func (m Marker) String() string {
	return "<!-- multistage:v1 path=" + base64.RawURLEncoding.EncodeToString([]byte(m.Path)) +
		" blob=" + m.Blob + " state=" + m.State + " -->"
}

// ParseMarkers finds the markers of a review's body, in order, the first of each
// path. What does not parse is skipped.
func ParseMarkers(body string) []Marker {
	var markers []Marker
	seen := map[string]bool{}
	for _, m := range markerLine.FindAllStringSubmatch(body, maxMarkers) {
		path, err := base64.RawURLEncoding.DecodeString(m[1])
		if err != nil || len(path) == 0 || seen[string(path)] {
			continue
		}
		seen[string(path)] = true
		markers = append(markers, Marker{Path: string(path), Blob: m[2], State: m[3]})
	}
	return markers
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
