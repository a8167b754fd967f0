package project

import (
	"path"
	"regexp"
	"strings"
)

var reBakeFile = regexp.MustCompile(`(^|/)(docker-)?bake([.-][\w.-]+)?\.(hcl|json)$`)

// readBake gives the targets of bake files. An override file is merged over the first
// of its folder. See https://docs.docker.com/build/bake/reference/.
func (p *Project) readBake() []Service {
	var out []Service
	folders := map[string]*value{}
	files := 0
	for _, e := range p.entries {
		if !reBakeFile.MatchString(e.Path) || files >= maxKindFiles {
			continue
		}
		files++
		doc := parseBake(e.Path, p.small(e.Path))
		if doc == nil {
			continue
		}
		dir := path.Dir(e.Path)
		targets, under := doc.at("target"), folders[dir]
		merged := &value{fields: map[string]*value{}}
		for _, name := range under.names() {
			merged.set(name, under.fields[name])
		}
		for _, name := range targets.names() {
			merged.set(name, mergeService(merged.fields[name], targets.fields[name]))
		}
		folders[dir] = merged
		for _, name := range targets.names() {
			if t := inherited(merged, name, 0); t != nil {
				out = append(out, p.bakeTarget(name, targets.fields[name], t, dir, doc.at("variable")))
			}
		}
	}
	return out
}

func parseBake(file string, data []byte) *value {
	if path.Ext(file) == ".hcl" {
		return parseHCL(file, string(data))
	}
	docs, err := parseYAML(file, []byte(strings.ReplaceAll(string(data), "\t", " ")))
	if err != nil || len(docs) == 0 {
		return nil
	}
	return docs[0]
}

// inherited merges a target over those that it inherits from, in their order.
func inherited(targets *value, name string, depth int) *value {
	t := targets.at(name)
	if t == nil || depth > maxExtends {
		return t
	}
	var under *value
	for _, from := range t.at("inherits").words() {
		under = mergeService(under, inherited(targets, from, depth+1))
	}
	return mergeService(under, t)
}

// bakeTarget is one target. Its context is taken from the folder of the file, or from
// the root where only that one has the Dockerfile.
func (p *Project) bakeTarget(name string, at, t *value, dir string, variables *value) Service {
	put := func(v *value) string { return bakeVariables(v.str(), variables) }
	s := Service{Kind: Bake, File: at.file, Line: at.line, Name: name, Builds: true, Target: put(t.at("target")), Args: pairs(t.at("args"))}
	if tags := t.at("tags").each(); len(tags) > 0 {
		s.Image = put(tags[0])
	}
	context, file := put(t.at("context")), put(t.at("dockerfile"))
	if context == "" {
		context = "."
	}
	if file == "" {
		file = "Dockerfile"
	}
	s.Context = path.Join(dir, context)
	if !p.HasFile(path.Join(s.Context, file)) && p.HasFile(path.Join(context, file)) {
		s.Context = path.Clean(context)
	}
	s.Dockerfile = path.Join(s.Context, file)
	if t.at("dockerfile-inline") != nil {
		s.Dockerfile = ""
	}
	s.note("target", t.at("target"))
	return s
}

var reBakeVariable = regexp.MustCompile(`\$\{([A-Za-z_]\w*)\}`)

// bakeVariables puts the defaults of variables in.
func bakeVariables(text string, variables *value) string {
	return reBakeVariable.ReplaceAllStringFunc(text, func(ref string) string {
		if v := variables.at(ref[2:len(ref)-1], "default"); v != nil && !strings.Contains(v.text, "${") {
			return v.text
		}
		return ref
	})
}

// hclReader reads the part of HCL that bake files are written in: blocks with labels,
// and attributes that are strings, lists and maps. What else an expression may be is
// a variable. See https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md.
type hclReader struct {
	file   string
	tokens []hclToken
	pos    int
}

type hclToken struct {
	kind byte // 'w' word, 's' string, 'n' end of line, or the sign itself
	text string
	line int
}

var reHCLToken = regexp.MustCompile(`(?s)^(?:[ \t\r]+|#[^\n]*|//[^\n]*|/\*.*?\*/|<<[-~]?(\w+)|"((?:[^"\\\n]|\\.)*)"|([A-Za-z_][\w-]*)|.)`)

func parseHCL(file, text string) *value {
	r := &hclReader{file: file}
	line := 1
	for text != "" && len(r.tokens) < maxYAMLNodes {
		m := reHCLToken.FindStringSubmatch(text)
		t := hclToken{kind: m[0][0], text: m[0], line: line}
		line += strings.Count(m[0], "\n")
		text = text[len(m[0]):]
		switch {
		case m[1] != "": // a heredoc runs to the line of its word
			end := regexp.MustCompile(`(?m)^[ \t]*` + m[1] + `[ \t]*$`).FindStringIndex(text)
			if end == nil {
				return nil
			}
			line += strings.Count(text[:end[1]], "\n")
			text = text[end[1]:]
			t.kind, t.text = 's', "$"
		case m[0][0] == '"':
			t.kind, t.text = 's', strings.ReplaceAll(m[2], `\"`, `"`)
		case m[3] != "":
			t.kind = 'w'
		case t.kind == '\n':
			t.kind = 'n'
		case strings.ContainsRune(" \t\r#", rune(t.kind)) || len(m[0]) > 1:
			continue
		}
		r.tokens = append(r.tokens, t)
	}
	return r.body(0)
}

func (r *hclReader) peek() hclToken {
	if r.pos >= len(r.tokens) {
		return hclToken{}
	}
	return r.tokens[r.pos]
}

func (r *hclReader) take() hclToken {
	t := r.peek()
	r.pos++
	return t
}

// body reads blocks and attributes to the closing brace. A block with a label is a
// field of a field.
func (r *hclReader) body(depth int) *value {
	v := &value{file: r.file, line: r.peek().line, fields: map[string]*value{}}
	for r.pos < len(r.tokens) && depth < maxYAMLDepth {
		key := r.take()
		switch {
		case key.kind == '}':
			return v
		case key.kind != 'w' && key.kind != 's':
			continue
		case r.peek().kind == '=' || r.peek().kind == ':':
			r.take()
			field := r.expression(depth + 1)
			field.line = key.line
			v.set(key.text, field)
		case r.peek().kind == 's' || r.peek().kind == '{':
			label := ""
			if r.peek().kind == 's' {
				label = r.take().text
			}
			if r.take().kind != '{' {
				continue
			}
			block := r.body(depth + 1)
			block.line = key.line
			if label == "" {
				v.set(key.text, block)
				continue
			}
			if v.fields[key.text] == nil {
				v.set(key.text, &value{file: r.file, line: key.line, fields: map[string]*value{}})
			}
			v.fields[key.text].set(label, block)
		}
	}
	return v
}

// expression reads a value. One that is not a string, a list or a map alone is a
// variable.
func (r *hclReader) expression(depth int) *value {
	v := &value{file: r.file, line: r.peek().line}
	t := r.take()
	switch {
	case depth > maxYAMLDepth:
	case t.kind == '[':
		v.list = true
		for r.pos < len(r.tokens) && r.peek().kind != ']' {
			if k := r.peek().kind; k == ',' || k == 'n' {
				r.take()
				continue
			}
			v.items = append(v.items, r.expression(depth+1))
		}
		r.take()
	case t.kind == '{':
		return r.body(depth)
	case t.kind == 's':
		v.text = t.text
	case t.kind == 'w' && t.text != "null":
		v.text = "${" + t.text + "}"
	case t.kind == 'w':
	default:
		v.text = "$"
	}
	for open := 0; r.pos < len(r.tokens); r.pos++ {
		switch k := r.peek().kind; k {
		case '(', '[', '{':
			open++
			v.text = "$"
			continue
		case ')', ']', '}':
			if open > 0 {
				open--
				continue
			}
			return v
		case 'n', ',':
			if open == 0 {
				return v
			}
		default:
			v.text = "$"
		}
	}
	return v
}
