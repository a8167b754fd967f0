package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// unknown reports a key that the description does not have. The description
// allows additional keys nearly everywhere, so that a check of the schema alone
// passes a misspelt one.
func unknown(media *openapi3.MediaType, body []byte) error {
	if media == nil || media.Schema == nil {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return unknownIn(media.Schema.Value, value, "")
}

// unknownIn looks at a value and at all that it holds.
func unknownIn(schema *openapi3.Schema, value any, at string) error {
	switch value := value.(type) {
	case []any:
		items := all(schema, func(s *openapi3.Schema) []*openapi3.SchemaRef { return []*openapi3.SchemaRef{s.Items} })
		for i, x := range value {
			if len(items) == 0 {
				return nil
			}
			if err := unknownIn(oneOf(items), x, fmt.Sprintf("%s/%d", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		if open(schema) {
			return nil
		}
		for _, k := range slices.Sorted(maps.Keys(value)) {
			found := all(schema, func(s *openapi3.Schema) []*openapi3.SchemaRef { return []*openapi3.SchemaRef{s.Properties[k]} })
			if len(found) == 0 {
				return fmt.Errorf("%s/%s is not in GitHub's description", at, k)
			}
			if err := unknownIn(oneOf(found), value[k], at+"/"+k); err != nil {
				return err
			}
		}
	}
	return nil
}

// parts are the schemas that a schema is made of, itself among them.
func parts(s *openapi3.Schema) []*openapi3.Schema {
	out := []*openapi3.Schema{s}
	for _, refs := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		for _, ref := range refs {
			out = append(out, parts(ref.Value)...)
		}
	}
	return out
}

// all picks something out of every part of a schema.
func all(s *openapi3.Schema, pick func(*openapi3.Schema) []*openapi3.SchemaRef) []*openapi3.SchemaRef {
	var out []*openapi3.SchemaRef
	for _, part := range parts(s) {
		for _, ref := range pick(part) {
			if ref != nil {
				out = append(out, ref)
			}
		}
	}
	return out
}

// oneOf is a schema that any of the given ones may be.
func oneOf(refs []*openapi3.SchemaRef) *openapi3.Schema {
	if len(refs) == 1 {
		return refs[0].Value
	}
	return &openapi3.Schema{AnyOf: refs}
}

// open tells whether an object may have any key: no part of it lists keys, or one
// says so outright.
func open(s *openapi3.Schema) bool {
	listed := false
	for _, part := range parts(s) {
		extra := part.AdditionalProperties
		if extra.Schema != nil || extra.Has != nil && *extra.Has {
			return true
		}
		listed = listed || len(part.Properties) > 0
	}
	return !listed
}
