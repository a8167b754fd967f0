package project

import (
	"encoding/json"
	"regexp"
	"strings"
)

var (
	reAction  = regexp.MustCompile(`\{\{-?\s*(.*?)\s*-?\}\}`)
	reBlock   = regexp.MustCompile(`^(if|with|range|define|block|else|end)\b\s*(.*)$`)
	reValue   = regexp.MustCompile(`(?:^|[\s(])(?:\$?\.Values)((?:\.\w+)+)`)
	reDefault = regexp.MustCompile(`\bdefault\s+"?([^"\s]+)"?\s+\.Values`)
	reIndent  = regexp.MustCompile(`\bn?indent\s+(\d+)`)
)

// templateReader takes a Helm template line by line. It runs nothing: a value is put
// in where the values have it, a block's first branch counts, and all else is a
// variable. See https://helm.sh/docs/chart_template_guide/.
type templateReader struct {
	values *value
	stack  []templateBlock
}

type templateBlock struct {
	with *value // what the dot is; nil outside with
	skip bool   // lines of it are left out: another branch, a definition, a loop
}

const maxTemplateLine = 16 << 10

// withoutTemplates is a template as YAML, as far as it can be told, line for line.
func withoutTemplates(text string, values *value) string {
	r := &templateReader{values: values}
	var out strings.Builder
	for line := range strings.Lines(text) {
		if out.Len() > maxConsumerFile {
			break
		}
		body := strings.TrimRight(line, "\r\n")
		if strings.Contains(body, "{{") && len(body) <= maxTemplateLine {
			body = r.line(body)
		}
		if !r.skipped() {
			out.WriteString(body)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func (r *templateReader) skipped() bool {
	for _, b := range r.stack {
		if b.skip {
			return true
		}
	}
	return false
}

// line is a line with its actions carried out.
func (r *templateReader) line(line string) string {
	alone := strings.TrimSpace(reAction.ReplaceAllString(line, "")) == ""
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	skipped := r.skipped()
	line = reAction.ReplaceAllStringFunc(line, func(action string) string {
		body := reAction.FindStringSubmatch(action)[1]
		if m := reBlock.FindStringSubmatch(body); m != nil {
			r.block(m[1], m[2])
			return ""
		}
		if strings.HasPrefix(body, "/*") || strings.Contains(body, ":=") || skipped {
			return ""
		}
		return r.value(body, alone, indent)
	})
	if alone && strings.TrimSpace(line) == "" {
		return ""
	}
	return line
}

// block opens, turns or closes a block.
func (r *templateReader) block(word, what string) {
	top := len(r.stack) - 1
	switch {
	case word == "end" && top >= 0:
		r.stack = r.stack[:top]
	case word == "end":
	case word == "else" && top >= 0:
		r.stack[top].skip = true
	case word == "else":
	case len(r.stack) < maxYAMLDepth:
		b := templateBlock{skip: word == "range" || word == "define"}
		if top >= 0 {
			b.with = r.stack[top].with
		}
		if word == "with" {
			b.with = r.find(what)
			b.skip = b.with == nil
		}
		r.stack = append(r.stack, b)
	}
}

// find is the value that an expression names; nil where it cannot be told.
func (r *templateReader) find(expression string) *value {
	if m := reValue.FindStringSubmatch(expression); m != nil {
		return r.values.at(strings.Split(m[1][1:], ".")...)
	}
	if len(r.stack) > 0 && regexp.MustCompile(`^(toYaml\s+)?\.(\s|$)`).MatchString(expression) {
		return r.stack[len(r.stack)-1].with
	}
	return nil
}

// value is what an action writes: a scalar, or, of a mapping or list, JSON, which is
// YAML too.
func (r *templateReader) value(expression string, alone bool, indent string) string {
	v := r.find(expression)
	switch {
	case v == nil && alone:
		return ""
	case v == nil || v.fields == nil && !v.list && v.text == "":
		if m := reDefault.FindStringSubmatch(expression); m != nil {
			return m[1]
		}
		return "$"
	case v.fields == nil && !v.list:
		if strings.ContainsAny(v.text, "\n\"") {
			return "$"
		}
		return v.text
	}
	if m := reIndent.FindStringSubmatch(expression); m != nil && len(m[1]) < 3 && alone {
		n := 0
		for _, c := range m[1] {
			n = 10*n + int(c-'0')
		}
		return strings.TrimPrefix(strings.Repeat(" ", min(n, 99)), indent) + inline(v)
	}
	return inline(v)
}

// inline is a value as JSON on one line; "$" where it is too large for one.
func inline(v *value) string {
	budget := 500
	data, err := json.Marshal(v.plain(&budget))
	if err != nil || budget < 0 {
		return "$"
	}
	return string(data)
}

// plain is a value in Go's own types.
func (v *value) plain(budget *int) any {
	if *budget--; v == nil || *budget < 0 {
		return nil
	}
	switch {
	case v.list:
		out := []any{}
		for _, i := range v.items {
			out = append(out, i.plain(budget))
		}
		return out
	case v.fields != nil:
		out := map[string]any{}
		for _, k := range v.keys {
			out[k] = v.fields[k].plain(budget)
		}
		return out
	}
	return v.text
}
