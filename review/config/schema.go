package config

import (
	"bytes"
	"encoding/json"
)

// Schema is the JSON schema of the configuration, for editors; it is published as
// docs/multistage.schema.json.
func Schema() []byte {
	root := schemaGroup(keys)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Configuration of Multistage, " + Path
	root["required"] = []string{"version"}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(root); err != nil {
		panic(err) // maps, strings and lists are always encoded
	}
	return b.Bytes()
}

func schemaGroup(known []key) map[string]any {
	properties := map[string]any{}
	for _, k := range known {
		properties[k.name] = schemaKey(k)
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}

func schemaKey(k key) map[string]any {
	s := map[string]any{}
	switch k.kind {
	case group:
		s = schemaGroup(k.keys)
	case flag:
		s["type"] = "boolean"
	case number:
		s["const"] = 1
	case list:
		items := map[string]any{"type": "string", "minLength": 1, "maxLength": maxEntry}
		if k.values != nil {
			items = map[string]any{"enum": k.values}
		}
		s["type"], s["items"], s["maxItems"] = "array", items, maxEntries
	}
	s["description"] = k.doc
	return s
}
