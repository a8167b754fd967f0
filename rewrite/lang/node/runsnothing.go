package node

import (
	"fmt"
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// testRunners are programs that run a project's tests, with the word that makes them do
// so; "" where the name says it.
var testRunners = map[string]string{
	"jest": "", "vitest": "", "mocha": "", "ava": "", "tap": "", "jasmine": "", "karma": "", "nightwatch": "", "wdio": "", "testcafe": "", "codeceptjs": "run",
	"newman": "", "cucumber-js": "", "cypress": "run", "playwright": "test", "react-scripts": "test", "ng": "test", "bun": "test", "detox": "test",
}

// testsAtStart is the program, or the script, with which the file itself runs the
// project's tests when the image starts: the tools of the tests are its purpose (S6).
func (a *app) testsAtStart() *use {
	n := &needs{}
	x := &expander{proj: a, workdir: a.in.End.Workdir}
	a.startOf(x, n)
	for _, l := range x.leaves {
		word, known := testRunners[l.Bin]
		if known && (word == "" || first(l.Args) == word) || l.Bin == "node" && contains(l.Args, "--test") {
			return &use{Name: strings.TrimSpace(l.Bin + " " + word), Evidence: l.Evidence}
		}
	}
	for _, name := range x.ran {
		if top, _, _ := strings.Cut(name, ":"); top == "test" || top == "e2e" {
			return &use{Name: "the script " + name, Evidence: a.says("scripts", name, "")}
		}
	}
	return nil
}

// missingScript says that the file starts a script that package.json does not have,
// so that the image ends as soon as it is started (H110). npm and pnpm run "node
// server.js" for a start that is not there, see
// https://docs.npmjs.com/cli/using-npm/scripts#npm-start.
func (d *designer) missingScript() *plan.Refusal {
	n, it := d.startCall()
	if n == nil || n.Workspace || n.Prefix != "" || d.in.End.Workdir != d.app.dir || d.changesManifest() {
		return nil
	}
	name, a := n.Verb, d.app
	if name == "run" && len(n.Args) > 0 {
		name = n.Args[0].Text
	}
	_, has := a.manifest.Scripts[name]
	switch {
	case has, n.Tool == "bun", n.Tool == "yarn" && name != "start", n.Tool == "pnpm" && (n.verb.Text != n.Verb && name != "start"):
		return nil // it is there, or a program of a package may have the name
	case name == "start" && n.Tool != "yarn" && (a.tree.Has(a.path("server.js")) || d.makesFiles()):
		return nil
	case n.Verb != "run" && n.Verb != "start":
		return nil
	}
	return d.in.Refuse(plan.BrokenOriginal, *it, fmt.Sprintf("it starts the script %s, which %s does not have", name, a.manifestPath()),
		"start a script that is there")
}

// missingProgram says that the file starts a program of one of the project's packages by
// its bare name, which is not on the PATH: npm and npx look into node_modules/.bin, and
// nothing else does (H110).
func (d *designer) missingProgram() *plan.Refusal {
	argv, it := d.startArgv()
	if len(argv) == 0 || strings.Contains(argv[0], "/") || strings.ContainsAny(argv[0], "$ ") {
		return nil
	}
	name, a := argv[0], d.app
	if name == "npm" || name == "yarn" || name == "pnpm" || name == "bun" || !a.manifest.has(packageOfBin(name)) || d.installedGlobally(packageOfBin(name)) || a.tree.Has(path.Join(d.in.End.Workdir, name)) {
		return nil
	}
	if strings.Contains(d.in.End.Vars["PATH"], "node_modules") {
		return nil
	}
	for _, s := range d.steps {
		if s.does(unknown, fetch, setup, files, configure) || s.does(system) && !compilers[name] && !staticServers[name] {
			return nil // it may bring the program
		}
		for _, t := range s.Tasks {
			if t.Kind == global || t.Call != nil && t.Call.Verb == "link" {
				return nil
			}
		}
	}
	return d.in.Refuse(plan.BrokenOriginal, *it, fmt.Sprintf("it starts %s, which is a program of a package in node_modules and not on the PATH", name),
		"start it through npx or a script of package.json")
}

// startCall is the call of a package manager that ENTRYPOINT and CMD come to, where they
// come to one and to nothing else.
func (d *designer) startCall() (*call, *plan.Item) {
	argv, it := d.startArgv()
	if len(argv) == 0 || path.Base(argv[0]) != argv[0] || contains(argv, "--if-present") {
		return nil, nil
	}
	n, ok := parseCall(literal(argv))
	if !ok {
		return nil, nil
	}
	return n, it
}

// changesManifest reports a step that may change package.json.
func (d *designer) changesManifest() bool {
	for _, s := range d.steps {
		for _, t := range s.Tasks {
			switch {
			case t.Kind == unknown, t.Kind == fetch, t.Kind == configure, t.Kind == files && t.Name() != "mkdir",
				t.Call != nil && (t.Call.Verb == "pkg" || t.Call.Verb == "init" || t.Call.Verb == "set" || t.Call.Verb == "set-script"):
				return true
			}
		}
	}
	return false
}

// makesFiles reports a step of the build, which may make any file.
func (d *designer) makesFiles() bool {
	for _, s := range d.steps {
		if s.does(build, unknown) {
			return true
		}
	}
	return len(d.app.manifest.lifecycle()) > 0
}

// startArgv are the words of a CMD that is the only start and one plain command.
func (d *designer) startArgv() ([]string, *plan.Item) {
	it := d.run.item
	if it == nil || d.hasEntrypoint() {
		return nil, nil
	}
	if it.JSON {
		return it.Argv, it
	}
	text, _, ok := d.in.File.Script(it.Instruction)
	if !ok || it.Script == nil {
		return nil, nil
	}
	argv, ok := shell.Argv(it.Script, text)
	if !ok {
		return nil, nil
	}
	return argv, it
}
