package java

import (
	"path"
	"regexp"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// sources are what the program's own files show about run time.
type sources struct {
	literals map[string]plan.Evidence // strings that may be paths
	traits   map[string]plan.Evidence // what was found of traitWords
	draws    bool                     // whether the program draws is of interest
	tests    plan.Evidence            // a file with tests; no path where there is none
	services plan.Evidence            // tests that need something beside them
}

// Limits on what is read.
const (
	maxSources     = 1500
	maxSourceBytes = 6 << 20
	maxLiterals    = 20_000
	maxLiteral     = 200
)

// traitWords are what is looked for in sources and build files. JRE images of Java
// 9 and later lack the modules jdk.compiler, jdk.attach, jdk.jdi and jdk.jshell.
var traitWords = map[string][]string{
	"jdk":    {"javax.tools.", "com.sun.tools.", "jdk.jshell", "com.sun.jdi", "ByteBuddyAgent", "InMemoryJavaCompiler", "net.openhft.compiler", "JaxWsDynamicClientFactory"},
	"exec":   {"ProcessBuilder(", "getRuntime().exec(", "Runtime.exec("},
	"native": {"System.loadLibrary(", "System.load(", "Native.load(", "SymbolLookup.libraryLookup("},
	"draws":  {"java.awt.", "javax.imageio", "org.apache.poi", "jasperreports", "itextpdf", "openpdf", "pdfbox", "jfreechart", "com.aspose", "com.google.zxing"},
	"env":    {"dotenv-java", "java-dotenv", "dotenv-kotlin", "spring-dotenv", "io.github.cdimascio"},
}

var traitNames = []string{"draws", "env", "exec", "jdk", "native"}

var serviceWords = []string{"Testcontainers", "testcontainers", "@SpringBootTest", "@DataJpaTest", "@QuarkusTest", "localhost", "jdbc:", "@WebMvcTest", "@MicronautTest"}

// rePath is what may be a path in a properties or YAML file.
var rePath = regexp.MustCompile(`(?:file:|[\s=:"'])(\.{0,2}/?[\w.\-]+(?:/[\w.\-]+)*/?)`)

// readSources reads what is in the image of the project's sources.
func (d *designer) readSources() *plan.Refusal {
	s := &d.sources
	s.literals, s.traits = map[string]plan.Evidence{}, map[string]plan.Evidence{}
	s.draws = vendor(d.in.Base) != ""
	read, sum := 0, 0
	for _, target := range d.tree.Names {
		source := d.tree.Files[target].Source
		if !readable(source) {
			continue
		}
		test := isTest(source)
		name := d.in.Project.Join(source)
		if test && s.tests.Path == "" && (strings.HasSuffix(source, ".java") || strings.HasSuffix(source, ".kt") || strings.HasSuffix(source, ".groovy")) {
			s.tests = plan.Evidence{Path: name, Text: "the project has tests"}
		}
		if test && s.services.Path != "" {
			continue
		}
		if read++; read > maxSources || sum > maxSourceBytes {
			at := plan.Evidence{Path: name, Text: "the sources are more than are read here"}
			d.stay(at)
			return d.whole(at)
		}
		data, err := d.in.Project.Read(name)
		if err != nil {
			continue
		}
		sum += len(data)
		if test {
			s.readTest(name, string(data))
			continue
		}
		s.readSource(name, string(data))
	}
	return nil
}

// readable reports a file that says something about run time.
func readable(name string) bool {
	switch path.Ext(name) {
	case ".java", ".kt", ".groovy", ".scala":
	case ".properties", ".yml", ".yaml", ".conf":
		if !strings.HasPrefix(path.Base(name), "application") && !strings.Contains(name, "src/main/resources/") && !strings.Contains("/"+name, "/config/") {
			return false
		}
	case ".xml":
		base := path.Base(name)
		return base == "pom.xml" || strings.HasPrefix(base, "logback") || strings.HasPrefix(base, "log4j") || strings.Contains(name, "src/main/resources")
	case ".gradle", ".kts", ".toml":
	default:
		return false
	}
	for _, folder := range []string{"node_modules/", "target/", ".git/", ".github/", ".idea/", ".mvn/", "buildSrc/"} {
		if strings.HasPrefix(name, folder) || strings.Contains(name, "/"+folder) {
			return false
		}
	}
	return true
}

func isTest(name string) bool {
	return strings.HasPrefix(name, "src/test/") || strings.Contains(name, "/src/test/") || strings.Contains(name, "src/integrationTest/") || strings.Contains(name, "src/it/")
}

func (s *sources) readTest(name, text string) {
	for _, w := range serviceWords {
		if strings.Contains(text, w) {
			s.services = plan.Evidence{Path: name, Text: "the tests name " + strings.Trim(w, ":")}
			return
		}
	}
}

func (s *sources) readSource(name, text string) {
	for _, trait := range traitNames {
		if _, found := s.traits[trait]; found || trait == "draws" && !s.draws {
			continue
		}
		for _, w := range traitWords[trait] {
			if at := strings.Index(text, w); at >= 0 {
				s.traits[trait] = plan.Evidence{Path: name, Line: 1 + strings.Count(text[:at], "\n"), Text: strings.Trim(w, ".(")}
				break
			}
		}
	}
	line, counted := 1, 0
	note := func(from, to int) {
		lit := text[from:to]
		if _, old := s.literals[lit]; old || len(s.literals) >= maxLiterals || !mayBePath(lit) || strings.HasSuffix(name, lit) && strings.Contains(lit, "/") {
			return
		}
		line, counted = line+strings.Count(text[counted:from], "\n"), from
		s.literals[lit] = plan.Evidence{Path: name, Line: line, Text: "it names " + lit}
	}
	switch path.Ext(name) {
	case ".java", ".kt", ".groovy", ".scala":
		eachString(text, note)
		return
	case ".gradle", ".kts", ".toml":
		return
	case ".xml":
		if path.Base(name) == "pom.xml" {
			return
		}
	}
	for _, m := range rePath.FindAllStringSubmatchIndex(text, maxInFile) {
		note(m[2], m[3])
	}
}

// maxInFile is the number of strings or paths that are looked at in one file.
const maxInFile = 5000

// eachString finds the strings of Java, Kotlin or Groovy that stand on one line.
func eachString(text string, found func(from, to int)) {
	for at, n := 0, 0; n < maxInFile; n++ {
		quote := strings.IndexByte(text[at:], '"')
		if quote < 0 {
			return
		}
		from := at + quote + 1
		to := from
		for to < len(text) && text[to] != '"' && text[to] != '\n' {
			if text[to] == '\\' {
				to++
			}
			to++
		}
		at = min(to+1, len(text))
		if char := from > 1 && text[from-2] == '\'' && from < len(text) && text[from] == '\''; char { // the character '"'
			at = from
			continue
		}
		if to < len(text) && text[to] == '"' && to > from && to-from <= maxLiteral {
			found(from, to)
		}
	}
}

func mayBePath(text string) bool {
	return !strings.ContainsAny(text, " \t\\<>|*?{}()$%\"'=,;") && strings.Trim(text, "./") != "" && !strings.Contains(text, "://")
}

// sorted are the literals in order.
func (s *sources) sorted() []string {
	out := make([]string, 0, len(s.literals))
	for lit := range s.literals {
		out = append(out, lit)
	}
	sort.Strings(out)
	return out
}
