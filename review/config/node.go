package config

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// line is where a node stands, counted from 1; 0 where that is not known.
func line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// keyName is a key that is plain text.
func keyName(n ast.Node) (string, bool) {
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value, true
	}
	return "", false
}

// scalar is the text of an integer.
func scalar(n ast.Node) string {
	if i, ok := n.(*ast.IntegerNode); ok {
		return i.GetToken().Value
	}
	return ""
}

// boolean reads true and false, and on and off, which YAML 1.1 had for them.
func boolean(n ast.Node) (on, ok bool) {
	switch b := n.(type) {
	case *ast.BoolNode:
		return b.Value, true
	case *ast.StringNode:
		switch strings.ToLower(b.Value) {
		case "on":
			return true, true
		case "off":
			return false, true
		}
	}
	return false, false
}

func find(known []key, name string) *key {
	for i := range known {
		if known[i].name == name {
			return &known[i]
		}
	}
	return nil
}

// what names a group for a message.
func what(prefix string) string {
	if prefix == "" {
		return "the file"
	}
	return "`" + prefix + "`"
}

// short is a stranger's word, cut for a message.
func short(s string) string {
	s = strings.ReplaceAll(s, "`", "'")
	if len(s) > maxNearest {
		return strings.ToValidUTF8(s[:maxNearest], "") + "…"
	}
	return s
}
