package java

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// conversion is a start by the build tool that becomes one by java.
type conversion struct {
	tool   toolUse
	module *module
	item   plan.Item
	build  string // the command that makes the jar; "" where the author's own does
}

// harmless are options of Maven and Gradle that say nothing about the program.
var harmless = wordSet("-q -B -e -ntp -U --quiet --batch-mode --errors --no-transfer-progress --no-daemon --stacktrace --info --console=plain -DskipTests -DskipTests=true -Dmaven.test.skip=true")

// convertible reports spring-boot:run or bootRun of a project whose jar is known:
// java -jar starts the same program (H71). Anything that sets the program up in
// another way speaks against it.
func (d *designer) convertible(t toolUse) bool {
	beside := len(d.start.java) + len(d.start.scripts) + len(d.start.programs) + len(d.start.paths)
	if len(d.start.tools) != 1 || beside > 0 || t.at != d.start.at {
		return false
	}
	m := d.moduleOf(toolOf(t.name), d.in.End.Workdir)
	it, ok := d.startItem()
	if m == nil || !m.boot || m.jar == "" || !ok || path.Ext(m.jar) != ".jar" || strings.Contains(m.text, "devtools") || d.in.Base.Version == "" {
		return false
	}
	maven := strings.HasPrefix(t.name, "mvn")
	goal := "bootRun"
	if maven {
		goal = "spring-boot:run"
	}
	for _, w := range t.words[1:] {
		if w != goal && w != ":"+goal && !harmless[w] && !(maven && (w == "package" || w == "clean" || w == "install" || w == "compile")) {
			return false
		}
	}
	if maven && (!m.certain || m.tool != "maven" || setsRun(m.text)) || !maven && (m.tool != "gradle" || strings.Contains(m.text, "bootRun")) {
		return false
	}
	d.convert(t, m, it)
	return true
}

// setsRun reports a plugin configuration that a jar would not have.
func setsRun(text string) bool {
	for _, w := range []string{"jvmArguments", "<arguments>", "workingDirectory", "environmentVariables", "systemPropertyVariables", "addResources", "<profiles>", "additionalClasspathElements"} {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// startItem is the one CMD or ENTRYPOINT.
func (d *designer) startItem() (plan.Item, bool) {
	var found []plan.Item
	for _, it := range d.in.Items {
		if it.Keyword == "CMD" || it.Keyword == "ENTRYPOINT" {
			found = append(found, it)
		}
	}
	if len(found) != 1 {
		return plan.Item{}, false
	}
	return found[0], true
}

// convert takes note of the new start, and of the build step that it needs.
func (d *designer) convert(t toolUse, m *module, it plan.Item) {
	d.conversion = &conversion{tool: t, module: m, item: it}
	d.start.java = append(d.start.java, launch{at: t.at, jar: word{text: m.jar}})
	if d.makesJar(m) {
		return
	}
	words := []string{t.words[0]}
	for _, w := range t.words[1:] {
		if harmless[w] && !strings.HasPrefix(w, "-Dmaven.test") && !strings.HasPrefix(w, "-DskipTests") {
			words = append(words, w)
		}
	}
	if m.tool == "maven" {
		words = append(words, "package", "-DskipTests")
	} else {
		words = append(words, "bootJar")
	}
	d.conversion.build = strings.Join(words, " ")
	for i, s := range d.steps {
		if s.Keyword == "RUN" || s.Keyword == "COPY" || s.Keyword == "ADD" {
			d.last = i
		}
	}
}

// makesJar reports a RUN that makes the jar already.
func (d *designer) makesJar(m *module) bool {
	for _, s := range d.steps {
		for _, c := range s.commands {
			if s.Keyword != "RUN" || c.dir != m.dir || !jvmTools[c.tool] {
				continue
			}
			for _, w := range c.Args[1:] {
				if slices.Contains([]string{"package", "install", "verify", "deploy", "build", "bootJar", "assemble"}, strings.TrimPrefix(w.Text, ":")) {
					return true
				}
			}
		}
	}
	return false
}

// invented reports that the build is a step of ours.
func (d *designer) invented() bool { return d.conversion != nil }

// startText is the new start command.
func (c *conversion) startText(workdir string) string {
	jar := c.module.jar
	if rel, ok := strings.CutPrefix(jar, strings.TrimSuffix(workdir, "/")+"/"); ok && workdir != "/" {
		jar = rel
	}
	return `["java", "-jar", "` + jar + `"]`
}
