package config

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Parse reads a configuration; path is for messages. An empty source is the
// default. The error is of type Errors and has everything that is wrong, by line;
// the Config is then the default and must not be used.
func Parse(path string, source []byte) (Config, error) {
	p := reader{path: path}
	switch {
	case len(source) > MaxBytes:
		p.fail(0, "", fmt.Sprintf("the file is larger than %d bytes", MaxBytes))
	case !utf8.Valid(source):
		p.fail(0, "", "the file is not UTF-8 text")
	default:
		p.document(source)
	}
	if len(p.errors) > 0 {
		sort.SliceStable(p.errors, func(i, j int) bool { return p.errors[i].Line < p.errors[j].Line })
		return Config{}, p.errors[:min(len(p.errors), maxErrors)]
	}
	return p.config, nil
}

// reader walks the syntax tree: YAML's own decoder would resolve anchors and has
// no line for a missing key.
type reader struct {
	path   string
	config Config
	errors Errors
}

func (p *reader) fail(line int, key, message string) *Error {
	e := &Error{Path: p.path, Line: line, Key: key, Message: message}
	p.errors = append(p.errors, e)
	return e
}

// document reads the file's one document. The parser is given text that a
// stranger wrote, so that a panic in it is an error of the file.
func (p *reader) document(source []byte) {
	defer func() {
		if recover() != nil {
			p.fail(0, "", "the file cannot be read as YAML")
		}
	}()
	file, err := parser.ParseBytes(bytes.TrimPrefix(source, []byte("\ufeff")), 0)
	if err != nil {
		p.syntaxError(err)
		return
	}
	docs := 0
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if docs++; docs > 1 {
			p.fail(line(doc.Body), "", "the file has more than one document")
			return
		}
		if _, empty := doc.Body.(*ast.NullNode); empty {
			continue
		}
		p.group(doc.Body, "", keys)
		if p.config.Version == 0 && len(p.errors) == 0 {
			p.fail(line(doc.Body), "version", "version is missing; write \"version: 1\" at the top")
		}
	}
}

// syntaxError keeps the parser's one-line message and its place.
func (p *reader) syntaxError(err error) {
	var at int
	message := err.Error()
	if e, ok := err.(yaml.Error); ok {
		message = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			at = t.Position.Line
		}
	}
	message, _, _ = strings.Cut(message, "\n")
	p.fail(at, "", "the file is not YAML: "+message)
}

// group reads a mapping with the keys that are known there.
func (p *reader) group(node ast.Node, prefix string, known []key) {
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		p.fail(line(node), prefix, what(prefix)+" has to be a mapping of keys to values")
		return
	}
	for _, v := range values {
		name, ok := keyName(v.Key)
		full := strings.TrimPrefix(prefix+"."+name, ".")
		if !ok {
			p.fail(line(v.Key), prefix, "a key has to be plain text; anchors, aliases and merges are not read")
			continue
		}
		if k := find(known, name); k != nil {
			p.value(v.Value, full, k)
			continue
		}
		p.fail(line(v.Key), full, fmt.Sprintf("unknown key `%s`", short(full))).Nearest = nearestKey(name, prefix, known)
	}
}

// nearestKey looks among the keys of the same group, and then everywhere.
func nearestKey(name, prefix string, known []key) string {
	var names []string
	for _, k := range known {
		names = append(names, k.name)
	}
	if n := Nearest(name, names); n != "" {
		return strings.TrimPrefix(prefix+"."+n, ".")
	}
	full := map[string]string{}
	names = names[:0]
	for _, k := range keys {
		for _, k := range append([]key{k}, k.keys...) {
			names = append(names, k.name)
		}
		full[k.name] = k.name
		for _, sub := range k.keys {
			full[sub.name] = k.name + "." + sub.name
		}
	}
	return full[Nearest(name, names)]
}

func (p *reader) value(node ast.Node, full string, k *key) {
	switch k.kind {
	case group:
		p.group(node, full, k.keys)
	case list:
		p.list(node, full, k)
	case flag:
		on, ok := boolean(node)
		if !ok {
			p.fail(line(node), full, fmt.Sprintf("`%s` has to be true or false", full))
			return
		}
		k.flag(&p.config, on)
	case number:
		n, err := strconv.Atoi(scalar(node))
		if err != nil || n != 1 {
			p.fail(line(node), full, fmt.Sprintf("`%s` has to be 1, the only one there is", full))
			return
		}
		*k.number(&p.config) = n
	}
}

func (p *reader) list(node ast.Node, full string, k *key) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		p.fail(line(node), full, fmt.Sprintf("`%s` has to be a list", full))
		return
	}
	if len(seq.Values) > maxEntries {
		p.fail(line(node), full, fmt.Sprintf("`%s` has more than %d entries", full, maxEntries))
		return
	}
	for _, entry := range seq.Values {
		s, ok := entry.(*ast.StringNode)
		switch {
		case !ok || strings.TrimSpace(s.Value) == "":
			p.fail(line(entry), full, fmt.Sprintf("an entry of `%s` has to be text", full))
		case len(s.Value) > maxEntry:
			p.fail(line(entry), full, fmt.Sprintf("an entry of `%s` is longer than %d bytes", full, maxEntry))
		default:
			p.entry(s.Value, line(entry), full, k)
		}
	}
}

func (p *reader) entry(value string, at int, full string, k *key) {
	if k.check != nil {
		if problem := k.check(value); problem != "" {
			p.fail(at, full, problem)
			return
		}
	}
	if k.values != nil && !slices.Contains(k.values, value) {
		p.fail(at, full, fmt.Sprintf("`%s` is no entry of `%s`; there are %s", short(value), full, strings.Join(k.values, ", "))).
			Nearest = Nearest(value, k.values)
		return
	}
	into := k.list(&p.config)
	*into = append(*into, value)
}
