package node

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// browsers finds what packages download outside the project when they are
// installed (H38): Puppeteer's browser lies in the home folder from version 19 on,
// see https://pptr.dev/guides/configuration. Playwright's are installed by a
// command of its own, with packages of the system.
func (d *designer) browsers() *plan.Refusal {
	for _, l := range d.built.leaves {
		if l.Bin != "playwright" || !contains(l.Args, "install", "install-deps") {
			continue
		}
		if d.needsPackage("playwright") || d.needsPackage("playwright-core") {
			return &plan.Refusal{Code: plan.UnknownWriteSet, Evidence: withText(l.Evidence, "Playwright installs browsers and system packages that run time needs"),
				Remedy: "build from an image of Playwright, which has them"}
		}
	}
	if d.app.manifest.section("puppeteer") != production || d.skipsBrowser() || d.browserMajor() < 19 {
		return nil
	}
	for _, name := range []string{".puppeteerrc.cjs", ".puppeteerrc.js", ".puppeteerrc.json", ".puppeteerrc", "puppeteer.config.cjs", "puppeteer.config.js"} {
		data, ok := d.app.read(d.app.path(name))
		if !ok {
			continue
		}
		if !strings.Contains(string(data), ".cache") {
			return &plan.Refusal{Code: plan.UnknownWriteSet, Evidence: plan.Evidence{Path: d.in.Project.Join(d.app.tree.Files[d.app.path(name)].Source),
				Text: "where Puppeteer puts its browser is not known"}}
		}
		d.built.add(d.app, leaf{}, ".cache")
		d.built.any = true
		d.reads = append(d.reads, name)
		return nil
	}
	s := d.steps[d.last]
	d.browser = "/root/.cache/puppeteer"
	if user, _, _ := strings.Cut(s.Scope.User, ":"); user == "node" || user == "1000" {
		d.browser = "/home/node/.cache/puppeteer"
	} else if user != "" && user != "root" && user != "0" {
		return d.in.Refuse(plan.UnknownWriteSet, s.Item, "Puppeteer puts its browser into the home folder of "+user, "set PUPPETEER_CACHE_DIR")
	}
	if dir := s.Scope.Vars["PUPPETEER_CACHE_DIR"]; path.IsAbs(dir) {
		d.browser = path.Clean(dir)
	}
	return nil
}

// needsPackage reports a package that a production install has.
func (d *designer) needsPackage(name string) bool {
	return d.app.manifest.section(name) == production
}

// skipsBrowser reports that Puppeteer is told to download nothing.
func (d *designer) skipsBrowser() bool {
	s := d.steps[d.last]
	for _, key := range []string{"PUPPETEER_SKIP_DOWNLOAD", "PUPPETEER_SKIP_CHROMIUM_DOWNLOAD"} {
		if v, ok := s.Scope.Vars[key]; ok && v != "" && v != "false" && v != "0" {
			return true
		}
	}
	if data, ok := d.app.read(d.app.path(".npmrc")); ok {
		text := string(data)
		if strings.Contains(text, "puppeteer_skip") || strings.Contains(text, "ignore-scripts") {
			return true
		}
	}
	for _, t := range s.Tasks {
		for _, a := range t.Assigns {
			if strings.HasPrefix(a.Name, "PUPPETEER_SKIP") {
				return true
			}
		}
		if t.Call != nil && t.Call.NoScripts {
			return true
		}
	}
	return false
}

// browserMajor is the major version of Puppeteer; unknown ones are new.
func (d *designer) browserMajor() int {
	version := d.app.manifest.version("puppeteer")
	if p, ok := d.app.lock.top("puppeteer"); ok {
		version = p.Version
	}
	if major := leading(version); major > 0 {
		return major
	}
	return 99
}
