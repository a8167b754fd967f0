package project

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	reMakeAssign = regexp.MustCompile(`^(?:export\s+|override\s+)?([A-Za-z_][\w.-]*)\s*(?:::?|\?)?=\s*(.*)$`)
	reMakeTarget = regexp.MustCompile(`^([A-Za-z0-9_./%-]+)[^:=]*::?(?:[^=]|$)`)
	reMakeVar    = regexp.MustCompile(`\$[({]([A-Za-z_][\w.-]*)[)}]`)
)

// readMakefiles gives the images that recipes build and run.
func (p *Project) readMakefiles() []Service {
	var out []Service
	files := 0
	for _, e := range p.entries {
		base := path.Base(e.Path)
		make := base == "Makefile" || base == "makefile" || base == "GNUmakefile" || strings.HasSuffix(base, ".mk")
		if !make || strings.Count(e.Path, "/") > 3 || files >= maxKindFiles {
			continue
		}
		if text := string(p.small(e.Path)); hasAny(text, []string{"docker", "podman", "DOCKER"}) {
			files++
			out = append(out, makefile(e.Path, text)...)
		}
	}
	return out
}

func makefile(file, text string) []Service {
	var out []Service
	vars := map[string]string{}
	target, from, recipe := "", 0, []string(nil)
	flush := func() {
		s := script{kind: Make, file: file, line: from, name: target, dir: path.Dir(file), each: true, text: strings.Join(recipe, "\n")}
		if len(recipe) > 0 {
			out = append(out, s.consumers()...)
		}
		recipe = nil
	}
	for i, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if body, ok := strings.CutPrefix(line, "\t"); ok || len(recipe) > 0 && strings.HasSuffix(recipe[len(recipe)-1], "\\") {
			if len(recipe) == 0 {
				from = i + 1
			}
			body = makeVariables(strings.ReplaceAll(body, "$$", "$"), vars)
			if len(recipe) == 0 || !strings.HasSuffix(recipe[len(recipe)-1], "\\") {
				body = strings.TrimLeft(body, "@-+ \t")
			}
			recipe = append(recipe, body)
			continue
		}
		if len(recipe) > 0 && strings.TrimSpace(line) == "" {
			recipe = append(recipe, "") // the lines are counted
			continue
		}
		flush()
		if m := reMakeAssign.FindStringSubmatch(line); m != nil {
			if _, has := vars[m[1]]; (!has || !strings.Contains(line, "?=")) && len(m[2]) < 1000 {
				vars[m[1]] = strings.TrimSpace(makeVariables(m[2], vars))
			}
		} else if m := reMakeTarget.FindStringSubmatch(line); m != nil {
			target = m[1]
		}
	}
	flush()
	return out
}

// makeVariables puts variables in once; what grows too long stays as it is.
func makeVariables(text string, vars map[string]string) string {
	if len(text) > 4000 {
		return text
	}
	return reMakeVar.ReplaceAllStringFunc(text, func(ref string) string {
		if v, ok := vars[ref[2:len(ref)-1]]; ok && !strings.HasPrefix(v, "$(shell") {
			return v
		}
		return ref
	})
}

// readScripts gives the images that package scripts, and shell scripts of the root and
// of folders for scripts, build and run.
func (p *Project) readScripts() []Service {
	var out []Service
	files := 0
	for _, e := range p.entries {
		if files >= maxKindFiles || strings.Count(e.Path, "/") > 3 || strings.Contains(e.Path, "node_modules/") {
			continue
		}
		manifest := path.Base(e.Path) == "package.json"
		if !manifest && !isShellScript(e.Path) {
			continue
		}
		text := string(p.small(e.Path))
		if !hasAny(text, []string{"docker ", "docker-compose ", "podman "}) {
			continue
		}
		files++
		if !manifest {
			s := script{kind: Script, file: e.Path, line: 1, name: path.Base(e.Path), dir: ".", text: text}
			out = append(out, s.consumers()...)
			continue
		}
		docs, err := parseYAML(e.Path, []byte(strings.ReplaceAll(text, "\t", " ")))
		if err != nil || len(docs) == 0 {
			continue
		}
		for _, name := range docs[0].at("scripts").names() {
			v := docs[0].at("scripts", name)
			s := script{kind: Script, file: e.Path, line: v.line, name: name, dir: path.Dir(e.Path), text: v.str(), fixed: true}
			out = append(out, s.consumers()...)
		}
	}
	return out
}

var scriptFolders = []string{".", "scripts", "script", "bin", "ci", ".ci", "hack", "tools", "deploy", "docker", "build"}

func isShellScript(name string) bool {
	return strings.HasSuffix(name, ".sh") && slices.Contains(scriptFolders, path.Dir(name))
}
