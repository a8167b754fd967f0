package github_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	validation "github.com/vektah/gqlparser/v2/validator"

	"github.com/multistage-app/multistage/app/github"
)

// Every query is held against GitHub's published schema.
func TestQueriesFitGitHubsSchema(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", ".cache", "graphql", "schema.graphql"))
	if err != nil {
		t.Fatalf("%v: run \"make fixtures\" first", err)
	}
	doc, err := parser.ParseSchemas(validation.Prelude, &ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range doc.Definitions { // GitHub's has a field twice
		seen := map[string]bool{}
		d.Fields = slices.DeleteFunc(d.Fields, func(f *ast.FieldDefinition) bool { again := seen[f.Name]; seen[f.Name] = true; return again })
	}
	schema, err := validation.ValidateSchemaDocument(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range github.Queries([]string{"Dockerfile", "a/Dockerfile"}) {
		if _, problems := gqlparser.LoadQueryWithRules(schema, query, nil); len(problems) > 0 {
			t.Errorf("%v in\n%s", problems, query)
		}
	}
}
