package image

import (
	"slices"
	"strings"
)

// tag is what the parts of a tag say. Parts stand between dashes.
type tag struct {
	text    string
	parts   []string
	version string // the first part that begins with a digit, "v" taken off
	suite   string // a distribution's release that the tag names
	alpine  bool
	slim    bool
	windows bool
}

// parseTag reads a tag.
func parseTag(text string) tag {
	t := tag{text: text, parts: strings.Split(text, "-")}
	for i, part := range t.parts {
		switch {
		case part == "slim":
			t.slim = true
		case part == "alpine":
			t.alpine = true
			if i+1 < len(t.parts) && alpineRelease(t.parts[i+1]) { // temurin's alpine-3.20
				t.suite = t.parts[i+1]
			}
		case strings.HasPrefix(part, "alpine") && alpineRelease(part[len("alpine"):]):
			t.alpine, t.suite = true, part[len("alpine"):]
		case strings.HasPrefix(part, "windowsservercore") || strings.HasPrefix(part, "nanoserver"):
			t.windows = true
		case suites[part].family != "":
			t.suite = part
		case strings.HasPrefix(part, "ubuntu") && ubuntuReleases[part[len("ubuntu"):]] != "":
			t.suite = ubuntuReleases[part[len("ubuntu"):]]
		case strings.HasPrefix(part, "debian") && debianReleases[part[len("debian"):]] != "":
			t.suite = debianReleases[part[len("debian"):]]
		case t.version == "" && versionLike(part) && !(i > 0 && t.alpine && alpineRelease(part)):
			t.version = strings.TrimPrefix(part, "v")
		}
	}
	return t
}

// has reports a part.
func (t tag) has(part string) bool { return slices.Contains(t.parts, part) }

// prefixed is the rest of the first part that begins with the prefix and goes on
// with a digit: the 17 of jdk17.
func (t tag) prefixed(prefix string) string {
	for _, part := range t.parts {
		if rest, ok := strings.CutPrefix(part, prefix); ok && versionLike(rest) {
			return rest
		}
	}
	return ""
}

// after is the part behind a part, where it is a version: the 17 of
// eclipse-temurin-17.
func (t tag) after(part string) string {
	for i := 0; i+1 < len(t.parts); i++ {
		if t.parts[i] == part && versionLike(t.parts[i+1]) {
			return t.parts[i+1]
		}
	}
	return ""
}

func versionLike(part string) bool {
	part = strings.TrimPrefix(part, "v")
	return part != "" && part[0] >= '0' && part[0] <= '9'
}

// alpineRelease reports 3.20.
func alpineRelease(text string) bool {
	major, minor, ok := strings.Cut(text, ".")
	return ok && (major == "3" || major == "2") && digits(minor)
}

func digits(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// major is the first number of a version: 17 of 17.0.8_7, 8 of 8u392.
func major(version string) string {
	end := 0
	for end < len(version) && version[end] >= '0' && version[end] <= '9' {
		end++
	}
	return version[:end]
}
