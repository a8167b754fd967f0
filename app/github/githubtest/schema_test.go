package githubtest_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// readFixture reads a file that "make fixtures" brings; without it the test fails.
func readFixture(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(fixture(name))
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%s is not there: run \"make fixtures\" first", fixture(name))
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every type, field, argument and value of our schema is in GitHub's, with the
// same type: a query that passes here is one that GitHub takes.
func TestSchemaIsGitHubs(t *testing.T) {
	// Only parsed: the published file defines a field twice.
	theirs, err := parser.ParseSchema(&ast.Source{Name: "github", Input: string(readFixture(t, "graphql/schema.graphql"))})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := gqlparser.LoadSchema(&ast.Source{Name: "ours", Input: githubtest.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	for name, our := range ours.Types {
		if our.BuiltIn {
			continue
		}
		their := theirs.Definitions.ForName(name)
		if their == nil || their.Kind != our.Kind {
			t.Errorf("%s %s is not in GitHub's schema", our.Kind, name)
			continue
		}
		for _, i := range our.Interfaces {
			if !slices.Contains(their.Interfaces, i) {
				t.Errorf("%s does not implement %s", name, i)
			}
		}
		for _, v := range our.EnumValues {
			if their.EnumValues.ForName(v.Name) == nil {
				t.Errorf("%s has no value %s", name, v.Name)
			}
		}
		for _, f := range our.Fields {
			compareField(t, name, f, their.Fields.ForName(f.Name))
		}
	}
}

func compareField(t *testing.T, kind string, our, their *ast.FieldDefinition) {
	t.Helper()
	if len(our.Name) > 2 && our.Name[:2] == "__" {
		return // introspection
	}
	if their == nil || their.Type.String() != our.Type.String() {
		t.Errorf("%s.%s: %s is not GitHub's type", kind, our.Name, our.Type)
		return
	}
	for _, a := range our.Arguments {
		if got := their.Arguments.ForName(a.Name); got == nil || got.Type.String() != a.Type.String() {
			t.Errorf("%s.%s(%s: %s) is not GitHub's", kind, our.Name, a.Name, a.Type)
		}
	}
	for _, a := range their.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil && our.Arguments.ForName(a.Name) == nil {
			t.Errorf("%s.%s: GitHub demands %s", kind, our.Name, a.Name)
		}
	}
}
