package image

import "strings"

// history says which suite a repository's tags without one stand for: change
// points "version suite" in the order of versions. A version has the suite of the
// last point that is not behind it, so a line (1.24) repeats its point where the
// line before ended elsewhere. "?" is an unknown one. A tag such as 1.24 moves, so
// it counts as the last version of its line.
type history struct {
	points []point
	newest []int // the newest line at AsOf (1.27, or 26 where a line is a major version); what is beyond it is not known
}

type point struct {
	version []int
	suite   string
}

// newHistory reads the points, which are separated by semicolons.
func newHistory(newest, points string) *history {
	h := &history{newest: numbers(newest)}
	for _, p := range strings.Split(points, ";") {
		version, name, _ := strings.Cut(strings.TrimSpace(p), " ")
		if name == "?" {
			name = ""
		}
		h.points = append(h.points, point{numbers(version), name})
	}
	return h
}

// at is the suite of a version, "" where it is not known. The empty version is
// the newest.
func (h *history) at(version string) string {
	if h == nil {
		return ""
	}
	v := numbers(version)
	if line := min(len(v), len(h.newest)); compareVersions(v[:line], h.newest[:line]) > 0 {
		return ""
	}
	found := ""
	for _, p := range h.points {
		if compareVersions(p.version[:min(len(p.version), len(v))], v) > 0 {
			break
		}
		found = p.suite
	}
	return found
}

// settled is the suite that every build of a version had, "" where it is not known or may
// have changed: a digest is one of them. A tag moves with its line, and the images of the
// version at which the suite changed may be older than the change.
func (h *history) settled(version string) string {
	if h == nil {
		return ""
	}
	v := numbers(version)
	for _, p := range h.points {
		if n := min(len(p.version), len(v)); compareVersions(p.version[:n], v[:n]) == 0 {
			return ""
		}
	}
	return h.at(version)
}

// numbers are the numbers of a version up to the first thing that is none: 3, 13,
// 0 of 3.13.0rc1.
func numbers(version string) []int {
	var out []int
	for _, part := range strings.Split(version, ".") {
		n, end := 0, 0
		for end < len(part) && end < 6 && part[end] >= '0' && part[end] <= '9' {
			n = n*10 + int(part[end]-'0')
			end++
		}
		if end == 0 {
			break
		}
		out = append(out, n)
		if end < len(part) {
			break
		}
	}
	return out
}

// compareVersions orders versions; one that is the beginning of the other is
// before it.
func compareVersions(a, b []int) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] != b[i] {
			return a[i] - b[i]
		}
	}
	return len(a) - len(b)
}
