package java

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// module is a project of Maven's or Gradle's as far as its files tell.
type module struct {
	tool    string // "maven", "gradle"
	dir     string // in the image
	at      plan.Evidence
	text    string // of its build file
	name    string // of its artifact, without ending
	jar     string // absolute path of the artifact; "" where not known
	certain bool   // nothing else can set the name
	fat     bool   // the artifact holds what it depends on
	boot    bool   // it is Spring Boot's
}

const maxGradle = 256 << 10

// classifiers are what plugins put behind the name of the jar that holds everything,
// by a word of the build file: Shadow and Micronaut, Maven's assembly, Quarkus, Vert.x.
var classifiers = []struct{ word, suffix string }{
	{"shadow", "-all"}, {"micronaut", "-all"}, {"jar-with-dependencies", "-jar-with-dependencies"}, {"quarkus", "-runner"}, {"vertx", "-fat"},
}

// classified reports the name of such a jar.
func (m *module) classified(name string) bool {
	stem, ok := strings.CutSuffix(m.jar, ".jar")
	for _, c := range classifiers {
		if ok && strings.Contains(m.text, c.word) && name == stem+c.suffix+".jar" {
			return true
		}
	}
	return false
}

// uberJar reports that Quarkus is told to make one jar of everything. See
// https://quarkus.io/guides/maven-tooling#uber-jar-maven.
func (d *designer) uberJar(m *module) bool {
	if !strings.Contains(m.text, "quarkus") {
		return false
	}
	texts := []string{m.text}
	for _, name := range []string{"application.properties", "application.yml", "application.yaml"} {
		if file, ok := d.tree.Files[path.Join(m.dir, "src/main/resources", name)]; ok {
			if data, err := d.in.Project.Read(d.in.Project.Join(file.Source)); err == nil {
				texts = append(texts, string(data))
			}
		}
	}
	for _, s := range d.steps {
		if s.Keyword == "RUN" || s.Keyword == "ENV" {
			texts = append(texts, d.in.File.Text(s.Span))
		}
	}
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, "uber-jar") })
}

var (
	reGradleComment = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)(^|[^:'"])//[^\n]*`)
	reGradleVersion = regexp.MustCompile(`(?m)^\s*(?:project\.)?version\s*(?:=\s*|\s)["']([^"'$]+)["']`)
	reGradleRoot    = regexp.MustCompile(`(?m)^\s*rootProject\.name\s*=\s*["']([^"'$]+)["']`)
	reGradleFile    = regexp.MustCompile(`(?m)archiveFileName(?:\s*=\s*|\.set\(\s*)["']([^"'$]+)["']`)
	reGradleNamed   = regexp.MustCompile(`archiveBaseName|archivesBaseName|archivesName|archiveVersion|archiveClassifier|archiveName|libsDirName|buildDir\s*=|layout\.buildDirectory`)
)

// gradleModule reads the project of a folder.
func (d *designer) gradleModule(dir string) *module {
	for _, base := range []string{"build.gradle", "build.gradle.kts"} {
		file, ok := d.tree.Files[path.Join(dir, base)]
		if !ok {
			continue
		}
		name := d.in.Project.Join(file.Source)
		m := &module{tool: "gradle", dir: dir, at: plan.Evidence{Path: name}}
		data, err := d.in.Project.Read(name)
		if err != nil || len(data) > maxGradle {
			return m
		}
		m.text = reGradleComment.ReplaceAllString(string(data), "$1")
		d.fillGradle(m)
		return m
	}
	return nil
}

// fillGradle says what a build.gradle builds. Groovy and Kotlin are programs, so a
// name is known only where it is written out.
func (d *designer) fillGradle(m *module) {
	m.boot = strings.Contains(m.text, "org.springframework.boot")
	m.fat = m.boot || strings.Contains(m.text, "shadow") || strings.Contains(m.text, "zipTree") ||
		strings.Contains(m.text, "io.ktor.plugin") || !strings.Contains(m.text, "dependencies")
	libs := path.Join(m.dir, "build", "libs")
	if files := reGradleFile.FindAllStringSubmatch(m.text, 3); len(files) == 1 {
		m.name = strings.TrimSuffix(files[0][1], ".jar")
		m.jar = path.Join(libs, files[0][1])
		return
	}
	if reGradleNamed.MatchString(m.text) {
		return
	}
	name := path.Base(m.dir)
	settings := ""
	for _, base := range []string{"settings.gradle", "settings.gradle.kts"} {
		if file, ok := d.tree.Files[path.Join(m.dir, base)]; ok {
			if data, err := d.in.Project.Read(d.in.Project.Join(file.Source)); err == nil && len(data) <= maxGradle {
				settings = string(data)
			}
		}
	}
	if root := reGradleRoot.FindStringSubmatch(settings); root != nil {
		name = root[1]
	}
	m.name = name
	if version := reGradleVersion.FindStringSubmatch(m.text); version != nil {
		m.name += "-" + version[1]
	}
	m.jar = path.Join(libs, m.name+".jar")
}

// module is the project of a folder in the image, nil where there is none; Maven's
// where there are two.
func (d *designer) module(dir string) *module {
	if m := d.moduleOf("maven", dir); m != nil {
		return m
	}
	return d.moduleOf("gradle", dir)
}

// moduleOf is the project that a tool builds in a folder, nil where there is none.
func (d *designer) moduleOf(tool, dir string) *module {
	key := tool + " " + dir
	m, ok := d.modules[key]
	if ok {
		return m
	}
	switch tool {
	case "maven":
		m = d.mavenModule(dir)
	case "gradle":
		m = d.gradleModule(dir)
	default:
		return d.module(dir)
	}
	if m != nil && d.uberJar(m) {
		m.fat = true
	}
	d.modules[key] = m
	return m
}

// toolOf is the tool that a command runs, "" for another.
func toolOf(name string) string {
	return strings.ToLower(buildNames[name])
}

// owner is the project whose build writes a path, and the folder that it writes:
// /app/target of /app/target/x.jar.
func (d *designer) owner(name string) (*module, string) {
	tools := map[string]string{"target": "maven", "build": "gradle"}
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if tool := tools[path.Base(dir)]; tool != "" {
			if m := d.moduleOf(tool, path.Dir(dir)); m != nil {
				return m, dir
			}
		}
		if dir == "/" || dir == "." {
			return nil, ""
		}
	}
}
