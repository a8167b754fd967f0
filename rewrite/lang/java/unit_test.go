package java

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParsePomStopsAtItsLimits(t *testing.T) {
	deep := strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100)
	for name, text := range map[string]string{
		"too deep":    "<project>" + deep + "</project>",
		"too large":   "<project><!--" + strings.Repeat("x", maxPom) + "--></project>",
		"not closed":  "<project><build>",
		"not a pom":   "hello",
		"an external": `<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><project><artifactId>&x;</artifactId></project>`,
	} {
		p, ok := parsePom([]byte(text))
		if !ok {
			continue
		}
		if name != "an external" {
			t.Errorf("%s: it is read", name)
		} else if strings.Contains(p.ArtifactID, "root") {
			t.Errorf("%s: the entity is followed: %q", name, p.ArtifactID)
		}
	}
}

func TestJarName(t *testing.T) {
	const head = "<project><artifactId>a</artifactId><version>1</version>"
	for _, c := range []struct {
		pom, want string
		known     bool
	}{
		{head + "</project>", "a-1", true},
		{"<project><parent><version>2</version></parent><artifactId>a</artifactId></project>", "a-2", true},
		{"<project><artifactId>a</artifactId><version>${revision}</version><properties><revision>3</revision></properties></project>", "a-3", true},
		{"<project><artifactId>a</artifactId><version>${revision}</version></project>", "", false},
		{head + "<build><finalName>${project.artifactId}</finalName></build></project>", "a", true},
		{head + "<build><finalName>${git.commit}</finalName></build></project>", "", false},
		{"<project><artifactId>a</artifactId><version>${x}</version><properties><x>${y}</x><y>${x}</y></properties></project>", "", false},
	} {
		p, ok := parsePom([]byte(c.pom))
		if !ok {
			t.Fatalf("%s is not read", c.pom)
		}
		name, known := p.jarName()
		if known != c.known || known && name != c.want {
			t.Errorf("%s: %q, %v; want %q, %v", c.pom, name, known, c.want, c.known)
		}
	}
}

func TestProperties(t *testing.T) {
	var b strings.Builder
	for i := range maxProperties + 100 {
		fmt.Fprintf(&b, "<p%d>x</p%d>", i, i)
	}
	p, ok := parsePom([]byte("<project><properties>" + b.String() + "</properties></project>"))
	if !ok || len(p.Properties) != maxProperties {
		t.Errorf("%d properties are kept, want %d", len(p.Properties), maxProperties)
	}
}

func TestElementsKeepTheWider(t *testing.T) {
	var e elements
	e.add(element{path: "/app/target/a.jar"})
	e.add(element{path: "/app/target/*.jar"})
	e.add(element{path: "/app/target/b.jar"})
	if len(e) != 1 || e[0].path != "/app/target/*.jar" {
		t.Errorf("got %v", e)
	}
	e.add(element{path: "/app", dir: true})
	if len(e) != 1 || !e.has("/app/x/y") || e.has("/other") {
		t.Errorf("got %v", e)
	}
}

func TestEachString(t *testing.T) {
	const text = "a(\"\" + \"x/y\"); c = '\"'; d = \"z\\\"w\" // \"open\n \"data\"\n\"\"\"\nblock\n\"\"\"\n\"end"
	var got []string
	eachString(text, func(from, to int) { got = append(got, text[from:to]) })
	if want := []string{"x/y", `z\"w`, "data"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	eachString(strings.Repeat("\\\"", 10), func(from, to int) { _ = text[:0] })
}
