package node

import (
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// askedNames are the stages that may be asked for beside production, in their order.
var askedNames = []string{"lint", "integration-test", "e2e", "security", "development"}

// askedScripts are the names of the project's own scripts for a stage. The first that
// there is counts.
var askedScripts = map[string][]string{
	"lint":             {"lint:check", "lint:ci", "lint"},
	"integration-test": {"test:integration", "integration-test", "test:int", "integration"},
	"e2e":              {"test:e2e", "e2e", "cypress:run", "cy:run"},
	"development":      {"start:dev", "dev", "develop", "serve:dev"},
}

var reFixes = regexp.MustCompile(`--fix\b|--write\b`)

// asked are the stages that were asked for and that the project has a command for. All
// dependencies have to be installed for them.
func (d *designer) asked() []string {
	if len(d.in.With) == 0 || d.prunesInBuild() || d.modules == asAuthor && d.app.hasDevelopment() || d.split != nil {
		return nil
	}
	var out []string
	for _, name := range askedNames {
		if !d.in.Wants(name) || strings.EqualFold(name, d.names.production) {
			continue
		}
		if _, ok := d.askedScript(name); ok || name == "security" && d.audit() != "" {
			out = append(out, name)
		}
	}
	return out
}

// askedScript is the project's script for a stage. One that changes the sources is no
// check.
func (d *designer) askedScript(stage string) (string, bool) {
	for _, name := range askedScripts[stage] {
		text := d.app.manifest.Scripts[name]
		if text != "" && !(stage == "lint" && reFixes.MatchString(text)) {
			return name, true
		}
	}
	return "", false
}

// audit asks the registry for known weaknesses in production's dependencies. Its
// outcome is a report and no failure: what was found yesterday is none of today's build.
// yarn from version 2 on and bun have other ways.
func (d *designer) audit() string {
	command := ""
	switch m := d.app.manager; {
	case m.tool == "npm" && m.major >= 7 && d.app.lock != nil:
		command = "npm audit --omit=dev --json"
	case m.tool == "pnpm" && d.app.lockWhy == "":
		command = "pnpm audit --prod --json"
	case m.tool == "yarn" && !m.berry() && d.app.yarn != nil:
		command = "yarn audit --groups dependencies --json"
	default:
		return ""
	}
	return command + " > /security.json || test -s /security.json"
}

// askedStages writes the stages that were asked for. No other stage depends on them.
func (d *designer) askedStages() {
	why := plan.Evidence{Text: "asked for"}
	for _, name := range d.asked() {
		installed := d.names.full
		if installed == "" {
			installed = d.names.build
		}
		if installed == "" {
			continue
		}
		if name == "security" {
			d.stage(name, "looks for known weaknesses among the packages and leaves /security.json", plan.Test, d.from(installed, name), installed,
				[]plan.Step{plan.New{Text: d.in.Keyword("RUN") + " " + d.inApp(d.audit()), Evidence: why}})
			continue
		}
		base, steps := d.withSources(name)
		script, _ := d.askedScript(name)
		ev := d.app.says("scripts", script, "the project's own script "+script)
		run := d.in.Keyword("RUN") + " " + d.inApp(d.app.manager.tool+" run "+script)
		start := d.in.Keyword("CMD") + ` ["` + d.app.manager.tool + `", "run", "` + script + `"]`
		role, purpose := plan.Test, "runs the project's linter"
		switch name {
		case "lint":
			steps = append(steps, plan.New{Text: run, Evidence: ev})
		case "integration-test", "e2e":
			purpose = "runs the tests that need other services, when it is started beside them"
			steps = append(steps, plan.New{Text: start, Evidence: ev})
		case "development":
			role, purpose = plan.Both, "works on the sources: it starts the program anew when they change"
			for _, s := range d.steps {
				if s.Keyword == "EXPOSE" {
					steps = append(steps, s.Keep())
				}
			}
			steps = append(steps, plan.New{Text: start, Evidence: ev})
		}
		d.stage(name, purpose, role, d.from(base, name), base, steps)
	}
}

// withSources is a stage with all dependencies, and what of the sources has to be copied
// into it. For working on the sources it is the one before the build.
func (d *designer) withSources(stage string) (base string, steps []plan.Step) {
	n := d.names
	if n.build != "" && (stage != "development" || n.full == "") {
		return n.build, nil
	}
	for _, s := range d.steps {
		if (s.Keyword == "COPY" || s.Keyword == "ADD") && (s.Index > d.last || d.broad(s) && d.canNarrow() && d.built.any) {
			if inside, outside := d.copiesTo(s); len(inside) > 0 && len(outside) == 0 {
				steps = append(steps, d.keepItem(s))
			}
		}
	}
	return n.full, steps
}
