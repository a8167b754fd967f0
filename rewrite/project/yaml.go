package project

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits on one YAML or JSON file that says how an image is used. One that is beyond
// them says nothing.
const (
	maxConsumerFile = 256 << 10 // bytes
	maxYAMLDepth    = 64
	maxYAMLNodes    = 40_000
)

var errNested = errors.New("nested too deeply")

// value is a node of a YAML document with the place where it stands. An alias is the
// anchor's own value, so that no document grows by being read. Methods take nil.
type value struct {
	file   string
	line   int
	text   string // of a scalar
	tag    string // "!reset" and the like
	keys   []string
	fields map[string]*value // of a mapping; nil for others
	items  []*value          // of a sequence
	list   bool
}

// at follows keys of mappings; nil where one is missing.
func (v *value) at(keys ...string) *value {
	for _, k := range keys {
		if v == nil {
			return nil
		}
		v = v.fields[k]
	}
	return v
}

// str is a scalar's text.
func (v *value) str() string {
	if v == nil {
		return ""
	}
	return v.text
}

// words are the texts of a sequence's scalars, or the scalar alone.
func (v *value) words() []string {
	switch {
	case v == nil:
		return nil
	case v.list:
		var out []string
		for _, i := range v.items {
			out = append(out, i.str())
		}
		return out
	case v.text == "":
		return nil
	}
	return []string{v.text}
}

// each gives a sequence's items, capped; nil for other values.
func (v *value) each() []*value {
	if v == nil {
		return nil
	}
	return v.items[:min(len(v.items), maxPerFile)]
}

// names are a mapping's keys in the order of the file, capped.
func (v *value) names() []string {
	if v == nil {
		return nil
	}
	return v.keys[:min(len(v.keys), maxPerFile)]
}

// set gives a mapping a field.
func (v *value) set(key string, field *value) {
	if _, ok := v.fields[key]; !ok {
		v.keys = append(v.keys, key)
	}
	v.fields[key] = field
}

// parseYAML reads the documents of a file. Keys may come twice, as templates have it.
func parseYAML(file string, data []byte) (docs []*value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: the parser gave up: %v", file, r)
		}
	}()
	if len(data) > maxConsumerFile {
		return nil, fmt.Errorf("%s: %w", file, ErrTooLarge)
	}
	if nested(string(data)) {
		return nil, fmt.Errorf("%s: %w", file, errNested)
	}
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, doc := range tree.Docs {
		r := reader{file: file, anchors: map[string]*value{}, budget: maxYAMLNodes}
		if v := r.read(doc.Body, 0); v != nil {
			docs = append(docs, v)
		}
	}
	return docs, nil
}

// nested reports nesting on which a recursive parser might spend its stack.
func nested(text string) bool {
	open := 0
	for line := range strings.SplitSeq(text, "\n") {
		head := strings.TrimLeft(line, " \t")
		marks := len(head) - len(strings.TrimLeft(head, "-?: "))
		if len(line)-len(head) > 8*maxYAMLDepth || marks > 2*maxYAMLDepth && strings.Trim(head, "-\r") != "" || strings.Count(line, "? ") > 8*maxYAMLDepth {
			return true
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
		}
		if open > 2*maxYAMLDepth {
			return true
		}
	}
	return false
}

// reader turns the parser's nodes into values.
type reader struct {
	file    string
	anchors map[string]*value
	budget  int
}

func (r *reader) read(n ast.Node, depth int) *value {
	if r.budget--; n == nil || r.budget < 0 || depth > maxYAMLDepth {
		return nil
	}
	v := &value{file: r.file, line: line(n)}
	switch n := n.(type) {
	case *ast.MappingNode:
		v.fields = map[string]*value{}
		for _, f := range n.Values {
			r.field(v, f, depth)
		}
	case *ast.MappingValueNode:
		v.fields = map[string]*value{}
		r.field(v, n, depth)
	case *ast.SequenceNode:
		v.list = true
		for _, i := range n.Values {
			v.items = append(v.items, r.read(i, depth+1))
		}
	case *ast.AnchorNode:
		v = r.read(n.Value, depth+1)
		r.anchors[name(n.Name)] = v
	case *ast.AliasNode:
		return r.anchors[name(n.Value)]
	case *ast.TagNode:
		if v = r.read(n.Value, depth+1); v == nil {
			v = &value{file: r.file, line: line(n)}
		}
		v.tag = name(n)
	case *ast.LiteralNode:
		v.text, v.line = n.Value.Value, v.line+1
	case *ast.StringNode:
		v.text = n.Value
	case *ast.NullNode:
		return nil
	default:
		v.text = name(n)
	}
	return v
}

// field adds a mapping's field; those of a merge key stand behind the mapping's own.
func (r *reader) field(v *value, n *ast.MappingValueNode, depth int) {
	field := r.read(n.Value, depth+1)
	if _, merge := n.Key.(*ast.MergeKeyNode); !merge {
		if field == nil {
			field = &value{file: r.file, line: line(n.Key)}
		} else if field.fields != nil || field.list {
			field = field.placed(line(n.Key))
		}
		v.set(name(n.Key), field)
		return
	}
	for _, from := range append([]*value{field}, field.each()...) {
		for _, k := range from.names() {
			if _, own := v.fields[k]; !own && r.budget > 0 {
				r.budget--
				v.set(k, from.fields[k])
			}
		}
	}
}

// placed is the same mapping or sequence, said to stand at its key.
func (v *value) placed(line int) *value {
	w := *v
	w.line = line
	return &w
}

func name(n ast.Node) string {
	if t := n.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}
