package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/review/config"
)

var update = flag.Bool("update", false, "write the published schema")

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, source string
		want         config.Config
	}{
		{"no file", "", config.Config{}},
		{"comments alone", "# nothing yet\n", config.Config{}},
		{"version alone", "version: 1\n", config.Config{Version: 1}},
		{"with CRLF", "version: 1\r\nreview: false\r\n", config.Config{Version: 1, ReviewOff: true}},
		{"with a byte order mark", "\ufeffversion: 1\n", config.Config{Version: 1}},
		{"everything", `version: 1
paths:
  include: ["**/Dockerfile"]
  exclude:
    - vendor
    - "**/testdata"   # fixtures
ignore:
  authors: ["renovate[bot]"]
  labels: [no-multistage]
  drafts: false
review: off
commit: false
stages: [lint, security]
`, config.Config{
			Version: 1,
			Include: []string{"**/Dockerfile"}, Exclude: []string{"vendor", "**/testdata"},
			Authors: []string{"renovate[bot]"}, Labels: []string{"no-multistage"},
			Drafts: true, ReviewOff: true, CommitOff: true, Stages: []string{"lint", "security"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := config.Parse(config.Path, []byte(tt.source))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	const at = config.Path
	for _, tt := range []struct{ name, source, want string }{
		{"unknown key", "version: 1\nrewiew: true\n", at + ":2: unknown key `rewiew` (did you mean \"review\"?)"},
		{"unknown key in a group", "version: 1\nignore:\n  author: [x]\n", at + ":3: unknown key `ignore.author` (did you mean \"ignore.authors\"?)"},
		{"key outside its group", "version: 1\nexclude: [x]\n", at + ":2: unknown key `exclude` (did you mean \"paths.exclude\"?)"},
		{"nothing near", "version: 1\nfrobnicate: 1\n", at + ":2: unknown key `frobnicate`"},
		{"unknown stage", "version: 1\nstages:\n  - lint\n  - securty\n", at + ":4: `securty` is no entry of `stages`; there are lint, integration-test, e2e, security, development (did you mean \"security\"?)"},
		{"no version", "review: true\n", at + ":1: version is missing; write \"version: 1\" at the top"},
		{"future version", "version: 2\n", at + ":1: `version` has to be 1, the only one there is"},
		{"not a flag", "version: 1\nreview: maybe\n", at + ":2: `review` has to be true or false"},
		{"not a list", "version: 1\nstages: lint\n", at + ":2: `stages` has to be a list"},
		{"entry is no text", "version: 1\nignore: {labels: [1]}\n", at + ":2: an entry of `ignore.labels` has to be text"},
		{"not a mapping", "- version\n", at + ":1: the file has to be a mapping of keys to values"},
		{"group is a list", "version: 1\nignore: [x]\n", at + ":2: `ignore` has to be a mapping of keys to values"},
		{"bad pattern", "version: 1\npaths:\n  include: ['a[']\n", at + ":3: the pattern \"a[\" cannot be read: syntax error in pattern"},
		{"negated pattern", "version: 1\npaths: {exclude: ['!a']}\n", at + ":2: a pattern cannot start with '!'; use paths.exclude"},
		{"pattern that leaves", "version: 1\npaths: {exclude: ['a/../../b']}\n", at + ":2: a pattern cannot leave the repository"},
		{"merge of an anchor", "version: 1\nignore: &a {labels: [x]}\n<<: *a\n", at + ":2: `ignore` has to be a mapping of keys to values\n" + at + ":3: a key has to be plain text; anchors, aliases and merges are not read"},
		{"two documents", "version: 1\n---\nversion: 1\n", at + ":3: the file has more than one document"},
		{"not UTF-8", "version: 1 # \xff\n", at + ": the file is not UTF-8 text"},
		{"too large", strings.Repeat("#\n", 40<<10), at + ": the file is larger than 65536 bytes"},
		{"two at once", "version: 1\nreviews: true\nstage: []\n", at + ":2: unknown key `reviews` (did you mean \"review\"?)\n" + at + ":3: unknown key `stage` (did you mean \"stages\"?)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := config.Parse(at, []byte(tt.source))
			if err == nil {
				t.Fatalf("no error, but %+v", got)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(config.Config{}, got); diff != "" {
				t.Errorf("a broken file configures something: %s", diff)
			}
		})
	}
}

func TestSyntaxErrorHasALine(t *testing.T) {
	for _, source := range []string{"version: 1\nreview: [\n", "version: 1\nversion: 1\n", "version: 1\n\treview: true\n", "a: b: c\n"} {
		_, err := config.Parse(config.Path, []byte(source))
		es, ok := err.(config.Errors)
		if !ok || len(es) != 1 || es[0].Line == 0 || strings.Contains(es[0].Message, "\n") {
			t.Errorf("%q: %v", source, err)
		}
	}
}

func TestIncludes(t *testing.T) {
	c := config.Config{Include: []string{"services/**", "Dockerfile"}, Exclude: []string{"services/legacy", "**/testdata"}}
	for path, want := range map[string]bool{
		"Dockerfile":                     true,
		"services/a/Dockerfile":          true,
		"services/legacy/Dockerfile":     false,
		"services/a/testdata/Dockerfile": false,
		"tools/Dockerfile":               false,
	} {
		if got := c.Includes(path); got != want {
			t.Errorf("Includes(%q) = %v", path, got)
		}
	}
	if !(config.Config{}).Includes("any/Dockerfile.prod") {
		t.Error("the default leaves a file out")
	}
}

func TestIgnores(t *testing.T) {
	c := config.Config{Authors: []string{"Renovate[bot]"}, Labels: []string{"wip"}}
	if !c.IgnoresAuthor("renovate[bot]") || c.IgnoresAuthor("renovate") {
		t.Error("authors")
	}
	if l, ok := c.IgnoresLabels([]string{"bug", "WIP"}); !ok || l != "WIP" {
		t.Errorf("labels: %q, %v", l, ok)
	}
	c.Asked = true
	if _, ok := c.IgnoresLabels([]string{"wip"}); ok || c.IgnoresAuthor("renovate[bot]") {
		t.Error("somebody asked, and it is ignored all the same")
	}
}

func TestNearest(t *testing.T) {
	words := []string{"review", "apply", "help"}
	for word, want := range map[string]string{
		"aply": "apply", "APPLYY": "apply", "halp": "help", "rview": "review",
		"": "", "x": "", "deploy-everything": "", strings.Repeat("a", 10_000): "",
	} {
		if got := config.Nearest(word, words); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", word, got, want)
		}
	}
}

// TestSchema holds the published schema against the code.
func TestSchema(t *testing.T) {
	const published = "../../docs/multistage.schema.json"
	if *update {
		if err := os.WriteFile(published, config.Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, config.Schema()) {
		t.Error("docs/multistage.schema.json is not what the code reads; run go test ./review/config -update")
	}
}

// TestSchemaAndParserAgree gives every property of the schema to the parser, and
// a neighbour of it that neither knows.
func TestSchemaAndParserAgree(t *testing.T) {
	type node struct {
		Type       string
		Const      any
		Properties map[string]node
		Items      *struct{ Enum []string }
	}
	var root node
	if err := json.Unmarshal(config.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	leaves := 0
	var walk func(n node, prefix, indent string)
	walk = func(n node, prefix, indent string) {
		for name, p := range n.Properties {
			value := ""
			switch {
			case p.Properties != nil:
				walk(p, prefix+indent+name+":\n", indent+"  ")
				continue
			case p.Const != nil:
				continue // version is on every line below
			case p.Type == "boolean":
				value = "false"
			case p.Items.Enum != nil:
				value = "[" + strings.Join(p.Items.Enum, ", ") + "]"
			default:
				value = "[x]"
			}
			leaves++
			for key, ok := range map[string]bool{name: true, name + "x": false} {
				source := "version: 1\n" + prefix + indent + key + ": " + value + "\n"
				c, err := config.Parse(config.Path, []byte(source))
				if (err == nil) != ok {
					t.Errorf("%q: %v", source, err)
				}
				if ok && cmp.Equal(c, config.Config{Version: 1}) {
					t.Errorf("%q configures nothing", source)
				}
			}
		}
	}
	walk(root, "", "")
	if leaves != 8 {
		t.Errorf("%d keys were tried", leaves)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"version: 1\n", "version: 1\npaths: {include: ['**']}\n", "a: &a [*a]\n", "? [x]\n: y\n", "- - - -\n", "\t", "%YAML 1.2\n---\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		c, err := config.Parse(config.Path, source)
		if err != nil {
			if es, ok := err.(config.Errors); !ok || len(es) == 0 {
				t.Fatalf("not an Errors: %v", err)
			}
			return
		}
		c.Includes("a/Dockerfile")
	})
}
