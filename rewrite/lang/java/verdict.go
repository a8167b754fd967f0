package java

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/project"
)

// runGoals are what build tools start a program by; devGoals compile again while it
// runs.
var (
	runGoals = []string{"spring-boot:run", "exec:java", "exec:exec", "bootRun", "run", "runServer", "jetty:run", "jetty:run-war", "tomcat7:run",
		"cargo:run", "mn:run", "payara-micro:start", "wildfly:run", "javafx:run", "runShadow", "spring-boot:start"}
	devGoals = []string{"quarkus:dev", "quarkusDev", "liberty:dev", "appengine:run", "-t", "--continuous", "libertyDev"}
)

// does says what a build tool is started for.
func (t toolUse) does(goals []string) bool {
	for _, w := range t.words[1:] {
		name := w[strings.LastIndexByte(w, ':')+1:]
		if slices.Contains(goals, w) || (t.name == "gradle" || t.name == "gradlew") && slices.Contains(goals, name) ||
			strings.Contains(w, "-maven-plugin") && slices.Contains([]string{"run", "java", "exec"}, name) {
			return true
		}
	}
	return false
}

// checkServices answers where single-stage is right for the way in which the image
// is used, and where the build tool has to stay.
func (d *designer) checkServices() *plan.Refusal {
	services := d.in.Project.Services()
	working := 0
	for _, s := range services {
		if d.mountsSource(s) && (startsTool(s) || len(d.start.tools) > 0) {
			working++
		}
	}
	if len(services) > 0 && working == len(services) {
		s := services[0]
		return &plan.Refusal{Code: plan.DevContainer, Evidence: plan.Evidence{Path: s.File, Line: s.Line,
			Text: fmt.Sprintf("the service %s mounts the sources over the image and builds them there", s.Name)}}
	}
	for _, t := range d.start.tools {
		switch name := strings.Join(t.words[:min(len(t.words), 2)], " "); {
		case t.does(devGoals):
			return &plan.Refusal{Code: plan.CompilesAtRuntime, Evidence: with(t.at, name+" compiles the sources while it runs")}
		case t.does(runGoals) && d.convertible(t):
			continue
		case t.does(runGoals), t.name == "npm", t.name == "node":
			return &plan.Refusal{Code: plan.NeedsBuildTool, Evidence: with(t.at, name+" starts the program, and needs the sources and the build tool for it"),
				Remedy: "build a jar and start it with java -jar"}
		case len(d.start.java) == 0:
			return &plan.Refusal{Code: plan.ToolchainProduct, Evidence: with(t.at, "it starts "+name+", a build")}
		default:
			return &plan.Refusal{Code: plan.NeedsBuildTool, Evidence: with(t.at, name+" is run when the image starts"), Remedy: "build in a RUN, and start only what was built"}
		}
	}
	return d.nothingBuilt()
}

// nothingBuilt answers for a file in which no build tool runs.
func (d *designer) nothingBuilt() *plan.Refusal {
	for _, l := range d.start.java {
		if l.source {
			return &plan.Refusal{Code: plan.CompilesAtRuntime, Evidence: with(l.at, "java compiles "+l.main+" when the image starts")}
		}
	}
	if d.last >= 0 || d.invented() {
		return nil
	}
	return &plan.Refusal{Code: plan.AlreadyMinimal, Evidence: d.atBase("the program is built elsewhere, and nothing is built here that could be left behind")}
}

// mountsSource reports a service that mounts a folder of the repository over the
// program's.
func (d *designer) mountsSource(s project.Service) bool {
	for _, v := range s.Volumes {
		source, rest, ok := strings.Cut(v, ":")
		target, _, _ := strings.Cut(rest, ":")
		if !ok || !path.IsAbs(target) || !strings.HasPrefix(source, ".") && !strings.HasPrefix(source, "/") && !strings.HasPrefix(source, "${PWD") && !strings.HasPrefix(source, "$PWD") {
			continue
		}
		target = path.Clean(target)
		if target == d.in.End.Workdir || target == path.Join(d.in.End.Workdir, "src") || within(d.in.End.Workdir, target) && target != "/" {
			return true
		}
	}
	return false
}

func startsTool(s project.Service) bool {
	for _, w := range strings.Fields(s.Entrypoint + " " + s.Command) {
		if jvmTools[path.Base(w)] {
			return true
		}
	}
	return false
}

// checkSources refuses an original that the repository shows not to build (H75,
// H93, H110).
func (d *designer) checkSources() *plan.Refusal {
	for _, s := range d.steps {
		if s.Keyword == "COPY" || s.Keyword == "ADD" {
			if missing := d.missing(s); missing != "" {
				return d.in.Refuse(plan.BrokenOriginal, s.Item, missing+" is not in the build context", "the file has to build before it can be redesigned")
			}
		}
		if s.Keyword != "RUN" {
			continue
		}
		for _, c := range s.commands {
			if refusal := d.checkWrapper(s, c); refusal != nil {
				return refusal
			}
		}
	}
	return nil
}

// missing is a COPY source that no file of the context stands for.
func (d *designer) missing(s step) string {
	if _, from := s.Flag("from"); from {
		return ""
	}
	for _, source := range s.Sources() {
		if strings.Contains(source, "://") || strings.HasPrefix(source, "git@") {
			continue
		}
		pattern := inside.Expand(s.Item, source)
		if strings.Contains(source, "$") && (pattern == "" || pattern == "." || strings.Contains(pattern, "$")) {
			continue
		}
		if len(d.in.Project.Sources(pattern)) == 0 && !strings.ContainsAny(pattern, "*?[") && path.Clean("/"+pattern) != "/" {
			return source
		}
	}
	return ""
}

// brings reports an item before the index that may bring files from elsewhere.
func (d *designer) brings(index int) bool {
	for _, s := range d.steps[:index+1] {
		if _, from := s.Flag("from"); from || s.Keyword == "ADD" && strings.Contains(strings.Join(s.Sources(), " "), "://") {
			return true
		}
		for _, c := range s.commands {
			if c.kind == fetch || c.kind == unknown || c.tool == "mvn" || c.tool == "gradle" || c.kind == files && (c.Name() == "cp" || c.Name() == "mv" || c.Name() == "tar" || c.Name() == "unzip") {
				return true
			}
		}
	}
	return false
}
