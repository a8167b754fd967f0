package java

import (
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// systemPackage is one package that the author installs.
type systemPackage struct {
	name    string
	text    string // as written, with a version
	index   int    // of the item
	at      plan.Evidence
	special bool // from a place of its own, or pinned
}

// packages are all that RUNs install.
func (d *designer) packages() []systemPackage {
	var out []systemPackage
	for i, s := range d.steps {
		for _, c := range s.commands {
			if s.Keyword != "RUN" || c.kind != packages {
				continue
			}
			manager, words := shell.Packages(c.Command)
			for _, w := range words {
				p := systemPackage{name: shell.PackageName(manager, w.Text), text: w.Text, index: i, at: d.in.Evidence(s.Item, "")}
				p.special = !w.Literal || p.name != w.Text || strings.HasSuffix(w.Text, ".deb")
				out = append(out, p)
			}
		}
	}
	return out
}

// buildHelpers fetch and unpack for a build, unless something runs them.
var buildHelpers = wordSet("git curl wget unzip zip tar gzip dos2unix ca-certificates gnupg gnupg2 apt-transport-https software-properties-common lsb-release nodejs npm findutils which make sed gawk bzip2 xz-utils")

// sameNames are packages that Debian and Ubuntu have under one name in every
// release.
var sameNames = wordSet("curl wget ca-certificates fontconfig fonts-dejavu fonts-dejavu-core fonts-dejavu-extra fonts-liberation fonts-noto-cjk fonts-noto tzdata bash procps " +
	"ffmpeg git unzip zip locales dumb-init tini gosu tesseract-ocr imagemagick ghostscript netcat-openbsd iputils-ping dnsutils vim nano less jq " +
	"postgresql-client default-mysql-client telnet net-tools openssl graphviz poppler-utils libreoffice python3 gnupg libfreetype6 lsof htop")

// inTemurin are packages that Eclipse Temurin's images have.
// See https://github.com/adoptium/containers.
var inTemurin = wordSet("curl wget gnupg fontconfig ca-certificates p11-kit tzdata")

// choosePackages finds the packages that production installs too.
func (d *designer) choosePackages() {
	var run []string
	for _, p := range d.packages() {
		if p.index > d.last {
			d.carries(p) // its RUN stays as it is
			continue
		}
		name, needed := d.runPackage(p)
		if !needed {
			continue
		}
		if name == p.name && !d.carries(p) {
			name = p.text
		}
		if !slices.Contains(run, name) {
			run = append(run, name)
		}
	}
	if d.in.Base.Language == "" && !slices.ContainsFunc(run, runtimeJava) {
		run = append([]string{d.defaultJRE()}, run...)
	}
	run = slices.DeleteFunc(run, func(name string) bool {
		return d.runtime.Name == "eclipse-temurin" && d.own.Text == "" && inTemurin[name] && d.runtime.Family == image.Ubuntu
	})
	for _, name := range d.in.Hints.Packages {
		if !slices.Contains(run, name) {
			run = append(run, name)
		}
	}
	d.install = run
}

// carries reports that a package of the author's is there under the same name on
// production's system; where it is not, production stays on the author's image.
func (d *designer) carries(p systemPackage) bool {
	same := d.runtime.Family == d.in.Base.Family && d.runtime.Family != image.RHEL && (d.runtime.Suite == d.in.Base.Suite || d.runtime.Family == image.Alpine)
	if same && !p.special || d.runtime.Ref == d.in.Base.Ref {
		return true
	}
	if debian := d.in.Base.Family == image.Debian || d.in.Base.Family == image.Ubuntu; debian && sameNames[p.name] && !p.special {
		return true
	}
	d.stay(with(p.at, p.name+" may have another name on the JRE's system"))
	return false
}

// runPackage says what production needs of a package: nothing, itself, or the JRE of
// a JDK.
func (d *designer) runPackage(p systemPackage) (string, bool) {
	if jre, ok := d.jreOf(p.name); ok {
		if d.own.Text != "" {
			jre = p.name // what keeps the image keeps the compiler
		}
		return jre, d.in.Base.Language == ""
	}
	if build, known := image.PackageRole(d.in.Base.Family, p.name); build && known || jvmTools[p.name] {
		return "", false
	}
	if buildHelpers[p.name] {
		_, execs := d.sources.traits["exec"]
		return p.name, execs || slices.ContainsFunc(d.programs(), func(program string) bool {
			return program == p.name || brings(d.in.Base.Family, program, p.name)
		})
	}
	return p.name, true
}

// jreOf is the package with the JRE of one with a JDK.
func (d *designer) jreOf(name string) (string, bool) {
	switch {
	case d.in.Base.Family == image.Alpine && strings.HasPrefix(name, "openjdk"):
		name = strings.TrimSuffix(strings.TrimSuffix(name, "-jdk"), "-jre")
		return name + "-jre", true
	case strings.HasPrefix(name, "default-jdk"), strings.HasPrefix(name, "openjdk-") && strings.Contains(name, "-jdk"):
		return strings.Replace(name, "-jdk", "-jre", 1), true
	case strings.HasPrefix(name, "default-jre"), strings.HasPrefix(name, "openjdk-") && strings.Contains(name, "-jre"):
		return name, true
	}
	return "", false
}

// bringsJava reports a package with Java, or with a build tool that depends on it.
func (d *designer) bringsJava(p systemPackage) bool {
	_, java := d.jreOf(p.name)
	return java || p.name == "maven" || p.name == "gradle" || p.name == "ant"
}

func runtimeJava(name string) bool {
	return strings.Contains(name, "-jre") || strings.Contains(name, "-jdk") || strings.HasPrefix(name, "openjdk")
}

// defaultJRE is what Maven's and Gradle's packages bring.
func (d *designer) defaultJRE() string {
	if d.in.Base.Family == image.Alpine {
		return "openjdk8-jre"
	}
	return "default-jre-headless"
}

// installStep installs production's packages.
func (d *designer) installStep() (plan.New, bool) {
	if len(d.install) == 0 {
		return plan.New{}, false
	}
	run, list := d.keyword("RUN"), strings.Join(d.install, " ")
	at := plan.Evidence{Text: "the original installs them, and run time may need them"}
	switch d.runtime.Family {
	case image.Alpine:
		return plan.New{Text: run + " apk add --no-cache " + list, Evidence: at}, true
	case image.Debian, image.Ubuntu:
		flags := ""
		for _, s := range d.steps {
			for _, c := range s.commands {
				if c.kind == packages && slices.Contains(c.Words(), "--no-install-recommends") {
					flags = " --no-install-recommends"
				}
			}
		}
		return plan.New{Text: run + " apt-get update \\\n && apt-get install -y" + flags + " " + list + " \\\n && rm -rf /var/lib/apt/lists/*", Evidence: at}, true
	case image.RHEL:
		tool := d.rpmTool()
		return plan.New{Text: run + " " + tool + " install -y " + list + " \\\n && " + tool + " clean all", Evidence: at}, true
	}
	return plan.New{}, false
}

// rpmTool is the author's installer of RPM packages.
func (d *designer) rpmTool() string {
	for _, s := range d.steps {
		for _, c := range s.commands {
			if s.Keyword == "RUN" && c.kind == packages && slices.Contains([]string{"yum", "dnf", "microdnf"}, c.Name()) {
				return c.Name()
			}
		}
	}
	return "yum"
}
