package java

import (
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// buildInputs are names that only a build reads.
var buildInputs = wordSet("pom.xml mvnw mvnw.cmd .mvn gradle gradlew gradlew.bat gradle.properties settings.xml lombok.config buildSrc src .git .gitignore " +
	".gitattributes .editorconfig package.json package-lock.json yarn.lock README.md LICENSE Makefile checkstyle.xml .dockerignore Dockerfile node_modules " +
	"libs.versions.toml gradle.lockfile nb-configuration.xml HELP.md .idea .vscode docker-compose.yml")

// docRoots are the folders below the working directory from which Spring Boot's
// embedded servers take static files, and config is where it looks for settings.
// See https://docs.spring.io/spring-boot/reference/features/external-config.html.
var docRoots = []string{"src/main/webapp", "public", "static", "config"}

// findFiles adds what run time reads beside the program (H60).
func (d *designer) findFiles() *plan.Refusal {
	if at, ok := d.sources.traits["env"]; ok {
		if refusal := d.whole(with(at, "it reads a .env file of the working directory, which may not be in the repository")); refusal != nil {
			return refusal
		}
	}
	for _, step := range []func() *plan.Refusal{d.explicit, d.written} {
		if refusal := step(); refusal != nil {
			return refusal
		}
	}
	d.springFiles()
	for _, lit := range d.sources.sorted() {
		d.read(lit, d.sources.literals[lit])
	}
	for _, e := range d.files {
		if e.odd() {
			return &plan.Refusal{Code: plan.UnknownWriteSet, Evidence: with(e.at, "the path "+e.path+" cannot be written in a COPY"), Remedy: "use plain file names"}
		}
	}
	return d.inCache()
}

// springFiles are the files beside the jar that Spring Boot reads by itself.
func (d *designer) springFiles() {
	boot := false
	for _, m := range d.modules {
		boot = boot || m != nil && strings.Contains(m.text, "springframework.boot")
	}
	if !boot {
		return
	}
	for _, dir := range docRoots {
		if abs := d.abs(dir); d.tree.HasDir(abs) {
			d.files.add(element{path: abs, dir: true, at: plan.Evidence{Path: d.in.Project.Join(dir), Text: "Spring Boot reads " + dir + " in the working directory"}})
		}
	}
	for _, name := range d.tree.Under(d.in.End.Workdir) {
		base := path.Base(name)
		ext := path.Ext(base)
		if path.Dir(name) == d.in.End.Workdir && strings.HasPrefix(base, "application") && (ext == ".properties" || ext == ".yml" || ext == ".yaml") {
			d.files.add(element{path: name, at: plan.Evidence{Path: d.in.Project.Join(d.tree.Files[name].Source), Text: "Spring Boot reads " + base + " in the working directory"}})
		}
	}
}

// read takes along a file or folder that a string of the program names.
func (d *designer) read(lit string, at plan.Evidence) {
	for _, prefix := range []string{"file:", "///", "//"} {
		lit = strings.TrimPrefix(lit, prefix)
	}
	if writtenLog(lit, at.Path) || strings.HasPrefix(lit, "classpath:") || slices.Contains([]string{"src", "target", "build", "gradle", "test", "main"}, strings.Trim(lit, "./")) {
		return
	}
	for _, abs := range []string{d.abs(lit), d.abs(strings.TrimLeft(lit, "/"))} {
		top := within(d.in.End.Workdir, abs)
		rel, inside := strings.CutPrefix(abs, strings.TrimSuffix(d.in.End.Workdir, "/")+"/")
		switch {
		case top || buildInputs[strings.Trim(lit, "./")]:
		case d.tree.Has(abs) && (strings.Contains(rel, "/") || inside || path.IsAbs(lit)):
			d.files.add(element{path: abs, at: at})
		case d.tree.HasDir(abs) && d.dataDir(abs):
			d.files.add(element{path: abs, dir: true, at: at})
		case strings.Contains(lit, "/") && d.servesBuilt(abs, at):
		case path.IsAbs(lit) && path.Ext(lit) != "":
			if _, ok := d.made(abs); ok {
				d.files.add(element{path: abs, at: at})
			}
		}
	}
}

// writtenLog reports a log that the settings of Spring Boot, Logback or Log4j name:
// they write it, make its folder, and what a repository has of it is an old one.
func writtenLog(lit, source string) bool {
	base := path.Base(source)
	return path.Ext(lit) == ".log" && (strings.HasPrefix(base, "application") || strings.HasPrefix(base, "logback") || strings.HasPrefix(base, "log4j2"))
}

// dataDir reports a folder that is not one of sources.
func (d *designer) dataDir(abs string) bool {
	for _, name := range d.tree.Under(abs) {
		switch path.Base(name) {
		case "pom.xml", "build.gradle", "build.gradle.kts":
			return false
		}
	}
	return !strings.HasSuffix(abs, "/java") && !strings.HasSuffix(abs, "/kotlin")
}

// explicit are the files that the author copies one by one and that no build reads.
func (d *designer) explicit() *plan.Refusal {
	for i, s := range d.steps {
		if i > d.last || s.Keyword != "COPY" && s.Keyword != "ADD" {
			continue
		}
		at := d.in.Evidence(s.Item, "it is copied for itself")
		if from, ok := s.Flag("from"); ok || len(s.Heredocs) > 0 {
			if ok && !strings.Contains(from, "maven") && !strings.Contains(from, "gradle") {
				d.files.add(element{path: s.Scope.Abs(s.Dest()), dir: strings.HasSuffix(s.Dest(), "/"), at: at})
			} else if !ok {
				d.files.add(element{path: s.Scope.Abs(s.Dest()), at: at})
			}
			continue
		}
		for _, source := range s.Sources() {
			if strings.Contains(source, "://") {
				return d.in.Refuse(plan.UnknownWriteSet, s.Item, "what ADD downloads may be needed at run time", "download it in the stage that needs it")
			}
			pattern := strings.TrimPrefix(path.Clean("/"+inside.Expand(s.Item, source)), "/")
			if pattern != "" && !d.buildInput(pattern) {
				d.addCopied(i, pattern, at)
			}
		}
	}
	return nil
}

// addCopied adds where a COPY source comes to lie.
func (d *designer) addCopied(index int, pattern string, at plan.Evidence) {
	root := ""
	for _, target := range d.tree.Names {
		file := d.tree.Files[target]
		if file.Last != index && file.First != index || !matchSource(pattern, file.Source) {
			continue
		}
		rest, folder := inside.BelowSource(pattern, file.Source)
		if folder && d.buildsPages(strings.TrimSuffix(strings.TrimSuffix(target, rest), "/")) {
			continue
		}
		if !folder {
			if !buildInputs[path.Base(target)] {
				d.files.add(element{path: target, at: at})
			}
			continue
		}
		root = strings.TrimSuffix(strings.TrimSuffix(target, rest), "/")
		if root != "" && !within(d.in.End.Workdir, root) {
			d.files.add(element{path: root, dir: true, at: at})
		} else {
			first, _, deep := strings.Cut(rest, "/")
			d.files.add(element{path: root + "/" + first, dir: deep, at: at})
		}
	}
}

func matchSource(pattern, name string) bool {
	for n := name; n != "."; n = path.Dir(n) {
		if matches(pattern, n) {
			return true
		}
	}
	return false
}

// buildInput reports a source of a COPY that only the build reads: a manifest, a
// folder of sources, or a module.
func (d *designer) buildInput(pattern string) bool {
	found := d.in.Project.Sources(pattern)
	for _, name := range found {
		if _, folder := inside.BelowSource(pattern, name); folder {
			switch base := path.Base(name); {
			case base == "pom.xml", strings.HasSuffix(base, ".gradle"), strings.HasSuffix(base, ".gradle.kts"), path.Ext(base) == ".java", path.Ext(base) == ".kt":
				return true
			}
		}
		if !inputName(name, pattern) {
			return false
		}
	}
	return true
}

func inputName(name, pattern string) bool {
	first, _, _ := strings.Cut(name, "/")
	base := path.Base(name)
	return buildInputs[base] || buildInputs[first] || buildInputs[path.Base(pattern)] || strings.Contains(name, "src/") ||
		strings.HasSuffix(base, ".gradle") || strings.HasSuffix(base, ".kts") || path.Ext(base) == ".java" || path.Ext(base) == ".kt" || path.Ext(base) == ".iml" ||
		strings.Contains(name, "checkstyle") || strings.Contains(name, "wrapper/")
}

// written are files that the builder's RUNs fetch or write. What cannot be told is
// refused (H94).
func (d *designer) written() *plan.Refusal {
	for i, s := range d.steps {
		if i > d.last || s.Keyword != "RUN" {
			continue
		}
		if s.ParseErr != nil || len(s.commands) == 0 {
			return d.in.Refuse(plan.UnknownWriteSet, s.Item, "the shell script cannot be read", "")
		}
		for _, c := range s.commands {
			if strings.Contains(strings.Join(c.Words(), " "), "build-classpath") {
				return d.in.Refuse(plan.UnknownWriteSet, s.Item, "the class path leads into the build tool's repository", "copy the dependencies with dependency:copy-dependencies")
			}
			switch c.kind {
			case unknown:
				if c.Nested {
					continue
				}
				return d.in.Refuse(plan.UnknownWriteSet, s.Item, "what "+c.Name()+" writes is not known", "let the step write to a folder of its own behind the build")
			case fetch:
				if refusal := d.fetched(s, c); refusal != nil {
					return refusal
				}
			case configure:
				d.redirected(s, c)
			case trust:
				d.stay(d.in.Evidence(s.Item, c.Name()+" changes the certificates of the image"))
			}
		}
	}
	return nil
}

// ownScripts takes scripts of the repository that do nothing but build as the build
// that they are.
func (d *designer) ownScripts(index int) {
	for j := range d.steps[index].commands {
		c := &d.steps[index].commands[j]
		if c.kind != unknown || len(c.Args) == 0 {
			continue
		}
		name := resolve(c.dir, c.Args[0].Text)
		if base := c.Name(); (base == "sh" || base == "bash") && len(c.Args) > 1 {
			name = resolve(c.dir, c.Args[1].Text)
		}
		if file, ok := d.tree.Files[name]; ok && d.onlyBuilds(d.in.Project.Join(file.Source)) {
			c.kind, c.tool = build, "script"
		}
	}
}
