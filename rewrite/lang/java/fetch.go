package java

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// fetched takes along what curl and wget write, unless it is a build tool.
func (d *designer) fetched(s step, c command) *plan.Refusal {
	if c.Name() == "git" || toolDownload(c) {
		return nil
	}
	target, ok := downloadTarget(c)
	if !ok || c.Nested || !s.Script.Plain {
		return d.in.Refuse(plan.UnknownWriteSet, s.Item, "where "+c.Name()+" writes, and whether run time needs it, is not known", "download to a named file, or build with an image that has the tool")
	}
	if target != "" {
		d.files.add(element{path: resolve(c.dir, target), at: d.in.Evidence(s.Item, "it is downloaded here")})
	}
	return nil
}

// toolDownload reports the download of Maven, Gradle or a JDK, which belongs to the
// build, or of a list of packages.
func toolDownload(c command) bool {
	for _, w := range c.Args[1:] {
		text := strings.ToLower(w.Text)
		for _, tool := range []string{"apache-maven", "/maven/maven-3", "gradle-", "services.gradle.org", "nodesource", "nodejs.org"} {
			if strings.Contains(text, tool) && !strings.HasSuffix(text, ".jar") {
				return true
			}
		}
	}
	return false
}

// downloadTarget is the file that curl or wget writes; "" for none.
func downloadTarget(c command) (string, bool) {
	url, dir, named := "", "", ""
	words := c.Args[1:]
	remote := c.Name() == "wget"
	for i := 0; i < len(words); i++ {
		text, next := words[i].Text, ""
		if i+1 < len(words) {
			next = words[i+1].Text
		}
		switch {
		case c.Name() == "curl" && (text == "-o" || text == "--output"), c.Name() == "wget" && (text == "-O" || text == "--output-document"):
			named = next
			i++
		case c.Name() == "curl" && strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.HasSuffix(text, "o"):
			named = next
			i++
		case c.Name() == "wget" && strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.HasSuffix(text, "O"):
			named = next
			i++
		case c.Name() == "curl" && strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.Contains(text, "O"):
			remote = true
		case text == "-P" || text == "--directory-prefix":
			dir = next
			i++
		case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
			url = text
		}
	}
	for _, r := range c.Redirects {
		if strings.HasPrefix(r.Op, ">") && r.FD == "" && r.File.Literal {
			named = r.File.Text
		}
	}
	switch {
	case named == "/dev/null":
		return "", true
	case named != "" && named != "-" && !strings.Contains(named, "$"):
		return named, true
	case named == "" && remote && url != "" && !strings.ContainsAny(url, "$?"):
		return path.Join(dir, path.Base(url)), true
	}
	return "", false
}

// redirected takes along a file that echo or cat writes, unless it is the build's.
func (d *designer) redirected(s step, c command) {
	for _, r := range c.outer.Redirects {
		name := resolve(c.dir, r.File.Text)
		if !strings.HasPrefix(r.Op, ">") || !r.File.Literal || system(name) {
			continue
		}
		for _, own := range []string{"/.m2/", "/.gradle/", "gradle.properties", "settings.xml", "/dev/", "/src/"} {
			if strings.Contains(name, own) {
				return
			}
		}
		d.files.add(element{path: name, at: d.in.Evidence(s.Item, "it is written here")})
	}
}

// system reports settings of the system, which are made in production again.
func system(name string) bool {
	return strings.HasPrefix(name, "/etc/") || strings.HasPrefix(name, "/usr/share/zoneinfo")
}

// onlyBuilds reports a script that builds and does nothing else.
func (d *designer) onlyBuilds(name string) bool {
	data, err := d.in.Project.Read(name)
	if err != nil || len(data) > shell.MaxSize {
		return false
	}
	script, err := shell.ParseFile(strings.ReplaceAll(string(data), "\r\n", "\n"))
	if err != nil {
		return false
	}
	for _, c := range script.Commands {
		if k, _ := classify(c.Unwrapped()); !slices.Contains([]kind{build, nothing, files, clean, permission}, k) {
			return false
		}
	}
	return true
}
