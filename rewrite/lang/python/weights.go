package python

import (
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// weight is what a system package adds unpacked to a small image, in megabytes, about:
// itself, what it needs of other packages in this table, and what else comes along
// where recommended packages are installed.
type weight struct {
	own, more         int64
	needs, recommends string
}

// debianWeights are measured from the archive of bookworm, on a slim image of Python;
// see https://packages.debian.org/bookworm/.
var debianWeights = map[string]weight{
	"libc6-dev": {own: 21, more: 56}, "gcc": {own: 140, needs: "libc6-dev"}, "g++": {own: 75, needs: "gcc"}, "make": {own: 2}, "dpkg-dev": {own: 15}, "build-essential": {own: 5, needs: "g++ make dpkg-dev", more: 10},
	"gfortran": {own: 65, needs: "gcc"}, "clang": {own: 390, more: 500}, "llvm": {own: 234, more: 490}, "cmake": {own: 85, recommends: "gcc"}, "rustc": {own: 470, needs: "gcc", more: 500}, "cargo": {own: 20, needs: "rustc"},
	"golang": {own: 450, more: 250}, "golang-go": {own: 450, more: 250}, "nodejs": {own: 91, more: 15}, "npm": {own: 125, needs: "nodejs", more: 350, recommends: "build-essential"}, "yarnpkg": {own: 60, needs: "nodejs"},
	"libtool": {own: 3, needs: "gcc"}, "autoconf": {own: 3}, "automake": {own: 2, needs: "autoconf"}, "flex": {own: 2, recommends: "gcc"}, "bison": {own: 4}, "swig": {own: 6}, "pkg-config": {own: 1}, "protobuf-compiler": {own: 7, more: 90},
	"python3": {own: 21}, "python3-setuptools": {own: 5, needs: "python3"}, "python3-venv": {own: 4, needs: "python3"}, "python3-virtualenv": {own: 5, needs: "python3", recommends: "python3-pip"}, "virtualenv": {own: 5, needs: "python3", recommends: "python3-pip"},
	"python3-pip": {own: 8, needs: "python3-setuptools", recommends: "build-essential python3-dev"}, "python3-dev": {own: 40, needs: "python3 libc6-dev"}, "python3-poetry": {own: 60, needs: "python3"}, "cython3": {own: 15, needs: "python3"},
	"curl": {own: 4}, "wget": {own: 4}, "unzip": {own: 1}, "git": {own: 50, more: 12}, "git-lfs": {own: 11, needs: "git"}, "gnupg": {own: 17}, "gnupg2": {own: 17}, "openssh-client": {own: 7, more: 4}, "subversion": {own: 11},
	"mercurial": {own: 16, needs: "python3", more: 10}, "software-properties-common": {own: 100, needs: "python3", more: 20}, "dialog": {own: 2}, "apt-utils": {own: 1}, "apt-transport-https": {},
	"libpq-dev": {own: 14}, "default-libmysqlclient-dev": {own: 15, needs: "libc6-dev"}, "libmariadb-dev": {own: 15, needs: "libc6-dev"}, "libffi-dev": {own: 1}, "libssl-dev": {own: 12}, "libicu-dev": {own: 84, needs: "libc6-dev"},
	"libxml2-dev": {own: 6, needs: "libicu-dev"}, "libxslt1-dev": {own: 3, needs: "libxml2-dev"}, "libxslt-dev": {own: 3, needs: "libxml2-dev"}, "libxmlsec1-dev": {own: 45, needs: "libxml2-dev"}, "libcurl4-openssl-dev": {own: 5}, "libldap2-dev": {own: 3},
	"libmagic-dev": {own: 9}, "unixodbc-dev": {own: 3}, "libyaml-dev": {own: 1}, "liblzma-dev": {own: 1}, "libgmp-dev": {own: 2}, "libopenblas-dev": {own: 104}, "liblapack-dev": {own: 37}, "libatlas-base-dev": {own: 39}, "libhdf5-dev": {own: 42, needs: "libc6-dev"},
	"libgdal-dev": {own: 700, more: 150}, "libgeos-dev": {own: 4}, "libproj-dev": {own: 47, needs: "libc6-dev"}, "libboost-dev": {own: 194, needs: "libc6-dev"}, "libboost-all-dev": {own: 770, needs: "libc6-dev"}, "libcairo2-dev": {own: 87, needs: "libc6-dev", more: 35},
	"libgirepository1.0-dev": {own: 310, needs: "libc6-dev", more: 60}, "libglib2.0-dev": {own: 57, needs: "libc6-dev", more: 40}, "libgtk-3-dev": {own: 500, needs: "libc6-dev"}, "libmagickwand-dev": {own: 290, needs: "libc6-dev", more: 200},
	"libzmq3-dev": {own: 17, needs: "libicu-dev"}, "libsndfile1-dev": {own: 10}, "portaudio19-dev": {own: 7}, "librdkafka-dev": {own: 7}, "libsnappy-dev": {own: 1}, "libleveldb-dev": {own: 1}, "libevent-dev": {own: 3}, "libopencv-dev": {own: 1000, needs: "libc6-dev"},
	"libwebp-dev": {own: 2}, "libavcodec-dev": {own: 200, more: 200}, "libavformat-dev": {own: 16, needs: "libavcodec-dev"}, "libusb-1.0-0-dev": {own: 1}, "libdbus-1-dev": {own: 2}, "libgl1-mesa-dev": {own: 200}, "freetds-dev": {own: 3, more: 10}, "tk-dev": {own: 80, needs: "libc6-dev"},
	"libgl1": {own: 210}, "libgl1-mesa-glx": {own: 200}, "libxml2": {own: 38}, "libxslt1.1": {own: 1, needs: "libxml2"}, "libxmlsec1": {own: 1, needs: "libxslt1.1"}, "libmagic1": {own: 8}, "libpq5": {own: 2}, "ffmpeg": {own: 460}, "imagemagick": {own: 94},
	"libcairo2": {own: 13}, "libpango-1.0-0": {own: 3, needs: "libcairo2"}, "libpangoft2-1.0-0": {own: 1, needs: "libpango-1.0-0"}, "libpangocairo-1.0-0": {own: 1, needs: "libpango-1.0-0"}, "libtk8.6": {own: 17}, "libgomp1": {}, "default-jdk": {own: 560}, "default-jdk-headless": {own: 480},
}

// alpineWeights are what is different there; see https://pkgs.alpinelinux.org/.
var alpineWeights = map[string]weight{
	"musl-dev": {own: 11}, "libc-dev": {needs: "musl-dev"}, "gcc": {own: 140}, "g++": {own: 60, needs: "gcc musl-dev"}, "make": {own: 1}, "build-base": {own: 2, needs: "g++ make"}, "alpine-sdk": {own: 10, needs: "build-base git"}, "gfortran": {own: 45, needs: "gcc"},
	"rust": {own: 330, needs: "gcc musl-dev"}, "cargo": {own: 25, needs: "rust"}, "clang": {own: 300}, "cmake": {own: 45}, "go": {own: 240}, "python3": {own: 42}, "python3-dev": {own: 2, needs: "python3"}, "py3-pip": {own: 12, needs: "python3"}, "linux-headers": {own: 6},
	"postgresql-dev": {own: 60}, "libpq-dev": {own: 6}, "mariadb-dev": {own: 25}, "openssl-dev": {own: 9}, "libffi-dev": {own: 1}, "git": {own: 12}, "curl": {own: 5}, "wget": {own: 1}, "nodejs": {own: 60}, "npm": {own: 12, needs: "nodejs"}, "gnupg": {own: 10},
	"libxml2-dev": {own: 7}, "libxslt-dev": {own: 3, needs: "libxml2-dev"}, "openblas-dev": {own: 60}, "gdal-dev": {own: 90}, "jpeg-dev": {own: 1}, "zlib-dev": {own: 1},
}

// fullParts are packages beside fullHas that the full image has, as part of others.
var fullParts = words("python3 python3-setuptools libicu-dev perl")

var reRelease = regexp.MustCompile(`-?\d[\d.]*(-dev|-venv)?$`)

// scale adds packages up; what two of them need counts once.
type scale struct {
	family      image.Family
	has         map[string]bool // is there or counted
	least, most int64           // bytes
}

// newScale starts with what the author's image has.
func (d *designer) newScale(full bool) *scale {
	s := &scale{family: d.in.Base.Family, has: map[string]bool{}}
	if d.system() {
		s.has["python3"] = true // production runs on it
	}
	if full {
		for _, set := range []map[string]bool{fullHas, fullParts} {
			for name := range set {
				s.has[name] = true
			}
		}
	}
	return s
}

// add counts a package, with what is recommended beside it where apt installs that.
func (s *scale) add(name string, recommended bool) {
	if s.has[name] {
		return
	}
	s.has[name] = true
	w := s.weight(name)
	s.least += w.own * 850_000
	s.most += w.own * 1_100_000
	for _, need := range strings.Fields(w.needs) {
		s.add(need, recommended)
	}
	if !recommended {
		return
	}
	s.most += w.more * 1_000_000
	for _, need := range strings.Fields(w.recommends) {
		s.add(need, recommended)
	}
}

// weight is the package's own, that of the package whose version its name has, or
// about what those weigh that no table names.
func (s *scale) weight(name string) weight {
	tables := []map[string]weight{debianWeights}
	if s.family == image.Alpine {
		tables = []map[string]weight{alpineWeights, debianWeights}
	}
	for _, table := range tables {
		if w, ok := table[name]; ok {
			return w
		}
	}
	if base := reRelease.ReplaceAllString(name, "$1"); base != name { // gcc-12, python3.11-venv
		if base == "python" || strings.HasPrefix(base, "python-") {
			base = "python3" + strings.TrimPrefix(base, "python")
		}
		if w, ok := tables[0][base]; ok {
			return w
		}
	}
	if strings.HasSuffix(name, "-dev") && s.family != image.Alpine {
		return weight{own: 3, needs: "libc6-dev"}
	}
	return weight{own: 3}
}

// recommends reports an apt command that brings recommended packages.
func recommends(t task) bool {
	text := strings.Join(t.Words(), " ")
	manager, _ := shell.Packages(t.Command)
	return manager == "apt" && !strings.Contains(text, "--no-install-recommends") && !strings.Contains(text, "Install-Recommends")
}

// leftPackages is what the system packages weigh that stay behind, in bytes.
func (d *designer) leftPackages() (least, most int64) {
	left := map[string]bool{}
	for _, name := range d.left {
		left[name] = true
	}
	scale := d.newScale(d.in.Base.Tools && !d.in.Base.Slim && !d.system())
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			manager, list := shell.Packages(t.Command)
			for _, w := range list {
				if name := shell.PackageName(manager, w.Text); left[name] && !d.removedAtOnce(s, t, name) {
					scale.add(name, recommends(t))
				}
			}
		}
	}
	return scale.least, scale.most
}

// installers are what the tools that install others weigh, in megabytes: least and
// most of their releases.
var installers = map[string][2]int64{"poetry": {40, 75}, "pipenv": {18, 35}, "pdm": {20, 40}, "uv": {35, 62}}

// leftTools is what the tools weigh that stay behind.
func (d *designer) leftTools() (least, most int64) {
	seen := map[string]bool{}
	for _, name := range d.left {
		if w, ok := installers[name]; ok && !seen[name] {
			seen[name] = true
			least, most = least+w[0]*1_000_000, most+w[1]*1_000_000
		}
	}
	return least, most
}

// added is what production has that the original has not: what is installed in place
// of the full image's own, and pip once more among the packages that are copied.
func (d *designer) added() (least, most int64) {
	if d.slim != "" {
		scale := d.newScale(false)
		for _, name := range d.extra {
			scale.add(name, false)
		}
		least, most = scale.least, scale.most
	}
	if d.takesSystem() && !d.system() {
		least, most = least+8e6, most+16e6
	}
	return least, most
}
