package githubtest

import (
	_ "embed"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

//go:embed schema.graphql
var schemaText string

// gqlObject is an object of the graph. A field is a value, or a function of the
// field's arguments that gives one.
type gqlObject struct {
	kind   string
	fields map[string]any
}

// gqlField computes a field.
type gqlField func(args map[string]any) (any, error)

// gqlError is an entry of errors in an answer. Kind is GitHub's type of error.
type gqlError struct {
	kind, message string
}

func (e *gqlError) Error() string { return e.message }

var gqlForbidden = &gqlError{"FORBIDDEN", "Resource not accessible by integration"}

// execution is one operation being answered.
type execution struct {
	schema *ast.Schema
	vars   map[string]any
	errors []object
}

// loadSchema reads the embedded part of GitHub's schema.
func loadSchema() (*ast.Schema, error) {
	return gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
}

// serveGraphQL is POST /graphql. Errors of the query are a 200 with errors, as
// on GitHub.
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{Request: r, s: s, header: http.Header{}}
	who, err := s.authenticate(c)
	s.count(c, who)
	if err == nil && who != byInstallation {
		err = errNotAccessible
	}
	if err != nil {
		c.answer(w, nil, err)
		return
	}
	var body struct {
		Query         string
		OperationName string
		Variables     map[string]any
	}
	if err := c.decode(&body); err != nil {
		c.answer(w, nil, err)
		return
	}
	c.answer(w, s.query(c, body.Query, body.OperationName, body.Variables), nil)
}

// query checks an operation against the schema and answers it.
func (s *Server) query(c *call, text, name string, vars map[string]any) object {
	doc, problems := gqlparser.LoadQueryWithRules(s.schema, text, rules.NewDefaultRules())
	if len(problems) > 0 {
		return object{"errors": list(problems, invalidQuery)}
	}
	op := doc.Operations.ForName(name)
	if op == nil {
		return object{"errors": []object{{"message": "No operation named \"" + name + "\""}}}
	}
	values, err := validator.VariableValues(s.schema, op, vars)
	if err != nil {
		return object{"errors": []object{{"message": err.Error()}}}
	}
	root := s.queryRoot(c)
	if op.Operation == ast.Mutation {
		root = s.mutationRoot(c)
	}
	e := &execution{schema: s.schema, vars: values}
	answer := object{"data": e.selection(op.SelectionSet, root, nil)}
	if len(e.errors) > 0 {
		answer["errors"] = e.errors
	}
	return answer
}

// invalidQuery is an error of the query itself.
func invalidQuery(e *gqlerror.Error) object {
	o := object{"message": e.Message, "extensions": object{"code": e.Rule}}
	var places []object
	for _, l := range e.Locations {
		places = append(places, object{"line": l.Line, "column": l.Column})
	}
	o["locations"] = places
	return o
}

// selection answers the fields that are asked of an object.
func (e *execution) selection(set ast.SelectionSet, of *gqlObject, path []any) object {
	out := object{}
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if e.skipped(sel.Directives) {
				continue
			}
			at := append(slices.Clone(path), sel.Alias)
			value := e.field(sel, of, at)
			if before, ok := out[sel.Alias].(object); ok {
				if more, ok := value.(object); ok {
					merge(before, more)
					continue
				}
			}
			out[sel.Alias] = value
		case *ast.InlineFragment:
			if !e.skipped(sel.Directives) && e.fits(of.kind, sel.TypeCondition) {
				merge(out, e.selection(sel.SelectionSet, of, path))
			}
		case *ast.FragmentSpread:
			if !e.skipped(sel.Directives) && e.fits(of.kind, sel.Definition.TypeCondition) {
				merge(out, e.selection(sel.Definition.SelectionSet, of, path))
			}
		}
	}
	return out
}

// merge adds the fields of one answer to another, below as well.
func merge(into, from object) {
	for k, v := range from {
		a, ok := into[k].(object)
		b, also := v.(object)
		if ok && also {
			merge(a, b)
			continue
		}
		into[k] = v
	}
}

// skipped obeys @skip and @include.
func (e *execution) skipped(all ast.DirectiveList) bool {
	for _, d := range all {
		on, _ := d.ArgumentMap(e.vars)["if"].(bool)
		if d.Name == "skip" && on || d.Name == "include" && !on {
			return true
		}
	}
	return false
}

// fits tells whether an object's type is what a fragment is for.
func (e *execution) fits(kind, condition string) bool {
	if condition == "" || condition == kind {
		return true
	}
	return slices.ContainsFunc(e.schema.PossibleTypes[condition], func(d *ast.Definition) bool { return d.Name == kind })
}

// field answers one field. A field that fails is null, with an entry in errors.
func (e *execution) field(f *ast.Field, of *gqlObject, path []any) any {
	if f.Name == "__typename" {
		return of.kind
	}
	value, ok := of.fields[f.Name]
	if !ok {
		e.fail(&gqlError{"INTERNAL", "githubtest: " + of.kind + "." + f.Name + " is in the schema only"}, f, path)
		return nil
	}
	if compute, ok := value.(gqlField); ok {
		var err error
		if value, err = compute(f.ArgumentMap(e.vars)); err != nil {
			e.fail(err, f, path)
			return nil
		}
	}
	switch value := value.(type) {
	case *gqlObject:
		if value == nil {
			return nil
		}
		return e.selection(f.SelectionSet, value, path)
	case []*gqlObject:
		out := make([]any, 0, len(value))
		for i, x := range value {
			out = append(out, e.selection(f.SelectionSet, x, append(slices.Clone(path), i)))
		}
		return out
	}
	return value
}

// fail adds an entry to errors.
func (e *execution) fail(err error, f *ast.Field, path []any) {
	o := object{"message": err.Error(), "path": path}
	if g, ok := err.(*gqlError); ok {
		o["type"] = g.kind
	}
	if f.Position != nil {
		o["locations"] = []object{{"line": f.Position.Line, "column": f.Position.Column}}
	}
	e.errors = append(e.errors, o)
}

// connection is a list in pages. Like GitHub it demands first or last, up to 100.
func connection[T any](kind, name string, all func(args map[string]any) []T, render func(T) *gqlObject) gqlField {
	return func(args map[string]any) (any, error) {
		first, last := count(args["first"]), count(args["last"])
		switch {
		case first < 0 && last < 0:
			return nil, &gqlError{"MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` or `last` value to properly paginate the `" + name + "` connection."}
		case first > 100 || last > 100:
			return nil, &gqlError{"EXCESSIVE_PAGINATION", "Requesting " + strconv.Itoa(max(first, last)) + " records on the `" + name + "` connection exceeds the `first` limit of 100 records."}
		}
		list := all(args)
		from, to := 0, len(list)
		if at, ok := fromCursor(args["after"]); ok {
			from = min(at+1, to)
		}
		if at, ok := fromCursor(args["before"]); ok {
			to = max(min(at, to), from)
		}
		if first >= 0 {
			to = min(to, from+first)
		}
		if last >= 0 {
			from = max(from, to-last)
		}
		nodes := []*gqlObject{}
		for _, x := range list[from:to] {
			nodes = append(nodes, render(x))
		}
		info := map[string]any{"hasNextPage": to < len(list), "hasPreviousPage": from > 0, "startCursor": nil, "endCursor": nil}
		if from < to {
			info["startCursor"], info["endCursor"] = toCursor(from), toCursor(to-1)
		}
		return &gqlObject{kind, map[string]any{"nodes": nodes, "totalCount": len(list), "pageInfo": &gqlObject{"PageInfo", info}}}, nil
	}
}

// count reads first or last, -1 for none.
func count(v any) int {
	switch v := v.(type) {
	case int64:
		return int(v)
	case float64:
		return int(v)
	case int:
		return v
	}
	return -1
}

func toCursor(at int) string {
	return base64.StdEncoding.EncodeToString([]byte("cursor:" + strconv.Itoa(at)))
}

func fromCursor(v any) (int, bool) {
	text, ok := v.(string)
	raw, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) < 8 {
		return 0, false
	}
	at, err := strconv.Atoi(string(raw[7:]))
	return at, err == nil
}
