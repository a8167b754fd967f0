package java

import (
	"bytes"
	"encoding/xml"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// pom is the part of a Maven project file that is read.
// See https://maven.apache.org/ref/current/maven-model/maven.html.
type pom struct {
	Parent struct {
		ArtifactID string `xml:"artifactId"`
		Version    string `xml:"version"`
		Relative   string `xml:"relativePath"`
	} `xml:"parent"`
	ArtifactID   string     `xml:"artifactId"`
	Version      string     `xml:"version"`
	Packaging    string     `xml:"packaging"`
	Modules      []string   `xml:"modules>module"`
	Properties   properties `xml:"properties"`
	Dependencies []artifact `xml:"dependencies>dependency"`
	Build        struct {
		FinalName string   `xml:"finalName"`
		Directory string   `xml:"directory"`
		Plugins   []plugin `xml:"plugins>plugin"`
		Managed   []plugin `xml:"pluginManagement>plugins>plugin"`
	} `xml:"build"`
}

type artifact struct {
	ArtifactID string `xml:"artifactId"`
	Scope      string `xml:"scope"`
}

type plugin struct {
	ArtifactID string `xml:"artifactId"`
	Text       string `xml:",innerxml"`
}

// properties are a pom's properties by name.
type properties map[string]string

// UnmarshalXML reads elements of any name with a text.
func (p *properties) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	*p = properties{}
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			var text string
			if err := d.DecodeElement(&text, &t); err != nil {
				return err
			}
			if len(*p) < maxProperties {
				(*p)[t.Name.Local] = strings.TrimSpace(text)
			}
		case xml.EndElement:
			return nil
		}
	}
}

// Limits on a pom.
const (
	maxPom        = 512 << 10
	maxProperties = 500
	maxXMLDepth   = 64
)

// parsePom reads a pom.xml. Go's decoder follows no external entity; its depth is
// capped here.
func parsePom(data []byte) (*pom, bool) {
	if len(data) > maxPom || !shallow(data) {
		return nil, false
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.Strict = false
	dec.CharsetReader = nil
	p := &pom{}
	if err := dec.Decode(p); err != nil {
		return nil, false
	}
	return p, true
}

// shallow reports that elements are not nested beyond the limit.
func shallow(data []byte) bool {
	depth := 0
	for i := 0; i+1 < len(data); i++ {
		if data[i] != '<' {
			continue
		}
		switch next := data[i+1]; {
		case next == '/':
			depth--
		case next != '!' && next != '?':
			if end := bytes.IndexByte(data[i:], '>'); end > 0 && data[i+end-1] == '/' {
				continue
			}
			depth++
		}
		if depth > maxXMLDepth {
			return false
		}
	}
	return true
}

var rePomVar = regexp.MustCompile(`\$\{([\w.\-]+)\}`)

// value puts a pom's own properties in; ok is false where one is not known.
func (p *pom) value(text string) (string, bool) {
	ok := true
	for range 4 {
		if !strings.Contains(text, "${") {
			break
		}
		text = rePomVar.ReplaceAllStringFunc(text, func(ref string) string {
			switch name := ref[2 : len(ref)-1]; name {
			case "project.artifactId", "artifactId", "pom.artifactId":
				return p.ArtifactID
			case "project.version", "version", "pom.version":
				return p.version()
			default:
				if v, has := p.Properties[name]; has {
					return v
				}
				ok = false
				return "?"
			}
		})
	}
	text = strings.TrimSpace(text)
	return text, ok && text != "" && !strings.Contains(text, "${") && len(text) < 200
}

func (p *pom) version() string {
	if p.Version != "" {
		return p.Version
	}
	return p.Parent.Version
}

// jarName is the name of the main artifact without its ending.
func (p *pom) jarName() (string, bool) {
	if p.Build.FinalName != "" {
		return p.value(p.Build.FinalName)
	}
	if p.ArtifactID == "" || p.version() == "" {
		return "", false
	}
	return p.value(p.ArtifactID + "-" + p.version())
}

// plugin finds a plugin that the build uses.
func (p *pom) plugin(name string) (plugin, bool) {
	for _, x := range p.Build.Plugins {
		if x.ArtifactID == name {
			return x, true
		}
	}
	return plugin{}, false
}

// mavenModule reads the module of a folder, with the parents that stand in the
// repository.
func (d *designer) mavenModule(dir string) *module {
	file, ok := d.tree.Files[path.Join(dir, "pom.xml")]
	if !ok {
		return nil
	}
	name := d.in.Project.Join(file.Source)
	data, err := d.in.Project.Read(name)
	if err != nil {
		return nil
	}
	p, ok := parsePom(data)
	m := &module{tool: "maven", dir: dir, at: plan.Evidence{Path: name}}
	if !ok {
		return m
	}
	m.text = string(data)
	d.fillMaven(m, p)
	return m
}

// fillMaven says what a pom builds.
func (d *designer) fillMaven(m *module, p *pom) {
	name, known := p.jarName()
	ending := "." + p.Packaging
	if p.Packaging == "" {
		ending = ".jar"
	}
	boot, isBoot := p.plugin("spring-boot-maven-plugin")
	shade, isShade := p.plugin("maven-shade-plugin")
	assembly, isAssembly := p.plugin("maven-assembly-plugin")
	m.boot = isBoot && (p.Parent.ArtifactID == "spring-boot-starter-parent" || strings.Contains(boot.Text, "repackage"))
	if isBoot && !m.boot {
		m.boot = d.inheritsBoot(m.dir, p)
	}
	m.fat = m.boot || isShade && strings.Contains(shade.Text, "shade") || isAssembly && strings.Contains(assembly.Text, "jar-with-dependencies") || noDependencies(p)
	m.certain = known && (ending == ".jar" || ending == ".war") && !isShade && !isAssembly && p.Build.Directory == "" &&
		!strings.Contains(m.text, "<profiles>") && !strings.Contains(m.text, "<classifier>") && !p.movesJar() &&
		!strings.Contains(m.text, "quarkus") && (p.Build.FinalName != "" || d.ownName(p))
	if known {
		m.jar = path.Join(m.dir, "target", name+ending)
	}
	m.name = name
}

// movesJar reports a plugin that may write the jar to another folder.
func (p *pom) movesJar() bool {
	for _, x := range append(slices.Clone(p.Build.Plugins), p.Build.Managed...) {
		switch x.ArtifactID {
		case "spring-boot-maven-plugin", "maven-jar-plugin", "maven-war-plugin":
			if strings.Contains(x.Text, "utputDirectory>") {
				return true
			}
		}
	}
	return false
}

// ownName reports that no parent of the repository can set another name.
func (d *designer) ownName(p *pom) bool {
	switch p.Parent.ArtifactID {
	case "", "spring-boot-starter-parent", "quarkus-bom", "micronaut-parent":
		return true
	}
	return false
}

// inheritsBoot reports a parent in the repository that has Spring Boot's.
func (d *designer) inheritsBoot(dir string, p *pom) bool {
	for range 3 {
		relative := p.Parent.Relative
		if relative == "" {
			relative = "../pom.xml"
		}
		name := path.Join(dir, relative)
		if path.Ext(name) != ".xml" {
			name = path.Join(name, "pom.xml")
		}
		file, ok := d.tree.Files[name]
		if !ok {
			return false
		}
		data, err := d.in.Project.Read(d.in.Project.Join(file.Source))
		if err != nil {
			return false
		}
		parent, ok := parsePom(data)
		if !ok {
			return false
		}
		if parent.Parent.ArtifactID == "spring-boot-starter-parent" {
			return true
		}
		for _, list := range [][]plugin{parent.Build.Plugins, parent.Build.Managed} {
			for _, x := range list {
				if x.ArtifactID == "spring-boot-maven-plugin" && strings.Contains(x.Text, "repackage") {
					return true
				}
			}
		}
		dir, p = path.Dir(name), parent
	}
	return false
}

// noDependencies reports a project whose jar needs no other.
func noDependencies(p *pom) bool {
	if p.Parent.ArtifactID != "" {
		return false
	}
	for _, a := range p.Dependencies {
		if a.Scope != "test" && a.Scope != "provided" && a.ArtifactID != "lombok" {
			return false
		}
	}
	return true
}
