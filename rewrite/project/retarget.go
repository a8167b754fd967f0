package project

import (
	"encoding/json"
	"strings"
)

// Retarget writes a compose file in which the service builds another stage. What
// stands in the file stays as it is, byte for byte, but for the build; false where
// that is not certain: the service takes its build from elsewhere in the file, or the
// outcome would not read as the same file with the target.
func (p *Project) Retarget(s Service, text, target string) (string, bool) {
	lines := strings.SplitAfter(text, "\n")
	if s.Kind != Compose || s.Line < 1 || s.Line > len(lines) || s.Target != "" {
		return "", false
	}
	outer := indentOf(lines[s.Line-1])
	last := s.Line
	at, inner := -1, -1
	for i := s.Line; i < len(lines); i++ {
		body := strings.TrimSpace(lines[i])
		if body == "" || strings.HasPrefix(body, "#") {
			continue
		}
		if indentOf(lines[i]) <= outer {
			break
		}
		if last = i + 1; inner < 0 {
			inner = indentOf(lines[i])
		}
		if indentOf(lines[i]) == inner && strings.HasPrefix(body, "build:") {
			at = i
		}
	}
	build := s.At("build")
	if inner < 0 || at < 0 && build.File == s.File || at >= 0 && build.File != s.File || strings.Contains(text, "\t") {
		return "", false
	}
	out := targeted(lines, s.Line, at, last, inner, inner-outer, target)
	if out == "" || !sameBut(s, text, out, target) {
		return "", false
	}
	return out, true
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// targeted puts the target in: into the service's build at a line, counted from 0, or
// as a build of its own below the service's name, where it has none.
func targeted(lines []string, name, at, last, inner, step int, target string) string {
	eol := "\n"
	if strings.HasSuffix(lines[0], "\r\n") {
		eol = "\r\n"
	}
	pad, deep := strings.Repeat(" ", inner), strings.Repeat(" ", inner+step)
	join := func(i int, insert ...string) string {
		return strings.Join(lines[:i], "") + strings.Join(insert, "") + strings.Join(lines[i:], "")
	}
	if at < 0 {
		return join(name, pad+"build:"+eol, deep+"target: "+target+eol)
	}
	rest, comment, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(lines[at]), "build:")), " #")
	if comment != "" {
		comment = " #" + comment
	}
	switch rest = strings.TrimSpace(rest); {
	case strings.HasPrefix(rest, "{") && strings.HasSuffix(rest, "}"):
		lines[at] = pad + "build: " + strings.TrimRight(strings.TrimSuffix(rest, "}"), " ") + ", target: " + target + "}" + comment + eol
		return strings.Join(lines, "")
	case strings.ContainsAny(rest, "{}[]&*!|>"):
		return ""
	case rest != "":
		lines[at] = pad + "build:" + comment + eol + deep + "context: " + rest + eol + deep + "target: " + target + eol
		return strings.Join(lines, "")
	}
	end, child := at+1, -1
	for i := at + 1; i < last; i++ {
		if body := strings.TrimSpace(lines[i]); body == "" || strings.HasPrefix(body, "#") {
			continue
		}
		if indentOf(lines[i]) <= inner {
			break
		}
		if end = i + 1; child < 0 {
			child = indentOf(lines[i])
		}
	}
	if child < 0 {
		return ""
	}
	if !strings.HasSuffix(lines[end-1], "\n") {
		lines[end-1] += eol
	}
	return join(end, strings.Repeat(" ", child)+"target: "+target+eol)
}

// sameBut reports that two texts of the service's file say the same, but for the
// target.
func sameBut(s Service, before, after, target string) bool {
	a, errA := parseYAML(s.File, []byte(before))
	b, errB := parseYAML(s.File, []byte(after))
	if errA != nil || errB != nil || len(a) != 1 || len(b) != 1 {
		return false
	}
	build := b[0].at("services", s.Name, "build")
	if build.at("target").str() != target {
		return false
	}
	want, got := maxYAMLNodes, maxYAMLNodes
	x, okX := a[0].plain(&want).(map[string]any)
	y, okY := b[0].plain(&got).(map[string]any)
	if !okX || !okY || want <= 0 || got <= 0 {
		return false
	}
	set(x, s.Name, target)
	u, errU := json.Marshal(x)
	v, errV := json.Marshal(y)
	return errU == nil && errV == nil && string(u) == string(v)
}

// set gives a service of a compose file a target.
func set(doc map[string]any, name, target string) {
	services, _ := doc["services"].(map[string]any)
	service, _ := services[name].(map[string]any)
	if service == nil {
		return
	}
	switch build := service["build"].(type) {
	case map[string]any:
		build["target"] = target
	case string:
		service["build"] = map[string]any{"context": build, "target": target}
	case nil:
		service["build"] = map[string]any{"target": target}
	}
}
