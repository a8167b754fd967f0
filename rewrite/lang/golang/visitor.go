package golang

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// visitor reads one file's syntax tree.
type visitor struct {
	fset   *token.FileSet
	path   string // in the context
	dir    string // in the image
	out    *source
	names  map[string]string // package name → import path
	consts map[string]bool   // names that stand for a string in this file
}

func (v *visitor) at(pos token.Pos) plan.Evidence {
	return plan.Evidence{Path: v.path, Line: v.fset.Position(pos).Line}
}

func (v *visitor) walk(f *ast.File) {
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				n.Tag = nil // not a string of the program's
			case *ast.BasicLit:
				v.literal(n)
			case *ast.ValueSpec:
				v.named(n)
			case *ast.AssignStmt:
				v.assigned(n)
			case *ast.CallExpr:
				v.call(n)
			}
			return true
		})
	}
}

func (v *visitor) literal(lit *ast.BasicLit) {
	if lit.Kind != token.STRING || len(lit.Value) > 4096 || len(v.out.literals) > 200_000 {
		return
	}
	if text, err := strconv.Unquote(lit.Value); err == nil && text != "" {
		v.out.literals = append(v.out.literals, literal{text: text, dir: v.dir})
	}
}

func (v *visitor) named(spec *ast.ValueSpec) {
	for i, name := range spec.Names {
		if i < len(spec.Values) && v.spelled(spec.Values[i]) {
			v.consts[name.Name] = true
		}
	}
}

func (v *visitor) assigned(a *ast.AssignStmt) {
	if a.Tok != token.DEFINE || len(a.Lhs) != len(a.Rhs) {
		return
	}
	for i, lhs := range a.Lhs {
		if id, ok := lhs.(*ast.Ident); ok && v.spelled(a.Rhs[i]) {
			v.consts[id.Name] = true
		}
	}
}

// spelled reports whether an expression's value begins with, or is made of, strings
// that stand in the code, so that looking at all strings finds it.
func (v *visitor) spelled(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING && strings.Trim(e.Value, "\"`./") != ""
	case *ast.Ident:
		return v.consts[e.Name]
	case *ast.ParenExpr:
		return v.spelled(e.X)
	case *ast.BinaryExpr:
		return e.Op == token.ADD && (v.spelled(e.X) || v.spelled(e.Y))
	case *ast.CallExpr:
		switch v.callee(e) {
		case "path/filepath.Join", "path.Join", "fmt.Sprintf", "path/filepath.Clean", "path/filepath.FromSlash", "path/filepath.Abs":
			for _, a := range e.Args {
				if v.spelled(a) {
					return true
				}
			}
		case "flag.String", "os.TempDir":
			return true
		}
	}
	return false
}

// callee is the called function as "import/path.Func", or ".Method" where the
// receiver is no package.
func (v *visitor) callee(call *ast.CallExpr) string {
	fun := call.Fun
	if index, ok := fun.(*ast.IndexExpr); ok {
		fun = index.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if id, ok := sel.X.(*ast.Ident); ok {
		if p := v.names[id.Name]; p != "" {
			return p + "." + sel.Sel.Name
		}
	}
	return "." + sel.Sel.Name
}

// call looks one call up in the tables.
func (v *visitor) call(call *ast.CallExpr) {
	name := v.callee(call)
	if name == "" {
		return
	}
	if i, ok := readers[name]; ok {
		v.reads(call, i)
	}
	if writers[name] {
		v.writes(call, name)
	}
	if name == "os.OpenFile" && len(call.Args) > 1 && opensForWriting(call.Args[1]) {
		v.writes(call, name)
	}
	if i, ok := runners[name]; ok && i < len(call.Args) {
		v.runs(call, i)
	}
	if trait, ok := traitCalls[name]; ok {
		v.trait(trait, call.Pos())
	}
	if i, ok := listeners[name]; ok && v.listens(name, len(call.Args) > i) {
		v.trait("listens", call.Pos())
	}
	if envCalls[name] && len(call.Args) > 0 {
		if text, ok := stringOf(call.Args[0]); ok {
			v.out.env[text] = true
		}
	}
}

// listens tells a call that opens a port from others with so common a name. gin's
// Run() without an argument is port 8080.
func (v *visitor) listens(name string, argument bool) bool {
	switch name {
	case ".Run", ".RunTLS", ".Start", ".StartTLS":
		if !argument {
			return false
		}
		for _, p := range v.names {
			if p == "github.com/gin-gonic/gin" || strings.HasPrefix(p, "github.com/labstack/echo") {
				return true
			}
		}
		return false
	}
	return true
}

func (v *visitor) trait(name string, pos token.Pos) {
	if _, ok := v.out.traits[name]; !ok {
		v.out.traits[name] = v.at(pos)
	}
}

// reads notes a file that is read under a name that is not in the code.
func (v *visitor) reads(call *ast.CallExpr, first int) {
	if first >= len(call.Args) {
		return
	}
	if call.Ellipsis.IsValid() || !v.spelled(call.Args[first]) {
		v.out.opaque = append(v.out.opaque, v.at(call.Pos()))
	}
}

func (v *visitor) writes(call *ast.CallExpr, name string) {
	at := v.at(call.Pos())
	at.Text = "writes files (" + strings.TrimPrefix(path.Base(name), ".") + ")"
	v.out.writes = append(v.out.writes, at)
}

// runs notes a program that is started, by name where the code has it.
func (v *visitor) runs(call *ast.CallExpr, i int) {
	at := v.at(call.Pos())
	if text, ok := stringOf(call.Args[i]); ok {
		if _, have := v.out.execs[text]; !have {
			v.out.execs[text] = at
		}
		return
	}
	v.out.unnamed = append(v.out.unnamed, at)
}

func stringOf(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// opensForWriting reports flags other than os.O_RDONLY and 0.
func opensForWriting(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name != "O_RDONLY"
	case *ast.BasicLit:
		return e.Value != "0"
	}
	return true
}
