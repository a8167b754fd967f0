package image

// suite is a release of a distribution. Releases of one family are comparable.
type suite struct {
	family Family
	order  int // age within the family
}

// suites are the releases of Debian and Ubuntu by name.
var suites = map[string]suite{
	"wheezy": {Debian, 7}, "jessie": {Debian, 8}, "stretch": {Debian, 9}, "buster": {Debian, 10}, "bullseye": {Debian, 11},
	"bookworm": {Debian, 12}, "trixie": {Debian, 13}, "forky": {Debian, 14}, "sid": {Debian, 99},
	"trusty": {Ubuntu, 1404}, "xenial": {Ubuntu, 1604}, "bionic": {Ubuntu, 1804}, "focal": {Ubuntu, 2004}, "jammy": {Ubuntu, 2204},
	"mantic": {Ubuntu, 2310}, "noble": {Ubuntu, 2404}, "oracular": {Ubuntu, 2410}, "plucky": {Ubuntu, 2504}, "questing": {Ubuntu, 2510},
	"resolute": {Ubuntu, 2604}, "stonking": {Ubuntu, 2610},
}

// debianReleases and ubuntuReleases are the numbers of the releases.
var (
	debianReleases = map[string]string{
		"7": "wheezy", "8": "jessie", "9": "stretch", "10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie",
		"latest": "trixie", "stable": "trixie", "oldstable": "bookworm", "oldoldstable": "bullseye", "testing": "forky", "unstable": "sid",
	}
	ubuntuReleases = map[string]string{
		"14.04": "trusty", "16.04": "xenial", "18.04": "bionic", "20.04": "focal", "22.04": "jammy", "23.10": "mantic", "24.04": "noble",
		"24.10": "oracular", "25.04": "plucky", "25.10": "questing", "26.04": "resolute", "26.10": "stonking",
		"latest": "resolute", "rolling": "resolute", "devel": "stonking",
	}
)

// latestAlpine is what alpine:latest was.
const latestAlpine = "3.24"

// slimSuites are the Debian suites for which debian:<suite>-slim is published and
// still has a package archive to install from.
var slimSuites = map[string]bool{"bullseye": true, "bookworm": true, "trixie": true}

// Newer reports whether suite a of a family came out after suite b. ok is false
// where one of them is not known: then nothing may be concluded.
func Newer(family Family, a, b string) (newer, ok bool) {
	if family == Alpine {
		if !alpineRelease(a) || !alpineRelease(b) {
			return false, false
		}
		return compareVersions(numbers(a), numbers(b)) > 0, true
	}
	x, y := suites[a], suites[b]
	if x.family != family || y.family != family {
		return false, false
	}
	return x.order > y.order, true
}
