package image

import "strings"

// java is a JDK or JRE image, or Maven or Gradle on top of one.
func java(tool string, suiteOf func(b *Base, t tag) string, config func(*Base, tag)) resolver {
	return func(b *Base, t tag) bool {
		b.Language, b.Version, b.Slim = "java", javaVersion(tool, t), t.slim
		b.Tools = !t.has("jre")
		b.Family = familyOf(t)
		switch {
		case strings.HasSuffix(b.Name, "-alpine"):
			b.Family = Alpine
		case strings.HasSuffix(b.Name, "-debian"):
			b.Family = Debian
		}
		if strings.Contains(b.Name, "openjre") {
			b.Tools = false
		}
		if b.Suite == "" && suiteOf != nil {
			b.Suite = suiteOf(b, t)
		}
		if b.Family == Other {
			b.Family = javaFamily(b, t)
		}
		config(b, t)
		b.Size = sizeOf(b)
		return true
	}
}

// javaVersion is the major version of Java that a tag names.
func javaVersion(tool string, t tag) string {
	if tool == "" {
		return major(t.version)
	}
	for _, vendor := range []string{"temurin", "jdk", "openjdk", "amazoncorretto", "corretto", "azulzulu", "zulu", "liberica", "sapmachine", "graalvm", "microsoft", "ibmjava", "adoptopenjdk"} {
		if v := t.after(vendor); v != "" {
			return major(v)
		}
	}
	if v := t.prefixed("jdk"); v != "" {
		return major(v)
	}
	return major(t.prefixed("jre"))
}

// javaFamily is the system below a tag that names none.
func javaFamily(b *Base, t tag) Family {
	if suites[b.Suite].family != "" {
		return suites[b.Suite].family
	}
	switch b.Name {
	case "openjdk", "java":
		return openjdkFamily(b.Version, t)
	case "amazoncorretto", "ghcr.io/graalvm/jdk-community", "ghcr.io/graalvm/native-image-community":
		return RHEL
	case "maven":
		switch {
		case t.has("openjdk") || t.has("jdk"):
			return openjdkFamily(b.Version, t)
		case t.has("amazoncorretto") && !t.has("debian"):
			return RHEL
		case t.has("amazoncorretto"), t.has("azulzulu") && t.has("debian"):
			return Debian
		}
		return Ubuntu
	case "gradle":
		if t.has("corretto") || t.has("ubi") {
			return RHEL
		}
		return Ubuntu
	case "mcr.microsoft.com/openjdk/jdk":
		return Other
	}
	return Ubuntu
}

// openjdkFamily: from Java 12 on the default variant is Oracle Linux, the slim
// one Debian.
func openjdkFamily(version string, t tag) Family {
	if v := numbers(version); !t.slim && len(v) > 0 && v[0] >= 12 {
		return RHEL
	}
	return Debian
}

// openjdkSuite is the suite of the last image of each version.
func openjdkSuite(b *Base, t tag) string {
	v := b.Version
	if t.alpine {
		return map[string]string{"7": "3.9", "8": "3.9", "12": "3.9", "13": "3.10", "14": "3.10", "15": "3.12", "16": "3.13", "17": "3.14", "18": "3.15", "19": "3.16"}[v]
	}
	if t.has("oracle") || openjdkFamily(v, t) != Debian {
		return ""
	}
	switch v {
	case "6":
		return "wheezy"
	case "7":
		return "jessie"
	case "13", "14", "15":
		return "buster"
	case "8", "11", "16", "17", "18", "19", "20":
		if len(numbers(strings.TrimPrefix(t.version, "8u"))) > 1 || strings.HasPrefix(t.version, "8u") {
			return "" // a release of its own may be older than the last move
		}
		return "bullseye"
	case "21", "22", "23":
		return "bookworm"
	}
	return ""
}

// temurinSuite is the suite of moving tags such as 17-jdk; a tag with a build
// number stands for whatever was the default on its day.
func temurinSuite(b *Base, t tag) string {
	if strings.ContainsAny(t.version, ".u_") {
		return ""
	}
	if t.alpine {
		return map[string]string{"8": "3.24", "11": "3.24", "17": "3.24", "21": "3.24", "23": "3.21", "24": "3.22", "25": "3.24", "26": "3.24"}[b.Version]
	}
	if familyOf(t) == RHEL {
		return ""
	}
	switch b.Version {
	case "8", "11", "17", "21", "25", "26":
		return "resolute"
	case "22", "23", "24":
		return "noble"
	case "18", "19", "20":
		return "jammy"
	case "16":
		return "focal"
	}
	return ""
}

// correttoSuite knows Alpine's only; Amazon Linux has no suites here.
func correttoSuite(b *Base, t tag) string {
	if !t.alpine {
		return ""
	}
	return map[string]string{"8": "3.24", "11": "3.24", "16": "3.12", "17": "3.24", "18": "3.16", "19": "3.17", "20": "3.18", "21": "3.24",
		"22": "3.20", "23": "3.21", "24": "3.22", "25": "3.24", "26": "3.24"}[b.Version]
}
